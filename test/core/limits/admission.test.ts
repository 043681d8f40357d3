import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { momentOf, refusalOf, tokenRoom, type LimiterImage } from '../../../functions/core/limits/admission.ts';
import { blockingLimits, type Limits } from '../../../functions/core/limits/limits.ts';
import { forgetHeld, recall, remember, type DenialMemory } from '../../../functions/core/limits/denial-memory.ts';
import { retryAfterSeconds, secondsUntil } from '../../../functions/core/limits/retry-after.ts';
import { bucketOf, emptySeries, slotOf, type Series } from '../../../functions/core/limits/sliding-window.ts';
import { full } from '../../support/full.ts';

/** 2 s into a slot. */
const NOW = Date.UTC(2026, 5, 15, 12, 0, 2);
const SLOT = slotOf(NOW);
const NONE: Limits = { rpm: null, tpm: null, maxParallel: null, dayMicros: null, monthMicros: null };

function series(counts: Readonly<Record<number, number>>): Series {
  const made = emptySeries();
  for (const [age, count] of Object.entries(counts)) {
    made.buckets[bucketOf(SLOT - Number(age))] = count;
    made.sum += count;
  }
  return made;
}

function image(parts: { requests?: Record<number, number>; tokens?: Record<number, number>; open?: number; dayMicros?: number; monthMicros?: number }): LimiterImage {
  const { requests = {}, tokens = {}, open = 0, dayMicros = 0, monthMicros = 0 } = parts;
  return { slot: SLOT, requests: series(requests), tokens: series(tokens), open, spend: { day: '2026-06-15', dayMicros, month: '2026-06', monthMicros }, allowance: { day: '', dayMicros: 0, month: '', monthMicros: 0 } };
}

function judge(stored: LimiterImage, limits: Partial<Limits>, demand = { tokens: 0, micros: 0 }) {
  const at = momentOf(stored, 'UTC', NOW);
  const refusal = refusalOf(stored, demand, { ...NONE, ...limits }, at);
  return refusal && { code: refusal.code, seconds: retryAfterSeconds(refusal.fitsAtMs, NOW), affordable: refusal.affordableMicros };
}

