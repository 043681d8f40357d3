import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { putModel, type ModelRecord } from '../../functions/adapters/store/models.ts';
import { credentialContext } from '../../functions/adapters/vault/context.ts';
import { sealCredential } from '../../functions/adapters/vault/seal.ts';
import type { Ports } from '../../functions/gateway/ports.ts';
import { serve } from '../../functions/gateway/serve.ts';
import { call, chat, messages } from '../support/call.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { chatAnswer, chatEvents, json, sayHello, scriptedUpstream, sse, type ScriptedUpstream } from '../support/scripted-upstream.ts';

let gateway: TestGateway;
let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await scriptedUpstream();
  gateway = await testGateway({ breakers: 'always-closed' });
  await gateway.addModel({ id: 'plain', baseUrl: upstream.baseUrl, price: { input: 1, output: 2 } });
  await gateway.addModel({ id: 'claude', provider: 'anthropic', baseUrl: upstream.baseUrl });
});
beforeEach(() => {
  upstream.script(sayHello);
  upstream.received.length = 0;
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

test.each([['exact', 'exact', 'up-model'], ['w/*', 'w/any', '*']])('several credentials of the model %s take turns', async (id, asked, upstreamModel) => {
  const { store, sealing, caches } = gateway.edition;
  const at = new Date().toISOString();
  const credentials = await Promise.all(['sk-one', 'sk-two'].map(async (name) => {
    const credentialId = `cred_${randomBytes(6).toString('hex')}`;
    return { name, credentialId, version: 1, last4: name.slice(-4), updatedAt: at, sealed: await sealCredential(sealing, credentialContext('default', credentialId), name) };
  }));
  const model: ModelRecord = { id, provider: 'openai-compatible', upstreamModel, baseUrl: upstream.baseUrl, enabled: true, tenantId: 'default', credentials, createdAt: at, updatedAt: at, version: 1 };
  await putModel(store, model, undefined);
  caches.invalidate();
  for (let request = 0; request < 4; request += 1) await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat(asked) });
  expect(upstream.received.map(({ headers }) => headers.authorization)).toEqual(['Bearer sk-one', 'Bearer sk-two', 'Bearer sk-one', 'Bearer sk-two']);
});

test('an answer that holds a key no request may hold, or nests deeper than one may, reaches the caller whole', async () => {
  const answer = JSON.stringify(chatAnswer('x', 'up-model'));
  for (const extra of ['"__proto__":{"a":1}', `"deep":${'['.repeat(600)}${']'.repeat(600)}`]) {
    upstream.script((_received, response) => { response.writeHead(200, { 'content-type': 'application/json' }).end(answer.replace('{', `{${extra},`)); });
    const { status, text } = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('plain') });
    expect([status, text]).toEqual([200, answer.replace('{', `{${extra},`).replace('up-model', 'plain')]);
  }
});

test('one that nests beyond all measure is the upstream\'s fault, never the caller\'s', async () => {
  upstream.script((_received, response) => { response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(chatAnswer('x')).replace('{', `{"deep":${'['.repeat(50_000)}${']'.repeat(50_000)},`)); });
  const { status, json: body } = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('plain') });
  expect([status, body['error']]).toMatchObject([502, { code: 'upstream_invalid_response' }]);
});

test.each([['streamed', true], ['whole', false]])('DeepSeek\'s insufficient_system_resource is an overload, not a good end (%s)', async (_name, stream) => {
  const word = 'insufficient_system_resource';
  upstream.script((_received, response) => (stream ? sse(response, chatEvents(['Hel'], { finish: word })) : json(response, 200, JSON.parse(JSON.stringify(chatAnswer('Hel')).replace('"stop"', `"${word}"`)))));
  const answer = await call(gateway.origin, '/v1/messages', { key: gateway.key, body: messages('plain', { stream }) });
  expect(answer.text).toContain('overloaded');
  expect(answer.text).not.toContain('message_stop');
  expect((await gateway.ledger(answer.headers.get('x-request-id') ?? ''))).toMatchObject({ status: 503, errorCode: 'upstream_error' });
});

test('what is broken between admission and attempt leaves no lease behind', async () => {
  const { key } = await gateway.addKey({ rpm: null, tpm: null, maxParallel: 1 });
  const { ports } = gateway.edition;
  const broken: Partial<Ports> = { learning: Object.assign(Object.create(ports.learning) as Ports['learning'], { guarded: () => { throw new Error('broken'); } }) };
  const ask = (change: Partial<Ports>) => serve({
    method: 'POST', path: '/v1/chat/completions', query: new URLSearchParams(), headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: async () => Buffer.from(JSON.stringify(chat('plain'))), signal: new AbortController().signal, remainingMs: () => Infinity,
  }, { ...ports, ...change });
  const response = await ask(broken);
  expect(response.status).toBe(500);
  expect(await gateway.ledger(response.headers['x-request-id'] ?? '')).toMatchObject({ status: 500, errorCode: 'internal_error', costMicros: 0 });
  expect((await ask({})).status).toBe(200);
});
