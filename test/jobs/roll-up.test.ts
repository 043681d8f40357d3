import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ulid } from 'ulidx';
import type { LedgerEntry } from '../../functions/contract/ledger.ts';
import { openAccounts, type Accounts, type Lease } from '../../functions/adapters/store/accounts.ts';
import { openDynamoStore } from '../../functions/adapters/store/dynamo.ts';
import { ledgerOp } from '../../functions/adapters/store/ledger.ts';
import { listDirty, markRows } from '../../functions/adapters/store/rollup-marks.ts';
import { getDaysUntil, getWatermark, LEVELS, LEVEL_MS, readBuckets, storeBucket, sumBuckets } from '../../functions/adapters/store/rollups.ts';
import type { Store } from '../../functions/adapters/store/port.ts';
import { putTenant } from '../../functions/adapters/store/tenants.ts';
import { readUsage } from '../../functions/admin/usage/read-usage.ts';
import { Groups } from '../../functions/core/usage/groups.ts';
import { rollUp, rollUpTenant } from '../../functions/jobs/roll-up/roll-up.ts';
import { minutesFrom } from '../../functions/jobs/roll-up/compute.ts';
import { dayAt } from '../../functions/jobs/roll-up/days.ts';
import { entryAt } from '../admin/support.ts';
import { handClock, testKey, wishOf, type HandClock } from '../support/accounts.ts';
import { startDynamoDbLocal, type DynamoDbLocal } from '../support/dynamodb-local.ts';
import { seededRandom } from '../support/faulty-store.ts';
import { full } from '../support/full.ts';
import { needs } from '../support/optional.ts';
import { groupsOf, measuresOf, moneyOf, rawRows, rollUpPorts, slowStore, usageOf } from '../support/roll-up.ts';
import { tempStore } from '../support/store.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** 22:20 in Berlin: the property test crosses the zone's midnight, the hour and a quarter. */
const START = Date.UTC(2026, 10, 19, 21, 20, 0);
const ZONE = 'Europe/Berlin';

type Step =
  | { readonly kind: 'start'; readonly shape: number }
  | { readonly kind: 'settle'; readonly pick: number }
  | { readonly kind: 'tick'; readonly ms: number }
  | { readonly kind: 'rollUp' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('start' as const), shape: fc.nat(200) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('settle' as const), pick: fc.nat(50) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('tick' as const), ms: fc.oneof(fc.integer({ min: 1, max: 40_000 }), fc.integer({ min: MINUTE_MS, max: 20 * MINUTE_MS })) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('rollUp' as const) }) },
);
/** Steps of one batch run at the same time; then the clock jumps, and what is read must be what the rows say. */
const history = fc.array(fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 9 }),
  jumpMs: fc.oneof(fc.integer({ min: 0, max: 3 * MINUTE_MS }), fc.integer({ min: 0, max: 3 * HOUR_MS }), fc.integer({ min: 0, max: 30 * HOUR_MS })),
}), { minLength: 2, maxLength: 10 });

const key = testKey({ keyId: 'AAAAAAAAAAAA' });
const shaped = (requestId: string, at: number, shape: number): LedgerEntry => entryAt(at, {
  requestId, servedModel: shape % 5 === 0 ? null : `m${shape % 3}`, status: shape % 7 === 0 ? 502 : shape % 11 === 0 ? 499 : 200, costMicros: shape % 9 === 0 ? null : shape * 31 + 1,
  baselineMicros: shape % 8 === 0 ? null : shape * 47, savedMicros: shape % 8 === 0 || shape % 9 === 0 ? null : shape * 16 - 1, latencyMs: shape * 13.7, ttftMs: shape % 2 === 0 ? null : shape * 1.3,
}, { tier: shape % 4 === 0 ? 'complex' : 'simple', ruleId: shape % 6 === 0 ? 'code' : null });

/** The world of one history: a settlement goes through the product's own account, its roll-ups through a slow store. */
class World {
  readonly store: Store;
  readonly tenantId: string;
  readonly clock: HandClock = handClock(START);
  readonly open: { readonly lease: Lease; readonly entry: LedgerEntry }[] = [];
  readonly #slow: Store;
  readonly #accounts: Accounts;

  constructor(store: Store, tenantId: string, seed: number) {
    this.store = store;
    this.tenantId = tenantId;
    const random = seededRandom(seed);
    this.#slow = slowStore(store, () => Math.floor(random() * 4));
    this.#accounts = openAccounts({ store: this.#slow, clock: this.clock, owner: 'o', random });
  }

