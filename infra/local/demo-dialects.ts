import { DEMO_MODELS, isRecord, type DemoAsk, type DemoReply } from './demo-answer.ts';

/** A refusal of the simulated provider. */
export class DemoRefusal extends Error {
  readonly status: number;
  readonly kind: 'invalid_request_error' | 'authentication_error' | 'not_found_error';
  constructor(status: number, kind: DemoRefusal['kind'], message: string) {
    super(message);
    this.status = status;
    this.kind = kind;
  }
}

/** One wire format of the simulated provider. */
export interface DemoDialect {
  /** Throws `DemoRefusal` for a body that the official API would refuse. */
  readAsk(body: unknown): DemoAsk;
  answer(ask: DemoAsk, reply: DemoReply, id: string, nowMs: number): object;
  /** The events of the same answer, each a piece that is sent by itself. */
  events(ask: DemoAsk, reply: DemoReply, options: { readonly id: string; readonly nowMs: number; readonly includeUsage: boolean }): Iterable<string>;
  error(refusal: DemoRefusal): object;
}

type Body = Record<string, unknown>;

function bodyOf(body: unknown): { body: Body; model: string; messages: Body[] } {
  if (!isRecord(body)) throw new DemoRefusal(400, 'invalid_request_error', 'The body must be a JSON object.');
  const { model, messages } = body;
  if (!Array.isArray(messages) || messages.length === 0 || !messages.every(isRecord)) throw new DemoRefusal(400, 'invalid_request_error', 'messages must be a list of at least one message.');
  if (typeof model !== 'string' || !(DEMO_MODELS as readonly string[]).includes(model)) throw new DemoRefusal(404, 'not_found_error', 'The simulated provider has the models demo-cheap and demo-strong.');
  return { body, model, messages };
}

/** All text of a message's content, whatever its shape. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part) => (isRecord(part) && typeof part['text'] === 'string' ? part['text'] : '')).join(' ').trim();
}

const maxTokensOf = (...values: unknown[]): number => values.find((value): value is number => typeof value === 'number' && value > 0) ?? Infinity;
/** A quarter token per character of the whole body: no tokenizer, but larger requests cost more. */
const inputTokensOf = (body: Body): number => Math.ceil(JSON.stringify([body['system'], body['messages'], body['tools']]).length / 4);

const lastUserText = (messages: readonly Body[]): string => textOf(messages.findLast((message) => message['role'] === 'user' && textOf(message['content']) !== '')?.['content']);

export const openaiChat: DemoDialect = {
  readAsk(json) {
    const { body, model, messages } = bodyOf(json);
    const last = messages.at(-1);
    const format = isRecord(body['response_format']) ? body['response_format'] : {};
    return {
      model,
      question: lastUserText(messages),
      toolResult: last?.['role'] === 'tool' ? textOf(last['content']) : undefined,
      forcedTool: forcedTool(body['tool_choice'], toolsOf(body['tools']).flatMap((tool) => (isRecord(tool['function']) ? [{ name: String(tool['function']['name']), schema: tool['function']['parameters'] }] : []))),
      jsonSchema: format['type'] === 'json_schema' && isRecord(format['json_schema']) ? format['json_schema']['schema'] : format['type'] === 'json_object' ? true : undefined,
      maxTokens: maxTokensOf(body['max_completion_tokens'], body['max_tokens']),
      inputTokens: inputTokensOf(body),
    };
  },
  answer(ask, reply, id, nowMs) {
    const message = reply.kind === 'tool'
      ? { role: 'assistant', content: null, refusal: null, tool_calls: [{ id: `call_${id}`, type: 'function', function: { name: reply.name, arguments: JSON.stringify(reply.input) } }] }
      : { role: 'assistant', content: reply.words.join(''), refusal: null };
    return {
      id: `chatcmpl-${id}`, object: 'chat.completion', created: Math.floor(nowMs / 1000), model: ask.model,
      choices: [{ index: 0, message, logprobs: null, finish_reason: openaiFinish(reply) }], usage: openaiUsage(ask, reply),
    };
  },
  * events(ask, reply, { id, nowMs, includeUsage }) {
    const head = { id: `chatcmpl-${id}`, object: 'chat.completion.chunk', created: Math.floor(nowMs / 1000), model: ask.model };
    const chunk = (delta: object, finish: string | null = null): string =>
      data({ ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], ...(includeUsage && { usage: null }) });
    yield chunk({ role: 'assistant', content: reply.kind === 'tool' ? null : '', refusal: null });
    if (reply.kind === 'tool') {
      yield chunk({ tool_calls: [{ index: 0, id: `call_${id}`, type: 'function', function: { name: reply.name, arguments: '' } }] });
      for (const piece of pieces(JSON.stringify(reply.input))) yield chunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] });
    } else for (const content of reply.words) yield chunk({ content });
    yield chunk({}, openaiFinish(reply)) + (includeUsage ? data({ ...head, choices: [], usage: openaiUsage(ask, reply) }) : '') + 'data: [DONE]\n\n';
  },
  error: ({ kind, message }) => ({ error: { message, type: kind === 'not_found_error' ? 'invalid_request_error' : kind, param: null, code: OPENAI_CODES[kind] } }),
};

