import { listKeys } from '../../adapters/store/keys.ts';
import { queryLedger } from '../../adapters/store/ledger.ts';
import { listModels } from '../../adapters/store/models.ts';
import type { Store } from '../../adapters/store/port.ts';
import { getWatermark } from '../../adapters/store/rollups.ts';
import { getRouting } from '../../adapters/store/routing.ts';
import { setupAnswer, type SetupAnswer } from '../../contract/admin/setup.ts';
import { priceFor } from '../../core/money/catalogue.ts';
import { operation } from '../operation.ts';
import { activeRules, priceRange } from '../usage/model-prices.ts';
import { lookAtTraffic, type Traffic } from '../usage/traffic.ts';
import { refusalSamples, refusalUsage, type RefusalScope } from '../usage/refusals.ts';
import { scopeOf } from '../usage/scope.ts';
import { hintFor } from '../usage/refusal-hints.ts';

/** Younger requests than these are not in the roll-ups yet. */
const RECENT_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** So many requests that automatic routing decided make a saving worth a sentence. */
const AUTO_NEEDED = 20;
const NO_TRAFFIC: Traffic = { auto: 0, matchedToday: 0, attention: [] };
/** Upstreams that work without a credential. */
const FREE: ReadonlySet<string> = new Set(['ollama', 'openai-compatible', 'bedrock']);

export const getSetup = operation(
  { summary: 'What is still to be done until requests are routed and counted, and what needs attention afterwards. A handful of reads until the first request, then some of the roll-ups, whatever the size of the ledger.', answer: setupAnswer },
  async ({ caller, ports, nowMs }) => {
    const { store } = ports;
    const { tenantId } = caller;
    const [models, keys, routing, firstRequestAt, refused] = await Promise.all([
      listModels(store, tenantId), listKeys(store, tenantId), getRouting(store, tenantId), firstRequest(store, tenantId, nowMs), refusedLately(store, scopeOf(caller, ports), nowMs),
    ]);
    const enabled = models.filter((model) => model.enabled);
    const active = keys.filter(({ revokedAt }) => revokedAt === null);
    const { tiers } = routing.document.auto;
    const steps = [
      { id: 'model', done: enabled.length > 0 },
      { id: 'credential', done: enabled.some(({ credentials, provider }) => credentials.length > 0 || FREE.has(provider)) },
      { id: 'price', done: enabled.length > 0 && enabled.every(({ provider, upstreamModel, price }) => priceFor(provider, upstreamModel, price) !== null) },
      { id: 'tiers', done: tiers.simple.length > 0 && tiers.complex.length > 0 },
      { id: 'key', done: active.length > 0 },
      { id: 'request', done: firstRequestAt !== null },
    ];
    const traffic = firstRequestAt === null ? NO_TRAFFIC : await lookAtTraffic({ caller, ports, nowMs, models, keys, routing, firstRequestAt });
    return {
      body: {
        steps, complete: steps.every(({ done }) => done), firstRequestAt, refused,
        models: { enabled: enabled.length, ...priceRange(enabled, routing.document) }, keys: active.length,
        rules: { active: activeRules(routing.document), matchedToday: traffic.matchedToday }, autoRouted: { count: Math.min(traffic.auto, AUTO_NEEDED), needed: AUTO_NEEDED }, attention: traffic.attention,
      },
    };
  },
);

/** About when the first request came: the roll-ups know, to the quarter of an hour; before the first roll-up the last hour is looked at. */
async function firstRequest(store: Store, tenantId: string, nowMs: number): Promise<string | null> {
  const watermark = await getWatermark(store, tenantId);
  if (watermark !== undefined && watermark.sinceMs < watermark.untilMs) return new Date(watermark.sinceMs).toISOString();
  const { items: [first] } = await queryLedger(store, tenantId, { from: new Date(nowMs - RECENT_MS).toISOString(), to: new Date(nowMs).toISOString(), limit: 1 });
  return first?.at ?? null;
}

/** What came within a day and was turned away: whoever waits for a first request learns why there is none. */
async function refusedLately(store: Store, scope: RefusalScope, nowMs: number): Promise<SetupAnswer['refused']> {
  const range = { fromMs: nowMs - DAY_MS, toMs: nowMs };
  const [{ count, byCode }, [last]] = await Promise.all([refusalUsage(store, scope, { range, starts: [range.fromMs], filters: {} }), refusalSamples(store, scope, range)]);
  return last === undefined ? null : { count, byCode, last, hint: hintFor(last) };
}