  rollUp(): Promise<{ written: number; complete: boolean }> {
    return rollUpTenant(rollUpPorts(this.#slow, this.clock.now), this.tenantId, ZONE);
  }

  async run(each: Step): Promise<void> {
    if (each.kind === 'tick') this.clock.ms += each.ms;
    else if (each.kind === 'rollUp') await this.rollUp();
    else if (each.kind === 'start') await this.#start(each.shape);
    else if (each.kind === 'settle') {
      const [one] = this.open.splice(each.pick % Math.max(1, this.open.length), 1);
      if (one !== undefined) await this.#accounts.settle(one.lease, one.entry);
    }
  }

  async #start(shape: number): Promise<void> {
    const nowMs = this.clock.ms;
    const requestId = ulid(nowMs);
    const reserved = await this.#accounts.reserve(wishOf({ ...key, tenantId: this.tenantId }, { requestId, nowMs, lifeMs: 90 * DAY_MS }));
    if (reserved.ok) this.open.push({ lease: reserved.lease, entry: shaped(requestId, nowMs, shape) });
  }

  async expectTruth(): Promise<void> {
    const nowMs = this.clock.ms;
    for (const [tz, from] of [[ZONE, nowMs - 3 * DAY_MS], ['Asia/Kathmandu', START - DAY_MS], ['UTC', nowMs - 7 * HOUR_MS - 12_345]] as const) {
      const rows = await rawRows(this.store, from, nowMs, this.tenantId);
      const report = await readUsage(this.store, this.tenantId, usageOf(from, nowMs, nowMs, { tz, tenantZone: ZONE, bucket: tz === 'UTC' ? 'quarter' : 'day' }));
      expect(report.totals).toEqual(measuresOf(rows));
      const filtered = await readUsage(this.store, this.tenantId, usageOf(from, nowMs, nowMs, { tz, tenantZone: ZONE, by: 'status', filters: { model: ['m1', 'none'], tier: ['simple'] } }));
      expect(filtered.totals).toEqual(measuresOf(rows.filter(({ servedModel, decision }) => (servedModel === 'm1' || servedModel === null) && decision?.tier === 'simple')));
      for (const parts of [report.series, report.breakdown]) expect(moneyOf(parts)).toEqual(moneyOf([report.totals]));
    }
  }

  /** Every closed bucket of every level equals what its rows say, and there are no others. */
  async expectBuckets(): Promise<void> {
    const { store, tenantId } = this;
    const watermark = await getWatermark(store, tenantId);
    if (watermark === undefined) throw new Error('no watermark');
    const rows = await rawRows(store, START, watermark.untilMs - 1, tenantId);
    for (const level of LEVELS) {
      const size = LEVEL_MS[level];
      const from = Math.floor(Math.max(START, level === 'minute' ? Math.max(watermark.minutesFromMs, minutesFrom(this.clock.ms)) : 0) / size) * size;
      const until = Math.floor(watermark.untilMs / size) * size;
      const wanted = rows.filter(({ at }) => Date.parse(at) >= from && Date.parse(at) < until);
      expect((await sumBuckets(store, tenantId, level, from, until)).sorted()).toEqual(groupsOf(wanted));
    }
    const daysUntil = await getDaysUntil(store, tenantId, ZONE) ?? 0;
    const days = [];
    for (let day = dayAt(ZONE, START); day.endMs <= daysUntil; day = dayAt(ZONE, day.endMs)) days.push(day.startMs);
    const groups = new Groups();
    await readBuckets(store, tenantId, { level: 'day', timezone: ZONE, starts: days }, (_start, dims, stored) => groups.addStored(dims, stored));
    expect(groups.sorted()).toEqual(groupsOf(rows.filter(({ at }) => Date.parse(at) < daysUntil)));
    // A tenant that never had a request begins with today, which has not ended.
    if (rows.length > 0) expect(daysUntil).toBeGreaterThan(watermark.untilMs - 26 * HOUR_MS);
  }
}

function property(open: () => { store: Store; tenantId: string }, runs: number): () => Promise<void> {
  return async () => {
    await fc.assert(fc.asyncProperty(history, fc.nat(), async (batches, seed) => {
      const { store, tenantId } = open();
      const world = new World(store, tenantId, seed);
      for (const { steps, jumpMs } of batches) {
        await Promise.all(steps.map((each) => world.run(each)));
        await world.expectTruth();
        world.clock.ms += jumpMs;
      }
      while (world.open.length > 0) await world.run({ kind: 'settle', pick: 0 });
      world.clock.ms += 27 * HOUR_MS;
      await Promise.all([world.rollUp(), world.rollUp()]);
      await world.rollUp();
      await world.expectTruth();
      await world.expectBuckets();
      expect(await listDirty(store, tenantId, 10)).toEqual([]);
      expect((await Promise.all([world.rollUp(), world.rollUp()])).map(({ written }) => written)).toEqual([0, 0]);
    }), { numRuns: runs, endOnFailure: true });
  };
}

describe('roll-ups on SQLite', () => {
  let temp: Awaited<ReturnType<typeof tempStore>>;
  let tenants = 0;
  beforeAll(async () => { temp = await tempStore(); });
  afterAll(() => temp.cleanup());
  const open = () => ({ store: temp.store, tenantId: `t${(tenants += 1)}` });

  test('whatever settles, settles late or is rolled up again or at once: usage is what the rows say, at every moment', property(open, full(400, 40)), 600_000);

  const put = (tenantId: string, entries: readonly LedgerEntry[]) => temp.store.write(entries.map((entry) => ledgerOp(tenantId, entry)));

  test('an old ledger is rolled up as it is found: quarters where minutes are no longer kept, minutes since', async () => {
    const { store, tenantId } = open();
    const entries = Array.from({ length: 80 }, (_, i) => entryAt(START - i * 2.5 * HOUR_MS - i * 1_234));
    await put(tenantId, entries);
    await rollUpTenant(rollUpPorts(store, () => START + 2 * MINUTE_MS), tenantId, ZONE);
    const reads: string[] = [];
    const watching: Store = { ...store, query: (query) => { reads.push(query.pk); return store.query(query); } };
    const from = START - 300 * HOUR_MS;
    const report = await readUsage(watching, tenantId, usageOf(from, START, START + 2 * MINUTE_MS, { tenantZone: ZONE, tz: ZONE }));
    expect(report.totals).toEqual(measuresOf(entries));
    expect(reads.filter((pk) => pk.startsWith('U#')).length).toBeGreaterThan(0);
    // Rows are read for the two ends only.
    expect(reads.filter((pk) => pk.startsWith('L#')).length).toBeLessThanOrEqual(2);
  });

  test('a run that read its rows before another one stored newer ones does not overwrite them', async () => {
    const bucket = { level: 'minute', startMs: START } as const;
    const first = entryAt(START);
    const second = entryAt(START + 1);
    const grouped = (...rows: LedgerEntry[]): Groups => {
      const groups = new Groups();
      for (const row of rows) groups.add(row);
      return groups;
    };
    const newer = async (): Promise<Groups> => grouped(first, second);
    const stored = async (tenantId: string): Promise<object> => (await sumBuckets(temp.store, tenantId, 'minute', START, START + MINUTE_MS)).sorted();
    // Where nothing was stored before, and where something was.
    for (const before of [[], [first]]) {
      const { store, tenantId } = open();
      if (before.length > 0) await storeBucket(store, tenantId, bucket, async () => grouped(...before));
      let reads = 0;
      await storeBucket(store, tenantId, bucket, async () => {
        reads += 1;
        if (reads > 1) return newer();
        await storeBucket(store, tenantId, bucket, newer);
        return grouped(first, first);
      });
      expect([reads, await stored(tenantId)]).toEqual([2, groupsOf([first, second])]);
    }
    const { store, tenantId } = open();
    await storeBucket(store, tenantId, bucket, newer);
    await storeBucket(store, tenantId, bucket, newer, { known: grouped(first) });
    expect(await stored(tenantId)).toEqual(groupsOf([first, second]));
  });

  test('a run that runs out of time is continued by the next one', async () => {
    const { store, tenantId } = open();
    const entries = Array.from({ length: 90 }, (_, i) => entryAt(START - i * 40 * MINUTE_MS));
    await put(tenantId, entries);
    const now = () => START + 5 * MINUTE_MS;
    let runs = 0;
    for (let complete = false; !complete; runs += 1) {
      let left = 12_000;
      ({ complete } = await rollUpTenant(rollUpPorts(store, now, { remainingMs: () => (left -= 1_000) }), tenantId, ZONE));
      expect((await readUsage(store, tenantId, usageOf(START - 61 * HOUR_MS, START, now(), { tenantZone: ZONE }))).totals).toEqual(measuresOf(entries));
      expect(runs).toBeLessThan(100);
    }
    expect(runs).toBeGreaterThan(5);
  });

  test('a clock that was set back sets the watermark back, and rows of the repeated hour are counted', async () => {
    const { store, tenantId } = open();
    await put(tenantId, [entryAt(START), entryAt(START + HOUR_MS)]);
    const at = (ms: number) => rollUpTenant(rollUpPorts(store, () => ms), tenantId, ZONE);
    await at(START + 3 * HOUR_MS);
    await at(START + 30 * MINUTE_MS);
    const late = entryAt(START + 40 * MINUTE_MS);
    await put(tenantId, [late]);
    await at(START + 3 * HOUR_MS);
    expect((await readUsage(store, tenantId, usageOf(START - HOUR_MS, START + 3 * HOUR_MS, START + 3 * HOUR_MS, { tenantZone: ZONE }))).totals.requests).toBe(3);
  });

  test('rows that were seeded into closed minutes count once they are marked', async () => {
    const { store, tenantId } = open();
    await put(tenantId, [entryAt(START)]);
    const now = START + 2 * HOUR_MS;
    await rollUpTenant(rollUpPorts(store, () => now), tenantId, ZONE);
    const seeded = Array.from({ length: 30 }, (_, i) => entryAt(START + i * MINUTE_MS));
    await put(tenantId, seeded);
    await markRows(store, tenantId, seeded.map(({ requestId }) => requestId));
    const ask = async () => (await readUsage(store, tenantId, usageOf(START - HOUR_MS, now, now, { tenantZone: ZONE }))).totals.requests;
    expect(await ask()).toBe(31);
    await rollUpTenant(rollUpPorts(store, () => now), tenantId, ZONE);
    expect([await ask(), await listDirty(store, tenantId, 10)]).toEqual([31, []]);
  });

  test('a bucket with more groups than one item takes is stored in parts', async () => {
    const { store, tenantId } = open();
    const random = seededRandom(1);
    const any = (most: number): number => Math.floor(random() * most);
    const entries = Array.from({ length: 9_000 }, () => entryAt(START, { keyId: `${any(36 ** 6).toString(36)}${any(36 ** 6).toString(36)}`, latencyMs: any(100_000), ttftMs: any(10_000), costMicros: any(1e9), baselineMicros: any(1e9), savedMicros: any(1e9), tokens: { input: any(1e6), output: any(1e5) } }));
    for (let at = 0; at < entries.length; at += 100) await put(tenantId, entries.slice(at, at + 100));
    await rollUpTenant(rollUpPorts(store, () => START + 2 * HOUR_MS), tenantId, ZONE);
    const { rows } = await store.query({ table: 'usage', pk: `U#${tenantId}#minute#2026-11-19`, limit: 50 });
    expect(rows.length).toBeGreaterThan(1);
    expect((await readUsage(store, tenantId, usageOf(START, START + HOUR_MS, START + 2 * HOUR_MS, { tenantZone: ZONE }))).totals).toEqual(measuresOf(entries));
  });

  test('a settlement within 90 s of arrival writes no marker, and one after that writes one', async () => {
    const { store, tenantId } = open();
    const world = new World(store, tenantId, 1);
    world.clock.ms = START + 59_000;
    for (const waitMs of [30_000, 62_000]) {
      await world.run({ kind: 'start', shape: 1 });
      world.clock.ms += waitMs;
      await world.run({ kind: 'settle', pick: 0 });
    }
    expect((await listDirty(store, tenantId, 10)).map(({ startMs }) => startMs)).toEqual([START + MINUTE_MS]);
  });

  test('all tenants are rolled up, also when one of them fails', async () => {
    const temp2 = await tempStore();
    for (const tenantId of ['a', 'b', 'c']) {
      await putTenant(temp2.store, { tenantId, name: tenantId, timezone: ZONE, unknownNames: 'reject', paused: false, alwaysStrongest: false, corsOrigins: [], createdAt: '2026-01-01T00:00:00Z', version: 1 }, undefined);
      await temp2.store.write([ledgerOp(tenantId, entryAt(START))]);
    }
    const failing: Store = { ...temp2.store, query: (query) => (query.pk.startsWith('L#b') ? Promise.reject(new Error('no')) : temp2.store.query(query)) };
    expect(await rollUp(rollUpPorts(failing, () => START + HOUR_MS))).toMatchObject({ tenants: 3, failed: 1, complete: true });
    expect((await Promise.all(['a', 'b', 'c'].map((tenantId) => getWatermark(temp2.store, tenantId)))).map((mark) => mark !== undefined)).toEqual([true, false, true]);
    await temp2.cleanup();
  });
});

needs('java')('roll-ups on DynamoDB Local', () => {
  let local: DynamoDbLocal;
  let store: Store;
  let tenants = 0;
  beforeAll(async () => {
    local = await startDynamoDbLocal();
    store = openDynamoStore({ client: local.newClient(), tableNames: local.tableNames });
  }, 120_000);
  afterAll(async () => {
    await store?.close();
    await local?.stop();
  });

  test('whatever settles, settles late or is rolled up again or at once: usage is what the rows say, at every moment', property(() => ({ store, tenantId: `t${(tenants += 1)}` }), full(30, 3)), 600_000);
});
