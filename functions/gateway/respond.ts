import type { Dialect } from '../core/conversation.ts';
import { codecs } from '../core/dialects/dialect.ts';
import { failureOf } from './failure-of.ts';
import type { Counters } from '../adapters/store/accounts.ts';
import { DeniedError } from './admit.ts';
import type { Served, Undertaking } from './attempt.ts';
import type { Exchange } from './exchange.ts';
import type { GatewayResponse } from './ports.ts';
import type { Trail } from './settle.ts';
import type { Plan } from './route.ts';

const encoder = new TextEncoder();

export function requestIdHeaders(requestId: string): Record<string, string> {
  return { 'x-request-id': requestId, 'request-id': requestId };
}

export function jsonResponse(status: number, body: unknown, headers: Record<string, string>): GatewayResponse {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: encoder.encode(JSON.stringify(body)) };
}

/** Headers of an answer that is on its way; `served` is missing when they go out before the answer. */
export function answerHeaders(undertaking: Undertaking, served: Served | undefined): Record<string, string> {
  const { admitted, trail } = undertaking;
  const { plan, lease } = admitted;
  const model = served?.model.id ?? trail.trying?.id ?? plan.route[0]?.id ?? '';
  const { requestId, dialect, atMs } = plan.exchange;
  const headers: Record<string, string> = {
    'content-type': plan.asked.conversation.stream ? 'text/event-stream; charset=utf-8' : 'application/json',
    'x-request-id': requestId,
    'request-id': requestId,
    'x-bsg-model': model,
    'x-bsg-stage': plan.decision.stage,
    'x-bsg-reason': plan.decision.reason,
    'x-bsg-attempts': String(trail.attempts.length + (served === undefined ? 1 : 0)),
    'server-timing': serverTiming(plan.exchange),
  };
  addDecision(headers, plan);
  addRateLimits(headers, dialect, lease.counters, atMs);
  if (plan.asked.conversation.stream) headers['cache-control'] = 'no-cache';
  if (trail.translation !== undefined) headers['x-bsg-translation'] = trail.translation;
  if (served !== undefined) addUpstream(headers, trail);
  if (served?.kind === 'json') headers['content-length'] = String(served.bytes.length);
  return headers;
}

/** What the last call's answer said of itself; headers that go out before the answer cannot have it. */
function addUpstream(headers: Record<string, string>, { upstreamRequestId, passed }: Trail): void {
  if (upstreamRequestId !== undefined) headers['x-bsg-upstream-request-id'] = upstreamRequestId;
  if (passed !== undefined) Object.assign(headers, passed);
}

function decisionHeaders(plan: Plan): Record<string, string> {
  const headers: Record<string, string> = { 'x-bsg-stage': plan.decision.stage, 'x-bsg-reason': plan.decision.reason };
  addDecision(headers, plan);
  return headers;
}

function addDecision(headers: Record<string, string>, { decision }: Plan): void {
  if (decision.ruleId !== null) headers['x-bsg-rule'] = decision.ruleId;
  if (decision.tier !== null) headers['x-bsg-tier'] = decision.tier;
  if (decision.score !== null) headers['x-bsg-score'] = String(decision.score);
}

function serverTiming({ timing }: Exchange): string {
  let text = '';
  for (const name of TIMED) {
    const ms = timing[name];
    if (ms !== undefined) text += `${text === '' ? '' : ', '}${name};dur=${ms.toFixed(1)}`;
  }
  return text;
}
const TIMED = ['auth', 'route', 'judge', 'upstream'] as const;

/** The caller's own dialect's rate-limit headers: OpenAI counts resets as durations, Anthropic as RFC 3339 instants. */
export function rateLimitHeaders(dialect: Dialect, counters: Counters, nowMs: number): Record<string, string> {
  const headers: Record<string, string> = {};
  addRateLimits(headers, dialect, counters, nowMs);
  return headers;
}

function addRateLimits(headers: Record<string, string>, dialect: Dialect, counters: Counters, nowMs: number): void {
  const isAnthropic = dialect === 'anthropic-messages';
  for (const [what, [limit, remaining, reset]] of isAnthropic ? ANTHROPIC_LIMITS : OPENAI_LIMITS) {
    const state = counters[what];
    if (state === null) continue;
    headers[limit] = String(state.limit);
    headers[remaining] = String(state.remaining);
    headers[reset] = isAnthropic ? new Date(nowMs + state.resetSeconds * 1000).toISOString() : `${state.resetSeconds}s`;
  }
}

type LimitNames = readonly (readonly ['requests' | 'tokens', readonly [limit: string, remaining: string, reset: string]])[];
const OPENAI_LIMITS: LimitNames = [
  ['requests', ['x-ratelimit-limit-requests', 'x-ratelimit-remaining-requests', 'x-ratelimit-reset-requests']],
  ['tokens', ['x-ratelimit-limit-tokens', 'x-ratelimit-remaining-tokens', 'x-ratelimit-reset-tokens']],
];
const ANTHROPIC_LIMITS: LimitNames = [
  ['requests', ['anthropic-ratelimit-requests-limit', 'anthropic-ratelimit-requests-remaining', 'anthropic-ratelimit-requests-reset']],
  ['tokens', ['anthropic-ratelimit-tokens-limit', 'anthropic-ratelimit-tokens-remaining', 'anthropic-ratelimit-tokens-reset']],
];

const MAY_PASS: ReadonlySet<number> = new Set([408, 409, 425, 429]);
/**
 * The same request would be refused again. The official SDKs know as much, but Claude Code repeats a 401 with growing
 * pauses, for minutes and without a word, unless it is told not to.
 */
const isFinal = (status: number): boolean => status >= 400 && status < 500 && !MAY_PASS.has(status);

/** An error in the caller's dialect, with `retry-after` and the limits' state where they belong. */
export function errorResponse(exchange: Exchange, error: unknown, plan?: Plan, trail?: Trail): GatewayResponse {
  const cause = failureOf(error);
  const codec = codecs[exchange.dialect];
  const headers: Record<string, string> = { ...requestIdHeaders(exchange.requestId), 'server-timing': serverTiming(exchange) };
  if (cause.retryAfterSeconds !== undefined) headers['retry-after'] = String(cause.retryAfterSeconds);
  if (plan !== undefined) Object.assign(headers, decisionHeaders(plan));
  if (trail?.trying !== undefined) Object.assign(headers, { 'x-bsg-model': trail.trying.id, 'x-bsg-attempts': String(trail.attempts.length) });
  if (trail !== undefined) addUpstream(headers, trail);
  if (cause.code === 'method_not_allowed' && cause.internal !== undefined) headers['allow'] = cause.internal;
  if (error instanceof DeniedError) Object.assign(headers, rateLimitHeaders(exchange.dialect, error.denial.counters, exchange.atMs));
  if (headers['server-timing'] === '') delete headers['server-timing'];
  const status = codec.errorStatus(cause);
  if (isFinal(status)) headers['x-should-retry'] = 'false';
  return jsonResponse(status, codec.errorBody(cause, exchange.requestId), headers);
}
