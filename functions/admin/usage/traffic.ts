import type { Attention } from '../../contract/admin/setup.ts';
import type { KeyRecord } from '../../adapters/store/keys.ts';
import type { ModelRecord } from '../../adapters/store/models.ts';
import { listRoutingVersions, type RoutingVersion } from '../../adapters/store/routing.ts';
import { getTenant } from '../../adapters/store/tenants.ts';
import { endOfWindowMs } from '../../core/limits/calendar.ts';
import { NONE } from '../../core/usage/groups.ts';
import type { AdminPorts, Caller } from '../ports.ts';
import { analyticsOf } from './analytics.ts';
import { attentionOf, type ById } from './attention.ts';
import type { UsageReport, UsageRequest } from './read-usage.ts';

const QUARTER_MS = 900_000;
const DAY_MS = 86_400_000;
const MONTH_MS = 30 * DAY_MS;
const LONGEST_DAY_MS = 26 * 3_600_000;
const LONGEST_MONTH_MS = 32 * DAY_MS;

export interface Traffic { readonly auto: number; readonly matchedToday: number; readonly attention: Attention[] }

export interface TrafficAsk {
  readonly caller: Caller;
  readonly ports: AdminPorts;
  readonly nowMs: number;
  readonly models: readonly ModelRecord[];
  /** Revoked ones too: what they have spent counts for those that they were rotated into. */
  readonly keys: readonly KeyRecord[];
  readonly routing: RoutingVersion;
  readonly firstRequestAt: string;
}

/** What the overview must know of the traffic: a few questions to the roll-ups. */
export async function lookAtTraffic({ caller: { tenantId }, ports, nowMs, models, keys, routing, firstRequestAt }: TrafficAsk): Promise<Traffic> {
  const zone = (await getTenant(ports.store, tenantId))?.timezone ?? 'UTC';
  const analytics = ports.analytics ?? analyticsOf(ports.store);
  const ask = (from: number, by: UsageRequest['by'], bucket: UsageRequest['bucket'] = 'day'): Promise<UsageReport> => analytics.usage(tenantId, { from, to: nowMs, tz: zone, tenantZone: zone, bucket, by, filters: {}, nowMs, withUnknown: false });
  const live = keys.filter(({ revokedAt }) => revokedAt === null);
  const today = startOf(zone, nowMs, 'day');
  const [byModel, byRule, lately, rulesToday, dayByKey, monthByKey, [saved]] = await Promise.all([
    ask(nowMs - MONTH_MS, 'model'), ask(nowMs - MONTH_MS, 'rule'), ask(nowMs - QUARTER_MS, 'model', 'minute'), ask(today, 'rule'),
    live.some(({ dailyUsd }) => dailyUsd !== null) ? ask(today, 'key') : undefined, live.some(({ monthlyUsd }) => monthlyUsd !== null) ? ask(startOf(zone, nowMs, 'month'), 'key') : undefined,
    listRoutingVersions(ports.store, tenantId, { limit: 1 }).then(({ items }) => items),
  ]);
  return {
    auto: byModel.coverage.auto,
    matchedToday: rulesToday.breakdown.filter(({ id }) => id !== NONE).length,
    attention: attentionOf({
      nowMs, firstRequestAtMs: Date.parse(firstRequestAt), models, keys, routing: routing.document, routingSavedAtMs: saved === undefined ? 0 : Date.parse(saved.at),
      lately: { byModel: byId(lately) }, month: { byModel: byId(byModel), byRule: byId(byRule) }, spend: { day: byId(dayByKey), month: byId(monthByKey) },
    }),
  };
}

const byId = (report: UsageReport | undefined): ById => new Map(report?.breakdown.map((part) => [part.id, part]) ?? []);

/** Epoch ms at which the tenant's day or month began. */
function startOf(zone: string, nowMs: number, window: 'day' | 'month'): number {
  let start = nowMs - (window === 'day' ? LONGEST_DAY_MS : LONGEST_MONTH_MS);
  for (let next = endOfWindowMs(zone, start, window); next <= nowMs; next = endOfWindowMs(zone, next, window)) start = next;
  return start;
}
