import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { call, messages } from '../support/call.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { json, messageAnswer, messageEvents, scriptedUpstream, sse, type ScriptedUpstream } from '../support/scripted-upstream.ts';

let gateway: TestGateway;
let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await scriptedUpstream();
  gateway = await testGateway({ breakers: 'always-closed' });
  const facts = { firstPartTimeoutMs: 400 };
  for (const id of ['one', 'two']) await gateway.addModel({ id, provider: 'anthropic', baseUrl: upstream.baseUrl, upstreamModel: id, facts });
  for (const id of ['gpt-one', 'gpt-two']) await gateway.addModel({ id, provider: 'openai', baseUrl: upstream.baseUrl, upstreamModel: id, facts });
  await gateway.addModel({ id: 'chat', baseUrl: upstream.baseUrl });
  await gateway.route({ patterns: [
    { id: 'p', priority: 1, glob: 'agent', target: 'model:one', fallbacks: ['two'] },
    { id: 'q', priority: 2, glob: 'gpt-agent', target: 'model:gpt-one', fallbacks: ['gpt-two'] },
    { id: 'r', priority: 3, glob: 'either', target: 'model:chat', fallbacks: ['one'] },
  ] });
});
beforeEach(() => { upstream.received.length = 0; });
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const event = (type: string, body: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...body })}\n\n`;
const MCP = { stream: true, mcp_servers: [{ type: 'url', url: 'https://mail.example/mcp', name: 'mail' }] };
const headers = { 'anthropic-beta': 'mcp-client-2025-04-04', 'anthropic-version': '2023-06-01' };
const [start = ''] = messageEvents([]);
const mailing = [
  event('content_block_start', { index: 0, content_block: { type: 'mcp_tool_use', id: 'mcptoolu_1', name: 'send_mail', server_name: 'mail', input: {} } }),
  event('content_block_delta', { index: 0, delta: { type: 'input_json_delta', partial_json: '{"to":"a"}' } }),
  event('content_block_stop', { index: 0 }),
];
const mailed = [
  event('content_block_start', { index: 1, content_block: { type: 'mcp_tool_result', tool_use_id: 'mcptoolu_1', is_error: false, content: [{ type: 'text', text: 'sent' }] } }),
  event('content_block_stop', { index: 1 }),
];
const response = { id: 'resp_1', object: 'response', status: 'in_progress', model: 'gpt-one', output: [] };
const searching = [
  event('response.created', { response }),
  event('response.output_item.added', { output_index: 0, item: { type: 'mcp_call', id: 'mcp_1', name: 'send_mail', server_label: 'mail', arguments: '' } }),
];
const ended = event('response.completed', { response: { ...response, status: 'completed', output: [{ type: 'message', role: 'assistant', content: [] }] } });
const mail = (model: string) => call(gateway.origin, '/v1/messages', { key: gateway.key, body: messages(model, MCP), headers });
const search = (model: string) => call(gateway.origin, '/v1/responses', { key: gateway.key, body: { model, input: 'x', stream: true, tools: [{ type: 'mcp', server_label: 'mail', server_url: 'https://mail.example/mcp' }] } });
const asked = (): unknown[] => upstream.received.map(({ body }) => body['model']);

test.each([
  ['Anthropic, mid-work', () => mail('agent'), [start, ...mailing, ...mailed]],
  ['Anthropic, before its first block', () => mail('agent'), [start]],
  ['OpenAI, mid-work', () => search('gpt-agent'), searching],
  ['OpenAI, before its first item', () => search('gpt-agent'), searching.slice(0, 1)],
])('what a tool of the provider\'s own may have done is not done again by the fallback when the stream breaks off (%s)', async (_name, ask, events) => {
  upstream.script((_received, answer) => sse(answer, events, { end: 'destroy' }));
  const answer = await ask();
  expect(asked()).toHaveLength(1);
  expect(answer.text).toContain('error');
});

test('nor when a whole answer cannot be read', async () => {
  upstream.script((_received, answer) => json(answer, 200, { type: 'message', content: 'broken' }));
  expect((await call(gateway.origin, '/v1/messages', { key: gateway.key, body: messages('agent', { ...MCP, stream: false }), headers })).status).toBe(502);
  expect(asked()).toEqual(['one']);
});

test('what was never accepted, and tools that the caller runs, go on to the fallback', async () => {
  upstream.script((received, answer) => (received.body['model'] === 'one' ? json(answer, 500, {}) : sse(answer, messageEvents(['done']))));
  expect((await mail('agent')).headers.get('x-bsg-model')).toBe('two');
  upstream.script((received, answer) => (received.body['model'] === 'one' ? json(answer, 200, { content: 'broken' }) : json(answer, 200, messageAnswer('done'))));
  const answer = await call(gateway.origin, '/v1/messages', { key: gateway.key, body: messages('agent', { tools: [{ type: 'bash_20250124', name: 'bash' }] }), headers });
  expect(answer.headers.get('x-bsg-model')).toBe('two');
});

test.each([
  ['Anthropic', () => mail('one'), [start, ...mailing], [...mailed, ...messageEvents(['done']).slice(1)], 'message_stop'],
  ['OpenAI', () => search('gpt-one'), searching, [ended], 'response.completed'],
])('the time that such a tool takes is no silence, and its bytes pass as they are (%s)', async (_name, ask, before, after, end) => {
  upstream.script(async (_received, answer) => {
    answer.writeHead(200, { 'content-type': 'text/event-stream' });
    answer.write(before.join(''));
    await new Promise((resolve) => { setTimeout(resolve, 1_000); });
    answer.end(after.join(''));
  });
  const answer = await ask();
  expect(answer.status).toBe(200);
  expect(answer.text).toContain(`event: ${end}`);
  for (const block of [...before.slice(1), ...after.slice(0, -1)]) expect(answer.text).toContain(block);
});

test('servers of tools are tools that only their own provider runs, for routing too', async () => {
  const decide = (model: string) => call(gateway.origin, '/v1/route', { key: gateway.key, body: messages(model, MCP), headers });
  expect((await decide('one')).json).toMatchObject({ inputs: { request: { needs: expect.arrayContaining(['hosted_tools', 'tools']) } } });
  expect((await decide('either')).json).toMatchObject({ route: ['one'], candidates: [{ model: 'chat', excluded: 'tools' }, { model: 'one', excluded: null }] });
});
