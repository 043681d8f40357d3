import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { getKey, type KeyRecord } from '../../functions/adapters/store/keys.ts';
import { openAccounts } from '../../functions/adapters/store/accounts.ts';
import { openDynamoStore } from '../../functions/adapters/store/dynamo.ts';
import { reconcile } from '../../functions/admin/reconcile.ts';
import type { Store } from '../../functions/adapters/store/port.ts';
import { putTenant } from '../../functions/adapters/store/tenants.ts';
import { ask, NOW } from '../admin/support.ts';
import { allEntries, countingStore, entryOf as entryAtNoon, handClock, limiterItem, openLeases, wishOf, type HandClock } from '../support/accounts.ts';
import { startDynamoDbLocal, throttled, type DynamoDbLocal } from '../support/dynamodb-local.ts';
import { needs } from '../support/optional.ts';
import { tempStore, type TempStore } from '../support/store.ts';

const DAY_SECONDS = 86_400;
const accountsOn = (store: Store, clock: HandClock = handClock(NOW), owner = 'boot') => openAccounts({ store, clock, owner, random: () => 0.5 });
const entryOf: typeof entryAtNoon = (...args) => ({ ...entryAtNoon(...args), at: new Date(NOW).toISOString() });
type Accounts = ReturnType<typeof accountsOn>;

let names = 0;
async function madeKey(store: Store, limits: object): Promise<KeyRecord> {
  const { status, json } = await ask(store, '/admin/keys', { method: 'POST', body: { name: `k${names += 1}`, rpm: null, tpm: null, ...limits } });
  expect(status).toBe(201);
  return read(store, String(json['id']));
}
async function read(store: Store, id: string): Promise<KeyRecord> {
  const record = await getKey(store, id);
  if (record === undefined) throw new Error('no such key');
  return record;
}
/** Both records after a rotation: the one that ends with the overlap, and its successor. */
async function rotated(store: Store, { keyId }: KeyRecord): Promise<[KeyRecord, KeyRecord]> {
  const { status, json } = await ask(store, `/admin/keys/${keyId}/rotate`, { method: 'POST', body: { overlapSeconds: DAY_SECONDS } });
  expect(status).toBe(201);
  return [await read(store, keyId), await read(store, String(json['id']))];
}
async function spend(accounts: Accounts, key: KeyRecord, micros: number): Promise<boolean> {
  const reserved = await accounts.reserve(wishOf(key, { micros, nowMs: NOW }));
  if (reserved.ok) await accounts.settle(reserved.lease, entryOf(reserved.lease.requestId, key, { micros }));
  return reserved.ok;
}
const admits = async (accounts: Accounts, key: KeyRecord, wish: object = {}): Promise<boolean> => (await accounts.reserve(wishOf(key, { nowMs: NOW, ...wish }))).ok;
const CENT = 10_000;

