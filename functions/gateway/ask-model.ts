import type { Conversation } from '../core/conversation.ts';
import { upstreamCodecs } from '../core/dialects/dialect.ts';
import { Disclosures } from '../core/dialects/disclosures.ts';
import { fitToModel } from '../core/dialects/fit-model.ts';
import { adaptChat } from '../core/dialects/openai-chat/wire.ts';
import { failure, GatewayError, type Failure } from '../core/errors.ts';
import { costMicros } from '../core/money/cost.ts';
import { mergeUsage, type TokenUsage } from '../core/money/usage.ts';
import type { RegisteredModel } from '../core/routing/policy.ts';
import { factsOf } from '../core/routing/request-facts.ts';
import type { StreamPart } from '../core/stream-part.ts';
import { OutboundError, type OutboundResponse } from '../adapters/providers/outbound-port.ts';
import { providerOf } from '../adapters/providers/registry.ts';
import { mayBeBilled, refused, unsent, type Sending } from './billed.ts';
import { collect } from './collect.ts';
import { failureOf } from './failure-of.ts';
import type { Ports } from './ports.ts';

/** A question of the gateway's own to a registered model. */
export interface Question {
  readonly tenantId: string;
  readonly model: RegisteredModel;
  readonly conversation: Conversation;
  /** At most so many output tokens; also what the worst case is reckoned with. */
  readonly maxOutputTokens: number;
  /** Ends the call. */
  readonly signal: AbortSignal;
}

/** What came of it. Of a failed call that may have been billed, `usage` is an estimate. */
export interface Reply {
  readonly parts: readonly StreamPart[];
  readonly failure: Failure | 'aborted' | undefined;
  readonly usage: TokenUsage;
  /** Micro-USD; null = unpriced. */
  readonly costMicros: number | null;
}

export type Asking = Pick<Ports, 'clock' | 'credentials' | 'outbound' | 'breakers'>;

const CONNECT_TIMEOUT_MS = 5_000;
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const MAX_ERROR_BODY_BYTES = 64 * 1024;
/** As for requests of callers: what a dropped call has probably written. */
const OUTPUT_TOKENS_PER_MS = 0.05;
const NO_USAGE: TokenUsage = {};
const OPEN = failure('no_healthy_model', 'This model has just failed several times.', { retryable: true });
/** The fault is the upstream's own and would meet any request. */
const isUnhealthy = ({ status, code, blameless }: Failure): boolean => status >= 500 && code.startsWith('upstream_') && code !== 'upstream_timeout' && blameless !== true;

/**
 * One call of one model, not streaming, no second try but that of the model's next credential. Never throws. What the
 * call shows of the model's health is told to its breaker; that it was too slow for this signal is not.
 */
export async function askModel(ports: Asking, question: Question): Promise<Reply> {
  const { tenantId, model, signal } = question;
  const startedAt = ports.clock.elapsed();
  if (!ports.breakers.begin(tenantId, model.id)) return { parts: [], failure: OPEN, usage: NO_USAGE, costMicros: 0 };
  const seen: Seen = { parts: [], accepted: false, usage: undefined, sending: unsent() };
  let outcome: 'healthy' | 'failed' | 'unknown' = 'healthy';
  let cause: Reply['failure'];
  let billed = true;
  try {
    await call(ports, question, seen);
  } catch (error) {
    cause = signal.aborted ? 'aborted' : failureOf(asGatewayError(error));
    outcome = cause === 'aborted' ? 'unknown' : isUnhealthy(cause) ? 'failed' : 'healthy';
    billed = seen.accepted || mayBeBilled(error, seen.sending, ports.clock.elapsed());
  }
  ports.breakers.ended(tenantId, model.id, outcome);
  const usage = billed ? seen.usage ?? estimated(question, seen, ports.clock.elapsed() - startedAt) : NO_USAGE;
  return { parts: seen.parts, failure: cause, usage, costMicros: costMicros(usage, model.price) };
}

/** Most that a question can cost in micro-USD: every input token at its dearest, every output token used; null = unpriced. */
export function worstCaseOf({ model, conversation, maxOutputTokens }: Pick<Question, 'model' | 'conversation' | 'maxOutputTokens'>): number | null {
  const { price } = model;
  if (price === null) return null;
  const input = factsOf(conversation, {}).inputTokens;
  return costMicros({ input, output: maxOutputTokens }, { ...price, input: Math.max(price.input, price.cacheWrite5m, price.cacheWrite1h) });
}

