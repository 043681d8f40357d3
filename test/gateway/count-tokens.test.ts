import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { call } from '../support/call.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { json, scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';

let gateway: TestGateway;
let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await scriptedUpstream();
  gateway = await testGateway({ breakers: 'always-closed' });
  await gateway.addModel({ id: 'claude', provider: 'anthropic', baseUrl: upstream.baseUrl, upstreamModel: 'up-claude' });
  await gateway.addModel({ id: 'cheap', baseUrl: upstream.baseUrl, upstreamModel: 'up-cheap' });
  await gateway.route({ aliases: [{ name: 'fast', target: 'model:cheap' }], patterns: [], auto: { strategy: 'static', tiers: { simple: ['cheap'], moderate: [], complex: ['claude'] }, agentFloor: null } });
});
beforeEach(() => upstream.script((_received, response) => { json(response, 200, { input_tokens: 1234 }); }));
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});
const BODY = { messages: [{ role: 'user', content: 'x'.repeat(400) }] };
const ask = (body: object, headers: Record<string, string> = {}): ReturnType<typeof call> => call(gateway.origin, '/v1/messages/count_tokens?beta=true', { key: gateway.key, body, headers: { 'anthropic-version': '2023-06-01', ...headers } });

describe('count_tokens', () => {
  test('translation D62 (whole): a model of Anthropic counts itself, under its own name, with the headers that matter', async () => {
    const client = new Anthropic({ baseURL: gateway.origin, apiKey: gateway.key, maxRetries: 0 });
    expect(await client.messages.countTokens({ model: 'claude', ...(BODY as { messages: [{ role: 'user'; content: string }] }) })).toEqual({ input_tokens: 1234 });
    expect(upstream.received.at(-1)).toMatchObject({ path: '/v1/messages/count_tokens', body: { model: 'up-claude' }, headers: { 'anthropic-version': '2026-10-21' } });
  });

  test.each(['cheap', 'fast', 'auto'])('translation D62 (whole): %s is estimated here: nothing goes upstream, and the answer says so', async (model) => {
    const before = upstream.received.length;
    const answer = await ask({ model, ...BODY });
    expect([answer.status, answer.json, answer.headers.get('x-bsg-translation'), answer.headers.get('x-bsg-model')]).toEqual([200, { input_tokens: 100 }, 'estimated=input_tokens', 'cheap']);
    expect(upstream.received.length).toBe(before);
  });

  test('members that only a generation takes are left out for the provider', async () => {
    await ask({ model: 'claude', ...BODY, max_tokens: 5, stream: true, temperature: 1, tools: [{ name: 't', input_schema: { type: 'object' } }] });
    expect(Object.keys(upstream.received.at(-1)?.body ?? {}).toSorted()).toEqual(['messages', 'model', 'tools']);
  });

  test.each([
    ['overloaded', 529, { type: 'error', error: { type: 'overloaded_error', message: 'x' } }],
    ['a bad credential', 401, { type: 'error', error: { type: 'authentication_error', message: 'x' } }],
    ['no such endpoint', 404, { type: 'error', error: { type: 'not_found_error', message: 'x' } }],
    ['an answer without a count', 200, { hello: 'world' }],
  ])('%s: the estimate stands in', async (_name, status, body) => {
    upstream.script((_received, response) => { json(response, status, body); });
    const answer = await ask({ model: 'claude', ...BODY });
    expect([answer.status, answer.json, answer.headers.get('x-bsg-translation')]).toEqual([200, { input_tokens: 100 }, 'estimated=input_tokens']);
  });

  test('an upstream that hangs up: the estimate stands in', async () => {
    upstream.script((_received, response) => { response.socket?.destroy(); });
    expect((await ask({ model: 'claude', ...BODY })).json).toEqual({ input_tokens: 100 });
  });

  test('what the provider finds wrong with the body is a 400', async () => {
    upstream.script((_received, response) => { json(response, 400, { type: 'error', error: { type: 'invalid_request_error', message: 'messages: roles must alternate' } }); });
    const answer = await ask({ model: 'claude', ...BODY });
    expect([answer.status, answer.json]).toMatchObject([400, { type: 'error', error: { type: 'invalid_request_error' } }]);
  });

  test('it counts as a request of the key, leaves no row in the ledger, and refuses like its neighbours', async () => {
    const before = (await gateway.ledgerAll()).length;
    const { key } = await gateway.addKey({ rpm: 1 });
    const asked = (): ReturnType<typeof call> => call(gateway.origin, '/v1/messages/count_tokens', { key, body: { model: 'cheap', ...BODY } });
    expect((await asked()).status).toBe(200);
    expect((await asked()).status).toBe(429);
    expect((await ask({ model: 'none', ...BODY })).status).toBe(404);
    expect((await ask({ model: 'cheap' })).json).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } });
    expect((await gateway.ledgerAll()).length).toBe(before);
  });
});
