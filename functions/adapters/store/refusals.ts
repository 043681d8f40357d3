import type { RefusalSample } from '../../contract/admin/refusals.ts';
import { partition } from './entity.ts';
import type { Item, Key, Op, Store } from './port.ts';

export type { RefusalSample };

/**
 * Requests that were turned away before they were admitted: they have no ledger entry. One item for each quarter of an
 * hour (table usage) with one counter `n<minute>_<key id>_<code>` for each minute of it, key and code, and the last
 * samples in twenty places `s00` … `s19`, which the processes of a deployment share. An item goes after 400 days.
 */
const QUARTER_MS = 900_000;
const MINUTE_MS = 60_000;
const KEPT_SECONDS = 400 * 86_400;
export const SAMPLES_KEPT = 20;
/** Items of one page; an item has some hundred bytes for each minute in which something was refused. */
const PAGE = 200;

/** Stands for the key where nobody knows whose the request was; a key id is longer. */
export const NO_KEY = 'unknown';

/** The place of a tenant's refusals; those of unknown callers have a prefix of their own, of the closed list that names no tenant. */
const placeOf = (tenantId: string | undefined, month: string): string => (tenantId === undefined ? partition('RX', month) : partition('RF', tenantId, month));
const nameOf = (ms: number): string => new Date(ms).toISOString().slice(0, 16);
export const quarterOf = (ms: number): number => Math.floor(ms / QUARTER_MS) * QUARTER_MS;

/** The name of a counter within its quarter of an hour. */
export const counterName = (atMs: number, keyId: string, code: string): string => `n${String(Math.floor((atMs - quarterOf(atMs)) / MINUTE_MS)).padStart(2, '0')}_${keyId}_${code}`;

export interface RefusalsOfQuarter {
  /** undefined = of callers that nobody knows. */
  readonly tenantId: string | undefined;
  /** Epoch ms. */
  readonly startMs: number;
  /** By `counterName`. */
  readonly counts: ReadonlyMap<string, number>;
  /** By place, 0 to 19. */
  readonly samples: ReadonlyMap<number, RefusalSample>;
}

/** Adds to one quarter's counters and puts samples in their places. A write that is repeated counts twice. */
export function refusalsOp({ tenantId, startMs, counts, samples }: RefusalsOfQuarter): Op {
  const name = nameOf(startMs);
  const key: Key = { table: 'usage', pk: placeOf(tenantId, name.slice(0, 7)), sk: name };
  const set: Item = { expiresAt: Math.ceil(startMs / 1000) + KEPT_SECONDS };
  for (const [place, sample] of samples) set[`s${String(place).padStart(2, '0')}`] = { ...sample };
  return { update: key, set, add: Object.fromEntries(counts) };
}

export interface Refusals { readonly atMs: number; readonly keyId: string | undefined; readonly code: string; readonly count: number }

const COUNTER = /^n(\d\d)_([^_]+)_(\w+)$/;

/** Gives the counts of every minute that begins in the range (epoch ms, both inclusive) to `each`. */
export async function readRefusals(store: Store, tenantId: string | undefined, { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }, each: (refusals: Refusals) => void): Promise<void> {
  const firstMs = Math.floor(fromMs / MINUTE_MS) * MINUTE_MS;
  for (const month of monthsOf(firstMs, toMs)) {
    let cursor: string | undefined;
    do {
      const page = await store.query({ table: 'usage', pk: placeOf(tenantId, month), from: nameOf(quarterOf(firstMs)), to: nameOf(toMs), limit: PAGE, ...(cursor !== undefined && { cursor }) });
      for (const { sk, item } of page.rows) {
        const startMs = Date.parse(`${sk}:00Z`);
        for (const name of Object.keys(item)) {
          const [, minute, key, code] = COUNTER.exec(name) ?? [];
          const atMs = startMs + Number(minute) * MINUTE_MS;
          if (key === undefined || code === undefined || atMs < firstMs || atMs > toMs) continue;
          each({ atMs, keyId: key === NO_KEY ? undefined : key, code, count: Number(item[name]) });
        }
      }
      cursor = page.cursor;
    } while (cursor !== undefined);
  }
}

/** The newest samples of the range, newest first, at most twenty. */
export async function lastRefusals(store: Store, tenantId: string | undefined, { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): Promise<RefusalSample[]> {
  const [from, to] = [new Date(fromMs).toISOString(), new Date(toMs).toISOString()];
  const samples: RefusalSample[] = [];
  for (const month of monthsOf(fromMs, toMs).toReversed()) {
    let cursor: string | undefined;
    do {
      const page = await store.query({ table: 'usage', pk: placeOf(tenantId, month), from: nameOf(quarterOf(fromMs)), to: nameOf(toMs), reverse: true, limit: SAMPLES_KEPT, ...(cursor !== undefined && { cursor }) });
      for (const { item } of page.rows) samples.push(...samplesIn(item).filter(({ at }) => at >= from && at <= to));
      cursor = samples.length >= SAMPLES_KEPT ? undefined : page.cursor;
    } while (cursor !== undefined);
    if (samples.length >= SAMPLES_KEPT) break;
  }
  return newest(samples);
}

/** Newest first, at most twenty. */
export const newest = (samples: readonly RefusalSample[]): RefusalSample[] => samples.toSorted((a, b) => (a.requestId < b.requestId ? 1 : -1)).slice(0, SAMPLES_KEPT);

const samplesIn = (item: Item): RefusalSample[] => Object.keys(item).flatMap((name) => (/^s\d\d$/.test(name) ? [item[name] as unknown as RefusalSample] : []));

/** Every month (UTC) that the range touches, ascending. */
function monthsOf(fromMs: number, toMs: number): string[] {
  const months: string[] = [];
  const at = new Date(fromMs);
  for (let ms = Date.UTC(at.getUTCFullYear(), at.getUTCMonth()); ms <= toMs; ms = Date.UTC(new Date(ms).getUTCFullYear(), new Date(ms).getUTCMonth() + 1)) months.push(new Date(ms).toISOString().slice(0, 7));
  return months;
}
