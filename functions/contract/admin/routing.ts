import * as z from 'zod/mini';
import { routing } from '../routing.ts';

/** Something that is probably not meant so: where (RFC 6901 pointer into the document) and why. */
export const routingWarning = z.object({
  kind: z.enum(['same_glob', 'covered_by_higher', 'alias_equals_model', 'unreachable_condition', 'disabled_target', 'empty_tier', 'idle_shadow']), pointer: z.string(), message: z.string(),
});

/** `before` = the version that serves the other sessions. */
const rollout = z.object({ percent: z.number(), before: z.int() });
export const routingAnswer = z.object({ version: z.int(), document: z.looseObject({}), rollout: z.nullable(rollout), warnings: z.array(routingWarning) });
export const routingVersionInfo = z.object({ version: z.int(), at: z.string(), author: z.string() });
const difference = z.object({ path: z.string(), before: z.optional(z.unknown()), after: z.optional(z.unknown()) });
/** `diff.against` 0 = the empty document before the first version. */
export const routingVersionAnswer = z.extend(routingVersionInfo, { document: z.looseObject({}), diff: z.object({ against: z.int(), differences: z.array(difference), complete: z.boolean() }) });

/** The document, and on how many of the sessions it is tried; absent or 100 = on all. */
export const routingPut = z.extend(routing, { rollout: z.optional(z.strictObject({ percent: z.number().check(z.gte(0), z.lte(100)) })) });
export const routingRollback = z.strictObject({ version: z.int().check(z.positive()) });

/** A document that is not saved: what would keep it from being saved, and what is probably not meant so. */
export const routingCheckAnswer = z.object({ errors: z.array(z.object({ pointer: z.string(), message: z.string() })), warnings: z.array(routingWarning) });
