import { Groups, type Dimension, type Dims } from '../../core/usage/groups.ts';
import type { StoredTally } from '../../core/usage/tally.ts';
import { partition } from './entity.ts';
import { StoreError, type Guard, type Item, type Key, type Op, type Store } from './port.ts';
import { forgottenAt, isForgotten } from './retention.ts';
import { decodeGroups, encodeGroups, encodeViews } from './rollup-text.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Buckets of absolute time, each made of whole ones of the level before; `day` is as long as a time zone makes it. */
export const LEVELS = ['minute', 'quarter', 'hour'] as const;
export type Level = (typeof LEVELS)[number];
export const LEVEL_MS: Readonly<Record<Level, number>> = { minute: MINUTE_MS, quarter: 15 * MINUTE_MS, hour: HOUR_MS };

/** Minutes may be read for this long; they are stored a little longer. */
export const MINUTES_KEPT_MS = 48 * HOUR_MS;
export const LONGEST_KEPT_MS = 400 * DAY_MS;
/** Stored so much longer than the tenant wants them, so that what is made of them and is still read can be made anew. */
const SPARE_DAYS: Readonly<Record<Exclude<Level, 'minute'> | 'day', number>> = { quarter: 2, hour: 2, day: 3 };

/** A bucket: `startMs` and `endMs` (exclusive) in epoch ms; days belong to a zone. */
export type Bucket =
  | { readonly level: Level; readonly startMs: number }
  | { readonly level: 'day'; readonly startMs: number; readonly endMs: number; readonly timezone: string };

export const floorTo = (ms: number, level: Level): number => Math.floor(ms / LEVEL_MS[level]) * LEVEL_MS[level];
export const endOf = (bucket: Bucket): number => (bucket.level === 'day' ? bucket.endMs : bucket.startMs + LEVEL_MS[bucket.level]);

/** UTC, to the minute: sorts by time. */
const nameOf = (ms: number): string => new Date(ms).toISOString().slice(0, 16);
const startOf = (name: string): number => Date.parse(`${name.slice(0, 16)}:00Z`);

/** Hours of a month, shorter buckets of a day and the days of a zone lie together. */
const placeOf = (tenantId: string, bucket: Bucket): string => {
  if (bucket.level === 'day') return partition('U', tenantId, 'day', bucket.timezone);
  return partition('U', tenantId, bucket.level, nameOf(bucket.startMs).slice(0, bucket.level === 'hour' ? 7 : 10));
};

export const bucketKey = (tenantId: string, bucket: Bucket): Key => ({ table: 'usage', pk: placeOf(tenantId, bucket), sk: nameOf(bucket.startMs) });
const partKey = (key: Key, part: number): Key => (part === 0 ? key : { ...key, sk: `${key.sk}#${String(part).padStart(2, '0')}` });

const MAX_TRIES = 10;

export interface Storing {
  /** Groups read from the sources before, good only where the bucket was never stored. */
  readonly known?: Groups | undefined;
  /** After how many days the tenant's roll-ups may be forgotten; absent = never. */
  readonly keptDays?: number | undefined;
}

/**
 * Stores the groups of a bucket as an absolute value. `compute` reads the sources anew each time it is called, and never
 * before the version that its result replaces: whoever stores last has read last. The same groups again write nothing.
 * Resolves to whether something was written.
 */
export async function storeBucket(store: Store, tenantId: string, bucket: Bucket, compute: () => Promise<Groups>, { known, keptDays }: Storing = {}): Promise<boolean> {
  const key = bucketKey(tenantId, bucket);
  const expiresAt = expiryOf(bucket, keptDays);
  const hasViews = bucket.level === 'hour' || bucket.level === 'day';
  const opsFor = (groups: Groups, texts: readonly string[], current: Item | undefined): Op[] =>
    bucketOps(key, { texts, views: hasViews ? encodeViews(groups, texts) : undefined, expiresAt }, current);
  if (known !== undefined) {
    const texts = encodeGroups(known);
    if (texts.length === 0 ? (await store.get(key)) === undefined : (await store.write(opsFor(known, texts, undefined))).ok) return texts.length > 0;
  }
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const current = await store.get(key);
    const groups = await compute();
    const texts = encodeGroups(groups);
    if (await isStored(store, key, current, texts)) return false;
    if ((await store.write(opsFor(groups, texts, current))).ok) return true;
  }
  throw new StoreError('unavailable', 'a roll-up bucket is contended');
}

