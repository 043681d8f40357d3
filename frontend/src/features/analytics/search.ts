import * as z from 'zod/mini';
import { rangeSearch } from '../../app/range-search.ts';
import { lenient, list, oneOf, text } from '../../app/search.ts';

export const GROUPS = ['model', 'key', 'rule', 'tier', 'stage', 'status', 'user', 'tag'] as const;
export type Group = (typeof GROUPS)[number];
export const STACKS = ['tier', 'model', 'key', 'stage', 'status', 'rule'] as const;

/** A list of which only what the API knows as such is kept. */
const listLike = (item: RegExp) => lenient(z.pipe(list(), z.transform((values: string[] | undefined) => {
  const good = values?.filter((value) => item.test(value));
  return good === undefined || good.length === 0 ? undefined : good;
})));

/** What usage and requests are filtered by. */
export const filterSearch = {
  model: list(), rule: list(), key: listLike(/^[0-9A-Za-z]{12}$/), tier: listLike(/^(simple|moderate|complex|none)$/), stage: listLike(/^(passthrough|alias|pattern|auto|none)$/), status: listLike(/^[1-5](xx|\d\d)$/),
};

/** `stack` = what the chart of requests is cut by; `time` = whole answer or first token. */
export const analyticsSearch = z.object({
  ...rangeSearch, ...filterSearch, by: oneOf(GROUPS), sort: text(), dir: oneOf(['asc', 'desc']), stack: oneOf(STACKS), time: oneOf(['total', 'first']),
});
export type AnalyticsSearch = z.infer<typeof analyticsSearch>;
