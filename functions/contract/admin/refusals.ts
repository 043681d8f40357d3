import * as z from 'zod/mini';
import { listOf } from './shared.ts';

const count = z.int();

/** How often requests were turned away before they were admitted, by error code; the most frequent first. */
export const refusalCounts = z.array(z.object({ code: z.string(), count }));

/** Part of `GET /admin/usage`: refused requests are in none of its other numbers. `series` has the same points as the usage's own. */
export const refusalUsage = z.object({
  count,
  byCode: refusalCounts,
  series: z.array(z.object({ at: z.string(), count })),
});
export type RefusalUsage = z.infer<typeof refusalUsage>;

/** One refused request: nothing of what it said but the name of the model. `keyId` null = nobody knows whose it was. */
export const refusalSample = z.object({
  requestId: z.string(), at: z.string(), keyId: z.nullable(z.string()), code: z.string(), status: count, route: z.string(), dialect: z.string(), requestedModel: z.nullable(z.string()),
});
export type RefusalSample = z.infer<typeof refusalSample>;

export const refusalsAnswer = listOf(refusalSample);
