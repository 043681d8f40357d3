import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { StoreError } from '../../functions/adapters/store/port.ts';
import type { LedgerEntry } from '../../functions/contract/ledger.ts';
import { call, chat, messages } from '../support/call.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { raw } from '../support/http-client.ts';
import { chatEvents, json, messageAnswer, messageEvents, sayHello, scriptedUpstream, sse, type ScriptedUpstream } from '../support/scripted-upstream.ts';

let gateway: TestGateway;
let upstream: ScriptedUpstream;
const price = { input: 10, output: 20 };
beforeAll(async () => {
  upstream = await scriptedUpstream();
  gateway = await testGateway();
  await gateway.addModel({ id: 'priced', baseUrl: upstream.baseUrl, upstreamModel: 'up-first', price });
  await gateway.addModel({ id: 'anthropic', provider: 'anthropic', baseUrl: upstream.baseUrl, upstreamModel: 'up-first', price, facts: { maxOutput: 1000 } });
  await gateway.addModel({ id: 'second', baseUrl: upstream.baseUrl, upstreamModel: 'up-second', price });
  await gateway.route({ patterns: [
    { id: 'chat', priority: 1, glob: 'chat', target: 'model:priced', fallbacks: ['second'] },
    { id: 'claude', priority: 1, glob: 'claude', target: 'model:anthropic', fallbacks: ['second'] },
  ] });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

/** Sends one chat request on a connection of its own; `leave` closes it. */
function caller(body: object): { leave(): void } {
  const client = raw(Number(new URL(gateway.origin).port));
  const text = JSON.stringify(body);
  client.socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${gateway.key}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  return { leave: () => client.socket.destroy() };
}

/** The first entry that is not in `known`, waiting for its settlement. */
async function nextEntry(known: readonly LedgerEntry[]): Promise<LedgerEntry> {
  const ids = new Set(known.map((entry) => entry.requestId));
  for (let tries = 0; tries < 500; tries += 1) {
    const fresh = (await gateway.ledgerAll()).find((entry) => !ids.has(entry.requestId));
    if (fresh !== undefined) return fresh;
    await new Promise((resolve) => { setTimeout(resolve, 10); });
  }
  throw new Error('no new ledger entry within 5 s');
}

test.each([['a whole answer', false], ['the first part of a stream', true]])('a client that leaves while the upstream works on %s pays an estimate, never nothing', async (_name, stream) => {
  const known = await gateway.ledgerAll();
  const atWork = Promise.withResolvers<void>();
  upstream.script(() => { atWork.resolve(); });
  const client = caller(chat('priced', { stream, max_tokens: 500 }));
  await atWork.promise;
  client.leave();
  const entry = await nextEntry(known);
  expect(entry).toMatchObject({ status: 499, errorCode: 'client_closed', usage: 'estimated' });
  expect(entry.tokens.input).toBeGreaterThan(0);
  expect(entry.costMicros).toBeGreaterThan(0);
  upstream.script(sayHello);
});

test('what a failed attempt reported as used is part of the request\'s cost', async () => {
  upstream.script((received, response) => {
    if (received.body['model'] === 'up-second') return sse(response, chatEvents(['fine']));
    // 10 input tokens and 1 output token are reported, then the connection breaks before the first output part.
    return sse(response, messageEvents(['x']).slice(0, 1), { end: 'destroy' });
  });
  const answer = await call(gateway.origin, '/v1/messages', { key: gateway.key, body: { ...messages('claude'), stream: true } });
  const entry = await gateway.ledger(answer.headers.get('x-request-id') ?? '');
  expect(entry.attempts.map(({ model, status }) => [model, status === 200])).toEqual([['anthropic', false], ['second', true]]);
  // second: 10 × 10 + 1 × 20; first: 10 × 10 + 1 × 20.
  expect(entry.costMicros).toBe(240);
  upstream.script(sayHello);
});

test('a client that leaves while a short retry-after is waited for is settled as cancelled, without an attempt that never was', async () => {
  const known = await gateway.ledgerAll();
  const refused = Promise.withResolvers<void>();
  upstream.script((_received, response) => {
    response.on('finish', () => { setImmediate(refused.resolve); });
    json(response, 429, { error: { message: 'slow down', type: 'rate_limit_error' } }, { 'retry-after': '2' });
  });
  const client = caller(chat('priced'));
  await refused.promise;
  client.leave();
  const entry = await nextEntry(known);
  expect(entry).toMatchObject({ status: 499, errorCode: 'client_closed' });
  expect(entry.attempts).toHaveLength(1);
  upstream.script(sayHello);
});

test('a settlement that the store refuses once is written all the same', async () => {
  const { store } = gateway.edition;
  const write = store.write.bind(store);
  const known = await gateway.ledgerAll();
  let failed = 0;
  upstream.script((received, response) => {
    // The reservation is written; the next write is the settlement's.
    store.write = async (ops) => {
      if (failed > 0) return write(ops);
      failed += 1;
      throw new StoreError('unavailable', 'database is locked');
    };
    return sayHello(received, response);
  });
  try {
    const answer = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('priced') });
    expect(answer.status).toBe(200);
    expect(failed).toBe(1);
    const entry = await nextEntry(known);
    expect(entry.status).toBe(200);
  } finally {
    store.write = write;
    upstream.script(sayHello);
  }
}, 8_000);

test('a reason for the end as long as a book does not cost the settlement', async () => {
  upstream.script((_received, response) => json(response, 200, { ...(messageAnswer('x') as object), stop_reason: 'x'.repeat(500_000) }));
  const answer = await call(gateway.origin, '/v1/messages', { key: gateway.key, body: messages('anthropic') });
  expect((await gateway.ledger(answer.headers.get('x-request-id') ?? '')).finish).toEqual({ unified: 'stop', raw: 'x'.repeat(100) });
  upstream.script(sayHello);
});
