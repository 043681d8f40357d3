import type { UsageAsk } from '../../api/address.ts';
import type { AnalyticsSearch } from './search.ts';

export const FILTERS = ['model', 'key', 'rule', 'tier', 'stage', 'status'] as const;
export type FilterName = (typeof FILTERS)[number];
export type Filters = { [name in FilterName]?: string[] };

/** The filters of the address; what is not set is left out, so that equal questions have equal query keys. */
export function filtersOf(search: AnalyticsSearch): Filters {
  return Object.fromEntries(FILTERS.flatMap((name) => (search[name] === undefined ? [] : [[name, search[name]]])));
}

export const hasFilters = (search: AnalyticsSearch): boolean => FILTERS.some((name) => search[name] !== undefined);

/** The one question whose answer is the page. */
export const askOf = (search: AnalyticsSearch): UsageAsk => ({ by: search.by ?? 'model', stack: search.stack ?? 'tier', compare: true, ...filtersOf(search) });

/** What the observations look at: by model and tier, whatever the page is cut by. With the page's defaults it is the same question, asked once. */
export const observationAsk = (search: AnalyticsSearch): UsageAsk => ({ by: 'model', stack: 'tier', compare: true, ...filtersOf(search) });
