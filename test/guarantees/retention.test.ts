import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openAccounts } from '../../functions/adapters/store/accounts.ts';
import { commitChange, listChanges } from '../../functions/adapters/store/changes.ts';
import { getKey, type KeyRecord } from '../../functions/adapters/store/keys.ts';
import { getLedgerEntry, queryLedger } from '../../functions/adapters/store/ledger.ts';
import { resilientAccounts } from '../../functions/adapters/store/resilient-accounts.ts';
import { memorySpool } from '../../functions/adapters/store/spool.ts';
import { getTenant, putTenant } from '../../functions/adapters/store/tenants.ts';
import { jsonLog } from '../../functions/adapters/observe/log.ts';
import { reconcile } from '../../functions/admin/reconcile.ts';
import { verifyAudit } from '../../functions/admin/verify-audit.ts';
import { newTenant, STACK_RETENTION } from '../../functions/admin/people/new-tenant.ts';
import { firstOwner } from '../../functions/admin/people/first-owner.ts';
import { rollUp } from '../../functions/jobs/roll-up/roll-up.ts';
import { sweepReservations } from '../../functions/jobs/sweep-reservations/sweep.ts';
import { ask, entryAt, NOW, putEntries } from '../admin/support.ts';
import { entryOf, handClock, testKey, wishOf } from '../support/accounts.ts';
import { chat } from '../support/call.ts';
import { testGateway } from '../support/gateway.ts';
import { scriptedUpstream } from '../support/scripted-upstream.ts';
import { tempStore, type TempStore } from '../support/store.ts';

const DAY_MS = 86_400_000;
const DAY = 86_400;
const NOW_S = NOW / 1000;
const log = jsonLog(() => {}, () => NOW);

let temp: TempStore;
beforeEach(async () => {
  temp = await tempStore();
  await putTenant(temp.store, newTenant('default', new Date(NOW - 500 * DAY_MS).toISOString()), undefined);
});
afterEach(() => temp.cleanup());

async function keep(retentionDays: { ledger: number | null; rollups: number | null; audit: number | null }): Promise<void> {
  const { version, ...body } = (await ask(temp.store, '/admin/settings')).json;
  const { status } = await ask(temp.store, '/admin/settings', { method: 'PUT', headers: { 'if-match': `"${String(version)}"` }, body: { ...body, retentionDays } });
  expect(status).toBe(200);
}
const itemsOf = async (table: 'usage' | 'audit', pk: string): Promise<unknown[]> => (await temp.store.query({ table, pk, limit: 100 })).rows.map(({ item }) => item['expiresAt']);
const ledgerPk = `L#default#${new Date(NOW).toISOString().slice(0, 10)}#0`;
const accountsOn = () => openAccounts({ store: temp.store, clock: handClock(NOW), owner: 'boot', random: Math.random });

