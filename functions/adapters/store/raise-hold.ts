import { within, type TenantBudget } from '../../core/limits/allowance.ts';
import { refusalOf, type LimiterImage, type Moment } from '../../core/limits/admission.ts';
import type { Limits } from '../../core/limits/limits.ts';
import { decodeLease, encodeLease, leaseAttr, type StoredLease } from './lease.ts';
import { adopt, contended, drawn, known, MAX_TRIES, NO_LIMITS, ready, takeIn, type LimiterState, type World } from './limiter-state.ts';
import { raiseOp } from './limiter.ts';

export interface HoldRaise {
  readonly requestId: string;
  /** The lease as this process has stored it last. */
  readonly stored: string | undefined;
  /** Micro-USD to hold beside what it holds; positive. */
  readonly micros: number;
  readonly budget: TenantBudget | undefined;
  /** Those of the request's key. */
  readonly limits: Limits;
}

type Held = StoredLease & { readonly stored: string };

/**
 * Raises what a lease holds, and what its estimate says if its process dies, by one conditional write under the budgets of the
 * lease's own day and month. undefined when one of them has no room, or when the lease is gone. Throws
 * `StoreError('unavailable')` when the store does not answer: then the lease may be raised or not, which its release finds out.
 */
export async function raiseHold(world: World, state: LimiterState, { requestId, stored, micros, budget, limits }: HoldRaise): Promise<Held | undefined> {
  const demand = { tokens: 0, micros };
  const own: Limits = { ...NO_LIMITS, dayMicros: limits.dayMicros, monthMicros: limits.monthMicros };
  // A raise by as much that another process has written is another raise.
  const mark = Math.floor(world.random() * 2 ** 32).toString(36);
  let before = storedLease(stored);
  for (let tries = 0; tries < MAX_TRIES && before !== undefined; tries += 1) {
    await ready(world, state, tries);
    const image = known(state);
    if (image === undefined) return undefined;
    const nowMs = world.clock.now();
    const raised = raisedBy(before, micros, mark);
    const { answers } = state;
    const result = await world.store.write([raiseOp(state.at, image, {
      requestId, hold: before, micros, lease: raised.stored, limits: limitsIn(own, budget, image),
      ...(budget && { drawn: { day: budget.dayMicros !== null, month: budget.monthMicros !== null } }),
    })]);
    if (result.ok) takeIn(state, image.slot, result.after[0]);
    else adopt(state, result.current, answers);
    const found = result.ok ? raised.stored : result.current?.[leaseAttr(requestId)];
    // Also by a try whose answer was lost.
    if (found === raised.stored) return raised;
    if (found !== before.stored) before = storedLease(found);
    const now = known(state);
    if (before === undefined || now === undefined || hasEnded(before, now, limitsIn(own, budget, now))) return undefined;
    const at = momentIn(now, state, nowMs);
    if (refusalOf(now, demand, own, at) !== undefined) return undefined;
    if ((await drawn(world, state, { demand, ...(budget && { budget }) }, (of) => momentIn(of, state, nowMs))) !== undefined) return undefined;
  }
  if (before === undefined) return undefined;
  throw contended();
}

function storedLease(value: unknown): Held | undefined {
  const lease = typeof value === 'string' ? decodeLease(value) : undefined;
  return lease && { ...lease, stored: String(value) };
}

function raisedBy(lease: Held, micros: number, raise: string): Held {
  const raised = { ...lease, raise, micros: lease.micros + micros, draft: { ...lease.draft, costMicros: (lease.draft.costMicros ?? 0) + micros } };
  return { ...raised, stored: encodeLease(raised) };
}

/** The counters go on as they are stored: a request's money belongs to the day of its admission, whatever the clock says by now. */
const momentIn = ({ slot, spend }: LimiterImage, { timezone }: LimiterState, nowMs: number): Moment => ({ nowMs, timezone, slot, calendar: { day: spend.day, month: spend.month } });

function limitsIn(own: Limits, budget: TenantBudget | undefined, { allowance, spend }: LimiterImage): Limits {
  return budget === undefined ? own : within(own, budget, allowance, { day: spend.day, month: spend.month });
}

/** A day or month that limits this lease has ended: how much of it is left is not known any more. */
const hasEnded = ({ day, month }: Held, { spend }: LimiterImage, limits: Limits): boolean => (
  (limits.dayMicros !== null && day !== spend.day) || (limits.monthMicros !== null && month !== spend.month)
);
