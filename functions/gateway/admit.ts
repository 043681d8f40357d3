import { failure, GatewayError, type Failure } from '../core/errors.ts';
import { costMicros } from '../core/money/cost.ts';
import type { ModelPrice } from '../core/money/price.ts';
import { factorOf, priceAt, tiersAsked } from '../core/money/tier.ts';
import { exclusionOf } from '../core/routing/eligibility.ts';
import { modelNamed } from '../core/routing/policy-compile.ts';
import type { RegisteredModel } from '../core/routing/policy.ts';
import { resolve } from '../core/routing/resolve.ts';
import type { Denial, Lease, LeaseDraft, ReserveResult } from '../adapters/store/accounts.ts';
import { writesForAnHour } from './hour-writes.ts';
import { blank, decidingPolicy, judgedIn, unjudged } from './judge/consult.ts';
import { outputCap } from './output-cap.ts';
import type { Plan } from './route.ts';
import type { Ports } from './ports.ts';

/** Output tokens assumed against tokens/min while nothing has been learned. */
const FIRST_OUTPUT_RESERVE = 2_048;
const LEAST_AFFORDABLE_TOKENS = 256;
/** No request lives longer than this; its lease may be swept a minute later. */
export const TOTAL_DEADLINE_MS = 600_000;

export interface Admitted { readonly plan: Plan; readonly lease: Lease }

/** A refusal that also carries the key's rate-limit state for the response headers. */
export class DeniedError extends GatewayError {
  readonly denial: Denial;
  constructor(denial: Denial, cause: Failure) {
    super(cause);
    this.denial = denial;
  }
}

/**
 * Holds the request's tokens and money before the first upstream byte: one conditional write. When a budget is too
 * small it first re-routes once to a cheaper candidate, then (unless strict) asks for fewer output tokens, else refuses.
 */
export async function admit(plan: Plan, ports: Ports): Promise<Admitted> {
  const first = await hold(plan, ports);
  if (first.ok) return { plan, lease: first.lease };
  if (first.denial.code === 'budget_exceeded') {
    // A judge that cannot be paid for is not asked; what fits without it comes next.
    const plain = withoutJudge(plan);
    for (const smaller of [plain === plan ? undefined : plain, cheaper(plain), shorter(plain, first.denial)]) {
      if (smaller === undefined) continue;
      const second = await hold(smaller, ports);
      if (second.ok) return { plan: smaller, lease: second.lease };
    }
  }
  throw new DeniedError(first.denial, refusal(first.denial));
}

function hold(plan: Plan, ports: Ports): Promise<ReserveResult> {
  const { exchange, key, policy, facts } = plan;
  const dearest = plan.judging === undefined ? dearestOf(plan).costMicros : dearestOfAnyTier(plan);
  const overheadMicros = plan.judging?.capMicros ?? 0;
  return ports.accounts.reserve({
    requestId: exchange.requestId,
    key,
    timezone: policy.timezone,
    tokens: facts.inputTokens + Math.min(plan.maxOutputTokens ?? plan.asked.conversation.maxOutputTokens ?? Infinity, FIRST_OUTPUT_RESERVE) * copies(plan),
    costMicros: dearest === null && overheadMicros === 0 ? null : (dearest ?? 0) + overheadMicros,
    deadlineAt: exchange.atMs + Math.min(TOTAL_DEADLINE_MS, exchange.request.remainingMs()),
    draft: draftOf(plan, dearest, overheadMicros),
    ...(policy.budget && { tenantBudget: policy.budget }),
    ...(policy.maxParallel !== undefined && { tenantMaxParallel: policy.maxParallel }),
    ...(policy.ledgerDays !== undefined && { ledgerDays: policy.ledgerDays }),
  });
}

const copies = (plan: Plan): number => plan.asked.conversation.n ?? 1;

/** Worst case in micro-USD: every input token at its dearest class, every output token used. null = unpriced. */
export function worstCase(plan: Plan, model: RegisteredModel): number | null {
  const { tokens } = outputCap(plan, model);
  return model.price === null ? null : costOf(plan, dearestTier(plan, model.price), tokens);
}

/** The price at the dearest tier that the request may be served at: an upstream may also serve it at the plain one. */
function dearestTier({ asked }: Plan, price: ModelPrice): ModelPrice {
  let [dearest, most] = [price, 1];
  for (const tier of tiersAsked(asked.conversation).values()) {
    const factor = factorOf(price, tier) ?? 1;
    if (factor > most) [dearest, most] = [priceAt(price, tier).price ?? price, factor];
  }
  return dearest;
}

function costOf(plan: Plan, price: ModelPrice, outputTokens: number): number {
  const hour = price.cacheWrite1h > price.cacheWrite5m && writesForAnHour(plan.asked) ? price.cacheWrite1h : 0;
  const dearestInput = Math.max(price.input, price.cacheRead, price.cacheWrite5m, hour);
  return costMicros({ input: plan.facts.inputTokens, output: outputTokens * copies(plan) }, { ...price, input: dearestInput }) ?? 0;
}

