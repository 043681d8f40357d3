import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { routing } from '../../../functions/contract/routing.ts';
import { partition } from '../../../functions/adapters/store/entity.ts';
import { getKey, listKeys, putKey, type KeyRecord } from '../../../functions/adapters/store/keys.ts';
import { deleteModel, getModel, listModels, putModel, type ModelRecord } from '../../../functions/adapters/store/models.ts';
import type { Store } from '../../../functions/adapters/store/port.ts';
import { getRouting, getRoutingVersion, listRoutingVersions, saveRouting } from '../../../functions/adapters/store/routing.ts';
import { getTenant, listTenants, putTenant, type TenantRecord } from '../../../functions/adapters/store/tenants.ts';
import { tempStore, type TempStore } from '../../support/store.ts';

let temp: TempStore;
let store: Store;
beforeAll(async () => {
  temp = await tempStore();
  store = temp.store;
});
afterAll(() => temp.cleanup());

const at = '2026-11-23T10:00:00.000Z';
const tenant = (tenantId: string): TenantRecord => ({ tenantId, name: 'Name', timezone: 'Asia/Seoul', unknownNames: 'reject', paused: false, alwaysStrongest: false, corsOrigins: ['https://a.example'], createdAt: at, version: 0 });
const model = (tenantId: string, id: string): ModelRecord => ({
  tenantId, id, provider: 'openai', upstreamModel: 'up', enabled: true, price: { input: 1, output: 2 }, facts: { tools: true }, createdAt: at, updatedAt: at, version: 0,
  credentials: [{ name: 'default', credentialId: 'c1', version: 1, last4: 'abcd', updatedAt: at, sealed: { v: 1, encryptedKey: 'a', nonce: 'b', ciphertext: 'c', tag: 'd' } }],
});
const key = (tenantId: string, keyId: string, more: Partial<KeyRecord> = {}): KeyRecord => ({
  keyId, tenantId, name: keyId, env: 'live', hash: 'h', last4: 'wxyz', rpm: 60, tpm: null, maxParallel: null, dailyUsd: null, monthlyUsd: 5, budgetAction: 'block',
  allowedModels: ['a'], expiresAt: null, revokedAt: null, strict: false, logContent: false, shadow: true, createdAt: at, version: 0, ...more,
});
const document = (name: string) => routing.parse({ aliases: [{ name, target: 'auto' }] });

describe('tenants', () => {
  test('are created once, listed by id, and replaced only at the expected version', async () => {
    expect(await getTenant(store, 'b')).toBeUndefined();
    expect(await putTenant(store, tenant('b'), undefined)).toEqual({ ok: true, record: { ...tenant('b'), version: 1 } });
    await putTenant(store, tenant('a'), undefined);
    expect(await putTenant(store, tenant('b'), undefined)).toEqual({ ok: false, current: { ...tenant('b'), version: 1 } });
    expect(await putTenant(store, { ...tenant('b'), paused: true }, 1)).toMatchObject({ ok: true, record: { version: 2 } });
    expect(await putTenant(store, { ...tenant('b'), name: 'stale' }, 1)).toMatchObject({ ok: false, current: { version: 2, name: 'Name' } });
    expect(await getTenant(store, 'b')).toEqual({ ...tenant('b'), paused: true, version: 2 });
    expect((await listTenants(store)).map(({ tenantId, version }) => [tenantId, version])).toEqual([['a', 1], ['b', 2]]);
  });

  test('that do not exist cannot be updated into existence', async () => {
    expect(await putTenant(store, tenant('ghost'), 1)).toEqual({ ok: false, current: undefined });
    expect(await getTenant(store, 'ghost')).toBeUndefined();
  });
});

describe('models', () => {
  test('come back whole, belong to one tenant, and are saved only at the expected version', async () => {
    expect(await putModel(store, model('m1', 'openrouter/*'), undefined)).toMatchObject({ ok: true, record: { version: 1 } });
    await putModel(store, model('m1', 'cheap'), undefined);
    await putModel(store, { ...model('m2', 'cheap'), upstreamModel: 'other' }, undefined);
    expect(await getModel(store, 'm1', 'cheap')).toEqual({ ...model('m1', 'cheap'), version: 1 });
    expect((await listModels(store, 'm1')).map(({ id }) => id)).toEqual(['cheap', 'openrouter/*']);
    expect(await putModel(store, { ...model('m1', 'cheap'), enabled: false }, 1)).toMatchObject({ ok: true, record: { version: 2, enabled: false } });
    expect(await putModel(store, model('m1', 'cheap'), 1)).toMatchObject({ ok: false, current: { version: 2 } });
    expect(await putModel(store, model('m1', 'cheap'), undefined)).toMatchObject({ ok: false, current: { version: 2 } });
    expect((await getModel(store, 'm2', 'cheap'))?.upstreamModel).toBe('other');
  });

  test('are deleted with an optional expected version', async () => {
    await putModel(store, model('m3', 'x'), undefined);
    expect(await deleteModel(store, 'm3', 'x', 7)).toMatchObject({ ok: false, current: { version: 1 } });
    expect(await deleteModel(store, 'm3', 'x', 1)).toMatchObject({ ok: true, record: { id: 'x' } });
    expect(await deleteModel(store, 'm3', 'x')).toEqual({ ok: false, current: undefined });
    expect(await listModels(store, 'm3')).toEqual([]);
  });
});

