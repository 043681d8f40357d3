import type { Reason, Tier } from '../../contract/index.ts';
import { TIERS } from '../../contract/words.ts';
import { isNovel, isPlain, noveltyOf } from './classifier/prior.ts';
import type { Scored } from './classifier/static.ts';
import { evidenceFor } from './evidence/plan.ts';
import type { RegisteredModel } from './policy.ts';
import { EXPECTED_OUTPUT_TOKENS, type Listed, type Pool } from './pool.ts';
import type { ResolveInput } from './resolve-input.ts';
import { paysToMove } from './session-choice.ts';
import type { TemplateKeys } from './template-keys.ts';

/** Models in the order of automatic routing, and why the first of them leads. */
export interface Choice {
  readonly own: readonly Listed[];
  readonly above: readonly Listed[];
  readonly reason: Reason;
  readonly pinned?: boolean;
  /** What evidence assigns to the template, whether it can serve or not. */
  readonly assigned?: string | undefined;
}

/** What is known before automatic routing chooses: the score's tier, the judge's word, the in-process score, the rule's fallbacks, the baseline. */
export interface Standing {
  readonly tier: Tier;
  readonly judged: ResolveInput['judged'];
  readonly scored: Pick<Scored, 'dense'>;
  readonly fallbacks: readonly Listed[];
  readonly baseline: RegisteredModel | undefined;
}

/** The fourth stage: strategy, mode, agent floor, evidence, session. Pure, like all of the resolver. */
export class Automatic {
  readonly #input: ResolveInput;
  readonly #pool: Pool;
  readonly #template: () => TemplateKeys;

  constructor(input: ResolveInput, pool: Pool, template: () => TemplateKeys) {
    this.#input = input;
    this.#pool = pool;
    this.#template = template;
  }

  /** Who serves, within the request's session where there is one. */
  choice(standing: Standing): Choice {
    return this.#kept(this.#wanted(standing));
  }

  /** What this request would be served by if it stood alone. */
  #wanted({ tier, judged, scored, fallbacks, baseline }: Standing): Choice {
    const { policy, facts } = this.#input;
    if (policy.alwaysStrongest && baseline !== undefined) return { ...this.#only(baseline), reason: 'always_strongest' };
    const ruled = this.#ruled({ tier, judged, scored, baseline });
    const start = facts.isAgent ? this.#pool.floored(ruled.tier) : ruled.tier;
    const own = this.#pool.tier(start);
    const above = this.#pool.above(start, own);
    const assigned = this.#assigned(own, baseline);
    const choice = ((): Choice => {
      if (ruled.strongest !== undefined) return { ...this.#only(ruled.strongest), reason: ruled.reason };
      if (this.#pool.serves(own)) return { own, above, reason: start === ruled.tier ? ruled.reason : 'agent_floor' };
      return { own, above, reason: this.#pool.serves(fallbacks) ? 'rule' : 'next_tier_up' };
    })();
    // Evidence overrides in every mode, up or down; an agent's floor is the operator's word and stands above it.
    const proven = assigned === undefined ? undefined : this.#pool.listed(assigned);
    if (proven === undefined || !this.#pool.fits(proven) || (facts.isAgent && this.#pool.isBelowFloor(proven.id))) return { ...choice, assigned };
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
      const serves = this.#pool.tier(tier).find((item) => this.#pool.fits(item));
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
      ? evidenceFor(policy.evidence, this.#template().key, this.#template().parent, own.find((item) => this.#pool.fits(item))?.id)?.model
      : recollection.assigned;
    return assigned !== undefined && TIERS.some((tier) => policy.document.auto.tiers[tier].includes(assigned)) ? assigned : undefined;
  }

  /**
   * The same within its session. Inside a tool loop the model never changes: it would have to go on from calls and
   * signatures that are not its own. At a user turn a dearer model is taken where one is needed, a cheaper one only where
   * that pays for the prompt cache it loses.
   */
  #kept(wanted: Choice): Choice {
    const { session, facts, nowMs, policy } = this.#input;
    if (session === undefined || wanted.reason === 'always_strongest') return wanted;
    const held = this.#pool.listed(session.model);
    const inLoop = facts.lastIsToolResult;
    if (held.model === undefined || !this.#pool.fits(held)) return inLoop ? { ...wanted, own: [held, ...wanted.own], reason: 'pinned_unavailable' } : wanted;
    const pinned = { own: [held, ...wanted.own], above: wanted.above, pinned: true };
    if (inLoop) return { ...pinned, reason: 'tool_loop' };
    const first = [...wanted.own, ...wanted.above].find((item) => this.#pool.fits(item))?.model;
    const isRouted = TIERS.some((tier) => policy.document.auto.tiers[tier].includes(held.id));
    if (!isRouted || first === undefined || first.id === held.id || this.#pool.isDearer(first, held.model)) return wanted;
    const rest = { state: session, inputTokens: facts.inputTokens, outputTokens: EXPECTED_OUTPUT_TOKENS, isAgent: facts.isAgent, nowMs };
    return paysToMove(held.model, first, rest) ? wanted : { ...pinned, reason: 'session_cache' };
  }
}
