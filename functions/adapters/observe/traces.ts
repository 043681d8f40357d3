import type { LedgerAttempt, LedgerEntry } from '../../contract/index.ts';

/** A request that was admitted and has ended, as a trace tells of it. No prompt, no answer, no name of an end user. */
export interface TracedRequest {
  readonly tenantId: string;
  readonly entry: LedgerEntry;
  readonly method: string;
  /** The pattern that its path matched. */
  readonly route: string;
  readonly stream: boolean;
  /** The caller's header: where its own trace goes on. */
  readonly traceparent: string | undefined;
  /** One for each attempt, in the same order. */
  readonly calls: readonly TracedCall[];
}

export interface TracedCall {
  /** ms from the request's arrival to the beginning of the attempt. */
  readonly beganMs: number;
  /** Where it went; undefined for an attempt that never got that far. */
  readonly url: string | undefined;
  readonly provider: string;
  readonly upstreamModel: string;
}

export interface Traces {
  /** Takes a request over. No I/O, and nothing that could fail or delay it. */
  ended(request: TracedRequest): void;
  /** Sends what waits, for at most some seconds. Never rejects. */
  close(): Promise<void>;
}

export type AttributeValue = string | number | boolean | string[];
/** Times are epoch ms. `kind` and `status` by their names in the OTLP protocol. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly parentIsRemote: boolean;
  readonly kind: 'server' | 'client';
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly isError: boolean;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** Names of providers in the GenAI conventions; a kind that they do not know goes by its own name. */
const PROVIDERS: Readonly<Record<string, string>> = { bedrock: 'aws.bedrock', azure: 'azure.ai.openai', google: 'gcp.gemini', mistral: 'mistral_ai' };
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}$/;

/**
 * One server span for the request and one client span for each attempt, by OpenTelemetry's conventions for HTTP and for
 * generative AI (github.com/open-telemetry/semantic-conventions-genai, development status). Usage stands on the span of
 * the attempt that served, and nowhere else, so that sums are right. Of the caller's `traceparent` only the ids count:
 * whether a request is recorded is not the caller's to say. `random` gives ids of so many bytes as lower-case hex.
 */
export function spansOf(request: TracedRequest, random: (bytes: number) => string): Span[] {
  const { entry, method, route, tenantId } = request;
  const [, callersTrace, callersSpan] = TRACEPARENT.exec(request.traceparent ?? '') ?? [];
  const traceId = callersTrace ?? random(16);
  const startMs = Date.parse(entry.at);
  const root: Span = {
    traceId, spanId: random(8), parentSpanId: callersSpan, parentIsRemote: callersSpan !== undefined, kind: 'server', name: `${method} ${route}`,
    startMs, endMs: startMs + entry.latencyMs, isError: entry.status >= 500, attributes: requestAttributes(request),
  };
  const last = entry.attempts.length - 1;
  const attempts = entry.attempts.map((attempt, at): Span => {
    const call = request.calls[at];
    const beganMs = call?.beganMs ?? entry.gatewayMs;
    const isServed = at === last && attempt.errorCode === undefined;
    return {
      traceId, spanId: random(8), parentSpanId: root.spanId, parentIsRemote: false, kind: 'client', name: `${operationOf(entry)} ${call?.upstreamModel ?? attempt.model}`,
      startMs: startMs + beganMs, endMs: isServed ? root.endMs : startMs + beganMs + attempt.ms,
      isError: (isServed ? entry.errorCode : attempt.errorCode) !== undefined, attributes: attemptAttributes(request, { attempt, call, isServed, beganMs, tenantId }),
    };
  });
  return [root, ...attempts];
}

const operationOf = ({ dialect }: LedgerEntry): string => (dialect === 'openai-embeddings' ? 'embeddings' : 'chat');

