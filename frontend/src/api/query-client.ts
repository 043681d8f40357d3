import { QueryClient } from '@tanstack/react-query';
import { isPassing } from './errors.ts';

/** Old data stays while new data loads (`placeholderData` of each list); what failed for a passing reason is asked once more. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 10_000, gcTime: 10 * 60_000, retry: (failures, error) => failures < 1 && isPassing(error), retryDelay: 800, refetchOnWindowFocus: true, networkMode: 'always' },
    mutations: { retry: false, networkMode: 'always' },
  },
});

/** After a change: everything that may show it is asked again. First names of query keys. */
export const refresh = (...resources: readonly string[]): Promise<unknown> => Promise.all(resources.map((resource) => queryClient.invalidateQueries({ queryKey: [resource] })));
