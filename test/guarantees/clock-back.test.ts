import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { openAccounts, type Accounts } from '../../functions/adapters/store/accounts.ts';
import { openBreakers } from '../../functions/adapters/store/breaker.ts';
import { requestIds } from '../../functions/adapters/store/request-ids.ts';
import { resilientAccounts } from '../../functions/adapters/store/resilient-accounts.ts';
import { memorySpool } from '../../functions/adapters/store/spool.ts';
import { isUlid, ulidTimeMs } from '../../functions/adapters/store/ulid-time.ts';
import { dayName } from '../../functions/core/limits/calendar.ts';
import type { Clock } from '../../functions/core/clock.ts';
import { readUsage } from '../../functions/admin/usage/read-usage.ts';
import { rollUpTenant } from '../../functions/jobs/roll-up/roll-up.ts';
import { allEntries, entryOf, limiterItem, NOON, openLeases, testKey, wishOf } from '../support/accounts.ts';
import { call, chat } from '../support/call.ts';
import { figure } from '../support/figure.ts';
import { full } from '../support/full.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { rollUpPorts, usageOf } from '../support/roll-up.ts';
import { chatEvents, scriptedUpstream, sse, type ScriptedUpstream } from '../support/scripted-upstream.ts';
import { stallableStore } from '../support/stallable-store.ts';
import { tempStore, type TempStore } from '../support/store.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let temp: TempStore;
beforeAll(async () => { temp = await tempStore(); });
afterAll(() => temp.cleanup());

/** A wall clock that is set by jumps while real time, the monotonic one, goes on. */
interface JumpingClock extends Clock { realMs: number; offsetMs: number }
function jumpingClock(startMs = NOON): JumpingClock {
  const clock = { realMs: startMs, offsetMs: 0, now: () => clock.realMs + clock.offsetMs, elapsed: () => clock.realMs };
  return clock;
}
const accountsOn = (clock: Clock): Accounts => openAccounts({ store: temp.store, clock, owner: 'boot', random: () => 0.5 });

/** Steps of real time, each perhaps after the wall clock was set back, by milliseconds or by hours. */
const step = fc.record({ realMs: fc.integer({ min: 0, max: 20_000 }), backMs: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 90_000 }), fc.integer({ min: HOUR_MS, max: 5 * HOUR_MS })), burst: fc.integer({ min: 1, max: 6 }) });

