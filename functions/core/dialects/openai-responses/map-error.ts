import type { Failure } from '../../errors.ts';
import { errorBody, errorStatus } from '../openai-chat/map-error.ts';

export { errorBody, errorStatus };

/**
 * An `error` event. Its members stand at the top level, as the API's types have them, and once more under `error`, which is
 * where the official client looks to throw: an answer that broke off must never look complete.
 */
export function errorEvent(failure: Failure, sequenceNumber = 0): string {
  const { error } = errorBody(failure);
  const data = { type: 'error', sequence_number: sequenceNumber, code: failure.code, message: failure.message, param: failure.param ?? null, error };
  return `event: error\ndata: ${JSON.stringify(data)}\n\n`;
}
