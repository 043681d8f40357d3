import { ulid } from 'ulidx';
import type { Decision, LedgerAttempt, LedgerEntry, LedgerTokens, Tier } from '../../functions/contract/index.ts';
import { costMicros } from '../../functions/core/money/cost.ts';
import type { ModelPrice } from '../../functions/core/money/price.ts';
import { savedMicros } from '../../functions/core/money/savings.ts';
import type { DemoModel } from './demo-answer.ts';
import { mulberry32 } from './mulberry32.ts';

export const DEMO_ROWS = 400;
const SPAN_MS = 60 * 60_000;
/** One row in twenty fails. */
const ERROR_EVERY = 20;
const SEED = 20_261_120;

export interface DemoTrafficOptions {
  /** End of the hour, epoch ms. */
  readonly endMs: number;
  /** Key of the simulated application and of the simulated agent. */
  readonly keyIds: { readonly app: string; readonly agent: string };
  readonly prices: Readonly<Record<DemoModel, ModelPrice | null>>;
  readonly policyVersion: number;
}

interface Template {
  readonly key: string;
  readonly share: number;
  readonly caller: 'app' | 'agent';
  readonly dialect: string;
  readonly requestedModel: string;
  readonly ruleId: string | null;
  readonly tier: Tier;
  readonly score: readonly [number, number];
  readonly input: readonly [number, number];
  /** Part of the input that the upstream had cached. */
  readonly cached: number;
  readonly output: readonly [number, number];
}

/** Six kinds of request, as an application and a coding agent might send them; shares add up to 1. */
const TEMPLATES: readonly Template[] = [
  { key: 'tk_demo_greeting', share: 0.25, caller: 'app', dialect: 'openai-chat', requestedModel: 'auto', ruleId: null, tier: 'simple', score: [3, 18], input: [40, 160], cached: 0, output: [20, 90] },
  { key: 'tk_demo_classify', share: 0.22, caller: 'app', dialect: 'openai-chat', requestedModel: 'gpt-4o-mini', ruleId: 'demo-gpt', tier: 'simple', score: [12, 29], input: [300, 900], cached: 0, output: [4, 24] },
  { key: 'tk_demo_translate', share: 0.15, caller: 'app', dialect: 'openai-chat', requestedModel: 'auto', ruleId: null, tier: 'moderate', score: [31, 48], input: [200, 1_200], cached: 0, output: [180, 1_100] },
  { key: 'tk_demo_summarise', share: 0.13, caller: 'app', dialect: 'openai-chat', requestedModel: 'auto', ruleId: null, tier: 'moderate', score: [40, 62], input: [2_000, 9_000], cached: 0, output: [150, 500] },
  { key: 'tk_demo_agent_step', share: 0.17, caller: 'agent', dialect: 'anthropic-messages', requestedModel: 'claude-sonnet-4-5', ruleId: 'demo-claude', tier: 'moderate', score: [45, 64], input: [9_000, 30_000], cached: 0.8, output: [80, 700] },
  { key: 'tk_demo_design', share: 0.08, caller: 'agent', dialect: 'anthropic-messages', requestedModel: 'auto', ruleId: null, tier: 'complex', score: [68, 94], input: [1_500, 12_000], cached: 0.3, output: [900, 3_500] },
];

const FAILURES: readonly (readonly [status: number, code: string])[] = [[502, 'upstream_error'], [504, 'upstream_timeout'], [429, 'rate_limit_exceeded'], [502, 'upstream_truncated']];

/**
 * An hour of simulated traffic: 400 ledger rows, oldest first, the same for the same options. Nothing is said in them
 * that the gateway could not have recorded: costs come from the models' prices, and failed requests cost nothing.
 */
export function demoTraffic(options: DemoTrafficOptions): LedgerEntry[] {
  const random = mulberry32(SEED);
  return Array.from({ length: DEMO_ROWS }, (_, index) => {
    const atMs = options.endMs - SPAN_MS + Math.floor(((index + random()) * SPAN_MS) / DEMO_ROWS);
    const template = pick(random());
    return row({ options, template, index, atMs, random });
  });
}

interface RowOptions { readonly options: DemoTrafficOptions; readonly template: Template; readonly index: number; readonly atMs: number; readonly random: () => number }

