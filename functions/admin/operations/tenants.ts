import { isTimezone } from '../query.ts';
import { addMemberOps } from '../../adapters/store/people.ts';
import { putTenantOps } from '../../adapters/store/tenants.ts';
import { tenantCreate, tenantCreated } from '../../contract/admin/people.ts';
import { change } from '../change.ts';
import { AdminError } from '../errors.ts';
import { operation } from '../operation.ts';
import { newTenant } from '../people/new-tenant.ts';

export const createTenant = operation({ summary: 'Another tenant, with its own models, keys, rules and ledger. The caller becomes its owner.', body: tenantCreate, answer: tenantCreated, status: 201 }, async (call) => {
  const { caller, ports, body: { name, timezone }, nowMs } = call;
  if (caller.isMachine) throw new AdminError('forbidden', 'A machine token belongs to one tenant; a person must make another one.');
  if (!isTimezone(timezone)) throw new AdminError('invalid_request', 'This is not the name of a time zone.', { field: '/timezone' });
  const tenantId = `t_${Buffer.from(ports.randomBytes(8)).toString('hex')}`;
  const at = new Date(nowMs).toISOString();
  const ops = [
    ...putTenantOps({ ...newTenant(tenantId, at, ports.newTenantRetention), name, timezone }, undefined),
    ...addMemberOps({ tenantId, userId: caller.userId, name: caller.name, email: null, role: 'owner', addedAt: at, version: 1 }),
  ];
  const committed = await change({ ...call, caller: { ...caller, tenantId } }, { action: 'tenant.created', target: { type: 'tenant', id: tenantId, name }, before: null, after: { name, timezone, owner: caller.userId } }, ops);
  if (!committed.ok) throw new AdminError('internal_error', 'The tenant could not be made.');
  return { body: { id: tenantId, name, timezone, role: 'owner' as const } };
});