const OPENAI_CODES = { invalid_request_error: null, authentication_error: 'invalid_api_key', not_found_error: 'model_not_found' } as const;
const openaiFinish = (reply: DemoReply): string => (reply.kind === 'tool' ? 'tool_calls' : reply.isCut ? 'length' : 'stop');
const openaiUsage = (ask: DemoAsk, { outputTokens }: DemoReply): object => ({ prompt_tokens: ask.inputTokens, completion_tokens: outputTokens, total_tokens: ask.inputTokens + outputTokens });

export const anthropicMessages: DemoDialect = {
  readAsk(json) {
    const { body, model, messages } = bodyOf(json);
    if (typeof body['max_tokens'] !== 'number') throw new DemoRefusal(400, 'invalid_request_error', 'max_tokens: Field required');
    const last = messages.at(-1);
    const results = Array.isArray(last?.['content']) ? last['content'].filter((part) => isRecord(part) && part['type'] === 'tool_result') : [];
    return {
      model,
      question: lastUserText(messages),
      toolResult: results.length > 0 ? textOf((results[0] as Body)['content']) : undefined,
      forcedTool: forcedTool(body['tool_choice'], toolsOf(body['tools']).map((tool) => ({ name: String(tool['name']), schema: tool['input_schema'] }))),
      jsonSchema: undefined,
      maxTokens: maxTokensOf(body['max_tokens']),
      inputTokens: inputTokensOf(body),
    };
  },
  answer(ask, reply, id) {
    const content = reply.kind === 'tool' ? [{ type: 'tool_use', id: `toolu_${id}`, name: reply.name, input: reply.input }] : [{ type: 'text', text: reply.words.join('') }];
    return { ...message(ask, id), content, stop_reason: anthropicStop(reply), usage: { input_tokens: ask.inputTokens, output_tokens: reply.outputTokens } };
  },
  * events(ask, reply, { id }) {
    const event = (type: string, fields: object): string => `event: ${type}\n${data({ type, ...fields })}`;
    yield event('message_start', { message: { ...message(ask, id), content: [], stop_reason: null, usage: { input_tokens: ask.inputTokens, output_tokens: 1 } } });
    const block = reply.kind === 'tool' ? { type: 'tool_use', id: `toolu_${id}`, name: reply.name, input: {} } : { type: 'text', text: '' };
    yield event('content_block_start', { index: 0, content_block: block });
    const deltas = reply.kind === 'tool' ? pieces(JSON.stringify(reply.input)).map((text) => ({ type: 'input_json_delta', partial_json: text })) : reply.words.map((text) => ({ type: 'text_delta', text }));
    for (const delta of deltas) yield event('content_block_delta', { index: 0, delta });
    yield event('content_block_stop', { index: 0 })
      + event('message_delta', { delta: { stop_reason: anthropicStop(reply), stop_sequence: null }, usage: { output_tokens: reply.outputTokens } })
      + event('message_stop', {});
  },
  error: ({ kind, message: text }) => ({ type: 'error', error: { type: kind, message: text } }),
};

const message = (ask: DemoAsk, id: string): object => ({ id: `msg_${id}`, type: 'message', role: 'assistant', model: ask.model, stop_sequence: null });
const anthropicStop = (reply: DemoReply): string => (reply.kind === 'tool' ? 'tool_use' : reply.isCut ? 'max_tokens' : 'end_turn');

const data = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
const pieces = (text: string): string[] => text.match(/.{1,12}/gs) ?? [];
const toolsOf = (tools: unknown): Body[] => (Array.isArray(tools) ? tools.filter(isRecord) : []);

/** The tool that `tool_choice` names, or the first one when any must be called. */
function forcedTool(choice: unknown, tools: readonly { name: string; schema: unknown }[]): { name: string; schema: unknown } | undefined {
  if (choice === 'required') return tools[0];
  if (!isRecord(choice)) return undefined;
  if (choice['type'] === 'any') return tools[0];
  const name = isRecord(choice['function']) ? choice['function']['name'] : choice['type'] === 'tool' ? choice['name'] : undefined;
  return tools.find((tool) => tool.name === name);
}
