import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { momentOf, refusalOf, type LimiterImage } from '../../../functions/core/limits/admission.ts';
import { allowedOn, missing, NO_ALLOWANCE, pieceOf, within, type Allowance, type TenantBudget } from '../../../functions/core/limits/allowance.ts';
import type { Limits } from '../../../functions/core/limits/limits.ts';
import { emptySeries, slotOf } from '../../../functions/core/limits/sliding-window.ts';
import { full } from '../../support/full.ts';

const NOW = Date.UTC(2026, 5, 15, 12);
const TODAY = { day: '2026-06-15', month: '2026-06' };
const NONE: Limits = { rpm: 1, tpm: 2, maxParallel: 3, dayMicros: null, monthMicros: null };
const NO_BUDGET: TenantBudget = { dayMicros: null, monthMicros: null };
const allowance: Allowance = { day: '2026-06-15', dayMicros: 30, month: '2026-06', monthMicros: 700 };

const micros = fc.nat(1_000_000);
const limit = fc.option(micros, { nil: null });

describe('what a key has drawn', () => {
  test('is worth something on its day and in its month only', () => {
    expect(allowedOn(allowance, TODAY)).toEqual({ dayMicros: 30, monthMicros: 700 });
    expect(allowedOn(allowance, { day: '2026-06-16', month: '2026-06' })).toEqual({ dayMicros: 0, monthMicros: 700 });
    expect(allowedOn(allowance, { day: '2026-06-14', month: '2026-06' })).toEqual({ dayMicros: 0, monthMicros: 700 });
    expect(allowedOn(allowance, { day: '2026-07-15', month: '2026-07' })).toEqual({ dayMicros: 0, monthMicros: 0 });
    expect(allowedOn(NO_ALLOWANCE, TODAY)).toEqual({ dayMicros: 0, monthMicros: 0 });
    // As it is stored before anything is drawn: whole, and of no day that there is.
    expect(NO_ALLOWANCE).toEqual({ day: '', dayMicros: 0, month: '', monthMicros: 0 });
  });

  test('bounds the key where its tenant has a budget, together with the key\'s own limit, and nothing else of it', () => {
    const own: Limits = { ...NONE, dayMicros: 20, monthMicros: 900 };
    expect(within(own, NO_BUDGET, allowance, TODAY)).toEqual(own);
    expect(within(NONE, NO_BUDGET, allowance, TODAY)).toEqual(NONE);
    expect(within(NONE, { dayMicros: 1_000, monthMicros: 1_000 }, allowance, TODAY)).toEqual({ ...NONE, dayMicros: 30, monthMicros: 700 });
    expect(within(own, { dayMicros: 1_000, monthMicros: 1_000 }, allowance, TODAY)).toEqual({ ...NONE, dayMicros: 20, monthMicros: 700 });
    expect(within(NONE, { dayMicros: 1_000, monthMicros: null }, allowance, TODAY)).toEqual({ ...NONE, dayMicros: 30 });
    expect(within(NONE, { dayMicros: null, monthMicros: 1_000 }, allowance, TODAY)).toEqual({ ...NONE, monthMicros: 700 });
  });
});

describe('what is missing', () => {
  test('is what the demand and all that is spent are above the allowance, for each budget that there is', () => {
    const spend = { day: '2026-06-15', dayMicros: 25, month: '2026-06', monthMicros: 690 };
    const demand = { tokens: 0, micros: 20 };
    expect(missing(spend, { dayMicros: 100, monthMicros: 1_000 }, allowance, demand, TODAY)).toEqual({ day: 15, month: 10 });
    expect(missing(spend, { dayMicros: 100, monthMicros: null }, allowance, demand, TODAY)).toEqual({ day: 15, month: 0 });
    expect(missing(spend, { dayMicros: null, monthMicros: 1_000 }, allowance, demand, TODAY)).toEqual({ day: 0, month: 10 });
    expect(missing(spend, { dayMicros: 100, monthMicros: 1_000 }, allowance, { tokens: 9, micros: 5 }, TODAY)).toEqual({ day: 0, month: 0 });
    expect(missing(spend, { dayMicros: 100, monthMicros: 1_000 }, allowance, demand, { day: '2026-06-16', month: '2026-06' })).toEqual({ day: 20, month: 10 });
  });

  test('is enough for the demand when it is drawn, and would not be if it were a micro-USD less', () => {
    fc.assert(fc.property(limit, limit, micros, micros, micros, micros, micros, (dayMicros, monthMicros, spentToday, spentBefore, drawnToday, drawnMonth, needed) => {
      const budget = { dayMicros, monthMicros };
      const spend = { ...TODAY, dayMicros: spentToday, monthMicros: spentToday + spentBefore };
      const drawn: Allowance = { ...TODAY, dayMicros: drawnToday, monthMicros: drawnMonth };
      const demand = { tokens: 0, micros: needed };
      const image: LimiterImage = { slot: slotOf(NOW), requests: emptySeries(), tokens: emptySeries(), open: 0, spend, allowance: drawn };
      const at = momentOf(image, 'UTC', NOW);
      const refusedWith = (held: Allowance) => refusalOf(image, demand, within({ ...NONE, rpm: null, tpm: null, maxParallel: null }, budget, held, at.calendar), at)?.code;
      const short = missing(spend, budget, drawn, demand, at.calendar);
      const enough = { ...drawn, dayMicros: drawn.dayMicros + short.day, monthMicros: drawn.monthMicros + short.month };
      expect(refusedWith(enough)).toBeUndefined();
      expect(missing(spend, budget, enough, demand, at.calendar)).toEqual({ day: 0, month: 0 });
      if (short.day > 0) expect(refusedWith({ ...enough, dayMicros: enough.dayMicros - 1 })).toBe('budget_exceeded');
      if (short.month > 0) expect(refusedWith({ ...enough, monthMicros: enough.monthMicros - 1 })).toBe('budget_exceeded');
    }), { numRuns: full(2_000) });
  });
});

describe('a piece', () => {
  test.each([
    ['a hundredth of the budget', 10_000, 0, 1, 0, 100],
    ['rounded up', 10_001, 0, 1, 0, 101],
    ['or what is needed, if that is more', 10_000, 0, 250, 0, 250],
    ['with what others wait for', 10_000, 0, 250, 50, 300],
    ['or all that is left', 10_000, 9_980, 5, 0, 20],
    ['though the others get less then', 10_000, 9_700, 250, 100, 300],
    ['down to the last micro-USD', 10_000, 9_750, 250, 0, 250],
    ['or nothing when nothing is needed', 10_000, 0, 0, 50, 0],
    ['or nothing where there is no budget', null, 0, 250, 50, 0],
    ['and not to be had where too little is left', 10_000, 9_751, 250, 0, undefined],
    ['nor from a budget that was lowered below what is drawn', 100, 500, 1, 0, undefined],
  ] as const)('is %s', (_name, budget, drawn, needed, more, piece) => {
    expect(pieceOf(budget, drawn, needed, more)).toBe(piece);
  });

  test('always covers the need, and pieces never add up to more than the budget', () => {
    fc.assert(fc.property(micros, fc.array(fc.tuple(fc.nat(20_000), fc.nat(20_000)), { maxLength: 150 }), (budget, needs) => {
      let drawn = 0;
      for (const [needed, more] of needs) {
        const piece = pieceOf(budget, drawn, needed, more);
        if (piece === undefined) expect(needed).toBeGreaterThan(budget - drawn);
        else expect(piece).toBeGreaterThanOrEqual(needed);
        drawn += piece ?? 0;
        expect(drawn).toBeLessThanOrEqual(budget);
      }
    }));
  });
});
