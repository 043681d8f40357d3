import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { jsonLog } from '../../../functions/adapters/observe/log.ts';
import { putTenant } from '../../../functions/adapters/store/tenants.ts';
import { newTenant } from '../../../functions/admin/people/new-tenant.ts';
import { openRollUps } from '../../../infra/local/roll-up-timer.ts';
import { SWEPT_AT_ONCE, sweepAll } from '../../../infra/local/sweep-expired.ts';
import { entryAt } from '../../admin/support.ts';
import { keptLedgerOp } from '../../../functions/adapters/store/ledger.ts';
import { tempStore, type TempStore } from '../../support/store.ts';

let temp: TempStore;
beforeEach(async () => {
  temp = await tempStore();
  await putTenant(temp.store, newTenant('default', new Date().toISOString()), undefined);
});
afterEach(() => temp.cleanup());

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Ten requests a second. */
const A_MINUTE = 600;
const days = (endMs: number): string[] => [endMs - DAY_MS, endMs].map((ms) => new Date(ms).toISOString().slice(0, 10));
async function put(minute: { readonly startMs: number }, keptDays: number): Promise<void> {
  const entries = Array.from({ length: A_MINUTE }, (_, i) => entryAt(minute.startMs + i * 100));
  for (let at = 0; at < A_MINUTE; at += 100) await temp.store.write(entries.slice(at, at + 100).map((entry) => keptLedgerOp('default', entry, keptDays)));
}
async function rows(endMs: number): Promise<number> {
  let count = 0;
  for (const day of new Set(days(endMs))) {
    let cursor: string | undefined;
    do {
      const page = await temp.store.query({ table: 'usage', pk: `L#default#${day}#0`, limit: 1000, ...(cursor !== undefined && { cursor }) });
      count += page.rows.length;
      cursor = page.cursor;
    } while (cursor !== undefined);
  }
  return count;
}

test('what a minute of ten requests a second leaves behind is removed in the run of one minute, also by the running worker', async () => {
  const startMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - DAY_MS - 10 * MINUTE_MS;
  for (let n = 0; n < 3; n += 1) await put({ startMs: startMs + n * MINUTE_MS }, 1);
  expect(await rows(startMs)).toBe(3 * A_MINUTE);
  const rollUps = openRollUps({ file: temp.file, log: jsonLog(() => {}, () => Date.now()) });
  await rollUps.runNow();
  await rollUps.stop();
  expect(await rows(startMs)).toBe(0);
}, 30_000);

test('a ledger that is full for its retention stays as large as it is, minute after minute', async () => {
  const startMs = Date.UTC(2026, 10, 20, 12);
  const kept = 5;
  const sizes: number[] = [];
  for (let minute = 0; minute < 12; minute += 1) {
    const atMs = startMs + minute * MINUTE_MS;
    // As if the days were minutes: what is written now expires five minutes later.
    await put({ startMs: atMs }, 90);
    const nowSeconds = (atMs - kept * MINUTE_MS + 90 * DAY_MS) / 1000;
    await sweepAll({ store: temp.store, nowSeconds, elapsed: () => 0, isStopping: () => false, pause: async () => {} });
    sizes.push(await rows(atMs));
  }
  expect(Math.max(...sizes)).toBeLessThanOrEqual((kept + 1) * A_MINUTE);
  expect(new Set(sizes.slice(kept + 1)).size).toBe(1);
}, 30_000);

test('it yields between small transactions and ends after its time, or when the thread is to stop', async () => {
  const removed: number[] = [];
  let [pauses, ms] = [0, 0];
  const store = { sweepExpired: async (_now: number, limit = 0) => { removed.push(limit); ms += 900; return limit; } };
  const sweeping = { store, nowSeconds: 1, elapsed: () => ms, isStopping: () => false, pause: async () => { pauses += 1; } };
  expect(await sweepAll(sweeping)).toBe(6 * SWEPT_AT_ONCE);
  expect([removed, pauses]).toEqual([Array.from({ length: 6 }, () => 100), 5]);
  expect(await sweepAll({ ...sweeping, isStopping: () => true })).toBe(SWEPT_AT_ONCE);
  expect(await sweepAll({ ...sweeping, store: { sweepExpired: async () => SWEPT_AT_ONCE - 1 } })).toBe(SWEPT_AT_ONCE - 1);
});
