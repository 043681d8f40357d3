import { useSuspenseQuery, queryOptions } from '@tanstack/react-query';
import { ownClaims } from '../auth/id-token.ts';
import { forgetMember, rememberMember } from '../auth/last-member.ts';
import { get } from './client.ts';
import { ApiError } from './errors.ts';
import { currentTenant } from './tenant.ts';
import type { Me, Role } from './types.ts';

export const meQuery = queryOptions({ queryKey: ['me'], queryFn: ({ signal }) => askMe(signal), staleTime: 5 * 60_000 });

async function askMe(signal: AbortSignal): Promise<Me> {
  const tenant = currentTenant();
  try {
    const me = await get<Me>('/admin/me', undefined, signal);
    if (me.tenantId === null) forgetMember();
    else rememberMember(tenant);
    return me;
  } catch (error) {
    if (error instanceof ApiError && (error.status === 403 || error.status === 404)) forgetMember();
    throw error;
  }
}

const RANK: Readonly<Record<Role, number>> = { viewer: 0, member: 1, admin: 2, owner: 3 };

/** Who is signed in; the shell waits for it, so that pages have it at once. */
export const useMe = (): Me => useSuspenseQuery(meQuery).data;

/** What people call the account they signed in with. The API knows members by name, but of others only the user pool's name for them, which may be a number. */
export function useSignedInAs(): string {
  const { user, tenants } = useMe();
  const { email } = ownClaims();
  return tenants.length === 0 && typeof email === 'string' ? email : user.name;
}

/** Whether the person's role is at least this one. What is not allowed is left out of the page; the server refuses it anyway. */
export function useMay(needed: Role): boolean {
  const { role } = useMe();
  return role !== null && RANK[role] >= RANK[needed];
}
