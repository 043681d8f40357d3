import { describe, expect, test } from '@jest/globals';
import type { ModelFacts } from '../../../functions/contract/index.ts';
import { codecs } from '../../../functions/core/dialects/dialect.ts';
import { repairResults } from '../../../functions/core/dialects/repair-results.ts';
import { GatewayError, type Failure } from '../../../functions/core/errors.ts';

type Fields = Record<string, unknown>;
const HI = [{ role: 'user', content: 'Hi' }];
const PNG = 'data:image/png;base64,iVBORw0KGgo=';

function write(body: Fields, facts: ModelFacts = {}, more: Fields = {}) {
  const write = (fields: Fields) => codecs['anthropic-messages'].writeRequest(
    codecs['openai-chat'].readRequest({ model: 'auto', messages: HI, ...fields }), { upstreamModel: 'claude-up', facts, streamUsage: true, ...more },
  );
  const result = write(body);
  // What holds for a whole answer holds for a stream: the same body, but for the word that asks for one.
  if (!('stream' in body)) expect(write({ ...body, stream: true })).toEqual({ ...result, body: { ...result.body, stream: true } });
  return { ...result.disclosures, toolNames: result.toolNames, body: result.body, messages: result.body['messages'] as { role: string; content: Fields[] }[] };
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
/** The body for a conversation that was put in order first, and whether it had to be. */
function repaired(history: readonly Fields[]): { wasBroken: boolean; messages: unknown } {
  const bodies = [false, true].map((stream) => {
    const conversation = codecs['openai-chat'].readRequest({ model: 'auto', messages: history, stream });
    const sound = repairResults(conversation);
    const { body } = codecs['anthropic-messages'].writeRequest(sound, { upstreamModel: 'claude-up', facts: {}, streamUsage: true });
    return { wasBroken: sound !== conversation, messages: body['messages'] };
  });
  expect(bodies[1]).toEqual(bodies[0]);
  return bodies[0] ?? { wasBroken: false, messages: undefined };
}
const tool = (name: string, more: Fields = {}): Fields => ({ type: 'function', function: { name, description: `does ${name}`, parameters: { type: 'object', properties: { a: { type: 'number' } } }, ...more } });
const calls = (...ids: string[]): Fields => ({ role: 'assistant', content: null, tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'f', arguments: '{"a":1}' } })) });
const result = (id: string, content: unknown = `result of ${id}`): Fields => ({ role: 'tool', tool_call_id: id, content });

