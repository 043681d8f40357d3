import type { Clock } from '../../core/clock.ts';
import type { Log } from '../observe/log.ts';
import type { Accounts, Counters, Denial, Lease, ReserveRequest, ReserveResult } from './accounts.ts';
import type { KeyRecord } from './keys.ts';
import { ledgerOp } from './ledger.ts';
import { StoreError, type Store } from './port.ts';
import { markRows } from './rollup-marks.ts';
import type { Spool } from './spool.ts';

export interface ResilientDeps {
  readonly accounts: Accounts;
  readonly store: Store;
  readonly spool: Spool;
  readonly clock: Clock;
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
 * store answers again.
 * A settlement whose lease is in the store waits there too: the entry is written, the lease is left to the sweep.
 */
export function resilientAccounts(deps: ResilientDeps): ResilientAccounts {
  return new Resilient(deps);
}

class Resilient implements ResilientAccounts {
  readonly #deps: ResilientDeps;
  /** Arrival times of the last minute, by key, of requests that were admitted without the store. */
  readonly #admitted = new Map<string, number[]>();
  /** Requests that hold nothing in the store. */
  readonly #offline = new Set<string>();
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

  async settle(lease: Lease, entry: Parameters<Accounts['settle']>[1]): Promise<void> {
    const { tenantId } = lease.key;
    if (this.#offline.has(lease.requestId)) {
      this.#deps.spool.append({ tenantId, entry });
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

  peek(keyId: string): Counters | undefined {
    return this.#deps.accounts.peek(keyId);
  }

  sweep(key: KeyRecord, options: { foreignOwners: boolean }): Promise<number> {
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
    const { spool, store, log } = this.#deps;
    let written = 0;
    // More than one batch where one was being written when its process ended, or more came meanwhile.
    while (!spool.isEmpty) {
      const { records, done } = spool.take();
      for (const { tenantId, entry } of records) {
        // Put-if-absent: what a sweep or an earlier try has written stays.
        await store.write([ledgerOp(tenantId, entry)]);
        await markRows(store, tenantId, [entry.requestId]);
      }
      done();
      written += records.length;
    }
    if (written > 0) log.info('spool written', { count: written });
    return written;
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

  #withoutStore({ requestId, key, tokens, costMicros }: ReserveRequest): ReserveResult {
    // By the clock that is never set back.
    const nowMs = this.#deps.clock.elapsed();
    const recent = (this.#admitted.get(key.keyId) ?? []).filter((at) => at > nowMs - WINDOW_MS);
    const limit = key.rpm ?? LOCAL_RPM;
    const counters: Counters = { requests: { limit, remaining: Math.max(0, limit - recent.length - 1), resetSeconds: 60 }, tokens: null, spendTodayMicros: 0, spendMonthMicros: 0 };
    if (recent.length >= limit) return { ok: false, denial: denied(recent[recent.length - limit] ?? nowMs, nowMs, counters) };
    this.#admitted.set(key.keyId, [...recent, nowMs]);
    this.#offline.add(requestId);
    this.#deps.log.warn('admitted without the store', { requestId, keyId: key.keyId });
    return { ok: true, lease: { requestId, key, tokens, costMicros: costMicros ?? 0, slot: 0, day: '', month: '', counters } };
  }
}

function denied(firstAtMs: number, nowMs: number, counters: Counters): Denial {
  return { code: 'rate_limit_exceeded', retryAfterSeconds: Math.max(1, Math.ceil((firstAtMs + WINDOW_MS - nowMs) / 1000)), counters };
}
