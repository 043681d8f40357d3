import type { SqliteStore } from '../../functions/adapters/store/sqlite.ts';

/** Expired items of each table removed at once, few enough for a short transaction. */
export const SWEPT_AT_ONCE = 100;
/** A run ends after so long; the next one, a minute later, goes on. */
const LONGEST_MS = 5_000;

export interface Sweeping {
  readonly store: Pick<SqliteStore, 'sweepExpired'>;
  /** Epoch seconds: what expired then or before is removed. */
  readonly nowSeconds: number;
  /** Milliseconds of a clock that is never set back. */
  readonly elapsed: () => number;
  readonly isStopping: () => boolean;
  /** Lets the other work of the thread, and those who wait to write, go on; awaited between two transactions. */
  readonly pause: () => Promise<unknown>;
}

/**
 * Removes what has expired, a small transaction at a time, until less than one batch was left, 5 s have passed or the
 * thread is to stop. Returns how many items were removed.
 */
export async function sweepAll({ store, nowSeconds, elapsed, isStopping, pause }: Sweeping): Promise<number> {
  const startedAt = elapsed();
  for (let swept = 0; ;) {
    const removed = await store.sweepExpired(nowSeconds, SWEPT_AT_ONCE);
    swept += removed;
    // Fewer than a batch in all: no table has more than that left.
    if (removed < SWEPT_AT_ONCE || elapsed() - startedAt >= LONGEST_MS || isStopping()) return swept;
    await pause();
  }
}
