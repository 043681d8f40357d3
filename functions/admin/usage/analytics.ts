import type { Store } from '../../adapters/store/port.ts';
import { runReplay, type ReplayAnswer, type ReplayRequest } from '../routing/run-replay.ts';
import { findRequests, type RequestsPage, type RequestsQuery } from './find-requests.ts';
import { readUsage, type UsageReport, type UsageRequest } from './read-usage.ts';

/** What reads much. Answers are plain data, so that another thread may give them. */
export interface Analytics {
  usage(tenantId: string, request: UsageRequest): Promise<UsageReport>;
  /** Throws `StoreError('invalid')` for a cursor of another list. */
  requests(tenantId: string, query: RequestsQuery, page: { readonly limit: number; readonly cursor?: string | undefined }): Promise<RequestsPage>;
  /** Looks at up to 100,000 requests. */
  replay(tenantId: string, request: ReplayRequest): Promise<ReplayAnswer>;
}

/** On this thread. */
export const analyticsOf = (store: Store): Analytics => ({
  usage: (tenantId, request) => readUsage(store, tenantId, request),
  requests: (tenantId, query, page) => findRequests(store, tenantId, query, page),
  replay: (tenantId, request) => runReplay(store, tenantId, request),
});
