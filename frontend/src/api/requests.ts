import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { rangeBounds, type RangeSearch } from '../app/range.ts';
import type { Filters } from './address.ts';
import { get } from './client.ts';
import type { LedgerEntry, Refusals, RequestsPage } from './types.ts';

export interface RequestsAsk extends Filters {
  readonly requestedModel?: readonly string[];
  readonly session?: string;
  readonly errors?: boolean;
  readonly id?: string;
  readonly minLatencyMs?: number;
  readonly minCostMicros?: number;
  readonly limit?: number;
}

/** The newest entries. A page may be short and still have more behind it (`nextCursor`). */
export const recentRequestsQuery = (ask: RequestsAsk = {}, refreshMs = 5_000) => queryOptions({
  queryKey: ['requests', 'recent', ask], queryFn: ({ signal }) => get<RequestsPage>('/admin/requests', { limit: 10, ...ask }, signal), placeholderData: keepPreviousData, refetchInterval: refreshMs,
});

/** Newest first, page by page. */
export const requestPagesQuery = (range: RangeSearch, ask: RequestsAsk = {}) => infiniteQueryOptions({
  queryKey: ['requests', 'pages', range, ask],
  queryFn: ({ signal, pageParam }) => {
    const { from, to } = rangeBounds(range, Date.now());
    return get<RequestsPage>('/admin/requests', { from, to, ...ask, cursor: pageParam }, signal);
  },
  initialPageParam: null as string | null, getNextPageParam: (page) => page.nextCursor, placeholderData: keepPreviousData,
});

export const requestQuery = (id: string) => queryOptions({ queryKey: ['requests', 'one', id], queryFn: ({ signal }) => get<LedgerEntry>(`/admin/requests/${encodeURIComponent(id)}`, undefined, signal) });

/** The last requests that were turned away before they were admitted. */
export const refusalsQuery = (range: RangeSearch) => queryOptions({
  queryKey: ['refusals', range],
  queryFn: ({ signal }) => {
    const { from, to } = rangeBounds(range, Date.now());
    return get<Refusals>('/admin/refusals', { from, to }, signal);
  },
  placeholderData: keepPreviousData,
});
