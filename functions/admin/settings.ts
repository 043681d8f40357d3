import type { Settings } from '../contract/admin/settings.ts';
import type { TenantRecord } from '../adapters/store/tenants.ts';

/** Retention where the tenant has not chosen: for ever. A tenant of the stack is created with `STACK_RETENTION`. */
const FOR_EVER = { ledger: null, rollups: null, audit: null };

/** A tenant's settings, each with its default where the record is older than the setting. */
export function settingsOf(tenant: TenantRecord | undefined): Settings {
  return {
    timezone: tenant?.timezone ?? 'UTC',
    unknownNames: tenant?.unknownNames ?? 'reject',
    corsOrigins: [...(tenant?.corsOrigins ?? [])],
    dailyUsd: tenant?.dailyUsd ?? null,
    monthlyUsd: tenant?.monthlyUsd ?? null,
    budgetAction: tenant?.budgetAction ?? 'block',
    maxParallel: tenant?.maxParallel ?? null,
    retentionDays: { ...FOR_EVER, ...tenant?.retentionDays },
    paused: tenant?.paused ?? false,
    alwaysStrongest: tenant?.alwaysStrongest ?? false,
  };
}
