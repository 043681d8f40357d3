import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { call } from '../support/call.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { chatAnswer, json, sayHello, scriptedUpstream, sse, type Script, type ScriptedUpstream } from '../support/scripted-upstream.ts';

type Fields = Record<string, unknown>;
let gateway: TestGateway;
let upstream: ScriptedUpstream;
let openai: OpenAI;
beforeAll(async () => {
  upstream = await scriptedUpstream();
  gateway = await testGateway();
  await gateway.addModel({ id: 'native', provider: 'openai', baseUrl: upstream.baseUrl, upstreamModel: 'gpt-up' });
  await gateway.addModel({ id: 'claude', provider: 'anthropic', baseUrl: upstream.baseUrl, upstreamModel: 'claude-up' });
  await gateway.addModel({ id: 'compatible', baseUrl: upstream.baseUrl });
  openai = new OpenAI({ baseURL: `${gateway.origin}/v1`, apiKey: gateway.key, maxRetries: 0 });
});
/** Says hello in every dialect, the Responses API included. */
const hello: Script = (received, response) => (received.path.endsWith('/responses') ? json(response, 200, {
  id: 'resp_1', object: 'response', created_at: 1, status: 'completed', model: 'm', output: [{ id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: 'Hello', annotations: [] }] }],
  usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
}) : sayHello(received, response));
beforeEach(() => {
  upstream.script(hello);
  upstream.received.length = 0;
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});
const sent = (): Fields => upstream.received.at(-1)?.body ?? {};

/** As Codex sends them. */
const CLOSE = { type: 'function', name: 'close_agent', description: 'Close an agent.', strict: false, parameters: { type: 'object', properties: { target: { type: 'string' } }, required: ['target'], additionalProperties: false } };
const NAMESPACE = { type: 'namespace', name: 'multi_agent_v1', description: 'Tools for sub-agents.', tools: [CLOSE] };
const SHELL = { type: 'function', name: 'exec_command', description: 'Runs a command.', strict: false, parameters: { type: 'object', properties: { cmd: { type: 'string' } } } };
const NAMED = 'multi_agent_v1__close_agent';
const toolUse = [{ type: 'tool_use', id: 'toolu_1', name: NAMED, input: { target: 'a' } }];

