import type { Decision, Judgement, JudgeError } from '../../contract/index.ts';
import { boundariesOf, tierOf } from '../../core/routing/boundaries.ts';
import { difficultyQuestion } from '../../core/routing/judge/difficulty.ts';
import { answerTokens } from '../../core/routing/judge/question.ts';
import { markOf } from '../../core/routing/judge/fence.ts';
import { modelNamed, type CompiledPolicy } from '../../core/routing/policy-compile.ts';
import type { RegisteredModel } from '../../core/routing/policy.ts';
import type { Resolution, ResolveInput } from '../../core/routing/resolve-input.ts';
import { resolve } from '../../core/routing/resolve.ts';
import { worstCaseOf } from '../ask-model.ts';
import type { Ports } from '../ports.ts';
import type { Judgeable } from './judgements.ts';

/** A request whose judge is still to be asked, once it is admitted. */
export interface Judging {
  readonly model: RegisteredModel;
  readonly of: Judgeable;
  /** Most that asking can cost in micro-USD; null = unpriced. */
  readonly capMicros: number | null;
}

type Decided = Extract<Resolution, { ok: true }>;

/** The policy that decided: while a version is tried on some sessions, others are decided by the one before. */
export function decidingPolicy(policy: CompiledPolicy, { policyVersion }: Decision): CompiledPolicy {
  return policy.rollout !== undefined && policyVersion === policy.rollout.before.version ? policy.rollout.before : policy;
}

/**
 * What is to be done about a decision that strategy `llm` made without its judge: a remembered judgement decides at once,
 * a judge that cannot be asked has failed; else `judging` says whom to ask. Nothing is sent.
 */
export function consult(input: ResolveInput, decided: Decided, ports: Pick<Ports, 'judgements'>): { readonly decided: Decided; readonly judging?: Judging } {
  const { decision } = decided;
  const text = input.facts.text.trim();
  const policy = decidingPolicy(input.policy, decision);
  const { judgeModel } = policy.document.auto;
  // Where the turn has no words (an image alone) there is nothing to judge.
  if (decision.judge !== 'not_called' || text === '' || judgeModel === null || decision.template === null) return { decided };
  const of: Judgeable = { templateKey: decision.template.key, text, judgeModel, policyVersion: decision.policyVersion };
  const known = ports.judgements.recall(policy.tenantId, of);
  if (known !== undefined) return { decided: judgedAgain(input, decided, { score: known, record: { ...blank(judgeModel), cached: true, costMicros: 0 } }) };
  const model = modelNamed(policy, judgeModel);
  if (model === undefined || input.breakerOpen.has(model.id) || ports.judgements.isResting(policy.tenantId, model.id)) {
    return { decided: unjudged(input, decided, { ...blank(judgeModel), error: 'unavailable', costMicros: 0 }) };
  }
  return { decided, judging: { model, of, capMicros: capOf(model, text) } };
}

function capOf(model: RegisteredModel, text: string): number | null {
  const isReasoning = model.facts.reasoning === true;
  return worstCaseOf({ model, conversation: difficultyQuestion(text, markOf('0'.repeat(40)), isReasoning), maxOutputTokens: answerTokens(isReasoning) });
}

/** The record of a judge of which nothing is known yet. */
export const blank = (model: string): Judgement => ({ model, outcome: 'failed', cached: false, score: null, tier: null, error: null, ms: 0, tokens: {}, costMicros: 0 });

/** The same request decided by the same resolver with the judge's score; where no model of that tier or above can serve, as if the judge had failed. */
export function judgedAgain(input: ResolveInput, decided: Decided, { score, record }: { readonly score: number; readonly record: Judgement }): Decided {
  const tier = tierOf(score, boundariesOf(decidingPolicy(input.policy, decided.decision).document.auto));
  const judged = { ...record, score, tier };
  const again = resolve({ ...input, judged: { tier, score } });
  return again.ok ? recorded(again, { ...judged, outcome: 'judged' }) : unjudged(input, decided, { ...judged, error: 'no_model' });
}

/** The in-process decision, with the record of why the judge did not decide. */
export function unjudged(input: ResolveInput, decided: Decided, record: Judgement & { readonly error: JudgeError | null }): Decided {
  const again = resolve({ ...input, judged: 'failed' });
  return recorded(again.ok ? again : decided, { ...record, outcome: 'failed' });
}

/** What the resolver was told of the judge for this decision. */
export function judgedIn({ judge }: Decision): ResolveInput['judged'] {
  if (judge === null || judge === 'not_called') return undefined;
  return judge.outcome === 'failed' || judge.score === null || judge.tier === null ? 'failed' : { score: judge.score, tier: judge.tier };
}

function recorded(decided: Decided, judge: Judgement): Decided {
  return { ...decided, decision: { ...decided.decision, judge } };
}
