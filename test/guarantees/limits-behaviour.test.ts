import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { openAccounts } from '../../functions/adapters/store/accounts.ts';
import { limiterKey } from '../../functions/adapters/store/limiter.ts';
import type { Store } from '../../functions/adapters/store/port.ts';
import { countingStore, Crash, dyingStore, entryOf, handClock, limiterItem, NOON, openLeases, testKey, wishOf, type HandClock } from '../support/accounts.ts';
import { full } from '../support/full.ts';
import { tempStore, type TempStore } from '../support/store.ts';

let temp: TempStore;
beforeAll(async () => { temp = await tempStore(); });
afterAll(() => temp.cleanup());

const processOn = (clock: HandClock, owner = 'boot', store: Store = temp.store) => openAccounts({ store, clock, owner, random: () => 0.5 });

describe('the time to wait', () => {
  const demands = fc.array(fc.record({ tokens: fc.integer({ min: 1, max: 60 }), waitMs: fc.integer({ min: 0, max: 9_000 }) }), { minLength: 5, maxLength: 25 });

  test('is enough, and a second less is not', async () => {
    let denials = 0;
    await fc.assert(fc.asyncProperty(demands, async (list) => {
      const key = testKey({ rpm: 8, tpm: 150 });
      const clock = handClock();
      for (const { tokens, waitMs } of list) {
        const result = await processOn(clock).reserve(wishOf(key, { tokens, nowMs: clock.ms }));
        if (!result.ok) {
          denials += 1;
          const seconds = result.denial.retryAfterSeconds;
          const askAt = (ms: number) => processOn(handClock(ms)).reserve(wishOf(key, { tokens, nowMs: ms }));
          if (seconds > 1) expect((await askAt(clock.ms + (seconds - 1) * 1000)).ok).toBe(false);
          clock.ms += seconds * 1000;
          expect((await askAt(clock.ms)).ok).toBe(true);
        }
        clock.ms += waitMs;
      }
    }), { numRuns: full(200) });
    expect(denials).toBeGreaterThan(full(200));
  });

  test('for a budget is until the tenant\'s day ends, and then the request fits', async () => {
    const key = testKey({ dailyUsd: 0.0001 });
    const clock = handClock(Date.parse('2026-06-15T14:59:50.500Z'));
    const ask = () => processOn(clock).reserve(wishOf(key, { micros: 60, timezone: 'Asia/Seoul', nowMs: clock.ms }));
    expect((await ask()).ok).toBe(true);
    const second = await ask();
    expect(second).toMatchObject({ ok: false, denial: { code: 'budget_exceeded', retryAfterSeconds: 10, affordableMicros: 40, counters: { spendTodayMicros: 60 } } });
    clock.ms += 9_000;
    expect((await ask()).ok).toBe(false);
    clock.ms += 1_000;
    expect(await ask()).toMatchObject({ ok: true, lease: { day: '2026-06-16', counters: { spendTodayMicros: 60, spendMonthMicros: 120 } } });
  });

  test('a demand above the whole budget is refused even where the day is new, and one that only warns is not', async () => {
    const clock = handClock();
    const key = testKey({ dailyUsd: 0.0001 });
    expect((await processOn(clock).reserve(wishOf(key, { micros: 101 }))).ok).toBe(false);
    expect((await processOn(clock).reserve(wishOf(key, { micros: 100 }))).ok).toBe(true);
    clock.ms += 86_400_000;
    expect(await processOn(clock).reserve(wishOf(key, { micros: 101, nowMs: clock.ms }))).toMatchObject({ ok: false, denial: { affordableMicros: 100, counters: { spendTodayMicros: 0 } } });
    expect((await processOn(clock).reserve(wishOf({ ...key, budgetAction: 'warn' }, { micros: 500, nowMs: clock.ms }))).ok).toBe(true);
  });
});

describe('the counters for the headers', () => {
  test('go down with each admission and come back when the window has slid out', async () => {
    const key = testKey({ rpm: 10, tpm: 1000 });
    const clock = handClock();
    const accounts = processOn(clock);
    expect(accounts.peek(key)).toBeUndefined();
    const first = await accounts.reserve(wishOf(key, { tokens: 300, micros: 5 }));
    expect(first).toMatchObject({ ok: true, lease: { counters: { requests: { limit: 10, remaining: 9, resetSeconds: 63 }, tokens: { limit: 1000, remaining: 700, resetSeconds: 63 }, spendTodayMicros: 5 } } });
    clock.ms += 10_000;
    expect(await accounts.touch(key, 'UTC')).toMatchObject({ ok: true, counters: { requests: { remaining: 8, resetSeconds: 63 }, tokens: { remaining: 700, resetSeconds: 53 } } });
    clock.ms += 53_000;
    expect(accounts.peek(key)).toMatchObject({ requests: { remaining: 9, resetSeconds: 10 }, tokens: { remaining: 1000, resetSeconds: 0 } });
    clock.ms += 86_400_000;
    expect(accounts.peek(key)).toMatchObject({ requests: { remaining: 10, resetSeconds: 0 }, spendTodayMicros: 0, spendMonthMicros: 5 });
  });

  test('follow a settlement in the same process', async () => {
    const key = testKey({ tpm: 1000, dailyUsd: 1 });
    const accounts = processOn(handClock());
    const reserved = await accounts.reserve(wishOf(key, { tokens: 300, micros: 50 }));
    if (!reserved.ok) throw new Error('refused');
    await accounts.settle(reserved.lease, entryOf(reserved.lease.requestId, key, { tokens: 100, micros: 20 }));
    expect(accounts.peek(key)).toMatchObject({ requests: null, tokens: { remaining: 900 }, spendTodayMicros: 20 });
  });
});

