import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LedgerEntry } from '../../contract/ledger.ts';
import { DIMENSIONS, dimsOf } from '../../core/usage/groups.ts';
import { isError } from '../../core/usage/tally.ts';
import { decodeCursor, encodeCursor } from '../../adapters/store/cursor.ts';
import { getLedgerEntry, queryLedger } from '../../adapters/store/ledger.ts';
import { StoreError, type Store } from '../../adapters/store/port.ts';
import { isUlid, ulidTimeMs } from '../../adapters/store/ulid-time.ts';
import { matcher, type Filters } from './filters.ts';

/** Rows one page may look at; a longer stretch without a hit is continued with the cursor. */
const MAX_LOOKED_AT = 2_500;
const ROWS_PER_TURN = 250;

/** A checked question: `from` and `to` in epoch ms, both inclusive; every filter must hold. */
export interface RequestsQuery extends Filters {
  readonly from: number;
  readonly to: number;
  /** Epoch ms: leaves out what has expired by then. */
  readonly nowMs?: number | undefined;
  readonly requestedModel?: readonly string[] | undefined;
  readonly session?: string | undefined;
  readonly errors?: boolean | undefined;
  /** Upper case: a request id or a part of one. */
  readonly id?: string | undefined;
  readonly minLatencyMs?: number | undefined;
  readonly minCostMicros?: number | undefined;
}

export interface RequestsPage { readonly items: readonly LedgerEntry[]; readonly nextCursor: string | null }

/**
 * Entries newest first, at most `limit`. A page may be short or empty and still have a cursor, as one call looks at a
 * bounded number of rows; null = the end. The sparse index of a session, a key or of errors is read where one is asked
 * for. Throws `StoreError('invalid')` for a cursor of another list.
 */
export async function findRequests(store: Store, tenantId: string, query: RequestsQuery, { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined }): Promise<RequestsPage> {
  const holds = predicate(query);
  if (query.id !== undefined && isUlid(query.id)) {
    const entry = await getLedgerEntry(store, tenantId, query.id, query.nowMs);
    return { items: entry !== undefined && isWithin(entry, query) && holds(entry) ? [entry] : [], nextCursor: null };
  }
  const items: LedgerEntry[] = [];
  let place = placeOf(cursor, query);
  for (let lookedAt = 0; ;) {
    const page = await queryLedger(store, tenantId, {
      from: new Date(query.from).toISOString(), to: new Date(query.to).toISOString(), limit: ROWS_PER_TURN, reverse: true, ...(query.nowMs !== undefined && { nowMs: query.nowMs }), ...indexOf(query), ...place,
    });
    for (const [i, entry] of page.items.entries()) {
      if (!holds(entry)) continue;
      items.push(entry);
      const isLast = i === page.items.length - 1 && page.cursor === undefined;
      if (items.length === limit) return { items, nextCursor: isLast ? null : encodeCursor(['after', entry.requestId]) };
    }
    lookedAt += page.items.length;
    if (page.cursor === undefined) return { items, nextCursor: null };
    if (lookedAt >= MAX_LOOKED_AT || page.items.length < ROWS_PER_TURN) return { items, nextCursor: encodeCursor(['page', page.cursor]) };
    place = { cursor: page.cursor };
    await nextTurn();
  }
}

type Place = { readonly cursor: string } | { readonly after: string } | Record<string, never>;

function placeOf(cursor: string | undefined, { from, to }: RequestsQuery): Place {
  if (cursor === undefined) return {};
  const [kind, position] = decodeCursor(cursor, ['string', 'string']) as [string, string];
  if (kind === 'page') return { cursor: position };
  if (kind !== 'after' || !isUlid(position) || ulidTimeMs(position) < from || ulidTimeMs(position) > to) throw new StoreError('invalid', 'the cursor belongs to another list');
  return { after: position };
}

/** The narrowest sparse index that holds every hit; a later filter may still drop some of it. */
function indexOf({ session, key, errors, status }: RequestsQuery): { sessionId?: string; keyId?: string; errors?: true } {
  if (session !== undefined) return { sessionId: session };
  const [keyId, ...others] = key ?? [];
  if (keyId !== undefined && others.length === 0) return { keyId };
  const isAllErrors = errors === true || (status !== undefined && status.every((wanted) => wanted >= '4'));
  return isAllErrors ? { errors: true } : {};
}

const isWithin = ({ requestId }: LedgerEntry, { from, to }: RequestsQuery): boolean => ulidTimeMs(requestId) >= from && ulidTimeMs(requestId) <= to;

function predicate(query: RequestsQuery): (entry: LedgerEntry) => boolean {
  const tests: ((entry: LedgerEntry) => boolean)[] = [];
  const { requestedModel, session, errors, id, minLatencyMs, minCostMicros } = query;
  if (DIMENSIONS.some((dimension) => query[dimension] !== undefined)) {
    const matches = matcher(query);
    tests.push((entry) => matches(dimsOf(entry)));
  }
  if (requestedModel !== undefined) tests.push((entry) => requestedModel.includes(entry.requestedModel));
  if (session !== undefined) tests.push((entry) => entry.sessionId === session);
  if (errors !== undefined) tests.push((entry) => isError(entry.status) === errors);
  if (id !== undefined) tests.push((entry) => entry.requestId.includes(id));
  if (minLatencyMs !== undefined) tests.push((entry) => entry.latencyMs >= minLatencyMs);
  if (minCostMicros !== undefined) tests.push((entry) => (entry.costMicros ?? -1) >= minCostMicros);
  return (entry) => tests.every((test) => test(entry));
}