describe('a refusal', () => {
  test.each([
    ['requests: the oldest bucket with something in it slides out', { requests: { 12: 1, 0: 59 } }, { rpm: 60 }, 'rate_limit_exceeded', 3],
    ['requests: not before enough have slid out', { requests: { 12: 1, 6: 59, 0: 5 } }, { rpm: 60 }, 'rate_limit_exceeded', 33],
    ['requests: all in this slot', { requests: { 0: 60 } }, { rpm: 60 }, 'rate_limit_exceeded', 63],
    ['parallel requests: no known end', { open: 2 }, { maxParallel: 2 }, 'concurrency_exceeded', 1],
    ['the longest of several', { requests: { 12: 1 }, open: 2 }, { rpm: 1, maxParallel: 2 }, 'rate_limit_exceeded', 3],
    ['the longest of several, whichever comes first', { requests: { 0: 60 }, tokens: { 12: 9 }, open: 2 }, { rpm: 60, tpm: 5, maxParallel: 2 }, 'rate_limit_exceeded', 63],
  ] as const)('%s', (_name, parts, limits, code, seconds) => {
    expect(judge(image(parts), limits)).toMatchObject({ code, seconds });
  });

  test('for tokens counts what would be left beside the demand', () => {
    const stored = image({ tokens: { 12: 30, 3: 50, 0: 20 } });
    expect(judge(stored, { tpm: 130 }, { tokens: 30, micros: 0 })).toBeUndefined();
    expect(judge(stored, { tpm: 100 }, { tokens: 30, micros: 0 })).toMatchObject({ code: 'tokens_exceeded', seconds: 3 });
    expect(judge(stored, { tpm: 100 }, { tokens: 31, micros: 0 })).toMatchObject({ seconds: 48 });
  });

  test('lets a demand above the whole limit start in an empty window only', () => {
    expect(judge(image({}), { tpm: 100 }, { tokens: 500, micros: 0 })).toBeUndefined();
    expect(judge(image({ tokens: { 2: 1 } }), { tpm: 100 }, { tokens: 500, micros: 0 })).toMatchObject({ code: 'tokens_exceeded', seconds: 53 });
    expect([tokenRoom(100, 100), tokenRoom(100, 101)]).toEqual([0, 0]);
  });

  test('for money lasts until the day or the month ends and says what still fits', () => {
    const stored = image({ dayMicros: 70, monthMicros: 900 });
    expect(judge(stored, { dayMicros: 100 }, { tokens: 0, micros: 30 })).toBeUndefined();
    expect(judge(stored, { dayMicros: 100 }, { tokens: 0, micros: 31 })).toEqual({ code: 'budget_exceeded', seconds: 43_198, affordable: 30 });
    expect(judge(stored, { dayMicros: 100, monthMicros: 910 }, { tokens: 0, micros: 11 })).toEqual({ code: 'budget_exceeded', seconds: 43_198 + 15 * 86_400, affordable: 10 });
    expect(judge(image({ dayMicros: 150 }), { dayMicros: 100 }, { tokens: 0, micros: 0 })).toMatchObject({ affordable: 0 });
  });

  test('does not come from a window or a day that has ended', () => {
    const old = image({ requests: { 0: 60 }, dayMicros: 100 });
    const later = NOW + 86_400_000;
    expect(refusalOf(old, { tokens: 0, micros: 1 }, { ...NONE, rpm: 60, dayMicros: 100 }, momentOf(old, 'UTC', later))).toBeUndefined();
  });

  test('for money is for the month only where waiting until tomorrow would not do', () => {
    const stored = image({ dayMicros: 90, monthMicros: 980 });
    expect(judge(stored, { dayMicros: 100, monthMicros: 1_000 }, { tokens: 0, micros: 20 })).toEqual({ code: 'budget_exceeded', seconds: 43_198, affordable: 10 });
    expect(judge(stored, { dayMicros: 100, monthMicros: 1_000 }, { tokens: 0, micros: 21 })).toEqual({ code: 'budget_exceeded', seconds: 43_198 + 15 * 86_400, affordable: 10 });
    expect(judge(stored, { monthMicros: 1_000 }, { tokens: 0, micros: 21 })).toEqual({ code: 'budget_exceeded', seconds: 43_198 + 15 * 86_400, affordable: 20 });
  });

  test('for too many requests at once asks for another try in a second', () => {
    const stored = image({ open: 3 });
    expect(refusalOf(stored, { tokens: 0, micros: 0 }, { ...NONE, maxParallel: 3 }, momentOf(stored, 'UTC', NOW))).toEqual({ code: 'concurrency_exceeded', fitsAtMs: NOW + 1_000 });
  });

  test('does not come from a budget that only warns', () => {
    const key = { rpm: 1, tpm: 2, maxParallel: 3, dailyUsd: 0.5, monthlyUsd: 5, budgetAction: 'warn' } as const;
    expect(blockingLimits(key)).toEqual({ rpm: 1, tpm: 2, maxParallel: 3, dayMicros: null, monthMicros: null });
    expect(blockingLimits({ ...key, budgetAction: 'block' })).toMatchObject({ dayMicros: 500_000, monthMicros: 5_000_000 });
  });
});

describe('for any counters, limits and demand', () => {
  const counts = fc.dictionary(fc.constantFrom('0', '3', '7', '11', '12'), fc.nat(6), { noNullPrototype: true });
  const worlds = fc.record({
    requests: counts, tokens: counts, open: fc.nat(3), today: fc.nat(20), before: fc.nat(20),
    rpm: fc.option(fc.integer({ min: 1, max: 12 })), tpm: fc.option(fc.integer({ min: 1, max: 12 })), maxParallel: fc.option(fc.integer({ min: 1, max: 4 })),
    dayMicros: fc.option(fc.integer({ min: 10, max: 30 })), monthMicros: fc.option(fc.integer({ min: 10, max: 50 })), demand: fc.record({ tokens: fc.nat(15), micros: fc.nat(10) }),
    // At noon the end of the day is the longest wait, just before midnight the shortest.
    nowMs: fc.constantFrom(NOW, Date.UTC(2026, 5, 15, 23, 59, 58)),
  });
  const total = (parts: Readonly<Record<string, number>>): number => Object.values(parts).reduce((sum, count) => sum + count, 0);
  const over = (limit: number | null, amount: number): boolean => limit !== null && amount > limit;

  test('a request is admitted exactly when it fits every limit that there is', () => {
    fc.assert(fc.property(worlds, ({ requests, tokens, open, today, before, demand, nowMs: _nowMs, ...limits }) => {
      const stored = image({ requests, tokens, open, dayMicros: today, monthMicros: today + before });
      // One above the whole limit may still start alone.
      const tokensOver = over(limits.tpm, total(tokens) + demand.tokens) && !(over(limits.tpm, demand.tokens) && total(tokens) === 0);
      const refused = over(limits.maxParallel, open + 1) || over(limits.rpm, total(requests) + 1) || tokensOver
        || over(limits.dayMicros, today + demand.micros) || over(limits.monthMicros, today + before + demand.micros);
      expect(refusalOf(stored, demand, limits, momentOf(stored, 'UTC', NOW)) !== undefined).toBe(refused);
    }), { numRuns: full(10_000) });
  });

  test('it fits at the time that its refusal names, and not a moment earlier', () => {
    fc.assert(fc.property(worlds, ({ requests, tokens, open: _open, today, before, demand, nowMs, ...limits }) => {
      const made = image({ requests, tokens, dayMicros: today, monthMicros: today + before });
      const stored = { ...made, slot: slotOf(nowMs), requests: moved(made.requests, nowMs), tokens: moved(made.tokens, nowMs) };
      const refusal = refusalOf(stored, demand, limits, momentOf(stored, 'UTC', nowMs));
      if (refusal === undefined) return;
      expect(refusal.fitsAtMs).toBeGreaterThan(nowMs);
      expect(refusalOf(stored, demand, limits, momentOf(stored, 'UTC', refusal.fitsAtMs))).toBeUndefined();
      expect(refusalOf(stored, demand, limits, momentOf(stored, 'UTC', refusal.fitsAtMs - 1))?.fitsAtMs).toBe(refusal.fitsAtMs);
    }), { numRuns: full(3_000) });
  });
});

