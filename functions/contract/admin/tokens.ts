import * as z from 'zod/mini';
import { secret } from './secret.ts';
import { role } from './shared.ts';

/**
 * A machine token as it is shown: never the token itself. `createdById` null = made by an earlier version, which did not
 * keep it: nothing caps such a token. `effectiveRole` = what the token may now, at most what its maker may; null = nothing.
 */
export const tokenView = z.object({ id: z.string(), name: z.string(), role, effectiveRole: z.nullable(role), createdAt: z.string(), createdBy: z.string(), createdById: z.nullable(z.string()) });
export const tokenCreate = z.strictObject({ name: z.string().check(z.minLength(1), z.maxLength(64)), role: z._default(role, 'admin') });
/** `token` is there once, at creation; a repetition says `secret_shown: false` instead. */
export const tokenCreated = z.extend(tokenView, { token: z.optional(secret(z.string())), secret_shown: z.optional(z.boolean()) });
export const tokenDeleted = z.object({ id: z.string(), deleted: z.literal(true) });
