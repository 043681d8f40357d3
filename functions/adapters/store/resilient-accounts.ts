import type { Clock } from '../../core/clock.ts';
import { calendarDay } from '../../core/limits/calendar.ts';
import type { Log } from '../observe/log.ts';
import type { Accounts, BookingAccounts, Counters, Denial, Lease, RaiseRequest, ReserveRequest, ReserveResult, SweepOptions } from './accounts.ts';
import { getKey, limitIdOf, type KeyRecord } from './keys.ts';
import { estimatedEntry } from './lease.ts';
import { keptLedgerOp } from './ledger.ts';
import { StoreError, type Store } from './port.ts';
import { keptDays } from './retention.ts';
import { markRows } from './rollup-marks.ts';
import type { Spool, Spooled } from './spool.ts';
import { getTenant } from './tenants.ts';

export interface ResilientDeps {
  readonly accounts: BookingAccounts;
  readonly store: Store;
  readonly spool: Spool;
  readonly clock: Clock;
  /** Names this process among those that use the same spool, as in `AccountsDeps`. */
  readonly owner: string;
  readonly log: Log;
  /** Told of each time the store was away. */
  readonly away?: (what: 'admission' | 'settlement') => void;
}

export interface ResilientAccounts extends Accounts {
  /** Writes what waited to the store, if it answers again. Returns how many settlements were made up for. */
  recover(): Promise<number>;
  /** Before the store is closed: writes what waits, or puts it where the next process finds it. Never rejects. */
  close(): Promise<void>;
}

const WINDOW_MS = 60_000;
/** For keys without a limit of requests: what one process lets through while nobody can count for all. */
const LOCAL_RPM = 60;
const RECOVER_AFTER_MS = 1_000;
/** Without requests that would ask for it, what waits is tried again so often. */
const RETRY_MS = 2_000;

const isAway = (error: unknown): boolean => error instanceof StoreError && error.kind === 'unavailable';
const hasBudget = (key: KeyRecord): boolean => key.budgetAction === 'block' && (key.dailyUsd !== null || key.monthlyUsd !== null);

/**
 * Accounts that outlive their store. While it is away, keys with a budget are refused (money is never guessed); others are
 * served up to their requests/min in this process, while the spool has room, and their settlements wait there until the
 * store answers again. So do settlements whose leases are in the store. A request that is admitted without the store has no
 * lease there: the spool takes down that it has begun, so that it is in the ledger even if this process dies before it ends.
 */
export function resilientAccounts(deps: ResilientDeps): ResilientAccounts {
  return new Resilient(deps);
}

