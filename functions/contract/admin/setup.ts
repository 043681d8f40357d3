import * as z from 'zod/mini';

/** The way to a gateway that earns something, step by step; `firstRequestAt` null = none was seen yet. */
export const setupAnswer = z.object({
  steps: z.array(z.object({ id: z.enum(['model', 'credential', 'price', 'tiers', 'key', 'request']), done: z.boolean() })),
  complete: z.boolean(),
  firstRequestAt: z.nullable(z.string()),
});
