import type { WireFormat } from '../core/conversation.ts';
import { codecs } from '../core/dialects/dialect.ts';
import { mayActUpstream } from '../core/dialects/tools.ts';
import { failure, GatewayError, type Failure } from '../core/errors.ts';
import { fullJitterMs } from '../core/limits/jitter.ts';
import type { RegisteredModel } from '../core/routing/policy.ts';
import type { Secret } from '../core/secret.ts';
import { passedLimits, upstreamRequestId } from '../adapters/providers/answer-headers.ts';
import { DeadConnectionError, OutboundError, type OutboundResponse } from '../adapters/providers/outbound-port.ts';
import type { Provider } from '../adapters/providers/provider.ts';
import { providerOf } from '../adapters/providers/registry.ts';
import type { Admitted } from './admit.ts';
import { mayBeBilled, refused, unsent } from './billed.ts';
import { collect } from './collect.ts';
import { readAnswer, type JsonAnswer } from './json-answer.ts';
import { holdForAnother } from './hold-for-another.ts';
import type { Leash } from './leash.ts';
import { PassthroughPipe, TranslatingPipe, type Pipe } from './pipe.ts';
import type { Ports } from './ports.ts';
import { failureOf } from './failure-of.ts';
import type { Trail } from './settle.ts';
import { upstreamBody, type UpstreamBody } from './upstream-body.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const FIRST_PART_TIMEOUT_MS = 30_000;
const REASONING_FIRST_PART_TIMEOUT_MS = 300_000;
const MAX_ATTEMPTS = 3;
/** A `retry-after` up to this long is waited for on the same model. */
const SHORT_RETRY_AFTER_SECONDS = 2;
/** Beyond it, and before a connection is tried again: whom the same upstream turned away together must not come back together. */
const JITTER = { baseMs: 250, capMs: 250 };
const MAX_ERROR_BODY_BYTES = 64 * 1024;
/** An error's body is only words: a slow one is not waited for. */
const ERROR_BODY_TIMEOUT_MS = 2_000;
/** What a stream may send before its first output part. */
const MAX_HELD_BYTES = 2 * 1024 * 1024;

/** A stream that has shown its first output part: `held` is what to send first, `rest` what is still to come. */
export interface LiveAnswer {
  readonly kind: 'stream';
  readonly model: RegisteredModel;
  readonly pipe: Pipe;
  readonly held: readonly Uint8Array[];
  readonly rest: AsyncIterator<Uint8Array>;
  readonly response: OutboundResponse;
}
export type Served = LiveAnswer | (JsonAnswer & { readonly kind: 'json'; readonly model: RegisteredModel });

/** What every attempt of one request shares. */
export interface Undertaking {
  readonly admitted: Admitted;
  readonly trail: Trail;
  readonly leash: Leash;
  readonly ports: Ports;
}

/**
 * Tries the models of the route in order, at most three calls in all, until one shows its first output part (stream) or
 * a whole answer. After an attempt that may have been billed, further ones need room in the budget. One more try of the same model is made only
 * after a connect error, a kept connection that proves dead, or a `retry-after` of at most 2 s; what is the caller's fault is never tried again, nor
 * what a tool of the provider's own may have begun to do. Throws the last failure.
 */
export async function attempt(undertaking: Undertaking): Promise<Served> {
  const { admitted, trail, leash } = undertaking;
  let last: Failure | undefined;
  for (const model of admitted.plan.route) {
    for (let again = false; trail.attempts.length < MAX_ATTEMPTS; again = true) {
      // Without room for one more, what has failed is the answer: asked again, it is admitted or refused by what is left then.
      if (last !== undefined && !(await holdForAnother(undertaking, model))) throw new GatewayError(last);
      const outcome = await once(undertaking, model);
      if (!('failure' in outcome)) return outcome;
      last = outcome.failure;
      if (leash.reason !== undefined) throw new GatewayError(leash.failure());
      if (!last.retryable) throw new GatewayError(last);
      if (again || !(await worthAnotherTry(outcome, undertaking))) break;
    }
  }
  throw new GatewayError(last ?? failure('no_healthy_model', 'No model is available for this request right now.', { retryAfterSeconds: 5 }));
}

