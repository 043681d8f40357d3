import { dropOldest } from '../../core/drop-oldest.ts';
import type { LedgerEntry } from '../../contract/index.ts';
import type { Refusal } from '../../core/limits/admission.ts';
import type { TenantBudget } from '../../core/limits/allowance.ts';
import { retryAfterSeconds } from '../../core/limits/retry-after.ts';
import { limitIdOf, type KeyRecord } from './keys.ts';
import { decodeLease, encodeLease, estimatedEntry, isOrphan, requestIdOf, type Hold, type LeaseDraft } from './lease.ts';
import { lateLease } from './late-booking.ts';
import { keptLedgerOp, ledgerEntryOf } from './ledger.ts';
import type { Truth } from './limiter.ts';
import { StoreError } from './port.ts';
import { raiseHold } from './raise-hold.ts';
import { admit, adopt, countersOf, keyIn, memberOf, newState, release, type Admitted, type Counters, type LimiterState, type Member, type World } from './limiter-state.ts';
import { dirtyOp, isLate } from './rollup-marks.ts';

export type { Counters, LeaseDraft };

export interface ReserveRequest {
  readonly requestId: string;
  readonly key: KeyRecord;
  readonly timezone: string;
  /** Tokens to hold against tokens/min: input estimate + expected output. */
  readonly tokens: number;
  /** Micro-USD to hold against budgets: input estimate + output cap at the dearest candidate; null = unpriced (holds 0). */
  readonly costMicros: number | null;
  /** Epoch ms after which the lease may be swept. */
  readonly deadlineAt: number;
  readonly draft: LeaseDraft;
  /** The budget that the tenant's keys share, where it has one that refuses. */
  readonly tenantBudget?: TenantBudget;
  /** Requests of the tenant at once in this process; kept by `parallelAccounts`. */
  readonly tenantMaxParallel?: number;
  /** After how many days the tenant's ledger may forget the request; absent = never. */
  readonly ledgerDays?: number | undefined;
}

export interface Lease {
  readonly requestId: string;
  readonly key: KeyRecord;
  readonly tokens: number;
  readonly costMicros: number;
  /** The 5-second slot that holds `tokens`. */
  readonly slot: number;
  readonly day: string;
  readonly month: string;
  readonly counters: Counters;
  /** As it is stored; absent where the store does not have it. */
  readonly stored?: string;
  /** As in the reservation. */
  readonly ledgerDays?: number | undefined;
}

/** So many micro-USD more, for a request that already holds some. */
export interface RaiseRequest {
  readonly lease: Lease;
  readonly micros: number;
  /** As in the reservation. */
  readonly tenantBudget?: TenantBudget;
}

export interface Denial {
  readonly code: 'rate_limit_exceeded' | 'tokens_exceeded' | 'concurrency_exceeded' | 'budget_exceeded';
  readonly retryAfterSeconds: number;
  readonly counters: Counters;
  /** For `budget_exceeded`: micro-USD that still fit. */
  readonly affordableMicros?: number;
  /** The limit is the tenant's and not the key's own. */
  readonly ofTenant?: true;
}

export type ReserveResult = { readonly ok: true; readonly lease: Lease } | { readonly ok: false; readonly denial: Denial };

export interface SweepOptions {
  /** Also those of other owners that have not passed. */
  readonly foreignOwners: boolean;
  /** As in a reservation. */
  readonly ledgerDays?: number | undefined;
}

/** Reservation → settlement: one conditional write before the first upstream byte, two single-item writes after the last. */
export interface Accounts {
  reserve(request: ReserveRequest): Promise<ReserveResult>;
  /**
   * Holds more under the same budgets: one conditional write, none where nothing limits money. The lease is what is held then;
   * undefined: there is no room, or the store cannot say, and what was held before still is.
   */
  raise(request: RaiseRequest): Promise<Lease | undefined>;
  /** Counts one request that spends nothing upstream (route dry run, models, count_tokens) against requests/min. */
  touch(key: KeyRecord, timezone: string): Promise<{ ok: true; counters: Counters } | { ok: false; denial: Denial }>;
  /** Writes the ledger entry (put if absent), then releases the lease and adds the difference. Safe to repeat. */
  settle(lease: Lease, entry: LedgerEntry): Promise<void>;
  /** The last counters this process saw of the key's limiter; undefined before its first write. Never does I/O. */
  peek(key: KeyRecord): Counters | undefined;
  /** Settles, as estimated, every lease of this key's limiter whose owner is foreign (`foreignOwners`) or whose deadline + 60 s has passed. Returns how many. */
  sweep(key: KeyRecord, options: SweepOptions): Promise<number>;
}

