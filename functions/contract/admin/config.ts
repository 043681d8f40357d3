import * as z from 'zod/mini';
import { keyConfig } from '../key.ts';
import { modelConfig } from '../model.ts';
import { routing } from '../routing.ts';

/**
 * The document of `--config FILE` as the admin API takes it: without secrets. Members that name environment variables are
 * known, so that their refusal can say what to do instead.
 */
export const configPut = z.strictObject({
  version: z.literal(1),
  tenant: z.optional(z.strictObject({ timezone: z._default(z.string().check(z.maxLength(64)), 'UTC'), unknownNames: z._default(z.enum(['reject', 'auto']), 'reject') })),
  models: z._default(z.array(modelConfig).check(z.maxLength(500)), []),
  routing: z.optional(routing),
  keys: z._default(z.array(z.extend(keyConfig, { keyEnv: z.optional(z.string()) })).check(z.maxLength(500)), []),
});
export type ConfigPut = z.infer<typeof configPut>;

export const configChange = z.object({ type: z.enum(['settings', 'model', 'routing', 'key']), id: z.string(), action: z.enum(['created', 'updated']) });
export const configPutAnswer = z.object({ dryRun: z.boolean(), changed: z.array(configChange), warnings: z.array(z.object({ pointer: z.string(), message: z.string() })) });
