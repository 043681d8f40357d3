import { NO_ALLOWANCE } from '../../core/limits/allowance.ts';
import { tokenRoom, type LimiterImage, type Moment } from '../../core/limits/admission.ts';
import type { Demand, Limits } from '../../core/limits/limits.ts';
import { BUCKETS, bucketOf, cleared, clearedBucket, emptySeries, sumAt, type Series } from '../../core/limits/sliding-window.ts';
import { dictionaryItem, partition } from './entity.ts';
import { leaseAttr, type Hold } from './lease.ts';
import type { Guard, Item, Key, Op } from './port.ts';

/**
 * The limiter item of a key and of those it was rotated from and into (table usage; `limitId` as `limitIdOf` says): `slot`, the window's buckets `rq0…rq12`, `tk0…tk12` and their sums `rqSum`,
 * `tkSum`, `open` leases, `day`/`dayMicros`, `month`/`monthMicros`, one `r_<requestId>` for each open lease, and what was drawn
 * of the tenant's budget: `gd`/`gDay` for a day, `gm`/`gMonth` for a month (absent without one).
 * All changes are single-item updates guarded by what they assume, so none can undo another.
 */
export const limiterKey = (tenantId: string, limitId: string): Key => ({ table: 'usage', pk: partition('T', tenantId, 'LIM', limitId), sk: 'limiter' });

const RQ = Array.from({ length: BUCKETS }, (_, i) => `rq${i}`);
const TK = Array.from({ length: BUCKETS }, (_, i) => `tk${i}`);
/** 0–12 for the buckets of requests, 13–25 for those of tokens. */
const PLACES: ReadonlyMap<string, number> = new Map([...RQ, ...TK].map((name, i) => [name, i]));

/** One admission: a lease to set (none for requests that spend nothing) and what it needs. */
export interface Admission {
  readonly requestId?: string;
  readonly lease?: string;
  readonly demand: Demand;
  readonly limits: Limits;
  /** The limits of money are those of an allowance, which must still be what the image says. */
  readonly drawn?: { readonly day: boolean; readonly month: boolean };
}

type Changes = { set: Item; add: Record<string, number>; guards: Guard[] };

export const emptyImage = (at: Moment): LimiterImage => ({
  slot: at.slot, requests: emptySeries(), tokens: emptySeries(), open: 0, spend: { day: at.calendar.day, dayMicros: 0, month: at.calendar.month, monthMicros: 0 },
  allowance: { ...NO_ALLOWANCE },
});

/** The image in a stored item; undefined when there is none, or when it is not a limiter. */
export function imageOf(item: Item | undefined): LimiterImage | undefined {
  if (item === undefined || typeof item['slot'] !== 'number') return undefined;
  return {
    slot: item['slot'],
    requests: { buckets: RQ.map((name) => number(item[name])), sum: number(item['rqSum']) },
    tokens: { buckets: TK.map((name) => number(item[name])), sum: number(item['tkSum']) },
    open: number(item['open']),
    spend: { day: String(item['day']), dayMicros: number(item['dayMicros']), month: String(item['month']), monthMicros: number(item['monthMicros']) },
    allowance: { day: String(item['gd'] ?? ''), dayMicros: number(item['gDay']), month: String(item['gm'] ?? ''), monthMicros: number(item['gMonth']) },
  };
}

const number = (value: unknown): number => (typeof value === 'number' ? value : 0);

/**
 * A key's first admission creates the item, all counters in it: from here on every guard finds a value. Only to be used
 * for a demand that fits an empty limiter.
 */
export function firstOp(key: Key, at: Moment, admission: Admission): { op: Op; item: Item } {
  const { item } = blankOp(key, at);
  const { set, add } = admissionOp(key, emptyImage(at), at, admission);
  for (const name in add) item[name] = number(item[name]) + (add[name] ?? 0);
  return { op: { put: key, item: Object.assign(item, set), guards: [{ absent: true }] }, item };
}

/** A stored slot or day lies ahead of any believable clock (`countingSlot`, `countingDay`). */
export const isAhead = (image: LimiterImage, at: Moment): boolean => image.slot > at.slot || image.spend.day > at.calendar.day;

