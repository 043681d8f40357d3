import type { Condition, Decision, LedgerEntry } from '../../contract/index.ts';
import type { Conversation } from '../conversation.ts';
import { denseAt, PRIOR_FEATURES_VERSION } from './classifier/dense-features.ts';
import { holds, localTime, type CompiledCondition, type ConditionWorld } from './condition.ts';
import { exclusionOf } from './eligibility.ts';
import { modelNamed, type CompiledPolicy } from './policy-compile.ts';
import type { RegisteredModel } from './policy.ts';
import type { RequestFacts } from './request-facts.ts';

/** The key of an entry as it stands now; the record itself only has its id. */
export interface RecordedKey { readonly name: string; readonly allowedModels: readonly string[] | null }

/** undefined = the record cannot tell. */
export type Known = boolean | undefined;

/** Places in the dense vectors by their version: the heuristic's (1) and the trained prior's. */
interface Places { readonly code: number; readonly errorTrace: number; readonly structured: number; readonly tools: number }
const DENSE: Readonly<Record<number, Places>> = {
  1: { code: 6, errorTrace: 7, structured: 10, tools: 11 },
  [PRIOR_FEATURES_VERSION]: { code: denseAt('code'), errorTrace: denseAt('error_trace'), structured: denseAt('structured'), tools: denseAt('tools') },
};
type Ability = 'images' | 'documents' | 'audio' | 'tools' | 'structured_output';
const LACKS: Readonly<Record<Ability, (model: RegisteredModel) => boolean>> = {
  images: ({ facts }) => facts.vision === false, documents: ({ facts }) => facts.documents === false, audio: ({ facts }) => facts.audio === false,
  tools: ({ facts }) => facts.tools === false, structured_output: ({ facts }) => facts.strictSchema === false,
};

/**
 * What a stored decision still tells about its request. Whatever it recorded outright (truth of a condition, exclusion of
 * a candidate) is taken as it was; the rest is concluded, and where two requests that differ in the answer could both
 * have left this record, the answer is undefined.
 */
export class Recorded {
  readonly decision: Decision;
  readonly #policy: CompiledPolicy;
  readonly #key: RecordedKey | undefined;
  /** Value of the dense vector at a known place; undefined = no vector of a known version. */
  readonly #dense: Readonly<Record<keyof Places, number | undefined>> | undefined;
  readonly #world: ConditionWorld;
  readonly #eligible: ReadonlyMap<string, boolean>;
  readonly #least: RequestFacts;
  readonly #most: RequestFacts;
  readonly #breakerOpen: ReadonlySet<string>;

