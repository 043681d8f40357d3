import type { LedgerEntry } from '../../functions/contract/ledger.ts';
import { rollUpTenant } from '../../functions/jobs/roll-up/roll-up.ts';
import { entryAt, putEntries } from '../admin/support.ts';
import { rollUpPorts } from '../support/roll-up.ts';
import { TENANT, type World } from './world.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export interface TrafficOptions {
  readonly days: number;
  readonly perDay: number;
  readonly nowMs: number;
  readonly keys: readonly string[];
  readonly change?: (index: number, entry: LedgerEntry) => LedgerEntry;
}

/** Requests of a gateway with three models, the same every time but for their ids: mostly automatic, some by alias and pattern, some failing. */
export function traffic({ days, perDay, nowMs, keys, change = (_, entry) => entry }: TrafficOptions): LedgerEntry[] {
  return Array.from({ length: days * perDay }, (_, i) => {
    const at = nowMs - 60_000 - Math.floor((i * days * DAY_MS) / (days * perDay)) - (i % 7) * 1_000;
    const tier = (['simple', 'simple', 'simple', 'moderate', 'moderate', 'complex'] as const)[i % 6] ?? 'simple';
    const model = { simple: 'claude-haiku', moderate: 'gpt-5-mini', complex: 'claude-opus' }[tier];
    const isNamed = i % 9 === 0;
    const isBad = i % 41 === 0;
    const [cost, baseline] = [{ simple: 410, moderate: 2_150, complex: 15_400 }[tier] + (i % 13) * 20, 15_000 + (i % 13) * 300];
    const score = { simple: 12, moderate: 47, complex: 78 }[tier];
    const overhead = i % 20 === 0 ? 40 : 0;
    return change(i, entryAt(at, {
      keyId: keys[i % keys.length] ?? 'AAAAAAAAAAAA', requestedModel: isNamed ? 'fast' : 'auto', servedModel: isBad ? null : model, upstreamModel: model, provider: model.startsWith('gpt') ? 'openai' : 'anthropic',
      status: isBad ? 502 : 200, ...(isBad && { errorCode: 'upstream_error' }),
      attempts: isBad ? [{ model, status: 502, errorCode: 'upstream_error', ms: 900 }] : i % 17 === 0 ? [{ model: 'gpt-5-mini', status: 429, errorCode: 'rate_limit_exceeded', ms: 120 }, { model, status: 200, ms: 700 }] : [{ model, status: 200, ms: 600 + (i % 5) * 250 }],
      latencyMs: 620 + (i % 11) * 310, ttftMs: i % 4 === 0 ? null : 210 + (i % 5) * 35, gatewayMs: 6 + (i % 4),
      tokens: { input: 240 + (i % 30) * 40, output: 70 + (i % 12) * 22, ...(i % 3 === 0 && { cacheRead: 1_200 }) },
      costMicros: cost, overheadMicros: overhead, baselineMicros: isNamed ? null : baseline, savedMicros: isNamed ? null : baseline - cost - overhead,
      ...(i % 4 === 0 && { user: `person-${i % 3}` }), ...(i % 5 === 0 && { tag: 'team-a' }), ...(i % 6 === 2 && { sessionId: `s_${i % 40}` }),
    }, {
      stage: isNamed ? 'alias' : 'auto', tier: isNamed ? null : tier, score: isNamed ? null : score, base: isNamed ? null : score - 4, contributions: isNamed ? [] : [{ feature: 'length', points: 4 }], reason: isNamed ? 'alias' : 'tier', requestedModel: isNamed ? 'fast' : 'auto',
      marginToNextTier: isNamed ? null : 18, strategy: isNamed ? null : 'ml', route: [model], policyVersion: 0,
      candidates: isNamed ? [] : [{ model: 'claude-haiku', excluded: null, estCostMicros: 400 }, { model: 'gpt-5-mini', excluded: null, estCostMicros: 2_100 }, { model: 'claude-opus', excluded: null, estCostMicros: 15_000 }],
      baseline: isNamed ? null : { model: 'claude-opus', estCostMicros: 15_000 },
    }));
  });
}

/** Writes them and rolls everything up that is old enough, as the gateway does by itself. */
export async function putTraffic(world: World, entries: readonly LedgerEntry[], nowMs: number, timezone = 'UTC'): Promise<void> {
  await putEntries(world.store, entries, TENANT);
  await rollUpTenant(rollUpPorts(world.store, () => nowMs), TENANT, timezone);
}

/** The models of `traffic`, and two keys; resolves with the ids of the keys. */
export async function registerModels(world: World): Promise<string[]> {
  for (const [id, input] of [['claude-haiku', 1], ['gpt-5-mini', 4], ['claude-opus', 15]] as const) await world.addModel(id, { price: { input, output: input * 5 } });
  for (const name of ['production', 'claude-code']) await world.addKey(name);
  const { items } = await world.admin<{ items: { id: string; name: string }[] }>('GET', '/admin/keys');
  return ['production', 'claude-code'].flatMap((name) => items.filter((key) => key.name === name).map(({ id }) => id));
}
