import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { codecs, type ServedDialect } from '../../../functions/core/dialects/dialect.ts';
import { GatewayError } from '../../../functions/core/errors.ts';
import type { StreamPart } from '../../../functions/core/stream-part.ts';
import { full } from '../../support/full.ts';
import { ALL_FIXTURES, DIALECTS, eventsOf, fixture, partsOf, written } from '../../support/stream-grammar.ts';

type Fields = Record<string, unknown>;
const chat = (name: string): StreamPart[] => partsOf('openai-chat', [fixture('openai-chat', name)]);
const messages = (name: string): StreamPart[] => partsOf('anthropic-messages', [fixture('anthropic-messages', name)]);
const asMessages = (parts: readonly StreamPart[]) => written('anthropic-messages', parts);
const asChat = (parts: readonly StreamPart[], includeUsage = true) => written('openai-chat', parts, includeUsage);
const data = (chunks: unknown[], done = true): Buffer => Buffer.from(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('') + (done ? 'data: [DONE]\n\n' : ''));
const delta = (fields: Fields, finish: string | null = null, extra: Fields = {}): Fields => ({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: fields, finish_reason: finish }], ...extra });
const call = (fields: Fields): Fields => delta({ tool_calls: [fields] });
const failureOf = (parts: readonly StreamPart[]): string | undefined => {
  const last = parts.at(-1);
  return last?.type === 'error' ? last.failure.code : undefined;
};
/** A recorded stream of one dialect with another ending. */
const ending = (dialect: ServedDialect, name: string, from: string, to: string): StreamPart[] => {
  const text = fixture(dialect, name).toString();
  if (!text.includes(from)) throw new Error(`${name} does not hold ${from}`);
  return partsOf(dialect, [Buffer.from(text.replace(from, to))]);
};
const event = (type: string, fields: Fields): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
/** A message stream around some events, in the form in which the API sends it. */
const messageStream = (events: string[], stopReason: string, usage: Fields = { input_tokens: 10, output_tokens: 1 }): StreamPart[] => partsOf('anthropic-messages', [Buffer.from([
  event('message_start', { message: { id: 'msg_01Secret', type: 'message', role: 'assistant', model: 'claude-up', content: [], stop_reason: null, stop_sequence: null, usage } }),
  ...events,
  event('message_delta', { delta: { stop_reason: stopReason, stop_sequence: null }, usage: { output_tokens: 7 } }),
  event('message_stop', {}),
].join(''))]);
/** The answer that a stream of chunks adds up to, when nothing of it is left to chance. */
const chatAnswer = (message: Fields, finish: string, native: string, usage: Fields): Fields => ({ message: { role: 'assistant', refusal: null, ...message }, finish_reason: finish, native_finish_reason: native, usage });
const counted = (prompt: number, completion: number): Fields => ({ prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion, prompt_tokens_details: { cached_tokens: 0 } });
const TEXT = 'The capital of France is "Paris".\nLine two: café ☕ 한국어 \\ end.';

