import type { Clock } from '../../core/clock.ts';
import { within, type TenantBudget } from '../../core/limits/allowance.ts';
import { momentOf, refusalOf, type LimiterImage, type Moment, type Refusal } from '../../core/limits/admission.ts';
import { blockingLimits, type Demand, type Limits } from '../../core/limits/limits.ts';
import { spentOn } from '../../core/limits/budget.ts';
import { endOfWindowMs } from '../../core/limits/calendar.ts';
import { forgetHeld, recall, remember, type DenialMemory } from '../../core/limits/denial-memory.ts';
import { fullJitterMs } from '../../core/limits/jitter.ts';
import { secondsUntil } from '../../core/limits/retry-after.ts';
import { emptyAtMs, sumAt, type Series } from '../../core/limits/sliding-window.ts';
import { limitIdOf, type KeyRecord } from './keys.ts';
import { decodeLease, leaseAttr, type Hold, type StoredLease } from './lease.ts';
import { absorb, admissionOp, blankOp, emptyImage, firstOp, imageOf, isAhead, limiterKey, releaseOp, setBackOp, type Admission, type Truth } from './limiter.ts';
import { StoreError, type Item, type Key, type Store, type WriteResult } from './port.ts';
import { draw, type Exhausted } from './tenant-budget.ts';

export interface World {
  readonly store: Store;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Counters after a write, for headers and for the next decision. */
export interface Counters {
  /** null = unlimited. Resets are seconds until the window is empty again. */
  readonly requests: { limit: number; remaining: number; resetSeconds: number } | null;
  readonly tokens: { limit: number; remaining: number; resetSeconds: number } | null;
  readonly spendTodayMicros: number;
  readonly spendMonthMicros: number;
}

/** One of the keys that count in a limiter: what refuses it, and what has refused it lately. */
export interface Member {
  key: KeyRecord;
  limits: Limits;
  denials: DenialMemory;
}

/** What this process knows of a limiter. The stored item decides; this only saves asking for it first. */
export interface LimiterState {
  readonly tenantId: string;
  readonly limitId: string;
  readonly at: Key;
  timezone: string;
  /** By key id: one, or those of a rotation. */
  readonly members: Map<string, Member>;
  /** As of the last answer of the store. `missing`: the store has none. undefined: not asked yet. */
  image: LimiterImage | 'missing' | undefined;
  /** Counts the answers taken into `image`, to tell one that was overtaken. */
  answers: number;
  loading: Promise<void> | undefined;
  /** Money being drawn from the tenant's budget, and what all requests that wait for some want. */
  drawing: ReturnType<typeof draw> | undefined;
  wantedMicros: number;
}

/** Others' progress is the only reason to try again; more than this in a row means a store that does not answer sensibly. */
export const MAX_TRIES = 32;
const TRIES_WITHOUT_PAUSE = 4;
const BACKOFF = { baseMs: 2, capMs: 64 };

export function newState(key: KeyRecord, timezone: string): LimiterState {
  const { tenantId } = key;
  const limitId = limitIdOf(key);
  return { tenantId, limitId, at: limiterKey(tenantId, limitId), timezone, members: new Map(), image: undefined, answers: 0, loading: undefined, drawing: undefined, wantedMicros: 0 };
}

/** The key's place in its limiter. Follows a changed record: new limits count at once, and refusals by the old ones are forgotten. */
export function memberOf({ members }: LimiterState, key: KeyRecord): Member {
  const member = members.get(key.keyId);
  if (member === undefined) {
    const made = { key, limits: blockingLimits(key), denials: {} };
    members.set(key.keyId, made);
    return made;
  }
  if (member.key === key) return member;
  if (member.key.version !== key.version) member.denials = {};
  member.key = key;
  member.limits = blockingLimits(key);
  return member;
}

/** What a lease must say of its key: nothing where the limiter bears its id. */
export const keyIn = ({ limitId }: LimiterState, keyId: string): { readonly keyId?: string } => (keyId === limitId ? {} : { keyId });

/** When to count for a key of which nothing is stored yet. */
export const newMoment = ({ timezone }: LimiterState, nowMs: number): Moment => momentOf(BEFORE_ALL, timezone, nowMs);

export type Admitted =
  | { readonly ok: true; readonly at: Moment }
  /** An earlier try of the same request got through although its answer was lost. */
  | { readonly ok: true; readonly held: StoredLease }
  | { readonly ok: false; readonly refusal: Refusal };

export interface Applicant {
  readonly member: Member;
  readonly demand: Demand;
  readonly limits: Limits;
  /** The tenant's budget, where it has one that refuses. */
  readonly budget?: TenantBudget;
  /** Set for requests that hold something; the lease is made for the moment at which it counts. */
  readonly requestId?: string;
  readonly lease?: (at: Moment) => string;
}

/** Admits one request by one conditional write, or says why not. Throws `StoreError('unavailable')` when the store does not answer. */
export async function admit(world: World, state: LimiterState, applicant: Applicant): Promise<Admitted> {
  const { demand, limits, member } = applicant;
  const takesLease = applicant.lease !== undefined;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    await ready(world, state, tries);
    const nowMs = world.clock.now();
    const known = recall(member.denials, demand, takesLease, nowMs);
    if (known !== undefined) return { ok: false, refusal: known };
    const { answers } = state;
    const { at, result } = await tryOnce(world, state, applicant, nowMs);
    if (result.ok) return { ok: true, at };
    const held = decodeLease(result.current?.[leaseAttr(applicant.requestId ?? '')]);
    adopt(state, result.current, answers);
    if (held !== undefined) return { ok: true, held };
    const refusal = refusalNow(state, demand, limits, nowMs) ?? (await drawn(world, state, applicant, (image) => momentOf(image, state.timezone, nowMs)));
    if (refusal === undefined) continue;
    remember(member.denials, refusal, demand, nowMs);
    return { ok: false, refusal };
  }
  throw contended();
}

