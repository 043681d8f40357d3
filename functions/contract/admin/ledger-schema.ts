import * as z from 'zod/mini';
import { listOf } from './shared.ts';

const text = z.string();
const maybeText = z.nullable(text);
const count = z.int();
const maybeCount = z.nullable(count);

/** One ledger entry as the admin API shows it; `decision` is the record of `POST /v1/route`. */
export const ledgerEntry = z.object({
  requestId: text, clientRequestId: z.optional(text), keyId: text, at: text, status: count, errorCode: z.optional(text), dialect: text,
  requestedModel: text, servedModel: maybeText, upstreamModel: maybeText, provider: maybeText, decision: z.nullable(z.looseObject({})),
  attempts: z.array(z.object({ model: text, status: count, errorCode: z.optional(text), ms: z.number(), upstreamRequestId: z.optional(text) })),
  latencyMs: z.number(), ttftMs: z.nullable(z.number()), gatewayMs: z.number(),
  tokens: z.object({ input: z.optional(count), cacheRead: z.optional(count), cacheWrite5m: z.optional(count), cacheWrite1h: z.optional(count), output: z.optional(count), reasoning: z.optional(count) }),
  usage: z.enum(['measured', 'estimated']), finish: z.object({ unified: text, raw: maybeText }),
  costMicros: maybeCount, overheadMicros: count, baselineMicros: maybeCount, savedMicros: maybeCount, priceVersion: text, sessionId: maybeText, user: z.optional(text), tag: z.optional(text),
  source: z.enum(['live', 'demo', 'dashboard']),
  features: z.nullable(z.object({ v: count, dense: z.array(z.number()), logits: z.nullable(z.array(z.number())) })),
  translation: z.optional(text),
  feedback: z.optional(z.object({ rating: z.union([z.enum(['up', 'down']), count]), at: text, hasComment: z.boolean(), comment: z.optional(text) })),
});

/** A page of the log. Keys that do not exist any more have no name. */
export const requestsAnswer = z.extend(listOf(ledgerEntry), { keyNames: z.record(z.string(), z.string()) });
