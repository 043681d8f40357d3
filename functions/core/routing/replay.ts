import type { Decision, Judgement, LedgerEntry, Reason, RoutingDocument, Stage, Tier } from '../../contract/index.ts';
import { TIERS } from '../../contract/words.ts';
import { costMicros } from '../money/cost.ts';
import { boundariesOf, higherTier, tierOf, tiersFrom } from './boundaries.ts';
import { globMatches } from './pattern.ts';
import type { CompiledPolicy } from './policy-compile.ts';
import { Recorded, type Known, type RecordedKey } from './recorded.ts';

/** Why a record cannot be re-decided: what a draft would need to know and no record keeps. */
export const UNDECIDABLE = ['no_decision', 'condition', 'score', 'agent', 'eligibility', 'price', 'other_strategy'] as const;
export type Undecidable = (typeof UNDECIDABLE)[number];

/** What the draft would have done. `model` is the first of its route, null = it would have refused. */
export type Redecided =
  | { readonly decided: true; readonly model: string | null; readonly stage: Stage | null; readonly tier: Tier | null }
  | { readonly decided: false; readonly because: Undecidable };

export interface ReplayWorld {
  /** The draft, compiled with the models, prices and settings as they are now. */
  readonly draft: CompiledPolicy;
  /** The entry's key as it is now; undefined = unknown. */
  readonly key: RecordedKey | undefined;
  /** The document of the decision's own `policyVersion`, where it is at hand: it tells agents from others. */
  readonly live?: RoutingDocument | undefined;
}

type First = { readonly known: true; readonly model: string | null } | { readonly known: false; readonly because: Undecidable };
const unknown = (because: Undecidable): { readonly known: false; readonly because: Undecidable } => ({ known: false, because });
const some = (model: string | null): First => ({ known: true, model });

/** Reasons of decisions that rest on nothing but the document, the request and the score. */
const REPLAYED: ReadonlySet<Reason> = new Set<Reason>(['named', 'alias', 'rule', 'tier', 'agent_floor', 'next_tier_up', 'artifact_missing', 'always_strongest', 'judge', 'judge_failed']);
/** The tier's own list served: no floor had lifted it. */
const BY_TIER: ReadonlySet<Reason> = new Set<Reason>(['tier', 'artifact_missing', 'judge', 'judge_failed']);
const MOST_OUTPUT = 512;

/**
 * Decides a stored entry again under a draft, in the resolver's order: passthrough, alias, pattern, auto. Pure. Models
 * are not part of a document, so what passed through then passes through again. The document under which the decision
 * was made gives the same first model again, or `undecidable`, never another one.
 */
export function redecide(entry: LedgerEntry, world: ReplayWorld): Redecided {
  const { decision } = entry;
  if (decision === null) return { decided: false, because: 'no_decision' };
  if (decision.stage === 'passthrough') return { decided: true, model: decision.route[0] ?? null, stage: 'passthrough', tier: null };
  return new Replay(new Recorded(entry, decision, world.draft, world.key), world).run();
}

class Replay {
  readonly #recorded: Recorded;
  readonly #draft: CompiledPolicy;
  readonly #live: RoutingDocument | undefined;

  constructor(recorded: Recorded, { draft, live }: ReplayWorld) {
    this.#recorded = recorded;
    this.#draft = draft;
    this.#live = live;
  }

