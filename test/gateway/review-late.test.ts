import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { OutboundError, type Outbound, type OutboundRequest, type OutboundResponse } from '../../functions/adapters/providers/outbound-port.ts';
import { ulid } from 'ulidx';
import type { GatewayRequest, GatewayResponse, Ports } from '../../functions/gateway/ports.ts';
import { serve } from '../../functions/gateway/serve.ts';
import { chat, messages } from '../support/call.ts';
import { figure } from '../support/figure.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { chatAnswer, chatEvents } from '../support/scripted-upstream.ts';
import { checkChatStream, checkMessagesStream } from '../support/stream-grammar.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway();
  const baseUrl = 'http://127.0.0.1:9/v1';
  await gateway.addModel({ id: 'one', baseUrl, upstreamModel: 'up-one' });
  await gateway.addModel({ id: 'failing', baseUrl, upstreamModel: 'up-failing' });
  await gateway.addModel({ id: 'two', baseUrl, upstreamModel: 'up-two' });
  await gateway.route({ patterns: [{ id: 'chat', priority: 1, glob: 'chat', target: 'model:one', fallbacks: ['two'] }] });
});
afterAll(async () => { await gateway.close(); });
const rejections: unknown[] = [];
const onRejection = (reason: unknown): void => { rejections.push(reason); };
beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'Date'] });
  process.on('unhandledRejection', onRejection);
});
afterEach(() => {
  jest.useRealTimers();
  process.off('unhandledRejection', onRejection);
  expect(rejections).toEqual([]);
});

const turns = async (count = 50): Promise<void> => { for (let i = 0; i < count; i += 1) await new Promise((resolve) => { setImmediate(resolve); }); };
const advance = async (ms: number): Promise<void> => { await turns(); await jest.advanceTimersByTimeAsync(ms); await turns(); };

interface World { readonly settled: string[]; readonly calls: OutboundRequest[]; readonly answer: Promise<GatewayResponse>; readonly leave: () => void }

/** One request through `serve` with an upstream that `send` plays. Counts settlements. */
function ask(body: object, send: (request: OutboundRequest, call: number) => Promise<OutboundResponse>, path = '/v1/chat/completions'): World {
  const controller = new AbortController();
  const calls: OutboundRequest[] = [];
  const settled: string[] = [];
  const outbound: Outbound = {
    send: (request) => {
      calls.push(request);
      return new Promise((resolve, reject) => {
        const aborted = (): void => reject(new OutboundError('aborted', 'The call was dropped.', false));
        if (request.signal.aborted) aborted();
        request.signal.addEventListener('abort', aborted);
        send(request, calls.length).then(resolve, reject);
      });
    },
    close() {},
  };
  const { accounts } = gateway.edition.ports;
  const counted: typeof accounts = {
    reserve: (asked) => accounts.reserve(asked), raise: (asked) => accounts.raise(asked), touch: (...all) => accounts.touch(...all), peek: (key) => accounts.peek(key), sweep: (...all) => accounts.sweep(...all),
    settle: (...all) => {
      settled.push(String(all[1].status));
      return accounts.settle(...all);
    },
  };
  const ports: Ports = { ...gateway.edition.ports, outbound, accounts: counted, newRequestId: () => ulid() };
  const request: GatewayRequest = {
    method: 'POST', path, query: new URLSearchParams(), headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' },
    body: async () => Buffer.from(JSON.stringify(body)), signal: controller.signal, remainingMs: () => Infinity,
  };
  return { settled, calls, answer: serve(request, ports), leave: () => controller.abort() };
}

