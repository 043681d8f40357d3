import { afterEach, describe, expect, test } from '@jest/globals';
import { openOutbound } from '../../functions/adapters/providers/outbound.ts';
import type { HttpDoorOptions } from '../../functions/gateway/http.ts';
import type { GatewayRequest, GatewayResponse } from '../../functions/gateway/ports.ts';
import { percentile } from '../support/figure.ts';
import { full } from '../support/full.ts';
import { get, openDoor, raw } from '../support/http-client.ts';
import { scriptedUpstream } from '../support/scripted-upstream.ts';

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

async function start(handle: HttpDoorOptions['handle']) {
  const open = await openDoor(handle);
  opened.push(() => open.door.drain(1_000));
  return open;
}

const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });
const stream = (body: AsyncIterable<Uint8Array>): GatewayResponse => ({ status: 200, headers: { 'content-type': 'text/event-stream' }, body });
const REQUEST = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';

/** A stream that watches what the door does with it. */
class Watched implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  pulls = 0;
  returns = 0;
  ends = 0;
  readonly #next: (pull: number) => Promise<Uint8Array | undefined>;
  #left: (() => void) | undefined;
  constructor(next: (pull: number) => Promise<Uint8Array | undefined>) {
    this.#next = next;
  }
  [Symbol.asyncIterator](): this {
    return this;
  }
  async next(): Promise<IteratorResult<Uint8Array>> {
    this.pulls += 1;
    const value = await Promise.race([this.#next(this.pulls), new Promise<undefined>((resolve) => { this.#left = () => resolve(undefined); })]);
    if (value === undefined) this.ends += 1;
    return value === undefined ? { done: true, value } : { done: false, value };
  }
  async return(): Promise<IteratorResult<Uint8Array>> {
    this.returns += 1;
    this.#left?.();
    return { done: true, value: undefined };
  }
}

describe('streams', () => {
  test('pieces arrive as they are yielded, each before the next is made', async () => {
    let go = (): void => {};
    const { port } = await start(async () => stream((async function* () {
      for (let i = 0; i < 5; i += 1) {
        yield Buffer.from(`data: ${i}\n\n`);
        await new Promise<void>((resolve) => { go = resolve; });
      }
    })()));
    const client = raw(port);
    client.socket.write(REQUEST);
    for (let i = 0; i < 5; i += 1) {
      await client.until((text) => text.includes(`data: ${i}\n\n`));
      expect(client.text()).not.toContain(`data: ${i + 1}`);
      go();
    }
    await client.until((text) => text.endsWith('0\r\n\r\n'));
    client.socket.destroy();
  });

  test('a stream read to its end is not given return(), and its connection is kept', async () => {
    const watched: Watched[] = [];
    const { door, port } = await start(async () => {
      const one = new Watched(async (pull) => (pull <= 3 ? Buffer.from('x') : undefined));
      watched.push(one);
      return stream(one);
    });
    let connections = 0;
    door.server.on('connection', () => { connections += 1; });
    const client = raw(port);
    client.socket.write(REQUEST);
    await client.until((text) => text.endsWith('0\r\n\r\n'));
    client.socket.write(REQUEST);
    await client.until((text) => text.split('0\r\n\r\n').length === 3);
    client.socket.destroy();
    expect(watched.map(({ pulls, returns, ends }) => [pulls, returns, ends])).toEqual([[4, 0, 1], [4, 0, 1]]);
    expect(connections).toBe(1);
  });

  test('a stream that throws before its first piece is a 500; after it, a visibly broken answer', async () => {
    const { port } = await start(async ({ path }) => stream((async function* () {
      if (path === '/late') yield Buffer.from('data: 1\n\n');
      throw new Error('secret detail');
    })()));
    const early = await get(port, '/early');
    expect([early.status, JSON.parse(early.text).error.code]).toEqual([500, 'internal_error']);
    await expect(get(port, '/late')).rejects.toThrow();
    const client = raw(port);
    client.socket.write('GET /late HTTP/1.1\r\nhost: x\r\n\r\n');
    await client.closed;
    expect(client.text()).toContain('data: 1');
    expect(client.text()).not.toMatch(/0\r\n\r\n$|secret/);
  });

  test('what the client does not read is not pulled, and all of it arrives once it reads', async () => {
    const piece = Buffer.alloc(64 * 1024, 97);
    const total = 512;
    let watched: Watched | undefined;
    const { port } = await start(async () => {
      watched = new Watched(async (pull) => (pull <= total ? piece : undefined));
      return stream(watched);
    });
    const client = raw(port);
    client.socket.removeAllListeners('data');
    client.socket.pause();
    client.socket.write(REQUEST);
    // Pulled until the kernel's buffers are full, then nothing for 2,000 turns of the event loop.
    for (let before = -1, still = 0; still < 2_000; still = watched?.pulls === before ? still + 1 : 0) {
      before = watched?.pulls ?? -1;
      await turn();
    }
    const stalled = watched?.pulls ?? 0;
    expect(stalled).toBeGreaterThan(0);
    expect(stalled).toBeLessThan(total);
    let bytes = 0;
    let tail = '';
    client.socket.on('data', (chunk) => {
      bytes += chunk.length;
      tail = (tail + chunk.toString('latin1')).slice(-7);
      if (tail.endsWith('0\r\n\r\n')) client.socket.destroy();
    });
    client.socket.resume();
    await client.closed;
    expect(bytes).toBeGreaterThan(total * piece.length);
    expect([watched?.pulls, watched?.returns]).toEqual([total + 1, 0]);
  });
});

/** Within 100 ms, half of the time: a pause of the whole machine makes no fault; what hangs is far above both. */
function expectPrompt(delaysMs: readonly number[]): void {
  expect(percentile(delaysMs, 50)).toBeLessThan(100);
  expect(Math.max(...delaysMs)).toBeLessThan(2_000);
}

describe('the client leaves', () => {
  test('at any of many offsets: the stream gets return() once, signal aborts once, the door is free again', async () => {
    let seed = 20_261_120;
    const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    const rounds = full(100);
    const seen: { watched: Watched; aborts: number }[] = [];
    let note = (): void => {};
    const { door, port } = await start(async (request: GatewayRequest) => {
      const entry = { watched: new Watched(async () => { await turn(); return Buffer.from('data: {"a":1}\n\n'); }), aborts: 0 };
      request.signal.addEventListener('abort', () => { entry.aborts += 1; note(); });
      seen.push(entry);
      return stream(entry.watched);
    });
    const delays: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const aborted = new Promise<void>((resolve) => { note = resolve; });
      const client = raw(port);
      client.socket.write(REQUEST);
      const offset = 1 + Math.floor(random() * 4_000);
      await client.until((text) => text.length >= offset);
      if (round % 2 === 0) client.socket.destroy();
      else client.socket.resetAndDestroy();
      const before = performance.now();
      await aborted;
      delays.push(performance.now() - before);
    }
    expectPrompt(delays);
    await door.drain(1_000);
    expect(seen).toHaveLength(rounds);
    expect(seen.filter(({ watched, aborts }) => watched.returns !== 1 || aborts !== 1)).toEqual([]);
  });

  test('while the stream is silent, while it waits for the client, or before the answer began: return() still comes', async () => {
    const never = (): Promise<undefined> => new Promise(() => {});
    const cases: Record<string, Watched> = {
      '/silent': new Watched((pull) => (pull === 1 ? Promise.resolve(Buffer.from('first')) : never())),
      '/full': new Watched(async () => Buffer.alloc(1024 * 1024)),
      '/before': new Watched(never),
      '/unanswered': new Watched(async () => Buffer.from('x')),
    };
    let left = (): void => {};
    let entered = (): void => {};
    const { door, port } = await start(async ({ path, signal }) => {
      entered();
      if (path === '/unanswered') await new Promise<void>((resolve) => { left = resolve; signal.addEventListener('abort', () => resolve()); });
      const watched = cases[path];
      if (watched === undefined) throw new Error('no such case');
      return stream(watched);
    });
    for (const path of Object.keys(cases)) {
      const client = raw(port);
      const inside = new Promise<void>((resolve) => { entered = resolve; });
      client.socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
      if (path === '/silent') await client.until((text) => text.includes('first'));
      else if (path === '/full') await client.until((text) => text.includes('HTTP/1.1 200'));
      else await inside;
      client.socket.destroy();
    }
    await door.drain(2_000);
    left();
    expect(Object.entries(cases).map(([path, { returns }]) => [path, returns])).toEqual(Object.keys(cases).map((path) => [path, 1]));
    expect(cases['/unanswered']?.pulls).toBe(0);
  });

  test('drain waits for the end of a stream whose client has left', async () => {
    let settled = false;
    let settle = (): void => {};
    const gate = new Promise<void>((resolve) => { settle = resolve; });
    let aborted = (): void => {};
    const left = new Promise<void>((resolve) => { aborted = resolve; });
    const { door, port } = await openDoor(async ({ signal }) => stream((async function* () {
      try {
        yield Buffer.from('first');
        await new Promise<void>((resolve) => { signal.addEventListener('abort', () => { aborted(); resolve(); }); });
      } finally {
        await gate;
        settled = true;
      }
    })()));
    const client = raw(port);
    client.socket.write(REQUEST);
    await client.until((text) => text.includes('first'));
    client.socket.destroy();
    await left;
    const drained = door.drain(5_000);
    settle();
    await drained;
    expect(settled).toBe(true);
  });

  test('through the whole door: the upstream connection ends within 100 ms', async () => {
    let gone = (): void => {};
    const upstream = await scriptedUpstream((_received, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('data: x\n\n'), 2);
      response.on('close', () => { clearInterval(timer); gone(); });
    });
    const outbound = openOutbound({ allowHosts: [], allowLoopback: true, via: 't' });
    const { port } = await start(async ({ signal }) => {
      const response = await outbound.send({ method: 'POST', url: `${upstream.baseUrl}/x`, headers: {}, body: Buffer.from('{}'), poolKey: 'k', connectTimeoutMs: 1_000, signal });
      return stream(response.body);
    });
    const delays: number[] = [];
    for (let round = 0; round < 10; round += 1) {
      const upstreamGone = new Promise<void>((resolve) => { gone = resolve; });
      const client = raw(port);
      client.socket.write(REQUEST);
      await client.until((text) => text.includes('data: x'));
      const before = performance.now();
      client.socket.destroy();
      await upstreamGone;
      delays.push(performance.now() - before);
    }
    expectPrompt(delays);
    outbound.close();
    await upstream.close();
  });
});
