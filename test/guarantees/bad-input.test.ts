import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { call, chat, messages } from '../support/call.ts';
import { full } from '../support/full.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';

let gateway: TestGateway;
let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await scriptedUpstream();
  gateway = await testGateway({ maxBodyBytes: 4 * 1024 * 1024, breakers: 'always-closed' });
  await gateway.addModel({ id: 'm', baseUrl: upstream.baseUrl });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

/** A 4xx in the right dialect, with a request id and no stack trace. */
function expectRefusal(answer: Awaited<ReturnType<typeof call>>, path: string): void {
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
  expect(answer.headers.get('x-request-id')).toMatch(/^[0-9A-Z]{26}$/);
  expect(answer.text).not.toMatch(/\bat .*\.(?:ts|js|mjs):\d+/);
  if (path.startsWith('/v1/messages')) expect(answer.json).toMatchObject({ type: 'error', error: { type: expect.any(String), message: expect.any(String) } });
  else expect(answer.json).toMatchObject({ error: { message: expect.any(String), type: expect.any(String), code: expect.any(String) } });
}

const BODIES = { '/v1/chat/completions': chat('m'), '/v1/messages': messages('m') } as const;
const paths = Object.keys(BODIES) as (keyof typeof BODIES)[];

test('guarantee G1: malformed bodies are refused in the dialect, never a 5xx, and nothing goes upstream', async () => {
  const before = upstream.received.length;
  const statuses = new Map<number, number>();
  const broken = fc.oneof(
    fc.tuple(fc.constantFrom(...paths), fc.nat(200)).map(([path, cut]) => ({ path, raw: JSON.stringify(BODIES[path]).slice(0, -1 - (cut % (JSON.stringify(BODIES[path]).length - 1))) })),
    fc.tuple(fc.constantFrom(...paths), fc.constantFrom('messages', 'model'), fc.oneof(fc.constant(null), fc.double(), fc.boolean(), fc.constant([]), fc.constant({}), fc.constant(''), fc.constant([1]), fc.constant([null])))
      .map(([path, field, value]) => ({ path, raw: JSON.stringify({ ...BODIES[path], [field]: value }) })),
    fc.tuple(fc.constantFrom(...paths), fc.constantFrom('__proto__', 'stream', 'tools', 'temperature', 'max_tokens', 'n', 'stop'), fc.constantFrom('"x"', '[[1]]', '{"a":{}}', '1e999', '-1e308', '"\\ud800"'))
      .map(([path, field, value]) => ({ path, raw: JSON.stringify(BODIES[path]).replace('{', `{"${field}":${value},`) })),
    fc.tuple(fc.constantFrom(...paths), fc.constantFrom('[]', '""', '1', 'null', 'true', '', ' ', '\u0000', '{', '{"a"', '[{}]', '{"messages":"x"}')).map(([path, raw]) => ({ path, raw })),
    fc.tuple(fc.constantFrom(...paths), fc.uint8Array({ minLength: 1, maxLength: 64 })).map(([path, raw]) => ({ path, raw })),
  );
  let upstreamAllowed = 0;
  await fc.assert(fc.asyncProperty(broken, async ({ path, raw }) => {
    const answer = await call(gateway.origin, path, { key: gateway.key, raw });
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    // A wrong value of a field that only the upstream knows may pass through in the same dialect.
    if (answer.status === 200) upstreamAllowed += 1;
    else expectRefusal(answer, path);
  }), { numRuns: full(10_000, 600) });
  expect(upstream.received.length - before).toBe(upstreamAllowed);
  expect([...statuses.keys()].filter((status) => status >= 500)).toEqual([]);
  console.log(`G1: statuses ${JSON.stringify(Object.fromEntries(statuses))}`);
});

test('guarantee G2: deep nesting, too many keys and oversized bodies are a 400 or 413', async () => {
  const before = upstream.received.length;
  for (const path of paths) {
    const start = JSON.stringify(BODIES[path]).slice(0, -1);
    for (const depth of [65, 500, 5_000, 100_000, 1_000_000]) {
      const answer = await call(gateway.origin, path, { key: gateway.key, raw: `${start},"x":${'['.repeat(depth)}${']'.repeat(depth)}}` });
      expect(answer.status).toBe(400);
      expectRefusal(answer, path);
    }
    const keys = await call(gateway.origin, path, { key: gateway.key, raw: `${start},"x":{${Array.from({ length: 100_001 }, (_, i) => `"k${i}":1`).join(',')}}}` });
    expect(keys.status).toBe(400);
    const big = await call(gateway.origin, path, { key: gateway.key, raw: JSON.stringify({ ...BODIES[path], x: 'a'.repeat(4 * 1024 * 1024) }) });
    expect(big.status).toBe(413);
    expectRefusal(big, path);
  }
  expect(upstream.received.length).toBe(before);
});

