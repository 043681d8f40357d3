import type { TenantRecord } from '../../adapters/store/tenants.ts';

/** What a tenant of the stack forgets, in days, before anyone changed a setting. On one machine nothing is forgotten. */
export const STACK_RETENTION = { ledger: 90, rollups: 400, audit: 400 } as const;

/** A tenant as it is before anyone changed a setting. `at` is RFC 3339; no `retentionDays` = nothing is forgotten. */
export function newTenant(tenantId: string, at: string, retentionDays?: TenantRecord['retentionDays']): TenantRecord {
  return {
    ...(retentionDays && { retentionDays }),
    tenantId, name: tenantId, timezone: 'UTC', unknownNames: 'reject', paused: false, alwaysStrongest: false, corsOrigins: [], createdAt: at, version: 0,
  };
}
