import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { RangeSearch } from '../app/range.ts';
import { usageAddress, type UsageAsk } from './address.ts';
import { get } from './client.ts';
import { asAskedEarly } from './early.ts';
import type { UsageAnswer } from './types.ts';

const REFRESH_MS = 60_000;

/** Relative ranges end now, whenever they are asked again; the answer says which interval it is about. */
export const usageQuery = (range: RangeSearch, ask: UsageAsk = {}) => queryOptions({
  queryKey: ['usage', range, ask],
  queryFn: ({ signal }) => get<UsageAnswer>(asAskedEarly((nowMs) => usageAddress(range, ask, nowMs)), undefined, signal),
  placeholderData: keepPreviousData, refetchInterval: REFRESH_MS,
});