describe('routing', () => {
  test('starts at version 0 with an empty document that nobody can change for others', async () => {
    const empty = await getRouting(store, 'r0');
    expect(empty).toEqual({ version: 0, document: routing.parse({}) });
    empty.document.aliases.push({ name: 'x', target: 'auto', enabled: true });
    expect((await getRouting(store, 'r0')).document.aliases).toEqual([]);
  });

  test('every save adds a version; older ones stay readable and are listed newest first', async () => {
    for (let version = 0; version < 11; version += 1) {
      expect(await saveRouting(store, 'r1', document(`v${version + 1}`), version, { at, author: `user${version}` })).toEqual({ ok: true, version: version + 1 });
    }
    expect(await getRouting(store, 'r1')).toEqual({ version: 11, document: document('v11') });
    expect(await getRoutingVersion(store, 'r1', 9)).toEqual({ version: 9, document: document('v9'), at, author: 'user8' });
    expect(await getRoutingVersion(store, 'r1', 12)).toBeUndefined();
    const first = await listRoutingVersions(store, 'r1', { limit: 6 });
    const second = await listRoutingVersions(store, 'r1', { limit: 6, ...(first.cursor !== undefined && { cursor: first.cursor }) });
    expect([...first.items, ...second.items].map(({ version }) => version)).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(first.items[0]).toEqual({ version: 11, at, author: 'user10' });
    expect(second.cursor).toBeUndefined();
  });

  test('a stale or a premature save changes nothing and gives the document in force', async () => {
    await saveRouting(store, 'r2', document('one'), 0, { at, author: 'a' });
    const current = { version: 1, document: document('one') };
    expect(await saveRouting(store, 'r2', document('stale'), 0, { at, author: 'b' })).toEqual({ ok: false, current });
    expect(await saveRouting(store, 'r2', document('early'), 5, { at, author: 'b' })).toEqual({ ok: false, current });
    expect(await getRouting(store, 'r2')).toEqual(current);
    expect((await listRoutingVersions(store, 'r2', { limit: 10 })).items).toHaveLength(1);
  });

  test('of concurrent saves of one version exactly one wins', async () => {
    const results = await Promise.all(Array.from({ length: 10 }, (_, i) => saveRouting(store, 'r3', document(`d${i}`), 0, { at, author: 'x' })));
    const winner = results.findIndex(({ ok }) => ok);
    expect(results.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await getRouting(store, 'r3')).toEqual({ version: 1, document: document(`d${winner}`) });
  });
});

describe('keys', () => {
  test('are found by id alone and listed by tenant in order of creation', async () => {
    await putKey(store, key('k1', 'Zkey', { createdAt: '2026-01-01T00:00:00.000Z' }), undefined);
    await putKey(store, key('k1', 'Akey', { createdAt: '2026-02-01T00:00:00.000Z' }), undefined);
    await putKey(store, key('k2', 'Other'), undefined);
    expect(await getKey(store, 'Zkey')).toEqual({ ...key('k1', 'Zkey', { createdAt: '2026-01-01T00:00:00.000Z' }), version: 1 });
    expect((await listKeys(store, 'k1')).map(({ keyId }) => keyId)).toEqual(['Zkey', 'Akey']);
    expect(await getKey(store, 'nobody')).toBeUndefined();
  });

  test('are saved only at the expected version', async () => {
    await putKey(store, key('k3', 'K3'), undefined);
    expect(await putKey(store, key('k3', 'K3', { revokedAt: at }), 1)).toEqual({ ok: true, record: { ...key('k3', 'K3', { revokedAt: at }), version: 2 } });
    expect(await putKey(store, key('k3', 'K3'), 1)).toMatchObject({ ok: false, current: { version: 2, revokedAt: at } });
    expect(await putKey(store, key('k4', 'K3'), undefined)).toMatchObject({ ok: false, current: { tenantId: 'k3' } });
  });

  test('that have expired stay in the store: their own expiry is not the one by which the store forgets', async () => {
    await putKey(store, key('k5', 'K5', { expiresAt: '2020-01-01T00:00:00.000Z' }), undefined);
    expect(await store.get({ table: 'keys', pk: 'K#K5', sk: 'key' })).not.toHaveProperty('expiresAt');
    await temp.store.sweepExpired(4_000_000_000);
    expect((await getKey(store, 'K5'))?.expiresAt).toBe('2020-01-01T00:00:00.000Z');
  });
});

test('ids with separators cannot reach into another partition', () => {
  expect(partition('T', 'a#MODEL')).not.toBe(partition('T', 'a', 'MODEL'));
  expect(partition('T', 'a%23b')).not.toBe(partition('T', 'a#b'));
  expect(partition('T', 'plain', 'x')).toBe('T#plain#x');
});
