import { infiniteQueryOptions, keepPreviousData, queryOptions, useMutation } from '@tanstack/react-query';
import { ask, get } from './client.ts';
import { refresh } from './query-client.ts';
import type { Evidence, ExplainAnswer, List, ReplayAnswer, RoutingAnswer, RoutingCheck, RoutingDocument, RoutingPut, RoutingVersion, RoutingVersionInfo } from './types.ts';

const changed = (): Promise<unknown> => refresh('routing', 'setup');

export const routingQuery = queryOptions({ queryKey: ['routing', 'live'], queryFn: ({ signal }) => get<RoutingAnswer>('/admin/routing', undefined, signal) });
export const routingVersionsQuery = queryOptions({ queryKey: ['routing', 'versions'], queryFn: ({ signal }) => get<List<RoutingVersionInfo>>('/admin/routing/versions', undefined, signal) });
/** Newest first, page by page. */
export const routingVersionPagesQuery = infiniteQueryOptions({
  queryKey: ['routing', 'version-pages'], queryFn: ({ signal, pageParam }) => get<List<RoutingVersionInfo>>('/admin/routing/versions', { cursor: pageParam }, signal),
  initialPageParam: null as string | null, getNextPageParam: (page) => page.nextCursor,
});
export const routingVersionQuery = (version: number) => queryOptions({ queryKey: ['routing', 'version', version], queryFn: ({ signal }) => get<RoutingVersion>(`/admin/routing/versions/${version}`, undefined, signal), staleTime: Infinity });
/** What would keep a draft from being saved, and what is probably not meant so. */
export const routingCheckQuery = (document: RoutingDocument) => queryOptions({ queryKey: ['routing-check', document], queryFn: async ({ signal }) => (await ask<RoutingCheck>('POST', '/admin/routing/check', { body: document, signal })).data, placeholderData: keepPreviousData, gcTime: 60_000 });
export const evidenceQuery = queryOptions({ queryKey: ['evidence'], queryFn: ({ signal }) => get<List<Evidence>>('/admin/evidence', undefined, signal) });

/** Saves the whole document over the version that was read; an `ApiError` with `version_conflict` carries both in `details`. */
export const useSaveRouting = () => useMutation({ mutationFn: ({ version, body }: { version: number; body: RoutingPut }) => ask<RoutingAnswer>('PUT', '/admin/routing', { body, ifMatch: version }), onSuccess: changed });
export const useRestoreRouting = () => useMutation({ mutationFn: ({ version, idempotencyKey }: { version: number; idempotencyKey: string }) => ask<RoutingAnswer>('POST', '/admin/routing/rollback', { body: { version }, idempotencyKey }), onSuccess: changed });

export interface Explain { readonly request: Record<string, unknown>; readonly dialect?: 'openai-chat' | 'openai-responses' | 'anthropic-messages'; readonly keyId?: string; readonly draft?: RoutingDocument }
export const useExplain = () => useMutation({ mutationFn: (body: Explain) => ask<ExplainAnswer>('POST', '/admin/route/explain', { body }) });
/** `what-if`: at most the last requests of a period, decided again under a draft that is not saved. */
export const useWhatIf = () => useMutation({ mutationFn: (body: { draft: RoutingDocument; from: string; to: string }) => ask<ReplayAnswer>('POST', '/admin/routing/what-if', { body }) });
export const useReplay = () => useMutation({ mutationFn: (body: { draft: RoutingDocument; from: string; to: string }) => ask<ReplayAnswer>('POST', '/admin/replay', { body }) });
