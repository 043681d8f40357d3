import type { Candidate, Tier } from '../../contract/index.ts';
import { failure, type Failure } from '../errors.ts';
import { Automatic } from './automatic.ts';
import { boundariesOf, tierOf } from './boundaries.ts';
import { PRIOR_FEATURES_VERSION } from './classifier/dense-features.ts';
import { scorePrior } from './classifier/prior.ts';
import { FEATURES_VERSION, scoreStatic, type Scored } from './classifier/static.ts';
import { holds, localTime, type CompiledCondition, type ConditionWorld } from './condition.ts';
import { decisionRecord, servingCandidate, sessionOf, type Found, type Goal, type How } from './decision-record.ts';
import { globMatches } from './pattern.ts';
import { modelNamed, policyFor } from './policy-compile.ts';
import type { RegisteredModel } from './policy.ts';
import { Pool, type Listed } from './pool.ts';
import { refusalOf } from './refusal.ts';
import type { Resolution, ResolveInput } from './resolve-input.ts';
import { templateKeysOf, type TemplateKeys } from './template-keys.ts';
import { TextSearch } from './text-search.ts';

const MAX_ROUTE = 3;

/**
 * The one resolver: passthrough, alias, pattern, auto; first match wins. Pure: live traffic, dry runs and replays of the
 * same input give the same decision. A refusal names why; `decision` is null when no stage matched.
 */
export function resolve(input: ResolveInput): Resolution {
  const policy = policyFor(input.policy, () => sessionOf(input) ?? input.key.id);
  return new Resolver(policy === input.policy ? input : { ...input, policy }).run();
}

/** A score by the strategy in this process, and which version of which features it rests on. */
type InProcess = Scored & { readonly logits?: number[] | null; readonly v: number; readonly artifact: string | null };

class Resolver {
  readonly #input: ResolveInput;
  readonly #conditions: Record<string, boolean | null> = {};
  readonly #pool: Pool;
  readonly #template: () => TemplateKeys;
  #scored: InProcess | undefined;

  constructor(input: ResolveInput) {
    this.#input = input;
    this.#pool = new Pool(input);
    this.#template = templateKeysOf(input);
  }

  run(): Resolution {
    const goal = this.#goal();
    if (goal === undefined) return { ok: false, failure: this.#unknown(), decision: null };
    if (goal.target === 'auto') return this.#auto(goal);
    const listed = goal.target.startsWith('tier:')
      ? this.#pool.tier(goal.target.slice('tier:'.length) as Tier)
      : [this.#pool.listed(goal.target.slice('model:'.length))];
    const candidates = [...listed, ...goal.fallbacks.map((id) => this.#pool.listed(id))];
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
    const baseline = this.#pool.strongest();
    const fallbacks = goal.fallbacks.map((id) => this.#pool.listed(id));
    const { own, above, reason, pinned, assigned } = new Automatic(this.#input, this.#pool, this.#template).choice({ tier, judged, scored: inProcess, fallbacks, baseline });
    // The order of DECISIONS §3.11: the target's own list, the rule's fallbacks, the next tier up.
    return this.#concluded(goal, [...own, ...fallbacks, ...above], { reason, tier, baseline, scored, boundaries, assigned, ...(pinned && { pinned }) });
  }

  /** A name caught by a rule is compared with the model of that name, where it exists and has a price. */
  #askedFor(goal: Goal): RegisteredModel | undefined {
    if (goal.stage !== 'pattern') return undefined;
    const model = this.#input.policy.models.get(this.#input.requestedModel);
    return model?.price ? model : undefined;
  }

  #concluded(goal: Goal, listed: readonly Listed[], how: How): Resolution {
    const found: Found = { pool: this.#pool, template: this.#template, conditions: this.#conditions, artifact: this.#scored?.artifact ?? null };
    const candidates: Candidate[] = [];
    const route: RegisteredModel[] = [];
    const seen = new Set<string>();
    for (const { id, model } of listed) {
      if (seen.has(id)) continue;
      seen.add(id);
      const excluded = model === undefined ? 'disabled' : this.#pool.excluded(model);
      const isServed = excluded === null && model !== undefined;
      candidates.push(isServed ? servingCandidate(model, how.tier !== null, this.#input, found) : { model: id, excluded });
      if (isServed && route.length < MAX_ROUTE) route.push(model);
    }
    // A named model is served by itself or not at all.
    if (goal.target.startsWith('model:') && goal.stage !== 'pattern') route.length = Math.min(route.length, 1);
    const decision = decisionRecord(this.#input, goal, how, candidates, route, found);
    if (route.length === 0) return { ok: false, failure: refusalOf(candidates, this.#input.facts.conversation), decision };
    const features = this.#scored === undefined ? null : { v: this.#scored.v, dense: this.#scored.dense, logits: this.#scored.logits ?? null };
    return { ok: true, decision, route, features };
  }
}
