import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codecs, type ServedDialect } from '../../functions/core/dialects/dialect.ts';
import { createMeter } from '../../functions/core/dialects/meter.ts';
import { parseEvent } from '../../functions/core/dialects/sse.ts';
import type { StreamPart } from '../../functions/core/stream-part.ts';

import { checkResponsesStream } from './responses-grammar.ts';
import { blocksOf, eventsOf } from './sse-events.ts';

export { blocksOf, eventsOf };

type Fields = Record<string, unknown>;
export const DIALECTS: readonly ServedDialect[] = ['openai-chat', 'openai-responses', 'anthropic-messages'];
const FIXTURES = join(import.meta.dirname, '..', 'fixtures');

export function fixtures(dialect: ServedDialect): string[] {
  return readdirSync(join(FIXTURES, dialect)).filter((file) => file.endsWith('.sse')).map((file) => file.slice(0, -4)).toSorted();
}

export function fixture(dialect: ServedDialect, name: string): Buffer {
  return readFileSync(join(FIXTURES, dialect, `${name}.sse`));
}

/** Every fixture as [dialect, name]. */
export const ALL_FIXTURES = DIALECTS.flatMap((dialect) => fixtures(dialect).map((name) => [dialect, name] as const));

/** What the dialect's stream reader makes of these bytes, its end included. */
export function partsOf(dialect: ServedDialect, chunks: readonly Uint8Array[]): StreamPart[] {
  const reader = codecs[dialect].readStream();
  const parts = blocksOf(chunks).flatMap((block) => {
    const event = parseEvent(block);
    return event === undefined ? [] : reader.push(event);
  });
  return [...parts, ...reader.end()];
}

/** What a meter makes of these bytes: what it passes on, and what it noted. */
export function meteredOf(dialect: ServedDialect, chunks: readonly Uint8Array[], options = { servedModel: 'cheap', includeUsage: false }): { forward: string; parts: StreamPart[] } {
  const meter = createMeter(dialect, options);
  const parts: StreamPart[] = [];
  const forwarded: Uint8Array[] = [];
  for (const block of blocksOf(chunks)) {
    const metered = meter.inspect(block);
    parts.push(...metered.parts);
    if (metered.forward !== null) forwarded.push(metered.forward);
  }
  parts.push(...meter.end());
  return { forward: Buffer.concat(forwarded).toString('utf8'), parts };
}

/** Parts as a dialect's stream, checked against its grammar. */
export function written(dialect: ServedDialect, parts: readonly StreamPart[], includeUsage = true): { text: string; answer: Fields } {
  const writer = codecs[dialect].writeStream({ requestId: '01TEST', model: 'served', created: 1_760_000_000, includeUsage });
  const text = parts.map((part) => writer.write(part)).join('') + writer.end();
  return { text, answer: dialect === 'openai-chat' ? checkChatStream(text, includeUsage) : dialect === 'openai-responses' ? checkResponsesStream(text) : checkMessagesStream(text) };
}

function illegal(what: string): never {
  throw new Error(`illegal stream: ${what}`);
}

function object(value: unknown, what: string): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : illegal(`${what} is no object`);
}

function list(value: unknown): Fields[] {
  return Array.isArray(value) ? (value as Fields[]) : [];
}

interface ChatState { content: string | null; refusal: string | null; reasoning: string; blocks: unknown[]; annotations: unknown[]; calls: Fields[] }

/**
 * Throws on any chat-completions stream that a strict client could trip over: chunks that change identity, a missing role, a tool
 * delta before its start, anything after the finish but usage and `[DONE]`, an `usage` member that does not fit. Gives the answer
 * the chunks add up to, with `error` when the stream ended in one.
 */
export function checkChatStream(text: string, includeUsage: boolean): Fields {
  const events = eventsOf(text);
  const state: ChatState = { content: '', refusal: null, reasoning: '', blocks: [], annotations: [], calls: [] };
  let finish: Fields | undefined;
  let usage: unknown;
  let done = false;
  let error: unknown;
  let identity: string | undefined;
  for (const [at, { event, data }] of events.entries()) {
    if (event !== undefined) illegal(`a named event ${event}`);
    if (done || error !== undefined) illegal('something after the end');
    if (data === '[DONE]') {
      if (finish === undefined) illegal('[DONE] without a finish');
      done = true;
      continue;
    }
    const chunk = object(JSON.parse(data), 'chunk');
    if ('error' in chunk) {
      if (finish !== undefined) illegal('an error after the finish');
      error = object(chunk['error'], 'error');
      continue;
    }
    const own = JSON.stringify([chunk['id'], chunk['object'], chunk['created'], chunk['model']]);
    identity ??= own;
    if (own !== identity || chunk['object'] !== 'chat.completion.chunk') illegal('a chunk of another identity');
    const choices = list(chunk['choices']);
    if (choices.length === 0) {
      if (!includeUsage || finish === undefined || usage !== undefined) illegal('a usage chunk that was not asked for, too early or twice');
      usage = object(chunk['usage'], 'usage');
      continue;
    }
    if (includeUsage ? chunk['usage'] !== null : 'usage' in chunk) illegal('a wrong usage member');
    if (finish !== undefined) illegal('a choice after the finish');
    const choice = choices[0] ?? illegal('no choice');
    const delta = object(choice['delta'], 'delta');
    if ((delta['role'] === 'assistant') !== (at === 0)) illegal('a role that is missing or repeated');
    addDelta(delta, state);
    if (choice['finish_reason'] !== null) {
      if (Object.keys(delta).length > 0) illegal('a delta beside the finish');
      finish = choice;
    }
  }
  if (!done && error === undefined) illegal('no end');
  // An answer that was cut off may stop inside its arguments.
  if (done && finish?.['finish_reason'] !== 'length') for (const call of state.calls) JSON.parse(String(object(call['function'], 'function')['arguments']) || 'null');
  return chatAnswer(state, finish, usage, error);
}