interface Missed {
  readonly failure: Failure;
  readonly unsent: boolean;
  /** Its kept connection was dead. */
  readonly dead?: boolean;
}

/** Waits as long as it takes until the same model may be tried once more; false, at once, where that is not to be. */
async function worthAnotherTry(missed: Missed, { leash, trail, ports }: Undertaking): Promise<boolean> {
  if (missed.dead) return trail.attempts.length < MAX_ATTEMPTS;
  const wait = missed.unsent ? 0 : missed.failure.retryAfterSeconds;
  if (wait === undefined || wait > SHORT_RETRY_AFTER_SECONDS || trail.attempts.length >= MAX_ATTEMPTS) return false;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, wait * 1000 + fullJitterMs(ports.random, JITTER));
    leash.signal.addEventListener('abort', () => { clearTimeout(timer); resolve(); }, { once: true });
  });
  if (leash.reason !== undefined) throw new GatewayError(leash.failure());
  return true;
}

/** One call of one model, noted in the trail whatever comes of it. */
async function once(undertaking: Undertaking, model: RegisteredModel): Promise<Served | Missed> {
  const { trail, ports } = undertaking;
  const { tenantId } = undertaking.admitted.plan.policy;
  const before = ports.clock.elapsed();
  // Opened since the request was routed, and another request is the one that tries.
  if (!ports.breakers.begin(tenantId, model.id)) return { failure: UNHEALTHY, unsent: false };
  trail.trying = model;
  trail.upstreamRequestId = undefined;
  trail.passed = undefined;
  trail.url = undefined;
  trail.sending = unsent();
  const note = (status: number, errorCode?: string): void => {
    const { upstreamRequestId: id } = trail;
    trail.calls.push({ beganMs: before - undertaking.admitted.plan.exchange.startedAt, url: trail.url, provider: model.provider, upstreamModel: model.upstreamModel });
    trail.attempts.push({
      model: model.id, status, ...(errorCode !== undefined && { errorCode }), ms: Math.round(ports.clock.elapsed() - before), ...(id !== undefined && { upstreamRequestId: id }),
    });
  };
  try {
    const served = await call(undertaking, model);
    note(200);
    ports.breakers.ended(tenantId, model.id, 'healthy');
    trail.servedBy = model;
    return served;
  } catch (error) {
    const missed = asMissed(error);
    note(missed.failure.status, missed.failure.code);
    // Where the fault is the request's own, the upstream is there; of a dead connection nobody knows.
    ports.breakers.ended(tenantId, model.id, undertaking.leash.reason !== undefined || missed.dead ? 'unknown' : saysUnhealthy(missed.failure) ? 'failed' : 'healthy');
    // It reported what it used, had begun to answer, or had been sent and may have been worked for.
    const hasBegun = trail.usage !== undefined || trail.accepted || mayBeBilled(error, trail.sending, ports.clock.elapsed());
    if (hasBegun) trail.lost.push({ model, usage: trail.usage, tier: trail.tier, outputChars: trail.outputChars, ms: ports.clock.elapsed() - before });
    forget(trail);
    // A mail that the provider's own tool has sent is not sent again by another model.
    return hasBegun && mayActUpstream(undertaking.admitted.plan.asked.conversation) ? { failure: { ...missed.failure, retryable: false }, unsent: false } : missed;
  }
}

const UNHEALTHY = failure('no_healthy_model', 'No model is available for this request right now.', { retryAfterSeconds: 5, retryable: true });
const UNHEALTHY_CODES: ReadonlySet<string> = new Set(['upstream_error', 'upstream_timeout', 'upstream_truncated', 'upstream_invalid_response', 'upstream_credentials_rejected', 'upstream_model_not_found']);

/** The failure is the upstream's own and would meet any request. A 429 is not: the model works, for fewer of them. Nor is what one request asked for. */
const saysUnhealthy = (cause: Failure): boolean => UNHEALTHY_CODES.has(cause.code) && cause.status >= 500 && cause.blameless !== true;

