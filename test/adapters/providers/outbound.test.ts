import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, test } from '@jest/globals';
import { DeadConnectionError, OutboundError, type Outbound, type OutboundRequest, type OutboundResponse } from '../../../functions/adapters/providers/outbound-port.ts';
import { openOutbound, type OutboundOptions } from '../../../functions/adapters/providers/outbound.ts';
import { listener, type Listener } from '../../support/listener.ts';

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

function door(options: Partial<OutboundOptions> = {}): Outbound {
  const outbound = openOutbound({ allowHosts: [], allowLoopback: true, via: 'dep1', ...options });
  opened.push(() => outbound.close());
  return outbound;
}

async function upstream(onSocket: Parameters<typeof listener>[0]): Promise<Listener & { url: string }> {
  const trap = await listener(onSocket);
  opened.push(() => trap.close());
  return { ...trap, url: `http://127.0.0.1:${trap.port}/v1/chat/completions` };
}

const call = (url: string, more: Partial<OutboundRequest> = {}): OutboundRequest => ({
  method: 'POST', url, headers: { 'content-type': 'application/json', authorization: 'Bearer canary' }, body: Buffer.from('{"a":1}'), poolKey: 'k', connectTimeoutMs: 2_000, headersTimeoutMs: 5_000,
  signal: new AbortController().signal, ...more,
});

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';

