import type { Candidate, Decision, Exclusion, Reason, Stage, Tier } from '../../contract/index.ts';
import { TIERS } from '../../contract/words.ts';
import type { WireFormat } from '../conversation.ts';
import { hostedRefusal } from '../dialects/tools.ts';
import { failure, type Failure } from '../errors.ts';
import { costMicros } from '../money/cost.ts';
import { boundariesOf, higherTier, marginToNextTier, tierOf, tiersFrom } from './boundaries.ts';
import type { PriorArtifact } from './classifier/artifact.ts';
import { PRIOR_FEATURES_VERSION } from './classifier/dense-features.ts';
import { isNovel, isPlain, noveltyOf, scorePrior } from './classifier/prior.ts';
import { FEATURES_VERSION, scoreStatic, type Scored } from './classifier/static.ts';
import { holds, localTime, type CompiledCondition, type ConditionWorld } from './condition.ts';
import { CAUSED_BY_REQUEST, exclusionOf, type EligibilityWorld } from './eligibility.ts';
import { evidenceFor, measuredOf, templateEvidence } from './evidence/plan.ts';
import { globMatches } from './pattern.ts';
import { modelNamed, policyFor, type CompiledPolicy } from './policy-compile.ts';
import type { RegisteredModel } from './policy.ts';
import { inputsOf, type RequestFacts } from './request-facts.ts';
import { paysToMove, type SessionState } from './session-choice.ts';
import { sessionIdOf } from './session.ts';
import { templateParentOf } from './template-parent.ts';
import { templateKeyOf } from './template.ts';
import { TextSearch } from './text-search.ts';

export interface ResolveInput {
  readonly policy: CompiledPolicy;
  readonly facts: RequestFacts;
  readonly requestedModel: string;
  readonly dialect: WireFormat;
  readonly key: { readonly id: string; readonly name: string; readonly allowedModels: readonly string[] | null };
  readonly spend: { readonly todayPct: number | null; readonly monthPct: number | null };
  readonly breakerOpen: ReadonlySet<string>;
  readonly nowMs: number;
  readonly templateSalt: string;
  /** The trained prior of strategy `ml`; null or absent = it is damaged, and what is not known goes to the strongest. */
  readonly prior?: PriorArtifact | null;
  /** Models the budget could not carry; they are excluded as `budget`. */
  readonly excludeModels?: ReadonlySet<string>;
  /** What the session's last answer left behind; absent where there is none or nobody looked. */
  readonly session?: SessionState;
  /** Strategy `llm`: what the judge said of the request; absent = it was not asked, and the in-process score decides. */
  readonly judged?: Judged | 'failed';
  /** In a replay: what the record says where the request itself would be asked. */
  readonly recollection?: Recollection;
}

/** The parts of a decision that only the request's text could give, as a record kept them. `scored` and `lacks` throw for what it lacks. */
export interface Recollection {
  readonly sessionId: string | null;
  readonly templateKey: string;
  /** Truth before negation; undefined = not recorded. */
  truth(condition: CompiledCondition, field: string, world: ConditionWorld): boolean | null | undefined;
  scored(): Scored & { readonly logits?: number[] | null };
  /** The model that evidence had assigned, as far as it is recorded. */
  readonly assigned: string | undefined;
  lacks(what: 'condition'): never;
  /** Why the model could not serve then; undefined = not recorded, to be judged by what the request was. */
  exclusion(model: RegisteredModel): Exclusion | null | undefined;
}

/** `tier` is the score's tier under the policy's boundaries. */
export interface Judged { readonly tier: Tier; readonly score: number }

export type Resolution =
  | { readonly ok: true; readonly decision: Decision; readonly route: RegisteredModel[]; readonly features: { v: number; dense: number[]; logits: number[] | null } | null }
  | { readonly ok: false; readonly failure: Failure; readonly decision: Decision | null };

/** Decisions in which no judge has a say. */
const UNJUDGED: ReadonlySet<Reason> = new Set<Reason>(['always_strongest', 'tool_loop']);
const MAX_ROUTE = 3;
/** Answer length assumed for estimates while none has been seen. */
const EXPECTED_OUTPUT_TOKENS = 512;
const NONE: ReadonlySet<string> = new Set();

/**
 * The one resolver: passthrough, alias, pattern, auto; first match wins. Pure: live traffic, dry runs and replays of the
 * same input give the same decision. A refusal names why; `decision` is null when no stage matched.
 */