class Resilient implements ResilientAccounts {
  readonly #deps: ResilientDeps;
  /** Arrival times of the last minute, by limiter, of requests that were admitted without the store. */
  readonly #admitted = new Map<string, number[]>();
  /** Requests that hold nothing in the store, and the time zones of their tenants. */
  readonly #offline = new Map<string, string>();
  #lastTryMs = 0;
  #recovering: Promise<number> | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(deps: ResilientDeps) {
    this.#deps = deps;
  }

  async reserve(request: ReserveRequest): Promise<ReserveResult> {
    try {
      const result = await this.#deps.accounts.reserve(request);
      if (!this.#deps.spool.isEmpty) this.#soon();
      return result;
    } catch (error) {
      if (!isAway(error)) throw error;
      this.#deps.away?.('admission');
      // A settlement that could not be kept would be lost: then nothing is begun.
      if (hasBudget(request.key) || request.tenantBudget !== undefined || this.#deps.spool.isFull) throw error;
      return this.#withoutStore(request);
    }
  }

  /** Money is never guessed: while the store is away there is none for a further attempt. */
  async raise(request: RaiseRequest): Promise<Lease | undefined> {
    try {
      return await this.#deps.accounts.raise(request);
    } catch (error) {
      if (!isAway(error)) throw error;
      this.#deps.away?.('admission');
      return undefined;
    }
  }

  async settle(lease: Lease, entry: Parameters<Accounts['settle']>[1]): Promise<void> {
    const { tenantId } = lease.key;
    const timezone = this.#offline.get(lease.requestId);
    if (timezone !== undefined) {
      this.#deps.spool.append({ tenantId, entry, timezone });
      this.#offline.delete(lease.requestId);
      this.#soon();
      return;
    }
    try {
      await this.#deps.accounts.settle(lease, entry);
    } catch (error) {
      if (!isAway(error)) throw error;
      this.#deps.away?.('settlement');
      this.#deps.spool.append({ tenantId, entry });
      this.#deps.log.warn('settlement spooled', { requestId: lease.requestId, keyId: lease.key.keyId });
      this.#soon();
    }
  }

  touch(key: KeyRecord, timezone: string): ReturnType<Accounts['touch']> {
    return this.#deps.accounts.touch(key, timezone);
  }

  peek(key: KeyRecord): Counters | undefined {
    return this.#deps.accounts.peek(key);
  }

  sweep(key: KeyRecord, options: SweepOptions): Promise<number> {
    return this.#deps.accounts.sweep(key, options);
  }

  /** One at a time: what two would take is the same. */
  recover(): Promise<number> {
    return (this.#recovering ??= this.#recover().finally(() => { this.#recovering = undefined; }));
  }

  async close(): Promise<void> {
    clearTimeout(this.#retry);
    const { spool, log } = this.#deps;
    await this.recover().catch(() => { /* then it waits for the next process */ });
    const lost = spool.isEmpty ? 0 : spool.persist();
    if (lost > 0) log.error('settlements lost', { count: lost });
  }

  async #recover(): Promise<number> {
    const { spool, log, owner } = this.#deps;
    if (spool.isEmpty) return 0;
    const { records, done } = spool.take();
    const ended = new Set(records.flatMap(({ entry, begunBy }) => (begunBy === undefined ? [entry.requestId] : [])));
    const begun = records.filter(({ begunBy }) => begunBy === owner);
    // What this process has begun it also ends: only what others have begun, and not ended, died with them.
    const due = records.filter(({ entry, begunBy }) => begunBy === undefined || (begunBy !== owner && !ended.has(entry.requestId)));
    let lost = 0;
    for (const record of due) {
      await this.#book(record).catch((error: unknown) => {
        // What the store will never take must not keep everything behind it waiting.
        if (!(error instanceof StoreError && error.kind === 'invalid')) throw error;
        lost += 1;
        log.error('settlement lost', { requestId: record.entry.requestId, keyId: record.entry.keyId });
      });
    }
    done(begun.filter(({ entry }) => this.#offline.has(entry.requestId)));
    const written = due.length - lost;
    if (written > 0) log.info('spool written', { count: written });
    return written;
  }

  async #book({ tenantId, entry, timezone }: Spooled): Promise<void> {
    const { store, accounts } = this.#deps;
    const [key, tenant] = await Promise.all([getKey(store, entry.keyId), getTenant(store, tenantId)]);
    const ledgerDays = keptDays(tenant, 'ledger');
    if (key?.tenantId === tenantId) return accounts.book(key, timezone ?? 'UTC', entry, ledgerDays);
    // Nobody counts for a key that is gone. Put-if-absent: what an earlier try has written stays.
    await store.write([keptLedgerOp(tenantId, entry, ledgerDays)]);
    await markRows(store, tenantId, [entry.requestId]);
  }

  /** One try a second, off the request path. */
  #soon(): void {
    this.#retryLater();
    const nowMs = this.#deps.clock.now();
    if (nowMs >= this.#lastTryMs && nowMs - this.#lastTryMs < RECOVER_AFTER_MS) return;
    this.#lastTryMs = nowMs;
    void this.recover().catch(() => { /* tried again later */ });
  }

  #retryLater(): void {
    if (this.#retry !== undefined) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      if (!this.#deps.spool.isEmpty) this.#soon();
    }, RETRY_MS);
    this.#retry.unref();
  }

  #withoutStore(request: ReserveRequest): ReserveResult {
    const { requestId, key, tokens, costMicros, timezone } = request;
    // By the clock that is never set back.
    const nowMs = this.#deps.clock.elapsed();
    const recent = (this.#admitted.get(limitIdOf(key)) ?? []).filter((at) => at > nowMs - WINDOW_MS);
    const limit = key.rpm ?? LOCAL_RPM;
    const counters: Counters = { requests: { limit, remaining: Math.max(0, limit - recent.length - 1), resetSeconds: 60 }, tokens: null, spendTodayMicros: 0, spendMonthMicros: 0 };
    if (recent.length >= limit) return { ok: false, denial: denied(recent[recent.length - limit] ?? nowMs, nowMs, counters) };
    this.#takeDown(request);
    this.#admitted.set(limitIdOf(key), [...recent, nowMs]);
    this.#offline.set(requestId, timezone);
    this.#deps.log.warn('admitted without the store', { requestId, keyId: key.keyId });
    return { ok: true, lease: { requestId, key, tokens, costMicros: costMicros ?? 0, slot: 0, day: '', month: '', counters } };
  }

  /** Throws `StoreError('unavailable')` where neither this nor the settlement could be kept: then nobody is admitted. */
  #takeDown({ requestId, key: { keyId, tenantId }, tokens, costMicros, deadlineAt, draft, timezone }: ReserveRequest): void {
    const { spool, owner, clock } = this.#deps;
    const at = clock.now();
    const { day, month } = calendarDay(timezone, at);
    const entry = estimatedEntry(requestId, keyId, { owner, at, deadlineAt, slot: 0, tokens, micros: costMicros ?? 0, day, month, draft });
    try {
      spool.begin({ tenantId, entry, timezone, begunBy: owner });
    } catch (error) {
      throw new StoreError('unavailable', 'neither the store nor the spool can be written', { cause: error });
    }
  }
}

function denied(firstAtMs: number, nowMs: number, counters: Counters): Denial {
  return { code: 'rate_limit_exceeded', retryAfterSeconds: Math.max(1, Math.ceil((firstAtMs + WINDOW_MS - nowMs) / 1000)), counters };
}