describe('rows of the ledger expire after the days that the settings say', () => {
  let key: KeyRecord;
  beforeEach(async () => {
    const { json } = await ask(temp.store, '/admin/keys', { method: 'POST', body: { name: 'ci' } });
    const record = await getKey(temp.store, String(json['id']));
    if (record === undefined) throw new Error('no key');
    key = record;
  });

  test('those of served requests, through the gateway', async () => {
    const upstream = await scriptedUpstream();
    const gateway = await testGateway();
    await gateway.addModel({ id: 'm', baseUrl: upstream.baseUrl });
    const own = await gateway.addKey({});
    const tenant = await getTenant(gateway.edition.store, 'default');
    await putTenant(gateway.edition.store, { ...(tenant ?? newTenant('default', new Date(0).toISOString())), retentionDays: { ledger: 7 } }, tenant?.version);
    gateway.edition.caches.invalidate();
    const atSeconds = Date.now() / 1000;
    const answer = await fetch(`${gateway.origin}/v1/chat/completions`, { method: 'POST', headers: { 'authorization': `Bearer ${own.key}`, 'content-type': 'application/json' }, body: JSON.stringify(chat('m')) });
    expect(answer.status).toBe(200);
    await answer.text();
    expect(await gateway.ledgerAll()).toHaveLength(1);
    const { rows: [row] } = await gateway.edition.store.query({ table: 'usage', pk: `L#default#${new Date().toISOString().slice(0, 10)}#0`, limit: 1 });
    expect(Math.abs(Number(row?.item['expiresAt']) - atSeconds - 7 * DAY)).toBeLessThan(60);
    await gateway.close();
    await upstream.close();
  });

  test('those of dead processes, which are swept', async () => {
    await keep({ ledger: 30, rollups: null, audit: null });
    await accountsOn().reserve(wishOf(key, { nowMs: NOW, lifeMs: 1_000 }));
    const later = openAccounts({ store: temp.store, clock: handClock(NOW + 120_000), owner: 'later', random: Math.random });
    expect(await sweepReservations({ store: temp.store, accounts: later, log, remainingMs: () => Infinity })).toMatchObject({ swept: 1, failed: 0 });
    expect(await itemsOf('usage', ledgerPk)).toEqual([NOW_S + 30 * DAY]);
  });

  test('those that waited in the spool, also where their key is gone', async () => {
    await keep({ ledger: 30, rollups: null, audit: null });
    const spool = memorySpool();
    const accounts = resilientAccounts({ accounts: accountsOn(), store: temp.store, spool, clock: handClock(NOW), owner: 'boot', log });
    for (const of of [key, testKey({ keyId: 'goneAAAAAAAA' })]) spool.append({ tenantId: 'default', entry: entryOf(wishOf(of, { nowMs: NOW }).requestId, of), timezone: 'UTC' });
    expect(await accounts.recover()).toBe(2);
    expect(await itemsOf('usage', ledgerPk)).toEqual([NOW_S + 30 * DAY, NOW_S + 30 * DAY]);
  });

  test('none where nothing is set', async () => {
    const accounts = accountsOn();
    const reserved = await accounts.reserve(wishOf(key, { nowMs: NOW }));
    if (reserved.ok) await accounts.settle(reserved.lease, entryOf(reserved.lease.requestId, key));
    expect(await itemsOf('usage', ledgerPk)).toEqual([undefined]);
  });

  test('an expired row is passed over before it is removed, and the books without it still balance', async () => {
    const accounts = accountsOn();
    const reserved = await accounts.reserve({ ...wishOf(key, { nowMs: NOW, micros: 500 }), ledgerDays: 2 });
    if (!reserved.ok) throw new Error('refused');
    const { requestId } = reserved.lease;
    await accounts.settle(reserved.lease, { ...entryOf(requestId, key, { micros: 500 }), at: new Date(NOW).toISOString() });
    const [before, after] = [NOW + 2 * DAY_MS - 1_000, NOW + 2 * DAY_MS];
    const range = { from: new Date(NOW - 1_000).toISOString(), to: new Date(NOW + 1_000).toISOString(), limit: 10 };
    const seen = async (nowMs: number): Promise<unknown> => [(await getLedgerEntry(temp.store, 'default', requestId, nowMs)) !== undefined, (await queryLedger(temp.store, 'default', { ...range, nowMs })).items.length];
    expect([await seen(before), await seen(after)]).toEqual([[true, 1], [false, 0]]);
    const lists = async (nowMs: number): Promise<unknown> => {
      const asked = { ports: { now: () => nowMs } };
      return [((await ask(temp.store, `/admin/requests?from=${new Date(NOW - 1_000).toISOString()}&to=${new Date(NOW + 1_000).toISOString()}`, asked)).json['items'] as unknown[] | undefined)?.length, (await ask(temp.store, `/admin/requests/${requestId}`, asked)).status];
    };
    expect([await lists(before), await lists(after)]).toEqual([[1, 200], [0, 404]]);
    await temp.store.sweepExpired(after / 1000);
    expect(await itemsOf('usage', ledgerPk)).toEqual([]);
    const tenant = { ...newTenant('default', new Date(0).toISOString()), retentionDays: { ledger: 2 } };
    expect((await reconcile(temp.store, tenant, after)).differences).toEqual([]);
    expect((await reconcile(temp.store, { ...tenant, retentionDays: {} }, after)).differences).not.toEqual([]);
  });
});

test('roll-ups expire after the days that the settings say, and never where they say nothing', async () => {
  for (const rollups of [null, 30]) {
    await keep({ ledger: null, rollups, audit: null });
    const startMs = NOW - 3 * DAY_MS - (rollups ?? 0) * 60_000;
    await putEntries(temp.store, [entryAt(startMs)]);
    await temp.store.write([{ delete: { table: 'usage', pk: 'UW#default', sk: 'watermark' } }]);
    expect(await rollUp({ store: temp.store, now: () => NOW, remainingMs: () => Infinity, pause: async () => {}, log })).toMatchObject({ failed: 0 });
    const quarterMs = Math.floor(startMs / 900_000) * 900_000;
    const item = await temp.store.get({ table: 'usage', pk: `U#default#quarter#${new Date(quarterMs).toISOString().slice(0, 10)}`, sk: new Date(quarterMs).toISOString().slice(0, 16) });
    expect(item).toBeDefined();
    expect(item?.['expiresAt']).toBe(rollups === null ? undefined : quarterMs / 1000 + 900 + (rollups + 2) * DAY);
  }
});