export function resolve(input: ResolveInput): Resolution {
  const policy = policyFor(input.policy, () => sessionOf(input) ?? input.key.id);
  return new Resolver(policy === input.policy ? input : { ...input, policy }).run();
}

const sessionOf = ({ recollection, key, facts }: ResolveInput): string | null => (recollection === undefined ? sessionIdOf(key.id, facts) : recollection.sessionId);

interface Goal {
  readonly stage: Stage;
  readonly reason: Reason;
  /** `model:…`, `tier:…` or `auto`. */
  readonly target: string;
  readonly ruleId: string | null;
  readonly fallbacks: readonly string[];
}

interface Listed { readonly id: string; readonly model: RegisteredModel | undefined }

/** Models in the order of automatic routing, and why the first of them leads. */
interface Choice { readonly own: readonly Listed[]; readonly above: readonly Listed[]; readonly reason: Reason; readonly pinned?: boolean; readonly assigned?: string | undefined }

/** What automatic routing has found out before it looks at sessions. */
interface Standing {
  readonly tier: Tier;
  readonly judged: ResolveInput['judged'];
  readonly scored: InProcess;
  readonly fallbacks: readonly Listed[];
  readonly baseline: RegisteredModel | undefined;
}

/** A score by the strategy in this process, and which version of which features it rests on. */
type InProcess = Scored & { readonly logits?: number[] | null; readonly v: number; readonly artifact: string | null };

class Resolver {
  readonly #input: ResolveInput;
  readonly #conditions: Record<string, boolean | null> = {};
  readonly #eligibility: EligibilityWorld;
  #scored: InProcess | undefined;
  #templateKeys: { readonly key: string; readonly parent: string | undefined } | undefined;

  constructor(input: ResolveInput) {
    this.#input = input;
    this.#eligibility = { facts: input.facts, allowedModels: input.key.allowedModels, breakerOpen: input.breakerOpen, overBudget: input.excludeModels ?? NONE };
  }

  run(): Resolution {
    const goal = this.#goal();
    if (goal === undefined) return { ok: false, failure: this.#unknown(), decision: null };
    if (goal.target === 'auto') return this.#auto(goal);
    const listed = goal.target.startsWith('tier:')
      ? this.#tier(goal.target.slice('tier:'.length) as Tier)
      : [this.#listed(goal.target.slice('model:'.length))];
    const candidates = [...listed, ...goal.fallbacks.map((id) => this.#listed(id))];
    return this.#concluded(goal, candidates, { reason: goal.reason, tier: null, baseline: this.#askedFor(goal) });
  }

  /** The first stage that has something to say about this name. */
  #goal(): Goal | undefined {
    const { policy, requestedModel } = this.#input;
    if (modelNamed(policy, requestedModel) !== undefined) {
      return { stage: 'passthrough', reason: 'named', target: `model:${requestedModel}`, ruleId: null, fallbacks: [] };
    }
    const alias = policy.aliases.get(requestedModel);
    if (alias !== undefined) return { stage: 'alias', reason: 'alias', target: alias, ruleId: null, fallbacks: [] };
    const world = this.#world();
    for (const { rule, conditions } of policy.patterns) {
      if (rule.glob !== undefined && !globMatches(rule.glob, requestedModel)) continue;
      let unrecorded = false;
      const holdAll = conditions.every((condition, at) => {
        const truth = this.#truth(condition, rule.conditions[at]?.field ?? '', world);
        // One that is known to be false settles the rule, whatever the record lacks.
        if (truth === undefined) unrecorded = true;
        return truth === undefined || holds(truth, condition.negate);
      });
      if (holdAll) {
        if (unrecorded) this.#input.recollection?.lacks('condition');
        return { stage: 'pattern', reason: 'rule', target: rule.target, ruleId: rule.id, fallbacks: rule.fallbacks };
      }
    }
    if (requestedModel !== 'auto' && policy.unknownNames === 'reject') return undefined;
    return { stage: 'auto', reason: 'tier', target: 'auto', ruleId: null, fallbacks: [] };
  }

  #truth(condition: CompiledCondition, field: string, world: ConditionWorld): boolean | null | undefined {
    const { recollection } = this.#input;
    if (recollection !== undefined) return recollection.truth(condition, field, world);
    return (this.#conditions[condition.key] ??= condition.test(world));
  }

  #world(): ConditionWorld {
    const { facts, key, policy, requestedModel, spend, nowMs } = this.#input;
    let memo: { hour: number; weekday: string } | undefined;
    const time = (): { hour: number; weekday: string } => (memo ??= localTime(policy.timezone, nowMs));
    return {
      facts, requestedModel, keyName: key.name, search: new TextSearch(), hour: () => time().hour, weekday: () => time().weekday,
      score: () => this.#score().score, spendTodayPct: spend.todayPct, spendMonthPct: spend.monthPct,
    };
  }

  #score(): InProcess {
    return (this.#scored ??= this.#scoreNow());
  }

  #scoreNow(): InProcess {
    const { recollection, facts, prior, policy } = this.#input;
    const usable = policy.document.auto.strategy === 'static' ? null : (prior ?? null);
    const known = { v: usable === null ? FEATURES_VERSION : PRIOR_FEATURES_VERSION, artifact: usable?.id ?? null };
    if (recollection !== undefined) return { ...known, ...recollection.scored() };
    return usable === null ? { ...known, ...scoreStatic(facts) } : { ...known, ...scorePrior(facts, usable) };
  }

  #unknown(): Failure {
    const { policy, requestedModel } = this.#input;
    const disabled = policy.models.get(requestedModel)?.enabled === false;
    const message = disabled ? `The model '${requestedModel}' is disabled.` : `There is no model, alias or rule for '${requestedModel}'.`;
    return failure('model_not_found', message, { param: 'model' });
  }

