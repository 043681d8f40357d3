import type { Accounts } from '../../adapters/store/accounts.ts';
import { listKeys, oneForEachLimiter, type KeyRecord } from '../../adapters/store/keys.ts';
import type { Log } from '../../adapters/observe/log.ts';
import type { Store } from '../../adapters/store/port.ts';
import { keptDays } from '../../adapters/store/retention.ts';
import { listTenants } from '../../adapters/store/tenants.ts';

const AT_ONCE = 8;

export interface SweepPorts {
  readonly store: Store;
  readonly accounts: Pick<Accounts, 'sweep'>;
  readonly log: Log;
  /** Milliseconds left for this run; it stops between two keys when fewer than 5 s are left, and the next run goes on. */
  readonly remainingMs: () => number;
}

/** `swept` leases were settled as estimated, over the limiters of `keys` keys; `failed` ones could not be looked at. */
export interface SweepResult { readonly keys: number; readonly swept: number; readonly failed: number; readonly complete: boolean }

const LEAST_LEFT_MS = 5_000;

/**
 * Settles, as estimated, every lease whose process died: those past their deadline by more than 60 s. Safe to run twice,
 * late, and several times at once: a lease is released only by the writer that finds it still there. One key that
 * fails does not keep the others waiting.
 */
export async function sweepReservations(ports: SweepPorts): Promise<SweepResult> {
  const queue = keysOf(ports.store);
  let keys = 0;
  let swept = 0;
  let failed = 0;
  let complete = true;
  const work = async (): Promise<void> => {
    for (;;) {
      if (ports.remainingMs() < LEAST_LEFT_MS) {
        complete = false;
        return;
      }
      const { done, value } = await queue.next();
      if (done === true) return;
      const { key, ledgerDays } = value;
      keys += 1;
      try {
        swept += await ports.accounts.sweep(key, { foreignOwners: false, ledgerDays });
      } catch {
        failed += 1;
        ports.log.error('sweep failed', { tenantId: key.tenantId, keyId: key.keyId });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { keys, swept, failed, complete };
}

/** One key for each limiter, revoked and expired ones too: a request may have been running when they ended. */
async function* keysOf(store: Store): AsyncGenerator<{ readonly key: KeyRecord; readonly ledgerDays: number | undefined }, undefined, undefined> {
  for (const tenant of await listTenants(store)) {
    const ledgerDays = keptDays(tenant, 'ledger');
    for (const key of oneForEachLimiter(await listKeys(store, tenant.tenantId))) yield { key, ledgerDays };
  }
  return undefined;
}
