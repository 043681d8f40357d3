import type { TenantRecord } from '../../adapters/store/tenants.ts';

/** A tenant as it is before anyone changed a setting. `at` is RFC 3339. */
export function newTenant(tenantId: string, at: string): TenantRecord {
  return {
    tenantId, name: tenantId, timezone: 'UTC', unknownNames: 'reject', paused: false, alwaysStrongest: false, corsOrigins: [], createdAt: at, version: 0,
  };
}
