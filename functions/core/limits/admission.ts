import type { Allowance } from './allowance.ts';
import { countingDay, spentOn, type Spend } from './budget.ts';
import { endOfWindowMs, type CalendarDay } from './calendar.ts';
import type { Demand, Limits } from './limits.ts';
import { countingSlot, fitsAtMs, slotOf, sumAt, type Series } from './sliding-window.ts';

/** All counters of one key, as stored: both windows end with `slot`. */
export interface LimiterImage {
  slot: number;
  readonly requests: Series;
  readonly tokens: Series;
  /** Leases that are neither settled nor swept. */
  open: number;
  readonly spend: Spend;
  /** What the key has drawn of its tenant's budget. */
  readonly allowance: Allowance;
}

/** When to count: the slot and day as `countingSlot` and `countingDay` settle them. */
export interface Moment { readonly nowMs: number; readonly timezone: string; readonly slot: number; readonly calendar: CalendarDay }

export interface Refusal {
  readonly code: 'rate_limit_exceeded' | 'tokens_exceeded' | 'concurrency_exceeded' | 'budget_exceeded';
  /** Epoch ms at which the request would fit if nothing else happened. */
  readonly fitsAtMs: number;
  /** For `budget_exceeded`: micro-USD that still fit. */
  readonly affordableMicros?: number;
  /** The budget is the tenant's and not the key's own. */
  readonly ofTenant?: true;
}

export function momentOf(image: LimiterImage, timezone: string, nowMs: number): Moment {
  return { nowMs, timezone, slot: countingSlot(image.slot, slotOf(nowMs)), calendar: countingDay(image.spend.day, timezone, nowMs) };
}

/** Tokens that may already be in the window for this demand to start: a request above the whole limit starts in an empty window. */
export const tokenRoom = (tpm: number, tokens: number): number => (tokens > tpm ? 0 : tpm - tokens);

/**
 * Why a demand does not fit, or undefined when it does. Of several reasons the one that lasts longest is given, so that
 * the time to wait is enough for all of them. Parallelism has no known end: it is worth asking again after a second.
 */
export function refusalOf(image: LimiterImage, demand: Demand, limits: Limits, at: Moment): Refusal | undefined {
  const { slot } = image;
  let worst: Refusal | undefined;
  const add = (refusal: Refusal): void => { if (worst === undefined || refusal.fitsAtMs > worst.fitsAtMs) worst = refusal; };
  const { rpm, tpm, maxParallel } = limits;
  if (maxParallel !== null && image.open > maxParallel - 1) add({ code: 'concurrency_exceeded', fitsAtMs: at.nowMs + 1000 });
  if (rpm !== null && sumAt(image.requests, slot, at.slot) > rpm - 1) {
    add({ code: 'rate_limit_exceeded', fitsAtMs: fitsAtMs(image.requests, slot, at.slot, rpm - 1) });
  }
  if (tpm !== null) {
    const room = tokenRoom(tpm, demand.tokens);
    if (sumAt(image.tokens, slot, at.slot) > room) add({ code: 'tokens_exceeded', fitsAtMs: fitsAtMs(image.tokens, slot, at.slot, room) });
  }
  const budget = budgetRefusal(image.spend, demand, limits, at);
  if (budget !== undefined) add(budget);
  return worst;
}

function budgetRefusal(spend: Spend, demand: Demand, limits: Limits, at: Moment): Refusal | undefined {
  const spent = spentOn(spend, at.calendar);
  const leftToday = limits.dayMicros === null ? Infinity : limits.dayMicros - spent.dayMicros;
  const leftThisMonth = limits.monthMicros === null ? Infinity : limits.monthMicros - spent.monthMicros;
  const left = Math.min(leftToday, leftThisMonth);
  if (demand.micros <= left) return undefined;
  const window = demand.micros > leftThisMonth ? 'month' : 'day';
  return { code: 'budget_exceeded', fitsAtMs: endOfWindowMs(at.timezone, at.nowMs, window), affordableMicros: Math.max(0, left) };
}