async function text(response: OutboundResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function failureOf(promise: Promise<unknown>): Promise<OutboundError> {
  const error: unknown = await promise.then(() => undefined, (thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OutboundError);
  return error as OutboundError;
}

describe('what is sent', () => {
  test('method, path, query, host, the given headers, via and a measured body; nothing else', async () => {
    let seen = '';
    const server = await upstream((socket) => socket.on('data', (chunk) => {
      seen += chunk.toString();
      if (seen.endsWith('{"a":1}')) socket.write(OK);
    }));
    const outbound = door();
    const response = await outbound.send(call(`${server.url}?api-version=1`, { headers: { 'x-api-key': 'k1', host: 'evil', 'Content-Length': '99', connection: 'close', via: 'x' } }));
    expect([response.status, await text(response)]).toEqual([200, 'ok']);
    const [head = '', body] = seen.split('\r\n\r\n');
    expect(body).toBe('{"a":1}');
    expect(head.toLowerCase().split('\r\n').sort()).toEqual(['content-length: 7', `host: 127.0.0.1:${server.port}`, 'post /v1/chat/completions?api-version=1 http/1.1', 'via: bsgateway/dep1', 'x-api-key: k1']);
  });

  test('a header that HTTP cannot carry is refused before a byte is sent, and no error shows it', async () => {
    const server = await upstream(() => {});
    const outbound = door();
    for (const value of ['a\r\nx-evil: 1', 'snow\u2603man', 'nul\u0000']) {
      const error = await failureOf(outbound.send(call(server.url, { headers: { authorization: value } })));
      expect([error.kind, error.unsent, error.cause]).toEqual(['protocol', true, undefined]);
      expect(error.message).not.toContain(value);
    }
    expect(server.bytes()).toBe(0);
  });

  test('no error shows a URL, a header or a body', async () => {
    const server = await upstream((socket) => socket.once('data', () => socket.end('SECRET-ANSWER nonsense\r\n\r\n')));
    const outbound = door({ lookup: (_host, done) => done(new Error('getaddrinfo secret-host'), []) });
    const errors = [
      await failureOf(outbound.send(call(server.url))), await failureOf(outbound.send(call('https://secret-host.example.com/secret-path'))), await failureOf(outbound.send(call('http://secret-host/secret-path'))),
      await failureOf(outbound.send(call('http://127.0.0.1:1/secret-path'))),
    ];
    expect(errors.map(({ kind }) => kind)).toEqual(['protocol', 'dns', 'invalid_url', 'refused']);
    for (const error of errors) expect(`${error.message} ${error.stack} ${String(error.cause)}`).not.toMatch(/secret-host|secret-path|SECRET|canary|127\.0\.0\.1:/);
  });
});

describe('connections', () => {
  test('are kept and reused within one credential, never shared between two', async () => {
    const server = await upstream((socket) => socket.on('data', () => socket.write(OK)));
    const outbound = door();
    for (let i = 0; i < 5; i += 1) await text(await outbound.send(call(server.url)));
    expect(server.connections()).toBe(1);
    await text(await outbound.send(call(server.url, { poolKey: 'other' })));
    expect(server.connections()).toBe(2);
  });

  test('an answer dropped after its end is there keeps its connection; one dropped midway does not', async () => {
    const server = await upstream((socket, index) => socket.on('data', () => socket.write(index === 0 ? OK : `${CHUNKED}5\r\nhello\r\n`)));
    const outbound = door();
    (await outbound.send(call(server.url))).abort();
    await new Promise((resolve) => { setImmediate(resolve); });
    await text(await outbound.send(call(server.url)));
    expect(server.connections()).toBe(1);
    const midway = await outbound.send(call(server.url, { poolKey: 'other' }));
    const iterator = midway.body[Symbol.asyncIterator]();
    await iterator.next();
    const gone = new Promise((resolve) => { server.sockets[1]?.on('close', resolve); });
    midway.abort();
    midway.abort();
    expect((await failureOf(iterator.next())).kind).toBe('aborted');
    await gone;
  });

  test('an answer whose terminating chunk comes just after it was dropped keeps its connection', async () => {
    const server = await upstream((socket) => socket.on('data', () => socket.write(`${CHUNKED}5\r\nhello\r\n`)));
    const outbound = door();
    const response = await outbound.send(call(server.url));
    await response.body[Symbol.asyncIterator]().next();
    response.abort();
    server.sockets[0]?.write('0\r\n\r\n');
    // The next request is sent only when the end was read: wait for it on the same connection's own turn.
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => { setImmediate(resolve); });
    (await outbound.send(call(server.url))).abort();
    expect(server.connections()).toBe(1);
  });

  test('a kept connection that died before any byte of an answer is replaced once', async () => {
    let requests = 0;
    const server = await upstream((socket, index) => socket.on('data', () => {
      requests += 1;
      if (index === 0 && requests === 2) socket.destroy();
      else socket.write(OK);
    }));
    const outbound = door();
    await text(await outbound.send(call(server.url)));
    expect(await text(await outbound.send(call(server.url)))).toBe('ok');
    expect([server.connections(), requests]).toEqual([2, 3]);
  });

  test('a kept connection that dies later than a dead one would is not tried again', async () => {
    let now = 0;
    let requests = 0;
    const server = await upstream((socket) => socket.on('data', () => {
      requests += 1;
      if (requests === 1) socket.write(OK);
      else {
        now += 501;
        socket.destroy();
      }
    }));
    const outbound = door({ elapsed: () => now });
    await text(await outbound.send(call(server.url)));
    expect((await failureOf(outbound.send(call(server.url)))).kind).toBe('reset');
    expect(requests).toBe(2);
  });

  test('whoever counts calls is told of a dead connection instead of a second call in silence', async () => {
    let requests = 0;
    const server = await upstream((socket) => socket.on('data', () => {
      requests += 1;
      if (requests === 1) socket.write(OK);
      else socket.destroy();
    }));
    const outbound = door();
    await text(await outbound.send(call(server.url)));
    let sent = 0;
    const error = await failureOf(outbound.send(call(server.url, { onDead: 'throw', onSent: () => { sent += 1; } })));
    expect([error instanceof DeadConnectionError, error.unsent, sent, requests]).toEqual([true, false, 1, 2]);
  });

  test('a fresh connection that dies is not tried again', async () => {
    const server = await upstream((socket) => socket.on('data', () => socket.destroy()));
    const error = await failureOf(door().send(call(server.url)));
    expect([error.kind, error.unsent, server.connections()]).toEqual(['reset', false, 1]);
  });

  test('a kept connection that dies after a byte of an answer is not tried again, and a second death is final', async () => {
    let requests = 0;
    const server = await upstream((socket, index) => socket.on('data', () => {
      requests += 1;
      if (requests === 1) socket.write(OK);
      else if (index === 0) socket.end('HTTP/1.1 2');
      else socket.destroy();
    }));
    const outbound = door();
    await text(await outbound.send(call(server.url)));
    const partial = await failureOf(outbound.send(call(server.url)));
    expect([partial.unsent, requests]).toEqual([false, 2]);
    expect(['reset', 'protocol']).toContain(partial.kind);
    expect((await failureOf(outbound.send(call(server.url)))).kind).toBe('reset');
    expect([server.connections(), requests]).toEqual([2, 3]);
  });

  test('a connection that lay idle longer than the limit is not used again, even if its timer never ran', async () => {
    let now = 0;
    const server = await upstream((socket) => socket.on('data', () => socket.write(OK)));
    const outbound = door({ elapsed: () => now });
    for (now of [1, 4_000, 8_001]) await text(await outbound.send(call(server.url)));
    expect(server.connections()).toBe(2);
  });

  test('300 credentials do not mean 300 idle connections', async () => {
    const server = await upstream((socket) => socket.on('data', () => socket.write(OK)));
    const outbound = door();
    for (let i = 0; i < 300; i += 1) await text(await outbound.send(call(server.url, { poolKey: `k${i}` })));
    expect(server.sockets.filter((socket) => !socket.readableEnded && !socket.destroyed).length).toBeLessThanOrEqual(260);
    await text(await outbound.send(call(server.url, { poolKey: 'k299' })));
    expect(server.connections()).toBe(300);
  });
});

describe('waiting', () => {
  test('a resolver or a TLS handshake that never ends is a connect timeout, nothing sent', async () => {
    const silent = await upstream(() => {});
    const cases = [
      door({ lookup: () => {} }).send(call('https://api.example.com/v1', { connectTimeoutMs: 30 })),
      door().send(call(`https://127.0.0.1:${silent.port}/v1`, { connectTimeoutMs: 30 })),
    ];
    for (const pending of cases) {
      const error = await failureOf(pending);
      expect([error.kind, error.unsent]).toEqual(['connect_timeout', true]);
    }
  });

  test('headers that do not come are a headers timeout, and the connection is dropped', async () => {
    const server = await upstream(() => {});
    const pending = door().send(call(server.url, { headersTimeoutMs: 50 }));
    const error = await failureOf(pending);
    expect([error.kind, error.unsent]).toEqual(['headers_timeout', false]);
    const [socket] = server.sockets;
    if (socket !== undefined && !socket.destroyed) await new Promise((resolve) => { socket.on('close', resolve); });
  });

  test('an abort ends the call before it, while connecting, while waiting and while reading; no listener stays', async () => {
    const server = await upstream((socket) => socket.on('data', (chunk) => { if (chunk.includes('stream')) socket.write(`${CHUNKED}5\r\nhello\r\n`); }));
    expect((await failureOf(door().send(call(server.url, { signal: AbortSignal.abort() })))).unsent).toBe(true);

    const connecting = new AbortController();
    const first = door({ lookup: () => connecting.abort() }).send(call('https://api.example.com/v1', { signal: connecting.signal }));
    const whileConnecting = await failureOf(first);
    expect([whileConnecting.kind, whileConnecting.unsent]).toEqual(['aborted', true]);

    const waiting = new AbortController();
    const seen = new Promise((resolve) => { server.sockets.length = 0; const check = (): void => { if (server.bytes() > 0) resolve(undefined); else setImmediate(check); }; check(); });
    const second = failureOf(door().send(call(server.url, { signal: waiting.signal })));
    await seen;
    waiting.abort();
    const whileWaiting = await second;
    expect([whileWaiting.kind, whileWaiting.unsent]).toEqual(['aborted', false]);

    const reading = new AbortController();
    const response = await door().send(call(server.url, { signal: reading.signal, body: Buffer.from('stream') }));
    const iterator = response.body[Symbol.asyncIterator]();
    expect(Buffer.from((await iterator.next()).value ?? []).toString()).toBe('hello');
    const next = iterator.next();
    reading.abort();
    expect((await failureOf(next)).kind).toBe('aborted');
    for (const { signal } of [connecting, waiting, reading]) expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  test('a signal outlives many calls without gathering listeners', async () => {
    const server = await upstream((socket) => socket.on('data', () => socket.write(OK)));
    const outbound = door();
    const { signal } = new AbortController();
    for (let i = 0; i < 20; i += 1) await text(await outbound.send(call(server.url, { signal })));
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

describe('answers', () => {
  test.each([
    ['chunks without the terminating one', `${CHUNKED}5\r\nhello\r\n`],
    ['half a chunk', `${CHUNKED}a\r\nhello`],
    ['less than content-length', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello'],
  ])('%s: what came is handed out, then the reader is told of the break', async (_name, bytes) => {
    for (const how of ['end', 'reset'] as const) {
      const server = await upstream((socket) => socket.on('data', () => {
        socket.write(bytes, () => { if (how === 'end') socket.end(); });
      }));
      const response = await door().send(call(server.url));
      const iterator = response.body[Symbol.asyncIterator]();
      expect(Buffer.from((await iterator.next()).value ?? []).toString()).toBe('hello');
      if (how === 'reset') server.sockets[0]?.resetAndDestroy();
      const error = await failureOf(iterator.next());
      expect([error.kind, error.unsent]).toEqual(['reset', false]);
    }
  });

  test('an answer that ends with its connection is complete when the connection ends, and broken when it is reset', async () => {
    const server = await upstream((socket, index) => socket.on('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello', () => { if (index === 0) socket.end(); });
    }));
    const outbound = door();
    expect(await text(await outbound.send(call(server.url)))).toBe('hello');
    const response = await outbound.send(call(server.url));
    const iterator = response.body[Symbol.asyncIterator]();
    await iterator.next();
    server.sockets[1]?.resetAndDestroy();
    expect((await failureOf(iterator.next())).kind).toBe('reset');
  });

  test('headers are lower-case and joined; interim answers are skipped; an upgrade is refused', async () => {
    const server = await upstream((socket, index) => socket.on('data', () => {
      socket.write(index > 0 ? 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n'
        : 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nX-A: 1\r\nx-a: 2\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    }));
    const outbound = door();
    const response = await outbound.send(call(server.url));
    expect([response.status, response.headers['retry-after'], response.headers['x-a'], response.headers['set-cookie']]).toEqual([429, '7', '1, 2', 'a=1, b=2']);
    await text(response);
    expect(['reset', 'protocol']).toContain((await failureOf(outbound.send(call(server.url)))).kind);
  });
});
