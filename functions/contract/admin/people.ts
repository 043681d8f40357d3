import * as z from 'zod/mini';
import { secret } from './secret.ts';
import { role } from './shared.ts';

const name = z.string().check(z.minLength(1), z.maxLength(128));
const email = z.string().check(z.maxLength(254), z.regex(/^[^\s@]+@[^\s@]+$/, 'an e-mail address'));

/** Why an invitation opens nothing: its days are over, who invited has left (a machine: was ended), or may not give that role any more. */
export const lapse = z.enum(['expired', 'inviter_left', 'inviter_role']);

/**
 * A member, or somebody who was invited and has not come yet (`validUntil` says for how long that stays open, `invitedById` null that an earlier
 * version did not keep who invited). In lists, `lapsed` says of an invitation why it opens nothing; null = it opens.
 */
export const memberView = z.object({
  id: z.string(), state: z.enum(['active', 'invited']), name: z.nullable(z.string()), email: z.nullable(z.string()), role,
  addedAt: z.string(), invitedBy: z.optional(z.string()), invitedById: z.optional(z.nullable(z.string())), validUntil: z.optional(z.string()), lapsed: z.optional(z.nullable(lapse)), version: z.optional(z.int()),
});
export const memberInvite = z.strictObject({ role, name: z.optional(name), email: z.optional(email) });
/** `inviteUrl` is there once; a repetition says `secret_shown: false` instead. */
export const memberInvited = z.object({ id: z.string(), expiresAt: z.string(), inviteUrl: z.optional(secret(z.string())), secret_shown: z.optional(z.boolean()) });
export const memberPatch = z.strictObject({ role });
export const memberRemoved = z.object({ id: z.string(), deleted: z.literal(true) });
export const invitationAccept = z.strictObject({ token: secret(z.string().check(z.maxLength(256))) });
export const invitationAccepted = z.object({ tenantId: z.string(), role });

export const tenantCreate = z.strictObject({ name, timezone: z._default(z.string().check(z.maxLength(64)), 'UTC') });
export const tenantCreated = z.object({ id: z.string(), name: z.string(), timezone: z.string(), role });
