import type { Conversation } from '../core/conversation.ts';
import { codecs } from '../core/dialects/dialect.ts';
import { jsonObjectAnswer } from '../core/dialects/json-object-answer.ts';
import { scanBody, splice, type Span } from '../core/dialects/json-scan.ts';
import { unreadable } from '../core/dialects/map-in-band.ts';
import { failure, GatewayError } from '../core/errors.ts';
import { mergeUsage } from '../core/money/usage.ts';
import type { StreamPart } from '../core/stream-part.ts';
import type { RegisteredModel } from '../core/routing/policy.ts';
import type { OutboundResponse } from '../adapters/providers/outbound-port.ts';
import { scrub } from '../adapters/providers/scrub.ts';
import { collect } from './collect.ts';
import type { Exchange } from './exchange.ts';
import { renamed } from './pipe.ts';
import type { Ports } from './ports.ts';
import type { Trail } from './settle.ts';
import type { UpstreamBody } from './upstream-body.ts';

const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const ANSWER_BOUNDS = { maxDepth: 512, maxKeys: 5_000_000 };
const encoder = new TextEncoder();

/** A whole answer in the caller's dialect. */
export interface JsonAnswer { readonly bytes: Uint8Array }

interface Reading {
  readonly response: OutboundResponse;
  readonly body: UpstreamBody;
  readonly conversation: Conversation;
  readonly model: RegisteredModel;
  readonly exchange: Exchange;
  readonly trail: Trail;
  readonly ports: Ports;
}

/** Reads, meters and (across dialects) rewrites a non-streaming answer. An unreadable one is an upstream failure. */
export async function readAnswer(reading: Reading): Promise<JsonAnswer> {
  const { response, body, conversation, model, exchange, trail, ports } = reading;
  const bytes = await collect(response, MAX_ANSWER_BYTES);
  const json = parsed(bytes);
  const parts = body.codec.readAnswer(json);
  for (const part of parts) note(part, trail);
  trail.ttftMs = ports.clock.elapsed() - exchange.startedAt;
  if (body.passthrough) return { bytes: withModel(bytes, json, model.id) };
  const checked = body.expectsJson ? jsonObjectAnswer(parts) : parts;
  const answer = codecs[exchange.dialect].writeAnswer(checked.map((part) => renamed(part, body.originalNames)), {
    requestId: exchange.requestId, model: model.id, created: Math.floor(exchange.atMs / 1000), conversation,
  });
  return { bytes: encoder.encode(JSON.stringify(answer)) };
}

function note(part: StreamPart, trail: Trail): void {
  trail.watch?.note(part);
  if (part.type === 'error') throw new GatewayError({ ...part.failure, message: scrub(part.failure.message) });
  if (part.type === 'text' || part.type === 'reasoning') trail.outputChars += part.text.length;
  else if (part.type === 'tool-delta') trail.outputChars += part.json.length;
  else if (part.type === 'usage') {
    trail.usage = mergeUsage(trail.usage, part.usage);
    trail.tier = part.tier ?? trail.tier;
  } else if (part.type === 'finish') trail.finish = { unified: part.reason, raw: part.raw ?? null };
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch {
    throw new GatewayError(failure('upstream_invalid_response', 'The upstream answered with something that is not JSON.', { retryable: true }));
  }
}

/** The answer's own bytes with `model` naming the model that served; nothing else is touched. */
function withModel(bytes: Uint8Array, json: unknown, modelId: string): Uint8Array {
  const named = typeof json === 'object' && json !== null && 'model' in json ? json.model : undefined;
  if (named === modelId || named === undefined) return bytes;
  const span = modelSpan(bytes);
  return span === undefined ? rewritten(json as object, modelId) : splice(bytes, [{ ...span, text: JSON.stringify(modelId) }]);
}

/** Where the name stands; undefined for an answer that holds what no request may hold (keys like `__proto__`, great depth), which is no fault of the caller's. */
function modelSpan(bytes: Uint8Array): Span | undefined {
  try {
    return scanBody(bytes, ANSWER_BOUNDS).members.get('model');
  } catch {
    return undefined;
  }
}

/** An answer that cannot be edited in place is written anew. */
function rewritten(json: object, modelId: string): Uint8Array {
  try {
    return encoder.encode(JSON.stringify({ ...json, model: modelId }));
  } catch {
    // Nested so deep that it cannot be written again.
    throw new GatewayError(unreadable());
  }
}
