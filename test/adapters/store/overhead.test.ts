import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ulid } from 'ulidx';
import { openDynamoStore } from '../../../functions/adapters/store/dynamo.ts';
import { holdOverhead, overheadOfDay, readOverhead, spendOverhead, type OverheadRow } from '../../../functions/adapters/store/overhead.ts';
import type { Store } from '../../../functions/adapters/store/port.ts';
import { listDirty } from '../../../functions/adapters/store/rollup-marks.ts';
import { startDynamoDbLocal } from '../../support/dynamodb-local.ts';
import { faultyClient } from '../../support/faulty-store.ts';
import { full } from '../../support/full.ts';
import { needs } from '../../support/optional.ts';
import { tempStore } from '../../support/store.ts';

const DAY = '2026-11-20';
const NOON = Date.parse(`${DAY}T12:00:00Z`);
const dims = ['cheap', 'k', 'none', 'simple', 'auto', '200'];
const rowAt = (atMs: number, micros: number): Omit<OverheadRow, 'state'> => ({ id: ulid(atMs), requestId: ulid(atMs), dims, day: DAY, micros });

async function rowsOf(store: Store, tenantId: string, fromMs = NOON - 86_400_000, toMs = NOON + 86_400_000): Promise<OverheadRow[]> {
  const rows: OverheadRow[] = [];
  for await (const row of readOverhead(store, tenantId, fromMs, toMs)) rows.push(row);
  return rows;
}

function suite(open: () => Promise<{ store: Store; stop: () => Promise<void> }>): void {
  let store: Store;
  let stop: () => Promise<void>;
  beforeAll(async () => ({ store, stop } = await open()), 60_000);
  afterAll(() => stop());

  test('of any number that ask at once exactly as many are held as fit, and the counter is always the sum of the rows', async () => {
    const many = full(200, 40);
    const held = await Promise.all(Array.from({ length: many }, async (_, at) => {
      const row = rowAt(NOON + at, 1_000);
      for (;;) {
        try {
          return (await holdOverhead(store, 'many', row, 10_500)) ? row : undefined;
        } catch { /* contended: a lost label is fine, but here all must have their say */ }
      }
    }));
    const rows = held.filter((row) => row !== undefined);
    expect(rows).toHaveLength(10);
    expect(await overheadOfDay(store, 'many', DAY)).toBe(10_000);
    // What was not spent makes room; what cost more than was held counts in full.
    for (const [at, row] of rows.entries()) await spendOverhead(store, 'many', row, at === 0 ? 1_200 : 100);
    expect(await overheadOfDay(store, 'many', DAY)).toBe(1_200 + 9 * 100);
    expect((await rowsOf(store, 'many')).map(({ state, micros }) => `${state} ${micros}`).toSorted()).toEqual([...Array.from({ length: 9 }, () => 'spent 100'), 'spent 1200']);
  }, 120_000);

  test('a row is corrected once; one that nobody corrects goes on counting what was held', async () => {
    const [row, orphan] = [rowAt(NOON, 500), rowAt(NOON + 1, 700)];
    expect(await holdOverhead(store, 'twice', row, 10_000)).toBe(true);
    expect(await holdOverhead(store, 'twice', orphan, 10_000)).toBe(true);
    await spendOverhead(store, 'twice', row, 300);
    await spendOverhead(store, 'twice', row, 9_000);
    expect(await overheadOfDay(store, 'twice', DAY)).toBe(1_000);
    expect(await rowsOf(store, 'twice')).toMatchObject([{ id: row.id, micros: 300, state: 'spent', dims, requestId: row.requestId }, { id: orphan.id, micros: 700, state: 'held' }]);
  });

  test('holding and correcting each mark the minute anew, and what does not fit writes nothing at all', async () => {
    const row = rowAt(NOON, 500);
    expect(await holdOverhead(store, 'marks', row, 499)).toBe(false);
    expect([await rowsOf(store, 'marks'), await listDirty(store, 'marks', 10), await overheadOfDay(store, 'marks', DAY)]).toEqual([[], [], 0]);
    await holdOverhead(store, 'marks', row, 500);
    const [first] = await listDirty(store, 'marks', 10);
    await spendOverhead(store, 'marks', row, 1);
    const [second] = await listDirty(store, 'marks', 10);
    expect([first?.startMs, second?.startMs]).toEqual([NOON, NOON]);
    expect(first?.by).not.toBe(second?.by);
  });

  test('rows are read by their own time, over any number of days, of one tenant only', async () => {
    const times = [NOON - 86_400_000, NOON - 1, NOON, NOON + 86_400_000];
    for (const atMs of times) await holdOverhead(store, 'days', rowAt(atMs, 1), 100);
    expect((await rowsOf(store, 'days', NOON - 86_400_000, NOON)).length).toBe(2);
    expect((await rowsOf(store, 'days', NOON, NOON + 86_400_000)).length).toBe(1);
    expect((await rowsOf(store, 'days', NOON, NOON)).length).toBe(0);
    expect(await rowsOf(store, 'other')).toEqual([]);
  });
}

describe('money beside requests, on SQLite', () => suite(async () => {
  const { store, cleanup } = await tempStore();
  return { store, stop: cleanup };
}));

needs('java')('money beside requests, on DynamoDB with conflicts', () => suite(async () => {
  const local = await startDynamoDbLocal();
  return { store: openDynamoStore({ client: faultyClient(local.newClient()).client, tableNames: local.tableNames, sleep: async () => {} }), stop: () => local.stop() };
}));
