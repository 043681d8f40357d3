import * as z from 'zod/mini';
import { listOf } from './shared.ts';

/** What serves a template on evidence; `certified` = cheaper and within the quality budget, `withdrawn` = was, and is with the baseline again. */
const served = z.object({ model: z.string(), why: z.enum(['certified', 'withdrawn', 'better']), since: z.string() });

/** One model against the baseline on one template: judged pairs, their effective number (older ones count less), mean difference and its standard error as measured; `verdict` = what the plan says of this model here. */
export const evidenceView = z.object({
  template: z.string(), model: z.string(), baseline: z.string(), labels: z.int(), n: z.number(), mean: z.nullable(z.number()), se: z.nullable(z.number()), updatedAt: z.string(),
  verdict: z.enum(['serves', 'too_bad', 'open']), served: z.nullable(served),
});

/** The plan in force; `decidedAt` null = too few labels for a first decision. `certified` null = nothing is cheaper than the baseline beyond doubt. */
export const evidencePlanView = z.object({
  version: z.int(), decidedAt: z.nullable(z.string()), baseline: z.string(), labels: z.int(), judgeError: z.number(), templates: z.int(), downgraded: z.int(), withdrawn: z.int(),
  certified: z.nullable(z.object({ mean: z.number(), se: z.number(), lower: z.number(), budget: z.number(), k: z.number(), saving: z.number() })),
});

export const evidenceAnswer = z.extend(listOf(evidenceView), { plan: z.nullable(evidencePlanView) });
export type EvidenceAnswer = z.infer<typeof evidenceAnswer>;
