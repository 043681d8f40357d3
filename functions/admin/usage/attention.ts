import type { Attention } from '../../contract/admin/setup.ts';
import type { UsageMeasures } from '../../contract/admin/usage.ts';
import type { RoutingDocument } from '../../contract/routing.ts';
import { limitIdOf, type KeyRecord } from '../../adapters/store/keys.ts';
import type { ModelRecord } from '../../adapters/store/models.ts';

const DAY_MS = 86_400_000;
const EXPIRES_SOON_MS = 7 * DAY_MS;
const UNUSED_MS = 30 * DAY_MS;
const FAILING_SHARE = 0.05;
/** Fewer requests than this say nothing about a share. */
const LEAST_REQUESTS = 10;
const NEAR = 0.8;

export type ById = ReadonlyMap<string, UsageMeasures>;

/** Everything is of one tenant; usage by model, key or rule id. */
export interface Looked {
  readonly nowMs: number;
  readonly firstRequestAtMs: number;
  readonly models: readonly ModelRecord[];
  /** Revoked ones too. */
  readonly keys: readonly KeyRecord[];
  readonly routing: RoutingDocument;
  /** When the routing was saved last; 0 = never. */
  readonly routingSavedAtMs: number;
  readonly lately: { readonly byModel: ById };
  readonly month: { readonly byModel: ById; readonly byRule: ById };
  /** Spend of the calendar day and month, for keys that have a limit for it. */
  readonly spend: { readonly day: ById; readonly month: ById };
}

/** What needs somebody's attention, most urgent first. */
export function attentionOf(looked: Looked): Attention[] {
  return [...failing(looked), ...emptyTiers(looked), ...nearLimit(looked), ...expiring(looked), ...unpriced(looked), ...unmatched(looked), ...unused(looked)];
}

const about = (kind: Attention['kind'], id: string, more: Partial<Attention> = {}): Attention => ({ kind, id, name: id, value: null, limit: null, at: null, ...more });

const failing = ({ lately }: Looked): Attention[] => [...lately.byModel]
  .filter(([id, { requests, errors }]) => id !== 'none' && requests >= LEAST_REQUESTS && errors / requests > FAILING_SHARE)
  .map(([id, { requests, errors }]) => about('model_failing', id, { value: errors / requests, limit: FAILING_SHARE }));

function emptyTiers({ models, routing: { auto: { tiers } } }: Looked): Attention[] {
  const enabled = new Set(models.filter((model) => model.enabled).map(({ id }) => id));
  const names = ['simple', 'moderate', 'complex'] as const;
  if (names.every((tier) => tiers[tier].length === 0)) return [];
  return names.filter((tier) => tiers[tier].length > 0 && !tiers[tier].some((id) => enabled.has(id))).map((tier) => about('tier_empty', tier));
}

function nearLimit({ keys, spend, nowMs }: Looked): Attention[] {
  const [day, month] = [byLimiter(keys, spend.day), byLimiter(keys, spend.month)];
  return keys.filter((key) => isActive(key, nowMs)).flatMap((key) => {
    const { keyId, name, dailyUsd, monthlyUsd } = key;
    const limits = [[dailyUsd, day], [monthlyUsd, month]] as const;
    const near = limits.flatMap(([usd, window]) => {
      const value = window.get(limitIdOf(key)) ?? 0;
      const limit = (usd ?? 0) * 1e6;
      return usd !== null && usd > 0 && value >= NEAR * limit ? [{ value, limit }] : [];
    }).toSorted((a, b) => b.value / b.limit - a.value / a.limit);
    return near.slice(0, 1).map((found) => about('key_near_limit', keyId, { name, ...found }));
  });
}

/** Micro-USD that all keys of a rotation have spent together. */
function byLimiter(keys: readonly KeyRecord[], spent: ById): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const key of keys) sums.set(limitIdOf(key), (sums.get(limitIdOf(key)) ?? 0) + (spent.get(key.keyId)?.costMicros ?? 0));
  return sums;
}

/** A key that ends with the overlap of its rotation needs nobody's attention any more. */
const isActive = ({ revokedAt, expiresAt }: KeyRecord, nowMs: number): boolean => revokedAt === null && (expiresAt === null || Date.parse(expiresAt) > nowMs);

const expiring = ({ keys, nowMs }: Looked): Attention[] => keys
  .filter((key) => isActive(key, nowMs) && key.expiresAt !== null && Date.parse(key.expiresAt) - nowMs <= EXPIRES_SOON_MS)
  .map(({ keyId, name, expiresAt }) => about('key_expiring', keyId, { name, at: expiresAt }));

const unpriced = ({ month }: Looked): Attention[] => [...month.byModel].filter(([id, measures]) => id !== 'none' && measures.unpriced > 0).map(([id, measures]) => about('model_unpriced', id, { value: measures.unpriced }));

/** Only where there was time to match: the rules are a month old, and so is the traffic. */
const unmatched = ({ routing, routingSavedAtMs, firstRequestAtMs, month, nowMs }: Looked): Attention[] => (nowMs - Math.max(routingSavedAtMs, firstRequestAtMs) < UNUSED_MS ? []
  : routing.patterns.filter(({ id, enabled }) => enabled && !month.byRule.has(id)).map(({ id, name }) => about('rule_never_matched', id, { name: name ?? id })));

const unused = ({ models, firstRequestAtMs, month, nowMs }: Looked): Attention[] => models
  .filter(({ id, enabled, createdAt }) => enabled && !id.endsWith('*') && nowMs - Math.max(Date.parse(createdAt), firstRequestAtMs) >= UNUSED_MS && !month.byModel.has(id))
  .map(({ id }) => about('model_unused', id));
