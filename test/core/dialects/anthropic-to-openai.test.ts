import { describe, expect, test } from '@jest/globals';
import type { ModelFacts } from '../../../functions/contract/index.ts';
import { codecs } from '../../../functions/core/dialects/dialect.ts';
import { GatewayError, type Failure } from '../../../functions/core/errors.ts';

type Fields = Record<string, unknown>;
const HI = [{ role: 'user', content: 'Hi' }];

function write(body: Fields, facts: ModelFacts = {}, more: Fields = {}) {
  const write = (fields: Fields) => codecs['openai-chat'].writeRequest(
    codecs['anthropic-messages'].readRequest({ model: 'auto', max_tokens: 1000, messages: HI, ...fields }), { upstreamModel: 'gpt-up', facts, streamUsage: true, ...more },
  );
  const result = write(body);
  // What holds for a whole answer holds for a stream: the same body, but for the words that ask for one.
  if (!('stream' in body)) {
    expect(write({ ...body, stream: true })).toEqual({ ...result, body: { ...result.body, stream: true, ...(more['streamUsage'] !== false && { stream_options: { include_usage: true } }) } });
  }
  return { ...result.disclosures, toolNames: result.toolNames, body: result.body, messages: result.body['messages'] as Fields[] };
}
function refusal(body: Fields, facts: ModelFacts = {}): Failure {
  const whole = refusalOf(() => write(body, facts));
  expect(refusalOf(() => write({ ...body, stream: true }, facts))).toEqual(whole);
  return whole;
}
function refusalOf(run: () => unknown): Failure {
  try {
    run();
  } catch (error) {
    if (error instanceof GatewayError) return error.failure;
    throw error;
  }
  throw new Error('not refused');
}
const use = (id: string, name = 'f'): Fields => ({ type: 'tool_use', id, name, input: { a: 1 } });
const result = (id: string, content: unknown, more: Fields = {}): Fields => ({ type: 'tool_result', tool_use_id: id, content, ...more });
const turn = (...content: Fields[]): Fields => ({ role: 'user', content });
const loop = (...content: Fields[]): Fields => ({ messages: [...HI, { role: 'assistant', content: [use('t1')] }, turn(...content)] });
const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } };

