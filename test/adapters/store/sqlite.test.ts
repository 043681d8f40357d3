import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Key, WriteResult } from '../../../functions/adapters/store/port.ts';
import { openSqliteStore, type SqliteOptions } from '../../../functions/adapters/store/sqlite.ts';
import { endOfPrefix } from '../../../functions/adapters/store/text-range.ts';
import { full } from '../../support/full.ts';
import { tempStore, type TempStore } from '../../support/store.ts';

const run = promisify(execFile);
const key: Key = { table: 'usage', pk: 'p', sk: 's' };
const open: TempStore[] = [];
const temp = async (options?: SqliteOptions): Promise<TempStore> => {
  const made = await tempStore(options);
  open.push(made);
  return made;
};
afterEach(async () => {
  for (const made of open.splice(0)) await made.cleanup();
});

describe('writes of one turn', () => {
  test('share a transaction, in the order in which they came, and none is visible before its promise resolves', async () => {
    const { store, file } = await temp();
    const other = new DatabaseSync(file, { readOnly: true });
    const order: number[] = [];
    const writes = Array.from({ length: 10 }, (_, i) => store.write([{ update: key, add: { n: 1 } }]).then((result) => {
      order.push(i);
      return result;
    }));
    expect(await store.get(key)).toBeUndefined();
    const results = await Promise.all(writes);
    expect(results.map((result) => result.ok && result.after[0]?.['n'])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(other.prepare('SELECT json(item) AS item FROM t_usage').get()).toEqual({ item: expect.stringContaining('10') });
    other.close();
  });

  test('fail apart: neither a lost guard nor an invalid addition touches the others', async () => {
    const { store } = await temp();
    await store.write([{ put: { ...key, sk: 'text' }, item: { n: 'x' } }]);
    const results = await Promise.allSettled([
      store.write([{ update: key, add: { n: 1 } }]),
      store.write([{ put: { ...key, sk: 'other' }, item: {} }, { update: key, add: { n: 1 }, guards: [{ attr: 'n', atLeast: 99 }] }]),
      store.write([{ put: { ...key, sk: 'third' }, item: {} }, { update: { ...key, sk: 'text' }, add: { n: 1 } }]),
      store.write([{ update: key, add: { n: 1 } }]),
    ]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect((results[1] as PromiseFulfilledResult<WriteResult>).value).toEqual({ ok: false, index: 1, current: { n: 1 } });
    expect((await store.query({ table: 'usage', pk: 'p', limit: 10 })).rows.map((row) => [row.sk, row.item])).toEqual([['s', { n: 2 }], ['text', { n: 'x' }]]);
  });

  test('beyond one transaction are all written', async () => {
    const { store } = await temp();
    await Promise.all(Array.from({ length: 1000 }, () => store.write([{ update: key, add: { n: 1 } }])));
    expect(await store.get(key)).toEqual({ n: 1000 });
  });
});

describe('a full disk', () => {
  test('refuses what does not fit as unavailable, loses nothing of the same turn, and works on when there is room', async () => {
    const { store } = await temp({ maxBytes: 600 * 1024 });
    await store.write([{ put: { ...key, sk: 'filler' }, item: { big: 'x'.repeat(150 * 1024) } }]);
    const results = await Promise.allSettled([
      store.write([{ update: key, add: { n: 1 } }]),
      store.write([{ put: { ...key, sk: 'small' }, item: { a: 1 } }, { put: { ...key, sk: 'huge' }, item: { big: 'y'.repeat(390 * 1024) } }]),
      store.write([{ update: key, add: { n: 1 } }]),
    ]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const { reason } = results[1] as PromiseRejectedResult;
    expect(reason).toMatchObject({ name: 'StoreError', kind: 'unavailable' });
    expect(String(reason)).toContain('full');
    expect(await store.get(key)).toEqual({ n: 2 });
    expect(await store.get({ ...key, sk: 'small' })).toBeUndefined();
    await store.write([{ delete: { ...key, sk: 'filler' } }]);
    expect((await store.write([{ put: { ...key, sk: 'huge' }, item: { big: 'y'.repeat(300 * 1024) } }])).ok).toBe(true);
  });
});

describe('a file that another connection writes to', () => {
  const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });
  const hold = (file: string): DatabaseSync => {
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    return other;
  };

  test('makes writes wait, not the process: timers fire, reads answer, and all is written once it is free', async () => {
    const { store, file } = await temp();
    await store.write([{ update: key, add: { n: 1 } }]);
    const other = hold(file);
    const writes = Promise.all(Array.from({ length: 100 }, () => store.write([{ update: key, add: { n: 1 } }])));
    let longestMs = 0;
    let last = performance.now();
    const until = last + 600;
    while (performance.now() < until) {
      await pause(5);
      expect(await store.get(key)).toEqual({ n: 1 });
      longestMs = Math.max(longestMs, performance.now() - last);
      last = performance.now();
    }
    // It stood still for all of the 600 ms where the engine itself was left to wait.
    expect(longestMs).toBeLessThan(300);
    other.exec('ROLLBACK');
    other.close();
    expect((await writes).every((result) => result.ok)).toBe(true);
    expect(await store.get(key)).toEqual({ n: 101 });
  });

  test('is given up after 2 s as unavailable; what was refused is never written, and what came later has its own 2 s', async () => {
    const { store, file } = await temp();
    const other = hold(file);
    const begun = performance.now();
    const early = store.write([{ update: key, add: { early: 1 } }]);
    await pause(1_000);
    const late = store.write([{ update: key, add: { late: 1 } }]);
    await expect(early).rejects.toMatchObject({ name: 'StoreError', kind: 'unavailable' });
    expect(performance.now() - begun).toBeGreaterThanOrEqual(1_900);
    expect(performance.now() - begun).toBeLessThan(10_000);
    other.exec('ROLLBACK');
    other.close();
    expect((await late).ok).toBe(true);
    expect(await store.get(key)).toEqual({ late: 1 });
  });

  test('is waited for anew after each transaction of its own: who waits behind writes of the same process is not refused for that', async () => {
    const { store, file } = await temp();
    let other = hold(file);
    const writes = Array.from({ length: 65 }, () => store.write([{ update: key, add: { n: 1 } }]));
    await pause(1_200);
    other.exec('ROLLBACK');
    other.close();
    // A transaction takes at most 64; before the next, the other is there again.
    await Promise.race(writes);
    other = hold(file);
    await pause(1_200);
    other.exec('ROLLBACK');
    other.close();
    expect((await Promise.all(writes)).every((result) => result.ok)).toBe(true);
    expect(await store.get(key)).toEqual({ n: 65 });
  });

  test('is waited for at closing, so that nothing that was taken is dropped', async () => {
    const { store, file } = await temp();
    const script = `const { DatabaseSync } = require('node:sqlite'); const db = new DatabaseSync(process.argv[1]); db.exec('BEGIN IMMEDIATE'); console.log('held'); setTimeout(() => { db.exec('ROLLBACK'); db.close(); }, 500);`;
    const holder = spawn(process.execPath, ['-e', script, file], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    const queued = store.write([{ update: key, add: { n: 1 } }]);
    await store.close();
    expect((await queued).ok).toBe(true);
    if (holder.exitCode === null) await once(holder, 'exit');
  });
});

describe('the file', () => {
  test('keeps items, indexes and cursors over a restart', async () => {
    const { store, file } = await temp();
    for (let i = 0; i < 4; i += 1) await store.write([{ put: { ...key, sk: `s${i}` }, item: { i, i1p: 'x', i1s: 'same' } }]);
    await store.write([{ delete: { ...key, sk: 's0' } }]);
    const first = await store.query({ table: 'usage', index: 'i1', pk: 'x', limit: 1 });
    await store.close();
    const vacuum = new DatabaseSync(file);
    vacuum.exec('VACUUM');
    vacuum.close();
    const again = openSqliteStore(file);
    const rest = await again.query({ table: 'usage', index: 'i1', pk: 'x', limit: 10, cursor: first.cursor ?? '' });
    expect([...first.rows, ...rest.rows].map((row) => row.item['i'])).toEqual([1, 2, 3]);
    await again.close();
  });

  test('of a newer version is refused as unavailable and left as it is', async () => {
    const { store, file } = await temp();
    await store.close();
    const db = new DatabaseSync(file);
    db.exec('PRAGMA user_version = 99');
    expect(() => openSqliteStore(file)).toThrow(expect.objectContaining({ name: 'StoreError', kind: 'unavailable' }));
    expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: 99 });
    db.close();
  });

  test('that cannot be opened is unavailable', async () => {
    const { file } = await temp();
    expect(() => openSqliteStore(join(dirname(file), 'no', 'such', 'folder.sqlite'))).toThrow(expect.objectContaining({ name: 'StoreError', kind: 'unavailable' }));
  });

  test('runs in WAL mode, and FULL is honoured', async () => {
    const { file } = await temp({ synchronous: 'FULL' });
    const db = new DatabaseSync(file);
    expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    db.close();
  });

  test('uses an index for every kind of query', async () => {
    const { file } = await temp();
    const db = new DatabaseSync(file);
    const plan = (sql: string): string => JSON.stringify(db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all());
    expect(plan(`SELECT item FROM t_usage WHERE pk = 'a' AND sk IS NOT NULL AND sk >= 'b' ORDER BY sk DESC, id DESC`)).toContain('t_usage_key');
    const indexed = plan(`SELECT item FROM t_usage WHERE i1p = 'a' AND i1s IS NOT NULL AND (i1s, id) > ('b', 1) ORDER BY i1s ASC, id ASC`);
    expect(indexed).toContain('t_usage_i1');
    expect(indexed).not.toContain('TEMP B-TREE');
    db.close();
  });

  test(`${full(4, 2)} processes that count on one file lose and invent nothing`, async () => {
    const { store, file } = await temp();
    const times = full(500, 100);
    const processes = full(4, 2);
    const limit = times * processes - 50;
    const script = join(import.meta.dirname, 'increment-process.ts');
    const won = await Promise.all(Array.from({ length: processes }, async () => Number((await run(process.execPath, [script, file, String(times), String(limit)])).stdout)));
    expect(won.reduce((a, b) => a + b, 0)).toBe(limit);
    expect(await store.get({ table: 'usage', pk: 'shared', sk: 's' })).toEqual({ n: limit });
  });
});

