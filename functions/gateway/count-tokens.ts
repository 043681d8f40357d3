import { codecs } from '../core/dialects/dialect.ts';
import { splice } from '../core/dialects/json-scan.ts';
import { GatewayError } from '../core/errors.ts';
import type { RegisteredModel } from '../core/routing/policy.ts';
import { resolve } from '../core/routing/resolve.ts';
import { OutboundError } from '../adapters/providers/outbound-port.ts';
import { providerOf } from '../adapters/providers/registry.ts';
import { collect } from './collect.ts';
import { completed } from './dry-run.ts';
import type { Exchange } from './exchange.ts';
import { admitLight } from './light.ts';
import type { GatewayResponse, Ports } from './ports.ts';
import { readJson, type Asked } from './read.ts';
import { jsonResponse, rateLimitHeaders, requestIdHeaders } from './respond.ts';
import { factsFor, inputOf } from './route.ts';

const TIMEOUT_MS = 5_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/**
 * `POST /v1/messages/count_tokens`: what the model that this body would be served by counts, where it is Anthropic's, else
 * the estimate that routing and limits go by (translation case 62; `x-bsg-translation` says `estimated=input_tokens`).
 * Never a generation. Throws the provider's own refusal of the body; when the provider cannot be asked, the estimate stands in.
 */
export async function countTokens(exchange: Exchange, ports: Ports): Promise<GatewayResponse> {
  const { key, policy, counters } = await admitLight(exchange, ports);
  const { bytes, scan, json } = await readJson(exchange);
  const asked: Asked = { bytes, scan, conversation: codecs['anthropic-messages'].readRequest(completed(json, 'anthropic-messages')) };
  const facts = factsFor(exchange, asked);
  const resolution = resolve(await inputOf(exchange, key, asked, policy, facts, ports));
  if (!resolution.ok) throw new GatewayError(resolution.failure);
  const [model] = resolution.route;
  const counted = model && await askProvider(exchange, asked, policy.tenantId, model, ports);
  return jsonResponse(200, { input_tokens: counted ?? facts.inputTokens }, {
    ...requestIdHeaders(exchange.requestId),
    ...rateLimitHeaders(exchange.dialect, counters, exchange.atMs),
    ...(model && { 'x-bsg-model': model.id }),
    ...(counted === undefined && { 'x-bsg-translation': 'estimated=input_tokens' }),
  });
}

/** The provider's own count; undefined when it has none or cannot be asked right now. */
async function askProvider({ request }: Exchange, asked: Asked, tenantId: string, model: RegisteredModel, ports: Ports): Promise<number | undefined> {
  const provider = providerOf(model.provider);
  if (provider.countsTokens !== true) return undefined;
  try {
    const [reference] = model.credentials;
    const credential = reference && (await ports.credentials.open(tenantId, reference.credentialId, reference.version));
    const { url, headers } = provider.call(model, 'anthropic-messages', 'count-tokens', credential, {
      betas: request.headers['anthropic-beta'], anthropicVersion: request.headers['anthropic-version'],
    });
    const response = await ports.outbound.send({
      method: 'POST', url, headers, body: bodyFor(asked, model), poolKey: reference?.credentialId ?? model.id,
      connectTimeoutMs: TIMEOUT_MS, headersTimeoutMs: TIMEOUT_MS, signal: AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    const answer = jsonOf(await collect(response, MAX_ANSWER_BYTES));
    if (response.status === 200) return countIn(answer);
    const refused = provider.mapError(response.status, answer, response.headers);
    // What the provider finds wrong with the body it would find wrong with the real request too.
    if (refused.status === 400 || refused.status === 413) throw new GatewayError(refused);
    return undefined;
  } catch (error) {
    if (error instanceof GatewayError && !error.failure.retryable && error.failure.status < 500) throw error;
    if (error instanceof GatewayError || error instanceof OutboundError) return undefined;
    throw error;
  }
}

/** The body for the provider: its own name for the model, and without members that only a generation takes. */
function bodyFor({ bytes, scan }: Asked, model: RegisteredModel): Uint8Array {
  const span = scan.members.get('model');
  const renamed = span === undefined ? bytes : splice(bytes, [{ ...span, text: JSON.stringify(model.upstreamModel) }]);
  if (!GENERATION_ONLY.some((name) => scan.members.has(name))) return renamed;
  const body = JSON.parse(Buffer.from(renamed).toString('utf8')) as Record<string, unknown>;
  for (const name of GENERATION_ONLY) delete body[name];
  return Buffer.from(JSON.stringify(body));
}

/** Members of a messages body that the counting endpoint does not know (`MessageCountTokensParams` of `@anthropic-ai/sdk`). */
const GENERATION_ONLY = ['max_tokens', 'metadata', 'stop_sequences', 'stream', 'temperature', 'top_k', 'top_p', 'service_tier', 'container', 'inference_geo'] as const;

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}

function countIn(answer: unknown): number | undefined {
  const count = typeof answer === 'object' && answer !== null && 'input_tokens' in answer ? answer.input_tokens : undefined;
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}
