import { Agent } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { GatewayError } from '../../functions/core/errors.ts';
import type { HttpDoorOptions } from '../../functions/gateway/http.ts';
import type { GatewayRequest, GatewayResponse } from '../../functions/gateway/ports.ts';
import { get, openDoor, raw } from '../support/http-client.ts';

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

async function start(handle: HttpDoorOptions['handle'], options: Partial<HttpDoorOptions> = {}) {
  const open = await openDoor(handle, options);
  opened.push(() => open.door.drain(1_000));
  return open;
}

const answer = (text: string, headers: Record<string, string> = {}): GatewayResponse => ({ status: 200, headers, body: Buffer.from(text) });
const failed = async (request: GatewayRequest): Promise<GatewayResponse> => {
  try {
    return answer(`read ${(await request.body()).length}`);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { status: error.failure.status, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(error.failure)) };
  }
};

describe('requests', () => {
  test('method, path, query, headers and body arrive as sent', async () => {
    const seen: unknown[] = [];
    const { port } = await start(async (request) => {
      seen.push(request.method, request.path, [...request.query], request.headers['x-a'], Buffer.from(await request.body()).toString(), request.remainingMs(), request.signal.aborted);
      return answer('ok');
    });
    await get(port, '/v1/messages?beta=true&a=%20b', { body: '{"a":"\u00e9"}', headers: { 'X-A': 'one' } });
    expect(seen).toEqual(['POST', '/v1/messages', [['beta', 'true'], ['a', ' b']], 'one', '{"a":"\u00e9"}', Number.POSITIVE_INFINITY, false]);
  });

  test('a body comes back byte for byte, however it was cut on its way and however often it is asked for', async () => {
    const { port } = await start(async (request) => {
      await request.body();
      return { status: 200, headers: {}, body: await request.body() };
    });
    await fc.assert(fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 3_000 }), { maxLength: 8 }), async (pieces) => {
      const client = raw(port);
      client.socket.write('POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n');
      for (const piece of pieces) {
        client.socket.write(Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]));
        await new Promise((resolve) => { setImmediate(resolve); });
      }
      client.socket.write('0\r\n\r\n');
      await client.closed;
      const got = client.text();
      expect(got.slice(got.indexOf('\r\n\r\n') + 4)).toBe(Buffer.concat(pieces).toString('latin1'));
    }), { numRuns: 25 });
  });

  test('a body of more than 64 KiB with a content-length arrives whole', async () => {
    const { port } = await start(failed);
    expect((await get(port, '/', { body: Buffer.alloc(900_000, 7) })).text).toBe('read 900000');
  });

  test('a repeated credential or host header is handed on as one that no grammar accepts', async () => {
    const seen: unknown[] = [];
    const { port } = await start(async ({ headers }) => {
      seen.push(headers['authorization'], headers['x-api-key'], headers['host']);
      return answer('ok');
    }, { allowedHosts: (host) => host !== 'good, evil' });
    const client = raw(port);
    client.socket.write('GET / HTTP/1.1\r\nhost: good\r\nauthorization: Bearer a\r\nAuthorization: Bearer b\r\nx-api-key: a\r\nx-api-key: b\r\n\r\n');
    await client.until((text) => text.endsWith('ok'));
    expect(seen).toEqual(['Bearer a, Bearer b', 'a, b', 'good']);
    client.socket.write('GET / HTTP/1.1\r\nhost: good\r\nhost: evil\r\n\r\n');
    expect(await client.until((text) => text.includes('that host name'))).toContain('HTTP/1.1 403');
    client.socket.destroy();
  });

  test('conflicting lengths and bytes that are no HTTP get a 400 in JSON and the end of the connection', async () => {
    let handled = 0;
    const { port } = await start(async () => { handled += 1; return answer('ok'); });
    for (const bytes of ['POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabc', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\nabc', '\u0016\u0003\u0001 tls', 'GET / HTTP/1.1\r\nbad header\r\n\r\n']) {
      const client = raw(port);
      client.socket.write(bytes, 'latin1');
      await client.closed;
      const [head = '', body = ''] = client.text().split('\r\n\r\n');
      expect(head).toContain('HTTP/1.1 400 Bad Request');
      expect(JSON.parse(body)).toMatchObject({ type: 'error', error: { code: 'invalid_request' } });
    }
    expect(handled).toBe(0);
  });

  test('a 64 KiB credential reaches the handler', async () => {
    const { port } = await start(async ({ headers }) => answer(String(headers['authorization']?.length)));
    expect((await get(port, '/', { headers: { authorization: 'x'.repeat(65_536) } })).text).toBe('65536');
  });

  test('a host that is not ours is refused before the handler sees it', async () => {
    let handled = 0;
    const { port } = await start(async () => { handled += 1; return answer('ok'); }, { allowedHosts: (host) => host === 'localhost:1' });
    const refused = await get(port, '/', { headers: { host: 'evil.example.com' } });
    expect([refused.status, JSON.parse(refused.text).type, handled]).toEqual([403, 'error', 0]);
    expect((await get(port, '/', { headers: { host: 'localhost:1' } })).text).toBe('ok');
  });
});

