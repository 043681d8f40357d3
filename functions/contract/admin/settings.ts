import * as z from 'zod/mini';

const usd = z.nullable(z.number().check(z.nonnegative(), z.lte(1e9)));
const days = z.nullable(z.int().check(z.gte(1), z.lte(3_650)));

/** An origin as browsers send it: scheme, host and port, nothing after it. */
const origin = z.string().check(z.maxLength(256), z.refine((text) => URL.canParse(text) && new URL(text).origin === text, 'this must be an origin such as https://app.example.com'));

/** What a tenant's owner may set. `null` = no limit, or kept for ever. */
export const settings = z.strictObject({
  timezone: z.string().check(z.maxLength(64)),
  unknownNames: z.enum(['reject', 'auto']),
  corsOrigins: z.array(origin).check(z.maxLength(50)),
  dailyUsd: usd,
  monthlyUsd: usd,
  budgetAction: z.enum(['block', 'warn']),
  /** Requests of the tenant at once, counted per process. */
  maxParallel: z.nullable(z.int().check(z.positive(), z.lte(100_000))),
  retentionDays: z.strictObject({ ledger: days, rollups: days, audit: days }),
  paused: z.boolean(),
  alwaysStrongest: z.boolean(),
});
export type Settings = z.infer<typeof settings>;

export const settingsAnswer = z.extend(settings, { version: z.int() });
