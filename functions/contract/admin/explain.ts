import * as z from 'zod/mini';
import { routing } from '../routing.ts';

/** A request as a client would send it, the key to send it with, and, to try something, a document that is not saved. */
export const explainRequest = z.strictObject({
  request: z.looseObject({}),
  dialect: z._default(z.enum(['openai-chat', 'openai-responses', 'anthropic-messages']), 'openai-chat'),
  keyId: z.optional(z.string()),
  draft: z.optional(routing),
});

/** The decision record of `POST /v1/route`; where nothing can serve the request, with the error that the client would get; null where not even a stage matched. `decidedInMs` = what the decision itself took. */
export const explainAnswer = z.object({ decision: z.nullable(z.looseObject({})), error: z.nullable(z.object({ code: z.string(), status: z.int(), message: z.string() })), decidedInMs: z.number() });
