import type { Conversation } from '../core/conversation.ts';
import { codecs } from '../core/dialects/dialect.ts';
import { rejectInfrastructureFields, scanBody, type BodyScan } from '../core/dialects/json-scan.ts';
import { fail } from '../core/errors.ts';
import type { Exchange } from './exchange.ts';

const BOUNDS = { maxDepth: 64, maxKeys: 100_000 };
const decoder = new TextDecoder('utf-8', { fatal: true });

/** A request body that passed every bound, in three views: its bytes, where its top-level members lie, and its meaning. */
export interface Asked {
  readonly bytes: Uint8Array;
  readonly scan: BodyScan;
  readonly conversation: Conversation;
}

/** Reads and checks the body. Everything wrong with it is a 4xx here, before anything is spent. */
export async function read(exchange: Exchange): Promise<Asked> {
  const { bytes, scan, json } = await readJson(exchange);
  return { bytes, scan, conversation: codecFor(exchange.dialect).readRequest(json) };
}

/** The codec of a dialect that is served today; others are a clear 501. */
export function codecFor(dialect: Exchange['dialect']) {
  if (dialect === 'openai-responses') return fail('not_implemented', 'The Responses API is not served yet; use /v1/chat/completions or /v1/messages.');
  return codecs[dialect];
}

export async function readJson(exchange: Exchange): Promise<{ bytes: Uint8Array; scan: BodyScan; json: unknown }> {
  const { request } = exchange;
  const type = request.headers['content-type'];
  if (type !== undefined && !/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(type)) return fail('unsupported_media_type', 'The request body must be application/json.');
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') return fail('unsupported_media_type', 'Compressed request bodies are not accepted; send the JSON as it is.');
  const bytes = await request.body();
  const scan = scanBody(bytes, BOUNDS);
  rejectInfrastructureFields(scan.members.keys(), request.query, request.headers);
  return { bytes, scan, json: parse(bytes) };
}

function parse(bytes: Uint8Array): unknown {
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
