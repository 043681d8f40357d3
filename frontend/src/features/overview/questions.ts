import { queryClient } from '../../api/query-client.ts';
import { recentRequestsQuery } from '../../api/requests.ts';
import { setupQuery } from '../../api/setup.ts';
import { usageQuery } from '../../api/usage.ts';
import type { RangeSearch } from '../../app/range.ts';
import { FIGURES, RECENT } from './asks.ts';

export const overviewUsageQuery = (range: RangeSearch) => usageQuery(range, FIGURES);

/** Asks what the page will ask, before there is a page. */
export function prefetchOverview(range: RangeSearch): void {
  void queryClient.prefetchQuery(setupQuery);
  void queryClient.prefetchQuery(overviewUsageQuery(range));
  void queryClient.prefetchQuery(recentRequestsQuery(RECENT));
}
