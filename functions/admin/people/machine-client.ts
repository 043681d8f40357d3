import type { Store } from '../../adapters/store/port.ts';
import { hasOwner } from '../../adapters/store/people.ts';
import type { Identity, Role } from '../ports.ts';

/** What a machine may be; only people own a tenant. */
export const MACHINE_ROLES = ['viewer', 'member', 'admin'] as const satisfies readonly Role[];
export type MachineRole = (typeof MACHINE_ROLES)[number];

/** The identity provider's client for programs: all of them are one machine, with one role in one tenant. */
export interface MachineClient {
  readonly clientId: string;
  readonly tenantId: string;
  readonly role: MachineRole;
}

/**
 * Who a program is that got its token as this client. It makes no records and asks nobody: until the tenant has an owner
 * it belongs to none, and is refused as a person without an invitation is.
 */
export async function machineClientIdentity(store: Store, { clientId, tenantId, role }: MachineClient): Promise<Identity> {
  const isOwned = await hasOwner(store, tenantId);
  return { userId: clientId, name: 'machine client', via: 'token', isMachine: true, memberships: isOwned ? [{ tenantId, role }] : [] };
}

/** The role in a setting; throws for any other text, so that a function that is set up wrong does not start. */
export function machineRole(text: string): MachineRole {
  const role = MACHINE_ROLES.find((each) => each === text);
  if (role === undefined) throw new Error(`A machine's role is one of ${MACHINE_ROLES.join(', ')}.`);
  return role;
}