function row({ options, template, index, atMs, random }: RowOptions): LedgerEntry {
  const between = ([least, most]: readonly [number, number]): number => Math.round(least + (most - least) * random());
  const model: DemoModel = template.tier === 'complex' ? 'demo-strong' : 'demo-cheap';
  const failed = index % ERROR_EVERY === ERROR_EVERY - 1 ? FAILURES[Math.floor(index / ERROR_EVERY) % FAILURES.length] : undefined;
  const total = between(template.input);
  const cacheRead = Math.round(total * template.cached);
  const tokens: LedgerTokens = failed === undefined ? { input: total - cacheRead, ...(cacheRead > 0 && { cacheRead }), output: between(template.output) } : {};
  const ttftMs = Math.round((model === 'demo-strong' ? 450 : 130) * (0.7 + random()));
  const latencyMs = failed?.[1] === 'upstream_timeout' ? 30_000 : ttftMs + Math.round((tokens.output ?? 10) * (model === 'demo-strong' ? 9 : 4) * (0.8 + 0.4 * random()));
  const cost = failed === undefined ? costMicros(tokens, options.prices[model]) : 0;
  const baseline = failed === undefined ? costMicros(tokens, options.prices['demo-strong']) : 0;
  const attempt: LedgerAttempt = { model, status: failed?.[0] ?? 200, ...(failed && { errorCode: failed[1] }), ms: latencyMs };
  return {
    requestId: ulid(atMs, random),
    keyId: options.keyIds[template.caller],
    at: new Date(atMs).toISOString(),
    status: failed?.[0] ?? 200,
    ...(failed && { errorCode: failed[1] }),
    dialect: template.dialect,
    requestedModel: template.requestedModel,
    servedModel: failed === undefined ? model : null,
    upstreamModel: failed === undefined ? model : null,
    provider: failed === undefined ? 'openai-compatible' : null,
    decision: decisionOf(template, between(template.score), model, options.policyVersion, total),
    attempts: [attempt],
    latencyMs,
    ttftMs: failed === undefined ? ttftMs : null,
    gatewayMs: Math.round((0.6 + random()) * 10) / 10,
    tokens,
    usage: 'measured',
    finish: failed === undefined ? { unified: 'stop', raw: 'stop' } : { unified: failed[1] === 'upstream_truncated' ? 'upstream_truncated' : 'error', raw: null },
    costMicros: cost,
    overheadMicros: 0,
    baselineMicros: baseline,
    savedMicros: savedMicros(baseline, cost, 0),
    priceVersion: failed === undefined ? (options.prices[model]?.version ?? 'unpriced') : 'unpriced',
    sessionId: template.caller === 'agent' ? `s_demo${Math.floor(index / 50)}` : null,
    source: 'demo',
    features: null,
  };
}

const NEXT_TIER_AT: Readonly<Record<Tier, number | null>> = { simple: 30, moderate: 65, complex: null };
const BASE = 30;

function decisionOf(template: Template, score: number, model: DemoModel, policyVersion: number, inputTokens: number): Decision {
  const nextTierAt = NEXT_TIER_AT[template.tier];
  return {
    policyVersion, artifact: null, dialect: template.dialect, requestedModel: template.requestedModel,
    stage: template.ruleId === null ? 'auto' : 'pattern', via: template.ruleId === null ? null : 'auto', ruleId: template.ruleId,
    tier: template.tier, score, base: BASE, contributions: [{ feature: 'simulated', points: score - BASE }],
    marginToNextTier: nextTierAt === null ? null : nextTierAt - score, strategy: 'ml', judge: null, reason: 'tier', session: null,
    template: { key: template.key, labels: 0 },
    candidates: [{ model, excluded: null }], route: [model], baseline: { model: 'demo-strong', estCostMicros: null },
    inputs: { inputTokens, spendTodayPct: null, breakerOpen: [], conditions: {}, request: { maxOutput: null, turns: 1, toolCount: 0, needs: template.caller === 'agent' ? ['agent'] : [] } },
  };
}

function pick(share: number): Template {
  let left = share;
  for (const template of TEMPLATES) {
    left -= template.share;
    if (left < 0) return template;
  }
  return TEMPLATES[0] as Template;
}
