import type { Store } from '../../functions/adapters/store/port.ts';
import { getTenant, putTenant, type TenantRecord } from '../../functions/adapters/store/tenants.ts';

/** The only tenant of one machine, unless tests or the admin API add more. */
export const DEFAULT_TENANT = 'default';

/** A tenant as it is before anyone changed a setting. `at` is RFC 3339. */
export function newTenant(tenantId: string, at: string): TenantRecord {
  return {
    tenantId, name: tenantId, timezone: 'UTC', unknownNames: 'reject', paused: false, alwaysStrongest: false, corsOrigins: [], createdAt: at, version: 0,
  };
}

/** Creates the default tenant where it is missing: without its row nothing that walks over tenants would find its keys. */
export async function ensureDefaultTenant(store: Store, nowMs: number): Promise<void> {
  if ((await getTenant(store, DEFAULT_TENANT)) === undefined) await putTenant(store, newTenant(DEFAULT_TENANT, new Date(nowMs).toISOString()), undefined);
}
