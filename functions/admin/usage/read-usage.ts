import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RefusalUsage } from '../../contract/admin/refusals.ts';
import type { UsageMeasures } from '../../contract/admin/usage.ts';
import type { LedgerEntry } from '../../contract/ledger.ts';
import { dimsOf, labelOf, NONE, type Dimension, type Dims, type Label } from '../../core/usage/groups.ts';
import { Tally } from '../../core/usage/tally.ts';
import { listKeys } from '../../adapters/store/keys.ts';
import { readOverhead } from '../../adapters/store/overhead.ts';
import { queryLedger } from '../../adapters/store/ledger.ts';
import type { Store } from '../../adapters/store/port.ts';
import { listDirty } from '../../adapters/store/rollup-marks.ts';
import { floorTo, getDaysUntil, getWatermark, LEVELS, LONGEST_KEPT_MS, MINUTES_KEPT_MS, readBuckets } from '../../adapters/store/rollups.ts';
import { getRouting } from '../../adapters/store/routing.ts';
import { ulidTimeMs } from '../../adapters/store/ulid-time.ts';
import { bucketAt, bucketStarts, type Bucket } from './buckets.ts';
import { breakdownId, matcher, type Filters } from './filters.ts';
import { refusalUsage } from './refusals.ts';
import { sourcesOf, type Coverage, type Span } from './sources.ts';
import { Stacks, type StackedSeries } from './stacks.ts';

/** Raw rows one answer may read, newest first. */
const MAX_ROWS = 100_000;
/** Read at once: few enough that requests in between do not wait noticeably. */
const ROWS_PER_TURN = 250;
/** Groups one breakdown may have; ids come from requests only where they name something registered. */
const MAX_GROUPS = 1_000;
const MAX_DIRTY = 1_000;

/** A checked question: `from` and `to` (epoch ms, both inclusive), `tenantZone` = the zone for which days are stored. */
export interface UsageRequest {
  readonly from: number;
  readonly to: number;
  readonly tz: string;
  readonly bucket: Bucket;
  readonly by: Dimension | Label;
  /** Also the series cut by this. */
  readonly stack?: Dimension | undefined;
  readonly filters: Filters;
  readonly tenantZone: string;
  readonly nowMs: number;
  /** Whether refusals of callers that nobody knows are shown too. */
  readonly withUnknown: boolean;
}

export interface UsageReport {
  readonly from: string;
  readonly to: string;
  readonly tz: string;
  readonly bucket: Bucket;
  readonly totals: UsageMeasures;
  readonly series: readonly ({ readonly at: string } & UsageMeasures)[];
  readonly breakdown: readonly ({ readonly id: string; readonly name: string } & UsageMeasures)[];
  readonly stacked?: StackedSeries;
  /** `truncated` = there were too many rows that are not rolled up yet, and only the newest were read. */
  readonly coverage: { readonly requests: number; readonly auto: number; readonly unpriced: number; readonly truncated?: true };
  /** In none of the numbers above. */
  readonly refusals: RefusalUsage;
}

/**
 * Totals, series and breakdown of a range, by the time at which requests arrived. All three are sums over the same
 * buckets and rows, each read once: roll-ups up to their watermark, rows behind it and where a bucket is marked. Broken
 * down by user or tag everything is read from rows.
 */
