import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { parseUpstreamUrl } from '../../functions/core/safe-url.ts';
import type { Resolve } from '../../functions/adapters/providers/address.ts';
import { OutboundError, type OutboundRequest } from '../../functions/adapters/providers/outbound-port.ts';
import { openOutbound } from '../../functions/adapters/providers/outbound.ts';
import { HOSTILE_URLS } from '../support/hostile-urls.ts';
import { listener } from '../support/listener.ts';
import { figure } from '../support/figure.ts';

/** The one port beside 443 that a public name may have, so a trap there would be reached if the guard let it. */
const TRAP_PORT = 8443;

const call = (url: string): OutboundRequest => ({
  method: 'POST', url, headers: { authorization: 'Bearer canary' }, body: Buffer.from('{"prompt":"canary"}'), poolKey: 'k', connectTimeoutMs: 2_000, headersTimeoutMs: 2_000, signal: new AbortController().signal,
});

async function failureOf(promise: Promise<unknown>): Promise<OutboundError> {
  const error: unknown = await promise.then(() => undefined, (thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OutboundError);
  return error as OutboundError;
}

describe('the outbound guard', () => {
  test('guarantee F1: 300 hostile base URLs are refused at save and at use, before any name is resolved', async () => {
    expect(HOSTILE_URLS.length).toBeGreaterThanOrEqual(300);
    let resolved = 0;
    const outbound = openOutbound({ allowHosts: [], allowLoopback: false, via: 'test', lookup: (_host, done) => { resolved += 1; done(null, []); } });
    const passed: string[] = [];
    for (const url of HOSTILE_URLS) {
      if (parseUpstreamUrl(url, { allowHosts: [], allowLoopback: false }).ok) passed.push(`save ${url}`);
      const error = await failureOf(outbound.send(call(url)));
      if (!['invalid_url', 'blocked_address'].includes(error.kind) || !error.unsent) passed.push(`use ${url}: ${error.kind}`);
    }
    outbound.close();
    expect(passed).toEqual([]);
    expect(resolved).toBe(0);
    figure('F1', `${HOSTILE_URLS.length} hostile URLs refused at use, 0 names resolved`);
  });

  test('guarantee F1: where loopback is allowed, none of them reaches anything but loopback', () => {
    const passed = HOSTILE_URLS.flatMap((url) => {
      const result = parseUpstreamUrl(url, { allowHosts: [], allowLoopback: true });
      return result.ok ? [result.url] : [];
    });
    expect(passed.length).toBeGreaterThan(0);
    expect(new Set(passed.map(({ host }) => host))).toEqual(new Set(['127.0.0.1', '127.1.2.3', '::1', 'localhost']));
  });

  const answers = (...list: string[]): Parameters<Parameters<Resolve>[1]>[1] => list.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  const PUBLIC = '93.184.216.34';
  const mixes: [string, string[]][] = [
    ['loopback alone', ['127.0.0.1']], ['public, then loopback', [PUBLIC, '127.0.0.1']], ['loopback, then public', ['127.0.0.1', PUBLIC]], ['public A, loopback AAAA', [PUBLIC, '::1']],
    ['mapped loopback', ['::ffff:127.0.0.1']], ['public and translated loopback', [PUBLIC, '64:ff9b::7f00:1']], ['public and 6to4 loopback', [PUBLIC, '2002:7f00:1::1']], ['metadata service', ['169.254.169.254']], ['unspecified', ['0.0.0.0']],
  ];

  test.each(mixes)('guarantee F2: a name that resolves to %s is not connected to', async (_name, list) => {
    const trap = await listener(undefined, TRAP_PORT);
    const outbound = openOutbound({ allowHosts: [], allowLoopback: false, via: 'test', lookup: (_host, done) => done(null, answers(...list)) });
    expect((await failureOf(outbound.send(call('https://rebind.example.com:8443/v1')))).kind).toBe('blocked_address');
    outbound.close();
    expect([trap.connections(), trap.bytes()]).toEqual([0, 0]);
    await trap.close();
  });

  test('guarantee F2: the same trap does catch bytes when the operator named the host', async () => {
    const trap = await listener((socket) => socket.once('data', () => socket.destroy()), TRAP_PORT);
    const outbound = openOutbound({ allowHosts: ['rebind.example.com'], allowLoopback: false, via: 'test', lookup: (_host, done) => done(null, answers('127.0.0.1')) });
    await failureOf(outbound.send(call('https://rebind.example.com:8443/v1')));
    outbound.close();
    expect(trap.bytes()).toBeGreaterThan(0);
    await trap.close();
  });

  test('guarantee F2: a name that is public at first and private later is refused on its next connection', async () => {
    let asked = 0;
    const lookup: Resolve = (_host, done) => done(null, answers((asked += 1) === 1 ? '127.0.0.1' : '10.0.0.1'));
    const trap = await listener((socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')));
    const outbound = openOutbound({ allowHosts: [], allowLoopback: true, via: 'test', lookup });
    const url = `http://localhost:${trap.port}/v1`;
    const first = await outbound.send(call(url));
    expect(first.status).toBe(200);
    first.abort();
    const error = await failureOf(outbound.send(call(url)));
    expect([error.kind, error.unsent, asked]).toEqual(['blocked_address', true, 2]);
    outbound.close();
    await trap.close();
  });

  test('guarantee F2: a resolver whose answer changes between the check and the connection gets 0 bytes', async () => {
    const trap = await listener(undefined, TRAP_PORT);
    let reads = 0;
    // The first read is the check's; whoever connects reads the address again.
    const shifty = { family: 4, get address() { return (reads += 1) === 1 ? PUBLIC : '127.0.0.1'; } };
    const outbound = openOutbound({ allowHosts: [], allowLoopback: false, via: 'test', lookup: (_host, done) => done(null, [shifty]) });
    const error = await failureOf(outbound.send(call('https://rebind.example.com:8443/v1')));
    outbound.close();
    expect([error.kind, error.unsent]).toEqual(['blocked_address', true]);
    expect(reads).toBeGreaterThan(1);
    expect(trap.bytes()).toBe(0);
    await trap.close();
    figure('F2', `${mixes.length} mixes of answers and 2 kinds of rebinding: 0 bytes`);
  });

  test.each([301, 302, 303, 307, 308])('guarantee F3: a %i to another origin is not followed and the second server sees nothing', async (status) => {
    const second = await listener();
    const first = createServer((request, response) => {
      request.resume();
      response.writeHead(status, { location: `http://127.0.0.1:${second.port}/v1/chat/completions` }).end('go there');
    });
    await new Promise<void>((resolve) => { first.listen(0, '127.0.0.1', resolve); });
    const outbound = openOutbound({ allowHosts: [], allowLoopback: true, via: 'test' });
    const error = await failureOf(outbound.send(call(`http://127.0.0.1:${(first.address() as AddressInfo).port}/v1/chat/completions`)));
    expect([error.kind, error.unsent]).toEqual(['redirect', false]);
    outbound.close();
    expect([second.connections(), second.bytes()]).toEqual([0, 0]);
    await second.close();
    first.closeAllConnections();
    await new Promise((resolve) => { first.close(resolve); });
    figure('F3', '5 statuses: the second server saw 0 connections');
  });
});
