import { machineTokenByDigest, sameTokenOp, type MachineToken } from '../../adapters/store/machine-tokens.ts';
import { getMember, sameRoleOp, type Invitation } from '../../adapters/store/people.ts';
import type { Op, Store } from '../../adapters/store/port.ts';
import { may, type Caller, type Role } from '../ports.ts';

/** Who made something that gives a right: a member by `userId`, or a machine by the digest of its token. */
export interface Maker { readonly userId: string; readonly tokenDigest?: string | undefined }

/** What a maker may give at this moment. `guards` change nothing and fail in a batch when that is no longer so. */
export interface Authority { readonly role: Role; readonly guards: readonly Op[] }

/** `undefined` for a record of an earlier version, which did not say whose right it hands on. */
export const makerOf = ({ createdById, createdByDigest }: Pick<MachineToken, 'createdById' | 'createdByDigest'>): Maker | undefined =>
  (createdById === undefined ? undefined : { userId: createdById, tokenDigest: createdByDigest });
const inviterOf = ({ invitedById, invitedByDigest }: Pick<Invitation, 'invitedById' | 'invitedByDigest'>): Maker | undefined =>
  makerOf({ createdById: invitedById, createdByDigest: invitedByDigest });

/** How a caller is written down in what it makes. */
export const asMaker = ({ userId, tokenDigest }: Caller): Required<Pick<MachineToken, 'createdById'>> & Pick<MachineToken, 'createdByDigest'> =>
  ({ createdById: userId, ...(tokenDigest !== undefined && { createdByDigest: tokenDigest }) });

/** The role of a maker as it is now; undefined for somebody who left the tenant and for a token that was deleted. */
export async function authorityOf(store: Store, tenantId: string, { userId, tokenDigest }: Maker): Promise<Authority | undefined> {
  if (tokenDigest !== undefined) {
    const token = await machineTokenByDigest(store, tokenDigest);
    return token?.tenantId === tenantId ? tokenAuthority(store, token) : undefined;
  }
  const member = await getMember(store, tenantId, userId);
  return member && { role: member.role, guards: [sameRoleOp(member)] };
}

/**
 * What a machine token is worth: its own role, and at most that of whoever made it. A token made by a token follows the
 * whole line back, which is no longer than a tenant has tokens. One without a maker keeps its role.
 */
export async function tokenAuthority(store: Store, token: MachineToken): Promise<Authority | undefined> {
  const maker = makerOf(token);
  const above = maker && await authorityOf(store, token.tenantId, maker);
  if (maker !== undefined && above === undefined) return undefined;
  const role = above === undefined || may(above.role, token.role) ? token.role : above.role;
  return { role, guards: [sameTokenOp(token), ...(above?.guards ?? [])] };
}

/** What an invitation is worth: `lapsed` says why nothing, and `guards` what must still hold when it is accepted. */
export type Standing = { readonly lapsed: 'expired' | 'inviter_left' | 'inviter_role' } | { readonly lapsed: null; readonly guards: readonly Op[] };

/** Who invited must be somebody who may invite, and give this role. One without an inviter opens until its days are over. */
export async function standingOf(store: Store, invitation: Invitation, nowMs: number): Promise<Standing> {
  if (Date.parse(invitation.validUntil) <= nowMs) return { lapsed: 'expired' };
  const inviter = inviterOf(invitation);
  if (inviter === undefined) return { lapsed: null, guards: [] };
  const authority = await authorityOf(store, invitation.tenantId, inviter);
  if (authority === undefined) return { lapsed: 'inviter_left' };
  return may(authority.role, 'admin') && may(authority.role, invitation.role) ? { lapsed: null, guards: authority.guards } : { lapsed: 'inviter_role' };
}
