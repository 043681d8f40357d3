import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { getKey, putKey } from '../../functions/adapters/store/keys.ts';
import { lastRefusals, readRefusals } from '../../functions/adapters/store/refusals.ts';
import { ask } from '../admin/support.ts';
import { call, chat, messages } from '../support/call.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';

let gateway: TestGateway;
let upstream: ScriptedUpstream;
beforeEach(async () => {
  upstream = await scriptedUpstream();
  gateway = await testGateway();
  await gateway.addModel({ id: 'cheap', baseUrl: upstream.baseUrl });
});
afterEach(async () => {
  await gateway.close();
  await upstream.close();
});

const range = { fromMs: Date.now() - 3_600_000, toMs: Date.now() + 3_600_000 };
async function counted(tenantId: string | undefined): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  await readRefusals(gateway.edition.store, tenantId, range, ({ keyId, code, count }) => { counts[`${keyId ?? 'unknown'} ${code}`] = (counts[`${keyId ?? 'unknown'} ${code}`] ?? 0) + count; });
  return counts;
}
const flush = (): Promise<void> => gateway.edition.flushRefusals();

test('every refusal is counted once, under the key that the request named; what was admitted is not', async () => {
  const { key, record } = await gateway.addKey({ rpm: 2, allowedModels: ['other'] });
  const { key: limited, record: limitedRecord } = await gateway.addKey({ rpm: 1 });
  const { key: revoked, record: revokedRecord } = await gateway.addKey();
  await putKey(gateway.edition.store, { ...revokedRecord, revokedAt: new Date(Date.now() - 1000).toISOString() }, (await getKey(gateway.edition.store, revokedRecord.keyId))?.version);
  gateway.edition.caches.invalidate();
  const wrong = `${limited.slice(0, 22)}${'0'.repeat(43)}`;
  const statuses: number[] = [];
  const send = async (path: string, options: Parameters<typeof call>[2]): Promise<void> => { statuses.push((await call(gateway.origin, path, options)).status); };
  await send('/v1/chat/completions', { key: limited, body: chat('cheap') });
  await send('/v1/chat/completions', { key: limited, body: chat('cheap') });
  await send('/v1/messages', { key: limited, body: messages('cheap') });
  await send('/v1/chat/completions', { key, body: chat('cheap') });
  await send('/v1/chat/completions', { key, body: chat('nobody/knows:this') });
  await send('/v1/chat/completions', { key, body: { messages: [] } });
  await send('/v1/chat/completions', { key: revoked, body: chat('cheap') });
  await send('/v1/chat/completions', { key: wrong, body: chat('cheap') });
  await send('/v1/chat/completions', { body: chat('cheap') });
  await send('/v1/nowhere', { key, body: {} });
  await send('/health', {});
  expect(statuses).toEqual([200, 429, 429, 403, 404, 400, 401, 401, 401, 404, 200]);
  await flush();
  expect(await counted('default')).toEqual({
    [`${limitedRecord.keyId} rate_limit_exceeded`]: 2, [`${record.keyId} model_not_allowed`]: 1, [`${record.keyId} model_not_found`]: 1, [`${record.keyId} invalid_request`]: 1,
    [`${revokedRecord.keyId} invalid_api_key`]: 1,
  });
  expect(await counted(undefined)).toEqual({ 'unknown invalid_api_key': 2, 'unknown not_found': 1 });
  expect((await gateway.ledgerAll()).length).toBe(1);
  const asked = (await lastRefusals(gateway.edition.store, 'default', range)).map(({ code, status, route, requestedModel }) => ({ code, status, route, requestedModel }));
  expect(asked).toContainEqual({ code: 'model_not_found', status: 404, route: '/v1/chat/completions', requestedModel: 'nobody/knows:this' });
});

test('a key whose secret part is wrong is counted for its owner, whoever tries it', async () => {
  const { key, record } = await gateway.addKey();
  const { key: other } = await gateway.addKey();
  const { parseKey, formatKey } = await import('../../functions/core/keys/virtual-key.ts');
  const mixed = formatKey({ env: 'test', keyId: parseKey(key)?.keyId ?? '', secretBytes: new Uint8Array(32).fill(9) });
  expect(mixed).not.toBe(other);
  expect((await call(gateway.origin, '/v1/chat/completions', { key: mixed, body: chat('cheap') })).status).toBe(401);
  await flush();
  expect(await counted('default')).toEqual({ [`${record.keyId} invalid_api_key`]: 1 });
});

test('the usage shows refusals apart from its other numbers, and the checklist says why no request came', async () => {
  const { store } = gateway.edition;
  const ports = { now: () => Date.now() };
  const setup = async (): Promise<Record<string, unknown>> => (await ask(store, '/admin/setup', { ports })).json;
  expect(await setup()).toMatchObject({ firstRequestAt: null, refused: null });
  for (let i = 0; i < 3; i += 1) await call(gateway.origin, '/v1/chat/completions', { key: 'sk-of-a-provider', body: chat('cheap') });
  await flush();
  expect(await setup()).toMatchObject({
    firstRequestAt: null, refused: { count: 3, byCode: [{ code: 'invalid_api_key', count: 3 }], last: { code: 'invalid_api_key', status: 401, keyId: null, route: '/v1/chat/completions' }, hint: expect.stringMatching(/valid key of this gateway/) },
  });
  await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('unknown-name') });
  await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('cheap') });
  await flush();
  const [, keyId = ''] = /^bsg_test_(\w{12})_/.exec(gateway.key) ?? [];
  const usage = async (query = ''): Promise<Record<string, unknown>> => (await ask(store, `/admin/usage?${query}`, { ports })).json;
  const whole = await usage('bucket=hour');
  expect(whole).toMatchObject({ totals: { requests: 1, errors: 0 }, refusals: { count: 4, byCode: [{ code: 'invalid_api_key', count: 3 }, { code: 'model_not_found', count: 1 }] } });
  const { series, refusals } = whole as { series: { at: string }[]; refusals: { series: { at: string; count: number }[] } };
  expect(refusals.series.map(({ at }) => at)).toEqual(series.map(({ at }) => at));
  expect(refusals.series.reduce((sum, { count }) => sum + count, 0)).toBe(4);
  expect(await usage(`key=${keyId}`)).toMatchObject({ refusals: { count: 1 } });
  expect(await usage('status=401')).toMatchObject({ refusals: { count: 3 } });
  expect(await usage('status=4xx')).toMatchObject({ refusals: { count: 4 } });
  expect(await usage('model=cheap')).toMatchObject({ totals: { requests: 1 }, refusals: { count: 0, byCode: [] } });
  const listed = await ask(store, '/admin/refusals', { ports });
  expect(listed.json).toMatchObject({ items: [{ code: 'model_not_found', requestedModel: 'unknown-name', keyId }, { code: 'invalid_api_key' }, {}, {}], nextCursor: null });
  expect(await ask(store, '/admin/refusals?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z')).toMatchObject({ status: 400, json: { error: { field: 'to' } } });
});

test('refusals that wait when the gateway stops are written', async () => {
  await call(gateway.origin, '/v1/chat/completions', { body: chat('cheap') });
  const { store } = gateway.edition;
  const written: unknown[] = [];
  const { write } = store;
  Object.assign(store, { write: (ops: Parameters<typeof write>[0]) => { written.push(...ops); return write(ops); } });
  await gateway.edition.close();
  expect(JSON.stringify(written)).toContain('_unknown_invalid_api_key');
});
