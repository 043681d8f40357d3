import { listMemberships } from '../../adapters/store/people.ts';
import type { Store } from '../../adapters/store/port.ts';
import type { Identity } from '../ports.ts';

/** A person as our own records know it: tenants and roles by `sub`, whatever a token says besides. */
export async function personIdentity(store: Store, { sub, name }: { readonly sub: string; readonly name: string }): Promise<Identity> {
  return { userId: sub, name, via: 'person', memberships: await listMemberships(store, sub) };
}