/**
 * Nothing of the key's own refuses: draws what is missing from its tenant's budget. Gives the refusal when too little is
 * left there; undefined when the request may be tried again.
 */
export async function drawn(world: World, state: LimiterState, { demand, budget }: Pick<Applicant, 'demand' | 'budget'>, momentIn: (image: LimiterImage) => Moment): Promise<Refusal | undefined> {
  const image = known(state);
  if (budget === undefined || image === undefined) return undefined;
  const at = momentIn(image);
  if (isAhead(image, at) || refusalOf(image, demand, within(NO_LIMITS, budget, image.allowance, at.calendar), at) === undefined) return undefined;
  const { answers } = state;
  state.wantedMicros += demand.micros;
  try {
    // One draws for all that wait here; who only waited looks again whether there is room now.
    if (state.drawing !== undefined) return void (await state.drawing);
    state.drawing = draw(world, { tenantId: state.tenantId, limitId: state.limitId, budget, demand, at, wanted: () => state.wantedMicros }).finally(() => { state.drawing = undefined; });
    const result = await state.drawing;
    if ('current' in result) {
      adopt(state, result.current, answers);
      return undefined;
    }
    return usedUp(state, result, at.nowMs);
  } finally {
    state.wantedMicros -= demand.micros;
  }
}

const usedUp = ({ timezone }: LimiterState, { left, window }: Exhausted, nowMs: number): Refusal => (
  { code: 'budget_exceeded', fitsAtMs: endOfWindowMs(timezone, nowMs, window), affordableMicros: left, ofTenant: true }
);
export const NO_LIMITS: Limits = { rpm: null, tpm: null, maxParallel: null, dayMicros: null, monthMicros: null };

export const contended = (): StoreError => new StoreError('unavailable', 'the limiter is contended');

/** One write; a limiter that is ahead of time is first moved back. */
async function tryOnce(world: World, state: LimiterState, applicant: Applicant, nowMs: number): Promise<{ at: Moment; result: WriteResult }> {
  const { image } = state;
  if (image === 'missing' || image === undefined) return createWith(world, state, applicant, nowMs);
  const at = momentOf(image, state.timezone, nowMs);
  if (isAhead(image, at)) {
    const result = await world.store.write([setBackOp(state.at, image, at)]);
    return { at, result: { ok: false, index: 0, current: result.ok ? await world.store.get(state.at) : result.current } };
  }
  const from = image.slot;
  const result = await world.store.write([admissionOp(state.at, image, at, admissionAt(applicant, at, image))]);
  if (result.ok) takeIn(state, from, result.after[0]);
  return { at, result };
}

async function createWith(world: World, state: LimiterState, applicant: Applicant, nowMs: number): Promise<{ at: Moment; result: WriteResult }> {
  const at = newMoment(state, nowMs);
  if (refusalOf(emptyImage(at), applicant.demand, applicant.limits, at) !== undefined) return { at, result: { ok: false, index: 0, current: undefined } };
  if (applicant.budget !== undefined) {
    // Its allowance has to be drawn into something.
    const made = await world.store.write([blankOp(state.at, at)]);
    return { at, result: { ok: false, index: 0, current: made.ok ? made.after[0] : made.current } };
  }
  const { op, item } = firstOp(state.at, at, admissionAt(applicant, at, BEFORE_ALL));
  const result = await world.store.write([op]);
  if (result.ok) adopt(state, item, state.answers);
  return { at, result };
}

const BEFORE_ALL: LimiterImage = { slot: 0, requests: { buckets: [], sum: 0 }, tokens: { buckets: [], sum: 0 }, open: 0, spend: { day: '', dayMicros: 0, month: '', monthMicros: 0 }, allowance: { day: '', dayMicros: 0, month: '', monthMicros: 0 } };

