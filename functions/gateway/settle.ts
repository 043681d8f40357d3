import type { LedgerAttempt, LedgerEntry } from '../contract/index.ts';
import type { Failure } from '../core/errors.ts';
import { costMicros } from '../core/money/cost.ts';
import { savedMicros } from '../core/money/savings.ts';
import { priceAt } from '../core/money/tier.ts';
import type { TokenUsage } from '../core/money/usage.ts';
import type { FinishReason } from '../core/stream-part.ts';
import type { RegisteredModel } from '../core/routing/policy.ts';
import type { TracedCall } from '../adapters/observe/traces.ts';
import type { Admitted } from './admit.ts';
import { unsent, type Sending } from './billed.ts';
import type { AnswerWatch } from './shadow/answer-watch.ts';
import type { Lease } from '../adapters/store/accounts.ts';
import { outputCap } from './output-cap.ts';
import type { Ports } from './ports.ts';
import { keepSession } from './sessions.ts';

/** What happened upstream, collected as it happens: it is complete whenever the request ends, however it ends. */
export interface Trail {
  readonly attempts: LedgerAttempt[];
  /** Attempts without an answer that may cost money all the same. */
  readonly lost: { model: RegisteredModel; usage: TokenUsage | undefined; tier: string | undefined; outputChars: number; ms: number }[];
  /** What the request holds since more was held for a further attempt; undefined: what it was admitted with. */
  raised: Lease | undefined;
  /** Beside each attempt, for traces: when it began and where it went. */
  readonly calls: TracedCall[];
  /** Where the attempt in progress went. */
  url: string | undefined;
  /** How far the attempt in progress got. */
  sending: Sending;
  /** The upstream of the attempt in progress has answered with a 2xx. */
  accepted: boolean;
  /** The model of the attempt in progress. */
  trying: RegisteredModel | undefined;
  /** ms from arrival to the first upstream call. */
  gatewayMs: number | undefined;
  /** ms from arrival to the first output part. */
  ttftMs: number | undefined;
  servedBy: RegisteredModel | undefined;
  usage: TokenUsage | undefined;
  /** Of the attempt in progress: the tariff that was asked for and, once the answer says so, the one that it was served at. */
  tier: string | undefined;
  /** Micro-USD spent beside the answer, on a judge; null = unpriced. */
  overheadMicros: number | null;
  /** Reads along where something is to be learned from the answer. */
  watch: AnswerWatch | undefined;
  /** Characters of answer text seen, for an estimate when no usage came. */
  outputChars: number;
  finish: { unified: FinishReason; raw: string | null } | undefined;
  failure: Failure | undefined;
  translation: string | undefined;
  /** Of the last call: the provider's own id of it. */
  upstreamRequestId: string | undefined;
  /** Of the last call: headers of its answer that the caller gets as they are. */
  passed: Readonly<Record<string, string>> | undefined;
}

export function newTrail(): Trail {
  return {
    attempts: [], calls: [], url: undefined, lost: [], raised: undefined, sending: unsent(), accepted: false, trying: undefined, gatewayMs: undefined, ttftMs: undefined, servedBy: undefined, usage: undefined, tier: undefined,
    overheadMicros: 0, watch: undefined, outputChars: 0, finish: undefined, failure: undefined, translation: undefined, upstreamRequestId: undefined, passed: undefined,
  };
}

/** Closes the account once: the ledger entry, then the release of the lease. Later calls do nothing. */
export function settlement(admitted: Admitted, trail: Trail, ports: Ports): () => Promise<void> {
  let closing: Promise<void> | undefined;
  return () => (closing ??= close(admitted, trail, ports));
}

/** A settlement may be repeated; a store is seldom away for long. */
const MAX_TRIES = 3;

async function close(admitted: Admitted, trail: Trail, ports: Ports): Promise<void> {
  try {
    const entry = ledgerEntry(admitted, trail, ports);
    ports.metrics?.settled(admitted.plan.key.tenantId, entry);
    if (ports.traces !== undefined) trace(admitted, trail, entry, ports.traces);
    for (let tries = 1; ; tries += 1) {
      try {
        await Promise.all([ports.accounts.settle(trail.raised ?? admitted.lease, entry), tries === 1 ? keepSession(admitted.plan, entry, ports) : undefined]);
        return;
      } catch (error) {
        if (tries === MAX_TRIES) throw error;
        await new Promise((resolve) => { setTimeout(resolve, 100 * tries); });
      }
    }
  } catch {
    // The lease stays open, so the sweeper still turns it into an entry: nothing is lost, only late.
    ports.log.error('settlement failed', { requestId: admitted.plan.exchange.requestId, keyId: admitted.plan.key.keyId });
  }
}

/** The paths on which a request can be admitted are patterns themselves. */
function trace({ plan: { exchange: { request }, key, asked } }: Admitted, trail: Trail, entry: LedgerEntry, traces: NonNullable<Ports['traces']>): void {
  traces.ended({
    tenantId: key.tenantId, entry, method: request.method, route: request.path, stream: asked.conversation.stream, traceparent: request.headers['traceparent'], calls: trail.calls,
  });
}

