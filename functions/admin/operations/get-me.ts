import { getTenant } from '../../adapters/store/tenants.ts';
import { meAnswer } from '../../contract/admin/me.ts';
import { operation } from '../operation.ts';

export const getMe = operation(
  { summary: 'Who the caller is, its role in the tenant at hand, and the tenants it may choose from.', answer: meAnswer },
  async ({ caller, ports }) => {
    const tenants = await Promise.all(caller.memberships.map(async ({ tenantId, role }) => {
      const tenant = await getTenant(ports.store, tenantId);
      return { id: tenantId, name: tenant?.name ?? tenantId, role, timezone: tenant?.timezone ?? 'UTC' };
    }));
    const chosen = caller.tenantId !== '';
    return { body: { user: { id: caller.userId, name: caller.name }, tenantId: chosen ? caller.tenantId : null, role: chosen ? caller.role : null, tenants } };
  },
);
