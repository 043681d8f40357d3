import type { Decision, LedgerEntry } from '../../contract/index.ts';
import { savedMicros } from '../../core/money/savings.ts';
import type { Value } from './port.ts';

/** What a sweeper needs to write an estimated ledger entry for a request whose process died. Kept small: it is stored per open request. */
export interface LeaseDraft {
  readonly dialect: string;
  readonly requestedModel: string;
  readonly model: string;
  readonly upstreamModel: string;
  readonly provider: string;
  readonly policyVersion: number;
  readonly stage: string;
  readonly ruleId: string | null;
  readonly tier: string | null;
  readonly score: number | null;
  readonly reason: string;
  readonly sessionId: string | null;
  readonly inputTokens: number;
  readonly priceVersion: string;
  /** Estimated cost in micro-USD of the input and the reserved output; null = unpriced. */
  readonly costMicros: number | null;
  readonly baselineMicros: number | null;
  readonly source: 'live' | 'demo' | 'dashboard';
  /** Held for what is spent beside the answer (a judge), in micro-USD; absent = nothing. */
  readonly overheadMicros?: number;
}

/** What one request holds. */
export interface Hold {
  readonly tokens: number;
  readonly micros: number;
  /** The 5-second slot that holds `tokens`. */
  readonly slot: number;
  /** The days and months of the spend counters that hold `micros`. */
  readonly day: string;
  readonly month: string;
  /** The lease in the store that says so. A release for another one would correct by the wrong difference. */
  readonly stored?: string;
}

/** A lease as the limiter item carries it under `r_<requestId>`. */
export interface StoredLease extends Hold {
  readonly owner: string;
  /** Epoch ms of the reservation, and after which it may be swept. */
  readonly at: number;
  readonly deadlineAt: number;
  readonly draft: LeaseDraft;
  /** The key of the request where the limiter does not bear its id; absent = it does. */
  readonly keyId?: string;
  /** The raise that made it what it is, told from any other; absent = it was never raised. */
  readonly raise?: string;
}

const PREFIX = 'r_';
/** A lease's owner may still be writing its settlement for this long after the deadline. */
const SWEEP_GRACE_MS = 60_000;

export const leaseAttr = (requestId: string): string => PREFIX + requestId;
export const requestIdOf = (attr: string): string | undefined => (attr.startsWith(PREFIX) ? attr.slice(PREFIX.length) : undefined);

const DRAFT_FIELDS = [
  'dialect', 'requestedModel', 'model', 'upstreamModel', 'provider', 'policyVersion', 'stage', 'ruleId', 'tier', 'score', 'reason',
  'sessionId', 'inputTokens', 'priceVersion', 'costMicros', 'baselineMicros', 'source', 'overheadMicros',
] as const satisfies readonly (keyof LeaseDraft)[];

/** A JSON array in a string: half the size of a map, and one value to the store. The month is the day's. Version 2 has the key's id in front; a raise stands at the end. */
export function encodeLease(lease: StoredLease): string {
  const { owner, at, deadlineAt, slot, tokens, micros, day, draft, keyId, raise } = lease;
  const begin = keyId === undefined ? [1] : [2, keyId];
  return JSON.stringify([...begin, owner, at, deadlineAt, slot, tokens, micros, day, ...DRAFT_FIELDS.map((field) => draft[field]), ...(raise === undefined ? [] : [raise])]);
}

/** undefined for a value that no version of this program has written. */
export function decodeLease(value: Value | undefined): StoredLease | undefined {
  if (typeof value !== 'string') return undefined;
  const [version, ...rest] = JSON.parse(value) as [number, ...unknown[]];
  if (version !== 1 && version !== 2) return undefined;
  const keyId = version === 2 ? String(rest.shift()) : undefined;
  const [owner, at, deadlineAt, slot, tokens, micros, day, ...fields] = rest as [string, number, number, number, number, number, string, ...unknown[]];
  const draft = Object.fromEntries(DRAFT_FIELDS.map((field, i) => [field, fields[i]])) as unknown as LeaseDraft;
  const raise = fields[DRAFT_FIELDS.length];
  return { owner, at, deadlineAt, slot, tokens, micros, day, month: day.slice(0, 7), draft, stored: value, ...(keyId !== undefined && { keyId }), ...(typeof raise === 'string' && { raise }) };
}

export function isOrphan(lease: StoredLease, nowMs: number, foreignTo: string | undefined): boolean {
  return nowMs > lease.deadlineAt + SWEEP_GRACE_MS || (foreignTo !== undefined && lease.owner !== foreignTo);
}

/**
 * The entry of a request whose process died: flagged as estimated, with what was reserved as its size, since nobody
 * knows how far the answer came.
 */
export function estimatedEntry(requestId: string, keyId: string, lease: StoredLease): LedgerEntry {
  const { draft } = lease;
  return {
    requestId,
    keyId,
    at: new Date(lease.at).toISOString(),
    status: 502,
    errorCode: 'upstream_truncated',
    dialect: draft.dialect,
    requestedModel: draft.requestedModel,
    servedModel: draft.model,
    upstreamModel: draft.upstreamModel,
    provider: draft.provider,
    decision: decisionOf(draft),
    attempts: [],
    latencyMs: 0,
    ttftMs: null,
    gatewayMs: 0,
    tokens: { input: draft.inputTokens, output: Math.max(0, lease.tokens - draft.inputTokens) },
    usage: 'estimated',
    finish: { unified: 'upstream_truncated', raw: null },
    costMicros: draft.costMicros,
    overheadMicros: draft.overheadMicros ?? 0,
    baselineMicros: draft.baselineMicros,
    savedMicros: savedMicros(draft.baselineMicros, draft.costMicros, draft.overheadMicros ?? 0),
    priceVersion: draft.priceVersion,
    sessionId: draft.sessionId,
    source: draft.source,
    features: null,
  };
}

/** As much of the decision as the draft kept: no candidates, no contributions. */
function decisionOf(draft: LeaseDraft): Decision {
  return {
    policyVersion: draft.policyVersion,
    artifact: null,
    dialect: draft.dialect,
    requestedModel: draft.requestedModel,
    stage: draft.stage as Decision['stage'],
    via: null,
    ruleId: draft.ruleId,
    tier: draft.tier as Decision['tier'],
    score: draft.score,
    base: null,
    contributions: [],
    marginToNextTier: null,
    strategy: null,
    judge: null,
    reason: draft.reason as Decision['reason'],
    session: draft.sessionId === null ? null : { id: draft.sessionId, pinned: false },
    template: null,
    candidates: [],
    route: [draft.model],
    baseline: null,
    inputs: { inputTokens: draft.inputTokens, spendTodayPct: null, breakerOpen: [], conditions: {} },
  };
}
