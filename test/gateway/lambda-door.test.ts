import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { dropSockets } from '../../functions/adapters/aws/idle-sockets.ts';
import { readAwsEnvironment, roleCredentials } from '../../functions/adapters/aws/environment.ts';
import { LambdaBody } from '../../functions/gateway/lambda-body.ts';
import type { LambdaDoorOptions, LambdaHandler } from '../../functions/gateway/lambda-door.ts';
import { isProxyEvent, LambdaRequest } from '../../functions/gateway/lambda-request.ts';
import type { GatewayRequest, GatewayResponse } from '../../functions/gateway/ports.ts';
import { proxyEvent } from '../support/runtime-api.ts';
import { figure } from '../support/figure.ts';

const context = { getRemainingTimeInMillis: () => 60_000 };
function requestOf(event: Record<string, unknown>, maxBodyBytes = 1_000): GatewayRequest {
  if (!isProxyEvent(event)) throw new Error('no proxy event');
  return new LambdaRequest(event, context, maxBodyBytes, () => {});
}

describe('a REST API\'s event as a request', () => {
  test('the path has neither stage nor a custom domain\'s base path', () => {
    expect(requestOf(proxyEvent('GET', '/v1/models')).path).toBe('/v1/models');
    expect(requestOf({ ...proxyEvent('GET', '/llm/v1/models'), pathParameters: { proxy: 'v1/models' } }).path).toBe('/v1/models');
    expect(requestOf({ ...proxyEvent('GET', '/v1/models/a%2Fb'), pathParameters: { proxy: 'v1/models/a/b' } }).path).toBe('/v1/models/a%2Fb');
    expect(requestOf({ ...proxyEvent('GET', '/health'), resource: '/health', pathParameters: null }).path).toBe('/health');
  });

  test('header names are lower-case, repeated headers joined, and no name reaches an object\'s prototype', () => {
    const { headers } = requestOf({ ...proxyEvent('GET', '/x'), multiValueHeaders: { 'X-Api-Key': ['a'], 'x-api-key': ['b'], __proto__x: ['c'], constructor: ['d'] } });
    expect({ ...headers }).toEqual({ 'x-api-key': 'a, b', __proto__x: 'c', constructor: 'd' });
    expect(headers['tostring']).toBeUndefined();
    expect(requestOf({ ...proxyEvent('GET', '/x', { headers: { Accept: 'json' } }), multiValueHeaders: null }).headers['accept']).toBe('json');
  });

  test('repeated query parameters are all kept, in order', () => {
    const event = { ...proxyEvent('GET', '/x'), multiValueQueryStringParameters: { by: ['model', 'key'], q: ['ä&='] } };
    expect([...requestOf(event).query]).toEqual([['by', 'model'], ['by', 'key'], ['q', 'ä&=']]);
    expect([...requestOf(proxyEvent('GET', '/x')).query]).toEqual([]);
  });

  test('any bytes survive base64, and a body is refused exactly when it is longer than the bound', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.nat(300), async (bytes, bound) => {
      const request = requestOf({ ...proxyEvent('POST', '/x'), body: Buffer.from(bytes).toString('base64'), isBase64Encoded: true }, bound);
      if (bytes.length > bound) await expect(request.body()).rejects.toMatchObject({ failure: { code: 'request_too_large' } });
      else expect(Buffer.from(await request.body()).equals(bytes)).toBe(true);
    }));
    expect(Buffer.from(await requestOf({ ...proxyEvent('POST', '/x'), body: 'ä' }).body()).toString()).toBe('ä');
    expect(await requestOf(proxyEvent('GET', '/x')).body()).toHaveLength(0);
  });
});