/** A failed attempt leaves nothing behind for the next one to add to. */
function forget(trail: Trail): void {
  trail.accepted = false;
  trail.usage = undefined;
  trail.tier = undefined;
  trail.finish = undefined;
  trail.ttftMs = undefined;
  trail.outputChars = 0;
  trail.watch?.forget();
  trail.translation = undefined;
}

function asMissed(error: unknown): Missed {
  if (error instanceof GatewayError) return { failure: error.failure, unsent: false };
  if (error instanceof OutboundError) return { failure: outboundFailure(error), unsent: error.unsent, dead: error instanceof DeadConnectionError };
  return { failure: failureOf(error), unsent: false };
}

function outboundFailure(error: OutboundError): Failure {
  const retryable = { retryable: true, internal: error.kind };
  switch (error.kind) {
    case 'connect_timeout':
    case 'headers_timeout':
      return failure('upstream_timeout', 'The upstream did not answer in time.', retryable);
    case 'redirect':
      return failure('upstream_error', 'The upstream answered with a redirect, which is never followed.', retryable);
    case 'blocked_address':
    case 'invalid_url':
      return failure('upstream_error', 'The address of this model is not allowed.', retryable);
    default:
      return failure('upstream_error', 'The connection to the upstream failed.', retryable);
  }
}

async function call(undertaking: Undertaking, model: RegisteredModel): Promise<Served> {
  const { admitted, trail, ports } = undertaking;
  const { exchange } = admitted.plan;
  const provider = providerOf(model.provider);
  const { format } = exchange;
  const dialect = format === 'openai-embeddings' ? format : provider.dialects.find((spoken) => spoken === format) ?? provider.dialects[0] ?? 'openai-chat';
  const body = upstreamBody(admitted.plan, model, dialect, provider.wire?.(model));
  trail.translation = body.translation;
  trail.tier = body.tier;
  const before = ports.clock.elapsed();
  const { response, failed } = await send(undertaking, model, provider, dialect, body);
  if (failed !== undefined) throw new GatewayError(failed);
  exchange.timing.upstream = ports.clock.elapsed() - exchange.startedAt - (trail.gatewayMs ?? 0) - (exchange.timing.judge ?? 0);
  const { conversation } = admitted.plan.asked;
  if (conversation.stream) return open(undertaking, model, body, response, firstPartTimeoutMs(model) - (ports.clock.elapsed() - before));
  const answer = await readAnswer({ response, body, conversation, model, exchange, trail, ports });
  return { kind: 'json', model, ...answer };
}

/** Credentials of one model, spread round robin; a rejected or limited one moves on to the next within the same attempt. */
async function send(
  undertaking: Undertaking, model: RegisteredModel, provider: Provider, dialect: WireFormat, body: UpstreamBody,
): Promise<{ response: OutboundResponse; failed?: Failure }> {
  const { admitted, leash, ports, trail } = undertaking;
  const { exchange, policy, asked } = admitted.plan;
  const total = Math.max(1, model.credentials.length);
  const start = total === 1 ? 0 : nextStart(model.credentials);
  for (let offset = 0; ; offset += 1) {
    const reference = model.credentials[(start + offset) % total];
    const credential: Secret | undefined = reference && (await ports.credentials.open(policy.tenantId, reference.credentialId, reference.version));
    const upstream = provider.call(model, dialect, asked.conversation.operation ?? 'generate', credential, {
      stream: asked.conversation.stream,
      betas: exchange.request.headers['anthropic-beta'],
      ...(body.passthrough && { anthropicVersion: exchange.request.headers['anthropic-version'] }),
    });
    const signature = provider.sign?.({ call: upstream, body: body.bytes, model, credential, atMs: ports.clock.now() });
    const headers = signature === undefined ? upstream.headers : { ...upstream.headers, ...signature };
    trail.url = upstream.url;
    // Waiting for a judge is no time of the gateway's own.
    trail.gatewayMs ??= ports.clock.elapsed() - exchange.startedAt - (exchange.timing.judge ?? 0);
    const response = await ports.outbound.send({
      method: 'POST',
      url: upstream.url,
      headers,
      body: body.bytes,
      poolKey: reference?.credentialId ?? model.id,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      headersTimeoutMs: asked.conversation.stream ? firstPartTimeoutMs(model) : undefined,
      signal: leash.signal,
      onSent: () => { trail.sending = { sentAtMs: ports.clock.elapsed(), refusal: undefined }; },
      onDead: 'throw',
    });
    trail.upstreamRequestId = upstreamRequestId(response.headers);
    trail.passed = body.passthrough && exchange.dialect === 'anthropic-messages' ? passedLimits(response.headers) : undefined;
    if (response.status >= 200 && response.status < 300) {
      trail.accepted = true;
      return { response };
    }
    refused(trail.sending, response.status, ports.clock.elapsed());
    const failed = provider.mapError(response.status, await errorBody(response), response.headers);
    if (offset + 1 >= total || ![401, 403, 429].includes(response.status)) return { response, failed };
  }
}

