import { randomInt } from 'node:crypto';
import { Agent } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { serve } from '../../functions/gateway/serve.ts';
import { call, chat, messages } from '../support/call.ts';
import { figure, percentile } from '../support/figure.ts';
import { full } from '../support/full.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { get, raw } from '../support/http-client.ts';
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
function expectRefusal(answer: Sent, path: string): void {
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
  expect(answer.headers['x-request-id']).toMatch(/^[0-9A-Z]{26}$/);
  expect(answer.text).not.toMatch(/\bat .*\.(?:ts|js|mjs):\d+/);
  const json = JSON.parse(answer.text) as unknown;
  if (path.startsWith('/v1/messages')) expect(json).toMatchObject({ type: 'error', error: { type: expect.any(String), message: expect.any(String) } });
  else expect(json).toMatchObject({ error: { message: expect.any(String), type: expect.any(String), code: expect.any(String) } });
}

interface Sent { readonly status: number; readonly headers: Record<string, unknown>; readonly text: string; readonly ms: number }
const agent = new Agent({ keepAlive: true });
afterAll(() => agent.destroy());
const port = (): number => Number(new URL(gateway.origin).port);
async function send(path: string, body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Sent> {
  const before = performance.now();
  const answer = await get(port(), path, { method: 'POST', agent, headers: { 'authorization': `Bearer ${gateway.key}`, 'content-type': 'application/json', ...headers }, body });
  return { ...answer, ms: performance.now() - before };
}
/** Each of `list`, sixteen at a time. */
async function each<T>(list: readonly T[], run: (one: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < list.length; at += 16) await Promise.all(list.slice(at, at + 16).map(run));
}

const BODIES = { '/v1/chat/completions': chat('m'), '/v1/messages': messages('m'), '/v1/responses': { model: 'm', input: 'Hello!' } } as const;
const paths = Object.keys(BODIES) as (keyof typeof BODIES)[];
const turnsOf = (path: string): string => (path === '/v1/responses' ? 'input' : 'messages');

const WRONG = fc.oneof(fc.constant(null), fc.double(), fc.boolean(), fc.constant([]), fc.constant({}), fc.constant(''), fc.constant([1]), fc.constant([null]), fc.constant([{ role: 'user', content: { a: 1 } }]), fc.constant([[[]]]));
const broken = (path: keyof typeof BODIES): fc.Arbitrary<string | Uint8Array> => {
  const whole = JSON.stringify(BODIES[path]);
  return fc.oneof(
    fc.nat(200).map((cut) => whole.slice(0, -1 - (cut % (whole.length - 1)))),
    fc.tuple(fc.constantFrom(turnsOf(path), 'model'), WRONG).map(([field, value]) => JSON.stringify({ ...BODIES[path], [field]: value })),
    fc.tuple(fc.constantFrom('__proto__', 'constructor', 'stream', 'tools', 'temperature', 'max_tokens', 'n', 'stop', 'system', 'metadata'), fc.constantFrom('"x"', '[[1]]', '{"a":{}}', '1e999', '-1e308', '"\\ud800"', '{"prototype":{}}'))
      .map(([field, value]) => whole.replace('{', `{"${field}":${value},`)),
    fc.constantFrom('[]', '""', '1', 'null', 'true', '', ' ', '\u0000', '{', '{"a"', '[{}]', '{"messages":"x"}', '\ufeff{}', `${whole}x`, `[${whole}]`),
    fc.uint8Array({ minLength: 1, maxLength: 64 }),
  );
};

test.each(paths)('guarantee G1: %s: malformed bodies are refused in the dialect, never a 5xx, and nothing goes upstream', async (path) => {
  const before = upstream.received.length;
  const statuses = new Map<number, number>();
  const taken: number[] = [];
  const seed = randomInt(2 ** 31);
  await each(fc.sample(broken(path), { numRuns: full(10_000, 600), seed }), async (body) => {
    const answer = await send(path, body);
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    taken.push(answer.ms);
    // A wrong value of a field that only the upstream knows may pass through in the same dialect.
    try {
      if (answer.status !== 200) expectRefusal(answer, path);
    } catch (error) {
      throw new Error(`seed ${seed}: ${Buffer.from(body).toString()} got ${answer.status} ${answer.text}`, { cause: error });
    }
  });
  const allowed = statuses.get(200) ?? 0;
  expect(upstream.received.length - before).toBe(allowed);
  expect(allowed).toBeLessThan(taken.length / 5);
  expect([...statuses.keys()].filter((status) => status >= 500)).toEqual([]);
  expect(percentile(taken, 50)).toBeLessThan(500);
  figure('G1', `${path}: ${taken.length.toLocaleString('en')} bodies, statuses ${JSON.stringify(Object.fromEntries(statuses))}, p99 ${percentile(taken, 99).toFixed(0)} ms at 16 at once`);
}, 120_000);

test('guarantee G2: deep nesting, too many keys and oversized bodies are a 400 or 413', async () => {
  const before = upstream.received.length;
  let longest = 0;
  const refused = async (path: keyof typeof BODIES, status: number, body: string): Promise<void> => {
    const answer = await send(path, body);
    expect(answer.status).toBe(status);
    expectRefusal(answer, path);
    longest = Math.max(longest, answer.ms);
  };
  for (const path of paths) {
    const start = JSON.stringify(BODIES[path]).slice(0, -1);
    for (const depth of [65, 500, 5_000, 100_000, 1_000_000]) {
      await refused(path, 400, `${start},"x":${'['.repeat(depth)}${']'.repeat(depth)}}`);
      await refused(path, 400, `${start},"x":${'{"a":'.repeat(Math.min(depth, 500_000))}`);
    }
    await refused(path, 400, `${start},"x":{${Array.from({ length: 100_001 }, (_, i) => `"k${i}":1`).join(',')}}}`);
    await refused(path, 413, JSON.stringify({ ...BODIES[path], x: 'a'.repeat(4 * 1024 * 1024) }));
  }
  expect(upstream.received.length).toBe(before);
  // A ceiling that catches what is not linear.
  expect(longest).toBeLessThan(5_000);
  figure('G2', `depth 65 to 1,000,000, 100,001 keys, 4 MiB + 1, in ${paths.length} dialects: longest ${longest.toFixed(0)} ms`);
});

const INFRASTRUCTURE = ['api_base', 'base_url', 'api_key', 'api_version', 'api_type', 'organization', 'extra_headers', 'extra_body', 'extra_query', 'headers', 'proxy', 'custom_llm_provider', 'deployment_id', 'azure_endpoint', 'azure_ad_token', 'aws_region_name', 'aws_secret_access_key', 'vertex_project', 'vertex_credentials'];
const HEADERS = ['x-portkey-custom-host', 'x-portkey-api-key', 'x-litellm-api-base', 'x-litellm-model', 'helicone-target-url', 'helicone-auth', 'x-upstream-host', 'x-upstream-authorization', 'x-bsg-upstream', 'x-bsg-upstream-url'];
const VALUES = ['http://127.0.0.1:1/', '', null, true, { 'x-api-key': 'sk-x' }, ['a']] as const;

test('guarantee F4: callers cannot name hosts, headers or credentials, in body, query or headers', async () => {
  const before = upstream.received.length;
  let tried = 0;
  const refused = async (what: string, path: string, answer: Promise<Sent>): Promise<void> => {
    const sent = await answer;
    tried += 1;
    expect([what, sent.status]).toEqual([what, 400]);
    expectRefusal(sent, path);
  };
  for (const path of paths) {
    const whole = JSON.stringify(BODIES[path]);
    for (const field of INFRASTRUCTURE) {
      for (const value of VALUES) await refused(field, path, send(path, JSON.stringify({ ...BODIES[path], [field]: value })));
      for (const query of [`${field}=x`, `beta=true&${field}=`]) await refused(field, path, send(`${path}?${query}`, whole));
    }
    for (const header of HEADERS) for (const value of ['http://127.0.0.1:1/', 'x']) await refused(header, path, send(path, whole, { [header]: value }));
  }
  expect(upstream.received.length).toBe(before);
  expect(tried).toBeGreaterThanOrEqual(500);
  const nested = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('m', { tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: { api_key: { type: 'string' }, headers: { type: 'object' } } } } }] }) });
  expect(nested.status).toBe(200);
  figure('F4', `${tried} requests with infrastructure fields in body, query and headers: ${tried} x 400, none upstream`);
});

