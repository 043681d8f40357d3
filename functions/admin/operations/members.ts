import {
  changeRoleOps, deleteInvitationOp, getMember, invitationDigest, isLastOwner, listInvitations, listMembers, putInvitationOp, removeMemberOps, SHOWN_AFTER_MS, type Invitation, type Member,
} from '../../adapters/store/people.ts';
import { memberInvite, memberInvited, memberPatch, memberRemoved, memberView } from '../../contract/admin/people.ts';
import { listOf } from '../../contract/admin/shared.ts';
import { change } from '../change.ts';
import { AdminError } from '../errors.ts';
import { operation } from '../operation.ts';
import { asMaker, standingOf } from '../people/authority.ts';
import { may, type AdminCall, type Role } from '../ports.ts';

const INVITATION_MS = 7 * 86_400_000;
const MAX_PEOPLE = 1_000;

const memberOf = ({ userId, name, email, role, addedAt, version }: Member) => ({ id: userId, state: 'active' as const, name, email, role, addedAt, version });
const invitedOf = ({ invitationId, name, email, role, createdAt, invitedBy, invitedById, validUntil }: Invitation) => ({ id: invitationId, state: 'invited' as const, name, email, role, addedAt: createdAt, invitedBy, invitedById: invitedById ?? null, validUntil });

export const listMembersOperation = operation({ summary: 'Everybody in the tenant, and the invitations that nobody has accepted: also those that open nothing any more, with the reason, until a week after their end.', answer: listOf(memberView) }, async ({ caller, ports, nowMs }) => {
  const [members, invitations] = await Promise.all([listMembers(ports.store, caller.tenantId), shownInvitations(ports, caller.tenantId, nowMs)]);
  const standings = await Promise.all(invitations.map((invitation) => standingOf(ports.store, invitation, nowMs)));
  return { body: { items: [...members.map(memberOf), ...invitations.map((invitation, at) => ({ ...invitedOf(invitation), lapsed: standings[at]?.lapsed ?? null }))], nextCursor: null } };
});

export const inviteMember = operation({ summary: 'A link for one person, open for seven days, with one role at most the caller\'s own, also when it is accepted. Shown in this answer and never again.', body: memberInvite, answer: memberInvited, status: 201 }, async (call) => {
  const { caller, ports, body, nowMs } = call;
  requireRank(caller.role, body.role);
  const open = (await shownInvitations(ports, caller.tenantId, nowMs)).filter(({ validUntil }) => Date.parse(validUntil) > nowMs);
  const people = (await listMembers(ports.store, caller.tenantId)).length + open.length;
  if (people >= MAX_PEOPLE) throw new AdminError('conflict', `A tenant has at most ${MAX_PEOPLE} members and open invitations.`);
  const token = `bsgi_${Buffer.from(ports.randomBytes(32)).toString('hex')}`;
  const { createdById: invitedById, createdByDigest: invitedByDigest } = asMaker(caller);
  const invitation: Invitation = {
    invitationId: `in_${Buffer.from(ports.randomBytes(9)).toString('hex')}`, tenantId: caller.tenantId, role: body.role, name: body.name ?? null, email: body.email ?? null,
    invitedBy: caller.name, invitedById, ...(invitedByDigest !== undefined && { invitedByDigest }), createdAt: new Date(nowMs).toISOString(), validUntil: new Date(nowMs + INVITATION_MS).toISOString(), digest: invitationDigest(token),
  };
  const committed = await change(call, { action: 'member.invited', target: targetOf(invitation), before: null, after: invitedOf(invitation) }, [putInvitationOp(invitation)]);
  if (!committed.ok) throw new AdminError('internal_error', 'The invitation could not be made.');
  const shown = { id: invitation.invitationId, expiresAt: invitation.validUntil };
  // Behind the hash the token is sent to no server, and so is in nobody's log.
  return { body: { ...shown, inviteUrl: `${ports.dashboardUrl}/invite#token=${token}` }, replay: { ...shown, secret_shown: false }, headers: { 'cache-control': 'no-store' } };
});

export const changeMember = operation({ summary: 'Gives a member another role. The last owner stays one.', body: memberPatch, answer: memberView, ifMatch: 'optional' }, async (call) => {
  const { body, ifMatch } = call;
  const member = await ownMember(call);
  if (ifMatch !== undefined && ifMatch !== member.version) throw changedMeanwhile(member);
  if (member.role === body.role) return { body: memberOf(member), etag: member.version };
  const after = { ...member, role: body.role, version: member.version + 1 };
  const committed = await change(call, { action: 'member.role_changed', target: targetOf(member), before: memberOf(member), after: memberOf(after) }, changeRoleOps(member, body.role));
  if (!committed.ok) throw isLastOwner(committed.index) ? lastOwner() : changedMeanwhile(undefined);
  return { body: memberOf(after), etag: after.version };
});

export const removeMember = operation({ summary: 'Takes a member, or an invitation, out of the tenant. Needs a role at least the member\'s own; the last owner stays.', answer: memberRemoved }, async (call) => {
  const { caller, ports, params, nowMs } = call;
  const invitation = (await shownInvitations(ports, caller.tenantId, nowMs)).find(({ invitationId }) => invitationId === params['id']);
  if (invitation !== undefined) {
    requireRank(caller.role, invitation.role);
    const committed = await change(call, { action: 'member.invitation_withdrawn', target: targetOf(invitation), before: invitedOf(invitation), after: null }, [deleteInvitationOp(invitation)]);
    if (!committed.ok) throw missing();
    return { body: { id: invitation.invitationId, deleted: true as const } };
  }
  const member = await ownMember(call);
  requireRank(caller.role, member.role);
  const committed = await change(call, { action: 'member.removed', target: targetOf(member), before: memberOf(member), after: null }, removeMemberOps(member));
  if (!committed.ok) throw isLastOwner(committed.index) ? lastOwner() : changedMeanwhile(undefined);
  return { body: { id: member.userId, deleted: true as const } };
});

async function ownMember({ caller, ports, params }: AdminCall): Promise<Member> {
  const member = await getMember(ports.store, caller.tenantId, params['id'] ?? '');
  if (member === undefined) throw missing();
  return member;
}

/** The engine forgets late, and what it has not forgotten is not shown for longer. */
async function shownInvitations({ store }: AdminCall['ports'], tenantId: string, nowMs: number): Promise<Invitation[]> {
  return (await listInvitations(store, tenantId)).filter(({ validUntil }) => Date.parse(validUntil) + SHOWN_AFTER_MS > nowMs);
}

function requireRank(own: Role, role: Role): void {
  if (!may(own, role)) throw new AdminError('forbidden', `Only who has the role ${role} may give or take it.`, { field: '/role' });
}

const targetOf = (of: Member | Invitation) => ('userId' in of ? { type: 'member', id: of.userId, name: of.name } : { type: 'member', id: of.invitationId, ...(of.name !== null && { name: of.name }) });
const missing = (): AdminError => new AdminError('not_found', 'There is no member and no invitation with this id.');
const lastOwner = (): AdminError => new AdminError('last_owner', 'A tenant needs an owner: make somebody else owner first.');
const changedMeanwhile = (member: Member | undefined): AdminError =>
  new AdminError('version_conflict', 'The member has changed in the meantime; look again.', member && { details: { current: memberOf(member) } });