function rotation(storeOf: () => Store): void {
  test('guarantee C4: what a key has spent of its budget is spent for its successor too, however often it is rotated', async () => {
    const store = storeOf();
    const first = await madeKey(store, { monthlyUsd: 1 });
    expect(await spend(accountsOn(store), first, 1_000_000)).toBe(true);
    const [old, second] = await rotated(store, first);
    const accounts = accountsOn(store);
    expect([await spend(accounts, old, CENT), await spend(accounts, second, CENT)]).toEqual([false, false]);
    const [, third] = await rotated(store, second);
    for (const key of [old, second, third]) expect(await spend(accountsOn(store), key, CENT)).toBe(false);
  });

  test('guarantee C1: requests, tokens and streams of a minute are those of both keys together', async () => {
    const store = storeOf();
    const [old, fresh] = await rotated(store, await madeKey(store, { rpm: 10, tpm: 1_000, maxParallel: 4 }));
    const accounts = accountsOn(store);
    const results = await Promise.all(Array.from({ length: 12 }, (_, i) => accounts.reserve(wishOf(i % 2 === 0 ? old : fresh, { nowMs: NOW, tokens: 10 }))));
    expect(results.filter(({ ok }) => ok)).toHaveLength(4);
    for (const result of results) if (result.ok) await accounts.settle(result.lease, entryOf(result.lease.requestId, result.lease.key, { tokens: 200 }));
    // 800 tokens are used: 500 more are too many for either.
    expect([await admits(accounts, old, { tokens: 500 }), await admits(accounts, fresh, { tokens: 500 })]).toEqual([false, false]);
    const touched = await Promise.all(Array.from({ length: 12 }, (_, i) => accounts.touch(i % 2 === 0 ? old : fresh, 'UTC')));
    expect(touched.filter(({ ok }) => ok)).toHaveLength(6);
    expect((await limiterItem(store, fresh))['rqSum']).toBe(10);
  });

  test('each key keeps limits and headers of its own where they were changed afterwards', async () => {
    const store = storeOf();
    const [old, fresh] = await rotated(store, await madeKey(store, { rpm: 2 }));
    const { status } = await ask(store, `/admin/keys/${fresh.keyId}`, { method: 'PATCH', body: { rpm: 5 } });
    expect(status).toBe(200);
    const raised = await read(store, fresh.keyId);
    const accounts = accountsOn(store);
    const both = await Promise.all([accounts.touch(old, 'UTC'), accounts.touch(raised, 'UTC')]);
    expect(both.map(({ ok }) => ok)).toEqual([true, true]);
    const more = await Promise.all(Array.from({ length: 8 }, (_, i) => accounts.touch(i % 2 === 0 ? old : raised, 'UTC')));
    const admitted = (which: number): number => more.filter(({ ok }, i) => ok && i % 2 === which).length;
    expect([admitted(0), admitted(1)]).toEqual([0, 3]);
    for (const [i, answer] of more.entries()) {
      const { requests } = answer.ok ? answer.counters : answer.denial.counters;
      expect(requests?.limit).toBe(i % 2 === 0 ? 2 : 5);
    }
    expect([accounts.peek(old)?.requests?.limit, accounts.peek(raised)?.requests?.limit]).toEqual([2, 5]);
  });

  test('guarantee C6: a request that began before the rotation ends where it began, and raises what it holds there', async () => {
    const store = storeOf();
    const first = await madeKey(store, { monthlyUsd: 1 });
    const accounts = accountsOn(store);
    const begun = await accounts.reserve(wishOf(first, { micros: 500_000, nowMs: NOW }));
    if (!begun.ok) throw new Error('refused');
    const [, fresh] = await rotated(store, first);
    expect([await admits(accounts, fresh, { micros: 500_001 }), await admits(accounts, fresh, { micros: 400_000 })]).toEqual([false, true]);
    expect(await accounts.raise({ lease: begun.lease, micros: 100_001 })).toBeUndefined();
    const raised = await accounts.raise({ lease: begun.lease, micros: 100_000 });
    if (raised === undefined) throw new Error('there was room');
    const entry = entryOf(begun.lease.requestId, first, { micros: 300_000 });
    await accounts.settle(raised, entry);
    await accounts.settle(raised, entry);
    expect((await limiterItem(store, fresh))['monthMicros']).toBe(700_000);
    expect((await limiterItem(store, first))['monthMicros']).toBe(700_000);
  });

  test('guarantee C5: leases of a dead process are settled under the key that each was taken with, and the books of both balance', async () => {
    const store = storeOf();
    const tenant = { tenantId: 'default', name: 'default', timezone: 'UTC', unknownNames: 'reject' as const, paused: false, alwaysStrongest: false, corsOrigins: [], createdAt: new Date(NOW).toISOString(), version: 1 };
    await putTenant(store, tenant, undefined);
    const [old, fresh] = await rotated(store, await madeKey(store, { monthlyUsd: 1 }));
    const dead = accountsOn(store);
    expect([await admits(dead, old, { micros: 100_000 }), await admits(dead, fresh, { micros: 200_000 }), await admits(dead, fresh, { micros: 300_000 })]).toEqual([true, true, true]);
    expect((await reconcile(store, tenant, NOW)).differences).toEqual([]);
    const next = accountsOn(store, handClock(NOW), 'next');
    expect([await next.sweep(fresh, { foreignOwners: true }), await next.sweep(old, { foreignOwners: true })]).toEqual([3, 0]);
    expect(openLeases(await limiterItem(store, old))).toEqual([]);
    expect((await allEntries(store, old, NOW)).map(({ costMicros }) => costMicros)).toEqual([100_000]);
    expect((await allEntries(store, fresh, NOW)).map(({ costMicros }) => costMicros).toSorted()).toEqual([200_000, 300_000]);
    expect(await reconcile(store, tenant, NOW)).toMatchObject({ differences: [] });
    expect([await spend(next, fresh, 400_001), await spend(next, old, 400_000), await spend(next, fresh, 1)]).toEqual([false, true, false]);
  });

  test('guarantee C5: a settlement that comes late is booked once, under its key and on the limiter of both', async () => {
    const store = storeOf();
    const [old, fresh] = await rotated(store, await madeKey(store, { monthlyUsd: 1 }));
    const accounts = accountsOn(store);
    const { requestId } = wishOf(fresh, { nowMs: NOW });
    const entry = entryOf(requestId, fresh, { micros: 900_000 });
    await accounts.book(fresh, 'UTC', entry);
    await accounts.book(fresh, 'UTC', entry);
    expect((await limiterItem(store, old))['monthMicros']).toBe(900_000);
    expect(await spend(accountsOn(store), old, 100_001)).toBe(false);
  });

  test('guarantee C4: of the tenant\'s budget both draw as one, so that nothing of it lies with the old key', async () => {
    const store = storeOf();
    const [old, fresh] = await rotated(store, await madeKey(store, {}));
    const tenantBudget = { dayMicros: 1_000_000, monthMicros: null };
    const counting = countingStore(store);
    const accounts = accountsOn(counting);
    const take = async (key: KeyRecord, micros: number): Promise<boolean> => (await accounts.reserve({ ...wishOf(key, { micros, nowMs: NOW }), tenantBudget })).ok;
    expect([await take(old, 600_000), await take(fresh, 300_000), await take(old, 100_000), await take(fresh, 1)]).toEqual([true, true, true, false]);
    const drawers = new Set(counting.writes.flat().flatMap((op) => ('put' in op ? Object.keys(op.item).filter((name) => name.startsWith('k_')) : [])));
    expect([...drawers]).toEqual([`k_${old.keyId}`]);
  });
}

describe('the two keys of a rotation on SQLite', () => {
  let temp: TempStore;
  beforeAll(async () => { temp = await tempStore(); });
  afterAll(() => temp.cleanup());
  rotation(() => temp.store);
});

needs('java')('the two keys of a rotation on DynamoDB', () => {
  let dynamo: DynamoDbLocal;
  let store: Store;
  beforeAll(async () => {
    dynamo = await startDynamoDbLocal();
    store = throttled(openDynamoStore({ client: dynamo.newClient(), tableNames: dynamo.tableNames }), 16);
  }, 120_000);
  afterAll(async () => {
    await store.close();
    await dynamo.stop();
  });
  rotation(() => store);
});
