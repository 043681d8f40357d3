import type { Log } from '../../adapters/observe/log.ts';
import type { Store } from '../../adapters/store/port.ts';

export interface PlanPorts {
  readonly store: Store;
  /** Epoch ms. */
  readonly now: () => number;
  /** Milliseconds left for this run; it stops between two tenants when fewer than 5 s are left, and the next run goes on. */
  readonly remainingMs: () => number;
  readonly log: Log;
}