describe('closing', () => {
  test('writes what is queued, then refuses as unavailable', async () => {
    const { store, file } = await temp();
    const queued = Promise.all(Array.from({ length: 200 }, () => store.write([{ update: key, add: { n: 1 } }])));
    await store.close();
    await store.close();
    expect((await queued).every((result) => result.ok)).toBe(true);
    await expect(store.write([{ update: key, add: { n: 1 } }])).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(store.get(key)).rejects.toMatchObject({ kind: 'unavailable' });
    const again = openSqliteStore(file);
    expect(await again.get(key)).toEqual({ n: 200 });
    await again.close();
  });
});

test('the sweeper deletes what has expired, by attribute as last written, a bounded number at a time', async () => {
  const { store } = await temp();
  for (let i = 0; i < 5; i += 1) await store.write([{ put: { ...key, sk: `s${i}` }, item: { expiresAt: 100 + i } }]);
  await store.write([{ put: { ...key, sk: 'never' }, item: {} }]);
  await store.write([{ update: { ...key, sk: 's0' }, set: { expiresAt: 900 } }]);
  await store.write([{ update: { ...key, sk: 's1' }, remove: ['expiresAt'] }]);
  expect(await store.sweepExpired(103, 1)).toBe(1);
  expect(await store.sweepExpired(103)).toBe(1);
  expect(await store.sweepExpired(103)).toBe(0);
  expect((await store.query({ table: 'usage', pk: 'p', limit: 10 })).rows.map((row) => row.sk)).toEqual(['never', 's0', 's1', 's4']);
});

test('the end of a prefix lies after every string that starts with it, and before none that does not', () => {
  const bytes = (text: string): Buffer => Buffer.from(text);
  const text = fc.string({ unit: fc.constantFrom('a', '\u007f', '\ud7ff', '\ue000', '\uffff', '\u{10ffff}', '#'), maxLength: 4 });
  fc.assert(fc.property(text, text, (prefix, other) => {
    const end = endOfPrefix(prefix);
    const isInside = Buffer.compare(bytes(other), bytes(prefix)) >= 0 && (end === undefined || Buffer.compare(bytes(other), bytes(end)) < 0);
    expect(isInside).toBe(other.startsWith(prefix));
  }), { numRuns: 2_000 });
});
