import type { Decision } from './decision.ts';

export interface LedgerTokens {
  input?: number;
  cacheRead?: number;
  cacheWrite5m?: number;
  cacheWrite1h?: number;
  output?: number;
  reasoning?: number;
}

/** One call of one model. `upstreamRequestId` is the provider's own id of it, where it gave one. */
export interface LedgerAttempt { model: string; status: number; errorCode?: string; ms: number; upstreamRequestId?: string }

/** The latest rating by `POST /v1/feedback`. `hasComment`: a comment is kept for 30 days, for administrators. */
export interface LedgerFeedback { rating: 'up' | 'down' | 1 | 2 | 3 | 4 | 5; at: string; hasComment: boolean }

/** One per admitted request. Money in integer micro-USD, times RFC 3339 UTC with milliseconds. */
export interface LedgerEntry {
  requestId: string;
  clientRequestId?: string;
  keyId: string;
  at: string;
  status: number;
  errorCode?: string;
  dialect: string;
  requestedModel: string;
  servedModel: string | null;
  upstreamModel: string | null;
  provider: string | null;
  decision: Decision | null;
  attempts: LedgerAttempt[];
  latencyMs: number;
  ttftMs: number | null;
  /** Time spent in the gateway before the first upstream byte was asked for. */
  gatewayMs: number;
  tokens: LedgerTokens;
  usage: 'measured' | 'estimated';
  finish: { unified: string; raw: string | null };
  /** null = unpriced; never 0 for an unknown price. Includes failed attempts. */
  costMicros: number | null;
  overheadMicros: number;
  baselineMicros: number | null;
  /** baseline − cost − overhead; null when either is unknown or the request had no choice to save on. */
  savedMicros: number | null;
  priceVersion: string;
  sessionId: string | null;
  /** The end user as the caller named it (`user`, `safety_identifier`, `metadata.user_id`), at most 128 characters. */
  user?: string;
  /** The caller's `x-bsg-tag`, at most 64 characters: whose spend this is. */
  tag?: string;
  source: 'live' | 'demo' | 'dashboard';
  features: { v: number; dense: number[]; logits: number[] | null } | null;
  translation?: string;
  feedback?: LedgerFeedback;
}
