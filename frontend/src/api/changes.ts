import { infiniteQueryOptions, keepPreviousData } from '@tanstack/react-query';
import type { Query } from './address.ts';
import { get } from './client.ts';
import type { AuditEvent, List } from './types.ts';

/** Audit events, newest first, page by page. */
export const changesQuery = (query: Query = {}) => infiniteQueryOptions({
  queryKey: ['changes', query], queryFn: ({ signal, pageParam }) => get<List<AuditEvent>>('/admin/changes', { ...query, cursor: pageParam }, signal),
  initialPageParam: null as string | null, getNextPageParam: (page) => page.nextCursor, placeholderData: keepPreviousData,
});
