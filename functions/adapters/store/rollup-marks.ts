import { partition } from './entity.ts';
import type { Op, Store } from './port.ts';
import { ulidTimeMs } from './ulid-time.ts';

const MINUTE_MS = 60_000;

/**
 * A minute is closed when its end lies this far back. A settlement marks its minute from half of it on, by the clock
 * after its row was written: so as long as two clocks differ by less than the other half, each row is either in the
 * store when its minute is read or announced by a marker.
 */
export const CLOSE_AFTER_MS = 60_000;
const MARK_AFTER_MS = CLOSE_AFTER_MS / 2;

/** A minute whose stored buckets lack a row. `by` = who marked it last: a marker is only removed as it was read. */
export interface DirtyMinute { readonly startMs: number; readonly by: string }

const dirtyPlace = (tenantId: string): string => partition('UD', tenantId);

const minuteOf = (requestId: string): number => Math.floor(ulidTimeMs(requestId) / MINUTE_MS) * MINUTE_MS;
const nameOf = (ms: number): string => new Date(ms).toISOString().slice(0, 16);

/** Whether a row written by `nowMs` may have come too late for its minute, so that it needs `dirtyOp`. */
export const isLate = (requestId: string, nowMs: number): boolean => nowMs >= minuteOf(requestId) + MINUTE_MS + MARK_AFTER_MS;

/** Marks the minute of a request. To be written after its ledger row, or with it. `by` = what tells this marking from others of the same row. */
export const dirtyOp = (tenantId: string, requestId: string, by: string = requestId): Op => ({ put: { table: 'usage', pk: dirtyPlace(tenantId), sk: nameOf(ulidTimeMs(requestId)) }, item: { by } });

/** Marks the minutes of rows that were written otherwise than by a settlement, such as seeded ones; each minute once. */
export async function markRows(store: Store, tenantId: string, requestIds: Iterable<string>): Promise<void> {
  const ops = new Map([...requestIds].map((requestId) => [minuteOf(requestId), dirtyOp(tenantId, requestId)]));
  for (const op of ops.values()) await store.write([op]);
}

/** Oldest first. */
export async function listDirty(store: Store, tenantId: string, limit: number): Promise<DirtyMinute[]> {
  const { rows } = await store.query({ table: 'usage', pk: dirtyPlace(tenantId), limit });
  return rows.map(({ sk, item }) => ({ startMs: Date.parse(`${sk}:00Z`), by: String(item['by']) }));
}

/** Removes a marker unless somebody marked the minute again. */
export async function clearDirty(store: Store, tenantId: string, { startMs, by }: DirtyMinute): Promise<void> {
  await store.write([{ delete: { table: 'usage', pk: dirtyPlace(tenantId), sk: nameOf(startMs) }, guards: [{ attr: 'by', equals: by }] }]);
}
