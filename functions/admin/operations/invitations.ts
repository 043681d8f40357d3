import { addMemberOps, deleteInvitationOp, getInvitation, getMember, type Member } from '../../adapters/store/people.ts';
import { invitationAccept, invitationAccepted } from '../../contract/admin/people.ts';
import { change } from '../change.ts';
import { AdminError } from '../errors.ts';
import { operation } from '../operation.ts';
import { standingOf } from '../people/authority.ts';

/** Unknown, used, withdrawn and expired ones answer alike, and those of somebody who could not give that role any more. */
const invalid = (): AdminError => new AdminError('not_found', 'This invitation cannot be used: it was accepted or withdrawn, or its seven days are over. Ask for another one.');

export const acceptInvitation = operation({ summary: 'Makes the caller a member of the tenant that a link invites to. A link works once.', body: invitationAccept, answer: invitationAccepted }, async (call) => {
  const { caller, ports, body, nowMs } = call;
  if (caller.isMachine) throw new AdminError('forbidden', 'An invitation is for a person; a machine token belongs to one tenant.');
  const invitation = await getInvitation(ports.store, body.token);
  if (invitation === undefined) throw invalid();
  const { tenantId, role } = invitation;
  const standing = await standingOf(ports.store, invitation, nowMs);
  if (standing.lapsed !== null) throw invalid();
  if ((await getMember(ports.store, tenantId, caller.userId)) !== undefined) throw new AdminError('conflict', 'You belong to this tenant already; the invitation stays open.');
  const member: Member = { tenantId, userId: caller.userId, name: invitation.name ?? invitation.email ?? caller.name, email: invitation.email, role, addedAt: new Date(nowMs).toISOString(), version: 1 };
  const draft = { action: 'member.joined', target: { type: 'member', id: member.userId, name: member.name }, before: null, after: { role, invitationId: invitation.invitationId, invitedBy: invitation.invitedBy, invitedById: invitation.invitedById ?? null } };
  const committed = await change({ ...call, caller: { ...caller, tenantId } }, draft, [deleteInvitationOp(invitation), ...addMemberOps(member), ...standing.guards]);
  if (!committed.ok) throw invalid();
  return { body: { tenantId, role } };
});
