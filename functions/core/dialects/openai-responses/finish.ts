import type { FinishReason } from '../../stream-part.ts';
import { fieldsIn, textIn, type Fields } from '../fields.ts';

/** How a `response` object ended: `raw` is its status, or the reason why it is incomplete. */
export function readFinish(response: Fields, hasCalls: boolean): { reason: FinishReason; raw: string } {
  const status = textIn(response, 'status') ?? 'completed';
  if (status !== 'incomplete') return { reason: hasCalls ? 'tool_calls' : 'stop', raw: status };
  const raw = textIn(fieldsIn(response, 'incomplete_details'), 'reason') ?? status;
  return { reason: raw === 'content_filter' ? 'content_filter' : 'length', raw };
}