/** The one place where a ledger entry of live traffic is made; money and tokens are computed once, from the same record. */
export function ledgerEntry(admitted: Admitted, trail: Trail, ports: Ports): LedgerEntry {
  const { plan } = admitted;
  const { exchange, decision } = plan;
  const model = trail.servedBy ?? null;
  const paid = model ?? trail.lost.at(-1)?.model;
  const { tokens, measured } = tokensOf(admitted, trail);
  const { price, isKnown } = priceAt(model?.price ?? null, trail.tier);
  const cost = withLost(admitted, trail, model === null ? 0 : costMicros(tokens, price));
  const baseline = baselineMicros(admitted, trail, tokens, cost);
  const overhead = trail.overheadMicros;
  const clientRequestId = exchange.request.headers['x-request-id'];
  const entry: LedgerEntry = {
    requestId: exchange.requestId,
    keyId: plan.key.keyId,
    at: new Date(exchange.atMs).toISOString(),
    status: trail.failure?.status ?? 200,
    dialect: exchange.format,
    requestedModel: decision.requestedModel,
    servedModel: model?.id ?? null,
    upstreamModel: model?.upstreamModel ?? null,
    provider: model?.provider ?? null,
    decision,
    attempts: trail.attempts,
    latencyMs: round(ports.clock.elapsed() - exchange.startedAt),
    ttftMs: trail.ttftMs === undefined ? null : round(trail.ttftMs),
    gatewayMs: round(trail.gatewayMs ?? ports.clock.elapsed() - exchange.startedAt),
    tokens,
    // A tariff that nobody priced is booked at the plain price, which is a guess.
    usage: measured && isKnown ? 'measured' : 'estimated',
    finish: bounded(trail.finish) ?? { unified: trail.failure?.status === 499 ? 'cancelled' : 'error', raw: null },
    costMicros: cost,
    overheadMicros: overhead ?? 0,
    baselineMicros: baseline,
    // What an unpriced judge cost nobody knows, so nobody knows what was saved.
    savedMicros: overhead === null ? null : savedMicros(baseline, cost, overhead),
    priceVersion: paid?.price?.version ?? 'unpriced',
    sessionId: decision.session?.id ?? null,
    source: 'live',
    features: plan.features,
  };
  // Not spread into the literal: an object of one known shape is made ten times as fast.
  if (clientRequestId !== undefined) entry.clientRequestId = clientRequestId.slice(0, 128);
  const { user } = plan.asked.conversation;
  if (user !== undefined) entry.user = user.slice(0, 128);
  const tag = exchange.request.headers['x-bsg-tag'];
  if (tag !== undefined && tag !== '') entry.tag = tag.slice(0, 64);
  if (trail.failure !== undefined) entry.errorCode = trail.failure.status === 499 ? 'client_closed' : trail.failure.code;
  if (trail.translation !== undefined) entry.translation = trail.translation;
  return entry;
}

/** An upstream may say anything where a word is expected; the row must fit the store. */
const MAX_FINISH_CHARS = 100;
const bounded = (finish: Trail['finish']): Trail['finish'] => finish && { unified: finish.unified, raw: finish.raw?.slice(0, MAX_FINISH_CHARS).toWellFormed() ?? null };

const round = (ms: number): number => Math.round(ms * 10) / 10;

/** Upstream's own count where it came; else the input estimate and a quarter token per character seen. */
function tokensOf(admitted: Admitted, trail: Trail): { tokens: TokenUsage; measured: boolean } {
  if (trail.usage?.output !== undefined && trail.finish !== undefined && trail.failure === undefined) return { tokens: trail.usage, measured: true };
  if (trail.servedBy === undefined) {
    const last = trail.lost.at(-1);
    return last === undefined ? { tokens: {}, measured: true } : { tokens: lostTokens(admitted, last), measured: false };
  }
  const estimate = { input: admitted.plan.facts.inputTokens, output: Math.min(Math.ceil(trail.outputChars / 4), mostOutput(admitted, trail.servedBy)) };
  return { tokens: { ...estimate, ...defined(trail.usage), output: Math.max(trail.usage?.output ?? 0, estimate.output) }, measured: false };
}

/** What all answers of `model` together may have, as it was held. */
const mostOutput = ({ plan }: Admitted, model: RegisteredModel): number => outputCap(plan, model).tokens * (plan.asked.conversation.n ?? 1);

/** A usual rate of writing. An upstream that was dropped while it worked has written for about this long, seen or not. */
const OUTPUT_TOKENS_PER_MS = 0.05;

/** What an attempt without an answer has probably used: never nothing, never more than it was allowed to. */
function lostTokens(admitted: Admitted, { model, usage, outputChars, ms }: Trail['lost'][number]): TokenUsage {
  const unseen = usage?.output === undefined ? ms * OUTPUT_TOKENS_PER_MS : 0;
  const estimate = { input: admitted.plan.facts.inputTokens, output: Math.min(Math.ceil(Math.max(outputChars / 4, unseen)), mostOutput(admitted, model)) };
  return { ...estimate, ...defined(usage), output: Math.max(usage?.output ?? 0, estimate.output) };
}

/** Failed attempts cost money too; one unknown price makes the sum unknown. */
export function withLost(admitted: Admitted, trail: Trail, served: number | null): number | null {
  let sum = served;
  for (const lost of trail.lost) {
    const cost = costMicros(lostTokens(admitted, lost), priceAt(lost.model.price, lost.tier).price);
    sum = sum === null || cost === null ? null : sum + cost;
  }
  return sum;
}

function defined(usage: TokenUsage | undefined): TokenUsage {
  return Object.fromEntries(Object.entries(usage ?? {}).filter(([, count]) => count !== undefined));
}

/**
 * What the baseline model would have cost for the very same tokens. Without a baseline (direct and alias→model
 * requests) the cost itself, so that savings are 0; unknown prices stay unknown.
 */
function baselineMicros(admitted: Admitted, trail: Trail, tokens: TokenUsage, cost: number | null): number | null {
  const { plan } = admitted;
  const { baseline } = plan.decision;
  if (baseline === null || trail.servedBy === undefined) return cost;
  if (baseline.model === trail.servedBy.id) return cost;
  const model = plan.policy.models.get(baseline.model);
  return model === undefined ? null : costMicros(tokens, priceAt(model.price, trail.tier).price);
}
