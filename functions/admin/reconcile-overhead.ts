import { calendarDay } from '../core/limits/calendar.ts';
import { overheadOfDay, readOverhead } from '../adapters/store/overhead.ts';
import type { Store } from '../adapters/store/port.ts';
import type { TenantRecord } from '../adapters/store/tenants.ts';

export interface OverheadDifference { readonly what: string; readonly counted: number; readonly expected: number }

/** Covers yesterday in every zone, with days of 25 hours. */
const RANGE_MS = 50 * 3_600_000;
/** Writers' clocks may be a little ahead. */
const AHEAD_MS = 60_000;
const TRIES = 5;

/** Proves that what is counted against the daily cap of shadow judging, today and yesterday, is the sum of its rows. Reads only. */
export async function overheadDifferences(store: Store, { tenantId, timezone }: TenantRecord, nowMs: number): Promise<OverheadDifference[]> {
  const differences: OverheadDifference[] = [];
  for (const day of new Set([nowMs, nowMs - 86_400_000].map((ms) => calendarDay(timezone, ms).day))) {
    // While answers are compared, a counter may move between two reads.
    for (let tries = 1; ; tries += 1) {
      const counted = await overheadOfDay(store, tenantId, day);
      let expected = 0;
      for await (const row of readOverhead(store, tenantId, nowMs - RANGE_MS, nowMs + AHEAD_MS)) if (row.day === day) expected += row.micros;
      if (counted === expected) break;
      if (tries < TRIES) continue;
      differences.push({ what: `shadow judging of ${day}`, counted, expected });
      break;
    }
  }
  return differences;
}
