import { keptDays } from '../../adapters/store/retention.ts';
import { listTenants } from '../../adapters/store/tenants.ts';
import { rollUpDays } from './days.ts';
import { rollUpDirty } from './dirty.ts';
import { rollUpForward } from './forward.ts';
import type { RollUpPorts } from './ports.ts';

/** `written` buckets were new or had changed; `failed` tenants could not be rolled up; not `complete` = a part was left for the next run. */
export interface RollUpResult { readonly tenants: number; readonly written: number; readonly failed: number; readonly complete: boolean }

/**
 * Brings the roll-ups of all tenants up to about a minute ago. Every bucket is recomputed from what it is made of and
 * stored as an absolute value under optimistic locking, so running this twice, late or several times at once changes
 * nothing, and a run that dies is continued by the next one. One tenant that fails does not keep the others waiting.
 */
export async function rollUp(ports: RollUpPorts): Promise<RollUpResult> {
  const tenants = await listTenants(ports.store);
  let written = 0;
  let failed = 0;
  let complete = true;
  for (const record of tenants) {
    const { tenantId } = record;
    try {
      const result = await rollUpTenant(ports, tenantId, record.timezone, keptDays(record, 'rollups'));
      written += result.written;
      complete &&= result.complete;
    } catch {
      failed += 1;
      ports.log.error('roll-up failed', { tenantId });
    }
  }
  return { tenants: tenants.length, written, failed, complete };
}

/** The same for one tenant, whose days are those of its time zone and whose roll-ups may be forgotten after `rollupDays`; absent = never. */
export async function rollUpTenant(ports: RollUpPorts, tenantId: string, timezone: string, rollupDays?: number): Promise<{ written: number; complete: boolean }> {
  const tenant = { ...ports, tenantId, timezone, rollupDays };
  const dirty = await rollUpDirty(tenant);
  const forward = await rollUpForward(tenant);
  const days = await rollUpDays(tenant);
  return { written: dirty.written + forward.written + days.written, complete: dirty.complete && forward.complete && days.complete };
}
