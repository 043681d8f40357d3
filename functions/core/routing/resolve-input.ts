import type { Decision, Exclusion, Tier } from '../../contract/index.ts';
import type { WireFormat } from '../conversation.ts';
import type { Failure } from '../errors.ts';
import type { PriorArtifact } from './classifier/artifact.ts';
import type { Scored } from './classifier/static.ts';
import type { CompiledCondition, ConditionWorld } from './condition.ts';
import type { CompiledPolicy } from './policy-compile.ts';
import type { RegisteredModel } from './policy.ts';
import type { RequestFacts } from './request-facts.ts';
import type { SessionState } from './session-choice.ts';

/** All that a decision depends on. */
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

/** A decision with the models to try in order, or why there is none. `features` are what a replay needs of the classifier. */
export type Resolution =
  | { readonly ok: true; readonly decision: Decision; readonly route: RegisteredModel[]; readonly features: { v: number; dense: number[]; logits: number[] | null } | null }
  | { readonly ok: false; readonly failure: Failure; readonly decision: Decision | null };
