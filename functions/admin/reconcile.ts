import type { LedgerEntry } from '../contract/index.ts';
import { calendarDay, type CalendarDay } from '../core/limits/calendar.ts';
import { limitIdOf, listKeys } from '../adapters/store/keys.ts';
import { decodeLease, requestIdOf } from '../adapters/store/lease.ts';
import { queryLedger } from '../adapters/store/ledger.ts';
import { imageOf, limiterKey } from '../adapters/store/limiter.ts';
import type { Item, Store } from '../adapters/store/port.ts';
import type { TenantRecord } from '../adapters/store/tenants.ts';
import { keptDays } from '../adapters/store/retention.ts';
import { overheadDifferences } from './reconcile-overhead.ts';

/** One number that is not what it is made of. Money in micro-USD. `keyId` = of a key, or the first of those that count together; null = it is the tenant's and no key's. */
export interface Difference { readonly keyId: string | null; readonly what: string; readonly counted: number; readonly expected: number }
export interface Reconciled { readonly keys: number; readonly requests: number; readonly open: number; readonly differences: readonly Difference[] }

const PAGE = 1_000;
const DAY_MS = 86_400_000;
const MONTH_MS = 32 * DAY_MS;
/** A request is counted on the day it was admitted, its row says when it arrived: about midnight these may differ. */
const BORDER_MS = 10_000;
/** While requests are served, a counter may move between two reads. */
const TRIES = 5;

/**
 * Proves for every key of a tenant that its counters are what they stand for: money of the day and the month = that of the
 * ledger's rows + what open reservations hold, open requests = reservations, sums of the window = its buckets; and that what
 * shadow judging has spent is the sum of its rows. Reads only.
 * Rows that were seeded for a demonstration never passed the counters and are left out.
 */
export async function reconcile(store: Store, tenant: TenantRecord, nowMs: number): Promise<Reconciled> {
  const { tenantId, timezone } = tenant;
  const keys = await listKeys(store, tenantId);
  const oldest = calendarDay(timezone, Math.max(nowMs - MONTH_MS, nowMs - (keptDays(tenant, 'ledger') ?? Infinity) * DAY_MS));
  const limitOf = new Map(keys.map((key) => [key.keyId, limitIdOf(key)]));
  const rest = new Set(limitOf.values());
  let [requests, open] = [0, 0];
  let differences: Difference[] = [];
  for (let tries = 1; rest.size > 0 && tries <= TRIES; tries += 1) {
    // The counters first: what is settled meanwhile shows as a reservation that has its row already.
    const limiters = new Map(await Promise.all([...rest].map(async (limitId) => [limitId, await store.get(limiterKey(tenantId, limitId))] as const)));
    const spent = await spentByLimiter(store, tenantId, { timezone, nowMs, limiters, limitOf });
    const again = new Map(await Promise.all([...rest].map(async (limitId) => [limitId, await store.get(limiterKey(tenantId, limitId))] as const)));
    differences = [];
    for (const limitId of rest) {
      const [before, after] = [limiters.get(limitId), again.get(limitId)];
      const found = before === undefined ? [] : differencesOf(limitId, before, spent.get(limitId) ?? nothing(), oldest);
      const moved = JSON.stringify(before) !== JSON.stringify(after);
      if (found.length > 0 && moved && tries < TRIES) continue;
      differences.push(...found);
      rest.delete(limitId);
      requests += spent.get(limitId)?.rows ?? 0;
      open += before === undefined ? 0 : leasesOf(before).length;
    }
    if (rest.size > 0) differences = [];
  }
  return { keys: keys.length, requests, open, differences: [...differences, ...(await overheadDifferences(store, tenant, nowMs)).map((found) => ({ keyId: null, ...found }))] };
}

/** Money of the rows of a limiter's keys: what is certainly of that day or month, and what may be, being so near to its border. */
interface Range { sure: number; maybe: number }
interface Spent { rows: number; readonly day: Range; readonly month: Range; readonly settled: Set<string> }
const nothing = (): Spent => ({ rows: 0, day: { sure: 0, maybe: 0 }, month: { sure: 0, maybe: 0 }, settled: new Set() });

