import type { LedgerEntry } from '../../contract/index.ts';
import type { KeyRecord } from './keys.ts';

/** What a sweeper needs to write an estimated ledger entry for a request whose process died. Kept small: it is stored per open request. */
export interface LeaseDraft {
  readonly dialect: string;
  readonly requestedModel: string;
  readonly model: string;
  readonly upstreamModel: string;
  readonly provider: string;
  readonly policyVersion: number;
  readonly stage: string;
  readonly ruleId: string | null;
  readonly tier: string | null;
  readonly score: number | null;
  readonly reason: string;
  readonly sessionId: string | null;
  readonly inputTokens: number;
  readonly priceVersion: string;
  /** Estimated cost in micro-USD of the input and the reserved output; null = unpriced. */
  readonly costMicros: number | null;
  readonly baselineMicros: number | null;
  readonly source: 'live' | 'demo' | 'dashboard';
}

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
}

/** Counters after a write, for headers and for the next decision. */
export interface Counters {
  /** null = unlimited. Resets are seconds until the window is empty again. */
  readonly requests: { limit: number; remaining: number; resetSeconds: number } | null;
  readonly tokens: { limit: number; remaining: number; resetSeconds: number } | null;
  readonly spendTodayMicros: number;
  readonly spendMonthMicros: number;
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
}

export interface Denial {
  readonly code: 'rate_limit_exceeded' | 'tokens_exceeded' | 'concurrency_exceeded' | 'budget_exceeded';
  readonly retryAfterSeconds: number;
  readonly counters: Counters;
  /** For `budget_exceeded`: micro-USD that still fit. */
  readonly affordableMicros?: number;
}

export type ReserveResult = { readonly ok: true; readonly lease: Lease } | { readonly ok: false; readonly denial: Denial };

/** Reservation → settlement (DECISIONS §2): one conditional write before the first upstream byte, two single-item writes after the last. */
export interface Accounts {
  reserve(request: ReserveRequest): Promise<ReserveResult>;
  /** Counts one request that spends nothing upstream (route dry run, models, count_tokens) against requests/min. */
  touch(key: KeyRecord, timezone: string): Promise<{ ok: true; counters: Counters } | { ok: false; denial: Denial }>;
  /** Writes the ledger entry (put if absent), then releases the lease and adds the difference. Safe to repeat. */
  settle(lease: Lease, entry: LedgerEntry): Promise<void>;
  /** The last counters this process saw for a key; undefined before its first write. Never does I/O. */
  peek(keyId: string): Counters | undefined;
  /** Settles, as estimated, every lease of this key whose owner is foreign (`foreignOwners`) or whose deadline + 60 s has passed. Returns how many. */
  sweep(key: KeyRecord, options: { foreignOwners: boolean }): Promise<number>;
}