test('guarantee F4: nothing of the caller reaches the upstream headers', async () => {
  await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('m'), headers: { 'x-custom': 'caller-x', 'openai-organization': 'caller-x', cookie: 'caller-x', 'x-forwarded-for': 'caller-x', 'user-agent': 'caller-x', 'x-stainless-os': 'caller-x' } });
  const headers = upstream.received.at(-1)?.headers ?? {};
  expect(JSON.stringify(headers)).not.toContain('caller-x');
  expect(headers.authorization).toBe('Bearer sk-upstream-credential-canary');
  expect(JSON.stringify(headers)).not.toContain(gateway.key);
});

/** Headers as they would come, bytes that no client library sends included. */
function hostileCredentials(count: number): string[] {
  const { key } = gateway;
  const other = key.endsWith('0') ? '1' : '0';
  const written = [
    '', ' ', 'x', 'Bearer', 'Bearer ', 'Bearer  ', `Bearer ${'bsg_'.repeat(1000)}`, `${'Bearer '.repeat(100)}x`, `${'Bearer '.repeat(100)}${key}`, `Bearer ${key}x`, `Bearer ${key.slice(0, -1)}${other}`, "Bearer ' OR 1=1 --",
    `Basic ${key}`, key, `Bearer "${key}"`, `Bearer ${key},${key}`, `Bearer ${key} ${key}`, `Bearer ${'x'.repeat(65_536)}`, `Bearer ${key}${'A'.repeat(65_536)}`, 'Bearer \u00e9\u00ff', `Bearer ${key}\0`, `Bearer \0${key}`,
    `Bearer ${key.toUpperCase()}`, 'Bearer __proto__', 'Bearer ${jndi:ldap://x}', `Bearer bsg_live_${'A'.repeat(62)}`, 'Bearer null', 'Bearer [object Object]',
  ];
  const random = fc.sample(fc.oneof(
    fc.tuple(fc.constantFrom('Bearer ', 'bearer ', '', 'Basic ', 'Bearer\t'), fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 120 })).map((parts) => parts.join('')),
    fc.tuple(fc.nat(70), fc.constantFrom(...'aZ0_-.~ \t"\\')).map(([at, letter]) => `Bearer ${key.slice(0, at)}${letter}${key.slice(at + 1)}`).filter((made) => made.slice(7).trim() !== key),
    fc.string({ minLength: 62, maxLength: 62, unit: fc.constantFrom(...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz') }).map((body) => `Bearer bsg_test_${body}`),
  ), { numRuns: count - written.length });
  return [...written, ...random];
}

test('guarantee A3: hostile credentials are 401 with one constant body and no store call', async () => {
  const calls: string[] = [];
  const counted: string[] = [];
  const { store } = gateway.edition;
  const { get: read, query, write } = store;
  Object.assign(store, {
    get: (...all: Parameters<typeof read>) => { calls.push(all[0].pk); return read.apply(store, all); },
    query: (...all: Parameters<typeof query>) => { calls.push(all[0].pk); return query.apply(store, all); },
    write: (...all: Parameters<typeof write>) => { (isCounting(all[0]) ? counted : calls).push(JSON.stringify(all[0])); return write.apply(store, all); },
  });
  const beganMs = performance.now();
  try {
    const bodies = new Map<string, Set<string>>(paths.map((path) => [path, new Set()]));
    const hostile = hostileCredentials(full(10_000));
    const body = Object.fromEntries(paths.map((path) => [path, JSON.stringify(BODIES[path])]));
    let [overHttp, within] = [0, 0];
    await each(hostile.map((authorization, at) => ({ authorization, path: paths[at % paths.length] ?? paths[0] ?? '/v1/messages' })), async ({ authorization, path }) => {
      // What HTTP cannot carry never gets past its parser; the step behind it is asked directly.
      const answer = isHeaderValue(authorization) ? await send(path, body[path] ?? '', { authorization }) : await direct(path, authorization);
      if (isHeaderValue(authorization)) overHttp += 1;
      else within += 1;
      expect([authorization.slice(0, 80), answer.status]).toEqual([authorization.slice(0, 80), 401]);
      bodies.get(path)?.add(answer.text.replaceAll(/[0-9A-HJKMNP-TV-Z]{26}/g, '<id>'));
    });
    const disagreeing = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('m'), headers: { 'x-api-key': `${gateway.key.slice(0, -1)}${gateway.key.endsWith('z') ? 'y' : 'z'}` } });
    expect(disagreeing.status).toBe(401);
    expect([...bodies.values()].map(({ size }) => size)).toEqual(paths.map(() => 1));
    expect(calls).toEqual([]);
    // The counters of refusals are written by the clock, however many were refused: those of nobody's requests and, from the tests before, of the tenant's.
    expect(counted.length).toBeLessThanOrEqual(2 * (1 + (performance.now() - beganMs) / 1_000));
    figure('A3', `${hostile.length.toLocaleString('en')} headers (${overHttp.toLocaleString('en')} over HTTP, ${within.toLocaleString('en')} that HTTP cannot carry): all 401, one body per dialect, 0 store calls`);
  } finally {
    Object.assign(store, { get: read, query, write });
  }
  for (const [name, value] of [['x-api-key', gateway.key], ['api-key', gateway.key], ['authorization', `bearer ${gateway.key}`]] as const) {
    expect((await call(gateway.origin, '/v1/chat/completions', { body: chat('m'), headers: { [name]: value } })).status).toBe(200);
  }
}, 120_000);