export async function readUsage(store: Store, tenantId: string, request: UsageRequest): Promise<UsageReport> {
  const usage = new Usage(request);
  const { by, stack } = request;
  const label = isLabel(by) ? by : undefined;
  const { raw, buckets } = sourcesOf(usage.spans(), label === undefined ? await coverageOf(store, tenantId, request) : NOT_ROLLED_UP);
  const along = !isLabel(by) && Object.values(request.filters).every((values) => values === undefined) ? by : undefined;
  // Groups along one dimension know nothing of another one: a stack along that is a second, equally short reading.
  const stackAlong = along !== undefined && stack !== undefined && stack !== along ? stack : undefined;
  for (const level of ['day', ...LEVELS] as const) {
    const choice = { level, timezone: request.tenantZone, starts: buckets[level], nowMs: request.nowMs };
    await readBuckets(store, tenantId, { ...choice, along }, (startMs, dims, stored) => {
      const addTo = (tally: Tally): void => tally.addStored(stored);
      usage.add(startMs, dims, addTo);
      if (stackAlong === undefined) usage.stack(startMs, dims, addTo);
    });
    if (stackAlong !== undefined) await readBuckets(store, tenantId, { ...choice, along: stackAlong }, (startMs, dims, stored) => usage.stack(startMs, dims, (tally) => tally.addStored(stored)));
  }
  const truncated = await readRows(store, tenantId, { spans: raw, nowMs: request.nowMs }, (entry) => {
    // By the time in the id, which is also what selects the row.
    const [atMs, dims] = [ulidTimeMs(entry.requestId), dimsOf(entry)];
    usage.add(atMs, dims, (tally) => tally.add(entry), label && labelOf(entry, label));
    usage.stack(atMs, dims, (tally) => tally.add(entry));
  });
  for (const { fromMs, toMs } of raw) {
    for await (const { id, dims, micros } of readOverhead(store, tenantId, fromMs, toMs)) usage.add(ulidTimeMs(id), dims, (tally) => tally.addOverhead(micros), label && NONE);
  }
  const refusals = await refusalUsage(store, { tenantId, withUnknown: request.withUnknown }, usage.refusals());
  const [names, stackNames] = await Promise.all([namesOf(store, tenantId, by), stack === undefined ? new Map<string, string>() : namesOf(store, tenantId, stack)]);
  return usage.report({ names, stackNames, truncated, refusals });
}

const isLabel = (by: Dimension | Label): by is Label => by === 'user' || by === 'tag';
const NOT_ROLLED_UP: Coverage = { sinceMs: 0, untilMs: 0, minutesFromMs: 0, dirty: [], days: [] };

/** The watermark is read before the markers: what lies before it and was stored too early is marked by then. */
async function coverageOf(store: Store, tenantId: string, { from, to, tenantZone, nowMs }: UsageRequest): Promise<Coverage> {
  const watermark = await getWatermark(store, tenantId);
  if (watermark === undefined) return NOT_ROLLED_UP;
  const [daysUntilMs = 0, dirty] = await Promise.all([getDaysUntil(store, tenantId, tenantZone), listDirty(store, tenantId, MAX_DIRTY)]);
  // More markers than that: nothing behind the last one that is known is taken from roll-ups.
  const untilMs = Math.min(watermark.untilMs, nowMs, dirty.length < MAX_DIRTY ? Infinity : dirty.at(-1)?.startMs ?? 0);
  const ends = bucketStarts(from, to + 1, 'day', tenantZone);
  const days = ends.slice(0, -1).map((start, i) => ({ fromMs: start, toMs: ends[i + 1] ?? start })).filter(({ toMs }) => toMs <= Math.min(untilMs, daysUntilMs));
  const sinceMs = Math.max(watermark.fromMs, nowMs - LONGEST_KEPT_MS);
  return { sinceMs, untilMs, minutesFromMs: Math.max(floorTo(nowMs - MINUTES_KEPT_MS, 'quarter'), watermark.minutesFromMs), dirty: dirty.map(({ startMs }) => startMs), days };
}

/** Gives every row of the spans to `each`, newest span first, in steps between which other work is done. True = there were too many. */
async function readRows(store: Store, tenantId: string, { spans, nowMs }: { readonly spans: readonly Span[]; readonly nowMs: number }, each: (entry: LedgerEntry) => void): Promise<boolean> {
  let rows = 0;
  for (const { fromMs, toMs } of spans.toReversed()) {
    const range = { from: new Date(fromMs).toISOString(), to: new Date(toMs - 1).toISOString(), limit: ROWS_PER_TURN, reverse: true, nowMs };
    let cursor: string | undefined;
    do {
      if (rows >= MAX_ROWS) return true;
      const page = await queryLedger(store, tenantId, { ...range, ...(cursor !== undefined && { cursor }) });
      for (const entry of page.items) each(entry);
      rows += page.items.length;
      cursor = page.cursor;
      if (cursor !== undefined) await nextTurn();
    } while (cursor !== undefined);
  }
  return false;
}

