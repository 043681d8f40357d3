import * as z from 'zod/mini';
import { keyCreate } from '../key.ts';
import { secret } from './secret.ts';

const maybe = <T extends z.ZodMiniType>(schema: T) => z.nullable(schema);

/** A virtual key as it is shown: never the key itself. `display` = its beginning and its last four characters. */
export const keyView = z.object({
  id: z.string(), name: z.string(), env: z.enum(['live', 'test']), display: z.string(),
  rpm: maybe(z.int()), tpm: maybe(z.int()), maxParallel: maybe(z.int()), dailyUsd: maybe(z.number()), monthlyUsd: maybe(z.number()), budgetAction: z.enum(['block', 'warn']),
  allowedModels: maybe(z.array(z.string())), expiresAt: maybe(z.string()), revokedAt: maybe(z.string()), strict: z.boolean(), logContent: z.boolean(), shadow: z.boolean(),
  createdAt: z.string(), version: z.int(),
  /** Where keys are read: when a request of it was last admitted, to 5 s; null = never. */
  lastUsedAt: z.optional(maybe(z.string())),
});
export type KeyView = z.infer<typeof keyView>;

/** `key` is there once, at creation; a repetition says `secret_shown: false` instead. */
export const keyCreated = z.extend(keyView, { key: z.optional(secret(z.string())), secret_shown: z.optional(z.boolean()), revocationSeconds: z.int() });

export { keyCreate };

/** Any of the limits, and the name; what is absent stays. */
export const keyPatch = z.strictObject({
  name: z.optional(z.string().check(z.minLength(1), z.maxLength(64))),
  rpm: z.optional(maybe(z.int().check(z.positive()))),
  tpm: z.optional(maybe(z.int().check(z.positive()))),
  maxParallel: z.optional(maybe(z.int().check(z.positive()))),
  dailyUsd: z.optional(maybe(z.number().check(z.nonnegative(), z.lte(1e9)))),
  monthlyUsd: z.optional(maybe(z.number().check(z.nonnegative(), z.lte(1e9)))),
  budgetAction: z.optional(z.enum(['block', 'warn'])),
  allowedModels: z.optional(maybe(z.array(z.string().check(z.minLength(1), z.maxLength(128))))),
  expiresAt: z.optional(maybe(z.iso.datetime({ offset: true }))),
  strict: z.optional(z.boolean()),
  logContent: z.optional(z.boolean()),
  shadow: z.optional(z.boolean()),
});

/** How long the old key stays valid beside the new one: at most a day. */
export const keyRotate = z.strictObject({ overlapSeconds: z._default(z.int().check(z.gte(0), z.lte(86_400)), 0) });

export const keyRevoked = z.extend(keyView, { revocationSeconds: z.int() });