describe('messages', () => {
  test('translation D42 (whole, streamed): system is one leading message, blocks joined by a blank line, markers disclosed', () => {
    expect(write({ system: 'S' }).messages[0]).toEqual({ role: 'system', content: 'S' });
    const { messages, dropped } = write({ system: [{ type: 'text', text: 'A' }, { type: 'text', text: '' }, { type: 'text', text: 'B', cache_control: { type: 'ephemeral' } }] });
    expect(messages[0]).toEqual({ role: 'system', content: 'A\n\nB' });
    expect(dropped).toEqual(['cache_control']);
  });

  test('translation D49 (whole, streamed): the tools that a tool search found are named, since a result that says nothing ends the search', () => {
    const found = [{ type: 'tool_reference', tool_name: 'WebFetch' }, { type: 'tool_reference', tool_name: 'a'.repeat(70) }];
    const { messages, dropped, body } = write({ ...loop(result('t1', found)), tools: [{ name: 'WebFetch', input_schema: {}, defer_loading: true }, { name: 'a'.repeat(70), input_schema: {} }] });
    const [first, second] = (body['tools'] as { function: { name: string } }[]).map((tool) => tool.function.name);
    expect([first, second?.length]).toEqual(['WebFetch', 64]);
    expect(messages.at(-1)).toEqual({ role: 'tool', tool_call_id: 't1', content: `[found the tool WebFetch]\n[found the tool ${second}]` });
    expect(dropped).toEqual([]);
  });

  test('translation D43 (whole, streamed): results come first, one message each, then the rest of the turn', () => {
    const { messages } = write({ messages: [...HI, { role: 'assistant', content: [use('t1'), use('t2')] }, turn({ type: 'text', text: 'so?' }, result('t1', 'one'), result('t2', [{ type: 'text', text: 'two' }]))] });
    expect(messages.slice(2)).toEqual([{ role: 'tool', tool_call_id: 't1', content: 'one' }, { role: 'tool', tool_call_id: 't2', content: 'two' }, { role: 'user', content: 'so?' }]);
  });

  test('translation D44 (whole, streamed): a failed result says so', () => {
    expect(write(loop(result('t1', 'boom', { is_error: true }))).messages.at(-1)).toEqual({ role: 'tool', tool_call_id: 't1', content: '[tool error] boom' });
  });

  test('translation D45 (whole, streamed): images of a result move to the user message after it', () => {
    const { messages } = write(loop(result('t1', [{ type: 'text', text: 'shot' }, image])));
    expect(messages.slice(2)).toEqual([
      { role: 'tool', tool_call_id: 't1', content: expect.stringMatching(/^shot\n\[.*image.*\]$/) },
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }] },
    ]);
  });

  test('translation D46 (whole, streamed): an empty or absent result is an empty string', () => {
    for (const content of [undefined, '', []]) expect(write(loop(result('t1', content))).messages.at(-1)).toMatchObject({ role: 'tool', content: '' });
  });

  test('translation D47 (whole, streamed): tool_use becomes tool_calls, text content, else null', () => {
    const both = write({ messages: [...HI, { role: 'assistant', content: [{ type: 'text', text: 'let me' }, use('t1')] }, turn(result('t1', 'x'))] });
    expect(both.messages[1]).toEqual({ role: 'assistant', content: 'let me', tool_calls: [{ id: 't1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }] });
    expect(write(loop(result('t1', 'x'))).messages[1]).toMatchObject({ content: null });
  });

  test('translation D48 (whole, streamed): thinking is not replayed, signatures least of all', () => {
    const { body, dropped } = write({ messages: [...HI, { role: 'assistant', content: [{ type: 'thinking', thinking: 'hm', signature: 'SIG' }, { type: 'redacted_thinking', data: 'RED' }, { type: 'text', text: 'A' }] }, ...HI] });
    expect(JSON.stringify(body)).not.toMatch(/SIG|RED|hm/);
    expect(dropped).toEqual(['thinking']);
  });

  test('translation D48 (whole, streamed): a server that needs it gets the reasoning of the open tool loop back, without its signature', () => {
    const thought = (text: string): Fields => ({ type: 'thinking', thinking: text, signature: `SIG ${text}` });
    const history = [
      ...HI, { role: 'assistant', content: [thought('old'), use('t0')] }, turn(result('t0', 'r0')), { role: 'assistant', content: [{ type: 'text', text: 'done' }] },
      { role: 'user', content: 'next' }, { role: 'assistant', content: [thought('new'), { type: 'redacted_thinking', data: 'RED' }, use('t1')] }, turn(result('t1', 'r1')),
    ];
    const call = (id: string): Fields => ({ id, type: 'function', function: { name: 'f', arguments: '{"a":1}' } });
    const { messages, dropped, body } = write({ messages: history }, { reasoningReplay: true });
    expect(messages).toEqual([
      { role: 'user', content: 'Hi' }, { role: 'assistant', content: null, tool_calls: [call('t0')] }, { role: 'tool', tool_call_id: 't0', content: 'r0' }, { role: 'assistant', content: 'done' },
      { role: 'user', content: 'next' }, { role: 'assistant', content: null, reasoning_content: 'new', tool_calls: [call('t1')] }, { role: 'tool', tool_call_id: 't1', content: 'r1' },
    ]);
    expect(dropped).toEqual(['thinking']);
    expect(JSON.stringify(body)).not.toMatch(/SIG|RED/);
    expect(write({ messages: history }).messages[5]).not.toHaveProperty('reasoning_content');
    const spoken = write({ messages: [...HI, { role: 'assistant', content: [thought('x'), { type: 'text', text: 'A' }] }] }, { reasoningReplay: true });
    expect([spoken.messages[1], spoken.dropped]).toEqual([{ role: 'assistant', content: 'A' }, ['thinking']]);
  });

  test('translation D49 (whole, streamed): server tools are refused, their history is told as text', () => {
    for (const type of ['web_search_20250305', 'code_execution_20250522', 'computer_20250124']) expect(refusal({ tools: [{ type, name: 'x' }] })).toMatchObject({ code: 'unsupported_parameter', param: 'tools' });
    expect(refusal({ mcp_servers: [{ url: 'https://x' }] })).toMatchObject({ param: 'mcp_servers' });
    expect(refusal({ container: 'c_1' })).toMatchObject({ param: 'container' });
    const history = [{ type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'q' } }, { type: 'web_search_tool_result', tool_use_id: 's', content: [{ title: 'T' }] }, { type: 'text', text: 'A' }];
    const told = JSON.stringify(write({ messages: [...HI, { role: 'assistant', content: history }, ...HI] }).messages[1]);
    for (const word of ['web_search', 'query', 'T', 'A']) expect(told).toContain(word);
  });

  test('translation D50 (whole, streamed): PDFs are files, texts are text, addresses are refused, citations disclosed', () => {
    const document = (source: Fields, more: Fields = {}): Fields => ({ messages: [turn({ type: 'document', source, ...more })] });
    expect(write(document({ type: 'base64', media_type: 'application/pdf', data: 'JVBERg==' }, { title: 'Report', citations: { enabled: true } }))).toMatchObject({
      messages: [{ content: [{ type: 'file', file: { filename: 'Report.pdf', file_data: 'data:application/pdf;base64,JVBERg==' } }] }], dropped: ['citations'],
    });
    expect(write(document({ type: 'text', media_type: 'text/plain', data: 'hello' })).messages[0]).toEqual({ role: 'user', content: 'hello' });
    for (const source of [{ type: 'url', url: 'https://x/a.pdf' }, { type: 'file', file_id: 'file_1' }]) expect(refusal(document(source)).code).toBe('unsupported_parameter');
  });

  test('translation D51 (whole, streamed): images by data and address pass, by file id they are refused', () => {
    expect(write({ messages: [turn(image, { type: 'image', source: { type: 'url', url: 'https://x/a.png' } })] }).messages[0]?.['content']).toEqual([
      { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }, { type: 'image_url', image_url: { url: 'https://x/a.png' } },
    ]);
    expect(refusal({ messages: [turn({ type: 'image', source: { type: 'file', file_id: 'f' } })] }).code).toBe('unsupported_parameter');
  });

  test('translation D61 (whole, streamed): a system message among the messages stays in its place', () => {
    expect(write({ messages: [...HI, { role: 'system', content: 'now brief' }, { role: 'user', content: 'go' }] }).messages.map(({ role }) => role)).toEqual(['user', 'system', 'user']);
  });

  test('tool call ids that are too long for OpenAI are rewritten alike on both sides', () => {
    const id = `toolu_${'x'.repeat(60)}`;
    const [, assistant, tool] = write({ messages: [...HI, { role: 'assistant', content: [use(id)] }, turn(result(id, 'r'))] }).messages;
    const [sentCall] = (assistant?.['tool_calls'] ?? []) as Fields[];
    const sent = sentCall?.['id'];
    expect(String(sent).length).toBeLessThanOrEqual(40);
    expect(tool?.['tool_call_id']).toBe(sent);
  });
});

describe('tools', () => {
  const tools = [{ name: 'f', description: 'does f', input_schema: { type: 'object', properties: {} } }];

  test.each<[Fields, unknown]>([
    [{ type: 'any' }, 'required'], [{ type: 'auto' }, 'auto'], [{ type: 'none' }, 'none'], [{ type: 'tool', name: 'f' }, { type: 'function', function: { name: 'f' } }],
  ])('translation D52 (whole, streamed): tool_choice %j', (choice, expected) => {
    expect(write({ tools, tool_choice: choice }).body['tool_choice']).toEqual(expected);
  });

  test('translation D52 (whole, streamed): disable_parallel_tool_use', () => {
    expect(write({ tools, tool_choice: { type: 'auto', disable_parallel_tool_use: true } }).body['parallel_tool_calls']).toBe(false);
    expect(write({ tools }).body).not.toHaveProperty('parallel_tool_calls');
  });

  test('translation D58 (whole, streamed): long names are shortened without collision, in history and choice too, and can be restored', () => {
    const long = ['a', 'b'].map((end) => `mcp__some_very_long_server_name__and_a_very_long_tool_name_indeed_${end}`);
    const { body, toolNames } = write({
      tools: long.map((name) => ({ name, input_schema: { type: 'object' } })), tool_choice: { type: 'tool', name: long[0] },
      messages: [...HI, { role: 'assistant', content: [use('t1', long[0])] }, turn(result('t1', 'x'))],
    });
    const sent = (body['tools'] as { function: { name: string } }[]).map((tool) => tool.function.name);
    expect(new Set(sent).size).toBe(2);
    expect(sent.every((name) => /^[A-Za-z0-9_-]{1,64}$/.test(name))).toBe(true);
    expect(sent.map((name) => toolNames?.get(name))).toEqual(long);
    expect(JSON.stringify(body)).not.toContain(long[0]);
  });

  test('translation D59 (whole, streamed): a schema without type gets one, the rest is kept', () => {
    expect(write({ tools: [{ name: 'f', input_schema: { properties: { a: { minimum: 1 } } } }] }).body['tools']).toEqual([
      { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: { a: { minimum: 1 } } } } },
    ]);
  });
});

