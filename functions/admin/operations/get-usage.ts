import { setImmediate as nextTurn } from 'node:timers/promises';
import * as z from 'zod/mini';
import type { LedgerEntry } from '../../contract/ledger.ts';
import { listKeys } from '../../adapters/store/keys.ts';
import { queryLedger } from '../../adapters/store/ledger.ts';
import { getRouting } from '../../adapters/store/routing.ts';
import { getTenant } from '../../adapters/store/tenants.ts';
import { ulidTimeMs } from '../../adapters/store/ulid-time.ts';
import { AdminError } from '../errors.ts';
import type { AdminCall } from '../ports.ts';
import { usageAnswer } from '../../contract/admin/usage.ts';
import { operation } from '../operation.ts';
import { instant, timezone } from '../query.ts';
import { BUCKET_MS, bucketAt, bucketFor, bucketStarts, type Bucket } from '../usage/buckets.ts';
import { groupOf, GROUPS, passes, type Filters, type Group } from '../usage/groups.ts';
import { Measures } from '../usage/measures.ts';

const DEFAULT_RANGE_MS = 86_400_000;
const MAX_RANGE_MS = 400 * 86_400_000;
const MAX_POINTS = 2_000;
/** Raw rows one answer may read, newest first. */
const MAX_ROWS = 100_000;
/** Read at once: few enough that requests in between do not wait noticeably. */
const ROWS_PER_TURN = 250;
/** Groups one breakdown may have; ids come from requests only where they name something registered. */
const MAX_GROUPS = 1_000;

const filter = z.optional(z.string().check(z.minLength(1), z.maxLength(128)));
const query = z.strictObject({
  from: z.optional(instant),
  to: z.optional(instant),
  tz: z.optional(timezone),
  bucket: z.optional(z.enum(Object.keys(BUCKET_MS) as [Bucket, ...Bucket[]])),
  by: z._default(z.enum(GROUPS), 'model'),
  model: filter,
  key: z.optional(z.string().check(z.regex(/^[0-9A-Za-z]{12}$/, 'a key id has 12 letters and digits'))),
  rule: filter,
  tier: filter,
  stage: filter,
  status: z.optional(z.string().check(z.regex(/^[1-5](xx|\d\d)$/, 'this must be a status or a class such as 4xx'))),
});

interface Range { readonly from: number; readonly to: number; readonly tz: string; readonly bucket: Bucket }

/** From the ledger itself. `coverage.truncated` = only the newest rows were read. */
export const getUsage = operation({ summary: 'Totals, series and breakdown of a range.', query, answer: usageAnswer }, async (call) => {
  const { from, to, tz, bucket, by, ...filters } = call.query;
  const range = await rangeOf(call, { from, to, tz, bucket });
  const usage = new Usage(range, by);
  const truncated = await readRows(call, range, filters.key, (entry) => {
    if (passes(entry, filters)) usage.add(entry);
  });
  return { body: usage.report(await namesOf(call, by), truncated) };
});

async function rangeOf({ ports, caller, nowMs }: AdminCall, asked: Partial<Range>): Promise<Range> {
  const to = asked.to ?? nowMs;
  const from = asked.from ?? to - DEFAULT_RANGE_MS;
  if (from > to) throw new AdminError('invalid_request', 'The range ends before it begins.', { field: 'to' });
  if (to - from > MAX_RANGE_MS) throw new AdminError('invalid_request', 'A range is at most 400 days.', { field: 'from' });
  const bucket = asked.bucket ?? bucketFor(to - from);
  if ((to - from) / BUCKET_MS[bucket] > MAX_POINTS) throw new AdminError('invalid_request', 'The range has too many buckets of this size.', { field: 'bucket' });
  return { from, to, bucket, tz: asked.tz ?? (await getTenant(ports.store, caller.tenantId))?.timezone ?? 'UTC' };
}

/** Gives every row of the range to `each`, in steps between which other requests are served. True = there were too many. */
async function readRows({ ports, caller }: AdminCall, range: Range, keyId: Filters['key'], each: (entry: LedgerEntry) => void): Promise<boolean> {
  let cursor: string | undefined;
  let rows = 0;
  do {
    const page = await queryLedger(ports.store, caller.tenantId, {
      from: new Date(range.from).toISOString(), to: new Date(range.to).toISOString(), limit: ROWS_PER_TURN, reverse: true,
      ...(keyId !== undefined && { keyId }), ...(cursor !== undefined && { cursor }),
    });
    for (const entry of page.items) each(entry);
    rows += page.items.length;
    cursor = page.cursor;
    if (cursor !== undefined) await nextTurn();
  } while (cursor !== undefined && rows < MAX_ROWS);
  return cursor !== undefined;
}

/** Ids of keys and rules → their names; everything else is its own name. */
async function namesOf({ ports: { store }, caller: { tenantId } }: AdminCall, by: Group): Promise<ReadonlyMap<string, string>> {
  if (by === 'key') return new Map((await listKeys(store, tenantId)).map(({ keyId, name }) => [keyId, name]));
  if (by === 'rule') return new Map((await getRouting(store, tenantId)).document.patterns.map(({ id, name }) => [id, name ?? id]));
  return new Map();
}

/** The running answer of one request. */
class Usage {
  readonly #range: Range;
  readonly #by: Group;
  readonly #starts: readonly number[];
  readonly #series: readonly Measures[];
  readonly #totals = new Measures();
  readonly #groups = new Map<string, Measures>();
  #auto = 0;

  constructor(range: Range, by: Group) {
    this.#range = range;
    this.#by = by;
    this.#starts = bucketStarts(range.from, range.to, range.bucket, range.tz);
    this.#series = this.#starts.map(() => new Measures());
  }

  add(entry: LedgerEntry): void {
    this.#totals.add(entry);
    // By the time in the id, which is also what selects the row.
    this.#series[bucketAt(this.#starts, ulidTimeMs(entry.requestId))]?.add(entry);
    if (entry.decision?.stage === 'auto' || entry.decision?.via === 'auto') this.#auto += 1;
    let id = groupOf(entry, this.#by);
    if (!this.#groups.has(id) && this.#groups.size >= MAX_GROUPS) id = 'other';
    const group = this.#groups.get(id) ?? new Measures();
    group.add(entry);
    this.#groups.set(id, group);
  }

  report(names: ReadonlyMap<string, string>, truncated: boolean): object {
    const { from, to, tz, bucket } = this.#range;
    return {
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      tz,
      bucket,
      totals: this.#totals,
      series: this.#starts.map((at, index) => ({ at: new Date(at).toISOString(), ...this.#series[index]?.toJSON() })),
      breakdown: [...this.#groups].toSorted(([a, left], [b, right]) => right.requests - left.requests || (a < b ? -1 : 1))
        .map(([id, measures]) => ({ id, name: names.get(id) ?? id, ...measures.toJSON() })),
      coverage: { requests: this.#totals.requests, auto: this.#auto, unpriced: this.#totals.unpriced, ...(truncated && { truncated }) },
    };
  }
}
