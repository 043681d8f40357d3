import { addMemberOps, changeRoleOps, getMember, type MemberRole } from '../../functions/adapters/store/people.ts';
import { OPERATOR } from '../../infra/local/default-tenant.ts';
import { TENANT, type World } from './world.ts';

/** Gives the person who is signed in (and this machine's token, which is the same person) another role, as another owner would; the server goes by it at once. */
export async function setRole(world: World, role: MemberRole): Promise<void> {
  const { store } = world;
  const other = { tenantId: TENANT, userId: 'another-owner', name: 'Another Owner', email: null, role: 'owner', addedAt: new Date().toISOString(), version: 1 } as const;
  if ((await getMember(store, TENANT, other.userId)) === undefined) await store.write(addMemberOps(other));
  const operator = await getMember(store, TENANT, OPERATOR.sub);
  if (operator === undefined) throw new Error('the operator is no member');
  const { ok } = await store.write(changeRoleOps(operator, role));
  if (!ok) throw new Error('the role was not changed');
}