describe('parameters', () => {
  test('translation D53 (whole, streamed): at most four stop sequences; none for models that refuse stop', () => {
    expect(write({ stop_sequences: ['a', 'b', 'c', 'd', 'e'] })).toMatchObject({ body: { stop: ['a', 'b', 'c', 'd'] }, clamped: ['stop'] });
    const reasoning = write({ stop_sequences: ['a'] }, { reasoning: true });
    expect(reasoning.body).not.toHaveProperty('stop');
    expect(reasoning.dropped).toEqual(['stop']);
  });

  test('translation D54 (whole, streamed): the maximum has the name the server knows, and is clamped', () => {
    expect(write({}).body).toMatchObject({ max_tokens: 1000 });
    expect(write({}, { reasoning: true }).body).toMatchObject({ max_completion_tokens: 1000 });
    expect(write({ max_tokens: 32_000 }, { maxOutput: 16_384 })).toMatchObject({ body: { max_tokens: 16_384 }, clamped: ['max_tokens'] });
    expect(write({ max_tokens: 32_000 }, {}, { maxOutputTokens: 500 })).toMatchObject({ body: { max_tokens: 500 }, clamped: ['max_tokens'] });
  });

  test('translation D55 (whole, streamed): what has no counterpart is dropped and disclosed; the user id is sent as a hash', () => {
    const { body, dropped } = write({ top_k: 5, service_tier: 'auto', context_management: {}, speed: 'fast', diagnostics: {}, metadata: { user_id: 'user_abc_account__session_1' } });
    expect(dropped.toSorted()).toEqual(['context_management', 'diagnostics', 'service_tier', 'speed', 'top_k']);
    expect(body['user']).toMatch(/^user_[0-9a-f]{32}$/);
    expect(JSON.stringify(body)).not.toContain('abc');
  });

  test.each<[Fields, unknown]>([
    [{ thinking: { type: 'enabled', budget_tokens: 1024 } }, 'low'], [{ thinking: { type: 'enabled', budget_tokens: 10_000 } }, 'medium'],
    [{ thinking: { type: 'enabled', budget_tokens: 31_999 } }, 'high'], [{ thinking: { type: 'adaptive' }, output_config: { effort: 'max' } }, 'high'],
    [{ thinking: { type: 'disabled' } }, 'low'], [{ output_config: { effort: 'medium' } }, 'medium'], [{ thinking: { type: 'adaptive' } }, undefined], [{}, undefined],
  ])('translation D56 (whole, streamed): %j on a reasoning model', (fields, expected) => {
    expect(write({ ...fields, temperature: 1 }, { reasoning: true }).body['reasoning_effort']).toBe(expected);
  });

  test('translation D56 (whole, streamed): a model that does not reason gets no effort, a reasoning model no temperature', () => {
    const plain = write({ thinking: { type: 'enabled', budget_tokens: 4000 } }, { reasoning: false });
    expect(plain.body).not.toHaveProperty('reasoning_effort');
    expect(plain.dropped).toEqual(['thinking']);
    expect(write({ temperature: 0.2 }, { reasoning: true })).toMatchObject({ dropped: ['temperature'] });
    expect(write({ temperature: 0.2 }, { reasoning: true, sampling: true }).body['temperature']).toBe(0.2);
  });

  test('translation D57 (whole, streamed): a JSON schema passes, strict only where it qualifies', () => {
    const closed = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false };
    const format = (schema: Fields): Fields => ({ output_config: { format: { type: 'json_schema', schema } } });
    expect(write(format(closed)).body['response_format']).toEqual({ type: 'json_schema', json_schema: { name: 'answer', schema: closed, strict: true } });
    expect(write(format({ type: 'object', properties: { a: {} } })).body).toMatchObject({ response_format: { json_schema: { strict: false } } });
    expect(write({ output_format: { type: 'json_schema', schema: closed } }).body).toHaveProperty('response_format');
  });

  test('translation D60 (streamed): a stream asks for usage only where the server accepts it', () => {
    expect(write({ stream: true }).body).toMatchObject({ stream: true, stream_options: { include_usage: true } });
    expect(write({ stream: true }, {}, { streamUsage: false }).body).not.toHaveProperty('stream_options');
  });
});
