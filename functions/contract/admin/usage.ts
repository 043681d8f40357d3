import * as z from 'zod/mini';
import { refusalUsage } from './refusals.ts';

const count = z.number();
const maybeCount = z.nullable(z.number());
const tokens = z.object({ input: count, cacheRead: count, cacheWrite5m: count, cacheWrite1h: count, output: count, reasoning: count });
const percentiles = z.object({ p50: maybeCount, p95: maybeCount });

/** Money in micro-USD; times in ms, null where nothing was measured. */
export const measures = z.object({
  requests: count, errors: count, tokens, costMicros: count, baselineMicros: count, savedMicros: count, overheadMicros: count, unpriced: count,
  latencyMs: percentiles, ttftMs: percentiles,
});
export type UsageMeasures = z.infer<typeof measures>;

export const usageAnswer = z.object({
  from: z.string(), to: z.string(), tz: z.string(), bucket: z.string(), totals: measures,
  series: z.array(z.extend(measures, { at: z.string() })),
  breakdown: z.array(z.extend(measures, { id: z.nullable(z.string()), name: z.nullable(z.string()) })),
  coverage: z.looseObject({ requests: count, auto: count, unpriced: count }),
  refusals: refusalUsage,
});