/** Accounts that also take what was settled elsewhere first. */
export interface BookingAccounts extends Accounts {
  /**
   * Books an entry whose settlement did not reach the store in its time: the row, and the end of its lease, or its money where it was
   * admitted without one. Safe to repeat.
   */
  book(key: KeyRecord, timezone: string, entry: LedgerEntry, ledgerDays?: number): Promise<void>;
}

/** `owner` = boot id of this process; `random` = uniform in [0, 1). */
export interface AccountsDeps extends World { readonly owner: string }

/** Limiters whose last counters are kept; the oldest are forgotten, which costs them a read at their next use. */
const MAX_LIMITERS = 10_000;

/** The accounts of this process over a store that others share. */
export function openAccounts(deps: AccountsDeps): BookingAccounts {
  const states = new Map<string, LimiterState>();
  const stateOf = (key: KeyRecord, timezone?: string): LimiterState => {
    const limitId = limitIdOf(key);
    let state = states.get(limitId);
    if (state === undefined || state.tenantId !== key.tenantId) {
      state = newState(key, timezone ?? 'UTC');
      if (states.size >= MAX_LIMITERS) dropOldest(states);
      states.set(limitId, state);
    }
    if (timezone !== undefined) state.timezone = timezone;
    return state;
  };
  return {
    reserve: (request) => reserve(deps, stateOf(request.key, request.timezone), request),
    raise: (request) => raise(deps, stateOf(request.lease.key), request),
    touch: (key, timezone) => touch(deps, stateOf(key, timezone), key),
    async settle(lease, entry) {
      await close(deps, stateOf(lease.key), { requestId: lease.requestId, hold: { ...lease, micros: lease.costMicros }, entry, ledgerDays: lease.ledgerDays });
    },
    async book(key, timezone, entry, ledgerDays) {
      const state = stateOf(key, timezone);
      const lease = await lateLease(deps, state, deps.owner, entry);
      if (lease !== undefined) await close(deps, state, { requestId: entry.requestId, hold: lease, entry, ledgerDays });
    },
    peek(key) {
      const state = states.get(limitIdOf(key));
      return typeof state?.image === 'object' ? countersOf(state, key, deps.clock.now()) : undefined;
    },
    sweep: (key, options) => sweep(deps, stateOf(key), options),
  };
}

async function reserve(deps: AccountsDeps, state: LimiterState, request: ReserveRequest): Promise<ReserveResult> {
  const { requestId, key, tokens, deadlineAt, draft, ledgerDays } = request;
  const micros = request.costMicros ?? 0;
  const member = memberOf(state, key);
  let stored = '';
  const admitted: Admitted = await admit(deps, state, {
    member,
    demand: { tokens, micros },
    limits: member.limits,
    ...(request.tenantBudget && { budget: request.tenantBudget }),
    requestId,
    lease: ({ nowMs, slot, calendar: { day, month } }) => (stored = encodeLease({ owner: deps.owner, at: nowMs, deadlineAt, slot, tokens, micros, day, month, draft, ...keyIn(state, key.keyId) })),
  }).catch((error: unknown) => tooLarge(deps, state, error));
  if (!admitted.ok) return { ok: false, denial: denialOf(deps, state, member, admitted.refusal) };
  const held = 'held' in admitted ? admitted.held : { slot: admitted.at.slot, day: admitted.at.calendar.day, month: admitted.at.calendar.month, stored };
  return { ok: true, lease: { requestId, key, tokens, costMicros: micros, slot: held.slot, day: held.day, month: held.month, counters: countersOf(state, key, deps.clock.now()), stored: held.stored ?? stored, ...(ledgerDays !== undefined && { ledgerDays }) } };
}

/** Leases this long (names may be) fill the item before there are as many as a key may have open; below this something else is wrong with it. */
const LEASES_OF_ANY_LENGTH = 100;