describe('audit events', () => {
  const eventsPk = 'T#default#EVENT';
  let made = 0;
  const commit = (atMs: number, days: number | undefined): Promise<unknown> => commitChange({
    store: temp.store, tenantId: 'default', actor: { userId: 'u', name: 'u', via: 'person' }, requestId: 'r', now: () => atMs, random: Math.random, newId: () => `e${made += 1}`, ...(days !== undefined && { keptDays: days }),
  }, { action: 'a.b', target: { type: 'a', id: 'x' }, before: null, after: { made } }, []);
  const remove = (seq: number): Promise<unknown> => temp.store.write([{ delete: { table: 'audit', pk: eventsPk, sk: String(seq).padStart(12, '0') } }]);

  test('expire after the days that the settings said when they were written', async () => {
    await keep({ ledger: null, rollups: null, audit: 30 });
    await ask(temp.store, '/admin/keys', { method: 'POST', body: { name: 'a' } });
    await keep({ ledger: null, rollups: null, audit: null });
    await ask(temp.store, '/admin/keys', { method: 'POST', body: { name: 'b' } });
    expect(await itemsOf('audit', eventsPk)).toEqual([undefined, NOW_S + 30 * DAY, NOW_S + 30 * DAY, undefined]);
  });

  test('guarantee H5: a chain whose beginning has expired is verified from its oldest event on, removed or not, and says so', async () => {
    for (let day = 0; day < 60; day += 1) await commit(NOW + day * DAY_MS, 30);
    const nowMs = NOW + 59.5 * DAY_MS;
    expect(await verifyAudit(temp.store, 'default', NOW)).toEqual({ events: 60, broken: undefined });
    expect(await verifyAudit(temp.store, 'default', nowMs)).toEqual({ events: 30, broken: undefined, from: 31 });
    expect((await listChanges(temp.store, 'default', { limit: 100, nowMs })).items).toHaveLength(30);
    // Removed in no order.
    await remove(7);
    expect(await verifyAudit(temp.store, 'default', nowMs)).toMatchObject({ broken: undefined, from: 31 });
    await temp.store.sweepExpired(nowMs / 1000);
    expect(await verifyAudit(temp.store, 'default', nowMs)).toEqual({ events: 30, broken: undefined, from: 31 });
    await remove(45);
    expect((await verifyAudit(temp.store, 'default', nowMs)).broken).toMatchObject({ seq: 45, fault: 'missing' });
    expect(await verifyAudit(temp.store, 'default', NOW + 100 * DAY_MS)).toEqual({ events: 0, broken: undefined, from: 61 });
  });

  test('guarantee H5: what cannot have expired yet is missing, at the beginning, in the middle and at the end', async () => {
    await putTenant(temp.store, newTenant('default', new Date(NOW).toISOString()), 1);
    for (let day = 0; day < 20; day += 1) await commit(NOW + day * DAY_MS, 30);
    const nowMs = NOW + 20 * DAY_MS;
    for (const [seq, fault] of [[20, 'truncated'], [10, 'missing'], [1, 'missing']] as const) {
      await remove(seq);
      expect((await verifyAudit(temp.store, 'default', nowMs)).broken).toMatchObject({ seq, fault });
    }
  });

  test('events that were kept for ever stay, and those of a shorter time may go between them and the newest', async () => {
    for (let day = 0; day < 5; day += 1) await commit(NOW + day * DAY_MS, undefined);
    for (let day = 5; day < 60; day += 1) await commit(NOW + day * DAY_MS, 30);
    const nowMs = NOW + 59.5 * DAY_MS;
    await temp.store.sweepExpired(nowMs / 1000);
    expect(await verifyAudit(temp.store, 'default', nowMs)).toEqual({ events: 35, broken: undefined, from: 31 });
    await remove(3);
    expect((await verifyAudit(temp.store, 'default', NOW + 20 * DAY_MS)).broken).toMatchObject({ seq: 3, fault: 'missing' });
  });
});

test('a tenant of the stack begins with 90, 400 and 400 days; one of a single machine forgets nothing', async () => {
  let ids = 0;
  await firstOwner({ store: temp.store, tenantId: 'first', ownerEmail: 'a@example.com', emailOf: async () => 'a@example.com', now: () => NOW, random: Math.random, newRequestId: () => `id${ids += 1}` }, { sub: 's', username: 's' } as never, 'token');
  expect((await getTenant(temp.store, 'first'))?.retentionDays).toEqual({ ledger: 90, rollups: 400, audit: 400 });
  expect(await itemsOf('audit', 'T#first#EVENT')).toEqual([NOW_S + 400 * DAY]);
  const asked = (newTenantRetention?: typeof STACK_RETENTION) => ask(temp.store, '/admin/tenants', { method: 'POST', body: { name: 'n', timezone: 'UTC' }, ports: { ...(newTenantRetention && { newTenantRetention }), identify: async () => ({ userId: 'op', name: 'Op', via: 'person', memberships: [{ tenantId: 'default', role: 'owner' }] }) } });
  const [stack, local] = [await asked(STACK_RETENTION), await asked()];
  const days = async (id: unknown): Promise<unknown> => [(await getTenant(temp.store, String(id)))?.retentionDays, await itemsOf('audit', `T#${String(id)}#EVENT`)];
  expect(await days(stack.json['id'])).toEqual([{ ledger: 90, rollups: 400, audit: 400 }, [NOW_S + 400 * DAY]]);
  expect(await days(local.json['id'])).toEqual([undefined, [undefined]]);
});
