import * as z from 'zod/mini';
import { name } from './vocabulary.ts';

const usd = z.nullable(z.number().check(z.nonnegative(), z.lte(1e9)));
/** Limits of a virtual key: `null` = none, absent = the default shown. */
export const keyLimits = {
  rpm: z._default(z.nullable(z.int().check(z.positive())), 60),
  tpm: z._default(z.nullable(z.int().check(z.positive())), 100_000),
  maxParallel: z._default(z.nullable(z.int().check(z.positive())), null),
  dailyUsd: z._default(usd, null),
  monthlyUsd: z._default(usd, null),
  budgetAction: z._default(z.enum(['block', 'warn']), 'block'),
  allowedModels: z._default(z.nullable(z.array(name)), null),
  expiresAt: z._default(z.nullable(z.iso.datetime({ offset: true })), null),
  strict: z._default(z.boolean(), false),
  logContent: z._default(z.boolean(), false),
  /** False: answers of this key's requests are never compared with another model's (shadow judging), whatever the tenant has switched on. */
  shadow: z._default(z.boolean(), true),
};
const keyName = z.string().check(z.minLength(1), z.maxLength(64));
export const keyConfig = z.strictObject({ name: keyName, keyEnv: z.string(), ...keyLimits });
export type KeyConfig = z.infer<typeof keyConfig>;
export const keyCreate = z.strictObject({ name: keyName, env: z._default(z.enum(['live', 'test']), 'live'), ...keyLimits });
export type KeyCreate = z.infer<typeof keyCreate>;