describe('messages', () => {
  test('translation D1 (whole, streamed): leading system and developer messages become system blocks in order, markers kept', () => {
    const { body } = write({ messages: [{ role: 'system', content: 'A' }, { role: 'developer', content: [{ type: 'text', text: 'B', cache_control: { type: 'ephemeral', ttl: '1h' } }] }, ...HI] });
    expect(body['system']).toEqual([{ type: 'text', text: 'A' }, { type: 'text', text: 'B', cache_control: { type: 'ephemeral', ttl: '1h' } }]);
  });

  test('translation D2 (whole, streamed): a system message in mid-conversation stays in place as user text, disclosed', () => {
    const { messages, clamped, body } = write({ messages: [...HI, { role: 'assistant', content: 'Hello' }, { role: 'system', content: 'Be brief' }, { role: 'user', content: 'Go' }] });
    expect(messages.at(-1)).toEqual({ role: 'user', content: [{ type: 'text', text: 'Be brief' }, { type: 'text', text: 'Go' }] });
    expect(clamped).toContain('system_position');
    expect(body).not.toHaveProperty('system');
  });

  test('translation D3 (whole, streamed): empty and blank system texts are dropped', () => {
    expect(write({ messages: [{ role: 'system', content: '' }, { role: 'system', content: ' \n' }, ...HI] }).body).not.toHaveProperty('system');
  });

  test('translation D4 (whole, streamed): only system messages are refused here', () => {
    expect(refusal({ messages: [{ role: 'system', content: 'A' }] })).toMatchObject({ code: 'invalid_request', param: 'messages' });
  });

  test('translation D5 (whole, streamed): neighbours of one role are one turn, blocks in order', () => {
    const { messages } = write({ messages: [{ role: 'user', content: 'a' }, { role: 'user', content: 'b' }, { role: 'assistant', content: 'c' }, { role: 'assistant', content: 'd' }, { role: 'user', content: 'e' }] });
    expect(messages.map(({ role, content }) => [role, content.map((block) => block['text'])])).toEqual([['user', ['a', 'b']], ['assistant', ['c', 'd']], ['user', ['e']]]);
  });

  test('translation D6 (whole, streamed): several results are one user turn, in the order of the calls', () => {
    const { messages } = write({ messages: [...HI, calls('c1', 'c2'), result('c2'), result('c1')] });
    expect(messages).toHaveLength(3);
    expect(messages[2]?.content.map((block) => block['tool_use_id'])).toEqual(['c1', 'c2']);
  });

  test('translation D7 (whole, streamed): results come before the text of the same turn', () => {
    const { messages } = write({ messages: [...HI, calls('c1'), result('c1'), { role: 'user', content: [{ type: 'text', text: 'and?' }, { type: 'image_url', image_url: { url: PNG } }] }] });
    expect(messages[2]?.content.map((block) => block['type'])).toEqual(['tool_result', 'text', 'image']);
  });

  test('translation D8 (whole, streamed): a call without a result is refused by its id, also at the very end', () => {
    expect(refusal({ messages: [...HI, calls('c1', 'c2'), result('c1')] }).message).toContain('c2');
    expect(refusal({ messages: [...HI, calls('c9')] }).message).toContain('c9');
    expect(refusal({ messages: [...HI, calls('c1'), { role: 'user', content: 'never mind' }] }).message).toContain('c1');
  });

  test('translation D9 (whole, streamed): a result that answers no call is refused, also a second one for the same call', () => {
    expect(refusal({ messages: [...HI, calls('c1'), result('c1'), result('zz')] }).message).toContain('zz');
    expect(refusal({ messages: [...HI, result('c1')] }).message).toContain('c1');
    expect(refusal({ messages: [...HI, calls('c1'), result('c1'), result('c1')] }).code).toBe('invalid_request');
  });

  test('translation D8 (whole, streamed): on request a missing result is a marked placeholder behind its call', () => {
    const missing = (id: string): Fields => ({ type: 'tool_result', tool_use_id: id, content: [{ type: 'text', text: '[no result: this tool call was never answered]' }], is_error: true });
    const use = (id: string): Fields => ({ type: 'tool_use', id, name: 'f', input: { a: 1 } });
    const said = (text: string): Fields => ({ type: 'text', text });
    expect(repaired([...HI, calls('c1', 'c2'), result('c2'), { role: 'user', content: 'and?' }, calls('c3')])).toEqual({
      wasBroken: true,
      messages: [
        { role: 'user', content: [said('Hi')] },
        { role: 'assistant', content: [use('c1'), use('c2')] },
        { role: 'user', content: [missing('c1'), { type: 'tool_result', tool_use_id: 'c2', content: [said('result of c2')] }, said('and?')] },
        { role: 'assistant', content: [use('c3')] },
        { role: 'user', content: [missing('c3')] },
      ],
    });
    expect(repaired([...HI, calls('c1'), { role: 'assistant', content: 'never mind' }, { role: 'user', content: 'ok' }])).toEqual({
      wasBroken: true,
      messages: [{ role: 'user', content: [said('Hi')] }, { role: 'assistant', content: [use('c1'), said('never mind')] }, { role: 'user', content: [missing('c1'), said('ok')] }],
    });
  });

  test('translation D9 (whole, streamed): on request a result without a call, or a second one, is marked text in its place', () => {
    const said = (text: string): Fields => ({ type: 'text', text });
    const shot = { type: 'image_url', image_url: { url: PNG } };
    expect(repaired([...HI, calls('c1'), result('c1'), result('zz', [{ type: 'text', text: 'lost' }, shot]), result('c1', 'again'), { role: 'user', content: 'go on' }])).toEqual({
      wasBroken: true,
      messages: [
        { role: 'user', content: [said('Hi')] },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'f', input: { a: 1 } }] },
        { role: 'user', content: [
          { type: 'tool_result', tool_use_id: 'c1', content: [said('result of c1')] }, said('[tool result without a call]\nlost'),
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } }, said('[tool result without a call]\nagain'), said('go on'),
        ] },
      ],
    });
    expect(repaired([...HI, { role: 'tool', content: 'no id' }])).toEqual({ wasBroken: true, messages: [{ role: 'user', content: [said('Hi'), said('[tool result without a call]\nno id')] }] });
  });

  test('translation D8, D9 (whole, streamed): a conversation in order is left alone, by the very same object', () => {
    expect(repaired([...HI, calls('c1', 'c2'), result('c2'), result('c1'), { role: 'user', content: 'ok' }, calls('c3'), result('c3')]).wasBroken).toBe(false);
    const twice = codecs['openai-chat'].readRequest({ model: 'auto', messages: [...HI, calls('c1')] });
    expect(repairResults(repairResults(twice))).toEqual(repairResults(twice));
  });

  test('translation D10 (whole, streamed): foreign characters in ids are rewritten alike on both sides, and absent ids are paired', () => {
    const [, assistant, user] = write({ messages: [...HI, calls('a:b/1'), result('a:b/1')] }).messages;
    const id = assistant?.content[0]?.['id'];
    expect(id).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(user?.content[0]?.['tool_use_id']).toBe(id);
    expect(write({ messages: [...HI, calls('a:b/1'), result('a:b/1')] }).messages[1]?.content[0]?.['id']).toBe(id);
    const legacy = write({ messages: [...HI, { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } }, { role: 'function', name: 'f', content: '7' }] }).messages;
    expect(legacy[2]?.content[0]?.['tool_use_id']).toBe(legacy[1]?.content[0]?.['id']);
    const call = (name: string): Fields => ({ type: 'function', function: { name, arguments: '{}' } });
    const absent = write({ messages: [...HI, { role: 'assistant', content: null, tool_calls: [call('f'), call('g')] }, { role: 'tool', content: '1' }, { role: 'tool', content: '2' }] }).messages;
    const made = absent[1]?.content.map((block) => block['id']) ?? [];
    expect(new Set(made).size).toBe(2);
    expect(absent[2]?.content).toEqual(made.map((id, at) => ({ type: 'tool_result', tool_use_id: id, content: [{ type: 'text', text: String(at + 1) }] })));
  });

  test('translation D11 (whole, streamed): arguments become an object, empty ones {}, anything else is refused', () => {
    const withArguments = (text: string): Fields => ({ messages: [...HI, { role: 'assistant', content: null, tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: text } }] }, result('c')] });
    expect(write(withArguments('{"a":[1]}')).messages[1]?.content[0]?.['input']).toEqual({ a: [1] });
    expect(write(withArguments('')).messages[1]?.content[0]?.['input']).toEqual({});
    const absent = { messages: [...HI, { role: 'assistant', content: null, tool_calls: [{ id: 'c', type: 'function', function: { name: 'f' } }] }, result('c')] };
    expect(write(absent).messages[1]?.content).toEqual([{ type: 'tool_use', id: 'c', name: 'f', input: {} }]);
    for (const bad of ['[1]', '"x"', '{"a":', 'null']) expect(refusal(withArguments(bad))).toMatchObject({ code: 'invalid_request', param: 'messages' });
  });

  test('translation D12 (whole, streamed): no empty text block stands beside calls', () => {
    for (const content of [null, '', undefined]) {
      expect(write({ messages: [...HI, { ...calls('c1'), content }, result('c1')] }).messages[1]?.content.map((block) => block['type'])).toEqual(['tool_use']);
    }
  });

  test('translation D13 (whole, streamed): tool content may be parts with images', () => {
    const content = [{ type: 'text', text: 'see' }, { type: 'image_url', image_url: { url: PNG } }];
    expect(write({ messages: [...HI, calls('c1'), result('c1', content)] }).messages[2]?.content[0]?.['content']).toEqual([
      { type: 'text', text: 'see' }, { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } },
    ]);
  });

  test('translation D14 (whole, streamed): a refusal is text, in order', () => {
    const { messages } = write({ messages: [...HI, { role: 'assistant', content: [{ type: 'text', text: 'Well' }, { type: 'refusal', refusal: 'no' }] }, { role: 'user', content: 'ok' }] });
    expect(messages[1]?.content.map((block) => block['text'])).toEqual(['Well', 'no']);
  });

  test('translation D15 (whole, streamed): a prefill loses trailing space, and models without prefill refuse it', () => {
    const body = { messages: [...HI, { role: 'assistant', content: 'The answer is ' }] };
    expect(write(body).messages.at(-1)?.content).toEqual([{ type: 'text', text: 'The answer is' }]);
    expect(refusal(body, { prefill: false }).code).toBe('unsupported_parameter');
  });

  test('translation D21 (whole, streamed): image data URLs become base64 sources of the four known types', () => {
    const image = (url: string): Fields => ({ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url, detail: 'high' } }] }] });
    const written = write(image('data:image/jpeg;base64,/9j/4AA='));
    expect(written.messages[0]?.content).toEqual([{ type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: '/9j/4AA=' } }]);
    expect(written.dropped).toEqual(['detail']);
    expect(refusal(image('data:image/tiff;base64,AAAA')).code).toBe('invalid_request');
  });

  test('translation D22 (whole, streamed): image addresses pass as URL sources, others than http(s) are refused', () => {
    const image = (url: string): Fields => ({ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }] });
    expect(write(image('https://example.com/a.png')).messages[0]?.content).toEqual([{ type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }]);
    for (const url of ['file:///etc/passwd', 'ftp://x/a.png', 'data:text/plain,hi']) expect(refusal(image(url)).code).toBe('invalid_request');
  });

  test('translation D23 (whole, streamed): PDFs and texts become documents, foreign file ids are refused', () => {
    const file = (described: Fields): Fields => ({ messages: [{ role: 'user', content: [{ type: 'file', file: described }] }] });
    expect(write(file({ filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERg==' })).messages[0]?.content).toEqual([
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERg==' }, title: 'a.pdf' },
    ]);
    expect(write(file({ file_data: 'data:text/plain;base64,aGVsbG8=' })).messages[0]?.content).toEqual([{ type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'hello' } }]);
    expect(refusal(file({ file_id: 'file-1' })).code).toBe('unsupported_parameter');
  });

  test('translation D24 (whole, streamed): audio in or out is refused', () => {
    expect(refusal({ messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } }] }] }).code).toBe('unsupported_parameter');
    expect(refusal({ modalities: ['text', 'audio'], audio: { voice: 'alloy', format: 'mp3' } })).toMatchObject({ code: 'unsupported_parameter', param: 'modalities' });
  });

  test('translation D35 (whole, streamed): signed thinking is rebuilt first in its turn, unsigned is stripped and disclosed', () => {
    const blocks = [{ type: 'thinking', thinking: 'hm', signature: 'sig' }, { type: 'redacted_thinking', data: 'xx' }];
    const { messages, dropped } = write({ messages: [...HI, { role: 'assistant', content: 'A', reasoning_content: 'hm', thinking_blocks: blocks }, { role: 'user', content: 'B' }] });
    expect(messages[1]?.content).toEqual([...blocks, { type: 'text', text: 'A' }]);
    expect(dropped).toEqual([]);
    const bare = write({ messages: [...HI, { role: 'assistant', content: 'A', reasoning_content: 'hm' }, { role: 'user', content: 'B' }] });
    expect(bare.messages[1]?.content).toEqual([{ type: 'text', text: 'A' }]);
    expect(bare.dropped).toEqual(['reasoning_content']);
    const foreign = write({ messages: [...HI, { role: 'assistant', content: 'A', reasoning_details: [{ type: 'reasoning.text', text: 'hm', signature: 's', format: 'google-gemini-v1' }] }, { role: 'user', content: 'B' }] });
    expect(foreign.messages[1]?.content).toEqual([{ type: 'text', text: 'A' }]);
    // A model that does not think would refuse even what its own family signed.
    const unthinking = write({ messages: [...HI, { role: 'assistant', content: 'A', thinking_blocks: blocks }, { role: 'user', content: 'B' }] }, { thinking: 'none' });
    expect([unthinking.messages[1]?.content, unthinking.dropped]).toEqual([[{ type: 'text', text: 'A' }], ['reasoning_content']]);
  });

  test('translation D36 (whole, streamed): at most four cache markers survive, the first and the last three', () => {
    const marked = (text: string): Fields => ({ type: 'text', text, cache_control: { type: 'ephemeral' } });
    const { body, messages, clamped } = write({ messages: [{ role: 'system', content: [marked('s')] }, { role: 'user', content: ['1', '2', '3', '4', '5'].map(marked) }] });
    expect((body['system'] as Fields[])[0]).toHaveProperty('cache_control');
    expect(messages[0]?.content.map((block) => 'cache_control' in block)).toEqual([false, false, true, true, true]);
    expect(clamped).toEqual(['cache_control']);
  });

  test('translation D36 (whole, streamed): markers on tools, parts, calls and results are kept with their lifetime, and never on a blank text', () => {
    const marker = { cache_control: { type: 'ephemeral', ttl: '1h' } };
    const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' }, ...marker };
    expect(write({
      tools: [{ ...tool('f'), ...marker }],
      messages: [{ role: 'system', content: [{ type: 'text', text: ' ', ...marker }] }, ...HI, { role: 'assistant', content: null, tool_calls: [call] }, { role: 'tool', tool_call_id: 'c1', content: [{ type: 'text', text: 'r', ...marker }] }],
    })).toEqual({
      dropped: [], clamped: [], toolNames: undefined, messages: expect.any(Array),
      body: {
        model: 'claude-up', max_tokens: 8_192,
        tools: [{ name: 'f', description: 'does f', input_schema: { type: 'object', properties: { a: { type: 'number' } } }, ...marker }],
        messages: [
          { role: 'user', content: [{ type: 'text', text: 'Hi' }] }, { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'f', input: {}, ...marker }] },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c1', content: [{ type: 'text', text: 'r', ...marker }] }] },
        ],
      },
    });
  });

  test('translation D38 (whole, streamed): names on messages are dropped and disclosed', () => {
    expect(write({ messages: [{ role: 'user', name: 'bob', content: 'Hi' }] })).toMatchObject({ dropped: ['name'], messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] });
  });

  test('translation D115 (whole, streamed): unknown parts are dropped and disclosed under a header-safe name', () => {
    expect(write({ messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }, { type: 'video; x=1\r\nset-cookie: a', url: 'u' }] }] }).dropped).toEqual(['video__x_1__set-cookie__a']);
  });
});

