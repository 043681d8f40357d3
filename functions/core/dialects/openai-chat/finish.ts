import type { Failure } from '../../errors.ts';
import type { FinishReason } from '../../stream-part.ts';
import { textIn, type Fields } from '../fields.ts';
import { mapInBandError } from '../map-in-band.ts';

/** The `finish_reason` of a choice; undefined while there is none. Some servers write that as `""` or `"null"` beside every chunk. */
export function finishIn(choice: Fields): string | undefined {
  const raw = textIn(choice, 'finish_reason');
  return raw === '' || raw === 'null' ? undefined : raw;
}

/** DeepSeek's word for an answer that it broke off for want of capacity (api-docs.deepseek.com). */
const OUT_OF_RESOURCES = 'insufficient_system_resource';

/** What a `finish_reason` that reads as `error` says. */
export function finishFailure(raw: string): Failure {
  return mapInBandError(raw === OUT_OF_RESOURCES ? { type: 'overloaded' } : {});
}

/**
 * OpenAI's `finish_reason` as ours (D69). Calls win over a plain `stop`, which some servers say beside them; a
 * word nobody knows is a `stop` whose raw value stays visible.
 */
export function readFinish(raw: string, hasToolCalls: boolean): FinishReason {
  switch (raw) {
    case 'length':
    case 'max_tokens':
      return 'length';
    case 'content_filter':
      return 'content_filter';
    case 'error':
    case OUT_OF_RESOURCES:
      return 'error';
    case 'tool_calls':
    case 'function_call':
      return 'tool_calls';
    default:
      return hasToolCalls ? 'tool_calls' : 'stop';
  }
}

/** Our reason as OpenAI's (D66). */
export function writeFinish(reason: FinishReason): string {
  return reason === 'length' || reason === 'tool_calls' || reason === 'content_filter' ? reason : 'stop';
}
