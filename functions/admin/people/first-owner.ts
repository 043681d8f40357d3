import { commitChange } from '../../adapters/store/changes.ts';
import { addMemberOps, hasOwner } from '../../adapters/store/people.ts';
import type { TokenSubject } from '../../adapters/identity/verify-token.ts';
import { keptDays } from '../../adapters/store/retention.ts';
import { getTenant, putTenantOps } from '../../adapters/store/tenants.ts';
import type { AdminPorts, Identity } from '../ports.ts';
import { personIdentity } from './identity.ts';
import { newTenant, STACK_RETENTION } from './new-tenant.ts';

export interface FirstOwner extends Pick<AdminPorts, 'store' | 'now' | 'random' | 'newRequestId'> {
  readonly tenantId: string;
  /** The address that the operator named when deploying. */
  readonly ownerEmail: string;
  /** The verified address behind a token, which itself names none; undefined = none, or not verified. */
  readonly emailOf: (token: string) => Promise<string | undefined>;
}

/**
 * Makes whoever signs in with the operator's address owner of the first tenant, as long as that has no owner: once. The
 * address is asked for only until then. undefined for everybody else.
 */
export async function firstOwner(deps: FirstOwner, subject: TokenSubject, token: string): Promise<Identity | undefined> {
  const { store, tenantId, ownerEmail, emailOf, now, random, newRequestId } = deps;
  if (await hasOwner(store, tenantId)) return undefined;
  const email = await emailOf(token);
  if (email === undefined || email.toLowerCase() !== ownerEmail.toLowerCase()) return undefined;
  const at = new Date(now()).toISOString();
  const owner = { tenantId, userId: subject.sub, name: email, email, role: 'owner' as const, addedAt: at, version: 1 };
  const tenant = await getTenant(store, tenantId);
  const isNew = tenant === undefined;
  const days = keptDays(tenant ?? { retentionDays: STACK_RETENTION }, 'audit');
  const context = { store, tenantId, actor: { userId: subject.sub, name: email, via: 'system' as const }, requestId: newRequestId(), now, random, newId: newRequestId, ...(days !== undefined && { keptDays: days }) };
  const draft = { action: 'tenant.owner_arrived', target: { type: 'member', id: subject.sub, name: email }, before: null, after: { role: 'owner', email } };
  // Of several first requests at once one makes the record; the others find it.
  await commitChange(context, draft, [...addMemberOps(owner), ...(isNew ? putTenantOps(newTenant(tenantId, at, STACK_RETENTION), undefined) : [])]);
  return personIdentity(store, subject);
}