/** Epoch seconds; minutes are made for two days only, whatever the tenant wants. */
function expiryOf(bucket: Bucket, keptDays: number | undefined): number | undefined {
  if (bucket.level === 'minute') return Math.ceil((endOf(bucket) + MINUTES_KEPT_MS + 2 * HOUR_MS) / 1000);
  return keptDays === undefined ? undefined : forgottenAt(endOf(bucket), keptDays + SPARE_DAYS[bucket.level]);
}

interface Content { readonly texts: readonly string[]; readonly views: Record<string, string> | undefined; readonly expiresAt: number | undefined }

/** Guarded by the version of the first part; parts that are no longer needed go with the same write. */
function bucketOps(key: Key, { texts, views, expiresAt }: Content, current: Item | undefined): Op[] {
  const forgotten = expiresAt === undefined ? {} : { expiresAt };
  const version = Number(current?.['version'] ?? 0);
  const guards: readonly Guard[] = current === undefined ? [{ absent: true }] : [{ attr: 'version', equals: version }];
  const first: Item = { version: version + 1, parts: Math.max(1, texts.length), ...(texts[0] !== undefined && { groups: texts[0] }), ...(views && { views }), ...forgotten };
  const ops: Op[] = [{ put: key, item: first, guards }];
  for (let part = 1; part < texts.length; part += 1) ops.push({ put: partKey(key, part), item: { groups: texts[part] ?? '', ...forgotten } });
  for (let part = Math.max(1, texts.length); part < Number(current?.['parts'] ?? 1); part += 1) ops.push({ delete: partKey(key, part) });
  return ops;
}

async function isStored(store: Store, key: Key, current: Item | undefined, texts: readonly string[]): Promise<boolean> {
  if (current === undefined) return texts.length === 0;
  if (current['groups'] !== texts[0] || Number(current['parts']) !== Math.max(1, texts.length)) return false;
  for (let part = 1; part < texts.length; part += 1) {
    if ((await store.get(partKey(key, part)))?.['groups'] !== texts[part]) return false;
  }
  return true;
}

const PAGE = 200;
/** Partitions read at once. */
const PLACES_AT_ONCE = 8;

/**
 * Which buckets to read: those of one level (of one zone's days) that start at these moments (epoch ms, ascending).
 * `nowMs` (epoch ms): leaves out what has expired by then and is not removed yet. `along`: only this dimension matters, so that the others may come added up and empty.
 */
export interface BucketChoice { readonly level: Level | 'day'; readonly timezone?: string; readonly starts: readonly number[]; readonly along?: Dimension | undefined; readonly nowMs?: number }
type Each = (startMs: number, dims: Dims, stored: StoredTally) => void;

/** Gives every group of the chosen buckets to `each`, in no particular order; a bucket without requests is not stored. */
export async function readBuckets(store: Store, tenantId: string, choice: BucketChoice, each: Each): Promise<void> {
  const places = new Map<string, number[]>();
  for (const startMs of choice.starts) {
    const place = placeOf(tenantId, choice.level === 'day' ? { level: 'day', startMs, endMs: startMs, timezone: choice.timezone ?? 'UTC' } : { level: choice.level, startMs });
    const starts = places.get(place);
    if (starts === undefined) places.set(place, [startMs]);
    else starts.push(startMs);
  }
  const all = [...places];
  for (let at = 0; at < all.length; at += PLACES_AT_ONCE) {
    await Promise.all(all.slice(at, at + PLACES_AT_ONCE).map(([pk, starts]) => readPlace(store, pk, { ...choice, starts }, each)));
  }
}

