import { queryOptions } from '@tanstack/react-query';
import { get } from './client.ts';
import type { SetupAnswer } from './types.ts';

const WAITING_MS = 2_000;
const SETTLED_MS = 60_000;

/** Until the first request came it is asked again every 2 s, while the page can be seen. */
export const setupQuery = queryOptions({
  queryKey: ['setup'], queryFn: ({ signal }) => get<SetupAnswer>('/admin/setup', undefined, signal), staleTime: 1_000,
  refetchInterval: ({ state: { data } }) => (data?.firstRequestAt === null ? WAITING_MS : SETTLED_MS),
});
