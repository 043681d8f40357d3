import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { OutboundError, type OutboundRequest } from '../../../functions/adapters/providers/outbound-port.ts';
import { openOutbound } from '../../../functions/adapters/providers/outbound.ts';
import { selfSigned } from '../../support/self-signed.ts';

const NAME = 'models.example.com';
const { key, cert } = selfSigned(NAME);
let connections = 0;
let resumed = 0;
const names: unknown[] = [];
const server = createServer({ key, cert }, (request, response) => {
  request.resume();
  names.push(request.headers.host);
  if (request.url === '/last') response.setHeader('connection', 'close');
  response.end('secure');
});
server.on('secureConnection', (socket) => {
  connections += 1;
  if (socket.isSessionReused()) resumed += 1;
});

beforeAll(() => new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); }));
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const port = (): number => (server.address() as AddressInfo).port;
const open = (host = NAME) => openOutbound({ allowHosts: [host], allowLoopback: false, via: 't', lookup: (_host, done) => done(null, [{ address: '127.0.0.1', family: 4 }]) });
const call = (host = NAME, path = '/v1'): OutboundRequest => ({ method: 'POST', url: `https://${host}:${port()}${path}`, headers: {}, body: Buffer.from('{}'), poolKey: 'k', connectTimeoutMs: 2_000, signal: new AbortController().signal });

async function kindOf(promise: Promise<unknown>): Promise<unknown> {
  const error: unknown = await promise.then(() => undefined, (thrown: unknown) => thrown);
  return error instanceof OutboundError ? [error.kind, error.unsent] : error;
}

describe('https', () => {
  test('a certificate that nobody vouches for is refused before the request is sent, even when the environment says not to check', async () => {
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    const outbound = open();
    expect(await kindOf(outbound.send(call()))).toEqual(['protocol', true]);
    outbound.close();
    if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    expect(names).toEqual([]);
  });

  test('a trusted one is used for its name only; connections are kept and TLS sessions resumed', async () => {
    const before = getCACertificates('default');
    setDefaultCACertificates([...before, cert]);
    const outbound = open();
    connections = 0;
    for (const path of ['/v1', '/v1', '/last', '/v1']) {
      const response = await outbound.send(call(NAME, path));
      const chunks: Uint8Array[] = [];
      for await (const chunk of response.body) chunks.push(chunk);
      expect(Buffer.concat(chunks).toString()).toBe('secure');
    }
    expect([connections, resumed]).toEqual([2, 1]);
    outbound.close();
    const other = open('other.example.com');
    expect(await kindOf(other.send(call('other.example.com')))).toEqual(['protocol', true]);
    other.close();
    setDefaultCACertificates(before);
    expect(new Set(names)).toEqual(new Set([`${NAME}:${port()}`]));
  });
});