function admissionAt({ demand, limits, budget, requestId, lease }: Applicant, at: Moment, image: LimiterImage): Admission {
  if (lease === undefined || requestId === undefined) return { demand, limits };
  if (budget === undefined) return { demand, limits, requestId, lease: lease(at) };
  return {
    demand, requestId, lease: lease(at), limits: within(limits, budget, image.allowance, at.calendar),
    drawn: { day: budget.dayMicros !== null, month: budget.monthMicros !== null },
  };
}

function refusalNow(state: LimiterState, demand: Demand, limits: Limits, nowMs: number): Refusal | undefined {
  const image = known(state);
  if (image === undefined) {
    const at = newMoment(state, nowMs);
    return refusalOf(emptyImage(at), demand, limits, at);
  }
  const at = momentOf(image, state.timezone, nowMs);
  return isAhead(image, at) ? undefined : refusalOf(image, demand, limits, at);
}

export const known = (state: LimiterState): LimiterImage | undefined => (typeof state.image === 'object' ? state.image : undefined);

/** Before a try: waits a little after several in vain, and asks for the limiter where nothing is known of it. */
export async function ready(world: World, state: LimiterState, tries: number): Promise<void> {
  if (tries >= TRIES_WITHOUT_PAUSE) await pause(world, tries);
  if (state.image === undefined) await load(world, state);
}

/** Releases a lease and corrects what it held to the truth. False when someone else has already done so. */
export async function release(world: World, state: LimiterState, requestId: string, held: Hold, truth: Truth): Promise<boolean> {
  let hold = held;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    await ready(world, state, tries);
    const image = known(state) ?? BEFORE_ALL;
    const { answers } = state;
    const from = image.slot;
    const result = await world.store.write([releaseOp(state.at, image, requestId, hold, truth)]);
    if (result.ok) {
      takeIn(state, from, result.after[0]);
      for (const { denials } of state.members.values()) forgetHeld(denials);
      return true;
    }
    adopt(state, result.current, answers);
    const found = result.current?.[leaseAttr(requestId)];
    if (found === undefined) return false;
    // Raised since it was seen, or by a write whose answer was lost.
    if (hold.stored !== undefined && found !== hold.stored) hold = decodeLease(found) ?? hold;
  }
  throw contended();
}

export function takeIn(state: LimiterState, from: number, after: Item | undefined): void {
  if (typeof state.image !== 'object') return;
  absorb(state.image, from, after);
  state.answers += 1;
}

/**
 * Takes over the item that a failed write has met. Answers may overtake each other: one to a write that began before
 * others were answered counts only if it is newer, which the slot and, inside one, the number of requests tell.
 */
export function adopt(state: LimiterState, item: Item | undefined, answersAtStart: number): void {
  const found = imageOf(item) ?? 'missing';
  const held = state.image;
  const isOvertaken = state.answers !== answersAtStart && typeof held === 'object'
    && (found === 'missing' || found.slot < held.slot || (found.slot === held.slot && found.requests.sum < held.requests.sum));
  if (isOvertaken) return;
  state.image = found;
  state.answers += 1;
}

/** Many requests of a key that is new to this process share one read. */
function load(world: World, state: LimiterState): Promise<void> {
  state.loading ??= read(world, state).finally(() => { state.loading = undefined; });
  return state.loading;
}

async function read(world: World, state: LimiterState): Promise<void> {
  const item = await world.store.get(state.at);
  state.image ??= imageOf(item) ?? 'missing';
}

async function pause(world: World, tries: number): Promise<void> {
  const ms = fullJitterMs(world.random, BACKOFF, tries - TRIES_WITHOUT_PAUSE);
  await new Promise((resolve) => { setTimeout(resolve, ms); });
}

/** The state of a key's limits at `nowMs` as far as this process knows: what has slid out or ended since is not counted. */
export function countersOf(state: LimiterState, key: Pick<KeyRecord, 'rpm' | 'tpm'>, nowMs: number): Counters {
  const { timezone } = state;
  const image = known(state) ?? BEFORE_ALL;
  const at = momentOf(image, timezone, nowMs);
  const spent = spentOn(image.spend, at.calendar);
  const windowOf = (limit: number | null, series: Series): Counters['requests'] => (limit === null ? null : {
    limit,
    remaining: Math.max(0, limit - sumAt(series, image.slot, at.slot)),
    resetSeconds: secondsUntil(emptyAtMs(series, image.slot), nowMs),
  });
  return {
    requests: windowOf(key.rpm, image.requests),
    tokens: windowOf(key.tpm, image.tokens),
    spendTodayMicros: spent.dayMicros,
    spendMonthMicros: spent.monthMicros,
  };
}
