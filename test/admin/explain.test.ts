import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call } from '../support/call.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { ask, type AdminAnswer } from './support.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway();
  await gateway.addModel({ id: 'cheap', baseUrl: 'http://127.0.0.1:9/v1', price: { input: 1, output: 2 }, facts: { contextWindow: 8_000, vision: false } });
  await gateway.addModel({ id: 'strong', baseUrl: 'http://127.0.0.1:9/v1', price: { input: 5, output: 20 } });
  await gateway.route({ aliases: [{ name: 'fast', target: 'model:cheap' }], patterns: [{ id: 'code', priority: 1, glob: 'code/*', target: 'tier:complex' }], auto: { strategy: 'static', tiers: { simple: ['cheap'], moderate: ['cheap'], complex: ['strong'] } } });
});
afterAll(() => gateway.close());
const explain = (body: unknown): Promise<AdminAnswer> => ask(gateway.edition.store, '/admin/route/explain', { method: 'POST', body, ports: { pepper: async () => gateway.edition.pepper } });

test.each([
  ['openai-chat', { model: 'auto', messages: [{ role: 'user', content: 'Hello!' }] }],
  ['openai-chat', { model: 'fast', messages: [{ role: 'user', content: 'Hello!' }] }],
  ['openai-chat', { model: 'code/x', messages: [{ role: 'system', content: 'Be terse.' }, { role: 'user', content: 'Refactor this module and prove it is correct.' }] }],
  ['anthropic-messages', { model: 'auto', max_tokens: 5, messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }, { type: 'text', text: 'What is it?' }] }] }],
  ['openai-responses', { model: 'strong', input: 'Hello!' }],
] as const)('%s: the decision is the one that POST /v1/route gives: %j', async (dialect, request) => {
  const keyId = gateway.key.split('_')[2];
  const [explained, routed] = [await explain({ request, dialect, keyId }), await call(gateway.origin, `/v1/route?dialect=${dialect}`, { key: gateway.key, body: request })];
  expect([explained.status, explained.json]).toEqual([200, { decision: routed.json, error: null, decidedInMs: expect.any(Number) }]);
});

test('a draft decides without being saved, and a draft that could not work is refused with its place', async () => {
  const request = { model: 'fast', messages: [{ role: 'user', content: 'Hello!' }] };
  expect((await explain({ request, draft: { aliases: [{ name: 'fast', target: 'model:strong' }] } })).json).toMatchObject({ decision: { route: ['strong'] } });
  expect((await explain({ request })).json).toMatchObject({ decision: { route: ['cheap'] } });
  expect((await explain({ request, draft: { aliases: [{ name: 'fast', target: 'model:nope' }] } })).json).toMatchObject({ error: { field: '/draft/aliases/0/target' } });
});

test('what nothing can serve comes with the error that the client would get; a mistake in the request names its place', async () => {
  expect((await explain({ request: { model: 'cheap', messages: [{ role: 'user', content: 'x'.repeat(60_000) }] } })).json).toMatchObject({ error: { code: 'context_length_exceeded', status: 400 } });
  expect((await explain({ request: { model: 'cheap' } })).json).toMatchObject({ error: { code: 'invalid_request', field: '/request/messages' } });
  expect((await explain({ request: { model: 'cheap', messages: [{ role: 'user', content: 'x' }] }, keyId: 'BBBBBBBBBBBB' })).status).toBe(404);
});
