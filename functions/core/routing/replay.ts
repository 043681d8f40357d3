import type { Decision, Judgement, LedgerEntry, RoutingDocument, Stage, Tier } from '../../contract/index.ts';
import type { WireFormat } from '../conversation.ts';
import { boundariesOf, tierOf } from './boundaries.ts';
import { usablePrior } from './classifier/prior-artifact.ts';
import type { CompiledPolicy } from './policy-compile.ts';
import { Recorded, UndecidableError, type RecordedKey, type Undecidable } from './recorded.ts';
import { resolve } from './resolve.ts';

export { UNDECIDABLE, type RecordedKey, type Undecidable } from './recorded.ts';

/** What the draft would have done. `model` is the first of its route, null = it would have refused. */
export type Redecided =
  | { readonly decided: true; readonly model: string | null; readonly stage: Stage | null; readonly tier: Tier | null }
  | { readonly decided: false; readonly because: Undecidable };

export interface ReplayWorld {
  /** The draft, compiled with the models, prices and settings as they are now. */
  readonly draft: CompiledPolicy;
  /** The entry's key as it is now; undefined = unknown. */
  readonly key: RecordedKey | undefined;
  /** The model that the draft would have left the entry's session with, where that is not the one that did. */
  readonly held?: string | undefined;
}

/**
 * Decides a stored entry again under a draft, by the very resolver of live traffic, with the record in the place of the
 * request. Pure. Models are not part of a document, so what passed through then passes through again. The document under
 * which the decision was made gives the same first model again, or `undecidable`, never another one.
 */
export function redecide(entry: LedgerEntry, { draft, key, held }: ReplayWorld): Redecided {
  const { decision } = entry;
  const request = decision?.inputs.request;
  if (decision === null || request === undefined) return { decided: false, because: 'no_decision' };
  if (decision.stage === 'passthrough') return { decided: true, model: decision.route[0] ?? null, stage: 'passthrough', tier: null };
  const recorded = new Recorded(entry, decision, request, key);
  const nowMs = Date.parse(entry.at);
  const { session } = recorded;
  const { auto } = draft.document;
  const score = judgementOf(decision)?.score ?? undefined;
  const prior = usablePrior();
  try {
    const resolution = resolve({
      policy: draft, facts: recorded.facts, requestedModel: decision.requestedModel, dialect: decision.dialect as WireFormat,
      key: { id: entry.keyId, name: key?.name ?? '', allowedModels: key?.allowedModels ?? null },
      spend: { todayPct: decision.inputs.spendTodayPct, monthPct: null }, breakerOpen: new Set(decision.inputs.breakerOpen), excludeModels: new Set(decision.inputs.overBudget), nowMs, templateSalt: '',
      ...(session && { session: { ...session, at: nowMs + session.at, ...(held !== undefined && { model: held }) } }),
      ...(score !== undefined && { judged: { score, tier: tierOf(score, boundariesOf(auto)) } }),
      prior, recollection: recorded,
    });
    if (resolution.decision === null) return { decided: true, model: null, stage: null, tier: null };
    const { stage, tier, route } = resolution.decision;
    if (tier !== null && !sameScore(decision, auto, prior?.id ?? null)) return { decided: false, because: 'other_strategy' };
    return { decided: true, model: route[0] ?? null, stage, tier };
  } catch (error) {
    if (error instanceof UndecidableError) return { decided: false, because: error.because };
    throw error;
  }
}

/** What a judge said, where the decision rests on it. */
export const judgementOf = ({ judge }: Decision): Judgement | undefined => (judge !== null && typeof judge === 'object' && judge.outcome === 'judged' ? judge : undefined);

/**
 * Whether the recorded score is the one by which the draft would have decided: a judge's only for the same judge, one of
 * this process for the same strategy and, where it is the trained prior's, the same artifact.
 */
function sameScore(decision: Decision, auto: RoutingDocument['auto'], artifact: string | null): boolean {
  const judged = judgementOf(decision);
  if (judged !== undefined) return auto.strategy === 'llm' && auto.judgeModel === judged.model;
  if (auto.strategy === 'llm' && decision.strategy !== 'llm') return false;
  return decision.artifact === (auto.strategy === 'static' ? null : artifact);
}
