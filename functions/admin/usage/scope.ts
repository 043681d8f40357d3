import type { AdminPorts, Caller } from '../ports.ts';
import type { RefusalScope } from './refusals.ts';

export const scopeOf = ({ tenantId }: Pick<Caller, 'tenantId'>, { operatorTenantId }: Pick<AdminPorts, 'operatorTenantId'>): RefusalScope => ({ tenantId, withUnknown: tenantId === operatorTenantId });