describe('tools', () => {
  test('translation D16 (whole, streamed): functions become tools, also legacy ones and ones without parameters', () => {
    expect(write({ tools: [tool('f')] }).body['tools']).toEqual([{ name: 'f', description: 'does f', input_schema: { type: 'object', properties: { a: { type: 'number' } } } }]);
    expect(write({ functions: [{ name: 'g' }], function_call: { name: 'g' } }).body).toMatchObject({ tools: [{ name: 'g', input_schema: { type: 'object', properties: {} } }], tool_choice: { type: 'tool', name: 'g' } });
  });

  test('translation D17 (whole, streamed): strict passes where the model has it, else it is dropped and disclosed', () => {
    expect(write({ tools: [tool('f', { strict: true })] }, { strictSchema: true })).toMatchObject({ body: { tools: [{ strict: true }] }, dropped: [] });
    const loose = write({ tools: [tool('f', { strict: true })] }, { strictSchema: false });
    expect(loose.dropped).toEqual(['strict']);
    expect((loose.body['tools'] as Fields[])[0]).not.toHaveProperty('strict');
  });

  test.each<[unknown, unknown]>([
    ['auto', { type: 'auto' }], ['required', { type: 'any' }], ['none', { type: 'none' }], [{ type: 'function', function: { name: 'g' } }, { type: 'tool', name: 'g' }],
  ])('translation D18 (whole, streamed): tool_choice %j', (choice, expected) => {
    const { body } = write({ tools: [tool('f'), tool('g')], tool_choice: choice });
    expect(body['tool_choice']).toEqual(expected);
    expect(body['tools']).toHaveLength(2);
  });

  test('translation D18 (whole, streamed): allowed_tools filters the tools', () => {
    const allowed = { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'g' } }] } };
    expect(write({ tools: [tool('f'), tool('g')], tool_choice: allowed }).body).toMatchObject({ tools: [{ name: 'g' }], tool_choice: { type: 'any' } });
  });

  test('translation D19 (whole, streamed): one call at a time is said inside tool_choice, and only where there are tools', () => {
    expect(write({ tools: [tool('f')], parallel_tool_calls: false }).body['tool_choice']).toEqual({ type: 'auto', disable_parallel_tool_use: true });
    expect(write({ tools: [tool('f')], tool_choice: 'required', parallel_tool_calls: false }).body['tool_choice']).toEqual({ type: 'any', disable_parallel_tool_use: true });
    expect(write({ parallel_tool_calls: false }).body).not.toHaveProperty('tool_choice');
  });

  test('translation D20 (whole, streamed): beside a forced tool choice thinking is dropped and disclosed', () => {
    const { body, dropped } = write({ tools: [tool('f')], tool_choice: 'required', reasoning_effort: 'high' }, { thinking: 'adaptive' });
    expect(body).not.toHaveProperty('thinking');
    expect(dropped).toEqual(['reasoning_effort']);
  });

  test('translation D39 (whole, streamed): hosted tools and web search are refused', () => {
    expect(refusal({ web_search_options: {} }).code).toBe('unsupported_parameter');
    expect(refusal({ tools: [{ type: 'custom', custom: { name: 'x' } }] })).toMatchObject({ code: 'unsupported_parameter', param: 'tools' });
  });

  test('tool names that the upstream would refuse are rewritten in tools, choice and history, with the way back', () => {
    const name = 'mcp.server/some tool';
    const history = [...HI, { role: 'assistant', tool_calls: [{ id: 'c', type: 'function', function: { name, arguments: '{}' } }] }, result('c')];
    const { body, messages, toolNames } = write({ tools: [tool(name)], tool_choice: { type: 'function', function: { name } }, messages: history });
    const sent = (body['tools'] as Fields[])[0]?.['name'];
    expect(sent).toMatch(/^[A-Za-z0-9_-]{1,128}$/);
    expect(body['tool_choice']).toEqual({ type: 'tool', name: sent });
    expect(messages[1]?.content[0]?.['name']).toBe(sent);
    expect(toolNames?.get(String(sent))).toBe(name);
  });
});

