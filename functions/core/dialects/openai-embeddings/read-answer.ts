import type { StreamPart } from '../../stream-part.ts';
import { countIn, fieldsIn, isFields } from '../fields.ts';
import { mapInBandError, unreadable } from '../map-in-band.ts';

/**
 * Usage and end of an embeddings answer (`CreateEmbeddingResponse` of the `openai` package, version 6): `prompt_tokens` is
 * all that is billed. One error part when it is no such answer.
 */
export function readAnswer(body: unknown): StreamPart[] {
  if (!isFields(body)) return [{ type: 'error', failure: unreadable() }];
  const error = body['error'];
  if (isFields(error)) return [{ type: 'error', failure: mapInBandError(error) }];
  if (!Array.isArray(body['data'])) return [{ type: 'error', failure: unreadable() }];
  const usage = fieldsIn(body, 'usage');
  const input = countIn(usage, 'prompt_tokens') ?? countIn(usage, 'total_tokens');
  return [
    { type: 'start' },
    ...(input === undefined ? [] : [{ type: 'usage', usage: { input, output: 0 } } as const]),
    { type: 'finish', reason: 'stop' },
  ];
}