describe('guarantee C10: a clock that is set back, by milliseconds or by hours', () => {
  test('never lets more through than the limit in any real 60 s, and always some again', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), fc.integer({ min: 1, max: 8 }), async (steps, rpm) => {
      const clock = jumpingClock();
      const key = testKey({ rpm });
      const accounts = accountsOn(clock);
      const admitted: number[] = [];
      for (const { realMs, backMs, burst } of steps) {
        clock.realMs += realMs;
        clock.offsetMs -= backMs;
        for (let i = 0; i < burst; i += 1) if ((await accounts.reserve(wishOf(key, { nowMs: clock.now() }))).ok) admitted.push(clock.realMs);
      }
      for (const at of admitted) expect(admitted.filter((other) => other > at - 60_000 && other <= at).length).toBeLessThanOrEqual(rpm);
      // Whatever happened, the key is free again after two windows at most.
      clock.realMs += 131_000;
      expect((await accounts.reserve(wishOf(key, { nowMs: clock.now() }))).ok).toBe(true);
    }), { numRuns: full(200, 40) });
  });

  test('never spends more than a day\'s budget for each day that the clock has seen, over midnights and ends of months', async () => {
    const dayStep = fc.record({ realMs: fc.integer({ min: 0, max: 6 * HOUR_MS }), backMs: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 5 * HOUR_MS })), micros: fc.integer({ min: 1, max: 60 }) });
    await fc.assert(fc.asyncProperty(fc.array(dayStep, { minLength: 5, maxLength: 40 }), fc.constantFrom('UTC', 'Asia/Seoul', 'America/St_Johns'), async (steps, timezone) => {
      const clock = jumpingClock(Date.UTC(2026, 5, 30, 20));
      const key = testKey({ dailyUsd: 0.0001 });
      const accounts = accountsOn(clock);
      const dayOf = (ms: number): string => dayName(timezone, ms);
      const days = new Set<string>();
      let spent = 0;
      for (const { realMs, backMs, micros } of steps) {
        clock.realMs += realMs;
        clock.offsetMs -= backMs;
        days.add(dayOf(clock.now()));
        if ((await accounts.reserve(wishOf(key, { micros, timezone, nowMs: clock.now() }))).ok) spent += micros;
        expect(spent).toBeLessThanOrEqual(100 * days.size);
      }
    }), { numRuns: full(200, 40) });
  });

  test('never spends more than a day\'s budget of a tenant for each day that the clock has seen, whichever of its keys asks', async () => {
    const dayStep = fc.record({ realMs: fc.integer({ min: 0, max: 6 * HOUR_MS }), backMs: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 5 * HOUR_MS })), micros: fc.integer({ min: 1, max: 60 }), key: fc.nat(2) });
    let tenants = 0;
    await fc.assert(fc.asyncProperty(fc.array(dayStep, { minLength: 5, maxLength: 25 }), async (steps) => {
      const clock = jumpingClock(Date.UTC(2026, 5, 30, 20));
      const tenantId = `clock-${(tenants += 1)}`;
      const keys = [testKey({ tenantId }), testKey({ tenantId }), testKey({ tenantId })];
      const accounts = accountsOn(clock);
      const days = new Set<string>();
      let spent = 0;
      for (const { realMs, backMs, micros, key } of steps) {
        clock.realMs += realMs;
        clock.offsetMs -= backMs;
        days.add(dayName('UTC', clock.now()));
        const asked = keys[key];
        if (asked !== undefined && (await accounts.reserve({ ...wishOf(asked, { micros, nowMs: clock.now() }), tenantBudget: { dayMicros: 100, monthMicros: null } })).ok) spent += micros;
        expect(spent).toBeLessThanOrEqual(100 * days.size);
      }
    }), { numRuns: full(100, 20) });
  });

  test('by years does not stop the keys of a tenant with a budget for years', async () => {
    const clock = jumpingClock(Date.UTC(2030, 0, 1, 12));
    const ask = (micros: number) => accountsOn(clock).reserve({ ...wishOf(key, { micros, nowMs: clock.now() }), tenantBudget: { dayMicros: 100, monthMicros: 1_000 } });
    const key = testKey({ tenantId: 'clock-years' });
    expect((await ask(80)).ok).toBe(true);
    clock.offsetMs = NOON - Date.UTC(2030, 0, 1, 12);
    expect((await ask(30)).ok).toBe(false);
    clock.realMs += DAY_MS;
    expect((await ask(30)).ok).toBe(true);
    expect((await ask(80)).ok).toBe(false);
  });

  test('neither loses nor doubles a settlement: leases end, counters are what the ledger says', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 15 }), async (steps) => {
      const clock = jumpingClock();
      const key = testKey({ rpm: 1000, tpm: 1_000_000, dailyUsd: 1000, monthlyUsd: 1000 });
      const accounts = accountsOn(clock);
      const newId = requestIds();
      const open: { lease: Parameters<Accounts['settle']>[0]; id: string }[] = [];
      const settled: string[] = [];
      const settle = async (at: number): Promise<void> => {
        const [request] = open.splice(at, 1);
        if (request === undefined) return;
        for (let times = 0; times < 2; times += 1) await accounts.settle(request.lease, { ...entryOf(request.id, key, { tokens: 10, micros: 7 }), at: new Date(clock.now()).toISOString() });
        settled.push(request.id);
      };
      for (const { realMs, backMs, burst } of steps) {
        clock.realMs += realMs;
        clock.offsetMs -= backMs;
        for (let i = 0; i < burst; i += 1) {
          const id = newId(clock.now());
          const result = await accounts.reserve(wishOf(key, { requestId: id, tokens: 50, micros: 20, nowMs: clock.now() }));
          if (result.ok) open.push({ lease: result.lease, id });
        }
        await settle(open.length - 1);
      }
      while (open.length > 0) await settle(0);
      const item = await limiterItem(temp.store, key);
      expect([openLeases(item), item['open']]).toEqual([[], 0]);
      const entries = [...await allEntries(temp.store, key, NOON - DAY_MS / 2), ...await allEntries(temp.store, key, NOON - 2.5 * DAY_MS), ...await allEntries(temp.store, key, NOON + DAY_MS)];
      expect([...new Set(entries.map(({ requestId }) => requestId))].toSorted()).toEqual(settled.toSorted());
      expect(Number(item['monthMicros'])).toBe(settled.length * 7);
    }), { numRuns: full(100, 20) });
  });

  test('does not raise what one process lets through while the store is away', async () => {
    const clock = jumpingClock();
    const control = stallableStore();
    const store = control.wrap(temp.store);
    const accounts = resilientAccounts({ accounts: openAccounts({ store, clock, owner: 'boot', random: () => 0.5 }), store, clock, owner: 'boot', spool: memorySpool(), log: { info() {}, warn() {}, error() {} } });
    const key = testKey({ rpm: 5 });
    control.away = true;
    let admitted = 0;
    for (let i = 0; i < 60; i += 1) {
      clock.realMs += 500;
      if (i % 7 === 0) clock.offsetMs -= i % 2 === 0 ? HOUR_MS : 2_000;
      if ((await accounts.reserve(wishOf(key, { nowMs: clock.now() }))).ok) admitted += 1;
    }
    expect(admitted).toBe(5);
  });

  test('leaves no model shut out until the clock has caught up', async () => {
    const clock = jumpingClock();
    const breakers = openBreakers({ store: temp.store, clock });
    const fail = async (): Promise<void> => {
      breakers.begin('back', 'm');
      breakers.ended('back', 'm', 'failed');
      await breakers.settled();
    };
    breakers.open('back');
    await breakers.settled();
    for (let i = 0; i < 5; i += 1) await fail();
    expect(breakers.open('back').has('m')).toBe(true);
    // A probe was sent and has not come back, and then the clock goes.
    clock.realMs += 2_001;
    breakers.open('back');
    await breakers.settled();
    expect(breakers.begin('back', 'm')).toBe(true);
    clock.offsetMs -= 4 * HOUR_MS;
    const other = openBreakers({ store: temp.store, clock });
    let isTried = false;
    for (let i = 0; i < 100 && !isTried; i += 1) {
      clock.realMs += 1_001;
      other.open('back');
      await other.settled();
      isTried = other.begin('back', 'm');
    }
    expect(isTried).toBe(true);
    other.ended('back', 'm', 'healthy');
    await other.settled();
    expect(other.open('back').has('m')).toBe(false);
  });
});