  #listed(id: string): Listed {
    // The wildcard entry itself names no model that an upstream would know.
    if (id.endsWith('*')) return { id, model: undefined };
    return { id, model: modelNamed(this.#input.policy, id) ?? this.#input.policy.models.get(id) };
  }

  #tier(tier: Tier): Listed[] {
    return this.#input.policy.document.auto.tiers[tier].map((id) => this.#listed(id));
  }

  #auto(goal: Goal): Resolution {
    const { policy, facts } = this.#input;
    // Vectors of two models have nothing to do with each other: who asks for them must know the model.
    if (facts.wantsEmbedding) return { ok: false, failure: failure('invalid_request', "Embeddings need a model by its name, alias or rule; they are never routed by 'auto'.", { param: 'model' }), decision: null };
    const { auto } = policy.document;
    const judged = auto.strategy === 'llm' ? this.#input.judged : undefined;
    const inProcess = this.#score();
    // A judge gives no reasons that would add up: its score stands by itself.
    const scored = typeof judged === 'object' ? { ...inProcess, score: judged.score, base: judged.score, contributions: [] } : inProcess;
    const boundaries = boundariesOf(auto);
    const tier = typeof judged === 'object' ? judged.tier : tierOf(scored.score, boundaries);
    const baseline = this.#strongest();
    const fallbacks = goal.fallbacks.map((id) => this.#listed(id));
    const wanted = this.#wanted({ tier, judged, scored: inProcess, fallbacks, baseline });
    const { own, above, reason, pinned, assigned } = this.#kept(wanted);
    // The order of DECISIONS §3.11: the target's own list, the rule's fallbacks, the next tier up.
    return this.#concluded(goal, [...own, ...fallbacks, ...above], { reason, tier, baseline, scored, boundaries, assigned, ...(pinned && { pinned }) });
  }