describe('parameters', () => {
  test('translation D25 (whole, streamed): stop becomes stop_sequences without the blank ones', () => {
    expect(write({ stop: 'END' }).body['stop_sequences']).toEqual(['END']);
    expect(write({ stop: ['a', ' ', '', '\n'] })).toMatchObject({ body: { stop_sequences: ['a'] }, dropped: ['stop'] });
    expect(write({ stop: ['\n'] }).body).not.toHaveProperty('stop_sequences');
  });

  test('translation D26 (whole, streamed): without a maximum the operator\'s cap or the catalogue\'s maximum is sent', () => {
    expect(write({}, { maxOutput: 64_000 }).body['max_tokens']).toBe(64_000);
    expect(write({}, { maxOutput: 64_000 }, { maxOutputTokens: 2_000 })).toMatchObject({ body: { max_tokens: 2_000 }, clamped: [] });
    expect(write({}).body['max_tokens']).toBe(8_192);
  });

  test('translation D27 (whole, streamed): max_completion_tokens wins and is clamped with disclosure', () => {
    expect(write({ max_completion_tokens: 10, max_tokens: 99 }).body['max_tokens']).toBe(10);
    expect(write({ max_tokens: 90_000 }, { maxOutput: 8_192 })).toMatchObject({ body: { max_tokens: 8_192 }, clamped: ['max_tokens'] });
  });

  test('translation D28 (whole, streamed): temperature is clamped to 1, and left out where the model or thinking refuses it', () => {
    expect(write({ temperature: 1.6 })).toMatchObject({ body: { temperature: 1 }, clamped: ['temperature'] });
    expect(write({ temperature: 0.3 }, { sampling: false })).toMatchObject({ dropped: ['temperature'] });
    expect(write({ temperature: 1, top_p: 1 }, { sampling: false })).toMatchObject({ dropped: [], clamped: [] });
    const thinking = write({ temperature: 0.3, reasoning_effort: 'low' }, { thinking: 'adaptive' });
    expect(thinking.body).not.toHaveProperty('temperature');
    expect(thinking.dropped).toEqual(['temperature']);
  });

  test('translation D29 (whole, streamed): beside temperature top_p is dropped; with thinking only 0.95 and above passes', () => {
    expect(write({ temperature: 0.5, top_p: 0.9 })).toMatchObject({ body: { temperature: 0.5 }, dropped: ['top_p'] });
    expect(write({ top_p: 0.9 }).body['top_p']).toBe(0.9);
    expect(write({ top_p: 0.95, reasoning_effort: 'low' }, { thinking: 'adaptive' }).body['top_p']).toBe(0.95);
    expect(write({ top_p: 0.9, reasoning_effort: 'low' }, { thinking: 'adaptive' }).dropped).toEqual(['top_p']);
  });

  test('translation D30 (whole, streamed): n above 1 is refused', () => {
    expect(refusal({ n: 2 })).toMatchObject({ code: 'unsupported_parameter', param: 'n' });
    expect(write({ n: 1 }).body).not.toHaveProperty('n');
  });

  test('translation D31 (whole, streamed): parameters without a counterpart are dropped and disclosed, harmless values silently', () => {
    const lost = { logprobs: true, top_logprobs: 3, logit_bias: { 1: 2 }, seed: 7, presence_penalty: 0.5, frequency_penalty: 1, prediction: { type: 'content' }, store: true, service_tier: 'flex', verbosity: 'low' };
    expect(write(lost).dropped.toSorted()).toEqual(Object.keys(lost).toSorted());
    expect(write({ logprobs: false, logit_bias: {}, presence_penalty: 0, frequency_penalty: 0, store: false, service_tier: 'auto', seed: null }).dropped).toEqual([]);
  });

  test('translation D32 (whole, streamed): a JSON schema goes to output_config, closed, unsupported keywords disclosed', () => {
    const schema = { type: 'object', properties: { age: { type: 'integer', minimum: 0 }, minimum: { type: 'string' }, tags: { type: 'array', items: { type: 'object', properties: {} } } }, required: ['age'] };
    const { body, clamped } = write({ response_format: { type: 'json_schema', json_schema: { name: 'x', schema, strict: true } } }, { strictSchema: true });
    expect(body['output_config']).toEqual({
      format: {
        type: 'json_schema',
        schema: { type: 'object', properties: { age: { type: 'integer' }, minimum: { type: 'string' }, tags: { type: 'array', items: { type: 'object', properties: {}, additionalProperties: false } } }, required: ['age'], additionalProperties: false },
      },
    });
    expect(clamped).toEqual(['response_format']);
  });

  test('translation D32 (whole, streamed): models without a native mode are made to call a stand-in tool', () => {
    const format = { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object', properties: { a: { type: 'string' } } } } };
    const { body } = write({ response_format: format }, { strictSchema: false });
    expect(body).toMatchObject({ tools: [{ name: 'bsg_structured_answer', input_schema: { properties: { a: { type: 'string' } } } }], tool_choice: { type: 'tool', name: 'bsg_structured_answer' } });
    expect(body).not.toHaveProperty('output_config');
    expect(write({ response_format: format, tools: [tool('f')] }, { strictSchema: false }).body['tool_choice']).toEqual({ type: 'any' });
  });

  test('translation D33 (whole, streamed): json_object is an instruction, disclosed', () => {
    const { body, clamped } = write({ messages: [{ role: 'system', content: 'S' }, ...HI], response_format: { type: 'json_object' } });
    expect((body['system'] as Fields[]).map((block) => block['text'])).toEqual(['S', expect.stringContaining('JSON')]);
    expect(clamped).toEqual(['response_format']);
  });

  test('translation D34 (whole, streamed): effort becomes adaptive effort or a budget that fits, and is never a failure', () => {
    expect(write({ reasoning_effort: 'medium' }, { thinking: 'adaptive' }).body).toMatchObject({ thinking: { type: 'adaptive' }, output_config: { effort: 'medium' } });
    expect(write({ reasoning_effort: 'xhigh' }, { thinking: 'adaptive' })).toMatchObject({ body: { output_config: { effort: 'high' } }, clamped: ['reasoning_effort'] });
    expect(write({ reasoning_effort: 'high' }, { thinking: 'budget', maxOutput: 64_000 }).body).toMatchObject({ max_tokens: 64_000, thinking: { type: 'enabled', budget_tokens: 16_384 } });
    expect(write({ reasoning_effort: 'high', max_tokens: 4_000 }, { thinking: 'budget' })).toMatchObject({ body: { max_tokens: 4_000, thinking: { budget_tokens: 3_200 } }, clamped: ['reasoning_effort'] });
    const tiny = write({ reasoning_effort: 'low', max_tokens: 100 }, { thinking: 'budget', maxOutput: 8_192 }).body;
    expect(tiny).toMatchObject({ max_tokens: 1_124, thinking: { budget_tokens: 1_024 } });
    expect(write({ reasoning_effort: 'low', max_tokens: 100 }, { thinking: 'budget', maxOutput: 512 })).toMatchObject({ body: { max_tokens: 100 }, dropped: ['reasoning_effort'] });
    for (const facts of [{ thinking: 'adaptive' }, { thinking: 'budget' }] as const) expect(write({ reasoning_effort: 'none' }, facts).body).not.toHaveProperty('thinking');
    expect(write({ reasoning_effort: 'high' }, { thinking: 'none' }).dropped).toEqual(['reasoning_effort']);
  });

  test('translation D34 (whole, streamed): in a tool loop whose thinking was lost, a budget model does not think', () => {
    const loop = { messages: [...HI, calls('c1'), result('c1')], tools: [tool('f')], reasoning_effort: 'low' };
    expect(write(loop, { thinking: 'budget' }).body).not.toHaveProperty('thinking');
    expect(write(loop, { thinking: 'adaptive' }).body).toHaveProperty('thinking');
  });

  test('translation D37 (whole, streamed): the end user is sent as a hash', () => {
    const { body } = write({ user: 'jane@example.com' });
    expect(body['metadata']).toEqual({ user_id: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(write({ user: 'jane@example.com' }).body).toEqual(body);
    expect(write({ safety_identifier: 'jane@example.com' }).body).toEqual(body);
    expect(JSON.stringify(body)).not.toContain('jane');
  });

  test('translation D40 (streamed): stream is passed, include_usage has no counterpart', () => {
    expect(write({ stream: true, stream_options: { include_usage: true } })).toMatchObject({ body: { model: 'claude-up', stream: true }, dropped: [] });
    expect(write({ stream: true, stream_options: { include_usage: true } }).body).not.toHaveProperty('stream_options');
    const asked = (body: Fields): boolean => codecs['openai-chat'].readRequest({ model: 'm', messages: HI, stream: true, ...body }).includeUsage;
    expect([asked({ stream_options: { include_usage: true } }), asked({ stream_options: {} }), asked({})]).toEqual([true, false, false]);
  });
});