describe('ids of requests', () => {
  test('are unique whatever the clock does, grow while it is at most ten seconds behind itself, and follow it when it was set back further', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: -5_000, max: 0 }), fc.integer({ min: -5 * HOUR_MS, max: -HOUR_MS })), { minLength: 2, maxLength: 100 }), (moves) => {
      const newId = requestIds();
      let nowMs = NOON;
      let greatestMs = NOON;
      let last = newId(nowMs);
      const seen = new Set([last]);
      for (const move of moves) {
        nowMs += move;
        const id = newId(nowMs);
        expect(isUlid(id)).toBe(true);
        expect(seen.has(id)).toBe(false);
        seen.add(id);
        if (nowMs >= greatestMs - 10_000) expect(id > last).toBe(true);
        else greatestMs = nowMs;
        greatestMs = Math.max(greatestMs, nowMs);
        expect(Math.abs(ulidTimeMs(id) - nowMs)).toBeLessThanOrEqual(10_000);
        last = id;
      }
    }));
  });
});

describe('the running gateway, whose clock is set back by two hours', () => {
  let gateway: TestGateway;
  let upstream: ScriptedUpstream;
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  test('guarantee C10: every answer is in the ledger once, is found at the time that the clock said, and is in the sums', async () => {
    const clock = { offsetMs: 0, now: () => Date.now() + clock.offsetMs, elapsed: () => performance.now() };
    upstream = await scriptedUpstream((_received, response) => sse(response, chatEvents(Array.from({ length: 10 }, (_, i) => `w${i} `)), { gapMs: 10 }));
    gateway = await testGateway({ clock });
    await gateway.addModel({ id: 'm', baseUrl: upstream.baseUrl, price: { input: 1, output: 2 } });
    const { key } = await gateway.addKey({ rpm: 1000, tpm: null, dailyUsd: 100, monthlyUsd: 1000 });
    const stream = () => call(gateway.origin, '/v1/chat/completions', { key, body: chat('m', { stream: true }) });
    const { store } = gateway.edition;
    const rollUp = () => rollUpTenant(rollUpPorts(store, clock.now), 'default', 'UTC');
    const ids: string[] = [];
    const note = (answers: readonly Awaited<ReturnType<typeof stream>>[]): void => { for (const { status, headers } of answers) ids.push(`${status} ${headers.get('x-request-id')}`); };
    note([await stream(), await stream()]);
    clock.offsetMs = 130_000;
    await rollUp();
    const running = [stream(), stream(), stream()];
    await new Promise((resolve) => { setTimeout(resolve, 40); });
    clock.offsetMs = -2 * HOUR_MS;
    note(await Promise.all([...running, stream(), stream()]));
    const afterJump = await stream();
    note([afterJump]);
    const entries = await gateway.ledgerAll();
    expect(entries.map(({ requestId }) => `200 ${requestId}`).toSorted()).toEqual(ids.toSorted());
    expect(entries.filter(({ usage }) => usage !== 'measured')).toEqual([]);
    const entry = await gateway.ledger(afterJump.headers.get('x-request-id') ?? '');
    expect(Math.abs(ulidTimeMs(entry.requestId) - Date.parse(entry.at))).toBeLessThanOrEqual(10_000);
    // Seen now, before and after they are rolled up, and all of them when the clock has caught up.
    const requests = async (toMs: number): Promise<number> => (await readUsage(store, 'default', usageOf(toMs - 6 * HOUR_MS, toMs, clock.now(), { by: 'model' }))).totals.requests;
    expect(await requests(clock.now())).toBe(3);
    await rollUp();
    clock.offsetMs += 300_000;
    await rollUp();
    expect(await requests(clock.now())).toBe(3);
    clock.offsetMs = 600_000;
    await rollUp();
    expect(await requests(clock.now())).toBe(ids.length);
    figure('C10', `${ids.length} streams around a jump of two hours: each in the ledger once, at the time the clock said, and in the sums`);
  });
});
