import { fail } from '../errors.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Refuses (`unsupported_media_type`) a body that says it is anything but plain, uncompressed JSON. Absent headers say nothing. */
export function requireJson(headers: Readonly<Record<string, string | undefined>>): void {
  const type = headers['content-type'];
  if (type !== undefined && !/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(type)) fail('unsupported_media_type', 'The request body must be application/json.');
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') fail('unsupported_media_type', 'Compressed request bodies are not accepted; send the JSON as it is.');
}

/** The value of JSON text in UTF-8. Refuses (`invalid_request`) anything else, with line and column where they are known. */
export function parseJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return fail('invalid_request', 'The request body is not valid UTF-8.');
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    return fail('invalid_request', `The request body is not valid JSON${where(text, error)}.`);
  }
}

/** Line and column of a syntax error, from the position V8 reports; '' when it reports none. */
function where(text: string, error: unknown): string {
  const at = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
  if (at === undefined) return '';
  const before = text.slice(0, Number(at)).split('\n');
  return ` (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`;
}