describe('tools in a namespace, at an upstream that has none', () => {
  const ask = (body: Fields) => call(gateway.origin, '/v1/responses', { key: gateway.key, body: { input: 'x', tools: [NAMESPACE, SHELL], ...body } });

  test('go there as functions that carry both names', async () => {
    expect((await ask({ model: 'claude' })).status).toBe(200);
    expect(sent()['tools']).toEqual([{ name: NAMED, description: 'Close an agent.', input_schema: CLOSE.parameters }, { name: 'exec_command', description: 'Runs a command.', input_schema: SHELL.parameters }]);
    expect((await ask({ model: 'compatible' })).status).toBe(200);
    expect(sent()['tools']).toMatchObject([{ function: { name: NAMED } }, { function: { name: 'exec_command' } }]);
  });

  test('a call of one comes back under its own name and namespace, whole and streamed', async () => {
    upstream.script((_received, response) => json(response, 200, { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: toolUse, stop_reason: 'tool_use', stop_sequence: null, usage: { input_tokens: 1, output_tokens: 2 } }));
    const item = { type: 'function_call', call_id: 'toolu_1', namespace: 'multi_agent_v1', name: 'close_agent', arguments: '{"target":"a"}', status: 'completed' };
    const whole = await ask({ model: 'claude' });
    expect(whole.json).toMatchObject({ output: [item], tools: [NAMESPACE, { name: 'exec_command' }] });
    expect((whole.json as { tools: unknown[] }).tools).toHaveLength(2);
    const event = (type: string, body: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...body })}\n\n`;
    upstream.script((_received, response) => sse(response, [
      event('message_start', { message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 } } }),
      event('content_block_start', { index: 0, content_block: { ...toolUse[0], input: {} } }),
      event('content_block_delta', { index: 0, delta: { type: 'input_json_delta', partial_json: '{"target":"a"}' } }),
      event('content_block_stop', { index: 0 }), event('message_delta', { delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens: 2 } }), event('message_stop', {}),
    ]));
    const events: Fields[] = [];
    for await (const one of await openai.responses.create({ model: 'claude', input: 'x', stream: true, tools: [NAMESPACE] as unknown as OpenAI.Responses.Tool[] })) events.push(one as unknown as Fields);
    expect(events.find(({ type }) => type === 'response.output_item.added')).toMatchObject({ item: { namespace: 'multi_agent_v1', name: 'close_agent' } });
    expect(events.find(({ type }) => type === 'response.function_call_arguments.done')).toMatchObject({ name: 'close_agent' });
    expect(events.find(({ type }) => type === 'response.output_item.done')).toMatchObject({ item });
    expect(events.at(-1)).toMatchObject({ type: 'response.completed', response: { output: [item] } });
  });

  test('the call in the history has the name that the tool has there', async () => {
    const history = [{ role: 'user', content: 'x' }, { type: 'function_call', call_id: 'c1', namespace: 'multi_agent_v1', name: 'close_agent', arguments: '{}' }, { type: 'function_call_output', call_id: 'c1', output: 'done' }];
    await ask({ model: 'claude', input: history });
    expect(sent()['messages']).toMatchObject([{}, { content: [{ type: 'tool_use', id: 'c1', name: NAMED }] }, { content: [{ type: 'tool_result', tool_use_id: 'c1' }] }]);
  });

  test('a choice names one with its namespace', async () => {
    await ask({ model: 'claude', tool_choice: { type: 'function', namespace: 'multi_agent_v1', name: 'close_agent' } });
    expect(sent()['tool_choice']).toMatchObject({ type: 'tool', name: NAMED });
  });

  test('other functions are never taken for one of a namespace', async () => {
    upstream.script((_received, response) => json(response, 200, { ...(chatAnswer('') as Fields), choices: [{ index: 0, message: { role: 'assistant', content: null, tool_calls: [{ id: 'c', type: 'function', function: { name: 'exec_command', arguments: '{}' } }] }, finish_reason: 'tool_calls' }] }));
    const { json: answer } = await ask({ model: 'compatible' });
    const [item] = (answer as { output: Fields[] }).output;
    expect(item).toMatchObject({ type: 'function_call', name: 'exec_command' });
    expect(item).not.toHaveProperty('namespace');
  });

  test('at OpenAI itself they pass as they are', async () => {
    await ask({ model: 'native' });
    expect(sent()['tools']).toEqual([NAMESPACE, SHELL]);
  });

  test.each([['tools that are no list', { ...NAMESPACE, tools: 'x' }, 'tools[0].tools'], ['a tool without a name', { ...NAMESPACE, tools: [{ type: 'function' }] }, 'tools[0].tools[0].name'], ['no name', { ...NAMESPACE, name: '' }, 'tools[0].name'],
    ['a hundred times too many', { ...NAMESPACE, tools: Array.from({ length: 3_000 }, () => CLOSE) }, 'tools[0].tools']])('%s is a 400 that names the place', async (_name, tool, param) => {
    const { status, json: body } = await ask({ model: 'claude', tools: [tool] });
    expect([status, body]).toMatchObject([400, { error: { code: 'invalid_request', param } }]);
  });
});

describe('a tool that runs at its provider', () => {
  const SEARCH = { type: 'web_search', external_web_access: true };
  const ANTHROPIC_SEARCH = { type: 'web_search_20250305', name: 'web_search' };
  const auto = async (simple: string[], complex: string[]): Promise<void> => gateway.route({ aliases: [], patterns: [], auto: { strategy: 'static', tiers: { simple, moderate: simple, complex } } });
  const ask = (model: string) => call(gateway.origin, '/v1/responses', { key: gateway.key, body: { model, input: 'hi', tools: [SHELL, SEARCH] } });

  test('decides among the models of auto: only the provider\'s own serve it', async () => {
    await auto(['claude', 'compatible', 'native'], []);
    const answer = await ask('auto');
    expect([answer.status, answer.headers.get('x-bsg-model')]).toEqual([200, 'native']);
    await auto(['claude', 'compatible'], ['native']);
    expect((await ask('auto')).headers.get('x-bsg-model')).toBe('native');
    await auto(['native', 'compatible', 'claude'], []);
    const messages = await call(gateway.origin, '/v1/messages', { key: gateway.key, body: { model: 'auto', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }], tools: [ANTHROPIC_SEARCH] } });
    expect([messages.status, messages.headers.get('x-bsg-model')]).toEqual([200, 'claude']);
  });

  test('chat completions pass on what a compatible server may know', async () => {
    await auto(['claude', 'compatible'], []);
    const answer = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: { model: 'auto', messages: [{ role: 'user', content: 'hi' }], tools: [{ type: 'builtin_search' }] } });
    expect([answer.status, answer.headers.get('x-bsg-model')]).toEqual([200, 'compatible']);
    expect(sent()['tools']).toEqual([{ type: 'builtin_search' }]);
  });

  test.each(['claude', 'compatible', 'auto'])('is refused in a sentence where no model can: %s', async (model) => {
    await auto(['claude', 'compatible'], []);
    const answer = await ask(model);
    expect([answer.status, answer.json]).toMatchObject([400, { error: { code: 'unsupported_parameter', param: 'tools', message: expect.stringContaining("'web_search'") } }]);
    expect(upstream.received).toEqual([]);
  });
});

describe('whether to try again', () => {
  test.each([
    ['an unknown key', { path: '/v1/messages', key: 'bsg_test_nobody', status: 401 }], ['an unknown model', { path: '/v1/messages', model: 'nobody', status: 404 }],
    ['a broken request', { path: '/v1/chat/completions', body: { model: 'claude', messages: [] }, status: 400 }],
  ])('%s says no, since Claude Code would go on for minutes', async (_name, { path, key, model, body, status }: { path: string; key?: string; model?: string; body?: Fields; status: number }) => {
    const answer = await call(gateway.origin, path, { key: key ?? gateway.key, body: body ?? { model: model ?? 'claude', max_tokens: 5, messages: [{ role: 'user', content: 'x' }] } });
    expect([answer.status, answer.headers.get('x-should-retry')]).toEqual([status, 'false']);
  });

  test('what may pass by itself says nothing: the client decides', async () => {
    const limited = await gateway.addKey({ rpm: 1 });
    const ask = () => call(gateway.origin, '/v1/messages', { key: limited.key, body: { model: 'claude', max_tokens: 5, messages: [{ role: 'user', content: 'x' }] } });
    expect((await ask()).headers.get('x-should-retry')).toBeNull();
    const refused = await ask();
    expect([refused.status, refused.headers.get('x-should-retry')]).toEqual([429, null]);
    upstream.script((_received, response) => json(response, 500, { error: { message: 'broken' } }));
    const broken = await call(gateway.origin, '/v1/messages', { key: gateway.key, body: { model: 'claude', max_tokens: 5, messages: [{ role: 'user', content: 'x' }] } });
    expect(broken.status).toBeGreaterThanOrEqual(500);
    expect(broken.headers.get('x-should-retry')).toBeNull();
  });
});

describe('the session of an agent', () => {
  const sessionOf = async (headers: Record<string, string>): Promise<string | null | undefined> => {
    // Every conversation of Codex in one folder begins with the same words.
    const { headers: answered } = await call(gateway.origin, '/v1/responses', { key: gateway.key, headers, body: { model: 'native', input: [{ role: 'user', content: '<environment_context>' }, { role: 'user', content: String(Math.random()) }] } });
    return (await gateway.ledger(answered.get('x-request-id') ?? '')).sessionId;
  };

  test('is the one that Codex names, and two of it are two', async () => {
    const [first, again, other] = [await sessionOf({ 'session-id': 'a' }), await sessionOf({ 'session-id': 'a' }), await sessionOf({ 'session-id': 'b' })];
    expect(first).toMatch(/^s_/);
    expect([again, other === first]).toEqual([first, false]);
  });

  test('the gateway\'s own header counts before it', async () => {
    expect(await sessionOf({ 'x-session-id': 'mine', 'session-id': 'a' })).toBe(await sessionOf({ 'x-session-id': 'mine', 'session-id': 'b' }));
  });
});
