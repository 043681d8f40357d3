import { listMemberships } from '../../adapters/store/people.ts';
import type { Store } from '../../adapters/store/port.ts';
import type { Identity } from '../ports.ts';

/** A person as our own records know it: tenants, roles and name by `sub`, whatever a token says besides. */
export async function personIdentity(store: Store, { sub, name }: { readonly sub: string; readonly name: string }): Promise<Identity> {
  const memberships = await listMemberships(store, sub);
  return { userId: sub, name: memberships[0]?.name ?? name, via: 'person', memberships: memberships.map(({ tenantId, role }) => ({ tenantId, role })) };
}
