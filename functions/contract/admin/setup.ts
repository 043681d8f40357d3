import * as z from 'zod/mini';
import { refusalCounts, refusalSample } from './refusals.ts';

const count = z.int();
const name = z.nullable(z.string());

/**
 * Something that somebody should look at. `id` and `name` say what it is about; `value` and `limit` are shares of 0…1 for
 * `model_failing`, micro-USD for `key_near_limit`, requests for `model_unpriced`; `at` is when a key expires.
 */
export const attention = z.object({
  kind: z.enum(['model_failing', 'key_near_limit', 'key_expiring', 'model_unpriced', 'rule_never_matched', 'model_unused', 'tier_empty']),
  id: z.string(), name: z.string(), value: z.nullable(z.number()), limit: z.nullable(z.number()), at: z.nullable(z.string()),
});
export type Attention = z.infer<typeof attention>;

/**
 * The way to a gateway that earns something, step by step; `firstRequestAt` null = none was seen yet. `refused` tells of
 * requests of the last day that came and were turned away, the latest of them with what to do about it; null = there were none.
 */
export const setupAnswer = z.object({
  steps: z.array(z.object({ id: z.enum(['model', 'credential', 'price', 'tiers', 'key', 'request']), done: z.boolean() })),
  complete: z.boolean(),
  firstRequestAt: z.nullable(z.string()),
  /** Enabled models; `strongest` = the dearest of the strongest tier that has any, `cheapest` by price; `alike` = all cost about the same, so there is little to save. */
  models: z.object({ enabled: count, cheapest: name, strongest: name, alike: z.boolean() }),
  keys: count,
  /** Enabled aliases and patterns, and how many patterns matched since midnight in the tenant's zone. */
  rules: z.object({ active: count, matchedToday: count }),
  /** Requests of the last 30 days that automatic routing decided, up to the number after which a saving says something. */
  autoRouted: z.object({ count, needed: count }),
  attention: z.array(attention),
  refused: z.nullable(z.object({ count: z.int(), byCode: refusalCounts, last: refusalSample, hint: z.string() })),
});
export type SetupAnswer = z.infer<typeof setupAnswer>;