interface Reading { readonly timezone: string; readonly nowMs: number; readonly limiters: ReadonlyMap<string, Item | undefined>; readonly limitOf: ReadonlyMap<string, string> }

async function spentByLimiter(store: Store, tenantId: string, { timezone, nowMs, limiters, limitOf }: Reading): Promise<Map<string, Spent>> {
  const spent = new Map<string, Spent>();
  const range = { from: new Date(nowMs - MONTH_MS).toISOString(), to: new Date(nowMs + BORDER_MS).toISOString(), limit: PAGE };
  for (let cursor: string | undefined; ;) {
    const page = await queryLedger(store, tenantId, { ...range, ...(cursor !== undefined && { cursor }) });
    for (const entry of page.items) take(entry, limitOf.get(entry.keyId) ?? entry.keyId, { timezone, limiters }, spent);
    cursor = page.cursor;
    if (cursor === undefined) return spent;
  }
}

function take(entry: LedgerEntry, limitId: string, { timezone, limiters }: Pick<Reading, 'timezone' | 'limiters'>, spent: Map<string, Spent>): void {
  const limiter = limiters.get(limitId);
  if (entry.source === 'demo' || limiter === undefined) return;
  const of = spent.get(limitId) ?? nothing();
  spent.set(limitId, of);
  of.rows += 1;
  of.settled.add(entry.requestId);
  // A reservation still open for it says what the counters hold, not the row.
  if (requestLease(limiter, entry.requestId) !== undefined) return;
  const micros = (entry.costMicros ?? 0) + entry.overheadMicros;
  const at = Date.parse(entry.at);
  const days = [calendarDay(timezone, at), calendarDay(timezone, at + BORDER_MS)];
  add(of.day, micros, days.map(({ day }) => day === limiter['day']));
  add(of.month, micros, days.map(({ month }: CalendarDay) => month === limiter['month']));
}

function add(range: Range, micros: number, within: readonly boolean[]): void {
  if (within.every(Boolean)) range.sure += micros;
  else if (within.some(Boolean)) range.maybe += micros;
}

const requestLease = (limiter: Item, requestId: string): unknown => limiter[`r_${requestId}`];
const leasesOf = (limiter: Item) => Object.keys(limiter).flatMap((attr) => (requestIdOf(attr) === undefined ? [] : [decodeLease(limiter[attr])])).filter((lease) => lease !== undefined);

function differencesOf(keyId: string, limiter: Item, spent: Spent, oldest: CalendarDay): Difference[] {
  const image = imageOf(limiter);
  if (image === undefined) return [{ keyId, what: 'limiter', counted: 0, expected: 1 }];
  const leases = leasesOf(limiter);
  const held = (matches: (day: { day: string; month: string }) => boolean): number => leases.filter(matches).reduce((sum, { micros }) => sum + micros, 0);
  const { spend } = image;
  return [
    ...money(keyId, 'dayMicros', spend.dayMicros, spent.day, held(({ day }) => day === spend.day), spend.day > oldest.day),
    ...money(keyId, 'monthMicros', spend.monthMicros, spent.month, held(({ month }) => month === spend.month), spend.month > oldest.month),
    ...same(keyId, 'open', image.open, leases.length),
    ...same(keyId, 'requests in the window', image.requests.sum, total(image.requests.buckets)),
    ...same(keyId, 'tokens in the window', image.tokens.sum, total(image.tokens.buckets)),
  ];
}

function money(keyId: string, what: string, counted: number, { sure, maybe }: Range, held: number, isWhole: boolean): Difference[] {
  const expected = sure + held;
  // Of what began before the oldest row that is read, or still kept, there may have been more.
  // Rows about the border may be counted on either side of it, each as a whole.
  return counted >= Math.min(expected, expected + maybe) && (!isWhole || counted <= Math.max(expected, expected + maybe)) ? [] : [{ keyId, what, counted, expected }];
}

const same = (keyId: string, what: string, counted: number, expected: number): Difference[] => (counted === expected ? [] : [{ keyId, what, counted, expected }]);
const total = (buckets: readonly number[]): number => buckets.reduce((sum, count) => sum + count, 0);
