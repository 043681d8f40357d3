import * as z from 'zod/mini';
import { modelId, PROVIDERS } from './vocabulary.ts';

/** USD per 1M tokens, at most 6 decimals, so that every price is a whole number of micro-USD. */
const usd = z.number().check(z.nonnegative(), z.refine((n) => Math.abs(n * 1e6 - Math.round(n * 1e6)) < 1e-6 && n <= 1e6, 'at most 6 decimals'));
export const price = z.strictObject({
  input: usd,
  output: usd,
  /** Absent = the input price. */
  cacheRead: z.optional(usd),
  /** Cache write for 5 minutes; absent = the input price. */
  cacheWrite: z.optional(usd),
  /** Cache write for 1 hour; absent = 1.6 × `cacheWrite`. */
  cacheWrite1h: z.optional(usd),
  /** Times the plain price by tariff, in the provider's word for it (`service_tier`, `speed`): `{"priority": 2, "flex": 0.5}`. */
  tiers: z.optional(z.record(z.string().check(z.regex(/^[a-z][a-z0-9_-]{0,31}$/)), z.number().check(z.positive(), z.lte(100)))),
});
export type Price = z.infer<typeof price>;

/** What a model can take. Absent = as the catalogue says; unknown to the catalogue too = assumed possible. */
export const facts = z.strictObject({
  contextWindow: z.optional(z.int().check(z.positive())),
  maxOutput: z.optional(z.int().check(z.positive())),
  vision: z.optional(z.boolean()),
  documents: z.optional(z.boolean()),
  audio: z.optional(z.boolean()),
  tools: z.optional(z.boolean()),
  strictSchema: z.optional(z.boolean()),
  reasoning: z.optional(z.boolean()),
  sampling: z.optional(z.boolean()),
  prefill: z.optional(z.boolean()),
  thinking: z.optional(z.enum(['none', 'budget', 'adaptive'])),
  /** Takes cache markers in the request (Amazon Bedrock refuses them for most models that are not Anthropic's or its own). */
  promptCache: z.optional(z.boolean()),
  /** In a tool loop the server wants the reasoning back that came with its calls, as `reasoning_content` (DeepSeek's thinking models). */
  reasoningReplay: z.optional(z.boolean()),
  /** The server accepts `stream_options.include_usage`; absent = true for openai kinds, catalogue otherwise. */
  streamUsage: z.optional(z.boolean()),
  /** Google's: tool calls of the history must carry the signature they came with. Absent = they must. */
  thoughtSignatures: z.optional(z.boolean()),
  /** Makes embeddings and nothing else; false = none. Absent = nobody knows. */
  embeddings: z.optional(z.boolean()),
  firstPartTimeoutMs: z.optional(z.int().check(z.positive())),
});
export type ModelFacts = z.infer<typeof facts>;

const shape = {
  id: modelId,
  provider: z.enum(PROVIDERS),
  upstreamModel: z.string().check(z.minLength(1), z.maxLength(256)),
  baseUrl: z.optional(z.string().check(z.maxLength(512))),
  apiVersion: z.optional(z.string().check(z.maxLength(64))),
  region: z.optional(z.string().check(z.maxLength(32))),
  enabled: z._default(z.boolean(), true),
  maxOutputTokens: z.optional(z.int().check(z.positive())),
  price: z.optional(price),
  facts: z.optional(facts),
};
/** A model as the config file declares it. */
export const modelConfig = z.strictObject({
  ...shape,
  apiKeyEnv: z.optional(z.string()),
  credentials: z.optional(z.array(z.strictObject({ name: z.string().check(z.minLength(1), z.maxLength(64)), apiKeyEnv: z.string() })).check(z.minLength(1), z.maxLength(16))),
});
export type ModelConfig = z.infer<typeof modelConfig>;
