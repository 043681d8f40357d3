import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { GatewayRequest, GatewayResponse } from '../../functions/gateway/ports.ts';
import type { Undertaking } from '../../functions/gateway/attempt.ts';
import { Leash } from '../../functions/gateway/leash.ts';
import { relayLate } from '../../functions/gateway/relay.ts';
import { newTrail } from '../../functions/gateway/settle.ts';
import { serve } from '../../functions/gateway/serve.ts';
import { chat } from '../support/call.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { chatEvents, scriptedUpstream, sse, type ScriptedUpstream } from '../support/scripted-upstream.ts';

/** What the host must leave for an end of our own, and the deadline that is left of this host's time. */
const MARGIN_MS = 10_000;
const DEADLINE_MS = 500;

let gateway: TestGateway;
let upstream: ScriptedUpstream;
let aheadMs = 0;
beforeEach(async () => {
  aheadMs = 0;
  upstream = await scriptedUpstream((_received, response) => sse(response, chatEvents(Array.from({ length: 200 }, () => 'word ')), { gapMs: 20 }));
  gateway = await testGateway({ clock: { now: () => Date.now() + aheadMs, elapsed: () => performance.now() } });
  await gateway.addModel({ id: 'm', baseUrl: upstream.baseUrl, price: { input: 1_000, output: 1_000 } });
});
afterEach(async () => {
  await gateway.close();
  await upstream.close();
});

async function answered(body: object): Promise<GatewayResponse['body']> {
  const request = {
    method: 'POST', path: '/v1/chat/completions', headers: { 'authorization': `Bearer ${gateway.key}`, 'content-type': 'application/json' }, query: new URLSearchParams(),
    signal: new AbortController().signal, body: async () => Buffer.from(JSON.stringify(body)), remainingMs: () => MARGIN_MS + DEADLINE_MS,
  } as GatewayRequest;
  return (await serve(request, gateway.edition.ports)).body;
}
const asked = async (body: object): Promise<AsyncIterator<Uint8Array>> => (await answered(body) as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });

test('a reader that pauses beyond the deadline finds the end of its stream, and its account was closed at the deadline, not by the sweeper', async () => {
  const body = await asked(chat('m', { stream: true }));
  await body.next();
  await pause(DEADLINE_MS + 300);
  const [entry] = await gateway.ledgerAll();
  expect(entry).toMatchObject({ status: 504, errorCode: 'upstream_timeout', usage: 'estimated', servedModel: 'm' });
  aheadMs = 80_000;
  expect(await gateway.edition.sweepExpired()).toBe(0);
  let rest = '';
  for (let step = await body.next(); step.done !== true; step = await body.next()) rest += Buffer.from(step.value).toString();
  expect(rest).toContain('longer than the gateway allows');
  expect(await gateway.ledgerAll()).toHaveLength(1);
});

test('the account of a whole answer is closed before its first byte can be fetched, whether or not anybody does', async () => {
  upstream.script((_received, response) => { response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":"c","object":"chat.completion","created":1,"model":"up-model","choices":[{"index":0,"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}'); });
  const body = await answered(chat('m'));
  expect(await gateway.ledgerAll()).toMatchObject([{ status: 200, usage: 'measured', costMicros: 15_000 }]);
  expect(JSON.parse(Buffer.from(body as Uint8Array).toString())).toMatchObject({ choices: [{ message: { content: 'ok' } }], usage: { total_tokens: 15 } });
});

test('a whole answer goes over the wire in one piece with its length', async () => {
  upstream.script((_received, response) => { response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":"c","object":"chat.completion","created":1,"model":"up-model","choices":[{"index":0,"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}'); });
  const answer = await fetch(`${gateway.origin}/v1/chat/completions`, { method: 'POST', headers: { 'authorization': `Bearer ${gateway.key}`, 'content-type': 'application/json' }, body: JSON.stringify(chat('m')) });
  const bytes = Buffer.from(await answer.arrayBuffer());
  expect([answer.status, answer.headers.get('content-length'), answer.headers.get('transfer-encoding')]).toEqual([200, String(bytes.length), null]);
});

test('a reader that pauses while its answer is still being fetched does not keep the account open either', async () => {
  const leash = new Leash({ signal: new AbortController().signal } as GatewayRequest, 50);
  const trail = newTrail();
  const plan = { exchange: { dialect: 'openai-chat', requestId: 'r' }, asked: { conversation: { stream: true } } };
  const pending = new Promise<never>((_resolve, reject) => { leash.signal.addEventListener('abort', () => reject(new Error('dropped'))); });
  let settled = 0;
  const body = relayLate(pending, { leash, trail, admitted: { plan } } as unknown as Undertaking, async () => { settled += 1; })[Symbol.asyncIterator]();
  await body.next();
  await pause(150);
  expect([settled, trail.failure?.code]).toEqual([1, 'upstream_timeout']);
  await body.return?.();
});
