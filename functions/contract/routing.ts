import * as z from 'zod/mini';
import { CONDITION_FIELDS, CONDITION_OPS, glob, modelId, name, target } from './vocabulary.ts';

const field = z.union([z.enum(CONDITION_FIELDS), z.string().check(z.regex(/^metadata\.[A-Za-z0-9_.-]{1,64}$/, 'unknown field'))]);
const scalar = z.union([z.string().check(z.maxLength(512)), z.number(), z.boolean()]);
export const condition = z.strictObject({
  field,
  op: z.enum(CONDITION_OPS),
  value: z.union([scalar, z.array(scalar).check(z.minLength(1), z.maxLength(64))]),
  negate: z._default(z.boolean(), false),
});
export type Condition = z.infer<typeof condition>;

export const alias = z.strictObject({ name, target, enabled: z._default(z.boolean(), true) });
export const pattern = z.strictObject({
  id: z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/, 'letters, digits, _ and - only')),
  name: z.optional(z.string().check(z.maxLength(128))),
  priority: z.int(),
  glob: z.optional(glob),
  conditions: z._default(z.array(condition).check(z.maxLength(10)), []),
  target,
  fallbacks: z._default(z.array(modelId).check(z.maxLength(8)), []),
  enabled: z._default(z.boolean(), true),
});
export type Pattern = z.infer<typeof pattern>;

const tierList = z._default(z.array(name).check(z.maxLength(16)), []);
export const auto = z.strictObject({
  strategy: z._default(z.enum(['static', 'ml', 'llm']), 'ml'),
  tiers: z._default(z.strictObject({ simple: tierList, moderate: tierList, complex: tierList }), { simple: [], moderate: [], complex: [] }),
  /** Score at which `moderate` and `complex` start; exclusive with `dial`. */
  boundaries: z._default(z.nullable(z.tuple([z.number().check(z.gte(0), z.lte(100)), z.number().check(z.gte(0), z.lte(100))])), null),
  /** 0 (cost) … 100 (quality); null = 50. */
  dial: z._default(z.nullable(z.number().check(z.gte(0), z.lte(100))), null),
  mode: z._default(z.enum(['balanced', 'cautious', 'aggressive']), 'balanced'),
  qualityTarget: z._default(z.number().check(z.gte(0.5), z.lte(1)), 0.98),
  agentFloor: z._default(z.nullable(z.enum(['simple', 'moderate', 'complex'])), 'moderate'),
  judgeModel: z._default(z.nullable(modelId), null),
  shadow: z._default(z.strictObject({ enabled: z.boolean(), dailyUsd: z.number().check(z.nonnegative()) }), { enabled: false, dailyUsd: 0 }),
});
export type Auto = z.infer<typeof auto>;

export const routing = z.strictObject({
  aliases: z._default(z.array(alias).check(z.maxLength(500)), []),
  patterns: z._default(z.array(pattern).check(z.maxLength(100)), []),
  auto: z.prefault(auto, {}),
});
/** The tenant's routing document: one per version, saved whole. */
export type RoutingDocument = z.infer<typeof routing>;
