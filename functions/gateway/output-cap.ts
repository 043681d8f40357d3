import { maxTokensWithThinking } from '../core/dialects/thinking-budget.ts';
import { fail } from '../core/errors.ts';
import type { RegisteredModel } from '../core/routing/policy.ts';
import type { Plan } from './route.ts';

/** Output cap assumed for a model whose maximum nobody knows, and imposed on it where a budget is held against it. */
const UNKNOWN_OUTPUT_CAP = 16_384;
/** No model writes so much. A wish above it, with no known maximum below it, is a mistake, and its price no number that a store could add up. */
const MOST_OUTPUT_TOKENS = 100_000_000;

/** What one answer of a model may have, in output tokens. */
export interface OutputCap {
  /** What is held and never exceeded by a body, thinking included. */
  readonly tokens: number;
  /** For a body that is written anew: none of its limits goes above this; undefined = the model's own maximum, nothing to say. */
  readonly ceiling: number | undefined;
  /** For a caller's own body: the limit to write into it; undefined = it stays as it is. */
  readonly replace: number | undefined;
  /** Nobody named a limit, and none is known. */
  readonly isAssumed: boolean;
  /** The caller gets less than asked for. */
  readonly clamped: boolean;
}

const NOTHING: OutputCap = { tokens: 0, ceiling: undefined, replace: undefined, isAssumed: false, clamped: false };

/**
 * The one place where the output of `model` is limited: what the admission holds and what every body says come from here. The
 * caller's wish within what the budget affords, the operator allows and the catalogue knows; where none of them says anything
 * and a budget is at stake, an assumed maximum. Throws `invalid_request` for a wish that no model could fulfil.
 */
export function outputCap(plan: Plan, model: RegisteredModel): OutputCap {
  const { conversation } = plan.asked;
  if (conversation.operation === 'embed') return NOTHING;
  const asked = conversation.maxOutputTokens;
  const imposed = Math.min(plan.maxOutputTokens ?? Infinity, model.maxOutputTokens ?? Infinity);
  const most = Math.min(imposed, model.facts.maxOutput ?? Infinity);
  const isAssumed = asked === undefined && most === Infinity;
  const said = isAssumed ? UNKNOWN_OUTPUT_CAP : Math.min(asked ?? most, most);
  if (said * (conversation.n ?? 1) > MOST_OUTPUT_TOKENS) fail('invalid_request', `No model writes ${said} tokens: please ask for less.`, { param: 'max_tokens' });
  const lowest = isAssumed ? said : most;
  const ceiling = isAssumed ? (isAtStake(plan) ? said : undefined) : imposed === Infinity ? undefined : most;
  const clamped = asked !== undefined ? asked > most : plan.maxOutputTokens !== undefined;
  return {
    tokens: maxTokensWithThinking(conversation.reasoning, model.facts, said, lowest),
    ceiling,
    replace: asked === undefined ? ceiling : clamped ? most : undefined,
    isAssumed,
    clamped,
  };
}

/** A budget refuses requests of this key: what the upstream may use up must not be more than what was held. */
function isAtStake({ key: { dailyUsd, monthlyUsd }, policy }: Plan): boolean {
  return (dailyUsd ?? monthlyUsd) !== null || policy.budget !== undefined;
}
