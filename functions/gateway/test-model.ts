import type { ModelTest, ModelTestResult } from '../admin/ports.ts';
import type { ProviderKind } from '../contract/index.ts';
import type { Clock } from '../core/clock.ts';
import type { Conversation } from '../core/conversation.ts';
import { upstreamCodecs } from '../core/dialects/dialect.ts';
import { GatewayError, type Failure } from '../core/errors.ts';
import { factsFor } from '../core/money/catalogue.ts';
import type { RegisteredModel } from '../core/routing/policy.ts';
import type { Secret } from '../core/secret.ts';
import { OutboundError, type Outbound } from '../adapters/providers/outbound-port.ts';
import { providerOf } from '../adapters/providers/registry.ts';
import { credentialContext } from '../adapters/vault/context.ts';
import { openCredential } from '../adapters/vault/open.ts';
import type { OpeningKeys } from '../adapters/vault/vault.ts';
import { collect } from './collect.ts';
import { failureOf } from './failure-of.ts';

export interface TestDeps { readonly keys: OpeningKeys; readonly outbound: Outbound; readonly clock: Clock }

const TIMEOUT_MS = 10_000;
const MAX_BODY_BYTES = 64 * 1024;

const HELLO: Conversation = {
  dialect: 'openai-chat', model: 'test', stream: false, includeUsage: false, system: [], turns: [{ role: 'user', parts: [{ type: 'text', text: 'Say OK.' }] }],
  tools: [], maxOutputTokens: 16, metadata: {}, extras: {},
};

/** What the operator can do about it, by code. */
const HINTS: Readonly<Record<string, string>> = {
  upstream_credentials_rejected: 'The provider does not accept this API key for this model.',
  upstream_model_not_found: 'The provider does not know this upstream model name, or this key may not use it.',
  upstream_timeout: 'Nothing answered in time: check the base URL and whether the server is up.',
  rate_limit_exceeded: 'The key works; the provider is limiting requests right now.',
  invalid_request: 'The provider answered, but refused the request: check the upstream model name and the API version.',
  upstream_invalid_response: 'Something answered that does not speak this API: check the base URL, version segment included.',
};

/**
 * The closed operation by which the control plane, which cannot open credentials, has a model tried: one request of a few
 * tokens, ten seconds at most, nothing stored, nothing of the provider's answer shown but its status and our own words.
 */
export async function testModel({ keys, outbound, clock }: TestDeps, test: ModelTest): Promise<ModelTestResult> {
  const before = clock.elapsed();
  const done = (result: Omit<ModelTestResult, 'latencyMs'>): ModelTestResult => ({ ...result, latencyMs: Math.round(clock.elapsed() - before) });
  try {
    const credential = test.credential === null ? undefined : await openCredential(keys, credentialContext(test.tenantId, test.credential.credentialId), test.credential.sealed);
    const { status, failure } = await ask({ keys, outbound, clock }, test, credential);
    if (failure === undefined) return done({ ok: true, status, message: 'The model answered.', hint: null });
    return done({ ok: false, status, message: failure.message, hint: HINTS[failure.code] ?? null });
  } catch (error) {
    const failure = error instanceof OutboundError ? unreachable(error) : failureOf(error);
    return done({ ok: false, status: null, message: failure.message, hint: HINTS[failure.code] ?? null });
  }
}

async function ask({ outbound, clock }: TestDeps, test: ModelTest, credential: Secret | undefined): Promise<{ status: number; failure?: Failure }> {
  const model = registered(test);
  const provider = providerOf(model.provider);
  const format = provider.dialects[0] ?? 'openai-chat';
  const codec = upstreamCodecs[format];
  const written = codec.writeRequest(HELLO, { upstreamModel: model.upstreamModel, facts: model.facts, streamUsage: false });
  const body = new TextEncoder().encode(JSON.stringify(written.body));
  const call = provider.call(model, format, 'generate', credential, { stream: false });
  const signature = provider.sign?.({ call, body, model, credential, atMs: clock.now() });
  const response = await outbound.send({
    method: 'POST', url: call.url, headers: { ...call.headers, ...signature }, body, poolKey: `test ${test.credential?.credentialId ?? ''}`,
    connectTimeoutMs: TIMEOUT_MS / 2, headersTimeoutMs: TIMEOUT_MS, signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const json = await jsonOf(response);
  if (response.status < 200 || response.status >= 300) return { status: response.status, failure: provider.mapError(response.status, json, response.headers) };
  const broken = codec.readAnswer(json).find((part) => part.type === 'error');
  return broken === undefined ? { status: response.status } : { status: response.status, failure: broken.failure };
}

async function jsonOf(response: Awaited<ReturnType<Outbound['send']>>): Promise<unknown> {
  try {
    return JSON.parse(new TextDecoder().decode(await collect(response, MAX_BODY_BYTES)));
  } catch (error) {
    if (error instanceof OutboundError) throw error;
    return undefined;
  } finally {
    response.abort();
  }
}

function registered({ provider: kind, upstreamModel, baseUrl, apiVersion, region }: ModelTest): RegisteredModel {
  const provider = kind as ProviderKind;
  return {
    id: 'test', provider, upstreamModel, enabled: true, price: null, facts: factsFor(provider, upstreamModel, undefined), credentials: [],
    ...(baseUrl !== undefined && { baseUrl }), ...(apiVersion !== undefined && { apiVersion }), ...(region !== undefined && { region }),
  };
}

function unreachable(error: OutboundError): Failure {
  const timedOut = error.kind === 'connect_timeout' || error.kind === 'headers_timeout' || error.kind === 'aborted';
  const { failure } = new GatewayError({ code: timedOut ? 'upstream_timeout' : 'upstream_error', status: 502, retryable: false, message: timedOut ? 'The provider did not answer in time.' : 'The provider could not be reached.' });
  return failure;
}
