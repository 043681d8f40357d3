import { describe, expect, test } from '@jest/globals';
import { codecs, type ServedDialect } from '../../../functions/core/dialects/dialect.ts';
import { GatewayError } from '../../../functions/core/errors.ts';
import type { StreamPart } from '../../../functions/core/stream-part.ts';
import { fixture, fixtures, partsOf } from '../../support/stream-grammar.ts';

type Fields = Record<string, unknown>;
const ENVELOPE = { requestId: '01TEST', model: 'served', created: 1_760_000_000 };
const message = (content: unknown, more: Fields = {}): Fields => ({
  id: 'msg_secret', type: 'message', role: 'assistant', model: 'claude-up', content, stop_reason: 'end_turn', stop_sequence: null, usage: { input_tokens: 10, output_tokens: 5 }, ...more,
});
const completion = (fields: Fields, finish: string | null = 'stop', more: Fields = {}): Fields => ({
  id: 'chatcmpl-secret', object: 'chat.completion', created: 1, model: 'gpt-up', choices: [{ index: 0, message: { role: 'assistant', ...fields }, finish_reason: finish }],
  usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }, ...more,
});
const toChat = (body: Fields) => codecs['openai-chat'].writeAnswer(codecs['anthropic-messages'].readAnswer(body), ENVELOPE) as { id: string; model: string; usage?: Fields; choices: { message: Fields; finish_reason: string; native_finish_reason?: string }[] };
const toMessage = (body: Fields) => codecs['anthropic-messages'].writeAnswer(codecs['openai-chat'].readAnswer(body), ENVELOPE) as Fields;

