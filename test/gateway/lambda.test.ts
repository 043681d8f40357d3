import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readRefusals } from '../../functions/adapters/store/refusals.ts';
import { chat, messages } from '../support/call.ts';
import { lambdaWorld, UPSTREAM_CREDENTIAL, type LambdaWorld } from '../support/lambda-world.ts';
import { needs } from '../support/optional.ts';
import { proxyEvent, type Invocation, type Runtime } from '../support/runtime-api.ts';
import { json, sayHello, scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';

needs('java')('the gateway as a Lambda function', () => {
  let world: LambdaWorld;
  let upstream: ScriptedUpstream;
  let runtime: Runtime;
  let key = '';
  const send = (path: string, body: unknown, headers: Record<string, string> = {}): Invocation =>
    runtime.invoke(proxyEvent('POST', path, { headers: { Authorization: `Bearer ${key}`, ...headers }, body }));

  beforeAll(async () => {
    [world, upstream] = await Promise.all([lambdaWorld(), scriptedUpstream()]);
    await world.addModel({ id: 'cheap', baseUrl: upstream.baseUrl });
    ({ key } = await world.addKey());
    runtime = await world.start('gateway', 'gateway', { ALLOW_UPSTREAMS: `127.0.0.1:${upstream.port}` });
    await runtime.idle();
  });
  afterAll(async () => {
    await Promise.all([world?.close(), upstream?.close()]);
  });

  test('a JSON answer comes with status, headers and body, and the credential opened through the key service', async () => {
    upstream.script(sayHello);
    const call = send('/v1/chat/completions', chat('cheap'));
    const { statusCode, headers } = await call.prelude;
    expect({ statusCode, type: headers['content-type'], model: headers['x-bsg-model'] }).toEqual({ statusCode: 200, type: 'application/json', model: 'cheap' });
    expect(headers['content-length']).toBeUndefined();
    expect(JSON.parse(await call.text())).toMatchObject({ model: 'cheap', choices: [{ message: { content: 'Hello' } }] });
    expect(await call.finished).toEqual({ errorType: undefined });
    expect(upstream.received.at(-1)?.headers['authorization']).toBe(`Bearer ${UPSTREAM_CREDENTIAL}`);
    expect(world.kms.calls).toContainEqual({ role: 'gateway', action: 'Decrypt', allowed: true });
  });

  test('an error before the first part is a real status in the caller\'s dialect', async () => {
    upstream.script((_received, response) => json(response, 400, { error: { message: 'max_tokens is too large', type: 'invalid_request_error' } }));
    const refused = send('/v1/messages', messages('cheap', { stream: true }), { 'anthropic-version': '2023-06-01' });
    expect((await refused.prelude).statusCode).toBe(400);
    expect(JSON.parse(await refused.text())).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } });
    upstream.script((_received, response) => json(response, 500, {}));
    const failed = send('/v1/chat/completions', chat('cheap', { stream: true }));
    expect((await failed.prelude).statusCode).toBe(502);
    expect(JSON.parse(await failed.text())).toMatchObject({ error: { code: 'upstream_error' } });
  });

  test('what the caller did wrong is answered without an upstream call', async () => {
    const before = upstream.received.length;
    const cases = [
      { event: proxyEvent('POST', '/v1/chat/completions', { body: chat('cheap') }), status: 401 },
      { event: proxyEvent('GET', '/v1/chat/completions', { headers: { authorization: `Bearer ${key}` } }), status: 405 },
      { event: proxyEvent('GET', '/nowhere'), status: 404 },
      { event: { ...proxyEvent('POST', '/v1/chat/completions', { headers: { authorization: `Bearer ${key}` }, body: {} }), body: Buffer.alloc(4 * 1024 * 1024 + 1, 32).toString('base64') }, status: 413 },
      { event: { ...proxyEvent('POST', '/v1/chat/completions', { headers: { authorization: `Bearer ${key}` }, body: {} }), body: null }, status: 400 },
    ];
    for (const { event, status } of cases) {
      const call = runtime.invoke(event);
      expect((await call.prelude).statusCode).toBe(status);
      expect(JSON.parse(await call.text())).toHaveProperty('error');
    }
    expect(upstream.received.length).toBe(before);
  });

  test('two authorization headers are no authorization', async () => {
    const event = proxyEvent('POST', '/v1/chat/completions', { body: chat('cheap') });
    const call = runtime.invoke({ ...event, multiValueHeaders: { ...(event['multiValueHeaders'] as object), authorization: [`Bearer ${key}`, 'Bearer other'] } });
    expect((await call.prelude).statusCode).toBe(401);
  });

  test('an invocation that came from no API is refused, and the next request is served', async () => {
    const call = runtime.invoke({ Records: [] });
    await expect(call.prelude).rejects.toThrow();
    await runtime.idle();
    const next = runtime.invoke(proxyEvent('GET', '/health'));
    expect((await next.prelude).statusCode).toBe(200);
    expect(JSON.parse(await next.text())).toEqual({ status: 'ok' });
  });

  test('what was refused is in the store when the invocation ends, at most one write a second', async () => {
    await new Promise((resolve) => { setTimeout(resolve, 1_100); });
    const health = async (): Promise<void> => {
      await runtime.invoke(proxyEvent('GET', '/health')).text();
      await runtime.idle();
    };
    await health();
    world.dynamo.operations.length = 0;
    const range = { fromMs: Date.now() - 3_600_000, toMs: Date.now() + 60_000 };
    const unknown = async (): Promise<number> => {
      let sum = 0;
      await readRefusals(world.store, undefined, range, ({ code, count }) => { if (code === 'invalid_api_key') sum += count; });
      return sum;
    };
    const before = await unknown();
    for (let i = 0; i < 5; i += 1) {
      await runtime.invoke(proxyEvent('POST', '/v1/chat/completions', { body: chat('cheap') })).text();
      await runtime.idle();
    }
    expect(world.dynamo.operations.filter((operation) => operation === 'UpdateItem').length).toBeLessThanOrEqual(2);
    await new Promise((resolve) => { setTimeout(resolve, 1_100); });
    await health();
    expect(await unknown() - before).toBe(5);
  });

  test('readiness asks the store and the key service, at most once in 10 s', async () => {
    world.dynamo.operations.length = 0;
    const kmsBefore = world.kms.calls.length;
    for (let i = 0; i < 3; i += 1) {
      const call = runtime.invoke(proxyEvent('GET', '/health/ready'));
      expect((await call.prelude).statusCode).toBe(200);
      await call.text();
      await runtime.idle();
    }
    expect(world.dynamo.operations).toEqual(['GetItem']);
    expect(world.kms.calls.slice(kmsBefore)).toEqual([{ role: 'gateway', action: 'GenerateMac', allowed: true }]);
  });

  test('nothing secret is printed', () => {
    expect(runtime.output()).not.toContain(UPSTREAM_CREDENTIAL);
    expect(runtime.output()).not.toContain(key);
  });
});
