import type { Exclusion, Reason, Stage, Tier } from './vocabulary.ts';

/** What the judge of strategy `llm` said of a request. */
export interface Judgement {
  model: string;
  outcome: 'judged' | 'failed';
  /** The judgement was made for an earlier request with the same text; it cost nothing now. */
  cached: boolean;
  /** 0–100 as the judge gave it; null = no usable answer. */
  score: number | null;
  tier: Tier | null;
  /** Why there is no judgement; null where there is one. */
  error: JudgeError | null;
  /** Time spent waiting for it. */
  ms: number;
  tokens: { input?: number; output?: number };
  /** Micro-USD, part of `overheadMicros`; null = the judge model is unpriced. */
  costMicros: number | null;
}

/**
 * `timeout`: no answer within 3 s. `invalid_answer`: not in the closed form. `upstream_error`: refused or unreachable.
 * `unavailable`: the judge model is missing, disabled, or has just failed several times. `budget`: the key cannot pay for it.
 * `no_model`: no model of the judged tier or above could have served. `cancelled`: the client left meanwhile.
 */
export type JudgeError = 'timeout' | 'invalid_answer' | 'upstream_error' | 'unavailable' | 'budget' | 'no_model' | 'cancelled';

/** One routing decision: the answer of `POST /v1/route` and `decision` of a ledger entry. No prompt text. */
export interface Decision {
  policyVersion: number;
  artifact: string | null;
  dialect: string;
  requestedModel: string;
  stage: Stage;
  /** `auto` when an alias or pattern handed over to automatic routing. */
  via: 'auto' | null;
  ruleId: string | null;
  tier: Tier | null;
  /** 0–100, rounded; `base` + Σ points = the score before rounding. */
  score: number | null;
  base: number | null;
  contributions: { feature: string; points: number }[];
  marginToNextTier: number | null;
  strategy: 'static' | 'ml' | 'llm' | null;
  /** Strategy `llm` only. `not_called`: decided without a judge, as a dry run does; the score is the in-process strategy's. */
  judge: Judgement | 'not_called' | null;
  reason: Reason;
  session: { id: string; pinned: boolean } | null;
  template: { key: string; labels: number } | null;
  candidates: Candidate[];
  /** Model ids in the order in which they are tried. */
  route: string[];
  baseline: { model: string; estCostMicros: number | null } | null;
  inputs: {
    inputTokens: number;
    spendTodayPct: number | null;
    breakerOpen: string[];
    /** `c_` + 12 hex of the condition's hash → its truth before negate; null = unknown. */
    conditions: Record<string, boolean | null>;
    /** What a draft must know to decide the request again; absent in entries of processes that died. */
    request?: RequestInputs;
    /** Models that the budget could not carry: this is the second decision about the request. */
    overBudget?: string[];
    /** The model that evidence assigned to the request's template, whether or not it served. */
    assigned?: string;
    /** What automatic routing knew of the session: the model that served last, requests and tokens so far, ms since. */
    session?: { model: string; requests: number; contextTokens: number; idleMs: number; inLoop: boolean };
  };
}

export type Need = 'agent' | 'images' | 'documents' | 'audio' | 'tools' | 'hosted_tools' | 'json_schema' | 'strict_schema' | 'embedding';

/**
 * The request as far as eligibility and conditions look at it: counts and kinds, no text. `maxOutput` null = the caller set no limit.
 * `standsAlone`: nothing goes on from it that could be told, so its session is not touched.
 */
export interface RequestInputs { maxOutput: number | null; turns: number; toolCount: number; needs: Need[]; standsAlone?: true }

export interface Candidate {
  model: string;
  excluded: Exclusion | null;
  estCostMicros?: number | null;
  evidence?: { n: number; mean: number; se: number };
}