  /** What this request would be served by if it stood alone. */
  #wanted({ tier, judged, scored, fallbacks, baseline }: Standing): Choice {
    const { policy, facts } = this.#input;
    if (policy.alwaysStrongest && baseline !== undefined) return { ...this.#only(baseline), reason: 'always_strongest' };
    const ruled = this.#ruled({ tier, judged, scored, baseline });
    const start = facts.isAgent ? this.#floored(ruled.tier) : ruled.tier;
    const own = this.#tier(start);
    const above = this.#above(start, own);
    const assigned = this.#assigned(own, baseline);
    const choice = ((): Choice => {
      if (ruled.strongest !== undefined) return { ...this.#only(ruled.strongest), reason: ruled.reason };
      if (this.#serves(own)) return { own, above, reason: start === ruled.tier ? ruled.reason : 'agent_floor' };
      return { own, above, reason: this.#serves(fallbacks) ? 'rule' : 'next_tier_up' };
    })();
    // Evidence overrides in every mode, up or down; an agent's floor is the operator's word and stands above it.
    const proven = assigned === undefined ? undefined : this.#listed(assigned);
    if (proven === undefined || !this.#fits(proven) || (facts.isAgent && this.#isBelowFloor(proven.id))) return { ...choice, assigned };
    return { own: [proven, ...choice.own], above: choice.own.length === 1 ? [...own, ...above] : choice.above, reason: 'evidence', assigned };
  }

  #only(model: RegisteredModel): Pick<Choice, 'own' | 'above'> {
    return { own: [{ id: model.id, model }], above: [] };
  }

  /**
   * What the strategy and, for `ml` without evidence, the operator's mode make of the score's tier. `cautious`: only what is
   * plainly simple goes below the strongest. `balanced`: the tier, but what is unlike anything in training never below
   * moderate. `aggressive`: the tier. Without its artifact `ml` knows nothing: the strongest serves.
   */
  #ruled({ tier, judged, scored, baseline }: Omit<Standing, 'fallbacks'>): { readonly tier: Tier; readonly reason: Reason; readonly strongest?: RegisteredModel | undefined } {
    const { auto } = this.#input.policy.document;
    if (judged !== undefined && judged !== 'failed') return { tier, reason: 'judge' };
    const reason: Reason = judged === 'failed' ? 'judge_failed' : 'tier';
    if (auto.strategy === 'static') return { tier, reason };
    const { prior } = this.#input;
    if (prior === undefined || prior === null) return { tier, reason: judged === 'failed' ? 'judge_failed' : 'artifact_missing', strongest: baseline };
    if (auto.strategy === 'llm') return { tier, reason };
    if (auto.mode === 'cautious' && !isPlain(scored.dense)) {
      const serves = this.#tier(tier).find((item) => this.#fits(item));
      return baseline === undefined || serves?.id === baseline.id ? { tier, reason } : { tier, reason: 'no_evidence', strongest: baseline };
    }
    const isRaised = auto.mode === 'balanced' && tier === 'simple' && isNovel({ novelty: noveltyOf(scored.dense) }, prior) && auto.tiers.moderate.length > 0;
    return isRaised ? { tier: 'moderate', reason: 'novel_prompt' } : { tier, reason };
  }

  /** The model that evidence assigns to the request's template; strategies `static` and `llm` act on the tier alone. */
  #assigned(own: readonly Listed[], baseline: RegisteredModel | undefined): string | undefined {
    const { policy, recollection } = this.#input;
    if (policy.document.auto.strategy !== 'ml' || baseline === undefined) return undefined;
    const assigned = recollection === undefined
      ? evidenceFor(policy.evidence, this.#template().key, this.#template().parent, own.find((item) => this.#fits(item))?.id)?.model
      : recollection.assigned;
    return assigned !== undefined && TIERS.some((tier) => policy.document.auto.tiers[tier].includes(assigned)) ? assigned : undefined;
  }

  #isBelowFloor(id: string): boolean {
    const { agentFloor, tiers } = this.#input.policy.document.auto;
    return agentFloor !== null && !tiersFrom(agentFloor).some((tier) => tiers[tier].includes(id));
  }

  #template(): { readonly key: string; readonly parent: string | undefined } {
    const { recollection, templateSalt, facts, policy } = this.#input;
    if (recollection !== undefined) return { key: recollection.templateKey, parent: undefined };
    return (this.#templateKeys ??= { key: templateKeyOf(templateSalt, facts), parent: policy.evidence === undefined ? undefined : templateParentOf(templateSalt, facts) });
  }

  /**
   * The same within its session. Inside a tool loop the model never changes: it would have to go on from calls and
   * signatures that are not its own. At a user turn a dearer model is taken where one is needed, a cheaper one only where
   * that pays for the prompt cache it loses.
   */
  #kept(wanted: Choice): Choice {
    const { session, facts, nowMs, policy } = this.#input;
    if (session === undefined || wanted.reason === 'always_strongest') return wanted;
    const held = this.#listed(session.model);
    const inLoop = facts.lastIsToolResult;
    if (held.model === undefined || !this.#fits(held)) return inLoop ? { ...wanted, own: [held, ...wanted.own], reason: 'pinned_unavailable' } : wanted;
    const pinned = { own: [held, ...wanted.own], above: wanted.above, pinned: true };
    if (inLoop) return { ...pinned, reason: 'tool_loop' };
    const first = [...wanted.own, ...wanted.above].find((item) => this.#fits(item))?.model;
    const isRouted = TIERS.some((tier) => policy.document.auto.tiers[tier].includes(held.id));
    if (!isRouted || first === undefined || first.id === held.id || this.#isDearer(first, held.model)) return wanted;
    const rest = { state: session, inputTokens: facts.inputTokens, outputTokens: EXPECTED_OUTPUT_TOKENS, isAgent: facts.isAgent, nowMs };
    return paysToMove(held.model, first, rest) ? wanted : { ...pinned, reason: 'session_cache' };
  }

  #isDearer(one: RegisteredModel, other: RegisteredModel): boolean {
    const [cost, otherCost] = [this.#estimate(one), this.#estimate(other)];
    return cost !== null && otherCost !== null && cost > otherCost;
  }

  /** The tier an agent starts at: never below the floor, unless no tier from there upwards names a model. */
  #floored(tier: Tier): Tier {
    const { agentFloor, tiers } = this.#input.policy.document.auto;
    if (agentFloor === null || !tiersFrom(agentFloor).some((name) => tiers[name].length > 0)) return tier;
    return higherTier(tier, agentFloor);
  }

  /** The next tier up: what a model below was to do, one above can. Tiers without an eligible model are stepped over. */
  #above(start: Tier, own: readonly Listed[]): Listed[] {
    const listed: Listed[] = [];
    let serving = this.#serves(own) ? 1 : 0;
    for (const name of tiersFrom(start).slice(1)) {
      const tier = this.#tier(name);
      listed.push(...tier);
      if (this.#serves(tier)) serving += 1;
      if (serving === 2) break;
    }
    return listed;
  }

  #serves(listed: readonly Listed[]): boolean {
    return listed.some((item) => this.#fits(item));
  }

  #excluded(model: RegisteredModel): Exclusion | null {
    const recorded = this.#input.recollection?.exclusion(model);
    return recorded === undefined ? exclusionOf(model, this.#eligibility) : recorded;
  }

  #fits({ model }: Listed): boolean {
    return model !== undefined && this.#excluded(model) === null;
  }

  /** The dearest eligible model of the strongest tier that has one: what "always the strongest" would have used. */
  #strongest(): RegisteredModel | undefined {
    for (const tier of TIERS.toReversed()) {
      const fit = this.#tier(tier).flatMap(({ model }) => (model !== undefined && this.#excluded(model) === null ? [model] : []));
      if (fit.length > 0) return fit.reduce((dearest, model) => ((this.#estimate(model) ?? -1) > (this.#estimate(dearest) ?? -1) ? model : dearest));
    }
    return undefined;
  }

  /** A name caught by a rule is compared with the model of that name, where it exists and has a price. */
  #askedFor(goal: Goal): RegisteredModel | undefined {
    if (goal.stage !== 'pattern') return undefined;
    const model = this.#input.policy.models.get(this.#input.requestedModel);
    return model?.price ? model : undefined;
  }

  /** Micro-USD for the estimated input and a usual answer; null = unpriced. */
  #estimate(model: RegisteredModel): number | null {
    const { facts } = this.#input;
    const output = Math.min(facts.conversation.maxOutputTokens ?? EXPECTED_OUTPUT_TOKENS, EXPECTED_OUTPUT_TOKENS);
    return costMicros({ input: facts.inputTokens, output }, model.price);
  }

  #concluded(goal: Goal, listed: readonly Listed[], how: {
    reason: Reason; tier: Tier | null; baseline: RegisteredModel | undefined; scored?: Scored; boundaries?: readonly [number, number]; pinned?: boolean; assigned?: string | undefined;
  }): Resolution {
    const candidates: Candidate[] = [];
    const route: RegisteredModel[] = [];
    const seen = new Set<string>();
    for (const { id, model } of listed) {
      if (seen.has(id)) continue;
      seen.add(id);
      const excluded = model === undefined ? 'disabled' : this.#excluded(model);
      const isServed = excluded === null && model !== undefined;
      candidates.push(isServed ? this.#candidate(model, how.tier !== null) : { model: id, excluded });
      if (isServed && route.length < MAX_ROUTE) route.push(model);
    }
    // A named model is served by itself or not at all.
    if (goal.target.startsWith('model:') && goal.stage !== 'pattern') route.length = Math.min(route.length, 1);
    const decision = this.#decision(goal, candidates, route, how);
    if (route.length === 0) return { ok: false, failure: this.#refusal(candidates), decision };
    const features = this.#scored === undefined ? null : { v: this.#scored.v, dense: this.#scored.dense, logits: this.#scored.logits ?? null };
    return { ok: true, decision, route, features };
  }

  #candidate(model: RegisteredModel, isAutomatic: boolean): Candidate {
    const { policy, recollection } = this.#input;
    const template = this.#template();
    const evidence = isAutomatic && policy.evidence !== undefined && recollection === undefined ? measuredOf(policy.evidence, template.key, template.parent, model.id) : undefined;
    return { model: model.id, excluded: null, estCostMicros: this.#estimate(model), ...(evidence && { evidence }) };
  }

  #decision(goal: Goal, candidates: Candidate[], route: readonly RegisteredModel[], how: {
    reason: Reason; tier: Tier | null; baseline: RegisteredModel | undefined; scored?: Scored; boundaries?: readonly [number, number]; pinned?: boolean; assigned?: string | undefined;
  }): Decision {
    const { policy, facts, dialect, requestedModel, spend, breakerOpen } = this.#input;
    const template = this.#template();
    const { overBudget } = this.#eligibility;
    const { scored, boundaries, baseline } = how;
    const session = sessionOf(this.#input);
    return {
      policyVersion: policy.version,
      artifact: scored === undefined ? null : (this.#scored?.artifact ?? null),
      dialect,
      requestedModel,
      stage: goal.stage,
      via: goal.target === 'auto' && goal.stage !== 'auto' ? 'auto' : null,
      ruleId: goal.ruleId,
      tier: how.tier,
      score: scored?.score ?? null,
      base: scored?.base ?? null,
      contributions: scored?.contributions ?? [],
      marginToNextTier: scored === undefined || boundaries === undefined ? null : marginToNextTier(scored.score, boundaries),
      strategy: scored === undefined ? null : policy.document.auto.strategy,
      // Who asked the judge puts its record here.
      judge: scored !== undefined && policy.document.auto.strategy === 'llm' && !UNJUDGED.has(how.reason) ? 'not_called' : null,
      reason: how.reason,
      session: session === null ? null : { id: session, pinned: how.pinned ?? false },
      template: { key: template.key, labels: templateEvidence(policy.evidence, template.key, template.parent)?.labels ?? 0 },
      candidates,
      route: route.map((model) => model.id),
      baseline: baseline === undefined ? null : { model: baseline.id, estCostMicros: this.#estimate(baseline) },
      inputs: {
        inputTokens: facts.inputTokens, spendTodayPct: spend.todayPct, breakerOpen: [...breakerOpen], conditions: this.#conditions, request: inputsOf(facts),
        ...(overBudget.size > 0 && { overBudget: [...overBudget] }),
        ...(how.assigned !== undefined && { assigned: how.assigned }),
        ...(how.tier !== null && this.#input.session !== undefined && { session: this.#sessionInputs(this.#input.session) }),
      },
    };
  }

  #sessionInputs({ model, requests, contextTokens, at }: SessionState): NonNullable<Decision['inputs']['session']> {
    return { model, requests, contextTokens, idleMs: Math.max(0, this.#input.nowMs - at), inLoop: this.#input.facts.lastIsToolResult };
  }

  /** Nobody can serve it: whose fault that is decides the status. A disabled model says nothing about the request. */
  #refusal(candidates: readonly Candidate[]): Failure {
    const reasons = candidates.map((candidate) => candidate.excluded).filter((reason): reason is Exclusion => reason !== null && reason !== 'disabled');
    if (reasons.length > 0 && reasons.every((reason) => reason === 'not_allowed')) {
      return failure('model_not_allowed', 'This key may not use the model that was asked for.', { param: 'model' });
    }
    if (reasons.length > 0 && reasons.every((reason) => CAUSED_BY_REQUEST.has(reason))) {
      // Said in full where it is all that is wrong: whoever sent the tool can do something about it.
      const hosted = reasons.every((reason) => reason === 'tools') ? hostedRefusal(this.#input.facts.conversation) : undefined;
      if (hosted !== undefined) return hosted;
      return reasons.includes('context_window')
        ? failure('context_length_exceeded', "This request is longer than the context window of every model that could serve it: the prompt is too long.")
        : failure('invalid_request', `No model for this request can take what it contains (${[...new Set(reasons)].join(', ')}).`);
    }
    if (reasons.includes('budget')) return failure('budget_exceeded', 'The budget of this key is used up.', { retryAfterSeconds: 3_600 });
    if (reasons.includes('not_allowed') && reasons.every((reason) => reason === 'not_allowed' || CAUSED_BY_REQUEST.has(reason))) {
      return failure('model_not_allowed', 'This key may not use a model that could serve this request.', { param: 'model' });
    }
    return failure('no_healthy_model', 'No model is available for this request right now.', { retryAfterSeconds: 5 });
  }
}