  run(): Redecided {
    const { requestedModel } = this.#recorded.decision;
    const alias = this.#draft.aliases.get(requestedModel);
    if (alias !== undefined) return this.#towards('alias', alias, []);
    for (const { rule, conditions } of this.#draft.patterns) {
      if (rule.glob !== undefined && !globMatches(rule.glob, requestedModel)) continue;
      const truths = conditions.map((condition, at) => this.#recorded.holds(condition, rule.conditions[at] ?? { field: 'text' }));
      if (truths.includes(false)) continue;
      if (truths.includes(undefined)) return { decided: false, because: 'condition' };
      return this.#towards('pattern', rule.target, rule.fallbacks);
    }
    if (requestedModel !== 'auto' && this.#draft.unknownNames === 'reject') return { decided: true, model: null, stage: null, tier: null };
    return this.#towards('auto', 'auto', []);
  }

  #towards(stage: Stage, target: string, fallbacks: readonly string[]): Redecided {
    if (target === 'auto') return this.#auto(stage, fallbacks);
    const own = target.startsWith('tier:') ? this.#draft.document.auto.tiers[target.slice('tier:'.length) as Tier] : [target.slice('model:'.length)];
    const first = this.#first([...own, ...fallbacks]);
    return first.known ? { decided: true, model: first.model, stage, tier: null } : { decided: false, because: first.because };
  }

  /** Where score or agent are unknown, all they could be are tried: only if they lead to different models it matters. */
  #auto(stage: Stage, fallbacks: readonly string[]): Redecided {
    const { decision } = this.#recorded;
    const { auto } = this.#draft.document;
    const judged = judgementOf(decision);
    if (!REPLAYED.has(decision.reason) || !sameScore(decision, auto, judged)) return { decided: false, because: 'other_strategy' };
    const tiers = decision.score === null ? TIERS : [tierOf(decision.score, boundariesOf(auto))];
    const tier = decision.score === null ? null : (tiers[0] ?? null);
    const strongest = this.#draft.alwaysStrongest ? this.#strongest() : some(null);
    if (!strongest.known) return { decided: false, because: strongest.because };
    if (strongest.model !== null) return { decided: true, model: strongest.model, stage, tier };
    const agent = this.#agent();
    const firsts = tiers.flatMap((each) => (agent === undefined ? [true, false] : [agent]).map((isAgent) => this.#first(order(auto, each, isAgent, fallbacks))));
    const [first] = firsts;
    if (first === undefined) return { decided: false, because: 'score' };
    if (!first.known) return { decided: false, because: first.because };
    for (const other of firsts) {
      if (!other.known) return { decided: false, because: other.because };
      if (other.model !== first.model) return { decided: false, because: tiers.length > 1 ? 'score' : 'agent' };
    }
    return { decided: true, model: first.model, stage, tier };
  }

  #first(ids: readonly string[]): First {
    for (const id of ids) {
      const eligible = this.#recorded.eligible(id);
      if (eligible === undefined) return unknown('eligibility');
      if (eligible) return some(id);
    }
    return some(null);
  }

  /** Where the live floor would have lifted an agent's request, whether it did so tells who asked. */
  #agent(): Known {
    const { agent, decision: { tier, reason, route } } = this.#recorded;
    if (agent !== undefined || this.#live === undefined || tier === null) return agent;
    const { auto } = this.#live;
    if (floored(auto, tier) === tier) return undefined;
    if (BY_TIER.has(reason)) return false;
    // Past this point no fallback of a rule has served; where one did (`rule`), the route proves nothing.
    if (reason !== 'next_tier_up') return undefined;
    const [lifted, plain] = [this.#first(order(auto, tier, true, [])), this.#first(order(auto, tier, false, []))];
    if (!lifted.known || !plain.known || lifted.model === plain.model) return undefined;
    const served = route[0] ?? null;
    return served === lifted.model ? true : served === plain.model ? false : undefined;
  }

  /** The dearest model of the strongest tier that has one that could serve. */
  #strongest(): First {
    const { tiers } = this.#draft.document.auto;
    const { baseline, tier: ran } = this.#recorded.decision;
    if (ran !== null && this.#live !== undefined && TIERS.every((tier) => tiers[tier].join() === this.#live?.auto.tiers[tier].join())) return some(baseline?.model ?? null);
    for (const tier of TIERS.toReversed()) {
      const known = tiers[tier].map((id) => ({ id, eligible: this.#recorded.eligible(id) }));
      if (known.some(({ eligible }) => eligible === undefined)) return unknown('eligibility');
      const fit = known.filter(({ eligible }) => eligible).map(({ id }) => id);
      if (fit.length > 0) return this.#dearest(fit);
    }
    return some(null);
  }

  /** The wanted length of the answer is not kept: the dearest is known where it is the same for the shortest and the longest. */
  #dearest(ids: readonly string[]): First {
    const { inputTokens: input } = this.#recorded.decision.inputs;
    const dearestFor = (output: number): string | undefined => {
      const cost = (id: string): number => costMicros({ input, output }, this.#recorded.modelOf(id)?.price ?? null) ?? -1;
      return ids.length === 0 ? undefined : ids.reduce((dearest, id) => (cost(id) > cost(dearest) ? id : dearest));
    };
    const shortest = dearestFor(0);
    return shortest !== undefined && shortest === dearestFor(MOST_OUTPUT) ? some(shortest) : unknown('price');
  }
}

/** What a judge said, where the decision rests on it. */
export const judgementOf = ({ judge }: Decision): Judgement | undefined => (judge !== null && typeof judge === 'object' && judge.outcome === 'judged' ? judge : undefined);

/** Whether the recorded score is the one by which the draft would have decided: a judge's only for the same judge. */
function sameScore({ strategy }: Decision, auto: RoutingDocument['auto'], judged: Judgement | undefined): boolean {
  if (judged !== undefined) return auto.strategy === 'llm' && auto.judgeModel === judged.model;
  return auto.strategy !== 'llm' || strategy === null || strategy === 'llm';
}

type Tiers = Pick<RoutingDocument['auto'], 'tiers' | 'agentFloor'>;

/** In which order automatic routing looks at models: the tier's own, the rule's fallbacks, the tiers above. */
function order(auto: Tiers, tier: Tier, isAgent: boolean, fallbacks: readonly string[]): string[] {
  const start = isAgent ? floored(auto, tier) : tier;
  return [...auto.tiers[start], ...fallbacks, ...tiersFrom(start).slice(1).flatMap((above) => auto.tiers[above])];
}

function floored({ agentFloor, tiers }: Tiers, tier: Tier): Tier {
  if (agentFloor === null || !tiersFrom(agentFloor).some((name) => tiers[name].length > 0)) return tier;
  return higherTier(tier, agentFloor);
}
