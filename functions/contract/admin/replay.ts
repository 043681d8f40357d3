import * as z from 'zod/mini';
import { routing } from '../routing.ts';

const instant = z.iso.datetime({ offset: true });
/** `draft` as PUT /admin/routing takes it; at most 31 days. */
export const replayRequest = z.strictObject({ draft: routing, from: instant, to: instant });

const sides = z.object({ live: z.int(), draft: z.int() });
/** Money in micro-USD over `compared` requests; `reasons` say what the undecidable ones lack; `examples` = the newest flips, null = refused. */
export const replayAnswer = z.object({
  requests: z.int(), undecidable: z.int(), reasons: z.record(z.string(), z.int()), flips: z.int(), refused: z.int(), compared: z.int(),
  costMicros: sides, tiers: z.object({ simple: sides, moderate: sides, complex: sides }), complete: z.boolean(),
  examples: z.array(z.object({ requestId: z.string(), at: z.string(), live: z.nullable(z.string()), draft: z.nullable(z.string()) })),
});