function addDelta(delta: Fields, state: ChatState): void {
  if (typeof delta['content'] === 'string') state.content += delta['content'];
  if (typeof delta['refusal'] === 'string') state.refusal = (state.refusal ?? '') + delta['refusal'];
  if ('reasoning_content' in delta) state.reasoning += typeof delta['reasoning_content'] === 'string' ? delta['reasoning_content'] : illegal('reasoning that is no string');
  state.blocks.push(...list(delta['thinking_blocks']));
  state.annotations.push(...list(delta['annotations']));
  for (const raw of list(delta['tool_calls'])) {
    const index = Number(raw['index']);
    const called = object(raw['function'], 'function');
    const known = state.calls[index];
    if (known === undefined) {
      if (index !== state.calls.length || typeof raw['id'] !== 'string' || raw['type'] !== 'function' || typeof called['name'] !== 'string') illegal('a tool call that does not start properly');
      state.calls.push({ id: raw['id'], type: 'function', function: { name: called['name'], arguments: called['arguments'] } });
      continue;
    }
    if ('id' in raw || 'name' in called) illegal('a tool call that starts twice');
    const inner = object(known['function'], 'function');
    if (called['arguments'] === '') illegal('an empty fragment');
    inner['arguments'] = String(inner['arguments']) + String(called['arguments']);
  }
}

function chatAnswer(state: ChatState, finish: Fields | undefined, usage: unknown, error: unknown): Fields {
  const { content, refusal, reasoning, blocks, annotations, calls } = state;
  return {
    message: {
      role: 'assistant',
      content: content === '' && (calls.length > 0 || refusal !== null) ? null : content,
      refusal,
      ...(reasoning !== '' && { reasoning_content: reasoning }),
      ...(blocks.length > 0 && { thinking_blocks: blocks }),
      ...(annotations.length > 0 && { annotations }),
      ...(calls.length > 0 && { tool_calls: calls }),
    },
    finish_reason: finish?.['finish_reason'],
    native_finish_reason: finish?.['native_finish_reason'],
    usage,
    ...(error !== undefined && { error }),
  };
}

/**
 * Throws on any messages stream whose events are out of order (start, blocks one by one with indexes 0, 1, 2 …, one
 * `message_delta`, `message_stop`), whose deltas do not fit their block, or whose tool input is no JSON object. Gives the message the
 * events add up to, with `error` when the stream ended in one.
 */
export function checkMessagesStream(text: string): Fields {
  let message: Fields | undefined;
  let open: { block: Fields; json: string } | undefined;
  let blocks = 0;
  let closing = false;
  let ended = false;
  let error: unknown;
  for (const { event, data } of eventsOf(text)) {
    const body = object(JSON.parse(data), 'event');
    if (body['type'] !== event) illegal(`event ${event} of type ${String(body['type'])}`);
    if (event === 'ping') continue;
    if (ended || error !== undefined) illegal(`${event} after the end`);
    if (event === 'error') {
      error = object(body['error'], 'error');
      continue;
    }
    if (event === 'message_start') {
      if (message !== undefined) illegal('a second message_start');
      message = { ...object(body['message'], 'message'), content: [] };
      continue;
    }
    if (message === undefined) illegal(`${event} before message_start`);
    if (closing && event !== 'message_stop') illegal(`${event} after message_delta`);
    switch (event) {
      case 'content_block_start':
        if (open !== undefined || body['index'] !== blocks) illegal('a block that starts out of order');
        open = { block: { ...object(body['content_block'], 'block') }, json: '' };
        break;
      case 'content_block_delta':
        if (open === undefined || body['index'] !== blocks) illegal('a delta outside its block');
        addBlockDelta(object(body['delta'], 'delta'), open);
        break;
      case 'content_block_stop':
        if (open === undefined || body['index'] !== blocks) illegal('a stop outside its block');
        if (open.block['type'] === 'tool_use' && open.json !== '') open.block['input'] = object(JSON.parse(open.json), 'input');
        if (open.block['type'] === 'text' && open.block['text'] === '') illegal('an empty text block');
        list(message['content']).push(open.block);
        open = undefined;
        blocks += 1;
        break;
      case 'message_delta':
        if (open !== undefined) illegal('message_delta inside a block');
        closing = true;
        Object.assign(message, object(body['delta'], 'delta'), { usage: object(body['usage'], 'usage') });
        break;
      case 'message_stop':
        if (!closing) illegal('message_stop without message_delta');
        ended = true;
        break;
      default:
        illegal(`an unknown event ${event}`);
    }
  }
  if (!ended && error === undefined) illegal('no end');
  return { ...message, ...(error !== undefined && { error }) };
}

const DELTAS: Readonly<Record<string, readonly [block: string, field: string]>> = {
  text_delta: ['text', 'text'], thinking_delta: ['thinking', 'thinking'], signature_delta: ['thinking', 'signature'], input_json_delta: ['tool_use', 'partial_json'],
};

function addBlockDelta(delta: Fields, open: { block: Fields; json: string }): void {
  const [block, field] = DELTAS[String(delta['type'])] ?? illegal(`an unknown delta ${String(delta['type'])}`);
  if (open.block['type'] !== block) illegal(`a ${String(delta['type'])} in a ${String(open.block['type'])} block`);
  const value = delta[field];
  if (typeof value !== 'string' || value === '') illegal('an empty delta');
  if (field === 'partial_json') open.json += value;
  else open.block[field] = String(open.block[field]) + value;
}