describe('requests that spend nothing', () => {
  test('count against requests per minute and hold nothing', async () => {
    const key = testKey({ rpm: 2, maxParallel: 1, tpm: 1 });
    const accounts = processOn(handClock());
    await accounts.reserve(wishOf(key, { tokens: 5 }));
    expect((await accounts.touch(key, 'UTC')).ok).toBe(true);
    expect(await accounts.touch(key, 'UTC')).toMatchObject({ ok: false, denial: { code: 'rate_limit_exceeded', retryAfterSeconds: 63 } });
    expect(await limiterItem(temp.store, key)).toMatchObject({ rqSum: 2, open: 1, tkSum: 5 });
  });

  test('cost no write where requests are not limited', async () => {
    const store = countingStore(temp.store);
    expect(await processOn(handClock(), 'boot', store).touch(testKey(), 'UTC')).toMatchObject({ ok: true, counters: { requests: null, tokens: null } });
    expect([store.reads, store.writes.length]).toEqual([0, 0]);
  });
});

describe('a store that answers late or not at all', () => {
  test('a reservation whose answer was lost counts once when it is asked again', async () => {
    const key = testKey({ rpm: 5 });
    const clock = handClock();
    const wish = wishOf(key, { tokens: 7, micros: 9 });
    await expect(processOn(clock, 'boot', dyingStore(temp.store, 1, 'after')).reserve(wish)).rejects.toThrow(Crash);
    expect(await processOn(clock).reserve(wish)).toMatchObject({ ok: true, lease: { tokens: 7, costMicros: 9, day: '2026-06-15' } });
    const item = await limiterItem(temp.store, key);
    expect(item).toMatchObject({ rqSum: 1, tkSum: 7, open: 1, dayMicros: 9 });
    expect(openLeases(item)).toHaveLength(1);
  });

  test('a key whose limiter was deleted starts anew', async () => {
    const key = testKey({ rpm: 5 });
    const accounts = processOn(handClock());
    const reserved = await accounts.reserve(wishOf(key));
    await temp.store.write([{ delete: limiterKey(key.tenantId, key.keyId) }]);
    if (reserved.ok) await accounts.settle(reserved.lease, entryOf(reserved.lease.requestId, key));
    expect((await accounts.reserve(wishOf(key))).ok).toBe(true);
    expect(await limiterItem(temp.store, key)).toMatchObject({ rqSum: 1, open: 1 });
  });
});

test('a change of the tenant\'s time zone loses no spend of the new day, whichever process learns of it first', async () => {
  const key = testKey({ dailyUsd: 1 });
  const clock = handClock(Date.parse('2026-06-15T15:00:01Z'));
  const [one, other] = [processOn(clock, 'one'), processOn(clock, 'other')];
  const wish = (micros: number, timezone: string) => wishOf(key, { micros, timezone, nowMs: clock.ms });
  await one.reserve(wish(100, 'UTC'));
  await other.reserve(wish(5, 'Asia/Seoul'));
  await one.reserve(wish(7, 'Asia/Seoul'));
  expect(await limiterItem(temp.store, key)).toMatchObject({ day: '2026-06-16', dayMicros: 12, month: '2026-06', monthMicros: 112, open: 3 });
});

describe('a clock that was set back', () => {
  test('by an hour does not stop a key for an hour, and forgives nothing', async () => {
    const key = testKey({ rpm: 3, dailyUsd: 1 });
    const clock = handClock(NOON + 3_600_000);
    const accounts = processOn(clock);
    for (let i = 0; i < 3; i += 1) await accounts.reserve(wishOf(key, { micros: 5, nowMs: clock.ms }));
    clock.ms = NOON;
    expect(await accounts.reserve(wishOf(key, { micros: 5 }))).toMatchObject({ ok: false, denial: { code: 'rate_limit_exceeded', retryAfterSeconds: 63 } });
    clock.ms += 63_000;
    expect(await accounts.reserve(wishOf(key, { micros: 5 }))).toMatchObject({ ok: true, lease: { counters: { spendTodayMicros: 20, requests: { remaining: 2 } } } });
  });

  test('by years keeps counting the budget on the true day, and lets it end', async () => {
    const key = testKey({ dailyUsd: 0.0001 });
    const clock = handClock(Date.UTC(2030, 0, 1, 12));
    await processOn(clock).reserve(wishOf(key, { micros: 80, nowMs: clock.ms }));
    clock.ms = NOON;
    expect((await processOn(clock).reserve(wishOf(key, { micros: 30 }))).ok).toBe(false);
    clock.ms += 86_400_000;
    expect((await processOn(clock).reserve(wishOf(key, { micros: 30 }))).ok).toBe(true);
    expect(await limiterItem(temp.store, key)).toMatchObject({ day: '2026-06-16', dayMicros: 30 });
  });

  test('in another process is noticed by one that has seen the time before', async () => {
    const key = testKey({ rpm: 1000 });
    const ahead = handClock(NOON + 3_600_000);
    const first = processOn(ahead);
    await first.reserve(wishOf(key, { nowMs: ahead.ms }));
    await processOn(handClock(), 'other').reserve(wishOf(key));
    ahead.ms = NOON + 1;
    const results = await Promise.all(Array.from({ length: 20 }, () => first.reserve(wishOf(key))));
    expect(results.every((result) => result.ok)).toBe(true);
    expect(await limiterItem(temp.store, key)).toMatchObject({ rqSum: 22 });
  });
});
