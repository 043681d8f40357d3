import type { FinishReason } from '../../stream-part.ts';

/**
 * Anthropic's `stop_reason` as ours (D66). `pause_turn` and words nobody knows yet are a `stop` whose raw value stays
 * visible to the caller.
 */
export function readFinish(raw: string | undefined): FinishReason {
  switch (raw) {
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length';
    case 'tool_use':
      return 'tool_calls';
    case 'refusal':
      return 'content_filter';
    default:
      return 'stop';
  }
}

/** Our reason as Anthropic's (D69): a stop by a known sequence, or a refusal spelt out, keeps its own word. */
export function writeFinish(reason: FinishReason, stopSequence: string | undefined): string {
  switch (reason) {
    case 'length':
      return 'max_tokens';
    case 'tool_calls':
      return 'tool_use';
    case 'content_filter':
      return 'refusal';
    default:
      return stopSequence === undefined ? 'end_turn' : 'stop_sequence';
  }
}
