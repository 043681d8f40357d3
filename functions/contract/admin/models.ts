import * as z from 'zod/mini';
import { facts, modelConfig, price } from '../model.ts';
import { secret, secretPaths } from './secret.ts';

const apiKey = secret(z.string().check(z.minLength(1), z.maxLength(8_192)));
const credentials = z.array(z.strictObject({ name: z.string().check(z.minLength(1), z.maxLength(64)), apiKey })).check(z.minLength(1), z.maxLength(16));
const fields = z.omit(modelConfig, { apiKeyEnv: true, credentials: true });
const tier = z.enum(['simple', 'moderate', 'complex']);

/** `apiKey`, or several `credentials`: write-only. `tier` appends the model to that tier. */
export const modelCreate = z.extend(fields, { apiKey: z.optional(apiKey), credentials: z.optional(credentials), tier: z.optional(tier) });

/** What is absent stays; null takes away. A credential stays too, unless the model moves to another address. */
export const modelPatch = z.strictObject({
  provider: z.optional(modelConfig.shape.provider),
  upstreamModel: z.optional(z.string().check(z.minLength(1), z.maxLength(256))),
  baseUrl: z.optional(z.nullable(z.string().check(z.maxLength(512)))),
  apiVersion: z.optional(z.nullable(z.string().check(z.maxLength(64)))),
  region: z.optional(z.nullable(z.string().check(z.maxLength(32)))),
  enabled: z.optional(z.boolean()),
  maxOutputTokens: z.optional(z.nullable(z.int().check(z.positive()))),
  price: z.optional(z.nullable(price)),
  facts: z.optional(z.nullable(facts)),
  apiKey: z.optional(apiKey),
  credentials: z.optional(credentials),
});

/** Where a model as it is sent in has its credentials. */
export const MODEL_SECRETS = secretPaths(modelCreate);

const credentialView = z.object({ name: z.string(), last4: z.string(), updatedAt: z.string() });

/** A model as it is shown. `credential` = the first one; `effective` = with the catalogue's facts and price filled in. */
export const modelView = z.object({
  id: z.string(), provider: z.string(), upstreamModel: z.string(), baseUrl: z.nullable(z.string()), apiVersion: z.nullable(z.string()), region: z.nullable(z.string()),
  enabled: z.boolean(), maxOutputTokens: z.nullable(z.int()), price: z.nullable(price), facts: z.nullable(facts),
  credential: z.nullable(credentialView), credentials: z.array(credentialView),
  effective: z.object({ priced: z.boolean(), price: z.nullable(price), facts }),
  createdAt: z.string(), updatedAt: z.string(), version: z.int(),
});
export type ModelView = z.infer<typeof modelView>;

/** What is publicly known of a provider's model: a price that nobody could confirm is null. */
export const catalogueModel = z.object({ provider: z.string(), upstreamModel: z.string(), price: z.nullable(price), facts });

/** A registered model by id, or a draft. */
export const modelTest = z.union([z.strictObject({ id: z.string() }), z.omit(modelCreate, { tier: true })]);
export const modelTestAnswer = z.object({ ok: z.boolean(), status: z.nullable(z.int()), latencyMs: z.number(), message: z.string(), hint: z.nullable(z.string()) });
