import { clearDirty, listDirty } from '../../adapters/store/rollup-marks.ts';
import { endOf, floorTo, getWatermark, LEVEL_MS, type Bucket } from '../../adapters/store/rollups.ts';
import { isOutOfTime, minutesFrom, recompute, recomputeFromRows, type PartResult, type TenantRollUp } from './compute.ts';
import { dayAt } from './days.ts';

const MARKERS_AT_ONCE = 100;

/**
 * Recomputes every bucket that holds a marked minute and might be closed by now, whoever closes it: level by level, so
 * that each is made of what was just stored. Markers are removed last: what dies in between is done again. Those of
 * minutes that are still open stay until these are closed.
 */
export async function rollUpDirty(tenant: TenantRollUp): Promise<PartResult> {
  const { store, tenantId, timezone } = tenant;
  const listed = await listDirty(store, tenantId, MARKERS_AT_ONCE);
  const watermark = listed.length === 0 ? undefined : await getWatermark(store, tenantId);
  if (watermark === undefined) return { written: 0, complete: true };
  const marks = listed.filter(({ startMs }) => startMs + LEVEL_MS.minute <= watermark.untilMs);
  const minutesFromMs = Math.max(minutesFrom(tenant.now()), watermark.minutesFromMs);
  const hasMinutes = (ms: number): boolean => floorTo(ms, 'quarter') >= minutesFromMs;
  const starts = (level: 'quarter' | 'hour'): Set<number> => new Set(marks.map(({ startMs }) => floorTo(startMs, level)));
  // Asked after the level below was stored: whoever closes a bucket that has not ended by then reads what was stored.
  const hasEnded = (bucket: Bucket): boolean => endOf(bucket) <= tenant.now();
  const jobs: (() => Promise<boolean> | false)[] = [];
  for (const { startMs } of marks) if (hasMinutes(startMs)) jobs.push(() => recomputeFromRows(tenant, { level: 'minute', startMs }));
  for (const startMs of starts('quarter')) {
    const quarter = { level: 'quarter', startMs } as const;
    jobs.push(() => hasEnded(quarter) && (hasMinutes(startMs) ? recompute(tenant, quarter) : recomputeFromRows(tenant, quarter)));
  }
  for (const startMs of starts('hour')) jobs.push(() => hasEnded({ level: 'hour', startMs }) && recompute(tenant, { level: 'hour', startMs }));
  for (const day of new Map(marks.map(({ startMs }) => dayAt(timezone, startMs)).map((each) => [each.startMs, each])).values()) jobs.push(() => hasEnded(day) && recompute(tenant, day));
  let written = 0;
  for (const job of jobs) {
    if (isOutOfTime(tenant)) return { written, complete: false };
    if (await job()) written += 1;
    await tenant.pause();
  }
  for (const mark of marks) await clearDirty(store, tenantId, mark);
  return { written, complete: listed.length < MARKERS_AT_ONCE };
}
