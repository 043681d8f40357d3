import type { Candidate, Decision, Reason, Stage, Tier } from '../../contract/index.ts';
import { marginToNextTier } from './boundaries.ts';
import type { Scored } from './classifier/static.ts';
import { measuredOf, templateEvidence } from './evidence/plan.ts';
import type { RegisteredModel } from './policy.ts';
import type { Pool } from './pool.ts';
import { inputsOf } from './request-facts.ts';
import type { ResolveInput } from './resolve-input.ts';
import type { SessionState } from './session-choice.ts';
import { sessionIdOf } from './session.ts';
import type { TemplateKeys } from './template-keys.ts';

/** What the first stage that matched wants. */
export interface Goal {
  readonly stage: Stage;
  readonly reason: Reason;
  /** `model:…`, `tier:…` or `auto`. */
  readonly target: string;
  readonly ruleId: string | null;
  readonly fallbacks: readonly string[];
}

/** How a decision came about; everything from `scored` on only where automatic routing decided. */
export interface How {
  readonly reason: Reason;
  /** The score's tier; null = automatic routing had no part in it. */
  readonly tier: Tier | null;
  readonly baseline: RegisteredModel | undefined;
  readonly scored?: Scored;
  readonly boundaries?: readonly [number, number];
  readonly pinned?: boolean;
  readonly assigned?: string | undefined;
}

/** What the record tells beside goal and reasons. */
export interface Found {
  readonly pool: Pool;
  readonly template: () => TemplateKeys;
  /** Truth before negation of every condition that was looked at, by its key. */
  readonly conditions: Record<string, boolean | null>;
  /** Of the classifier that scored; null = none did, or the heuristic. */
  readonly artifact: string | null;
}

/** Decisions in which no judge has a say. */
const UNJUDGED: ReadonlySet<Reason> = new Set<Reason>(['always_strongest', 'tool_loop']);

/** The session that a request belongs to; null = none. In a replay as it was recorded. */
export const sessionOf = ({ recollection, key, facts }: ResolveInput): string | null => (recollection === undefined ? sessionIdOf(key.id, facts) : recollection.sessionId);

/** A candidate that can serve, with what it would cost and, in automatic routing, what evidence says of it. */
export function servingCandidate(model: RegisteredModel, isAutomatic: boolean, { policy, recollection }: ResolveInput, { pool, template }: Found): Candidate {
  const { key, parent } = template();
  const evidence = isAutomatic && policy.evidence !== undefined && recollection === undefined ? measuredOf(policy.evidence, key, parent, model.id) : undefined;
  return { model: model.id, excluded: null, estCostMicros: pool.estimate(model), ...(evidence && { evidence }) };
}

/** The decision record (DECISIONS §1.3). It tells everything a replay needs and holds no text of the request. */
export function decisionRecord(input: ResolveInput, goal: Goal, how: How, candidates: Candidate[], route: readonly RegisteredModel[], found: Found): Decision {
  const { policy, facts, dialect, requestedModel, spend, breakerOpen } = input;
  const template = found.template();
  const { scored, boundaries, baseline } = how;
  const session = sessionOf(input);
  return {
    policyVersion: policy.version,
    artifact: scored === undefined ? null : found.artifact,
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
    baseline: baseline === undefined ? null : { model: baseline.id, estCostMicros: found.pool.estimate(baseline) },
    inputs: {
      inputTokens: facts.inputTokens, spendTodayPct: spend.todayPct, breakerOpen: [...breakerOpen], conditions: found.conditions, request: inputsOf(facts),
      ...(input.excludeModels !== undefined && input.excludeModels.size > 0 && { overBudget: [...input.excludeModels] }),
      ...(how.assigned !== undefined && { assigned: how.assigned }),
      ...(how.tier !== null && input.session !== undefined && { session: sessionInputs(input.session, input) }),
    },
  };
}

function sessionInputs({ model, requests, contextTokens, at }: SessionState, { nowMs, facts }: ResolveInput): NonNullable<Decision['inputs']['session']> {
  return { model, requests, contextTokens, idleMs: Math.max(0, nowMs - at), inLoop: facts.lastIsToolResult };
}
