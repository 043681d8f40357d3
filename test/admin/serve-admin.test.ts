import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { config as configSchema, keyConfig } from '../../functions/contract/index.ts';
import { StoreError } from '../../functions/adapters/store/port.ts';
import { localKeys } from '../../functions/adapters/vault/local-key.ts';
import { may, ROLES } from '../../functions/admin/ports.ts';
import { matchRoute, ROUTES } from '../../functions/admin/routes.ts';
import { formatKey, parseKey } from '../../functions/core/keys/virtual-key.ts';
import { applyConfig } from '../../infra/local/apply-config.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { ask, entryAt, NOW, putEntries, TOKEN } from './support.ts';

const KEY = formatKey({ env: 'test', keyId: 'AAAAAAAAAAAA', secretBytes: new Uint8Array(32).fill(1) });
const CREDENTIAL = 'sk-canary-credential-of-the-provider';
const MINE = Array.from({ length: 7 }, (_, i) => entryAt(NOW - i * 3_600_000, i % 2 === 0 ? {} : { keyId: 'BBBBBBBBBBBB' }));
const THEIRS = entryAt(NOW - 1_000);
const routeUrl = (path: string): string => path.replace('{id}', MINE[0]?.requestId ?? '');

let temp: TempStore;
beforeAll(async () => {
  temp = await tempStore();
  const keys = localKeys(new Uint8Array(32).fill(3));
  await applyConfig({
    store: temp.store, sealing: keys, pepper: await keys.pepper(), env: { UP: CREDENTIAL, KEY }, allowHosts: [], now: () => NOW,
    text: JSON.stringify({ version: 1, tenant: { timezone: 'Asia/Seoul' }, models: [{ id: 'cheap', provider: 'openai', upstreamModel: 'm', apiKeyEnv: 'UP', price: { input: 1, output: 2 } }], keys: [{ name: 'ci', keyEnv: 'KEY', allowedModels: ['cheap'] }] }),
  });
  await putEntries(temp.store, MINE);
  await putEntries(temp.store, [THEIRS], 'other');
});
afterAll(() => temp.cleanup());

describe('who may use the admin API', () => {
  test.each([null, '', 'x', TOKEN.slice(0, -1), `${TOKEN}0`, KEY, `${TOKEN} ${TOKEN}`, `${TOKEN}, Bearer ${TOKEN}`])('the token %j opens nothing: one and the same 401 on every path', async (token) => {
    for (const path of [...ROUTES.filter(({ role }) => role !== 'public').map(({ path }) => routeUrl(path)), '/admin', '/admin/nothing', '/admin/../admin/me']) {
      for (const method of ['GET', 'POST']) {
        const answer = await ask(temp.store, path, { token, method });
        expect([path, answer.status]).toEqual([path, 401]);
        expect(answer.json).toEqual({ error: { code: 'unauthenticated', message: expect.any(String), requestId: answer.headers['x-request-id'] } });
        expect(answer.headers['www-authenticate']).toBe('Bearer');
      }
    }
  });

  test('the token opens every route of the table, however the scheme is spelt', async () => {
    for (const { method, path } of ROUTES.filter((route) => route.method === 'GET')) expect([path, [200, 404]]).toEqual([path, expect.arrayContaining([(await ask(temp.store, routeUrl(path), { method })).status])]);
    expect((await ask(temp.store, '/admin/me', { token: null, headers: { authorization: `bearer ${TOKEN}` } })).status).toBe(200);
    expect((await ask(temp.store, '/admin/me', { token: null, headers: { authorization: `Basic ${TOKEN}` } })).status).toBe(401);
  });

  test('each role may do what the lesser ones may, and nothing above it', () => {
    for (const [rank, role] of ROLES.entries()) for (const [needed, route] of ROLES.entries()) expect([role, route, may(role, route)]).toEqual([role, route, rank >= needed]);
  });

  test('pages of other sites are refused even with the token', async () => {
    for (const origin of ['https://evil.example', 'http://127.0.0.1:9999', 'null']) expect((await ask(temp.store, '/admin/me', { headers: { origin } })).status).toBe(403);
    expect((await ask(temp.store, '/admin/me', { headers: { origin: 'http://127.0.0.1:8787' } })).status).toBe(200);
  });

  test('the dashboard may call from an origin of its own and read the answers, refusals too; nobody else is named', async () => {
    const ports = { dashboardUrl: 'https://d111.cloudfront.net' };
    const from = (origin: string, path: string) => ask(temp.store, path, { headers: { origin, host: 'abc.execute-api.eu-central-1.amazonaws.com' }, ports });
    for (const [path, status] of [['/admin/me', 200], ['/admin/nothing', 404]] as const) {
      const answer = await from('https://d111.cloudfront.net', path);
      expect([answer.status, answer.headers['access-control-allow-origin'], answer.headers['vary']]).toEqual([status, 'https://d111.cloudfront.net', 'origin, accept-encoding']);
    }
    const foreign = await from('https://d222.cloudfront.net', '/admin/me');
    expect([foreign.status, foreign.headers['access-control-allow-origin']]).toEqual([403, undefined]);
  });

  test('another tenant cannot be chosen', async () => {
    expect((await ask(temp.store, '/admin/me', { headers: { 'x-bsg-tenant': 'other' } })).status).toBe(404);
    expect((await ask(temp.store, '/admin/me', { headers: { 'x-bsg-tenant': 'default' } })).status).toBe(200);
  });
});

