import { fail } from '../errors.ts';
import type { StreamPart } from '../stream-part.ts';
import { parseData } from './map-in-band.ts';

const FENCE = '```';

/**
 * Checks the answer of a model that was only told in words to give one JSON object (D33), as a caller of a JSON mode relies on
 * it. A code fence around the object is taken off. Answers that JSON modes leave unfinished too (calls, refusals, the token limit)
 * pass as they are. Throws `upstream_invalid_response`, which another model may be tried for.
 */
export function jsonObjectAnswer(parts: readonly StreamPart[]): readonly StreamPart[] {
  const end = parts.at(-1);
  if (end?.type !== 'finish' || end.reason !== 'stop' || parts.some(({ type }) => type === 'tool-start' || type === 'refusal')) return parts;
  const text = parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
  if (parseData(text) !== undefined) return parts;
  const inner = unfenced(text);
  if (inner === undefined || parseData(inner) === undefined) {
    return fail('upstream_invalid_response', 'The model was asked for a JSON object and answered with something else.', { retryable: true, blameless: true });
  }
  const first = parts.findIndex(({ type }) => type === 'text');
  return parts.flatMap((part, at): StreamPart[] => (part.type !== 'text' ? [part] : at === first ? [{ type: 'text', text: inner }] : []));
}

/** What stands inside the code fence that models like to put around JSON, whatever they were told; undefined = there is none. */
function unfenced(text: string): string | undefined {
  const whole = text.trim();
  const line = whole.indexOf('\n');
  if (line < 0 || !whole.startsWith(FENCE) || !whole.endsWith(FENCE)) return undefined;
  const language = whole.slice(FENCE.length, line).trim().toLowerCase();
  return language === '' || language === 'json' ? whole.slice(line, -FENCE.length).trim() : undefined;
}
