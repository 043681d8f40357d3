import type { LedgerEntry, LedgerFeedback } from '../../contract/ledger.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { fromItem, partition, toItem } from './entity.ts';
import { forgottenAt, isForgotten } from './retention.ts';
import { StoreError, type Item, type Key, type Op, type Query, type Store } from './port.ts';
import { isUlid, ulidBounds, ulidTimeMs } from './ulid-time.ts';

/** Partitions of one tenant and day. Raising it needs a merge of that many partitions in `queryLedger`. */
const SHARDS = 1;
/** Store reads of one `queryLedger` call; a longer empty stretch is continued with the cursor. */
const MAX_READS = 40;
const MAX_DAYS = 3_660;

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const monthOf = (ms: number): string => new Date(ms).toISOString().slice(0, 7);

/** FNV-1a, 32 bit (draft-eastlake-fnv), modulo the number of partitions. */
function shardOf(requestId: string): number {
  if (SHARDS === 1) return 0;
  let hash = 0x811c9dc5;
  for (let i = 0; i < requestId.length; i += 1) hash = Math.imul(hash ^ requestId.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % SHARDS;
}

/** The id alone gives the key: the day (UTC) is the ULID's. */
const keyOf = (tenantId: string, requestId: string, day: string): Key =>
  ({ table: 'usage', pk: partition('L', tenantId, day, String(shardOf(requestId))), sk: requestId });

/**
 * The put-if-absent of an entry, with its places in the sparse indexes: i1 = key by month, i2 = session, i3 = errors by
 * month (status ≥ 400 or an error code). `expiresAtSeconds` (epoch) is when the store may forget it; absent = never.
 * Throws `StoreError('invalid')` when the request id is not a ULID.
 */
export function ledgerOp(tenantId: string, entry: LedgerEntry, expiresAtSeconds?: number): Op {
  const { requestId } = entry;
  if (!isUlid(requestId)) throw new StoreError('invalid', 'a request id is a ULID');
  const day = dayOf(ulidTimeMs(requestId));
  const month = day.slice(0, 7);
  const item: Item = { ...toItem(entry), i1p: partition('LK', tenantId, entry.keyId, month), i1s: requestId };
  if (entry.sessionId !== null) {
    item['i2p'] = partition('LS', tenantId, entry.sessionId);
    item['i2s'] = requestId;
  }
  if (entry.status >= 400 || entry.errorCode !== undefined) {
    item['i3p'] = partition('LE', tenantId, month);
    item['i3s'] = requestId;
  }
  if (expiresAtSeconds !== undefined) item['expiresAt'] = expiresAtSeconds;
  return { put: keyOf(tenantId, requestId, day), item, guards: [{ absent: true }] };
}

/** The same, to be forgotten so many days after the request arrived; undefined = never. */
export const keptLedgerOp = (tenantId: string, entry: LedgerEntry, days: number | undefined): Op => ledgerOp(tenantId, entry, isUlid(entry.requestId) ? forgottenAt(ulidTimeMs(entry.requestId), days) : undefined);

/** The entry of a stored ledger item, as `get`, `query` or a failed `ledgerOp` return it. */
export function ledgerEntryOf(item: Item): LedgerEntry {
  const { i1p: _1, i1s: _2, i2p: _3, i2s: _4, i3p: _5, i3s: _6, expiresAt: _7, ...entry } = item;
  return fromItem<LedgerEntry>(entry);
}

/** Puts the latest rating on a stored entry. */
export const rateLedgerOp = (tenantId: string, requestId: string, feedback: LedgerFeedback): Op =>
  ({ update: keyOf(tenantId, requestId, dayOf(ulidTimeMs(requestId))), set: { feedback: toItem(feedback) as Item }, guards: [{ present: true }] });

/**
 * Takes out of a stored entry what tells of a person, in place: what the store may forget of it when stays as it was.
 * undefined when there is nothing left to take.
 */
export function eraseLedgerOp(tenantId: string, entry: LedgerEntry): Op | undefined {
  const { requestId, decision } = entry;
  const isBare = entry.clientRequestId === undefined && entry.user === undefined && entry.tag === undefined && entry.sessionId === null && entry.features === null && entry.feedback?.hasComment !== true
    && (decision === null || (decision.session === null && decision.template === null && decision.contributions.length === 0));
  if (isBare) return undefined;
  const set: Item = { sessionId: null, features: null, decision: decision === null ? null : (toItem({ ...decision, session: null, template: null, contributions: [] }) as Item) };
  if (entry.feedback !== undefined) set['feedback'] = toItem({ ...entry.feedback, hasComment: false }) as Item;
  return { update: keyOf(tenantId, requestId, dayOf(ulidTimeMs(requestId))), set, remove: ['clientRequestId', 'user', 'tag', 'i2p', 'i2s'], guards: [{ present: true }] };
}

/** undefined for an id of another tenant, an unknown one, a text that is no ULID, or where `nowMs` is given an entry that has expired by then. */
export async function getLedgerEntry(store: Store, tenantId: string, requestId: string, nowMs?: number): Promise<LedgerEntry | undefined> {
  if (!isUlid(requestId)) return undefined;
  const item = await store.get(keyOf(tenantId, requestId, dayOf(ulidTimeMs(requestId))));
  return item === undefined || isForgotten(item, nowMs) ? undefined : ledgerEntryOf(item);
}

export interface LedgerQuery {
  /** RFC 3339, both inclusive; they select by the time in the request id. */
  readonly from: string;
  readonly to: string;
  readonly limit: number;
  readonly cursor?: string;
  /** At most one of these three: rows of a key, of a session, or with an error. */
  readonly keyId?: string;
  readonly sessionId?: string;
  readonly errors?: true;
  /** Instead of a cursor: begins behind this request, which lies within the range. */
  readonly after?: string;
  /** Newest first. */
  readonly reverse?: boolean;
  /** Epoch ms: leaves out what has expired by then and is not removed yet. */
  readonly nowMs?: number;
}

/**
 * Entries in the order of their ids. A page may be shorter than `limit` and still carry a cursor, as one call reads at
 * most 40 partitions (days; months of a key or of errors); without a cursor there is nothing more. Throws
 * `StoreError('invalid')` for unreadable times, more than ten years, a limit outside 1–1,000 or a foreign cursor.
 */
export async function queryLedger(store: Store, tenantId: string, query: LedgerQuery): Promise<{ items: LedgerEntry[]; cursor?: string }> {
  if (!Number.isInteger(query.limit) || query.limit < 1 || query.limit > 1000) throw new StoreError('invalid', 'limit is 1 to 1000');
  const { after } = query;
  let [low, high] = ulidBounds(timeOf(query.from), timeOf(query.to));
  if (after !== undefined && query.reverse === true) high = after;
  else if (after !== undefined) low = after;
  const periods = periodsOf(ulidTimeMs(low), ulidTimeMs(high), periodName(query));
  if (query.reverse === true) periods.reverse();
  let [period, inner] = query.cursor === undefined ? [periods[0], ''] : decodeCursor(query.cursor, ['string', 'string']) as [string, string];
  const items: LedgerEntry[] = [];
  let at = periods.indexOf(period ?? '');
  if (at < 0 && query.cursor !== undefined) throw new StoreError('invalid', 'the cursor belongs to another range');
  for (let reads = 0; at >= 0 && at < periods.length; reads += 1) {
    period = periods[at] ?? '';
    if (reads === MAX_READS || items.length === query.limit) return { items, cursor: encodeCursor([period, inner]) };
    const page = await store.query({
      ...placeOf(tenantId, period, query), from: low, to: high, limit: query.limit - items.length,
      ...(query.reverse === true && { reverse: true }), ...(inner !== '' && { cursor: inner }),
    });
    for (const row of page.rows) if (row.item['requestId'] !== after && !isForgotten(row.item, query.nowMs)) items.push(ledgerEntryOf(row.item));
    inner = page.cursor ?? '';
    if (inner === '') at += 1;
  }
  return { items };
}

/** Months that are looked at for a key's newest row: older use is no use. */
const MONTHS_BACK = 13;

/** When the key's newest request in the ledger arrived, epoch ms; undefined when it has none between these times and of the last 13 months of them. */
export async function lastOfKey(store: Store, { tenantId, keyId }: { readonly tenantId: string; readonly keyId: string }, { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number }): Promise<number | undefined> {
  const months = fromMs > untilMs ? [] : periodsOf(fromMs, untilMs, monthOf).slice(-MONTHS_BACK);
  for (const month of months.toReversed()) {
    const { rows: [row] } = await store.query({ ...placeOf(tenantId, month, { keyId }), limit: 1, reverse: true });
    if (row !== undefined) return ulidTimeMs(row.sk);
  }
  return undefined;
}

function placeOf(tenantId: string, period: string, { keyId, sessionId, errors }: Pick<LedgerQuery, 'keyId' | 'sessionId' | 'errors'>): Pick<Query, 'table' | 'pk' | 'index'> {
  if (keyId !== undefined) return { table: 'usage', index: 'i1', pk: partition('LK', tenantId, keyId, period) };
  if (sessionId !== undefined) return { table: 'usage', index: 'i2', pk: partition('LS', tenantId, sessionId) };
  if (errors === true) return { table: 'usage', index: 'i3', pk: partition('LE', tenantId, period) };
  return { table: 'usage', pk: partition('L', tenantId, period, '0') };
}

function periodName({ keyId, sessionId, errors }: LedgerQuery): (ms: number) => string {
  if (keyId !== undefined || (sessionId === undefined && errors === true)) return monthOf;
  return sessionId === undefined ? dayOf : () => 'all';
}

function timeOf(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new StoreError('invalid', 'a time is RFC 3339');
  return ms;
}

/** The days or months from `fromMs` to `toMs`, each once, ascending. */
function periodsOf(fromMs: number, toMs: number, nameOf: (ms: number) => string): string[] {
  const DAY_MS = 86_400_000;
  if ((toMs - fromMs) / DAY_MS > MAX_DAYS) throw new StoreError('invalid', 'a range is at most ten years');
  const names: string[] = [];
  for (let day = Math.floor(fromMs / DAY_MS); day * DAY_MS <= toMs; day += 1) {
    const name = nameOf(day * DAY_MS);
    if (names.at(-1) !== name) names.push(name);
  }
  return names;
}
