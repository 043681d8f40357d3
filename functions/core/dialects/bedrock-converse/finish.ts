import { failure } from '../../errors.ts';
import type { FinishReason, StreamPart } from '../../stream-part.ts';
import { fieldsIn, textIn, type Fields } from '../fields.ts';

/** Where the stop sequence that was met stands in an Anthropic model's own answer, whole and streamed. */
export const STOP_SEQUENCE_PATHS: readonly string[] = ['/stop_sequence', '/delta/stop_sequence'];

/** The stop sequence that was met, where `STOP_SEQUENCE_PATHS` were asked for and the model has them. */
export function stopSequenceIn(body: Fields): string | undefined {
  const more = fieldsIn(body, 'additionalModelResponseFields');
  return textIn(more, 'stop_sequence') ?? textIn(fieldsIn(more, 'delta'), 'stop_sequence');
}

/**
 * Bedrock's `stopReason` as our terminal part (API reference, "MessageStopEvent"). Calls win over a plain end, which some models say beside
 * them; words nobody knows yet are a `stop` whose raw value stays visible. A call or an answer that the model itself spoiled ends
 * in an error, so that no half of a tool call is run.
 */
export function readFinish(raw: string | undefined, hasToolCalls: boolean, stopSequence: string | undefined): StreamPart {
  if (raw === 'malformed_tool_use' || raw === 'malformed_model_output') {
    return { type: 'error', failure: failure('upstream_invalid_response', 'The model produced an answer that is not well-formed.', { retryable: true, blameless: true, internal: raw }) };
  }
  return { type: 'finish', reason: reasonOf(raw, hasToolCalls), ...(raw !== undefined && { raw }), ...(stopSequence !== undefined && { stopSequence }) };
}

function reasonOf(raw: string | undefined, hasToolCalls: boolean): FinishReason {
  switch (raw) {
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length';
    case 'guardrail_intervened':
    case 'content_filtered':
      return 'content_filter';
    case 'tool_use':
      return 'tool_calls';
    default:
      return hasToolCalls ? 'tool_calls' : 'stop';
  }
}