/**
 * Moves a limiter that is ahead of time back to the present. Nothing is forgotten: what the window held counts as
 * admitted now, what was spent counts as spent today. Compare-and-set on everything it rewrites.
 */
export function setBackOp(key: Key, image: LimiterImage, at: Moment): Op {
  const { slot, requests, tokens, spend } = image;
  const set: Item = {};
  const guards: Guard[] = [{ attr: 'slot', equals: slot }, { attr: 'day', equals: spend.day }];
  if (slot > at.slot) {
    guards.push({ attr: 'rqSum', equals: requests.sum }, { attr: 'tkSum', equals: tokens.sum });
    set['slot'] = at.slot;
    for (let i = 0; i < BUCKETS; i += 1) {
      const isNow = i === bucketOf(at.slot);
      set[RQ[i] ?? ''] = isNow ? requests.sum : 0;
      set[TK[i] ?? ''] = isNow ? tokens.sum : 0;
    }
  }
  if (spend.day > at.calendar.day) Object.assign(set, { day: at.calendar.day, month: at.calendar.month });
  return { update: key, set, guards };
}

/**
 * The one conditional write of an admission: counts it, sets its lease and, where a slot or day has begun, moves the
 * window on in the same write. It succeeds only if the stored slot and day are those of the image, every bucket that
 * slides out holds what the image says, and every limit still holds at that moment.
 */
export function admissionOp(key: Key, image: LimiterImage, at: Moment, admission: Admission): Extract<Op, { update: Key }> {
  const { demand, limits, lease, requestId } = admission;
  const changes: Changes = { set: dictionaryItem(), add: {}, guards: [{ attr: 'slot', equals: image.slot }] };
  if (at.slot > image.slot) changes.set['slot'] = at.slot;
  countIn(changes, { names: RQ, sumName: 'rqSum', series: image.requests, room: limits.rpm === null ? null : limits.rpm - 1, count: 1 }, image.slot, at.slot);
  const room = lease === undefined || limits.tpm === null ? null : tokenRoom(limits.tpm, demand.tokens);
  countIn(changes, { names: TK, sumName: 'tkSum', series: image.tokens, room, count: demand.tokens }, image.slot, at.slot);
  if (lease !== undefined && requestId !== undefined) {
    spendIn(changes, image, at, admission);
    const attr = leaseAttr(requestId);
    changes.set[attr] = lease;
    changes.add['open'] = 1;
    // A write that the engine repeats after a lost answer must not count twice.
    changes.guards.push({ attr, absent: true });
    if (limits.maxParallel !== null) changes.guards.push({ attr: 'open', atMost: limits.maxParallel - 1 });
    if (admission.drawn !== undefined) changes.guards.push(...drawnGuards(image, admission.drawn));
  }
  return { update: key, ...changes };
}

/** An allowance may be taken back while it is not used: an admission counts on the very one it has seen. */
function drawnGuards({ allowance }: LimiterImage, drawn: { readonly day: boolean; readonly month: boolean }): Guard[] {
  return [
    ...(drawn.day ? [{ attr: 'gd', equals: allowance.day }, { attr: 'gDay', equals: allowance.dayMicros }] : []),
    ...(drawn.month ? [{ attr: 'gm', equals: allowance.month }, { attr: 'gMonth', equals: allowance.monthMicros }] : []),
  ];
}

/**
 * Changes an allowance by these micro-USD, beginning it anew where it is of another day or month. Compare-and-set on the
 * allowance; where something is taken back also on what is spent, so that nothing admitted meanwhile stands without it.
 */
export function allowanceOp(key: Key, image: LimiterImage, at: Moment, add: { readonly day: number; readonly month: number }): Op {
  const { allowance, spend } = image;
  const set: Item = {};
  const guards: Guard[] = [{ present: true }];
  const one = (change: number, [nameOf, amountOf]: readonly [string, string], [name, amount]: readonly [string, number], now: string): void => {
    if (change === 0) return;
    set[nameOf] = now;
    set[amountOf] = name === now ? amount + change : change;
    guards.push(name === '' ? { attr: nameOf, absent: true } : { attr: nameOf, equals: name });
    if (name !== '') guards.push({ attr: amountOf, equals: amount });
  };
  one(add.day, ['gd', 'gDay'], [allowance.day, allowance.dayMicros], at.calendar.day);
  one(add.month, ['gm', 'gMonth'], [allowance.month, allowance.monthMicros], at.calendar.month);
  if (add.day < 0) guards.push({ attr: 'day', equals: spend.day }, { attr: 'dayMicros', equals: spend.dayMicros });
  if (add.month < 0) guards.push({ attr: 'month', equals: spend.month }, { attr: 'monthMicros', equals: spend.monthMicros });
  return { update: key, set, guards };
}

