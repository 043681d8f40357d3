import type { Log } from '../../adapters/observe/log.ts';
import type { Store } from '../../adapters/store/port.ts';
import { listTenants } from '../../adapters/store/tenants.ts';
import { archiveAudit, type AuditArchivePort } from './archive.ts';

export interface ArchivePorts {
  readonly store: Store;
  readonly archive: AuditArchivePort;
  readonly log: Log;
  /** Milliseconds left for this run; it stops between two objects when fewer than 10 s are left, and the next run goes on. */
  readonly remainingMs: () => number;
}

/** `archived` events were copied; `failed` tenants could not be; `broken` tenants have a chain that does not hold. */
export interface ArchiveResult { readonly tenants: number; readonly archived: number; readonly failed: number; readonly broken: number; readonly complete: boolean }

/**
 * Archives what is new of every tenant. Safe to run twice, late, and several times at once: an object that is there is
 * left as it is, and the note of what is archived moves by condition. A tenant that fails keeps no other waiting.
 */
export async function archiveAll({ store, archive, log, remainingMs }: ArchivePorts): Promise<ArchiveResult> {
  const tenants = await listTenants(store);
  let [archived, failed, broken, complete] = [0, 0, 0, true];
  for (const { tenantId } of tenants) {
    try {
      const result = await archiveAudit(store, archive, tenantId, remainingMs);
      archived += result.archived;
      if (result.broken !== undefined) {
        broken += 1;
        log.error('audit chain broken', { tenantId, kind: result.broken.fault, count: result.broken.seq });
      } else if (!result.complete) complete = false;
    } catch {
      failed += 1;
      log.error('audit not archived', { tenantId });
    }
  }
  return { tenants: tenants.length, archived, failed, broken, complete };
}
