import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { getTenant, putTenant } from '../../functions/adapters/store/tenants.ts';
import { newTenant } from '../../functions/admin/people/new-tenant.ts';
import { chat } from '../support/call.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { get, type Fetched } from '../support/http-client.ts';
import { scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';

const APP = 'https://app.example.com';
const OTHERS = 'https://other.example.com';
let gateway: TestGateway;
let upstream: ScriptedUpstream;
let otherKey: string;

async function allow(tenantId: string, corsOrigins: readonly string[]): Promise<void> {
  const { store, caches } = gateway.edition;
  const tenant = await getTenant(store, tenantId);
  expect((await putTenant(store, { ...(tenant ?? newTenant(tenantId, '2026-11-27T00:00:00.000Z')), corsOrigins }, tenant?.version)).ok).toBe(true);
  caches.invalidate();
}
beforeAll(async () => {
  upstream = await scriptedUpstream();
  gateway = await testGateway();
  await gateway.addModel({ id: 'm', baseUrl: upstream.baseUrl });
  await allow('other', [OTHERS]);
  otherKey = (await gateway.addKey({}, 'other')).key;
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const port = (): number => Number(new URL(gateway.origin).port);
const asked = (origin: string, more: Record<string, string> = {}, path = '/v1/chat/completions'): Promise<Fetched> =>
  get(port(), path, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,content-type,x-stainless-os', ...more } });
const sent = (origin: string, key: string, path = '/v1/chat/completions', body: object | undefined = chat('m')): Promise<Fetched> =>
  get(port(), path, { headers: { origin, 'authorization': `Bearer ${key}`, 'content-type': 'application/json' }, ...(path !== '/v1/models' && { body: JSON.stringify(body) }) });
const allowed = ({ status, headers }: Fetched): unknown[] => [status, headers['access-control-allow-origin']];

test('without listed origins no page may call: no header, and a preflight is a 405', async () => {
  await allow('default', []);
  expect(allowed(await asked(APP))).toEqual([405, undefined]);
  expect(allowed(await sent(APP, gateway.key))).toEqual([200, undefined]);
});

test('a page of a listed origin may ask and read, answers and errors alike', async () => {
  await allow('default', [APP]);
  const preflight = await asked(APP, { 'access-control-request-private-network': 'true' });
  expect(preflight.status).toBe(204);
  expect(preflight.headers).toMatchObject({
    'access-control-allow-origin': APP, 'access-control-allow-methods': 'GET, POST', 'access-control-allow-headers': 'authorization,content-type,x-stainless-os', 'access-control-max-age': '600',
    'access-control-allow-private-network': 'true', 'vary': 'origin, access-control-request-headers',
  });
  expect(preflight.headers['access-control-allow-credentials']).toBeUndefined();
  for (const [path, body, status] of [['/v1/chat/completions', chat('m'), 200], ['/v1/chat/completions', chat('m', { stream: true }), 200], ['/v1/models', undefined, 200], ['/v1/chat/completions', chat('nothing'), 404], ['/v1/chat/completions', {}, 400]] as const) {
    const answer = await sent(APP, gateway.key, path, body);
    expect([path, ...allowed(answer), answer.headers['access-control-expose-headers'], answer.headers.vary]).toEqual([path, status, APP, '*', 'origin']);
  }
});

test('only the key\'s own tenant counts: another tenant\'s page may ask, and reads nothing', async () => {
  await allow('default', [APP]);
  expect(allowed(await asked(OTHERS))).toEqual([204, OTHERS]);
  expect(allowed(await sent(OTHERS, gateway.key))).toEqual([200, undefined]);
  expect(allowed(await sent(APP, otherKey, '/v1/models'))).toEqual([200, undefined]);
  expect(allowed(await sent(OTHERS, otherKey, '/v1/models'))).toEqual([200, OTHERS]);
});

test('a wrong secret of a known key is answered like an unknown key', async () => {
  await allow('default', [APP]);
  const wrong = `${gateway.key.slice(0, -7)}${gateway.key.at(-7) === 'A' ? 'B' : 'A'}${gateway.key.slice(-6)}`;
  expect(allowed(await sent(APP, wrong))).toEqual([401, undefined]);
});

test.each([
  ['an origin that only begins alike', `${APP}.evil.example`], ['another scheme', 'http://app.example.com'], ['null', 'null'], ['another port', `${APP}:8443`],
])('%s is another origin', async (_name, origin) => {
  await allow('default', [APP]);
  expect(allowed(await asked(origin))).toEqual([405, undefined]);
});

test('header names that are none are not repeated, and paths beside /v1 have no such answer', async () => {
  await allow('default', [APP]);
  expect((await asked(APP, { 'access-control-request-headers': 'a b;c' })).headers['access-control-allow-headers']).toBeUndefined();
  expect((await asked(APP, {}, '/health')).status).toBe(405);
});
