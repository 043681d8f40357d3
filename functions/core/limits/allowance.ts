import { spentOn, type Spend } from './budget.ts';
import type { CalendarDay } from './calendar.ts';
import type { Demand, Limits } from './limits.ts';

/** A tenant's budgets in micro-USD that refuse; null = none. */
export interface TenantBudget { readonly dayMicros: number | null; readonly monthMicros: number | null }

/**
 * What a key has drawn of its tenant's budget: it may hold and spend so much on that day and in that month. Drawn in
 * pieces, so that the tenant's own counter is written rarely and no request waits for the others of the tenant.
 */
export interface Allowance { day: string; dayMicros: number; month: string; monthMicros: number }

export const NO_ALLOWANCE: Allowance = { day: '', dayMicros: 0, month: '', monthMicros: 0 };

/** What the allowance says on `at`: one of another day or month is worth nothing. */
export const allowedOn = (allowance: Allowance, at: CalendarDay): { dayMicros: number; monthMicros: number } => ({
  dayMicros: allowance.day === at.day ? allowance.dayMicros : 0,
  monthMicros: allowance.month === at.month ? allowance.monthMicros : 0,
});

const least = (limit: number | null, allowed: number): number => (limit === null ? allowed : Math.min(limit, allowed));

/** The key's own limits, and those of its allowance where the tenant has a budget. */
export function within(limits: Limits, budget: TenantBudget, allowance: Allowance, at: CalendarDay): Limits {
  const allowed = allowedOn(allowance, at);
  return {
    ...limits,
    dayMicros: budget.dayMicros === null ? limits.dayMicros : least(limits.dayMicros, allowed.dayMicros),
    monthMicros: budget.monthMicros === null ? limits.monthMicros : least(limits.monthMicros, allowed.monthMicros),
  };
}

export interface Micros { readonly day: number; readonly month: number }

/** What must be drawn before a demand fits the allowance; 0 where it fits or there is no budget. */
export function missing(spend: Spend, budget: TenantBudget, allowance: Allowance, demand: Demand, at: CalendarDay): Micros {
  const [spent, allowed] = [spentOn(spend, at), allowedOn(allowance, at)];
  const short = (limit: number | null, used: number, may: number): number => (limit === null ? 0 : Math.max(0, used + demand.micros - may));
  return { day: short(budget.dayMicros, spent.dayMicros, allowed.dayMicros), month: short(budget.monthMicros, spent.monthMicros, allowed.monthMicros) };
}

/**
 * A piece is a hundredth of the budget, or what is needed and `more` that others wait for if that is more, and never more
 * than is left; undefined = too little is left for what is needed.
 */
export function pieceOf(limit: number | null, drawn: number, needed: number, more: number): number | undefined {
  if (limit === null || needed === 0) return 0;
  const left = limit - drawn;
  return needed > left ? undefined : Math.min(left, Math.max(needed + more, Math.ceil(limit / 100)));
}