/** Whether a write does nothing but add refusals that were counted in memory. */
function isCounting(ops: Parameters<TestGateway['edition']['store']['write']>[0]): boolean {
  return ops.every((op) => 'update' in op && op.update.table === 'usage' && /^(?:RX|RF)#/.test(op.update.pk) && Object.keys(op.add ?? {}).every((name) => name.startsWith('n')));
}

/** Whether the value can stand in an HTTP header as it is. */
function isHeaderValue(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(text);
}

async function direct(path: string, authorization: string): Promise<{ status: number; text: string }> {
  const { status, body } = await serve({
    method: 'POST', path, query: new URLSearchParams(), headers: { authorization, 'content-type': 'application/json' }, body: async () => Buffer.from(JSON.stringify(BODIES[path as keyof typeof BODIES])),
    signal: new AbortController().signal, remainingMs: () => Infinity,
  }, gateway.edition.ports);
  return { status, text: body instanceof Uint8Array ? Buffer.from(body).toString() : 'a stream' };
}

test('guarantee A3: bytes that are no HTTP, repeated headers and endless ones are refused without an answer of ours being wrong', async () => {
  const head = 'POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 2\r\n';
  const { key } = gateway;
  const upstreamBefore = upstream.received.length;
  for (const [authorization, statuses] of [
    [`authorization: Bearer ${key}\0\r\n`, ['400']], [`authorization: Bearer ${key}\r\nauthorization: Bearer x\r\n`, ['401']], [`authorization: Bearer ${key}\r\nauthorization: Bearer ${key}\r\n`, ['401']],
    [`authorization: Bearer x\r\n y\r\n`, ['400', '401']], [`authorization: Bearer ${'x'.repeat(256 * 1024)}\r\n`, ['431']], [`authorization : Bearer ${key}\r\n`, ['400']],
  ] as const) {
    const client = raw(port());
    client.socket.write(`${head}${authorization}connection: close\r\n\r\n{}`, 'latin1');
    await client.closed;
    expect([authorization.slice(0, 60), statuses.includes(client.text().slice(9, 12) as never)]).toEqual([authorization.slice(0, 60), true]);
    expect(client.text()).not.toContain(key);
  }
  expect(upstream.received.length).toBe(upstreamBefore);
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
