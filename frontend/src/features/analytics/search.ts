import * as z from 'zod/mini';
import { rangeSearch } from '../../app/range.ts';
import { list, oneOf, text } from '../../app/search.ts';

export const GROUPS = ['model', 'key', 'rule', 'tier', 'stage', 'status', 'user', 'tag'] as const;
export type Group = (typeof GROUPS)[number];
export const STACKS = ['tier', 'model', 'key', 'stage', 'status', 'rule'] as const;

/** `stack` = what the chart of requests is cut by; `time` = whole answer or first token. */
export const analyticsSearch = z.object({
  ...rangeSearch, model: list(), key: list(), rule: list(), tier: list(), stage: list(), status: list(), by: oneOf(GROUPS), sort: text(), dir: oneOf(['asc', 'desc']), stack: oneOf(STACKS), time: oneOf(['total', 'first']),
});
export type AnalyticsSearch = z.infer<typeof analyticsSearch>;
