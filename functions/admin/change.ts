import { commitChange, type ChangeDraft, type Committed } from '../adapters/store/changes.ts';
import type { Op } from '../adapters/store/port.ts';
import { doneOp } from '../adapters/store/idempotency.ts';
import { keptDays } from '../adapters/store/retention.ts';
import { getTenant } from '../adapters/store/tenants.ts';
import { AdminError } from './errors.ts';
import type { AdminCall } from './ports.ts';

/** Commits `ops` with their audit event in the caller's name and tells the data plane. `ok: false` = a guard of `ops` failed and nothing was written. Throws a conflict when a repetition has taken the request's idempotency key over. */
export async function change(call: AdminCall, draft: ChangeDraft, ops: readonly Op[]): Promise<Committed> {
  const { caller, ports, requestId, sourceIp, claim } = call;
  const days = keptDays((await getTenant(ports.store, caller.tenantId)) ?? { retentionDays: ports.newTenantRetention }, 'audit');
  const committed = await commitChange({
    store: ports.store, tenantId: caller.tenantId, requestId, now: ports.now, random: ports.random, newId: ports.newRequestId,
    ...(days !== undefined && { keptDays: days }),
    actor: { userId: caller.userId, name: caller.name, via: caller.via, ...(sourceIp !== undefined && { sourceIp }) },
  }, draft, claim === undefined ? ops : [...ops, doneOp(claim, { type: draft.target.type, id: draft.target.id })]);
  if (!committed.ok && committed.index >= ops.length) throw new AdminError('conflict', 'A repetition of this request has taken its place.', { field: 'idempotency-key' });
  if (committed.ok) ports.changed(caller.tenantId);
  return committed;
}