/** Where the round robin of a model stands, by its credentials, which all models of one wildcard share; per process, bounded by the number of registered models. */
const turns = new WeakMap<RegisteredModel['credentials'], number>();
function nextStart(credentials: RegisteredModel['credentials']): number {
  const turn = turns.get(credentials) ?? 0;
  turns.set(credentials, (turn + 1) % credentials.length);
  return turn;
}

function firstPartTimeoutMs(model: RegisteredModel): number {
  return model.facts.firstPartTimeoutMs ?? (model.facts.reasoning === true ? REASONING_FIRST_PART_TIMEOUT_MS : FIRST_PART_TIMEOUT_MS);
}

async function errorBody(response: OutboundResponse): Promise<unknown> {
  const timer = setTimeout(() => response.abort(), ERROR_BODY_TIMEOUT_MS);
  let text: string | undefined;
  try {
    text = new TextDecoder().decode(await collect(response, MAX_ERROR_BODY_BYTES));
    return JSON.parse(text);
  } catch {
    return text;
  } finally {
    clearTimeout(timer);
    response.abort();
  }
}

/** Reads a stream up to its first output part, holding everything back, so that a failure until then can still fall back. */
async function open(undertaking: Undertaking, model: RegisteredModel, body: UpstreamBody, response: OutboundResponse, timeoutMs: number): Promise<LiveAnswer> {
  const pipe = pipeFor(undertaking, model, body);
  const rest = response.body[Symbol.asyncIterator]();
  const held: Uint8Array[] = [];
  let heldBytes = 0;
  let late = false;
  const timer = setTimeout(() => { late = true; response.abort(); }, timeoutMs);
  try {
    while (!pipe.committed && !pipe.done) {
      const { done, value } = await rest.next();
      held.push(...(done ? pipe.end() : pipe.push(value)));
      heldBytes += value?.length ?? 0;
      if (heldBytes > MAX_HELD_BYTES && !pipe.committed) throw new GatewayError(failure('upstream_invalid_response', 'The upstream sent too much before its answer.', { retryable: true }));
    }
  } catch (error) {
    response.abort();
    throw late ? new GatewayError(failure('upstream_timeout', 'The upstream was silent for too long.', { retryable: true })) : error;
  } finally {
    clearTimeout(timer);
  }
  if (pipe.failure !== undefined && !pipe.committed) {
    response.abort();
    throw new GatewayError(pipe.failure);
  }
  return { kind: 'stream', model, pipe, held, rest, response };
}

function pipeFor({ admitted, trail, ports }: Undertaking, model: RegisteredModel, body: UpstreamBody): Pipe {
  const { exchange, asked } = admitted.plan;
  const { dialect } = exchange;
  const shared = { requestId: exchange.requestId, trail, elapsedMs: () => ports.clock.elapsed() - exchange.startedAt };
  const { includeUsage } = asked.conversation;
  if (body.passthrough) return new PassthroughPipe({ ...shared, codec: codecs[dialect], dialect, servedModel: model.id, includeUsage });
  const writer = codecs[dialect].writeStream({ requestId: exchange.requestId, model: model.id, created: Math.floor(exchange.atMs / 1000), inputTokens: admitted.plan.facts.inputTokens, includeUsage, conversation: asked.conversation });
  return new TranslatingPipe({ ...shared, upstream: body.codec, caller: codecs[dialect], writer, originalNames: body.originalNames });
}