/** The refusal of a request whose lease finds no room in the limiter item. Throws the error where that is not what it says. */
function tooLarge(deps: AccountsDeps, { image }: LimiterState, error: unknown): Admitted {
  const isFull = error instanceof StoreError && error.kind === 'invalid' && typeof image === 'object' && image.open >= LEASES_OF_ANY_LENGTH;
  if (!isFull) throw error;
  return { ok: false, refusal: { code: 'concurrency_exceeded', fitsAtMs: deps.clock.now() + 1_000 } };
}

async function raise(deps: AccountsDeps, state: LimiterState, { lease, micros, tenantBudget }: RaiseRequest): Promise<Lease | undefined> {
  const { limits } = memberOf(state, lease.key);
  if (micros <= 0 || (limits.dayMicros === null && limits.monthMicros === null && tenantBudget === undefined)) return lease;
  const held = await raiseHold(deps, state, { requestId: lease.requestId, stored: lease.stored, micros, budget: tenantBudget, limits });
  return held && { ...lease, costMicros: held.micros, counters: countersOf(state, lease.key, deps.clock.now()), stored: held.stored };
}

const NOTHING = { tokens: 0, micros: 0 } as const;

async function touch(deps: AccountsDeps, state: LimiterState, key: KeyRecord): Promise<{ ok: true; counters: Counters } | { ok: false; denial: Denial }> {
  const member = memberOf(state, key);
  const { rpm } = member.limits;
  if (rpm !== null) {
    const limits = { rpm, tpm: null, maxParallel: null, dayMicros: null, monthMicros: null };
    const admitted = await admit(deps, state, { member, demand: NOTHING, limits });
    if (!admitted.ok) return { ok: false, denial: denialOf(deps, state, member, admitted.refusal) };
  }
  return { ok: true, counters: countersOf(state, key, deps.clock.now()) };
}

function denialOf(deps: AccountsDeps, state: LimiterState, { key }: Member, refusal: Refusal): Denial {
  const nowMs = deps.clock.now();
  return {
    code: refusal.code,
    retryAfterSeconds: retryAfterSeconds(refusal.fitsAtMs, nowMs),
    counters: countersOf(state, key, nowMs),
    ...(refusal.affordableMicros !== undefined && { affordableMicros: refusal.affordableMicros }),
    ...(refusal.ofTenant && { ofTenant: true }),
  };
}

interface Closing { readonly requestId: string; readonly hold: Hold; readonly entry: LedgerEntry; readonly ledgerDays: number | undefined }

/**
 * The two writes of a settlement. Whoever wrote the ledger entry first has the last word on what the request took. A row
 * that may be too late for its minute's roll-up is announced before the lease goes, so that a crash in between repeats it.
 */
async function close(deps: AccountsDeps, state: LimiterState, { requestId, hold, entry, ledgerDays }: Closing): Promise<boolean> {
  const { tenantId } = state;
  const written = await deps.store.write([keptLedgerOp(tenantId, entry, ledgerDays)]);
  if (isLate(requestId, deps.clock.now())) await deps.store.write([dirtyOp(tenantId, requestId)]);
  const settled = written.ok || written.current === undefined ? entry : ledgerEntryOf(written.current);
  return release(deps, state, requestId, hold, truthOf(settled));
}

/** Cache reads do not count against tokens/min; an unknown price spends nothing. */
function truthOf({ tokens, costMicros, overheadMicros }: LedgerEntry): Truth {
  return {
    tokens: (tokens.input ?? 0) + (tokens.cacheWrite5m ?? 0) + (tokens.cacheWrite1h ?? 0) + (tokens.output ?? 0),
    micros: (costMicros ?? 0) + overheadMicros,
  };
}

async function sweep(deps: AccountsDeps, state: LimiterState, { foreignOwners, ledgerDays }: SweepOptions): Promise<number> {
  const foreignTo = foreignOwners ? deps.owner : undefined;
  const { answers } = state;
  const item = await deps.store.get(state.at);
  if (item === undefined) return 0;
  adopt(state, item, answers);
  let swept = 0;
  for (const attr of Object.keys(item)) {
    const requestId = requestIdOf(attr);
    const lease = requestId === undefined ? undefined : decodeLease(item[attr]);
    if (requestId === undefined || lease === undefined || !isOrphan(lease, deps.clock.now(), foreignTo)) continue;
    const entry = estimatedEntry(requestId, lease.keyId ?? state.limitId, lease);
    if (await close(deps, state, { requestId, hold: lease, entry, ledgerDays })) swept += 1;
  }
  return swept;
}
