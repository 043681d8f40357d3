import { endOfWindowMs } from '../../core/limits/calendar.ts';
import { getDaysUntil, getWatermark, LONGEST_KEPT_MS, moveDaysUntil } from '../../adapters/store/rollups.ts';
import { isOutOfTime, recompute, type PartResult, type TenantRollUp } from './compute.ts';

/** No day is longer, daylight saving included. */
const LONGEST_DAY_MS = 26 * 3_600_000;

export interface Day { readonly level: 'day'; readonly startMs: number; readonly endMs: number; readonly timezone: string }

/** The calendar day of a zone that holds this moment. */
export function dayAt(timezone: string, ms: number): Day {
  let startMs = endOfWindowMs(timezone, ms - LONGEST_DAY_MS, 'day');
  for (;;) {
    const endMs = endOfWindowMs(timezone, startMs, 'day');
    if (endMs > ms) return { level: 'day', startMs, endMs, timezone };
    startMs = endMs;
  }
}

/** Adds up the quarters of every day of the tenant's zone that has ended. A zone that is new to the tenant begins with the oldest day. */
export async function rollUpDays(tenant: TenantRollUp): Promise<PartResult> {
  const { store, tenantId, timezone } = tenant;
  const watermark = await getWatermark(store, tenantId);
  if (watermark === undefined) return { written: 0, complete: true };
  const { untilMs, sinceMs } = watermark;
  let before = await getDaysUntil(store, tenantId, timezone);
  // A watermark that was set back takes its days with it.
  let day = dayAt(timezone, Math.min(before ?? Math.max(sinceMs, untilMs - LONGEST_KEPT_MS), untilMs));
  let written = 0;
  while (day.endMs <= untilMs) {
    if (isOutOfTime(tenant)) return { written, complete: false };
    if (await recompute(tenant, day)) written += 1;
    if (!await moveDaysUntil(store, tenantId, timezone, before, day.endMs)) return { written, complete: true };
    before = day.endMs;
    day = dayAt(timezone, day.endMs);
  }
  if (before !== undefined && before > untilMs) await moveDaysUntil(store, tenantId, timezone, before, day.startMs);
  return { written, complete: true };
}
