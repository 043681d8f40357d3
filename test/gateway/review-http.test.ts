import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call, chat } from '../support/call.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { openDoor, raw } from '../support/http-client.ts';
import { scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';

let gateway: TestGateway;
let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await scriptedUpstream();
  gateway = await testGateway();
  await gateway.addModel({ id: 'one', baseUrl: upstream.baseUrl });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

test('a request target in absolute form is served as its path is (RFC 9112 section 3.2.2)', async () => {
  const client = raw(Number(new URL(gateway.origin).port));
  client.socket.write('GET http://127.0.0.1/health HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n');
  await client.closed;
  expect(client.text()).toMatch(/^HTTP\/1\.1 200 /);
});

test('a 405 names the method that is allowed (RFC 9110 section 15.5.6)', async () => {
  const answer = await call(gateway.origin, '/v1/chat/completions', { method: 'GET' });
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
});

test('every answer leaves one access-log line: method, route, status, ms and request id', async () => {
  const before = gateway.logs.length;
  const answer = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('one') });
  await gateway.ledger(answer.headers.get('x-request-id') ?? '');
  const lines = gateway.logs.slice(before).map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toContainEqual(expect.objectContaining({ method: 'POST', route: '/v1/chat/completions', status: 200, requestId: answer.headers.get('x-request-id') }));
});

test('drain waits for the accounts of the requests that it cut: the store is closed right after it', async () => {
  let settled = false;
  const body: AsyncIterator<Uint8Array> = {
    next: () => (started ? new Promise(() => {}) : (started = true, Promise.resolve({ done: false, value: Buffer.from('data: 1\n\n') }))),
    async return() {
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => { setImmediate(resolve); });
      settled = true;
      return { done: true, value: undefined };
    },
  };
  let started = false;
  const { door, port } = await openDoor(async () => ({ status: 200, headers: {}, body: { [Symbol.asyncIterator]: () => body } }));
  const client = raw(port);
  client.socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await client.until((text) => text.includes('data: 1'));
  await door.drain(1);
  expect(settled).toBe(true);
  client.socket.destroy();
});
