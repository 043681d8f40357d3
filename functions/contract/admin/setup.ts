import * as z from 'zod/mini';
import { refusalCounts, refusalSample } from './refusals.ts';

/**
 * The way to a gateway that earns something, step by step; `firstRequestAt` null = none was seen yet. `refused` tells of
 * requests of the last day that came and were turned away, the latest of them with what to do about it; null = there were none.
 */
export const setupAnswer = z.object({
  steps: z.array(z.object({ id: z.enum(['model', 'credential', 'price', 'tiers', 'key', 'request']), done: z.boolean() })),
  complete: z.boolean(),
  firstRequestAt: z.nullable(z.string()),
  refused: z.nullable(z.object({ count: z.int(), byCode: refusalCounts, last: refusalSample, hint: z.string() })),
});
export type SetupAnswer = z.infer<typeof setupAnswer>;