interface Seen { parts: readonly StreamPart[]; accepted: boolean; usage: TokenUsage | undefined; sending: Sending }

async function call(ports: Asking, { tenantId, model, conversation, maxOutputTokens, signal }: Question, seen: Seen): Promise<void> {
  const provider = providerOf(model.provider);
  const format = provider.dialects.find((spoken) => spoken === conversation.dialect) ?? provider.dialects[0] ?? 'openai-chat';
  const codec = upstreamCodecs[format];
  const wire = provider.wire?.(model);
  const written = codec.writeRequest({ ...conversation, stream: false, maxOutputTokens }, { upstreamModel: model.upstreamModel, facts: model.facts, streamUsage: false, maxOutputTokens, ...(wire?.wantsReasoning && { wantsReasoning: true }) });
  // The caller named another model, or none: what this one would refuse is left out.
  if (format === conversation.dialect) fitToModel(written.body, { ...conversation, maxOutputTokens }, { facts: model.facts, maxOutputTokens }, new Disclosures());
  if (wire !== undefined && format === 'openai-chat') adaptChat(written.body, wire, new Disclosures());
  const body = new TextEncoder().encode(JSON.stringify(written.body));
  const references = model.credentials.length === 0 ? [undefined] : model.credentials;
  for (const [at, reference] of references.entries()) {
    const credential = reference && (await ports.credentials.open(tenantId, reference.credentialId, reference.version));
    const upstream = provider.call(model, format, 'generate', credential, { stream: false });
    const signature = provider.sign?.({ call: upstream, body, model, credential, atMs: ports.clock.now() });
    const response = await ports.outbound.send({
      method: 'POST', url: upstream.url, headers: { ...upstream.headers, ...signature }, body, poolKey: reference?.credentialId ?? model.id, connectTimeoutMs: CONNECT_TIMEOUT_MS, signal,
      onSent: () => { seen.sending = { sentAtMs: ports.clock.elapsed(), refusal: undefined }; },
    });
    if (response.status >= 200 && response.status < 300) {
      seen.accepted = true;
      take(codec.readAnswer(await jsonOf(response, MAX_BODY_BYTES, signal)), seen);
      return;
    }
    refused(seen.sending, response.status, ports.clock.elapsed());
    const cause = provider.mapError(response.status, await jsonOf(response, MAX_ERROR_BODY_BYTES, signal).catch(() => undefined), response.headers);
    if (at + 1 < references.length && [401, 403, 429].includes(response.status)) continue;
    throw new GatewayError(cause);
  }
}

function take(parts: readonly StreamPart[], seen: Seen): void {
  seen.parts = parts;
  for (const part of parts) if (part.type === 'usage') seen.usage = mergeUsage(seen.usage, part.usage);
  const broken = parts.find((part) => part.type === 'error');
  if (broken !== undefined) throw new GatewayError(broken.failure);
}

/** The body may come slower than its headers: it too ends with the signal. */
async function jsonOf(response: OutboundResponse, maxBytes: number, signal: AbortSignal): Promise<unknown> {
  const drop = (): void => response.abort();
  signal.addEventListener('abort', drop, { once: true });
  try {
    return JSON.parse(new TextDecoder().decode(await collect(response, maxBytes)));
  } finally {
    signal.removeEventListener('abort', drop);
    response.abort();
  }
}

function asGatewayError(error: unknown): unknown {
  if (error instanceof OutboundError) return new GatewayError(failure('upstream_error', 'The connection to the upstream failed.', { retryable: true, internal: error.kind }));
  if (error instanceof SyntaxError) return new GatewayError(failure('upstream_invalid_response', 'The upstream answered with something that is not JSON.', { retryable: true }));
  return error;
}

function estimated({ conversation, maxOutputTokens }: Question, { parts }: Seen, ms: number): TokenUsage {
  const chars = parts.reduce((sum, part) => sum + ('text' in part ? part.text.length : part.type === 'tool-delta' ? part.json.length : 0), 0);
  return { input: factsOf(conversation, {}).inputTokens, output: chars > 0 ? Math.ceil(chars / 4) : Math.min(maxOutputTokens, Math.ceil(ms * OUTPUT_TOKENS_PER_MS)) };
}
