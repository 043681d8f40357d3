import type { Log } from '../../adapters/observe/log.ts';
import type { Store } from '../../adapters/store/port.ts';

export interface RollUpPorts {
  readonly store: Store;
  /** Epoch ms. */
  readonly now: () => number;
  /** Milliseconds left for this run; it stops between two buckets when fewer than 5 s are left, and the next run goes on. */
  readonly remainingMs: () => number;
  /** Lets other work of the thread go on; awaited between pages of rows. */
  readonly pause: () => Promise<unknown>;
  readonly log: Log;
}