describe('Anthropic to OpenAI', () => {
  test('translation D77 (streamed): the first chunk carries the role and an empty text, later ones no role', () => {
    const first = JSON.parse(eventsOf(asChat(messages('text')).text)[0]?.data ?? '') as { choices: { delta: unknown }[] };
    expect(first.choices[0]?.delta).toEqual({ role: 'assistant', content: '' });
  });

  test('translation D63 (streamed): texts of several blocks run on, a web citation is an annotation at its place', () => {
    const { answer } = asChat(messages('citations'));
    expect(answer).toEqual(chatAnswer({
      content: 'He was born on April 30, 1916.',
      annotations: [{ type: 'url_citation', url_citation: { url: 'https://en.wikipedia.example/wiki/Claude_Shannon', title: 'Claude Shannon', start_index: 12, end_index: 12 } }],
    }, 'stop', 'end_turn', counted(25, 17)));
  });

  test('translation D65 (streamed): an answer of calls alone has no text', () => {
    const { text, answer } = asChat(messages('parallel-tools'));
    expect(answer).toMatchObject({ message: { content: null }, finish_reason: 'tool_calls', native_finish_reason: 'tool_use' });
    const contents = eventsOf(text).flatMap(({ data: chunk }) => (chunk === '[DONE]' ? [] : (JSON.parse(chunk) as { choices: { delta: Fields }[] }).choices.flatMap(({ delta: one }) => ('content' in one ? [one['content']] : []))));
    expect(contents).toEqual(['']);
  });

  test('translation D68 (streamed): classes are kept apart before anything is added up, and an unknown one stays unknown', () => {
    const usageOf = (parts: readonly StreamPart[]) => parts.findLast((part) => part.type === 'usage');
    const split = { input_tokens: 3, cache_read_input_tokens: 20, cache_creation_input_tokens: 40, cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 30 }, output_tokens: 1 };
    expect(usageOf(messageStream([], 'end_turn', split))).toEqual({ type: 'usage', usage: { input: 3, cacheRead: 20, cacheWrite5m: 10, cacheWrite1h: 30, output: 7 } });
    expect(usageOf(messageStream([], 'end_turn'))).toEqual({ type: 'usage', usage: { input: 10, output: 7 } });
    expect(usageOf(chat('no-usage'))).toBeUndefined();
    const usage = { prompt_tokens: 20, completion_tokens: 9, total_tokens: 29, prompt_tokens_details: { cached_tokens: 15 }, completion_tokens_details: { reasoning_tokens: 4 } };
    expect(usageOf(partsOf('openai-chat', [data([delta({ content: 'a' }), delta({}, 'stop'), { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [], usage }])])))
      .toEqual({ type: 'usage', usage: { input: 5, cacheRead: 15, output: 9, reasoning: 4 } });
  });

  test('translation D76 (streamed): the stand-in tool of a JSON schema is text again, also beside other calls', () => {
    const fragments = (index: number, ...json: string[]): string[] => json.map((partial_json) => event('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json } }));
    const block = (index: number, id: string, name: string, ...json: string[]): string[] => [
      event('content_block_start', { index, content_block: { type: 'tool_use', id, name, input: {} } }), ...fragments(index, ...json), event('content_block_stop', { index }),
    ];
    const answered = messageStream(block(0, 'toolu_1', 'bsg_structured_answer', '', '{"city":', '"Paris"}'), 'tool_use');
    expect(asChat(answered).answer).toEqual(chatAnswer({ content: '{"city":"Paris"}' }, 'stop', 'tool_use', counted(10, 7)));
    expect(asMessages(answered).answer).toMatchObject({ content: [{ type: 'text', text: '{"city":"Paris"}' }], stop_reason: 'end_turn' });
    expect(asChat(answered).text).not.toContain('tool_calls');
    const looked = messageStream([...block(0, 'toolu_1', 'bsg_structured_answer', '{"a":1}'), ...block(1, 'toolu_2', 'look', '{"at":"it"}')], 'tool_use');
    expect(asChat(looked).answer).toMatchObject({ message: { content: '{"a":1}', tool_calls: [{ id: 'toolu_2', function: { name: 'look', arguments: '{"at":"it"}' } }] }, finish_reason: 'tool_calls' });
  });

  test('translation D78 (streamed): tool calls are counted on their own, not by block', () => {
    const { answer } = asChat(messages('tool-use'));
    expect(answer).toMatchObject({ message: { content: "I'll check the weather.", tool_calls: [{ id: 'toolu_01A09q90qw90lq917835lq9', function: { name: 'get_weather', arguments: '{"city": "Paris"}' } }] }, finish_reason: 'tool_calls' });
    expect(asChat(messages('parallel-tools')).answer).toMatchObject({
      message: { content: null, tool_calls: [{ id: 'toolu_01A', function: { arguments: '{"city":"Paris"}' } }, { id: 'toolu_01B', function: { arguments: '{"tz":"CET"}' } }] },
    });
  });

  test('translation D79 (streamed): a call starts with id, type, name and empty arguments; empty fragments are skipped', () => {
    const chunks = eventsOf(asChat(messages('tool-use')).text).filter(({ data: text }) => text.includes('tool_calls":['));
    const calls = chunks.map(({ data: text }) => (JSON.parse(text) as { choices: { delta: { tool_calls: Fields[] } }[] }).choices[0]?.delta.tool_calls[0]);
    expect(calls[0]).toEqual({ index: 0, id: 'toolu_01A09q90qw90lq917835lq9', type: 'function', function: { name: 'get_weather', arguments: '' } });
    expect(calls.slice(1)).toEqual(['{"city":', ' "Par', 'is"}'].map((json) => ({ index: 0, function: { arguments: json } })));
    // The grammar refuses an empty fragment, whoever let it through.
    const empty = asChat([{ type: 'tool-start', index: 0, id: 'c', name: 'f' }, { type: 'tool-delta', index: 0, json: '' }, { type: 'tool-delta', index: 0, json: '{"a":1}' }, { type: 'tool-end', index: 0 }, { type: 'finish', reason: 'tool_calls' }]);
    expect(empty.answer).toMatchObject({ message: { tool_calls: [{ id: 'c', function: { name: 'f', arguments: '{"a":1}' } }] } });
  });

  test('translation D80 (streamed): a call without arguments adds up to {}, and input given at the start is delivered', () => {
    expect(asChat(messages('tool-without-arguments')).answer).toMatchObject({ message: { tool_calls: [{ function: { name: 'list_files', arguments: '{}' } }, { function: { name: 'read_file', arguments: '{"path":"/a"}' } }] } });
  });

  test('translation D64, D81 (streamed): thinking is a plain string, signed blocks come whole and apart', () => {
    expect(asChat(messages('thinking')).answer).toMatchObject({
      message: {
        content: 'The answer is 42.', reasoning_content: 'Let me think.',
        thinking_blocks: [{ type: 'thinking', thinking: 'Let me think.', signature: 'EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pk' }, { type: 'redacted_thinking', data: 'EmwKAhgBEgy3va3pzix' }],
      },
    });
  });

  test('translation D82 (streamed): pings and unknown events are no chunk', () => {
    expect(asChat(messages('ping')).answer).toMatchObject({ message: { content: 'Hello there' } });
    expect(asChat(messages('unknown-event')).answer).toMatchObject({ message: { content: 'Hello' } });
    expect(asChat(messages('ping')).text).not.toContain('ping');
  });

  test('translation D67, D83 (streamed): usage is cumulative and split by class', () => {
    const usage = messages('cache-usage').findLast((part) => part.type === 'usage');
    expect(usage).toEqual({ type: 'usage', usage: { input: 3, cacheRead: 5000, cacheWrite5m: 400, cacheWrite1h: 500, output: 2 }, tier: 'standard' });
    expect(asChat(messages('cache-usage')).answer['usage']).toEqual({
      prompt_tokens: 5903, completion_tokens: 2, total_tokens: 5905, prompt_tokens_details: { cached_tokens: 5000, cache_write_tokens: 900 },
    });
  });

  test('translation D84 (streamed): one finish with an empty delta, then usage without choices, then [DONE]', () => {
    const [finish, usage, done] = eventsOf(asChat(messages('text')).text).slice(-3).map(({ data: text }) => text);
    expect(JSON.parse(finish ?? '')).toMatchObject({ choices: [{ delta: {}, finish_reason: 'stop', native_finish_reason: 'end_turn' }], usage: null });
    expect(JSON.parse(usage ?? '')).toMatchObject({ choices: [], usage: { prompt_tokens: 25, completion_tokens: 19, total_tokens: 44 } });
    expect(done).toBe('[DONE]');
  });

  test('translation D85 (streamed): without include_usage no chunk speaks of usage', () => {
    expect(asChat(messages('text'), false).text).not.toContain('usage');
  });

  test.each([['max-tokens', 'length'], ['stop-sequence', 'stop'], ['refusal', 'content_filter'], ['tool-use', 'tool_calls']])('translation D66 (streamed): %s finishes with %s', (name, expected) => {
    expect(asChat(messages(name)).answer['finish_reason']).toBe(expected);
  });

  test.each([
    ['end_turn', 'stop'], ['stop_sequence', 'stop'], ['max_tokens', 'length'], ['model_context_window_exceeded', 'length'],
    ['refusal', 'content_filter'], ['pause_turn', 'stop'], ['brand_new_reason', 'stop'],
  ])('translation D66 (streamed): %s finishes with %s, and the raw word stays visible', (raw, expected) => {
    const { answer } = asChat(ending('anthropic-messages', 'text', '"stop_reason":"end_turn"', `"stop_reason":"${raw}"`));
    expect(answer).toEqual(chatAnswer({ content: TEXT, refusal: raw === 'refusal' ? TEXT : null }, expected, raw, counted(25, 19)));
  });

  test('translation D66 (streamed): a refusal is in the refusal too, whole, right before the finish', () => {
    const { text, answer } = asChat(messages('refusal'));
    expect(answer).toEqual(chatAnswer({ content: 'I cannot help with that.', refusal: 'I cannot help with that.' }, 'content_filter', 'refusal', counted(25, 9)));
    const deltas = eventsOf(text).slice(0, -3).map(({ data: chunk }) => (JSON.parse(chunk) as { choices: { delta: Fields }[] }).choices[0]?.delta);
    expect(deltas).toEqual([{ role: 'assistant', content: '' }, { content: 'I cannot ' }, { content: 'help with that.' }, { refusal: 'I cannot help with that.' }]);
  });

  test('translation D86 (streamed): an error after content is one error event, without finish and without [DONE]', () => {
    const { text, answer } = asChat(messages('error-mid-stream'));
    expect(answer).toMatchObject({ message: { content: 'Hel' }, error: { type: 'api_error', code: 'upstream_error' } });
    expect(text).not.toContain('[DONE]');
    expect(text).not.toContain('"finish_reason":"');
  });

  test('translation D87 (streamed): an error before content is the only part', () => {
    expect(messages('error-first')).toMatchObject([{ type: 'error', failure: { code: 'upstream_error', status: 503, retryable: true } }]);
  });

  test('translation D88 (streamed): without message_stop the stream is truncated, even after message_delta', () => {
    expect(failureOf(messages('truncated'))).toBe('upstream_truncated');
    const whole = fixture('anthropic-messages', 'text').toString();
    expect(failureOf(partsOf('anthropic-messages', [Buffer.from(whole.slice(0, whole.indexOf('event: message_stop')))]))).toBe('upstream_truncated');
  });

  test('translation D75, D89 (streamed): every chunk has the same id, time and model, and the model is the one that served', () => {
    for (const { data: text } of eventsOf(asChat(messages('thinking')).text).slice(0, -1)) {
      expect(JSON.parse(text)).toMatchObject({ id: 'chatcmpl-01TEST', created: 1_760_000_000, model: 'served' });
    }
    expect(asChat(messages('thinking')).text).not.toMatch(/msg_01|claude/);
    expect(asMessages(chat('text')).answer).toMatchObject({ id: 'msg_01TEST', model: 'served' });
    expect(asMessages(chat('text')).text).not.toMatch(/chatcmpl|gpt-/);
  });

  test('translation D90 (streamed): line ends and padding do not change what is read', () => {
    expect(messages('crlf')).toEqual(messages('text'));
    expect(messages('padded')).toEqual(messages('text'));
  });

  test('translation D90 (streamed): comments, data over several lines, events without a name, cuts inside characters and unknown events do not change what is read', () => {
    const whole = fixture('anthropic-messages', 'text').toString();
    const same = (text: string, size = text.length): void => {
      const bytes = Buffer.from(text);
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
      expect(partsOf('anthropic-messages', chunks)).toEqual(messages('text'));
    };
    same(whole.replaceAll('\n\n', '\n\n: comment\n\n'));
    same(whole.replaceAll(/^event: .*\n/gm, ''));
    same(whole.replaceAll(',"index"', ',\ndata: "index"'));
    same(whole.replaceAll('\n\n', `\n\n${event('brand_new_event', { surprise: { deep: [1] } })}`));
    for (const size of [1, 2, 3, 7]) same(whole, size);
    expect(whole).toMatch(/[^\x20-\x7e\n]/);
    expect(partsOf('openai-chat', [...fixture('openai-chat', 'text')].map((byte) => Buffer.of(byte)))).toEqual(chat('text'));
  });
});

describe('OpenAI to Anthropic', () => {
  test('translation D91 (streamed): text is one block between message_start and message_stop', () => {
    const { text, answer } = asMessages(chat('text'));
    expect(eventsOf(text).map(({ event }) => event)).toEqual([
      'message_start', 'content_block_start', ...Array.from({ length: 6 }, () => 'content_block_delta'), 'content_block_stop', 'message_delta', 'message_stop',
    ]);
    expect(answer).toMatchObject({ id: 'msg_01TEST', model: 'served', content: [{ type: 'text', text: TEXT }], stop_reason: 'end_turn', usage: { input_tokens: 16, cache_read_input_tokens: 8, output_tokens: 19 } });
  });

  test('translation D92 (streamed): an empty first chunk opens no block', () => {
    expect(asMessages(chat('tool-call')).answer['content']).toEqual([{ type: 'tool_use', id: 'call_Ab12', name: 'get_weather', input: { city: 'Paris "FR"' } }]);
  });

  test('translation D93 (streamed): each switch between text and tools is a new block', () => {
    const parts = partsOf('openai-chat', [data([
      delta({ content: 'a' }), call({ index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }), delta({ content: 'b' }), delta({}, 'tool_calls'),
    ])]);
    expect(asMessages(parts).answer['content']).toEqual([{ type: 'text', text: 'a' }, { type: 'tool_use', id: 'c1', name: 'f', input: {} }, { type: 'text', text: 'b' }]);
  });

  test('translation D94 (streamed): a chunk with text and a call gives both, text first', () => {
    expect(asMessages(chat('text-and-tool')).answer['content']).toEqual([{ type: 'text', text: 'Let me look. One moment.' }, { type: 'tool_use', id: 'call_T1', name: 'search', input: { q: 'x' } }]);
  });

  test('translation D95 (streamed): interleaved calls come out one after another, complete', () => {
    expect(asMessages(chat('interleaved-tools')).answer['content']).toEqual([
      { type: 'tool_use', id: 'call_A', name: 'first', input: { a: 1 } }, { type: 'tool_use', id: 'call_B', name: 'second', input: { b: [2, 3] } },
    ]);
    expect(asMessages(chat('parallel-tools')).answer).toMatchObject({ content: [{ id: 'call_A', input: { city: 'Paris' } }, { id: 'call_B', input: { tz: 'CET' } }], stop_reason: 'tool_use' });
  });

  test('translation D95 (streamed): parallel calls that come in order are streamed as they come, not held to the end', () => {
    const writer = codecs['anthropic-messages'].writeStream({ requestId: 'r', model: 'm', created: 1, includeUsage: true });
    const seen = chat('parallel-tools').map((part) => [part.type, writer.write(part) !== ''] as const);
    expect(seen.filter(([type]) => type === 'tool-start' || type === 'tool-delta').every(([, shown]) => shown)).toBe(true);
  });

  test('translation D96 (streamed): a whole call in one delta is delivered, with its reason corrected', () => {
    expect(asMessages(chat('whole-tool-call')).answer).toMatchObject({ content: [{ type: 'tool_use', name: 'get_weather', input: { city: 'Seoul' } }], stop_reason: 'tool_use' });
  });

  test('translation D96 (streamed): parallel calls that all have index 0 stay apart', () => {
    const whole = (name: string, id?: string): Fields => call({ index: 0, ...(id !== undefined && { id }), type: 'function', function: { name, arguments: '{"x":1}' } });
    for (const ids of [['a', 'b'], [undefined, undefined], ['', '']]) {
      const parts = partsOf('openai-chat', [data([whole('f', ids[0]), whole('g', ids[1]), delta({}, 'stop')])]);
      expect(asMessages(parts).answer).toMatchObject({ content: [{ name: 'f', input: { x: 1 } }, { name: 'g', input: { x: 1 } }], stop_reason: 'tool_use' });
    }
  });

  test('translation D97 (streamed): fragments pass verbatim, a missing id is made the same way every time, a late name is waited for', () => {
    const parts = partsOf('openai-chat', [data([call({ index: 0, function: { arguments: '{"a" :' } }), call({ index: 0, function: { name: 'f', arguments: ' 1}' } }), delta({}, 'tool_calls')])]);
    const [first, second] = [asMessages(parts), asMessages(parts)];
    expect(first.text).toBe(second.text);
    expect(first.answer['content']).toMatchObject([{ type: 'tool_use', id: expect.stringMatching(/^toolu_[0-9a-f]{24}$/), input: { a: 1 } }]);
    expect(first.text).toContain(JSON.stringify('{"a" :'));
  });

  test('translation D98 (streamed): usage that comes after the finish is in message_delta', () => {
    expect(asMessages(chat('usage-only')).answer).toMatchObject({ stop_reason: 'end_turn', usage: { input_tokens: 176, cache_read_input_tokens: 1024, output_tokens: 2 } });
  });

  test('translation D98 (streamed): without usage the end mark, or the end of the stream, lets the last event go', () => {
    for (const parts of [chat('no-usage'), ending('openai-chat', 'no-usage', 'data: [DONE]\n\n', '')]) {
      const writer = codecs['anthropic-messages'].writeStream({ requestId: 'r', model: 'm', created: 1, includeUsage: true, inputTokens: 12 });
      const events = eventsOf(parts.map((part) => writer.write(part)).join('') + writer.end());
      expect(events.slice(-2).map((one) => JSON.parse(one.data) as Fields)).toEqual([
        { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { input_tokens: 12, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 } },
        { type: 'message_stop' },
      ]);
    }
    const reader = codecs['openai-chat'].readStream();
    const text = fixture('openai-chat', 'text').toString();
    const types = eventsOf(text).map((one) => reader.push(one).map(({ type }) => type));
    const finish = types.findIndex((list) => list.includes('finish'));
    expect([text.split('\n\n')[finish - 1], types[finish]]).toEqual([expect.stringContaining('"finish_reason":"stop"'), ['usage', 'finish']]);
  });

  test('translation D99 (streamed): of usage on every chunk the last counts', () => {
    expect(asMessages(chat('usage-on-every-chunk')).answer).toMatchObject({ content: [{ text: 'One two' }], usage: { input_tokens: 7, output_tokens: 3 } });
    expect(chat('usage-on-every-chunk').filter(({ type }) => type === 'usage')).toHaveLength(1);
  });

  test('translation D100 (streamed): message_start shows the estimate, message_delta the truth', () => {
    const writer = codecs['anthropic-messages'].writeStream({ requestId: 'r', model: 'm', created: 1, includeUsage: true, inputTokens: 30 });
    const events = eventsOf(chat('text').map((part) => writer.write(part)).join('')).map(({ data: text }) => JSON.parse(text) as Fields);
    expect(events[0]).toMatchObject({ message: { usage: { input_tokens: 30, output_tokens: 0 } } });
    expect(events.at(-2)).toMatchObject({ usage: { input_tokens: 16, output_tokens: 19 } });
  });

  test('translation D101 (streamed): an error line inside a 200 is an error event and the end, without message_stop', () => {
    const { text, answer } = asMessages(chat('error-mid-stream'));
    expect(answer).toMatchObject({ error: { type: 'api_error' } });
    expect(text).not.toContain('message_stop');
    expect(chat('error-first')).toMatchObject([{ type: 'error', failure: { code: 'upstream_error', status: 503 } }]);
  });

  test('translation D102 (streamed): heartbeats are a ping for Anthropic clients and a comment for OpenAI clients', () => {
    const beat = (dialect: ServedDialect): string => codecs[dialect].writeStream({ requestId: 'r', model: 'm', created: 1, includeUsage: false }).heartbeat();
    expect(eventsOf(beat('anthropic-messages'))).toEqual([{ event: 'ping', data: '{"type":"ping"}' }]);
    expect(beat('openai-chat')).toMatch(/^: .*\n\n$/);
    expect(eventsOf(beat('openai-chat'))).toEqual([]);
  });

  test.each([['stop', 'end_turn'], ['length', 'max_tokens'], ['content_filter', 'refusal'], ['tool_calls', 'tool_use'], ['function_call', 'tool_use']])('translation D69 (streamed): %s stops with %s', (raw, expected) => {
    expect(asMessages(ending('openai-chat', 'text', '"finish_reason":"stop"', `"finish_reason":"${raw}"`)).answer['stop_reason']).toBe(expected);
  });

  test('translation D69 (streamed): calls win over a reason that says stop, a stop by a known sequence is named', () => {
    expect(asMessages(ending('openai-chat', 'tool-call', '"finish_reason":"tool_calls"', '"finish_reason":"stop"')).answer).toMatchObject({ stop_reason: 'tool_use', stop_sequence: null });
    expect(asMessages([{ type: 'text', text: 'a' }, { type: 'finish', reason: 'stop', raw: 'stop_sequence', stopSequence: 'END' }]).answer).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'END' });
  });

  test('translation D70 (streamed): input_tokens is without the cached part, never negative', () => {
    const usage = (cached: number) => asMessages(partsOf('openai-chat', [data([
      delta({ content: 'a' }), delta({}, 'stop'), { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [], usage: { prompt_tokens: 100, completion_tokens: 7, total_tokens: 107, prompt_tokens_details: { cached_tokens: cached } } },
    ])])).answer['usage'];
    expect(usage(64)).toEqual({ input_tokens: 36, cache_read_input_tokens: 64, cache_creation_input_tokens: 0, output_tokens: 7 });
    expect(usage(640)).toMatchObject({ input_tokens: 0, cache_read_input_tokens: 640 });
  });

  test('translation D72 (streamed): arguments that are no JSON object are an upstream fault at the end, never a call to run', () => {
    const broken = (json: string, finish: string): StreamPart[] => partsOf('openai-chat', [data([
      call({ index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '' } }), call({ index: 0, function: { arguments: json } }), delta({}, finish),
    ])]);
    for (const json of ['{"a":', '[1]', '"x"', '{"a":1}}']) {
      const writer = codecs['anthropic-messages'].writeStream({ requestId: 'r', model: 'm', created: 1, includeUsage: true });
      const parts = broken(json, 'tool_calls');
      const shown = parts.slice(0, -1).map((part) => writer.write(part)).join('');
      expect(shown).toContain('input_json_delta');
      expect(thrownBy(() => writer.write(parts.at(-1) as StreamPart))).toMatchObject({ failure: { code: 'upstream_invalid_response', status: 502 } });
      expect(writer.end()).not.toContain('message_stop');
    }
    // The token limit may fall inside a call; the client sees that it did.
    const cut = broken('{"a":', 'length');
    const writer = codecs['anthropic-messages'].writeStream({ requestId: 'r', model: 'm', created: 1, includeUsage: true });
    expect(cut.map((part) => writer.write(part)).join('')).toContain('"stop_reason":"max_tokens"');
    expect(asMessages(broken('', 'tool_calls')).answer).toMatchObject({ content: [{ type: 'tool_use', name: 'f', input: {} }], stop_reason: 'tool_use' });
  });

  test('translation D71 (streamed): an empty answer has no block', () => {
    expect(asMessages(partsOf('openai-chat', [data([delta({ role: 'assistant', content: '' }), delta({}, 'stop')])])).answer).toMatchObject({ content: [], stop_reason: 'end_turn' });
  });

  test('translation D73 (streamed): a refusal is text with stop_reason refusal', () => {
    expect(asMessages(chat('refusal')).answer).toMatchObject({ content: [{ type: 'text', text: "I'm sorry, I can't help with that." }], stop_reason: 'refusal' });
    expect(asMessages(chat('content-filter')).answer).toMatchObject({ stop_reason: 'refusal' });
  });

  test('translation D74 (streamed): unsigned reasoning is not shown, but keeps the connection alive', () => {
    const { text, answer } = asMessages(chat('reasoning'));
    expect(answer['content']).toEqual([{ type: 'text', text: '42' }]);
    expect(text).toContain('event: ping');
  });

  test('finish_reason without [DONE] is a good end, [DONE] without finish_reason is not', () => {
    expect(partsOf('openai-chat', [data([delta({ content: 'a' }), delta({}, 'stop')], false)]).at(-1)).toMatchObject({ type: 'finish', reason: 'stop' });
    expect(failureOf(partsOf('openai-chat', [data([delta({ content: 'a' })])]))).toBe('upstream_truncated');
    expect(failureOf(chat('truncated'))).toBe('upstream_truncated');
  });

  test.each(['', 'null'])('finish_reason %j beside every chunk is no end: a stream that stops there is truncated, and the real one counts', (nothing) => {
    const begun = [delta({ content: 'Hel' }, nothing), delta({ content: 'lo' }, nothing)];
    expect(failureOf(partsOf('openai-chat', [data(begun, false)]))).toBe('upstream_truncated');
    expect(failureOf(partsOf('openai-chat', [data(begun)]))).toBe('upstream_truncated');
    expect(partsOf('openai-chat', [data([...begun, delta({}, 'length')])]).at(-1)).toEqual({ type: 'finish', reason: 'length', raw: 'length' });
    expect(asMessages(partsOf('openai-chat', [data(begun, false)])).text).not.toContain('message_stop');
  });

  test('line ends, comments and obfuscation do not change what is read', () => {
    for (const name of ['crlf', 'cr']) expect(chat(name)).toEqual(chat('text'));
    expect(chat('obfuscation').filter(({ type }) => type === 'text')).toEqual(chat('text').filter(({ type }) => type === 'text'));
    expect(asChat(chat('comments')).answer).toMatchObject({ message: { content: 'ok' } });
  });

  test('reasoning that is counted beside the completion is added to the output, reasoning inside is not', () => {
    const usage = (value: Fields) => partsOf('openai-chat', [data([delta({ content: 'a' }, 'stop', { usage: value })])]).find((part) => part.type === 'usage');
    expect(usage({ prompt_tokens: 10, completion_tokens: 5, total_tokens: 115, completion_tokens_details: { reasoning_tokens: 100 } })).toMatchObject({ usage: { output: 105, reasoning: 100 } });
    expect(usage({ prompt_tokens: 10, completion_tokens: 105, total_tokens: 115, completion_tokens_details: { reasoning_tokens: 100 } })).toMatchObject({ usage: { output: 105, reasoning: 100 } });
  });
});

