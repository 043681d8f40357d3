import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ROUTES } from '../../functions/admin/routes.ts';
import { ensureDefaultTenant } from '../../infra/local/default-tenant.ts';
import { ask, NOW, type AdminAnswer } from '../admin/support.ts';
import { full } from '../support/full.ts';
import { tempStore, type TempStore } from '../support/store.ts';

const ROUTING = { aliases: [], patterns: [], auto: { strategy: 'static' } };
const PERIOD = { from: '2026-11-20T00:00:00Z', to: '2026-11-21T00:00:00Z' };
/** For every route with a body: its address and a body that it would take. */
const GOOD: Readonly<Record<string, readonly [url: string, body: Record<string, unknown>]>> = {
  'PUT /admin/config': ['/admin/config', { version: 1, models: [{ id: 'new', provider: 'openai', upstreamModel: 'x' }] }],
  'PUT /admin/settings': ['/admin/settings', { timezone: 'UTC', unknownNames: 'auto', corsOrigins: [], dailyUsd: 1, monthlyUsd: null, budgetAction: 'block', maxParallel: null, retentionDays: { ledger: null, rollups: null, audit: null }, paused: true, alwaysStrongest: false }],
  'PUT /admin/routing': ['/admin/routing', ROUTING],
  'POST /admin/routing/rollback': ['/admin/routing/rollback', { version: 1 }],
  'POST /admin/routing/check': ['/admin/routing/check', ROUTING],
  'POST /admin/routing/what-if': ['/admin/routing/what-if', { draft: ROUTING, ...PERIOD }],
  'POST /admin/replay': ['/admin/replay', { draft: ROUTING, ...PERIOD }],
  'POST /admin/route/explain': ['/admin/route/explain', { request: { model: 'auto', messages: [] }, dialect: 'openai-chat' }],
  'POST /admin/models': ['/admin/models', { id: 'another', provider: 'openai', upstreamModel: 'x', apiKey: 'sk-0123456789abcdef' }],
  'POST /admin/models/test': ['/admin/models/test', { id: 'cheap' }],
  'PATCH /admin/models/{id}': ['/admin/models/cheap', { enabled: false }],
  'POST /admin/keys': ['/admin/keys', { name: 'another', rpm: 1 }],
  'PATCH /admin/keys/{id}': ['/admin/keys/KEY', { rpm: 1 }],
  'POST /admin/keys/{id}/rotate': ['/admin/keys/KEY/rotate', { overlapSeconds: 0 }],
  'POST /admin/members': ['/admin/members', { role: 'viewer' }],
  'PATCH /admin/members/{id}': ['/admin/members/local-operator', { role: 'admin' }],
  'POST /admin/invitations/accept': ['/admin/invitations/accept', { token: 'x' }],
  'POST /admin/tenants': ['/admin/tenants', { name: 'x' }],
  'POST /admin/tokens': ['/admin/tokens', { name: 'x' }],
  'POST /admin/erase': ['/admin/erase', { user: 'x' }],
};

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

/** Everything that is stored. */
function dump(): string {
  const database = new DatabaseSync(temp.file, { readOnly: true });
  try {
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all().map(({ name }) => String(name));
    return JSON.stringify(tables.map((name) => database.prepare(`SELECT * FROM "${name}"`).all()));
  } finally {
    database.close();
  }
}

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
/** Bodies that no route takes. */
const bad = fc.constantFrom(...routes).chain((route) => {
  const [, good] = GOOD[route] ?? ['', {}];
  // Of these an object or a list may be right.
  const plain = Object.keys(good).filter((name) => !['request', 'draft', 'auto', 'retentionDays', 'models', 'aliases', 'patterns', 'corsOrigins'].includes(name));
  const wrong = fc.constantFrom<unknown>({ a: { b: 1 } }, [[1]], { toString: 1 }, [{}, null]);
  return fc.oneof(
    fc.constantFrom('', ' ', '[]', '""', '1', 'null', 'true', '{', '{"a"', '\u0000', '[{}]', 'NaN', '{"a":1}}', '{\'a\':1}'),
    fc.tuple(fc.constantFrom(...plain, 'surprise'), wrong).map(([name, value]) => JSON.stringify({ ...good, [name]: value })),
    fc.string({ minLength: 1, maxLength: 40 }).filter((name) => !/^[A-Za-z]+$/.test(name)).map((name) => JSON.stringify(good).replace('{', `{${JSON.stringify(name)}:1,`)),
    fc.constantFrom('__proto__', 'constructor', 'tenantId', 'sealed', 'hash', 'isAdmin').map((name) => JSON.stringify(good).replace('{', `{"${name}":{"x":1},`)),
    fc.constantFrom(65, 5_000, 50_000).map((depth) => JSON.stringify(good).replace('{', `{"deep":${nested(depth)},`)),
    fc.constant(JSON.stringify({ ...good, ...Object.fromEntries(Array.from({ length: 10_001 }, (_unused, at) => [`k${at}`, at])) })),
    fc.constantFrom(Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')])),
  ).map((body) => [route, body] as const);
});

test('guarantee G1: every route of the admin API with a body is covered here', () => {
  const withBody = ROUTES.filter(({ run }) => run.body !== undefined).map(({ method, path }) => `${method} ${path}`);
  expect(routes.toSorted()).toEqual(withBody.toSorted());
});

test('guarantees G1 and G2 for the admin API: what is malformed, mistyped, unknown, deep or huge is a 4xx with code and request id, and nothing is stored', async () => {
  const before = dump();
  await fc.assert(fc.asyncProperty(bad, async ([route, body]) => { expectRefusal(route, await send(route, body as string)); }), { numRuns: full(2_000, 500) });
  expect(dump()).toBe(before);
});

test('other media types and encodings are a 415, an oversized import a 413', async () => {
  const before = dump();
  for (const route of routes) {
    const body = JSON.stringify(GOOD[route]?.[1]);
    expect((await send(route, body, { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await send(route, body, { 'content-encoding': 'gzip' })).status).toBe(415);
  }
  const models = Array.from({ length: 501 }, (_unused, at) => ({ id: `m${at}`, provider: 'openai', upstreamModel: 'x' }));
  expect((await send('PUT /admin/config', JSON.stringify({ version: 1, models }))).status).toBe(400);
  expect((await send('PUT /admin/config', JSON.stringify({ version: 1, models: models.slice(0, 200) }))).status).toBe(413);
  expect(dump()).toBe(before);
});
