import type { FinishReason } from '../../stream-part.ts';
import { textIn, type Fields } from '../fields.ts';

/** The `finish_reason` of a choice; undefined while there is none. Some servers write that as `""` or `"null"` beside every chunk. */
export function finishIn(choice: Fields): string | undefined {
  const raw = textIn(choice, 'finish_reason');
  return raw === '' || raw === 'null' ? undefined : raw;
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
