import type { Decision, Exclusion, LedgerEntry, Need, RequestInputs } from '../../contract/index.ts';
import type { Conversation } from '../conversation.ts';
import { denseAt, PRIOR_FEATURES_VERSION } from './classifier/dense-features.ts';
import { FEATURES_VERSION, type Scored } from './classifier/static.ts';
import type { CompiledCondition, ConditionWorld } from './condition.ts';
import type { RegisteredModel } from './policy.ts';
import type { RequestFacts } from './request-facts.ts';
import type { Recollection } from './resolve-input.ts';
import type { SessionState } from './session-choice.ts';

/** The key of an entry as it stands now; the record itself only has its id. */
export interface RecordedKey { readonly name: string; readonly allowedModels: readonly string[] | null }

/** What a decision would have to know and no record keeps. */
export const UNDECIDABLE = ['no_decision', 'condition', 'score', 'eligibility', 'evidence', 'other_strategy'] as const;
export type Undecidable = (typeof UNDECIDABLE)[number];

/** Thrown where a replay is asked for something that its record does not tell. */
export class UndecidableError extends Error {
  readonly because: Undecidable;
  constructor(because: Undecidable) {
    super(`the record does not tell: ${because}`);
    this.because = because;
  }
}

/** Places in the dense vector of the heuristic. */
const DENSE = { has_code: 6, has_error_trace: 7 } as const;

/** A decision as its record tells it: what the request was, and what was found out about it then. */
export class Recorded implements Recollection {
  readonly sessionId: string | null;
  readonly templateKey: string;
  readonly assigned: string | undefined;
  readonly facts: RequestFacts;
  readonly #decision: Decision;
  readonly #key: RecordedKey | undefined;
  readonly #features: LedgerEntry['features'];
  readonly #exclusions: ReadonlyMap<string, Exclusion | null>;

  constructor(entry: LedgerEntry, decision: Decision, request: RequestInputs, key: RecordedKey | undefined) {
    this.#decision = decision;
    this.#key = key;
    this.#features = entry.features;
    this.sessionId = decision.session?.id ?? null;
    this.templateKey = decision.template?.key ?? '';
    this.assigned = decision.inputs.assigned;
    this.#exclusions = new Map([
      // The baseline of automatic routing is chosen among what could have served.
      ...(decision.tier !== null && decision.baseline !== null ? [[decision.baseline.model, null] as const] : []),
      ...decision.candidates.map(({ model, excluded }) => [model, excluded] as const),
    ]);
    this.facts = factsOf(decision, request);
  }

  get session(): SessionState | undefined {
    const { session } = this.#decision.inputs;
    return session && { model: session.model, requests: session.requests, contextTokens: session.contextTokens, at: -session.idleMs };
  }

  /** As it was recorded; else by what the record tells of the field. */
  truth(condition: CompiledCondition, field: string, world: ConditionWorld): boolean | null | undefined {
    const { conditions } = this.#decision.inputs;
    if (Object.hasOwn(conditions, condition.key)) return conditions[condition.key] ?? null;
    if (!this.#knows(field)) return undefined;
    if (field === 'has_code' || field === 'has_error_trace') {
      const seen = this.#seen(field) === true;
      return condition.test({ ...world, facts: { hasCode: seen, hasErrorTrace: seen } as RequestFacts });
    }
    return condition.test(world);
  }

  scored(): Scored & { readonly logits: number[] | null } {
    const { score, base, contributions } = this.#decision;
    if (score === null) throw new UndecidableError('score');
    return { score, base: base ?? 0, contributions, dense: this.#features?.dense ?? [], logits: this.#features?.logits ?? null };
  }

  lacks(what: Undecidable): never {
    throw new UndecidableError(what);
  }

  exclusion({ id }: RegisteredModel): Exclusion | null | undefined {
    const recorded = this.#exclusions.get(id);
    if (recorded !== undefined) return recorded;
    // What the key may use decides about models that were no candidates.
    if (this.#key === undefined) throw new UndecidableError('eligibility');
    return undefined;
  }

  /** As the dense vector of either version tells it. */
  #seen(field: 'has_code' | 'has_error_trace'): boolean | undefined {
    if (this.#features === null) return undefined;
    const { v, dense } = this.#features;
    const place = v === FEATURES_VERSION ? DENSE[field] : v === PRIOR_FEATURES_VERSION ? denseAt(field === 'has_code' ? 'code' : 'error_trace') : undefined;
    const value = place === undefined ? undefined : dense[place];
    return value === undefined ? undefined : value > 0;
  }

  #knows(field: string): boolean {
    switch (field) {
      case 'model': case 'input_tokens': case 'turns': case 'tool_count': case 'has_images': case 'hour': case 'weekday': case 'spend_today_pct': return true;
      case 'key': return this.#key !== undefined;
      // A condition looks at the in-process score, which a judged record does not show.
      case 'score': return this.#decision.score !== null && (this.#decision.judge === null || this.#decision.judge === 'not_called' || this.#decision.judge.outcome === 'failed');
      case 'has_code': case 'has_error_trace': return this.#seen(field) !== undefined;
      default: return false;
    }
  }
}

/** The request as far as routing asks for it without reading its text; anything else of it was never kept. */
function factsOf({ dialect, inputs }: Decision, { maxOutput, turns, toolCount, needs, standsAlone }: RequestInputs): RequestFacts {
  const has = (need: Need): boolean => needs.includes(need);
  const conversation: Pick<Conversation, 'dialect' | 'tools' | 'maxOutputTokens'> = {
    dialect: dialect as Conversation['dialect'], tools: [], ...(maxOutput !== null && { maxOutputTokens: maxOutput }),
  };
  return {
    conversation, context: {}, inputTokens: inputs.inputTokens, turns, toolNames: Array.from({ length: toolCount }, () => ''), isAgent: has('agent'),
    hasImages: has('images'), hasDocuments: has('documents'), hasAudio: has('audio'), usesTools: has('tools'), hasHostedTools: has('hosted_tools'),
    wantsStructuredOutput: has('json_schema'), wantsStrictSchema: has('strict_schema'), wantsEmbedding: has('embedding'), lastIsToolResult: inputs.session?.inLoop ?? false, mayContinue: standsAlone !== true,
  } as unknown as RequestFacts;
}
