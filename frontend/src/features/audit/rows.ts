import type { UseInfiniteQueryResult } from '@tanstack/react-query';
import { createContext, use } from 'react';
import type { LedgerEntry } from '../../api/types.ts';

/** Rows that the page keeps in the document at most. */
export const MOST_ROWS = 500;

/** Newest first by request id (which begins with the time of arrival), each once: what came later about a request replaces what was there. */
export function mergeRows(...lists: readonly (readonly LedgerEntry[])[]): LedgerEntry[] {
  const byId = new Map<string, LedgerEntry>();
  for (const list of lists) for (const row of list) if (!byId.has(row.requestId)) byId.set(row.requestId, row);
  return [...byId.values()].toSorted((a, b) => (a.requestId < b.requestId ? 1 : -1));
}

/** The ids of the list behind the drawer, in its order. */
export const RowIds = createContext<readonly string[]>([]);
export const useRowIds = (): readonly string[] => use(RowIds);

/** A list read page by page as `QueryView` takes it: with its rows in one piece. */
export const viewOf = <Row>({ error, isFetching, isPlaceholderData, refetch }: Pick<UseInfiniteQueryResult, 'error' | 'isFetching' | 'isPlaceholderData' | 'refetch'>, data: readonly Row[] | undefined) => ({ data, error, isFetching, isPlaceholderData, refetch });