/** A limiter in which nothing is counted yet. */
export function blankOp(key: Key, at: Moment): Extract<Op, { put: Key }> {
  const item: Item = { slot: at.slot, rqSum: 0, tkSum: 0, open: 0, day: at.calendar.day, dayMicros: 0, month: at.calendar.month, monthMicros: 0 };
  for (const name of [...RQ, ...TK]) item[name] = 0;
  return { put: key, item, guards: [{ absent: true }] };
}

/**
 * Sets an empty lease for a request that was admitted without the store, moving the counters of money on to its day where they are
 * behind it. It counts neither as a request of this minute nor against any limit: it has been served.
 */
export function lateOp(key: Key, { spend }: LimiterImage, { day, month }: Moment['calendar'], requestId: string, lease: string): Op {
  const attr = leaseAttr(requestId);
  return {
    update: key, add: { open: 1 }, guards: [{ attr: 'day', equals: spend.day }, { attr, absent: true }],
    set: { [attr]: lease, ...(day > spend.day && { day, dayMicros: 0 }), ...(month > spend.month && { month, monthMicros: 0 }) },
  };
}

interface Count { readonly names: readonly string[]; readonly sumName: string; readonly series: Series; readonly room: number | null; readonly count: number }

function countIn({ set, add, guards }: Changes, { names, sumName, series, room, count }: Count, from: number, to: number): void {
  const gone = cleared(from, to);
  const name = names[bucketOf(to)] ?? '';
  if (gone === 0) {
    if (count !== 0) {
      add[name] = count;
      add[sumName] = count;
    }
    if (room !== null) guards.push({ attr: sumName, atMost: room });
    return;
  }
  for (let n = 1; n <= gone; n += 1) {
    const bucket = clearedBucket(from, n);
    set[names[bucket] ?? ''] = 0;
    // Settlements correct old buckets: one that slides out with another value than the image's would leave the sum wrong.
    if (gone < BUCKETS) guards.push({ attr: names[bucket] ?? '', equals: series.buckets[bucket] ?? 0 });
  }
  set[name] = count;
  if (gone === BUCKETS) {
    set[sumName] = count;
    return;
  }
  const left = sumAt(series, from, to);
  add[sumName] = count - (series.sum - left);
  if (room !== null) guards.push({ attr: sumName, atMost: room + series.sum - left });
}

function spendIn({ set, add, guards }: Changes, image: LimiterImage, at: Moment, { demand: { micros }, limits }: Admission): void {
  const { spend } = image;
  const { day, month } = at.calendar;
  guards.push({ attr: 'day', equals: spend.day });
  if (day > spend.day) {
    set['day'] = day;
    set['dayMicros'] = micros;
    if (limits.dayMicros !== null && micros > limits.dayMicros) guards.push(never('dayMicros'));
  } else {
    if (micros !== 0) add['dayMicros'] = micros;
    if (limits.dayMicros !== null) guards.push({ attr: 'dayMicros', atMost: limits.dayMicros - micros });
  }
  if (month > spend.month) {
    set['month'] = month;
    set['monthMicros'] = micros;
    if (limits.monthMicros !== null && micros > limits.monthMicros) guards.push(never('monthMicros'));
  } else {
    if (micros !== 0) add['monthMicros'] = micros;
    if (limits.monthMicros !== null) guards.push({ attr: 'monthMicros', atMost: limits.monthMicros - micros });
  }
}

/** For a demand above the whole limit: the failed write still brings the counters with which to refuse. */
const never = (attr: string): Guard => ({ attr, atMost: -1 });

