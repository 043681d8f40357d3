import { useSuspenseQuery, queryOptions } from '@tanstack/react-query';
import { get } from './client.ts';
import type { Me, Role } from './types.ts';

export const meQuery = queryOptions({ queryKey: ['me'], queryFn: ({ signal }) => get<Me>('/admin/me', undefined, signal), staleTime: 5 * 60_000 });

const RANK: Readonly<Record<Role, number>> = { viewer: 0, member: 1, admin: 2, owner: 3 };

/** Who is signed in; the shell waits for it, so that pages have it at once. */
export const useMe = (): Me => useSuspenseQuery(meQuery).data;

/** Whether the person's role is at least this one. What is not allowed is left out of the page; the server refuses it anyway. */
export function useMay(needed: Role): boolean {
  const { role } = useMe();
  return role !== null && RANK[role] >= RANK[needed];
}
