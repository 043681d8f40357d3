import { addMemberOps, getMember } from '../../functions/adapters/store/people.ts';
import type { Store } from '../../functions/adapters/store/port.ts';
import { getTenant, putTenant } from '../../functions/adapters/store/tenants.ts';
import { newTenant } from '../../functions/admin/people/new-tenant.ts';

/** The only tenant of one machine, unless tests or the admin API add more. */
export const DEFAULT_TENANT = 'default';

/** Who holds the admin token or the sign-in link of this machine: owner of the default tenant from the start. */
export const OPERATOR = { sub: 'local-operator', name: 'Operator of this machine' } as const;

/** Creates the default tenant where it is missing (without its row nothing that walks over tenants would find its keys), and its owner. */
export async function ensureDefaultTenant(store: Store, nowMs: number): Promise<void> {
  const at = new Date(nowMs).toISOString();
  if ((await getTenant(store, DEFAULT_TENANT)) === undefined) await putTenant(store, newTenant(DEFAULT_TENANT, at), undefined);
  if ((await getMember(store, DEFAULT_TENANT, OPERATOR.sub)) !== undefined) return;
  await store.write(addMemberOps({ tenantId: DEFAULT_TENANT, userId: OPERATOR.sub, name: OPERATOR.name, email: null, role: 'owner', addedAt: at, version: 1 }));
}
