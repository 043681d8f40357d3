import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { monotonicFactory } from 'ulidx';
import { chainHead, commitChange, listChanges, type ChangeContext } from '../../functions/adapters/store/changes.ts';
import type { Op, Store } from '../../functions/adapters/store/port.ts';
import { putTenant } from '../../functions/adapters/store/tenants.ts';
import { verifyAudit } from '../../functions/admin/verify-audit.ts';
import type { AuditEvent } from '../../functions/core/audit/event.ts';
import { openDynamoStore } from '../../functions/adapters/store/dynamo.ts';
import { startDynamoDbLocal, type DynamoDbLocal } from '../support/dynamodb-local.ts';
import { figure } from '../support/figure.ts';
import { full } from '../support/full.ts';
import { needs } from '../support/optional.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { root } from '../house/tree.ts';

const newId = monotonicFactory();
const contextOf = (store: Store, tenantId = 'default'): ChangeContext => ({
  store, tenantId, actor: { userId: 'u', name: 'U', via: 'person' }, requestId: newId(), now: () => Date.now(), random: Math.random, newId: () => newId(),
});
const change = (n: number) => ({ action: 'thing.created', target: { type: 'thing', id: `t${n}` }, before: null, after: { n } });
const thing = (n: number, tenantId = 'default'): Op[] => [{ put: { table: 'models', pk: `T#${tenantId}#THING`, sk: `t${n}` }, item: { n }, guards: [{ absent: true }] }];

const events = async (store: Store): Promise<AuditEvent[]> => (await listChanges(store, 'default', { limit: 1000, reverse: false })).items;

/** The same store as another process has it: changes made through it do not wait for those of the first. */
const another = (store: Store): Store => ({ get: (key) => store.get(key), query: (query) => store.query(query), write: (ops) => store.write(ops), close: () => store.close() });

/** Writes `count` changes at once, by four processes, and says how they ended. */
async function storm(store: Store, count: number): Promise<void> {
  const stores = [store, another(store), another(store), another(store)];
  const results = await Promise.all(Array.from({ length: count }, (_, n) => commitChange(contextOf(stores[n % 4] ?? store), change(n), thing(n))));
  expect(results.every(({ ok }) => ok)).toBe(true);
  const all = await events(store);
  expect(all.map(({ seq }) => seq)).toEqual(Array.from({ length: count }, (_, n) => n + 1));
  expect(new Set(all.map(({ target }) => target.id)).size).toBe(count);
  expect(await verifyAudit(store, 'default', Date.now())).toEqual({ events: count, broken: undefined });
}

/** A store in which writing an event fails, or writing anything but the event. */
const failing = (inner: Store, fails: (op: Op) => boolean): Store => ({
  get: (key) => inner.get(key), query: (query) => inner.query(query), close: () => inner.close(),
  async write(ops) {
    if (ops.some(fails)) throw new Error('injected');
    return inner.write(ops);
  },
});

function suite(name: string, open: () => Promise<Store>, count: number): void {
  let store: Store;
  beforeEach(async () => { store = await open(); });

  test('guarantee H4: changes at once on one tenant make one chain in one order', async () => {
    await storm(store, count);
    figure('H4', `${count} changes at once by 4 writers on ${name}: 1 chain, ${count} events, intact`);
  });

  test('guarantee H5: verification finds an event altered, deleted or inserted at any place', async () => {
    const places = Math.min(count, full(100, 10));
    await tamperings(store, places);
    figure('H5', `3 kinds through the port at each of ${places} events on ${name}`);
  }, 120_000);

  test('guarantee H6: a change whose event cannot be written did not happen, nor an event whose change was refused', async () => {
    const isEvent = (op: Op): boolean => 'put' in op && op.put.table === 'audit';
    await expect(commitChange(contextOf(failing(store, isEvent)), change(1), thing(1))).rejects.toThrow('injected');
    expect([await store.get({ table: 'models', pk: 'T#default#THING', sk: 't1' }), await chainHead(store, 'default'), await events(store)]).toEqual([undefined, undefined, []]);
    expect(await commitChange(contextOf(store), change(1), thing(1))).toMatchObject({ ok: true });
    expect(await commitChange(contextOf(store), change(1), thing(1))).toMatchObject({ ok: false, index: 0, current: { n: 1 } });
    expect(await events(store)).toHaveLength(1);
  });
}

describe('on SQLite', () => {
  let temp: TempStore;
  afterEach(() => temp.cleanup());
  suite('SQLite', async () => (temp = await tempStore()).store, full(500, 120));
});

needs('java')('on DynamoDB Local', () => {
  let local: DynamoDbLocal;
  const stores: Store[] = [];
  beforeAll(async () => { local = await startDynamoDbLocal(); }, 120_000);
  afterAll(async () => {
    for (const store of stores) await store.close();
    await local.stop();
  });
  let round = 0;
  // One database for all tests: a tenant of its own for each would do as well, but the chain is the tenant's.
  suite('DynamoDB Local', async () => {
    if (round > 0) {
      await local.stop();
      local = await startDynamoDbLocal();
    }
    round += 1;
    const store = openDynamoStore({ client: local.newClient(), tableNames: local.tableNames });
    stores.push(store);
    return store;
  }, full(100, 30));
});

