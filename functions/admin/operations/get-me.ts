import { getTenant } from '../../adapters/store/tenants.ts';
import type { AdminCall } from '../ports.ts';

/** Who the caller is, its role in the tenant at hand, and the tenants it may choose from. */
export async function getMe({ caller, ports }: AdminCall): Promise<object> {
  const tenant = await getTenant(ports.store, caller.tenantId);
  return {
    user: { id: caller.userId, name: caller.name },
    tenantId: caller.tenantId,
    role: caller.role,
    tenants: [{ id: caller.tenantId, name: tenant?.name ?? caller.tenantId, role: caller.role, timezone: tenant?.timezone ?? 'UTC' }],
  };
}