/** A source that counts what is asked of it. */
function source(chunks: readonly Uint8Array[], endless = false): AsyncIterable<Uint8Array> & { pulled: number; returned: number } {
  const found = {
    pulled: 0, returned: 0,
    [Symbol.asyncIterator]: () => ({
      async next(): Promise<IteratorResult<Uint8Array, undefined>> {
        const value = chunks[endless ? 0 : found.pulled];
        found.pulled += 1;
        return value === undefined ? { done: true, value: undefined } : { done: false, value };
      },
      async return(): Promise<IteratorResult<Uint8Array, undefined>> {
        await new Promise(setImmediate);
        found.returned += 1;
        return { done: true, value: undefined };
      },
    }),
  };
  return found;
}

describe('an answer\'s body', () => {
  test('comes whole, empty chunks included, and a finished source is not returned to', async () => {
    const from = source([Buffer.from('a'), Buffer.alloc(0), Buffer.from('b')]);
    const body = new LambdaBody(from, 60_000);
    expect(Buffer.concat(await body.toArray()).toString()).toBe('ab');
    await body.settled;
    expect(from.returned).toBe(0);
  });

  test('what is not read is not pulled, beyond a few chunks', async () => {
    const from = source([Buffer.alloc(4_096)], true);
    const body = new LambdaBody(from, 60_000);
    body.read(0);
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
    expect(from.pulled).toBeLessThanOrEqual(6);
    body.destroy();
    await body.settled;
    expect(from.returned).toBe(1);
  });

  test('guarantee D3: a source that still runs shortly before the end is closed once, though nobody reads', async () => {
    const from = source([Buffer.alloc(64 * 1024)], true);
    const body = new LambdaBody(from, 1);
    body.read(0);
    await body.settled;
    expect({ returned: from.returned, destroyed: body.destroyed }).toEqual({ returned: 1, destroyed: true });
    figure('D3', 'a body nobody reads is closed once');
  });

  test('a source that throws breaks the answer and is not asked again', async () => {
    let asked = 0;
    const body = new LambdaBody({ [Symbol.asyncIterator]: () => ({ next: () => { asked += 1; return Promise.reject(new Error('broken')); } }) }, 60_000);
    await expect(body.toArray()).rejects.toThrow('broken');
    await body.settled;
    expect(asked).toBe(1);
  });
});