describe('what the admin API answers', () => {
  test('no answer may be kept by a cache, and each carries its request id', async () => {
    for (const path of ['/admin/me', '/admin/nothing']) {
      const { headers } = await ask(temp.store, path);
      expect(headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': 'application/json', 'x-request-id': expect.stringMatching(/^[0-9A-Z]{26}$/) });
    }
  });

  test.each([
    ['GET', '/admin', 404, 'not_found'], ['GET', '/admin/nothing', 404, 'not_found'], ['GET', '/admin/me/', 404, 'not_found'], ['GET', '/admin/requests/', 404, 'not_found'],
    ['GET', '/admin/requests/%E0%A4%A', 404, 'not_found'], ['POST', '/admin/me', 405, 'method_not_allowed'], ['DELETE', '/admin/requests/x', 405, 'method_not_allowed'],
  ])('%s %s is %i', async (method, path, status, code) => {
    const answer = await ask(temp.store, path, { method });
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ error: { code } });
    expect(answer.headers['allow']).toBe(status === 405 ? 'GET' : undefined);
  });

  test('no pattern of the table hides another', () => {
    for (const route of ROUTES) expect(matchRoute(route.method, route.path.replaceAll(/\{\w+\}/g, 'x'))).toMatchObject({ route });
  });

  test('me: the operator is owner of the tenant default', async () => {
    expect((await ask(temp.store, '/admin/me')).json).toMatchObject({ role: 'owner', tenantId: 'default', tenants: [{ id: 'default', role: 'owner', timezone: 'Asia/Seoul' }] });
  });

  test('config: a config file that would be accepted again but for the keys\' variables, without any secret', async () => {
    const { json, text } = await ask(temp.store, '/admin/config');
    const keys = (json['keys'] as object[]).map((key) => ({ ...key, keyEnv: 'X' }));
    expect(configSchema.safeParse({ ...json, keys }).error).toBeUndefined();
    expect(keys.every((key) => keyConfig.safeParse(key).success)).toBe(true);
    expect(json).toMatchObject({ version: 1, tenant: { timezone: 'Asia/Seoul', unknownNames: 'reject' }, models: [{ id: 'cheap', provider: 'openai', price: { input: 1, output: 2 } }], keys: [{ name: 'ci', allowedModels: ['cheap'] }] });
    for (const secret of [CREDENTIAL, 'canary', KEY, parseKey(KEY)?.secret ?? '', 'sealed', 'ciphertext', 'hash', 'fingerprint', 'apiKeyEnv', 'keyEnv']) expect(text).not.toContain(secret);
  });

  test('requests: newest first, page by page, each once, none of another tenant', async () => {
    const seen: unknown[] = [];
    let cursor: unknown = '';
    for (let pages = 0; cursor !== null && pages < 20; pages += 1) {
      const { json } = await ask(temp.store, `/admin/requests?limit=3${cursor === '' ? '' : `&cursor=${encodeURIComponent(String(cursor))}`}`);
      seen.push(...(json['items'] as object[]));
      cursor = json['nextCursor'];
    }
    expect(seen).toEqual(MINE);
  });

  test('requests: by key and by time', async () => {
    const ids = async (query: string) => ((await ask(temp.store, `/admin/requests?${query}`)).json['items'] as { requestId: string }[]).map(({ requestId }) => requestId);
    expect(await ids('key=BBBBBBBBBBBB')).toEqual(MINE.filter(({ keyId }) => keyId === 'BBBBBBBBBBBB').map(({ requestId }) => requestId));
    expect(await ids(`from=${new Date(NOW - 2.5 * 3_600_000).toISOString()}&to=${new Date(NOW - 3_600_000).toISOString()}`)).toEqual([MINE[1]?.requestId, MINE[2]?.requestId]);
  });

  test.each([
    ['limit=0', 'limit'], ['limit=201', 'limit'], ['limit=x', 'limit'], ['limit=1&limit=2', 'limit'], ['from=yesterday', 'from'], ['from=2026-11-20T12:00:00', 'from'],
    ['from=2026-11-20T00:00:00Z&to=2026-11-19T00:00:00Z', 'to'], ['from=2020-01-01T00:00:00Z', 'from'], ['key=short', 'key'], ['cursor=nonsense', 'cursor'], ['colour=red', 'colour'], ['__proto__=x', '__proto__'],
  ])('requests?%s is a 400 that names %s', async (query, field) => {
    const answer = await ask(temp.store, `/admin/requests?${query}`);
    expect([answer.status, answer.json]).toMatchObject([400, { error: { code: 'invalid_request', field } }]);
  });

  test('one request: the whole entry; unknown, malformed and another tenant\'s ids answer alike', async () => {
    expect((await ask(temp.store, `/admin/requests/${MINE[3]?.requestId}`)).json).toEqual(MINE[3]);
    const bodies = new Set<string>();
    for (const id of [THEIRS.requestId, '01ARZ3NDEKTSV4RRFFQ69G5FAV', 'x', '%2e%2e%2fme', '%00']) {
      const answer = await ask(temp.store, `/admin/requests/${id}`);
      expect([id, answer.status]).toEqual([id, 404]);
      bodies.add(answer.text.replace(/"requestId":"[^"]*"/, ''));
    }
    expect(bodies.size).toBe(1);
  });

  test('a store that is away is a 503 to be retried; a bug is a 500; neither shows anything of itself', async () => {
    const broken = (error: Error) => ({ ...temp.store, async get() { throw error; }, async query() { throw error; } });
    const away = await ask(broken(new StoreError('unavailable', 'canary: disk I/O error')), '/admin/me');
    expect([away.status, away.headers['retry-after'], away.json]).toMatchObject([503, '2', { error: { code: 'store_unavailable' } }]);
    const bug = await ask(broken(new TypeError('canary')), '/admin/usage');
    expect([bug.status, bug.json]).toMatchObject([500, { error: { code: 'internal_error' } }]);
    expect(away.text + bug.text).not.toContain('canary');
  });
});