  constructor(entry: LedgerEntry, decision: Decision, policy: CompiledPolicy, key: RecordedKey | undefined) {
    this.decision = decision;
    this.#policy = policy;
    this.#key = key;
    this.#dense = denseOf(entry.features);
    this.#breakerOpen = new Set(decision.inputs.breakerOpen);
    this.#eligible = new Map([
      // The baseline of automatic routing is chosen among what could have served.
      ...(decision.tier !== null && decision.baseline !== null ? [[decision.baseline.model, true] as const] : []),
      ...decision.candidates.map(({ model, excluded }) => [model, excluded === null] as const),
    ]);
    const bounds = this.#outputBounds();
    this.#least = this.#factsIf((known) => known === true, bounds.least);
    this.#most = this.#factsIf((known) => known !== false, bounds.most);
    this.#world = this.#worldOf(Date.parse(entry.at));
  }

  /** A request of an agent? Tools make one; without them only the user agent could tell, which is not kept. */
  get agent(): Known {
    return this.decision.reason === 'agent_floor' || this.#ability('tools') === true ? true : undefined;
  }

  /** Whether a condition held for the request. */
  holds(condition: CompiledCondition, { field }: Pick<Condition, 'field'>): Known {
    const { conditions } = this.decision.inputs;
    const truth = Object.hasOwn(conditions, condition.key) ? conditions[condition.key] : this.#knows(field) ? condition.test(this.#world) : undefined;
    return truth === undefined ? undefined : holds(truth, condition.negate);
  }

  /** The model that an id of the document names, as it is registered now. */
  modelOf(id: string): RegisteredModel | undefined {
    return id.endsWith('*') ? undefined : (modelNamed(this.#policy, id) ?? this.#policy.models.get(id));
  }

  /** Whether a model could have served: as recorded for a candidate, else judged as it is registered now. */
  eligible(id: string): Known {
    const recorded = this.#eligible.get(id);
    if (recorded !== undefined) return recorded;
    const model = this.modelOf(id);
    if (model === undefined || this.#excluded(model, this.#least, this.#key?.allowedModels ?? null, false)) return false;
    const scarce = this.decision.candidates.some(({ excluded }) => excluded === 'budget');
    return this.#excluded(model, this.#most, this.#key === undefined ? [] : this.#key.allowedModels, scarce) ? undefined : true;
  }

  #excluded(model: RegisteredModel, facts: RequestFacts, allowedModels: readonly string[] | null, isOverBudget: boolean): boolean {
    return exclusionOf(model, { facts, allowedModels, breakerOpen: this.#breakerOpen, overBudget: new Set(isOverBudget ? [model.id] : []) }) !== null;
  }

  #ability(ability: Ability): Known {
    if (this.decision.candidates.some(({ excluded }) => excluded === ability)) return true;
    if (ability === 'tools' && this.#dense !== undefined) return this.#dense.tools === 1;
    if (ability === 'structured_output' && this.#dense?.structured === 0) return false;
    return this.#served().some(LACKS[ability]) ? false : undefined;
  }

  /** Candidates that could serve the request show what it did not ask for. */
  #served(): RegisteredModel[] {
    return this.decision.candidates.flatMap(({ model: id, excluded }) => (excluded === null ? (this.modelOf(id) ?? []) : []));
  }

  /** Between what the answer's wanted length lies, told by the windows that it did or did not fit into. */
  #outputBounds(): { least: number; most: number } {
    let [least, most] = [0, Infinity];
    for (const { model: id, excluded } of this.decision.candidates) {
      const model = this.modelOf(id);
      if (model?.facts.contextWindow === undefined) continue;
      const rest = model.facts.contextWindow - this.decision.inputs.inputTokens;
      if (excluded === 'context_window' && rest >= 0) least = Math.max(least, rest + 1);
      else if (excluded === null && (model.maxOutputTokens ?? model.facts.maxOutput ?? Infinity) > rest) most = Math.min(most, rest);
    }
    return least <= most ? { least, most } : { least: 0, most: Infinity };
  }

  #factsIf(asks: (known: Known) => boolean, maxOutputTokens: number): RequestFacts {
    const structured = asks(this.#ability('structured_output'));
    const conversation = { maxOutputTokens, ...(structured && { responseFormat: { type: 'json_schema', strict: true } }) } as Conversation;
    // Only what `exclusionOf` looks at; the request itself was never kept.
    return {
      conversation, inputTokens: this.decision.inputs.inputTokens, hasImages: asks(this.#ability('images')), hasDocuments: asks(this.#ability('documents')),
      hasAudio: asks(this.#ability('audio')), usesTools: asks(this.#ability('tools')), wantsStructuredOutput: structured,
    } as RequestFacts;
  }

  #knows(field: string): boolean {
    switch (field) {
      case 'model': case 'input_tokens': case 'hour': case 'weekday': case 'spend_today_pct': return true;
      case 'key': return this.#key !== undefined;
      case 'score': return this.decision.score !== null;
      case 'has_code': case 'has_error_trace': return this.#dense !== undefined;
      default: return false;
    }
  }

  /** Answers for the fields of `#knows`; it is asked for no others. */
  #worldOf(atMs: number): ConditionWorld {
    const { requestedModel, score, inputs } = this.decision;
    const { timezone } = this.#policy;
    const facts = { inputTokens: inputs.inputTokens, hasCode: this.#dense?.code === 1, hasErrorTrace: this.#dense?.errorTrace === 1 } as RequestFacts;
    return {
      facts, requestedModel, keyName: this.#key?.name ?? '', hour: () => localTime(timezone, atMs).hour, weekday: () => localTime(timezone, atMs).weekday,
      score: () => score ?? Number.NaN, spendTodayPct: inputs.spendTodayPct, spendMonthPct: null,
    };
  }
}

function denseOf(features: LedgerEntry['features']): Readonly<Record<keyof Places, number | undefined>> | undefined {
  const places = features === null ? undefined : DENSE[features.v];
  if (features === null || places === undefined) return undefined;
  const { dense } = features;
  return { code: dense[places.code], errorTrace: dense[places.errorTrace], structured: dense[places.structured], tools: dense[places.tools] };
}
