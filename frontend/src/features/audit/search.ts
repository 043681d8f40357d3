import * as z from 'zod/mini';
import { rangeSearch } from '../../app/range.ts';
import { flag, list, oneOf, text, whole } from '../../app/search.ts';

export const auditSearch = z.object({
  ...rangeSearch, tab: oneOf(['requests', 'changes']), model: list(), key: list(), rule: list(), tier: list(), stage: list(), status: list(), requestedModel: list(), minLatencyMs: whole(), minCostMicros: whole(), q: text(), live: flag(), who: text(), action: text(), kind: text(),
});
