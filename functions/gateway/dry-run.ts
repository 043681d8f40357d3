import type { Dialect } from '../core/conversation.ts';
import { codecs } from '../core/dialects/dialect.ts';
import { fail, GatewayError } from '../core/errors.ts';
import type { Exchange } from './exchange.ts';
import { consult } from './judge/consult.ts';
import { admitLight } from './light.ts';
import type { GatewayResponse, Ports } from './ports.ts';
import { readJson } from './read.ts';
import { jsonResponse, rateLimitHeaders, requestIdHeaders } from './respond.ts';
import { factsFor, inputOf, inSession } from './route.ts';

const DIALECTS: readonly string[] = ['openai-chat', 'openai-responses', 'anthropic-messages'];

/** `POST /v1/route`: the decision for this body and key by the very resolver of live traffic; nothing upstream, nothing spent. */
export async function dryRun(exchange: Exchange, ports: Ports): Promise<GatewayResponse> {
  const { key, policy, counters } = await admitLight(exchange, ports);
  const { bytes, scan, json } = await readJson(exchange);
  const dialect = dialectOfBody(exchange, scan.members);
  const conversation = codecs[dialect].readRequest(completed(json, dialect));
  exchange.seen.model = conversation.model;
  const asked = { bytes, scan, conversation };
  const { input, resolution } = await inSession(await inputOf({ ...exchange, format: dialect }, key, asked, policy, factsFor(exchange, asked), ports), ports);
  if (!resolution.ok) throw new GatewayError(resolution.failure);
  // A remembered judgement costs nothing; a judge is never asked here, and one that could not be is not reported as failed.
  const { decision } = consult(input, resolution, ports).decided;
  const isJudged = typeof decision.judge === 'object' && decision.judge?.outcome === 'judged';
  return jsonResponse(200, isJudged ? decision : resolution.decision, {
    ...requestIdHeaders(exchange.requestId), ...rateLimitHeaders(exchange.dialect, counters, exchange.atMs), 'cache-control': 'no-store',
  });
}

/** By `?dialect=`, else by the body's shape. */
function dialectOfBody(exchange: Exchange, members: ReadonlyMap<string, unknown>): Dialect {
  const named = exchange.request.query.get('dialect');
  if (named !== null) {
    return DIALECTS.includes(named) ? (named as Dialect) : fail('invalid_request', `Unknown dialect; use one of ${DIALECTS.join(', ')}.`, { param: 'dialect' });
  }
  if (members.has('input')) return 'openai-responses';
  return members.has('system') || exchange.request.headers['anthropic-version'] !== undefined ? 'anthropic-messages' : 'openai-chat';
}

/** What is not to be generated need not name `max_tokens`, which Anthropic bodies otherwise must. */
export function completed(json: unknown, dialect: Dialect): unknown {
  if (dialect !== 'anthropic-messages' || typeof json !== 'object' || json === null || 'max_tokens' in json) return json;
  return { ...json, max_tokens: 1024 };
}