function dearestOf(plan: Plan): { model: RegisteredModel | undefined; costMicros: number | null } {
  let dearest: { model: RegisteredModel | undefined; costMicros: number | null } = { model: plan.route[0], costMicros: null };
  for (const model of plan.route) {
    const cost = worstCase(plan, model);
    if (cost !== null && (dearest.costMicros === null || cost > dearest.costMicros)) dearest = { model, costMicros: cost };
  }
  return dearest;
}

/** Worst case of the dearest model that a judge could still choose: of every tier, what the request fits into. */
function dearestOfAnyTier(plan: Plan): number | null {
  const { input, route, decision } = plan;
  const world = { facts: input.facts, allowedModels: input.key.allowedModels, breakerOpen: input.breakerOpen, overBudget: NOTHING };
  const policy = decidingPolicy(input.policy, decision);
  const tiers = Object.values(policy.document.auto.tiers).flat().map((id) => modelNamed(policy, id));
  const possible = [...route, ...tiers.filter((model) => model !== undefined && exclusionOf(model, world) === null)];
  return dearestOf({ ...plan, route: possible.filter((model) => model !== undefined) }).costMicros;
}
const NOTHING: ReadonlySet<string> = new Set();

/** The same plan decided in process, because its budget has no room for the judge and every tier's models. */
function withoutJudge(plan: Plan): Plan {
  if (plan.judging === undefined) return plan;
  const { judging, ...rest } = plan;
  const { decision, route, features } = unjudged(plan.input, { ok: true, decision: plan.decision, route: [...plan.route], features: plan.features }, { ...blank(judging.model.id), error: 'budget' });
  return { ...rest, decision, route, features };
}

/** The same request routed once more without the model that the budget cannot carry; undefined when the caller named it. */
function cheaper(plan: Plan): Plan | undefined {
  const dearest = dearestOf(plan).model;
  if (dearest === undefined || plan.decision.stage === 'passthrough') return undefined;
  const judged = judgedIn(plan.decision);
  const again = resolve({ ...plan.input, excludeModels: new Set([dearest.id]), ...(judged && { judged }) });
  return again.ok ? { ...plan, decision: { ...again.decision, judge: plan.decision.judge }, route: again.route, features: again.features } : undefined;
}

/** The same route with as many output tokens as the rest of the budget pays for. */
function shorter(plan: Plan, denial: Denial): Plan | undefined {
  const model = dearestOf(plan).model;
  if (model === undefined || model.price === null || model.price.output === 0 || denial.affordableMicros === undefined || strictly(plan)) return undefined;
  const price = dearestTier(plan, model.price);
  const input = costOf(plan, price, 0);
  const affordable = Math.floor(((denial.affordableMicros - input) * 1e6) / price.output / copies(plan));
  return affordable >= LEAST_AFFORDABLE_TOKENS && affordable < outputCap(plan, model).tokens ? { ...plan, maxOutputTokens: affordable } : undefined;
}

/** Strict callers get a 400 or 429 instead of a changed request. */
export function strictly(plan: Plan): boolean {
  return plan.key.strict || plan.exchange.request.headers['x-bsg-strict'] === 'true';
}

const WORDS: Record<Denial['code'], string> = {
  rate_limit_exceeded: 'Rate limit exceeded.',
  tokens_exceeded: 'Token rate limit exceeded.',
  concurrency_exceeded: 'Too many requests in parallel for this key.',
  budget_exceeded: 'The budget of this key is used up.',
};

const TENANT_WORDS: Partial<Record<Denial['code'], string>> = {
  concurrency_exceeded: 'Too many requests in parallel for this organisation.',
  budget_exceeded: 'The budget of this organisation is used up.',
};

export function refusal(denial: Denial): Failure {
  const seconds = Math.max(1, denial.retryAfterSeconds);
  const words = denial.ofTenant ? TENANT_WORDS[denial.code] ?? WORDS[denial.code] : WORDS[denial.code];
  return failure(denial.code, `${words} Please retry after ${seconds} second${seconds === 1 ? '' : 's'}.`, { retryAfterSeconds: seconds });
}

function draftOf(plan: Plan, worstMicros: number | null, overheadMicros: number): LeaseDraft {
  const { decision, exchange } = plan;
  const first = plan.route[0];
  return {
    dialect: exchange.format,
    requestedModel: decision.requestedModel,
    model: first?.id ?? '',
    upstreamModel: first?.upstreamModel ?? '',
    provider: first?.provider ?? '',
    policyVersion: decision.policyVersion,
    stage: decision.stage,
    ruleId: decision.ruleId,
    tier: decision.tier,
    score: decision.score,
    reason: decision.reason,
    sessionId: decision.session?.id ?? null,
    inputTokens: plan.facts.inputTokens,
    priceVersion: first?.price?.version ?? 'unpriced',
    costMicros: worstMicros,
    ...(overheadMicros > 0 && { overheadMicros }),
    baselineMicros: decision.baseline?.estCostMicros ?? null,
    source: 'live',
  };
}