const INFRASTRUCTURE = ['api_base', 'base_url', 'api_key', 'api_version', 'api_type', 'organization', 'extra_headers', 'extra_body', 'extra_query', 'headers', 'proxy', 'custom_llm_provider', 'deployment_id', 'azure_endpoint', 'aws_region_name', 'vertex_project'];
const HEADERS = ['x-portkey-custom-host', 'x-litellm-api-base', 'helicone-target-url', 'x-upstream-host', 'x-bsg-upstream'];

test('guarantee F4: callers cannot name hosts, headers or credentials, in body, query or headers', async () => {
  const before = upstream.received.length;
  for (const path of paths) {
    for (const field of INFRASTRUCTURE) {
      const inBody = await call(gateway.origin, path, { key: gateway.key, body: { ...BODIES[path], [field]: 'http://127.0.0.1:1/' } });
      expect([field, inBody.status]).toEqual([field, 400]);
      expectRefusal(inBody, path);
      expect(inBody.text).toContain(field);
      const inQuery = await call(gateway.origin, `${path}?${field}=x`, { key: gateway.key, body: BODIES[path] });
      expect([field, inQuery.status]).toEqual([field, 400]);
    }
    for (const header of HEADERS) {
      const answer = await call(gateway.origin, path, { key: gateway.key, body: BODIES[path], headers: { [header]: 'http://127.0.0.1:1/' } });
      expect([header, answer.status]).toEqual([header, 400]);
    }
  }
  expect(upstream.received.length).toBe(before);
  const nested = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('m', { tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: { api_key: { type: 'string' }, headers: { type: 'object' } } } } }] }) });
  expect(nested.status).toBe(200);
});

test('guarantee F4: nothing of the caller reaches the upstream headers', async () => {
  await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('m'), headers: { 'x-custom': 'caller-x', 'openai-organization': 'caller-x', cookie: 'caller-x', 'x-forwarded-for': 'caller-x', 'user-agent': 'caller-x', 'x-stainless-os': 'caller-x' } });
  const headers = upstream.received.at(-1)?.headers ?? {};
  expect(JSON.stringify(headers)).not.toContain('caller-x');
  expect(headers.authorization).toBe('Bearer sk-upstream-credential-canary');
  expect(JSON.stringify(headers)).not.toContain(gateway.key);
});

test('guarantee A3: hostile credentials are 401 with one constant body and no store read', async () => {
  let reads = 0;
  const { store } = gateway.edition;
  const get = store.get.bind(store);
  store.get = (key) => { reads += 1; return get(key); };
  const hostile = ['', 'x', 'Bearer', 'Bearer ', `Bearer ${'bsg_'.repeat(1000)}`, `${'Bearer '.repeat(100)}x`, `Bearer ${gateway.key}x`, `Bearer ${gateway.key.slice(0, -1)}${gateway.key.endsWith('0') ? '1' : '0'}`, "Bearer ' OR 1=1 --", `Basic ${gateway.key}`, 'Bearer \u00e9\u00ff'];
  const bodies = new Set<string>();
  for (const authorization of hostile) {
    const answer = await call(gateway.origin, '/v1/chat/completions', { body: chat('m'), headers: { authorization } });
    expect([authorization.slice(0, 40), answer.status]).toEqual([authorization.slice(0, 40), 401]);
    bodies.add(answer.text);
  }
  const disagreeing = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('m'), headers: { 'x-api-key': `${gateway.key.slice(0, -1)}z` } });
  expect(disagreeing.status).toBe(401);
  expect(bodies.size).toBe(1);
  expect(reads).toBe(0);
  store.get = get;
  for (const [name, value] of [['x-api-key', gateway.key], ['api-key', gateway.key], ['authorization', `bearer ${gateway.key}`]] as const) {
    expect((await call(gateway.origin, '/v1/chat/completions', { body: chat('m'), headers: { [name]: value } })).status).toBe(200);
  }
});

test('unknown paths, wrong methods and wrong content types are refused in the dialect', async () => {
  expect((await call(gateway.origin, '/v1/nothing', { key: gateway.key })).status).toBe(404);
  expect((await call(gateway.origin, '/v1/chat/completions', { key: gateway.key })).status).toBe(405);
  expect((await call(gateway.origin, '/v1/batches', { key: gateway.key, body: {} })).status).toBe(501);
  expect((await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('m'), headers: { 'content-type': 'text/plain' } })).status).toBe(415);
  expect((await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('m'), headers: { 'content-encoding': 'gzip' } })).status).toBe(415);
  const anthropic = await call(gateway.origin, '/v1/nothing', { key: gateway.key, headers: { 'anthropic-version': '2023-06-01' } });
  expect(anthropic.json).toMatchObject({ type: 'error', error: { type: 'not_found_error' } });
});