describe('the Lambda door', () => {
  let lambdaDoor: (options: LambdaDoorOptions) => LambdaHandler;
  beforeAll(async () => {
    (globalThis as { awslambda?: object }).awslambda = {
      streamifyResponse: (handler: unknown) => handler,
      HttpResponseStream: { from: (stream: PassThrough & { prelude?: object }, prelude: object) => Object.assign(stream, { prelude }) },
    };
    ({ lambdaDoor } = await import('../../functions/gateway/lambda-door.ts'));
  });

  const options = (handle: LambdaDoorOptions['handle'], extra: Partial<LambdaDoorOptions> = {}): LambdaDoorOptions =>
    ({ handle, maxBodyBytes: 1_000, dropConnections: () => {}, now: () => 0, ...extra });
  async function run(handler: LambdaHandler, event: object = proxyEvent('GET', '/x')): Promise<{ prelude: { statusCode: number; headers: Record<string, string> }; text: string }> {
    const stream = new PassThrough() as PassThrough & { prelude: { statusCode: number; headers: Record<string, string> } };
    const text = stream.toArray().then((chunks) => Buffer.concat(chunks as Buffer[]).toString());
    await (handler as unknown as (event: object, stream: PassThrough, context: object) => Promise<void>)(event, stream, context);
    return { prelude: stream.prelude, text: await text };
  }

  test('an answer in another alphabet arrives unharmed, however it is cut', async () => {
    const words = '한국어 답변 🙂 '.repeat(3_000);
    const answer: GatewayResponse = { status: 200, headers: { 'x-bsg-rule': '규칙', 'content-length': '7' }, body: Buffer.from(words) };
    const { prelude, text } = await run(lambdaDoor(options(async () => answer)));
    expect(text).toBe(words);
    expect(prelude).toEqual({ statusCode: 200, headers: { 'x-bsg-rule': encodeURIComponent('규칙') } });
  });

  test('a handler that throws is a constant 500, and an answer without a body ends', async () => {
    const broken = await run(lambdaDoor(options(() => Promise.reject(new Error('secret')))));
    expect(broken.prelude.statusCode).toBe(500);
    expect(broken.text).not.toContain('secret');
    expect(await run(lambdaDoor(options(async () => ({ status: 204, headers: {}, body: Buffer.alloc(0) }))))).toMatchObject({ prelude: { statusCode: 204 }, text: '' });
  });

  test('the invocation lasts until the answer has closed', async () => {
    let closed = false;
    const body = (async function* () {
      try {
        yield Buffer.from('part');
      } finally {
        for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
        closed = true;
      }
    })();
    await run(lambdaDoor(options(async () => ({ status: 200, headers: {}, body }))));
    expect(closed).toBe(true);
  });

  test('connections are dropped before an invocation after more than 4 s of idleness, and only then', async () => {
    let now = 0;
    const dropped: number[] = [];
    const handler = lambdaDoor(options(async () => ({ status: 200, headers: {}, body: Buffer.from('x') }), { now: () => now, dropConnections: () => dropped.push(now) }));
    for (const at of [0, 4_000, 8_001, 8_002, 1_000, 3_600_000]) {
      now = at;
      await run(handler);
    }
    expect(dropped).toEqual([8_001, 1_000, 3_600_000]);
  });

  test('two invocations at once share no connection drop and no answer', async () => {
    let now = 0;
    let dropped = 0;
    const gate = Promise.withResolvers<void>();
    const handler = lambdaDoor(options(async (request) => {
      if (request.path === '/slow') await gate.promise;
      return { status: 200, headers: {}, body: Buffer.from(request.path) };
    }, { now: () => now, dropConnections: () => { dropped += 1; } }));
    const slow = run(handler, proxyEvent('GET', '/slow'));
    await run(handler, proxyEvent('GET', '/one'));
    now = 60_000;
    expect((await run(handler, proxyEvent('GET', '/two'))).text).toBe('/two');
    gate.resolve();
    expect((await slow).text).toBe('/slow');
    expect(dropped).toBe(0);
  });

  test('only what came from no API reaches the direct operation', async () => {
    const handler = lambdaDoor(options(async () => ({ status: 200, headers: {}, body: Buffer.from('api') }), { direct: async (event) => ({ echoed: event }) }));
    expect((await run(handler)).text).toBe('api');
    expect(JSON.parse((await run(handler, { operation: 'x' })).text)).toEqual({ echoed: { operation: 'x' } });
    await expect(run(lambdaDoor(options(async () => ({ status: 200, headers: {}, body: Buffer.from('api') }))), { operation: 'x' })).rejects.toThrow();
  });
});

describe('what a function knows of its account', () => {
  test('a connection of before a freeze is not used again', async () => {
    let connections = 0;
    const server = createServer((_request, response) => { response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end('{}'); });
    server.on('connection', () => { connections += 1; });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    const client = new KMSClient({ endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, region: 'eu-central-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
    const ask = async (): Promise<number> => {
      await client.send(new DescribeKeyCommand({ KeyId: 'k' }));
      await new Promise(setImmediate);
      return connections;
    };
    dropSockets(client);
    expect([await ask(), await ask()]).toEqual([1, 1]);
    dropSockets(client);
    expect(await ask()).toBe(2);
    client.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => { server.close(resolve); });
  });

  test('a missing variable is named, and credentials are taken from the environment only when they are there', () => {
    expect(() => readAwsEnvironment({})).toThrow('BSG_TABLE_TENANTS');
    expect(roleCredentials({ AWS_ACCESS_KEY_ID: 'a' })).toBeUndefined();
    expect(roleCredentials({ AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_SESSION_TOKEN: 'c' })).toEqual({ accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' });
  });
});