describe('bodies past the bound', () => {
  test('are refused by their announced length, before they are sent if the client asks first', async () => {
    const { port } = await start(failed);
    const client = raw(port);
    client.socket.write('POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 5000000\r\n\r\n');
    await client.closed;
    expect(client.text()).toMatch(/^HTTP\/1\.1 413 [\s\S]*connection: close[\s\S]*request_too_large/);
    expect(client.text()).not.toContain('100 Continue');
  });

  test('a client that asks first and fits is told to go on', async () => {
    const { port } = await start(failed);
    const client = raw(port);
    client.socket.write('POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n');
    await client.until((text) => text.includes('100 Continue'));
    client.socket.write('hello');
    await client.until((text) => text.includes('read 5'));
    client.socket.destroy();
  });

  test.each([['content-length', 0], ['chunks', 1]])('the refusal is seen by a client that sends everything first (%s), and its connection lives on', async (_name, chunked) => {
    const { port } = await start(failed);
    const client = raw(port);
    const size = 6 * 1024 * 1024;
    client.socket.write(`POST / HTTP/1.1\r\nhost: x\r\n${chunked ? 'transfer-encoding: chunked' : `content-length: ${size}`}\r\n\r\n`);
    if (chunked) client.socket.write(`${size.toString(16)}\r\n`);
    client.socket.write(Buffer.alloc(size));
    if (chunked) client.socket.write('\r\n0\r\n\r\n');
    await client.until((text) => text.includes('request_too_large'));
    client.socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nhi');
    await client.until((text) => text.includes('read 2'));
    expect(client.text()).toContain('HTTP/1.1 413');
    client.socket.destroy();
  });

  test('exactly the bound is accepted, one byte more is not', async () => {
    const { port } = await start(failed, { maxBodyBytes: 1_000 });
    expect((await get(port, '/', { body: Buffer.alloc(1_000) })).text).toBe('read 1000');
    expect((await get(port, '/', { body: Buffer.alloc(1_001) })).status).toBe(413);
    expect((await get(port, '/', { body: Buffer.alloc(1_001), headers: { 'transfer-encoding': 'chunked' } })).status).toBe(413);
  });
});

describe('answers', () => {
  test('bytes have a length; connections are kept for many requests', async () => {
    const { door, port } = await start(async () => answer('h\u00e9llo', { 'x-request-id': '1', 'content-length': '999' }));
    let connections = 0;
    door.server.on('connection', () => { connections += 1; });
    const agent = new Agent({ keepAlive: true });
    for (let i = 0; i < 10; i += 1) {
      const got = await get(port, '/', { agent });
      expect([got.text, got.headers['content-length'], got.headers['x-request-id']]).toEqual(['h\u00e9llo', '6', '1']);
    }
    expect(connections).toBe(1);
    agent.destroy();
  });

  test('HEAD and 204 have no body and do not disturb the next answer', async () => {
    const { port } = await start(async ({ path }) => (path === '/none' ? { status: 204, headers: {}, body: Buffer.alloc(0) } : answer('body')));
    const client = raw(port);
    client.socket.write('HEAD / HTTP/1.1\r\nhost: x\r\n\r\nGET /none HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    await client.closed;
    expect(client.text().match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 204', 'HTTP/1.1 200']);
    expect(client.text().split('\r\n\r\n').filter((part) => part.startsWith('body'))).toHaveLength(1);
  });

  test('no header text can throw, split the answer or be lost: it is percent-encoded', async () => {
    let value = '';
    const { port } = await start(async () => answer('ok', { 'x-plain': 'a b', 'x-bsg-rule': value, 'bad name': 'x' }));
    for (value of ['\uaddc\uce59 1', 'a\r\nx-evil: 1', 'nul\u0000', '\ud800 alone']) {
      const got = await get(port);
      expect([got.status, got.text, got.headers['x-plain'], got.headers['x-evil']]).toEqual([200, 'ok', 'a b', undefined]);
      expect(decodeURIComponent(String(got.headers['x-bsg-rule']))).toBe(value.toWellFormed());
    }
    await fc.assert(fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 40 }), async (text) => {
      value = text;
      const got = await get(port);
      expect([got.status, got.text, got.headers['x-plain']]).toEqual([200, 'ok', 'a b']);
    }), { numRuns: 200 });
  });

  test('a handler that throws, now or later, is a constant 500 that shows nothing', async () => {
    const { port } = await start(({ path }) => {
      if (path === '/now') throw new Error('secret detail');
      return Promise.reject(new Error('secret detail'));
    });
    const now = await get(port, '/now');
    const later = await get(port, '/later', { body: 'x' });
    expect([now.status, now.headers['content-type'], later.status]).toEqual([500, 'application/json', 500]);
    expect(now.text).toBe(later.text);
    expect(JSON.parse(now.text)).toEqual({ type: 'error', error: { type: 'api_error', code: 'internal_error', message: 'The gateway failed to handle this request.' } });
  });
});

describe('lasting', () => {
  test('drain lets running answers end, closes idle connections, and takes nothing new', async () => {
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => { release = resolve; });
    let entered = (): void => {};
    const inside = new Promise<void>((resolve) => { entered = resolve; });
    const { door, port } = await openDoor(async ({ path }) => {
      if (path === '/slow') { entered(); await gate; }
      return answer('done');
    });
    const idle = raw(port);
    idle.socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await idle.until((text) => text.endsWith('done'));
    const running = get(port, '/slow', { agent: new Agent({ keepAlive: true }) });
    await inside;
    const drained = door.drain(5_000);
    await idle.closed;
    await expect(get(port)).rejects.toThrow();
    release();
    const got = await running;
    expect([got.text, got.headers.connection]).toEqual(['done', 'close']);
    await drained;
  });

  test('drain does not wait longer than it is told', async () => {
    let entered = (): void => {};
    const inside = new Promise<void>((resolve) => { entered = resolve; });
    const { door, port } = await openDoor(() => { entered(); return new Promise(() => {}); });
    const broken = expect(get(port)).rejects.toThrow();
    await inside;
    await door.drain(20);
    await broken;
  });
});