const after = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });
const response = (status: number, pieces: readonly string[], headers: Record<string, string> = {}): OutboundResponse => ({
  status, headers, abort() {}, body: (async function* () { for (const piece of pieces) yield Buffer.from(piece); })(),
});
const iterator = (answer: GatewayResponse): AsyncIterator<Uint8Array> => (answer.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
async function rest(body: AsyncIterator<Uint8Array>): Promise<string> {
  let text = '';
  for (let step = await body.next(); step.done !== true; step = await body.next()) text += Buffer.from(step.value).toString();
  return text;
}

test('a whole answer after 70 s comes behind padding and is settled once', async () => {
  const world = ask(chat('one'), async () => { await after(70_000); return response(200, [JSON.stringify(chatAnswer('hi'))]); });
  await advance(61_000);
  const answer = await world.answer;
  const text = rest(iterator(answer));
  await advance(20_000);
  expect((await text).trimStart().slice(0, 2)).toBe('{"');
  expect(world.settled).toEqual(['200']);
});

test.each([
  ['/v1/chat/completions', chat('one', { stream: true }), ': keepalive\n\n'], ['/v1/messages', messages('one', { stream: true }), 'event: ping\ndata: {"type":"ping"}\n\n'],
])('guarantee E7: %s: 70 s of silence before the first part are bridged by a heartbeat every 15 s', async (path, body, beat) => {
  const world = ask(body, async () => { await after(70_000); return response(200, chatEvents(['hi'])); }, path);
  // Headers are held for 15 s and come with the first heartbeat.
  await advance(14_999);
  expect(await Promise.race([world.answer, turns()])).toBeUndefined();
  await advance(1);
  const read = iterator(await world.answer);
  const arrived: string[] = [];
  const all = (async () => { for (let step = await read.next(); step.done !== true; step = await read.next()) arrived.push(Buffer.from(step.value).toString()); })();
  await turns();
  for (const beats of [1, 2, 3, 4]) {
    expect(arrived).toEqual(Array.from({ length: beats }, () => beat));
    await advance(14_999);
    if (beats < 4) expect(arrived).toHaveLength(beats);
    await advance(1);
  }
  await all;
  expect(arrived.slice(0, 4)).toEqual([beat, beat, beat, beat]);
  expect(arrived.slice(4).join('')).toContain('hi');
  expect(world.settled).toEqual(['200']);
  figure('E7', '70 s before the first part: 4 heartbeats, 15 s apart, in either dialect');
});

test.each([true, false])('a late answer whose client leaves before or after the first pull is settled once (pulled: %s)', async (pulled) => {
  const world = ask(chat('one', { stream: true }), () => new Promise(() => {}));
  await advance(16_000);
  const body = iterator(await world.answer);
  const waiting = pulled ? body.next().then(() => body.next()) : undefined;
  await turns();
  world.leave();
  const returned = body.return?.();
  await turns();
  await waiting;
  await returned;
  expect(world.settled).toEqual(['499']);
});

test('a late failure is one in-band error and is settled once', async () => {
  for (const stream of [true, false]) {
    const world = ask(chat('one', { stream }), async () => { await after(70_000); return response(500, ['{}']); });
    await advance(61_000);
    const text = rest(iterator(await world.answer));
    await advance(20_000);
    expect((await text).match(/"error":\{/g)).toHaveLength(1);
    expect(world.settled).toEqual(['502']);
  }
});

test.each([
  ['/v1/chat/completions', chat('one', { stream: true }), ': keepalive\n\n'], ['/v1/messages', messages('one', { stream: true }), 'event: ping\ndata: {"type":"ping"}\n\n'],
])('translation D102 (streamed): %s: silence before the first token is bridged in the client\'s own way, and a failure after it comes under the 200', async (path, body, beat) => {
  const answers = ask(body, async () => { await after(25_000); return response(200, chatEvents(['hi'])); }, path);
  await advance(16_000);
  const answer = await answers.answer;
  expect(answer.status).toBe(200);
  const read = iterator(answer);
  expect(Buffer.from((await read.next()).value ?? []).toString()).toBe(beat);
  const text = rest(read);
  await advance(10_000);
  const stream = beat + (await text);
  expect(path === '/v1/messages' ? checkMessagesStream(stream) : checkChatStream(stream, false)).toMatchObject(path === '/v1/messages' ? { content: [{ text: 'hi' }], stop_reason: 'end_turn' } : { message: { content: 'hi' } });
  const fails = ask({ ...body, model: 'failing' }, async () => { await after(25_000); return response(500, ['{}']); }, path);
  await advance(16_000);
  const failing = await fails.answer;
  const failed = rest(iterator(failing));
  await advance(10_000);
  expect([failing.status, path === '/v1/messages' ? checkMessagesStream(await failed) : checkChatStream(await failed, false)]).toMatchObject([200, { error: { type: 'api_error' } }]);
  expect([answers.settled, fails.settled]).toEqual([['200'], ['502']]);
});

test('early headers name the attempt in progress, also when it is the second one of the same model', async () => {
  const world = ask(chat('chat', { stream: true }), async (_request, call) => {
    if (call === 1) throw new OutboundError('refused', 'The upstream cannot be reached.', true);
    await after(20_000);
    return response(200, chatEvents(['hi']));
  });
  await advance(16_000);
  const answer = await world.answer;
  expect(world.calls.map(({ body }) => (JSON.parse(Buffer.from(body ?? []).toString()) as { model: string }).model)).toEqual(['up-one', 'up-one']);
  const text = rest(iterator(answer));
  await advance(10_000);
  expect(await text).toContain('hi');
  expect([answer.headers['x-bsg-model'], answer.headers['x-bsg-attempts']]).toEqual(['one', '2']);
});

test('a request that ends its answer leaves no timer behind', async () => {
  for (const model of ['one', 'chat']) {
    for (const stream of [true, false]) {
      const world = ask(chat(model, { stream }), async () => (stream ? response(200, chatEvents(['hi'])) : response(200, [JSON.stringify(chatAnswer('hi'))])));
      await turns();
      const { body } = await world.answer;
      if (Symbol.asyncIterator in body) await rest(body[Symbol.asyncIterator]());
      expect([model, stream, jest.getTimerCount()]).toEqual([model, stream, 0]);
    }
  }
});