describe('Anthropic to OpenAI', () => {
  test('translation D63 (whole): text blocks are joined, web citations are annotations', () => {
    const citation = { type: 'web_search_result_location', url: 'https://a.example/x', title: 'X', cited_text: 'c', encrypted_index: 'i' };
    const answer = toChat(message([{ type: 'text', text: 'Hel' }, { type: 'text', text: 'lo', citations: [citation] }])).choices[0];
    expect(answer?.message).toMatchObject({ content: 'Hello', annotations: [{ type: 'url_citation', url_citation: { url: 'https://a.example/x', title: 'X' } }] });
  });

  test('translation D64 (whole): reasoning is a plain string, signatures are apart', () => {
    expect(toChat(message([{ type: 'thinking', thinking: 'hm', signature: 'S' }, { type: 'redacted_thinking', data: 'R' }, { type: 'text', text: 'A' }])).choices[0]?.message).toEqual({
      role: 'assistant', content: 'A', refusal: null, reasoning_content: 'hm', thinking_blocks: [{ type: 'thinking', thinking: 'hm', signature: 'S' }, { type: 'redacted_thinking', data: 'R' }],
    });
  });

  test('translation D65 (whole): an answer of calls alone has null content', () => {
    const answer = toChat(message([{ type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 } }], { stop_reason: 'tool_use' })).choices[0];
    expect(answer).toMatchObject({ finish_reason: 'tool_calls', message: { content: null, tool_calls: [{ id: 'toolu_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }] } });
  });

  test.each([
    ['end_turn', 'stop'], ['stop_sequence', 'stop'], ['max_tokens', 'length'], ['model_context_window_exceeded', 'length'], ['tool_use', 'tool_calls'],
    ['refusal', 'content_filter'], ['pause_turn', 'stop'], ['brand_new_reason', 'stop'],
  ])('translation D66 (whole): %s finishes with %s, and the raw word stays visible', (raw, expected) => {
    expect(toChat(message([{ type: 'text', text: 'x' }], { stop_reason: raw })).choices[0]).toMatchObject({ finish_reason: expected, native_finish_reason: raw });
  });

  test('translation D66 (whole): a refusal is in message.refusal too', () => {
    expect(toChat(message([{ type: 'text', text: 'No.' }], { stop_reason: 'refusal' })).choices[0]?.message).toMatchObject({ content: 'No.', refusal: 'No.' });
  });

  test('translation D31 (whole): an answer has null where it has no log probabilities', () => {
    expect(toChat(message([{ type: 'text', text: 'x' }])).choices[0]).toHaveProperty('logprobs', null);
  });

  test('translation D67 (whole): prompt_tokens holds all input classes', () => {
    const usage = { input_tokens: 3, cache_read_input_tokens: 100, cache_creation_input_tokens: 40, output_tokens: 9 };
    expect(toChat(message([{ type: 'text', text: 'x' }], { usage })).usage).toEqual({
      prompt_tokens: 143, completion_tokens: 9, total_tokens: 152, prompt_tokens_details: { cached_tokens: 100, cache_write_tokens: 40 },
    });
  });

  test('translation D68 (whole): classes are kept apart before anything is added up, and an unknown one stays unknown', () => {
    const usageOf = (dialect: ServedDialect, body: Fields) => codecs[dialect].readAnswer(body).find((part) => part.type === 'usage');
    const split = { input_tokens: 3, cache_creation_input_tokens: 40, cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 30 }, output_tokens: 9, output_tokens_details: { thinking_tokens: 4 } };
    expect(usageOf('anthropic-messages', message([], { usage: split }))).toEqual({ type: 'usage', usage: { input: 3, cacheWrite5m: 10, cacheWrite1h: 30, output: 9, reasoning: 4 } });
    expect(usageOf('anthropic-messages', message([], { usage: { input_tokens: 3, output_tokens: 1 } }))).toEqual({ type: 'usage', usage: { input: 3, output: 1 } });
    expect(usageOf('openai-chat', completion({ content: 'x' }, 'stop', { usage: undefined }))).toBeUndefined();
    expect(usageOf('openai-chat', completion({ content: 'x' }, 'stop', { usage: { prompt_tokens: 20, completion_tokens: 3, total_tokens: 23, prompt_cache_hit_tokens: 15, prompt_cache_miss_tokens: 5 } }))).toEqual({ type: 'usage', usage: { input: 5, cacheRead: 15, output: 3 } });
  });

  test('translation D75 (whole): ids have the dialect\'s shape, the model is the one that served, nothing of the upstream leaks', () => {
    const answer = toChat(message([{ type: 'text', text: 'x' }]));
    expect(answer).toMatchObject({ id: 'chatcmpl-01TEST', model: 'served', created: 1_760_000_000 });
    expect(JSON.stringify(answer)).not.toMatch(/secret|claude-up/);
  });

  test('translation D76 (whole): the stand-in tool of a JSON schema is text again, in answers of both dialects', () => {
    const parts = codecs['anthropic-messages'].readAnswer(message([{ type: 'tool_use', id: 't', name: 'bsg_structured_answer', input: { a: 1 } }], { stop_reason: 'tool_use' }));
    expect(codecs['openai-chat'].writeAnswer(parts, ENVELOPE)).toMatchObject({ choices: [{ message: { content: '{"a":1}' }, finish_reason: 'stop' }] });
    expect(codecs['anthropic-messages'].writeAnswer(parts, ENVELOPE)).toMatchObject({ content: [{ type: 'text', text: '{"a":1}' }], stop_reason: 'end_turn' });
    const writer = codecs['openai-chat'].writeStream({ ...ENVELOPE, includeUsage: false });
    const text = parts.map((part) => writer.write(part)).join('');
    expect(text).not.toContain('tool_calls');
    expect(text).toContain('"finish_reason":"stop"');
  });
});

describe('OpenAI to Anthropic', () => {
  test.each([['stop', 'end_turn'], ['length', 'max_tokens'], ['content_filter', 'refusal'], ['tool_calls', 'tool_use'], ['function_call', 'tool_use']])('translation D69 (whole): %s stops with %s', (raw, expected) => {
    expect(toMessage(completion({ content: 'x' }, raw))['stop_reason']).toBe(expected);
  });

  test('translation D69 (whole): calls win over a reason that says stop', () => {
    expect(toMessage(completion({ content: null, tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }] }))).toMatchObject({ stop_reason: 'tool_use', content: [{ type: 'tool_use', id: 'c', name: 'f', input: { a: 1 } }] });
  });

  test('translation D70 (whole): input_tokens is without the cached part, never negative', () => {
    const usage = (cached: number): Fields => ({ usage: { prompt_tokens: 100, completion_tokens: 7, total_tokens: 107, prompt_tokens_details: { cached_tokens: cached } } });
    expect(toMessage(completion({ content: 'x' }, 'stop', usage(64)))['usage']).toEqual({ input_tokens: 36, cache_read_input_tokens: 64, cache_creation_input_tokens: 0, output_tokens: 7 });
    expect(toMessage(completion({ content: 'x' }, 'stop', usage(640)))['usage']).toMatchObject({ input_tokens: 0 });
  });

  test('translation D71 (whole): an empty answer has no block', () => {
    for (const content of ['', null]) expect(toMessage(completion({ content }))['content']).toEqual([]);
  });

  test('translation D72 (whole): arguments that are no JSON object are an upstream fault, never {}', () => {
    const broken = (finish: string): Fields => completion({ content: 'x', tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{"a":' } }] }, finish);
    let thrown: unknown;
    try {
      toMessage(broken('tool_calls'));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(GatewayError);
    expect(thrown).toMatchObject({ failure: { code: 'upstream_invalid_response', status: 502 } });
    expect(toMessage(broken('length'))).toMatchObject({ content: [{ type: 'text', text: 'x' }], stop_reason: 'max_tokens' });
    expect(toMessage(completion({ content: null, tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '' } }] }))).toMatchObject({ content: [{ input: {} }] });
  });

  test('translation D73 (whole): a refusal is text with stop_reason refusal', () => {
    expect(toMessage(completion({ content: null, refusal: 'No.' }))).toMatchObject({ content: [{ type: 'text', text: 'No.' }], stop_reason: 'refusal' });
  });

  test('translation D74 (whole): reasoning without a signature is left out, whatever name it has', () => {
    for (const name of ['reasoning_content', 'reasoning']) {
      expect(toMessage(completion({ content: 'A', [name]: 'hm' }))['content']).toEqual([{ type: 'text', text: 'A' }]);
      expect(codecs['openai-chat'].readAnswer(completion({ content: 'A', [name]: 'hm' }))).toContainEqual({ type: 'reasoning', text: 'hm' });
    }
  });

  test('translation D75 (whole): ids and model', () => {
    expect(toMessage(completion({ content: 'x' }))).toMatchObject({ id: 'msg_01TEST', type: 'message', role: 'assistant', model: 'served', stop_sequence: null });
  });

  test.each(['', 'null'])('translation D69 (whole): finish_reason %j is no word of the upstream\'s', (nothing) => {
    expect(codecs['openai-chat'].readAnswer(completion({ content: 'x' }, nothing)).at(-1)).toEqual({ type: 'finish', reason: 'stop' });
  });
});

describe('any answer', () => {
  test.each<[ServedDialect, unknown]>([
    ['openai-chat', null], ['openai-chat', []], ['openai-chat', {}], ['openai-chat', { choices: [] }], ['openai-chat', { choices: [{}] }], ['openai-chat', { choices: 'x' }],
    ['anthropic-messages', 'x'], ['anthropic-messages', {}], ['anthropic-messages', { content: 'x' }],
  ])('%s: %j is one error part', (dialect, body) => {
    expect(codecs[dialect].readAnswer(body)).toMatchObject([{ type: 'error', failure: { code: 'upstream_invalid_response', status: 502, retryable: true } }]);
  });

  test.each<[ServedDialect, unknown]>([
    ['openai-chat', { error: { message: 'slow down', type: 'rate_limit_error', code: null } }], ['anthropic-messages', { type: 'error', error: { type: 'rate_limit_error', message: 'slow down' } }],
  ])('%s: an error inside a 200 is an error part', (dialect, body) => {
    expect(codecs[dialect].readAnswer(body)).toMatchObject([{ type: 'error', failure: { code: 'rate_limit_exceeded', status: 429 } }]);
  });

  const good = (['openai-chat', 'anthropic-messages'] as const).flatMap((dialect) => fixtures(dialect).filter((name) => !/error|truncated/.test(name)).map((name) => [dialect, name] as const));
  test.each(good)('%s/%s: written and read again it is the same answer', (dialect, name) => {
    const parts = partsOf(dialect, [fixture(dialect, name)]);
    const again = codecs[dialect].readAnswer(codecs[dialect].writeAnswer(parts, ENVELOPE));
    expect(essence(again)).toEqual(essence(parts));
  });
});

/** Texts joined, calls with parsed arguments, signatures, the end: what must survive. */
function essence(parts: readonly StreamPart[]): unknown {
  const texts = parts.flatMap((part) => (part.type === 'text' || part.type === 'refusal' ? [part.text] : [])).join('');
  const calls: { id: string | undefined; name: string; json: string }[] = [];
  for (const part of parts) {
    if (part.type === 'tool-start') calls[part.index] = { id: part.id, name: part.name, json: '' };
    else if (part.type === 'tool-delta') {
      const call = calls[part.index];
      if (call !== undefined) call.json += part.json;
    }
  }
  const end = parts.at(-1);
  return {
    texts,
    calls: calls.map(({ id, name, json }) => ({ id, name, input: JSON.parse(json || '{}') as unknown })),
    signatures: parts.flatMap((part) => (part.type === 'reasoning-signature' ? [part.signature] : [])),
    reason: end?.type === 'finish' ? end.reason : undefined,
  };
}