/** Ids of keys and rules → their names; everything else is its own name. */
async function namesOf(store: Store, tenantId: string, by: Dimension | Label): Promise<ReadonlyMap<string, string>> {
  if (by === 'key') return new Map((await listKeys(store, tenantId)).map(({ keyId, name }) => [keyId, name]));
  if (by === 'rule') return new Map((await getRouting(store, tenantId)).document.patterns.map(({ id, name }) => [id, name ?? id]));
  return new Map();
}

/** The running answer of one request. */
class Usage {
  readonly #request: UsageRequest;
  readonly #matches: (dims: Dims) => boolean;
  readonly #idOf: (dims: Dims) => string;
  readonly #starts: readonly number[];
  readonly #series: readonly Tally[];
  readonly #groups = new Map<string, Tally>();
  readonly #stacks: Stacks | undefined;

  constructor(request: UsageRequest) {
    this.#request = request;
    this.#matches = matcher(request.filters);
    this.#idOf = isLabel(request.by) ? () => '' : breakdownId(request.by);
    this.#starts = bucketStarts(request.from, request.to, request.bucket, request.tz);
    this.#series = this.#starts.map(() => new Tally());
    this.#stacks = request.stack && new Stacks(request.stack, this.#starts.length);
  }

  /** The range, cut at the points of the series. */
  spans(): Span[] {
    const { from, to } = this.#request;
    return this.#starts.map((start, i) => ({ fromMs: Math.max(from, start), toMs: Math.min(this.#starts[i + 1] ?? Infinity, to + 1) }));
  }

  /** `label` = what the breakdown goes by where that is no dimension. */
  add(atMs: number, dims: Dims, addTo: (tally: Tally) => void, label?: string): void {
    if (!this.#matches(dims)) return;
    const point = this.#series[bucketAt(this.#starts, atMs)];
    if (point !== undefined) addTo(point);
    let id = label ?? this.#idOf(dims);
    if (!this.#groups.has(id) && this.#groups.size >= MAX_GROUPS) id = 'other';
    const group = this.#groups.get(id) ?? new Tally();
    addTo(group);
    this.#groups.set(id, group);
  }

  /** To the cut series, where one was asked for. */
  stack(atMs: number, dims: Dims, addTo: (tally: Tally) => void): void {
    if (this.#stacks !== undefined && this.#matches(dims)) this.#stacks.add(bucketAt(this.#starts, atMs), dims, addTo);
  }

  /** What to ask of refusals: the same range, points and filters. */
  refusals(): Parameters<typeof refusalUsage>[2] {
    const { from, to, filters } = this.#request;
    return { range: { fromMs: from, toMs: to }, starts: this.#starts, filters };
  }

  report({ names, stackNames, truncated, refusals }: { readonly names: ReadonlyMap<string, string>; readonly stackNames: ReadonlyMap<string, string>; readonly truncated: boolean; readonly refusals: RefusalUsage }): UsageReport {
    const { from, to, tz, bucket } = this.#request;
    const all = new Tally();
    for (const group of this.#groups.values()) all.merge(group);
    const totals = all.measures();
    return {
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      tz,
      bucket,
      totals,
      series: this.#starts.map((at, index) => ({ at: new Date(at).toISOString(), ...(this.#series[index] ?? new Tally()).measures() })),
      breakdown: [...this.#groups].toSorted(([a, left], [b, right]) => right.requests - left.requests || (a < b ? -1 : 1))
        .map(([id, group]) => ({ id, name: names.get(id) ?? id, ...group.measures() })),
      ...(this.#stacks && { stacked: this.#stacks.series(stackNames) }),
      coverage: { requests: totals.requests, auto: all.auto, unpriced: totals.unpriced, ...(truncated && { truncated }) },
      refusals,
    };
  }
}
