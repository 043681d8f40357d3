import * as z from 'zod/mini';

/** One model against the baseline on one template: effective number of judged pairs, mean difference and its standard error. */
export const evidenceView = z.object({ template: z.string(), model: z.string(), labels: z.int(), n: z.number(), mean: z.nullable(z.number()), se: z.nullable(z.number()), updatedAt: z.string() });
