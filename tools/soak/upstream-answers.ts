import type { Wire } from './records.ts';

/** What the upstream answers; `cut` = it stopped at the caller's `max_tokens`. */
export interface Answer { readonly model: string; readonly words: readonly string[]; readonly input: number; readonly cacheRead: number; readonly output: number; readonly cut: boolean }

/** A stream: what comes before the first output, the output word by word, and what ends it. */
export interface Pieces { readonly head: string; readonly words: readonly string[]; readonly tail: string }

interface Shapes {
  readonly usage: (answer: Answer) => object;
  readonly whole: (answer: Answer) => object;
  readonly pieces: (answer: Answer, withUsage: boolean) => Pieces;
  readonly error: (type: string, message: string) => object;
  readonly errorEvent: (message: string) => string;
}

const event = (name: string, body: object): string => `event: ${name}\ndata: ${JSON.stringify({ type: name, ...body })}\n\n`;
const text = ({ words }: Answer): string => words.join('');

const chatChunk = (answer: Answer, choices: readonly object[], extra: object = {}): string =>
  `data: ${JSON.stringify({ id: 'chatcmpl-soak', object: 'chat.completion.chunk', created: 1_700_000_000, model: answer.model, choices, ...extra })}\n\n`;
const chatDelta = (answer: Answer, delta: object, finish: string | null = null): string => chatChunk(answer, [{ index: 0, delta, finish_reason: finish }]);

const chat: Shapes = {
  usage: ({ input, cacheRead, output }) => ({
    prompt_tokens: input + cacheRead, completion_tokens: output, total_tokens: input + cacheRead + output, prompt_tokens_details: { cached_tokens: cacheRead },
  }),
  whole: (answer) => ({
    id: 'chatcmpl-soak', object: 'chat.completion', created: 1_700_000_000, model: answer.model,
    choices: [{ index: 0, message: { role: 'assistant', content: text(answer), refusal: null }, logprobs: null, finish_reason: answer.cut ? 'length' : 'stop' }], usage: chat.usage(answer),
  }),
  pieces: (answer, withUsage) => ({
    head: chatDelta(answer, { role: 'assistant', content: '' }),
    words: answer.words.map((content) => chatDelta(answer, { content })),
    tail: `${chatDelta(answer, {}, answer.cut ? 'length' : 'stop')}${withUsage ? chatChunk(answer, [], { usage: chat.usage(answer) }) : ''}data: [DONE]\n\n`,
  }),
  error: (type, message) => ({ error: { message, type, param: null, code: type } }),
  errorEvent: (message) => `data: ${JSON.stringify(chat.error('server_error', message))}\n\n`,
};

const message = (answer: Answer, content: readonly object[], stop: string | null, usage: object): object =>
  ({ id: 'msg_soak', type: 'message', role: 'assistant', model: answer.model, content, stop_reason: stop, stop_sequence: null, usage });

const messages: Shapes = {
  usage: ({ input, cacheRead, output }) => ({ input_tokens: input, cache_read_input_tokens: cacheRead, cache_creation_input_tokens: 0, output_tokens: output }),
  whole: (answer) => message(answer, [{ type: 'text', text: text(answer) }], answer.cut ? 'max_tokens' : 'end_turn', messages.usage(answer)),
  pieces: (answer) => ({
    head: event('message_start', { message: message(answer, [], null, messages.usage({ ...answer, output: 1 })) }) + event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    words: answer.words.map((word) => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: word } })),
    tail: event('content_block_stop', { index: 0 }) + event('message_delta', { delta: { stop_reason: answer.cut ? 'max_tokens' : 'end_turn', stop_sequence: null }, usage: { output_tokens: answer.output } }) + event('message_stop', {}),
  }),
  error: (type, words) => ({ type: 'error', error: { type, message: words } }),
  errorEvent: (words) => event('error', { error: { type: 'api_error', message: words } }),
};

const item = (status: string, words: string): object =>
  ({ id: 'msg_soak', type: 'message', status, role: 'assistant', content: words === '' ? [] : [{ type: 'output_text', text: words, annotations: [], logprobs: [] }] });
const response = (answer: Answer, status: string, output: readonly object[], usage: object | null): object => ({
  id: 'resp_soak', object: 'response', created_at: 1_700_000_000, status, model: answer.model, error: null, incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
  instructions: null, max_output_tokens: null, output, parallel_tool_calls: true, previous_response_id: null, temperature: 1, tool_choice: 'auto', tools: [], top_p: 1, metadata: {}, usage,
});
const place = { item_id: 'msg_soak', output_index: 0, content_index: 0 };

const responses: Shapes = {
  usage: ({ input, cacheRead, output }) => ({
    input_tokens: input + cacheRead, input_tokens_details: { cached_tokens: cacheRead }, output_tokens: output, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: input + cacheRead + output,
  }),
  whole: (answer) => response(answer, answer.cut ? 'incomplete' : 'completed', [item('completed', text(answer))], responses.usage(answer)),
  pieces(answer) {
    let sequence = 0;
    const step = (name: string, body: object): string => event(name, { sequence_number: sequence++, ...body });
    const status = answer.cut ? 'incomplete' : 'completed';
    const part = (words: string): object => ({ type: 'output_text', text: words, annotations: [], logprobs: [] });
    return {
      head: step('response.created', { response: response(answer, 'in_progress', [], null) }) + step('response.output_item.added', { output_index: 0, item: item('in_progress', '') })
        + step('response.content_part.added', { ...place, part: part('') }),
      words: answer.words.map((delta) => step('response.output_text.delta', { ...place, delta, logprobs: [] })),
      tail: step('response.output_text.done', { ...place, text: text(answer), logprobs: [] }) + step('response.content_part.done', { ...place, part: part(text(answer)) })
        + step('response.output_item.done', { output_index: 0, item: item('completed', text(answer)) }) + step(`response.${status}`, { response: responses.whole(answer) }),
    };
  },
  error: chat.error,
  errorEvent: (words) => event('error', { sequence_number: 0, code: 'server_error', message: words, param: null }),
};

/** How the three protocols say it (types of the `openai` and `@anthropic-ai/sdk` packages). */
export const SHAPES: Readonly<Record<Wire, Shapes>> = { chat, messages, responses };