/** The same counts with their newest slot at `nowMs`. */
function moved(given: Series, nowMs: number): Series {
  const made = emptySeries();
  for (let age = 0; age < made.buckets.length; age += 1) made.buckets[bucketOf(slotOf(nowMs) - age)] = given.buckets[bucketOf(SLOT - age)] ?? 0;
  return { ...made, sum: given.sum };
}

describe('a remembered refusal', () => {
  const remembered = (code: Parameters<typeof remember>[1]['code'], demand: { tokens: number; micros: number }, fitsAtMs = NOW + 10_000): DenialMemory => {
    const memory: DenialMemory = {};
    remember(memory, { code, fitsAtMs }, demand, NOW);
    return memory;
  };

  test('stands for at most a second, and never past the time it names', () => {
    const memory = remembered('rate_limit_exceeded', { tokens: 0, micros: 0 });
    expect(recall(memory, { tokens: 0, micros: 0 }, false, NOW + 999)?.code).toBe('rate_limit_exceeded');
    expect(recall(memory, { tokens: 0, micros: 0 }, false, NOW + 1_000)).toBeUndefined();
    expect(recall(remembered('rate_limit_exceeded', { tokens: 0, micros: 0 }, NOW + 300), { tokens: 0, micros: 0 }, true, NOW + 300)).toBeUndefined();
  });

  test('is dropped when the clock is set back', () => {
    expect(recall(remembered('rate_limit_exceeded', { tokens: 0, micros: 0 }), { tokens: 0, micros: 0 }, true, NOW - 1)).toBeUndefined();
  });

  test.each([
    ['tokens_exceeded', { tokens: 49, micros: 900 }, { tokens: 50, micros: 0 }],
    ['budget_exceeded', { tokens: 900, micros: 49 }, { tokens: 0, micros: 50 }],
  ] as const)('for %s stands for the same or a larger demand only', (code, smaller, same) => {
    const memory = remembered(code, { tokens: 50, micros: 50 });
    expect(recall(memory, smaller, true, NOW)).toBeUndefined();
    expect(recall(memory, same, true, NOW)?.code).toBe(code);
    expect(recall(memory, same, false, NOW)).toBeUndefined();
  });

  test('for requests at once stands for every demand that takes a lease, and for no other', () => {
    const memory = remembered('concurrency_exceeded', { tokens: 50, micros: 50 });
    expect(recall(memory, { tokens: 0, micros: 0 }, true, NOW)?.code).toBe('concurrency_exceeded');
    expect(recall(memory, { tokens: 0, micros: 0 }, false, NOW)).toBeUndefined();
    expect(recall(memory, { tokens: 0, micros: 0 }, true, NOW + 1_000)).toBeUndefined();
  });

  test('is forgotten when something held comes back, but for the limit on requests', () => {
    const memory = remembered('rate_limit_exceeded', { tokens: 0, micros: 0 });
    for (const code of ['tokens_exceeded', 'budget_exceeded', 'concurrency_exceeded'] as const) remember(memory, { code, fitsAtMs: NOW + 5_000 }, { tokens: 1, micros: 1 }, NOW);
    forgetHeld(memory);
    expect(Object.keys(memory)).toEqual(['rate_limit_exceeded']);
  });
});

test('times to wait are whole seconds, rounded up, at least one where a caller must wait', () => {
  expect([retryAfterSeconds(NOW + 1, NOW), retryAfterSeconds(NOW + 2_001, NOW), retryAfterSeconds(NOW - 5, NOW)]).toEqual([1, 3, 1]);
  expect([secondsUntil(NOW + 1, NOW), secondsUntil(NOW + 2_000, NOW), secondsUntil(NOW - 5, NOW)]).toEqual([1, 2, 0]);
});
