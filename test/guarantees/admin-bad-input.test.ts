import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ROUTES } from '../../functions/admin/routes.ts';
import { ensureDefaultTenant } from '../../infra/local/default-tenant.ts';
import { dump, GOOD, ROUTING } from '../admin/good-bodies.ts';
import { ask, NOW, type AdminAnswer } from '../admin/support.ts';
import { figure } from '../support/figure.ts';
import { full } from '../support/full.ts';
import { tempStore, type TempStore } from '../support/store.ts';

let temp: TempStore;
let keyId = '';
beforeAll(async () => {
  temp = await tempStore();
  await ensureDefaultTenant(temp.store, NOW);
  await ask(temp.store, '/admin/models', { method: 'POST', body: { id: 'cheap', provider: 'openai', upstreamModel: 'x', apiKey: 'sk-0123456789abcdef' } });
  await ask(temp.store, '/admin/routing', { method: 'PUT', body: ROUTING, headers: { 'if-match': '"0"' } });
  keyId = String((await ask(temp.store, '/admin/keys', { method: 'POST', body: { name: 'ci' } })).json['id']);
});
afterAll(() => temp.cleanup());

const send = (route: string, body: string | Uint8Array, headers: Record<string, string> = {}): Promise<AdminAnswer> => {
  const [method = '', ] = route.split(' ');
  const url = (GOOD[route]?.[0] ?? '').replace('KEY', keyId);
  return ask(temp.store, url, { method, headers: { 'if-match': '"1"', 'content-type': 'application/json', ...headers }, body });
};
function expectRefusal(route: string, answer: AdminAnswer): void {
  expect([route, answer.status, answer.status >= 400 && answer.status < 500]).toEqual([route, answer.status, true]);
  expect(answer.json['error']).toMatchObject({ code: expect.any(String), message: expect.any(String), requestId: answer.headers['x-request-id'] });
  expect(answer.text).not.toMatch(/\bat .*\.(?:ts|js|mjs):\d+|node_modules/);
  expect(answer.text.length).toBeLessThan(4_000);
}

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const routes = Object.keys(GOOD);
const MANY_KEYS = Array.from({ length: 10_001 }, (_unused, at) => `"k${at}":${at}`).join(',');
/** Bodies that no route takes. */
const bad = fc.constantFrom(...routes).chain((route) => {
  const [, good] = GOOD[route] ?? ['', {}];
  // Of these an object or a list may be right.
  const plain = Object.keys(good).filter((name) => !['request', 'draft', 'auto', 'retentionDays', 'models', 'aliases', 'patterns', 'corsOrigins'].includes(name));
  const wrong = fc.constantFrom<unknown>({ a: { b: 1 } }, [[1]], { toString: 1 }, [{}, null]);
  return fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom('', ' ', '[]', '""', '1', 'null', 'true', '{', '{"a"', '\u0000', '[{}]', 'NaN', '{"a":1}}', '{\'a\':1}') },
    { weight: 20, arbitrary: fc.tuple(fc.constantFrom(...plain, 'surprise'), wrong).map(([name, value]) => JSON.stringify({ ...good, [name]: value })) },
    { weight: 20, arbitrary: fc.string({ minLength: 1, maxLength: 40 }).filter((name) => !/^[A-Za-z]+$/.test(name)).map((name) => JSON.stringify(good).replace('{', `{${JSON.stringify(name)}:1,`)) },
    { weight: 20, arbitrary: fc.constantFrom('__proto__', 'constructor', 'tenantId', 'sealed', 'hash', 'isAdmin').map((name) => JSON.stringify(good).replace('{', `{"${name}":{"x":1},`)) },
    // Rare, for their size.
    { weight: 1, arbitrary: fc.constantFrom(65, 5_000, 50_000).map((depth) => JSON.stringify(good).replace('{', `{"deep":${nested(depth)},`)) },
    { weight: 1, arbitrary: fc.constant(JSON.stringify(good).replace('{', `{${MANY_KEYS},`)) },
    { weight: 20, arbitrary: fc.constantFrom(Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')])) },
  ).map((body) => [route, body] as const);
});

test('guarantee G1: every route of the admin API with a body is covered here', () => {
  const withBody = ROUTES.filter(({ run }) => run.body !== undefined).map(({ method, path }) => `${method} ${path}`);
  expect(routes.toSorted()).toEqual(withBody.toSorted());
});

test('guarantees G1 and G2 for the admin API: what is malformed, mistyped, unknown, deep or huge is a 4xx with code and request id, and nothing is stored', async () => {
  const before = dump(temp.file);
  const count = full(10_000, 500);
  await fc.assert(fc.asyncProperty(bad, async ([route, body]) => { expectRefusal(route, await send(route, body as string)); }), { numRuns: count });
  expect(dump(temp.file)).toBe(before);
  figure('G1', `the admin API: ${count.toLocaleString('en')} bodies over ${routes.length} routes: all 4xx, nothing stored`);
  figure('G2', 'the admin API: depth 65 to 50,000 and 10,001 keys among them');
});

test('other media types and encodings are a 415, an oversized import a 413', async () => {
  const before = dump(temp.file);
  for (const route of routes) {
    const body = JSON.stringify(GOOD[route]?.[1]);
    expect((await send(route, body, { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await send(route, body, { 'content-encoding': 'gzip' })).status).toBe(415);
  }
  const models = Array.from({ length: 501 }, (_unused, at) => ({ id: `m${at}`, provider: 'openai', upstreamModel: 'x' }));
  expect((await send('PUT /admin/config', JSON.stringify({ version: 1, models }))).status).toBe(400);
  expect((await send('PUT /admin/config', JSON.stringify({ version: 1, models: models.slice(0, 200) }))).status).toBe(413);
  expect(dump(temp.file)).toBe(before);
});
