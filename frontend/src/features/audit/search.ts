import * as z from 'zod/mini';
import { rangeSearch } from '../../app/range-search.ts';
import { flag, list, oneOf, text, whole } from '../../app/search.ts';
import { filterSearch } from '../analytics/search.ts';

/** `event` = the change whose details are open. */
export const auditSearch = z.object({
  ...rangeSearch, tab: oneOf(['requests', 'changes']), ...filterSearch, requestedModel: list(), minLatencyMs: whole(), minCostMicros: whole(), q: text(), live: flag(), who: text(), action: text(), kind: text(), event: text(),
});
export type AuditSearch = z.infer<typeof auditSearch>;