async function readPlace(store: Store, pk: string, { starts, along, nowMs }: BucketChoice, each: Each): Promise<void> {
  const wanted = new Set(starts);
  // A part sorts behind its bucket and before the next one.
  const query = { table: 'usage', pk, from: nameOf(starts[0] ?? 0), to: `${nameOf(starts.at(-1) ?? 0)}~`, limit: PAGE } as const;
  let cursor: string | undefined;
  do {
    const page = await store.query({ ...query, ...(cursor !== undefined && { cursor }) });
    for (const { sk, item } of page.rows) {
      if (isForgotten(item, nowMs)) continue;
      const startMs = startOf(sk);
      const view = along === undefined ? undefined : (item['views'] as Record<string, string> | undefined)?.[along];
      const text = view ?? item['groups'];
      if (typeof text === 'string' && wanted.has(startMs)) decodeGroups(text, (dims, stored) => each(startMs, dims, stored));
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
}

/** The groups of all buckets of a level within a range (epoch ms, end exclusive), added up. */
export async function sumBuckets(store: Store, tenantId: string, level: Level, fromMs: number, toMs: number): Promise<Groups> {
  const groups = new Groups();
  const starts: number[] = [];
  for (let ms = fromMs; ms < toMs; ms += LEVEL_MS[level]) starts.push(ms);
  await readBuckets(store, tenantId, { level, starts }, (_start, dims, stored) => groups.addStored(dims, stored));
  return groups;
}

/**
 * How far roll-ups reach. Every minute, quarter and hour within `fromMs`…`untilMs` is stored, or had no requests; minutes
 * only from `minutesFromMs` on. `sinceMs` = start of the first quarter that had any when counting began.
 */
export interface Watermark { readonly fromMs: number; readonly untilMs: number; readonly minutesFromMs: number; readonly sinceMs: number }

const watermarkKey = (tenantId: string): Key => ({ table: 'usage', pk: partition('UW', tenantId), sk: 'watermark' });
const daysKey = (tenantId: string, timezone: string): Key => ({ table: 'usage', pk: partition('UW', tenantId), sk: `days#${timezone}` });

export async function getWatermark(store: Store, tenantId: string): Promise<Watermark | undefined> {
  const item = await store.get(watermarkKey(tenantId));
  return item && { fromMs: Number(item['fromMs']), untilMs: Number(item['untilMs']), minutesFromMs: Number(item['minutesFromMs']), sinceMs: Number(item['sinceMs']) };
}

/** Replaces exactly the watermark that was read; false = somebody else has moved it. */
export async function moveWatermark(store: Store, tenantId: string, before: Watermark | undefined, after: Watermark): Promise<boolean> {
  const guards: Guard[] = before === undefined ? [{ absent: true }] : [{ attr: 'untilMs', equals: before.untilMs }, { attr: 'minutesFromMs', equals: before.minutesFromMs }];
  return (await store.write([{ put: watermarkKey(tenantId), item: { ...after }, guards }])).ok;
}

/** Every day of this zone that ends at or before this moment (epoch ms) is stored, or had no requests; undefined = none. */
export async function getDaysUntil(store: Store, tenantId: string, timezone: string): Promise<number | undefined> {
  const item = await store.get(daysKey(tenantId, timezone));
  return item && Number(item['untilMs']);
}

export async function moveDaysUntil(store: Store, tenantId: string, timezone: string, before: number | undefined, afterMs: number): Promise<boolean> {
  const guards: Guard[] = [before === undefined ? { absent: true } : { attr: 'untilMs', equals: before }];
  return (await store.write([{ put: daysKey(tenantId, timezone), item: { untilMs: afterMs }, guards }])).ok;
}
