import { countTraffic, getTrafficDay, putTrafficDay } from '../../adapters/store/template-traffic.ts';
import type { TemplateTraffic } from '../../core/routing/evidence/traffic.ts';
import type { PlanPorts } from './ports.ts';

const DAY_MS = 86_400_000;
const DAYS = 7;
/** A day is counted when its last requests have settled. */
const SETTLED_MS = 3_600_000;

/**
 * What a tenant's traffic was on each of the last seven closed days that had any, and today's where there is no such day
 * yet. Days are counted once and kept. undefined = no time was left.
 */
export async function recentTraffic({ store, now }: PlanPorts, tenantId: string, isOutOfTime: () => boolean): Promise<TemplateTraffic[][] | undefined> {
  const nowMs = now();
  const todayMs = Math.floor((nowMs - SETTLED_MS) / DAY_MS) * DAY_MS;
  const days: TemplateTraffic[][] = [];
  for (let dayMs = todayMs - DAY_MS; dayMs >= todayMs - DAYS * DAY_MS; dayMs -= DAY_MS) {
    const stored = await getTrafficDay(store, tenantId, dayMs);
    const counted = stored ?? await countTraffic(store, tenantId, { fromMs: dayMs, toMs: dayMs + DAY_MS, isOutOfTime });
    if (counted === undefined) return undefined;
    if (stored === undefined) await putTrafficDay(store, tenantId, dayMs, counted);
    if (counted.length > 0) days.push(counted);
  }
  if (days.length > 0) return days;
  const today = await countTraffic(store, tenantId, { fromMs: todayMs, toMs: nowMs, isOutOfTime });
  return today === undefined ? undefined : [today];
}