/** Every event altered, deleted and doubled in turn, through the store itself. */
async function tamperings(store: Store, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await commitChange(contextOf(store), change(n), thing(n));
  const { rows } = await store.query({ table: 'audit', pk: AUDIT_PARTITION, limit: 1000 });
  expect(rows).toHaveLength(count);
  const verdict = async () => (await verifyAudit(store, 'default', Date.now())).broken;
  for (const [at, { pk, sk, item }] of rows.entries()) {
    const [seq, key] = [at + 1, { table: 'audit', pk, sk } as const];
    await store.write([{ put: key, item: { ...item, action: 'thing.deleted' } }]);
    expect([seq, await verdict()]).toEqual([seq, { seq, fault: 'altered', eventId: expect.any(String) }]);
    await store.write([{ delete: key }]);
    expect([seq, await verdict()]).toEqual([seq, { seq, fault: seq === count ? 'truncated' : 'missing', eventId: seq === count ? null : expect.any(String) }]);
    await store.write([{ put: key, item }, { put: { ...key, sk: `${sk}x` }, item }]);
    expect([seq, await verdict()]).toEqual([seq, { seq: seq + 1, fault: 'out_of_order', eventId: expect.any(String) }]);
    await store.write([{ delete: { ...key, sk: `${sk}x` } }]);
  }
  expect(await verdict()).toBeUndefined();
}
const AUDIT_PARTITION = 'T#default#EVENT';

describe('guarantee H5: verification finds every tampering and names the first', () => {
  const COUNT = 100;
  let temp: TempStore;
  let db: DatabaseSync;
  beforeEach(async () => {
    temp = await tempStore();
    await putTenant(temp.store, { tenantId: 'default', name: 'd', timezone: 'UTC', unknownNames: 'reject', paused: false, alwaysStrongest: false, corsOrigins: [], createdAt: '2026-01-01T00:00:00.000Z', version: 1 }, undefined);
    for (let n = 0; n < COUNT; n += 1) await commitChange(contextOf(temp.store), change(n), thing(n));
    db = new DatabaseSync(temp.file);
  });
  afterEach(async () => {
    db.close();
    await temp.cleanup();
  });
  const sk = (seq: number): string => String(seq).padStart(12, '0');
  const verdict = async () => (await verifyAudit(temp.store, 'default', Date.now())).broken;
  const set = (seq: number, path: string, value: string): void => { db.prepare('UPDATE t_audit SET item = json_set(json(item), ?, ?) WHERE sk = ?').run(path, value, sk(seq)); };
  const everyEvent = Array.from({ length: COUNT }, (_, n) => n + 1);

  test('altered, deleted, exchanged or inserted at any of 100 places', async () => {
    expect(await verdict()).toBeUndefined();
    const original = db.prepare('SELECT sk, json(item) AS item FROM t_audit ORDER BY sk').all() as { sk: string; item: string }[];
    const restore = (seq: number): void => {
      const row = original[seq - 1];
      db.prepare('DELETE FROM t_audit WHERE sk = ?').run(sk(seq));
      db.prepare('INSERT INTO t_audit (pk, sk, item) SELECT pk, ?, ? FROM t_audit LIMIT 1').run(row?.sk ?? '', row?.item ?? '');
    };
    for (const seq of everyEvent) {
      set(seq, '$.action', 'thing.deleted');
      expect([seq, await verdict()]).toEqual([seq, { seq, fault: 'altered', eventId: expect.any(String) }]);
      restore(seq);
      db.prepare('DELETE FROM t_audit WHERE sk = ?').run(sk(seq));
      expect([seq, await verdict()]).toEqual([seq, { seq, fault: seq === COUNT ? 'truncated' : 'missing', eventId: seq === COUNT ? null : expect.any(String) }]);
      restore(seq);
      if (seq < COUNT) {
        // Two events in each other's place.
        const [a, b] = [original[seq - 1]?.item ?? '', original[seq]?.item ?? ''];
        db.prepare('UPDATE t_audit SET item = ? WHERE sk = ?').run(b, sk(seq));
        db.prepare('UPDATE t_audit SET item = ? WHERE sk = ?').run(a, sk(seq + 1));
        expect([seq, await verdict()]).toEqual([seq, { seq, fault: 'missing', eventId: expect.any(String) }]);
        restore(seq);
        restore(seq + 1);
      }
      db.prepare('INSERT INTO t_audit (pk, sk, item) SELECT pk, ?, item FROM t_audit WHERE sk = ?').run(`${sk(seq)}x`, sk(seq));
      expect([seq, await verdict()]).toEqual([seq, { seq: seq + 1, fault: 'out_of_order', eventId: expect.any(String) }]);
      db.prepare('DELETE FROM t_audit WHERE sk = ?').run(`${sk(seq)}x`);
    }
    expect(await verdict()).toBeUndefined();
    figure('H5', `4 kinds of tampering at each of ${COUNT} events: all found, the first named`);
  });

  test('a head that was set back hides nothing, and the command says what it found', async () => {
    const run = () => spawnSync(process.execPath, ['--no-warnings', join(root, 'tools/verify-audit.ts'), '--data', join(temp.file, '..')], { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } });
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    db.prepare('VACUUM INTO ?').run(join(temp.file, '..', 'bsgateway.sqlite'));
    expect([run().status, run().stdout]).toEqual([0, 'default: 100 events, intact\n']);
    const copy = new DatabaseSync(join(temp.file, '..', 'bsgateway.sqlite'));
    copy.prepare('UPDATE t_audit SET item = json_set(json(item), \'$.actor.name\', \'Nobody\') WHERE sk = ?').run(sk(42));
    copy.close();
    const broken = run();
    expect([broken.status, broken.stdout]).toEqual([1, 'default: broken at event 42 (altered), after 41 intact events\n']);
    db.prepare('UPDATE t_tenants SET item = json_set(json(item), \'$.seq\', 50) WHERE sk = \'head\'').run();
    expect(await verdict()).toMatchObject({ fault: 'head_mismatch' });
    const none = spawnSync(process.execPath, ['--no-warnings', join(root, 'tools/verify-audit.ts'), '--data', join(temp.file, '..', 'nowhere')], { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } });
    expect([none.status, none.stderr.split('\n').length]).toEqual([1, 2]);
  });
});