function requestAttributes({ entry, method, route, tenantId }: TracedRequest): Record<string, AttributeValue> {
  const { decision } = entry;
  return {
    'http.request.method': method, 'http.route': route, 'http.response.status_code': entry.status,
    'bsgateway.request.id': entry.requestId, 'bsgateway.tenant.id': tenantId, 'bsgateway.key.id': entry.keyId, 'bsgateway.requested_model': entry.requestedModel,
    'bsgateway.attempts': entry.attempts.length, 'bsgateway.usage': entry.usage,
    ...(entry.errorCode !== undefined && { 'error.type': entry.errorCode }),
    ...(entry.servedModel !== null && { 'bsgateway.served_model': entry.servedModel }),
    ...(decision !== null && { 'bsgateway.stage': decision.stage, 'bsgateway.reason': decision.reason }),
    ...(typeof decision?.tier === 'string' && { 'bsgateway.tier': decision.tier }),
    ...(typeof decision?.ruleId === 'string' && { 'bsgateway.rule.id': decision.ruleId }),
    ...(entry.costMicros !== null && { 'bsgateway.cost_usd': entry.costMicros / 1e6 }),
    ...(entry.savedMicros !== null && { 'bsgateway.saved_usd': entry.savedMicros / 1e6 }),
  };
}

interface Attempted { readonly attempt: LedgerAttempt; readonly call: TracedCall | undefined; readonly isServed: boolean; readonly beganMs: number; readonly tenantId: string }

function attemptAttributes({ entry, stream }: TracedRequest, { attempt, call, isServed, beganMs }: Attempted): Record<string, AttributeValue> {
  const errorType = isServed ? entry.errorCode : attempt.errorCode;
  const url = call?.url !== undefined && URL.canParse(call.url) ? new URL(call.url) : undefined;
  return {
    'gen_ai.operation.name': operationOf(entry),
    'gen_ai.provider.name': PROVIDERS[call?.provider ?? ''] ?? call?.provider ?? 'unknown',
    'gen_ai.request.model': call?.upstreamModel ?? attempt.model,
    'gen_ai.request.stream': stream,
    'http.response.status_code': attempt.status,
    'bsgateway.model': attempt.model,
    ...(url !== undefined && { 'server.address': url.hostname, 'server.port': Number(url.port === '' ? (url.protocol === 'http:' ? 80 : 443) : url.port) }),
    ...(entry.sessionId !== null && { 'gen_ai.conversation.id': entry.sessionId }),
    ...(errorType !== undefined && { 'error.type': errorType }),
    ...(isServed && servedAttributes(entry, stream, beganMs)),
  };
}

/** Input tokens count all of them, those of caches too, as the convention asks. */
function servedAttributes({ upstreamModel, finish, tokens, ttftMs }: LedgerEntry, stream: boolean, beganMs: number): Record<string, AttributeValue> {
  const { input, cacheRead, cacheWrite5m, cacheWrite1h, output, reasoning } = tokens;
  const written = cacheWrite5m === undefined && cacheWrite1h === undefined ? undefined : (cacheWrite5m ?? 0) + (cacheWrite1h ?? 0);
  return {
    ...(upstreamModel !== null && { 'gen_ai.response.model': upstreamModel }),
    'gen_ai.response.finish_reasons': [finish.raw ?? finish.unified],
    ...(input !== undefined && { 'gen_ai.usage.input_tokens': input + (cacheRead ?? 0) + (written ?? 0) }),
    ...(output !== undefined && { 'gen_ai.usage.output_tokens': output }),
    ...(cacheRead !== undefined && { 'gen_ai.usage.cache_read.input_tokens': cacheRead }),
    ...(written !== undefined && { 'gen_ai.usage.cache_creation.input_tokens': written }),
    ...(reasoning !== undefined && { 'gen_ai.usage.reasoning.output_tokens': reasoning }),
    ...(stream && ttftMs !== null && { 'gen_ai.response.time_to_first_chunk': Math.max(0, ttftMs - beganMs) / 1000 }),
  };
}