describe('tools that the provider runs itself', () => {
  const hosted = (parts: readonly StreamPart[]) => parts.flatMap((part) => (part.type === 'hosted' ? [part.kind] : []));
  test('their blocks are parts, whole and streamed, and nothing of them is written in another dialect', () => {
    const blocks = [{ type: 'server_tool_use', id: 's', name: 'web_search', input: {} }, { type: 'web_search_tool_result', tool_use_id: 's', content: [] }];
    const streamed = messageStream(blocks.flatMap((block, index) => [event('content_block_start', { index, content_block: block }), event('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json: '{}' } }), event('content_block_stop', { index })]), 'end_turn');
    expect(hosted(streamed)).toEqual(['server_tool_use', 'web_search_tool_result']);
    expect(hosted(codecs['anthropic-messages'].readAnswer({ content: blocks, stop_reason: 'end_turn' }))).toEqual(['server_tool_use', 'web_search_tool_result']);
    expect(asChat(streamed).answer).toMatchObject({ message: { content: '' }, finish_reason: 'stop' });
    expect(asMessages(streamed).answer).toMatchObject({ content: [] });
  });

  test('their items are parts, once each, whether they are added first or only done', () => {
    const item = { type: 'code_interpreter_call', id: 'ci_1', code: '1' };
    const said = (type: string, fields: Fields) => event(type, fields);
    const events = [said('response.output_item.added', { output_index: 0, item }), said('response.output_item.done', { output_index: 0, item }), said('response.output_item.done', { output_index: 1, item: { ...item, type: 'web_search_call' } }),
      said('response.output_item.added', { output_index: 2, item: { type: 'message', content: [] } }), said('response.completed', { response: { status: 'completed' } })];
    expect(hosted(partsOf('openai-responses', [Buffer.from(events.join(''))]))).toEqual(['code_interpreter_call', 'web_search_call']);
    expect(hosted(codecs['openai-responses'].readAnswer({ output: [item, { type: 'reasoning', summary: [] }, { type: 'function_call', name: 'f', arguments: '{}' }] }))).toEqual(['code_interpreter_call']);
  });
});

describe('every written stream', () => {
  test.each(ALL_FIXTURES)('%s/%s is legal in both dialects', (dialect, name) => {
    const parts = partsOf(dialect, [fixture(dialect, name)]);
    for (const target of DIALECTS) written(target, parts);
    written('openai-chat', parts, false);
  });

  test.each(ALL_FIXTURES)('%s/%s adds up to the answer that the same parts give without streaming', (dialect, name) => {
    const parts = partsOf(dialect, [fixture(dialect, name)]);
    if (parts.at(-1)?.type === 'error') return;
    const envelope = { requestId: '01TEST', model: 'served', created: 1_760_000_000 };
    const whole = codecs['openai-chat'].writeAnswer(parts, envelope) as { choices: Fields[]; usage?: unknown };
    const streamed = asChat(parts).answer;
    const message = whole.choices[0]?.['message'] as Fields;
    expect(streamed['message']).toEqual(message);
    expect(streamed).toMatchObject({ finish_reason: whole.choices[0]?.['finish_reason'], usage: whole.usage });
    expect(asMessages(parts).answer).toEqual(codecs['anthropic-messages'].writeAnswer(parts, envelope));
  });

  test('any list of parts, however odd, is written as a legal stream with one end', () => {
    const index = fc.nat(3);
    const text = fc.string({ unit: 'binary' });
    const part: fc.Arbitrary<StreamPart> = fc.oneof(
      fc.record({ type: fc.constantFrom('text' as const, 'reasoning' as const, 'refusal' as const), text }),
      fc.record({ type: fc.constant('reasoning-signature' as const), signature: fc.string({ minLength: 1 }) }),
      fc.record({ type: fc.constant('reasoning-redacted' as const), data: fc.string() }),
      fc.record({ type: fc.constant('citation' as const), raw: fc.jsonValue() }),
      fc.record({ type: fc.constant('usage' as const), usage: fc.record({ input: fc.nat(), output: fc.nat() }) }),
    );
    const tools = fc.array(fc.record({ name: fc.string({ minLength: 1 }), json: fc.json({ maxDepth: 1 }).map((value) => `{"v":${value}}`), cuts: fc.array(fc.nat(20), { maxLength: 3 }) }), { maxLength: 3 });
    fc.assert(fc.property(fc.array(part, { maxLength: 12 }), tools, index, fc.boolean(), (others, calls, at, failing) => {
      const streams: StreamPart[][] = calls.map(({ name, json, cuts }, tool) => [
        { type: 'tool-start', index: tool, name }, ...pieces(json, cuts).map((piece): StreamPart => ({ type: 'tool-delta', index: tool, json: piece })), { type: 'tool-end', index: tool },
      ]);
      const end: StreamPart = failing ? { type: 'error', failure: new GatewayError({ code: 'upstream_error', status: 502, message: 'x', retryable: true }).failure } : { type: 'finish', reason: 'stop' };
      const parts = [...others.slice(0, at), ...interleaved(streams, at), ...others.slice(at), end];
      const message = asMessages(parts).answer;
      const answer = asChat(parts).answer;
      if (failing) return;
      const sent = parts.flatMap((one) => (one.type === 'text' || one.type === 'refusal' ? [one.text] : [])).join('');
      expect((message['content'] as Fields[]).filter((block) => block['type'] === 'text').map((block) => block['text']).join('')).toBe(sent.toWellFormed() === sent ? sent : expect.any(String));
      const inputs = calls.map(({ name, json }) => ({ name, input: JSON.parse(json) as unknown }));
      expect((message['content'] as Fields[]).flatMap((block) => (block['type'] === 'tool_use' ? [{ name: block['name'], input: block['input'] }] : [])).toSorted(byName)).toEqual(inputs.toSorted(byName));
      expect((answer['message'] as { tool_calls?: unknown[] }).tool_calls ?? []).toHaveLength(calls.length);
    }), { numRuns: full(3000) });
  });

  test('after the end nothing more is written, and an unfinished stream ends in an error', () => {
    for (const dialect of DIALECTS) {
      const writer = codecs[dialect].writeStream({ requestId: 'r', model: 'm', created: 1, includeUsage: false });
      writer.write({ type: 'text', text: 'a' });
      expect(writer.end()).toContain('error');
      expect([writer.write({ type: 'text', text: 'b' }), writer.write({ type: 'finish', reason: 'stop' }), writer.end()]).toEqual(['', '', '']);
    }
  });
});

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

const byName = (a: { name: unknown; input: unknown }, b: { name: unknown; input: unknown }): number => JSON.stringify(a).localeCompare(JSON.stringify(b));

function pieces(text: string, cuts: readonly number[]): string[] {
  const at = [0, ...cuts.map((cut) => Math.min(cut, text.length)).toSorted((a, b) => a - b), text.length];
  return at.slice(1).map((end, index) => text.slice(at[index], end)).filter((piece) => piece !== '');
}

/** Round robin over the calls, `run` parts of one at a time. */
function interleaved(streams: readonly StreamPart[][], run: number): StreamPart[] {
  const left = streams.map((stream) => [...stream]);
  const out: StreamPart[] = [];
  while (left.some((stream) => stream.length > 0)) for (const stream of left) out.push(...stream.splice(0, run + 1));
  return out;
}
