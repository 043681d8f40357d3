import * as z from 'zod/mini';
import { refusalUsage } from './refusals.ts';

const count = z.number();
const maybeCount = z.nullable(z.number());
const tokens = z.object({ input: count, cacheRead: count, cacheWrite5m: count, cacheWrite1h: count, output: count, reasoning: count });
const percentiles = z.object({ p50: maybeCount, p95: maybeCount });

/**
 * Money in micro-USD; times in ms, null where nothing was measured. `compared` = the requests whose cost stands beside that
 * of a baseline model, and what that would have cost: a saving in per cent is `savedMicros` of its `baselineMicros`, which
 * leaves out requests that named their model and those with an unknown price.
 */
export const measures = z.object({
  requests: count, errors: count, tokens, costMicros: count, baselineMicros: count, savedMicros: count, overheadMicros: count, unpriced: count,
  compared: z.object({ requests: count, baselineMicros: count }),
  latencyMs: percentiles, ttftMs: percentiles,
});
export type UsageMeasures = z.infer<typeof measures>;

export const usageAnswer = z.object({
  from: z.string(), to: z.string(), tz: z.string(), bucket: z.string(), totals: measures,
  series: z.array(z.extend(measures, { at: z.string() })),
  breakdown: z.array(z.extend(measures, { id: z.nullable(z.string()), name: z.nullable(z.string()) })),
  /** The series cut by one dimension (`?stack=`), largest first, the rest as `other`; each list has one number per point. */
  stacked: z.optional(z.object({ by: z.string(), groups: z.array(z.object({ id: z.string(), name: z.string(), requests: z.array(count), errors: z.array(count), costMicros: z.array(count) })) })),
  /** The same question about the period of equal length before (`?compare=previous`). */
  previous: z.optional(z.object({ from: z.string(), to: z.string(), totals: measures })),
  coverage: z.looseObject({ requests: count, auto: count, unpriced: count }),
  refusals: refusalUsage,
});
