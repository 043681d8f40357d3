import * as z from 'zod/mini';
import { keyConfig } from './key.ts';
import { modelConfig } from './model.ts';
import { routing } from './routing.ts';

/** The declarative document of `--config FILE`. It owns what it names and deletes nothing. */
export const config = z.strictObject({
  version: z.literal(1),
  tenant: z.optional(z.strictObject({ timezone: z._default(z.string(), 'UTC'), unknownNames: z._default(z.enum(['reject', 'auto']), 'reject') })),
  models: z._default(z.array(modelConfig).check(z.maxLength(500)), []),
  routing: z.optional(routing),
  keys: z._default(z.array(keyConfig).check(z.maxLength(500)), []),
});
export type Config = z.infer<typeof config>;
