import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { rangeBounds, type RangeSearch } from '../app/range.ts';
import { get } from './client.ts';
import type { UsageAnswer } from './types.ts';

/** What `GET /admin/usage` filters and cuts by; lists are any-of. */
export interface UsageAsk {
  readonly by?: 'model' | 'key' | 'rule' | 'tier' | 'stage' | 'status' | 'user' | 'tag';
  /** Also the series, cut by one dimension. */
  readonly stack?: 'model' | 'key' | 'rule' | 'tier' | 'stage' | 'status';
  /** Also the totals of the period of equal length before. */
  readonly compare?: boolean;
  readonly bucket?: 'minute' | 'quarter' | 'hour' | 'day';
  readonly model?: readonly string[];
  readonly key?: readonly string[];
  readonly rule?: readonly string[];
  readonly tier?: readonly string[];
  readonly stage?: readonly string[];
  readonly status?: readonly string[];
}

const REFRESH_MS = 60_000;

/** Relative ranges end now, whenever they are asked again; the answer says which interval it is about. */
export const usageQuery = (range: RangeSearch, ask: UsageAsk = {}) => queryOptions({
  queryKey: ['usage', range, ask],
  queryFn: ({ signal }) => {
    const { compare, ...rest } = ask;
    return get<UsageAnswer>('/admin/usage', { ...rangeBounds(range, Date.now()), ...rest, ...(compare === true && { compare: 'previous' }) }, signal);
  },
  placeholderData: keepPreviousData, refetchInterval: REFRESH_MS,
});