/** What a request really took, next to what it held. */
export interface Truth { readonly tokens: number; readonly micros: number }

/**
 * The release of a lease: corrects its token bucket while that is in the window, its day and month while they are the
 * current ones, and counts one open lease less. Does nothing unless the lease is there, so it may be repeated.
 */
export function releaseOp(key: Key, image: LimiterImage, requestId: string, hold: Hold, truth: Truth): Op {
  const attr = leaseAttr(requestId);
  const add: Record<string, number> = { open: -1 };
  const guards: Guard[] = [hold.stored === undefined ? { attr, present: true } : { attr, equals: hold.stored }];
  const tokens = truth.tokens - hold.tokens;
  if (tokens !== 0) {
    guards.push({ attr: 'slot', equals: image.slot });
    if (isInWindow(image, hold.slot)) {
      add[TK[bucketOf(hold.slot)] ?? ''] = tokens;
      add['tkSum'] = tokens;
    }
  }
  const micros = truth.micros - hold.micros;
  if (micros !== 0) {
    guards.push({ attr: 'day', equals: image.spend.day });
    if (hold.day === image.spend.day) add['dayMicros'] = micros;
    if (hold.month === image.spend.month) add['monthMicros'] = micros;
  }
  return { update: key, add, remove: [attr], guards };
}

/** A lease that is to hold so many micro-USD more than `hold`, and as what it is stored then. */
export interface Raising { readonly requestId: string; readonly hold: Hold & { readonly stored: string }; readonly micros: number; readonly lease: string; readonly limits: Limits; readonly drawn?: Admission['drawn'] }

/**
 * The one conditional write of a raise: the lease and the counters of its own day and month. It succeeds only while the lease is
 * the one that was seen and every budget still holds. What a day was that has ended nobody knows any more: where one limits, that fails.
 */
export function raiseOp(key: Key, image: LimiterImage, { requestId, hold, micros, lease, limits, drawn }: Raising): Op {
  const { spend } = image;
  const attr = leaseAttr(requestId);
  const add: Record<string, number> = {};
  const guards: Guard[] = [{ attr, equals: hold.stored }, { attr: 'day', equals: spend.day }];
  const one = (name: 'dayMicros' | 'monthMicros', isCurrent: boolean): void => {
    const limit = limits[name];
    if (isCurrent) add[name] = micros;
    if (limit !== null) guards.push(isCurrent ? { attr: name, atMost: limit - micros } : never(name));
  };
  one('dayMicros', hold.day === spend.day);
  one('monthMicros', hold.month === spend.month);
  if (drawn !== undefined) guards.push(...drawnGuards(image, drawn));
  return { update: key, set: { [attr]: lease }, add, guards };
}

const isInWindow = (image: LimiterImage, slot: number): boolean => slot <= image.slot && slot > image.slot - BUCKETS;

/** Takes the values that an update made at slot `from` returned into the image; an answer overtaken by a newer slot is left out. */
export function absorb(image: LimiterImage, from: number, after: Item | undefined): void {
  if (after === undefined) return;
  const to = number(after['slot'] ?? from);
  if (image.slot !== from && image.slot !== to) return;
  const isOvertaken = image.slot === to && after['rqSum'] !== undefined && number(after['rqSum']) < image.requests.sum;
  if (isOvertaken) return;
  image.slot = to;
  for (const name in after) {
    const place = PLACES.get(name);
    if (place === undefined) continue;
    if (place < BUCKETS) image.requests.buckets[place] = number(after[name]);
    else image.tokens.buckets[place - BUCKETS] = number(after[name]);
  }
  if (after['rqSum'] !== undefined) image.requests.sum = number(after['rqSum']);
  if (after['tkSum'] !== undefined) image.tokens.sum = number(after['tkSum']);
  if (after['open'] !== undefined) image.open = number(after['open']);
  const { spend } = image;
  if (after['day'] !== undefined) spend.day = String(after['day']);
  if (after['month'] !== undefined) spend.month = String(after['month']);
  if (after['dayMicros'] !== undefined) spend.dayMicros = number(after['dayMicros']);
  if (after['monthMicros'] !== undefined) spend.monthMicros = number(after['monthMicros']);
}

