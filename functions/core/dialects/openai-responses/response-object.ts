import type { Conversation, ResponseFormat } from '../../conversation.ts';
import { mergeUsage, type TokenUsage } from '../../money/usage.ts';
import type { FinishReason } from '../../stream-part.ts';
import type { AnswerEnvelope } from '../codec.ts';
import { wireNames, wireTools } from './namespaces.ts';
import { writeUsage } from './usage.ts';

export type Item = Record<string, unknown>;

/** How an answer ended, in the words of the Responses API. */
export interface Ending { readonly status: 'completed' | 'incomplete'; readonly details: { readonly reason: string } | null }

export function endingOf(reason: FinishReason): Ending {
  if (reason === 'length') return { status: 'incomplete', details: { reason: 'max_output_tokens' } };
  if (reason === 'content_filter') return { status: 'incomplete', details: { reason: 'content_filter' } };
  return { status: 'completed', details: null };
}

/** The `response` object (types of the `openai` package) around some output; without an ending it is still in progress. */
export class ResponseObject {
  readonly #fixed: Item;
  #usage: TokenUsage | undefined;

  constructor(envelope: AnswerEnvelope) {
    const { requestId, created, model, conversation } = envelope;
    this.#fixed = { id: `resp_${requestId}`, object: 'response', created_at: created, model, ...echoOf(conversation) };
  }

  count(usage: TokenUsage): void {
    this.#usage = mergeUsage(this.#usage, usage);
  }

  inProgress(): Item {
    return { ...this.#fixed, status: 'in_progress', error: null, incomplete_details: null, output: [] };
  }

  ended({ status, details }: Ending, output: readonly Item[]): Item {
    const usage = writeUsage(this.#usage);
    return { ...this.#fixed, status, error: null, incomplete_details: details, output, ...(usage && { usage }) };
  }
}

/** The request's settings, which the API repeats in its answer. */
function echoOf(conversation: Conversation | undefined): Item {
  const own = conversation?.dialect === 'openai-responses' ? conversation : undefined;
  return {
    background: false,
    instructions: null,
    max_output_tokens: own?.maxOutputTokens ?? null,
    metadata: own?.metadata ?? {},
    parallel_tool_calls: own?.parallelToolCalls ?? true,
    previous_response_id: null,
    reasoning: { effort: own?.reasoning?.effort ?? null, summary: null },
    store: false,
    temperature: own?.temperature ?? 1,
    text: { format: formatOf(own?.responseFormat) },
    tool_choice: choiceOf(own),
    tools: wireTools(own?.tools ?? [], (tool) => tool.freeform ?? tool.hosted?.raw ?? {
      type: 'function', name: tool.name, description: tool.description ?? null, parameters: tool.schema ?? null, strict: tool.strict ?? null,
    }),
    top_p: own?.topP ?? 1,
    truncation: 'disabled',
  };
}

function formatOf(format: ResponseFormat | undefined): Item {
  if (format?.type !== 'json_schema') return { type: format?.type ?? 'text' };
  return { type: 'json_schema', name: format.name ?? 'answer', schema: format.schema ?? {}, strict: format.strict ?? null };
}

function choiceOf(own: Conversation | undefined): unknown {
  const choice = own?.toolChoice;
  if (own === undefined || choice === undefined) return 'auto';
  const wireName = wireNames(own.tools);
  const named = (name: string): unknown => ({ type: 'function', ...wireName(name) });
  if (choice.type === 'tool') return named(choice.name);
  return choice.type === 'allowed' ? { type: 'allowed_tools', mode: choice.mode, tools: choice.names.map(named) } : choice.type;
}
