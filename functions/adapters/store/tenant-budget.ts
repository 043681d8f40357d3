import { allowedOn, missing, pieceOf, type Micros, type TenantBudget } from '../../core/limits/allowance.ts';
import type { Moment } from '../../core/limits/admission.ts';
import type { Demand } from '../../core/limits/limits.ts';
import { countingDay, spentOn } from '../../core/limits/budget.ts';
import { fullJitterMs } from '../../core/limits/jitter.ts';
import { partition } from './entity.ts';
import { allowanceOp, imageOf, limiterKey } from './limiter.ts';
import { StoreError, type Item, type Key, type Store } from './port.ts';

/**
 * The tenant's item (table usage): `version`, `day` with `dayDrawn` and `month` with `monthDrawn` in micro-USD, and one
 * `k_<limitId>` for each limiter that has drawn. What is drawn stands in the limiter; a process that dies between the two
 * writes loses at most one piece until the day or month ends: the budget is never exceeded by it.
 */
export const budgetKey = (tenantId: string): Key => ({ table: 'usage', pk: partition('T', tenantId, 'BUDGET'), sk: 'budget' });

interface Drawn { readonly version: number; readonly day: number; readonly month: number; readonly limiters: readonly string[]; readonly ahead: boolean; readonly isWrong: boolean }

function drawnIn(item: Item | undefined, at: Moment): Drawn {
  const { day, month } = at.calendar;
  const number = (name: string): number => Number(item?.[name] ?? 0);
  const storedDay = String(item?.['day'] ?? '');
  const isLater = storedDay > day;
  const ahead = isLater && countingDay(storedDay, at.timezone, at.nowMs).day === storedDay;
  // A day that no believable clock has reached was written by one that was wrong: what was drawn counts now.
  const isWrong = isLater && !ahead;
  const isThisMonth = item?.['month'] === month || isWrong;
  return {
    version: number('version'), day: storedDay === day || isWrong ? number('dayDrawn') : 0, month: isThisMonth ? number('monthDrawn') : 0,
    limiters: Object.keys(item ?? {}).flatMap((name) => (name.startsWith('k_') && isThisMonth ? [name.slice(2)] : [])),
    ahead, isWrong,
  };
}

function drawnItem(drawn: Drawn, at: Moment, add: Micros, limitId: string | undefined): Item {
  const { day, month } = at.calendar;
  const names = [...drawn.limiters, ...(limitId === undefined ? [] : [limitId])];
  return { version: drawn.version + 1, day, dayDrawn: drawn.day + add.day, month, monthDrawn: drawn.month + add.month, ...Object.fromEntries(names.map((name) => [`k_${name}`, 1])) };
}

export interface Draw {
  readonly tenantId: string;
  readonly limitId: string;
  readonly budget: TenantBudget;
  readonly demand: Demand;
  readonly at: Moment;
  /** Micro-USD that all requests want together which wait for this; taken in one piece where there is so much. */
  readonly wanted: () => number;
}

/** `random` = uniform in [0, 1). */
interface Hand { readonly store: Store; readonly random: () => number }

/** Micro-USD that could still be drawn, and the window whose budget is too small. */
export interface Exhausted { readonly left: number; readonly window: 'day' | 'month' }

const MAX_TRIES = 32;
const BACKOFF = { baseMs: 4, capMs: 64 };
const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });

/**
 * Draws what a demand lacks from the tenant's budget into the key's allowance. Where too little is left, what other keys
 * have drawn and do not use is taken back first. `current` = the key's limiter afterwards.
 */
export async function draw({ store, random }: Hand, wish: Draw): Promise<{ readonly current: Item | undefined } | Exhausted> {
  const { tenantId, limitId, budget, demand, at } = wish;
  const key = limiterKey(tenantId, limitId);
  let reclaimed = false;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    if (tries > 1) await pause(fullJitterMs(random, BACKOFF, tries - 2));
    const item = await store.get(key);
    const image = imageOf(item);
    if (image === undefined) throw new StoreError('unavailable', 'a limiter is missing');
    const need = missing(image.spend, budget, image.allowance, demand, at.calendar);
    if (need.day === 0 && need.month === 0) return { current: item };
    const drawn = drawnIn(await store.get(budgetKey(tenantId)), at);
    // Another process lives in tomorrow already: its day decides, and this one's will have come in a moment.
    if (drawn.ahead) return { left: 0, window: 'day' };
    if (drawn.isWrong) {
      // Written down under the true day, or it would never end.
      await store.write([{ put: budgetKey(tenantId), item: drawnItem(drawn, at, { day: 0, month: 0 }, undefined), guards: [{ attr: 'version', equals: drawn.version }] }]);
      continue;
    }
    const more = Math.max(0, wish.wanted() - demand.micros);
    const [day, month] = [pieceOf(budget.dayMicros, drawn.day, need.day, more), pieceOf(budget.monthMicros, drawn.month, need.month, more)];
    if (day === undefined || month === undefined) {
      if (!reclaimed && (await reclaim(store, wish, drawn.limiters))) {
        reclaimed = true;
        continue;
      }
      return { left: leftOf(budget, drawn), window: month === undefined ? 'month' : 'day' };
    }
    const guards = drawn.version === 0 ? [{ absent: true as const }] : [{ attr: 'version', equals: drawn.version }];
    const taken = await store.write([{ put: budgetKey(tenantId), item: drawnItem(drawn, at, { day, month }, limitId), guards }]);
    if (taken.ok) await allow(store, key, at, { day, month });
  }
  throw new StoreError('unavailable', 'the budget of a tenant is contended');
}

function leftOf(budget: TenantBudget, drawn: Drawn): number {
  return Math.max(0, Math.min(budget.dayMicros === null ? Infinity : budget.dayMicros - drawn.day, budget.monthMicros === null ? Infinity : budget.monthMicros - drawn.month));
}

/** Adds pieces to a key's allowance, or begins it anew where it is of another day or month. */
async function allow(store: Store, key: Key, at: Moment, add: Micros): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const image = imageOf(await store.get(key));
    if (image === undefined) return;
    if ((await store.write([allowanceOp(key, image, at, add)])).ok) return;
  }
}

/** Takes back what keys have drawn and neither hold nor spend; true when something came back. */
async function reclaim(store: Store, { tenantId, at }: Draw, limiters: readonly string[]): Promise<boolean> {
  let [day, month] = [0, 0];
  for (const limitId of limiters) {
    const key = limiterKey(tenantId, limitId);
    const image = imageOf(await store.get(key));
    if (image === undefined) continue;
    const [spent, allowed] = [spentOn(image.spend, at.calendar), allowedOn(image.allowance, at.calendar)];
    const idle = { day: Math.max(0, allowed.dayMicros - spent.dayMicros), month: Math.max(0, allowed.monthMicros - spent.monthMicros) };
    if (idle.day === 0 && idle.month === 0) continue;
    // Only if nothing was admitted in between: the write compares both counters.
    if (!(await store.write([allowanceOp(key, image, at, { day: -idle.day, month: -idle.month })])).ok) continue;
    day += idle.day;
    month += idle.month;
  }
  if (day === 0 && month === 0) return false;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const drawn = drawnIn(await store.get(budgetKey(tenantId)), at);
    if (drawn.version === 0 || drawn.ahead) return false;
    const back = drawnItem(drawn, at, { day: -Math.min(day, drawn.day), month: -Math.min(month, drawn.month) }, undefined);
    if ((await store.write([{ put: budgetKey(tenantId), item: back, guards: [{ attr: 'version', equals: drawn.version }] }])).ok) return true;
  }
  return false;
}
