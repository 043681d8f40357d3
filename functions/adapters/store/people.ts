import { hash } from 'node:crypto';
import { fromItem, partition, readAll, toItem } from './entity.ts';
import type { Item, Key, Op, Store } from './port.ts';

export type MemberRole = 'viewer' | 'member' | 'admin' | 'owner';

/** A person in a tenant. */
export interface Member {
  readonly tenantId: string;
  /** `sub` of the person's tokens. */
  readonly userId: string;
  readonly name: string;
  readonly email: string | null;
  readonly role: MemberRole;
  /** RFC 3339. */
  readonly addedAt: string;
  readonly version: number;
}

/** An invitation that nobody has accepted yet. */
export interface Invitation {
  readonly invitationId: string;
  readonly tenantId: string;
  readonly role: MemberRole;
  readonly name: string | null;
  readonly email: string | null;
  /** Name of who invited. */
  readonly invitedBy: string;
  /** User id of who invited, whose role caps what this gives; absent in invitations of earlier versions. */
  readonly invitedById?: string;
  /** Set where a machine invited: the digest of its token. */
  readonly invitedByDigest?: string;
  /** RFC 3339. */
  readonly createdAt: string;
  /** RFC 3339; who reads compares, since the engine forgets late. */
  readonly validUntil: string;
  /** Lower-case hex of SHA-256 of the token: 256 random bits need no slow hash. */
  readonly digest: string;
}

/** For how long an invitation that is over is kept, for those who wonder why their link does not open. */
export const SHOWN_AFTER_MS = 7 * 86_400_000;

const sha256 = (text: string): string => hash('sha256', text, 'hex');
export const invitationDigest = sha256;

const memberKey = (tenantId: string, userId: string): Key => ({ table: 'tenants', pk: partition('T', tenantId, 'MEMBER'), sk: userId });
/** Of the closed list of lookups that name no tenant: who signs in brings a `sub` and nothing else. */
const membershipsOf = (userId: string): string => partition('SUB', sha256(userId));
const membershipKey = ({ tenantId, userId }: Pick<Member, 'tenantId' | 'userId'>): Key => ({ table: 'tenants', pk: membershipsOf(userId), sk: tenantId });
/** Another one: an invitation is known by its token alone. */
const invitationKey = (digest: string): Key => ({ table: 'tenants', pk: partition('INV', digest), sk: 'invitation' });
/** How many owners there are, moved by guard in the batch that makes or unmakes one: two owners cannot remove each other. */
const ownersKey = (tenantId: string): Key => ({ table: 'tenants', pk: partition('T', tenantId), sk: 'owners' });

export async function hasOwner(store: Store, tenantId: string): Promise<boolean> {
  return Number((await store.get(ownersKey(tenantId)))?.['owners'] ?? 0) > 0;
}

export async function getMember(store: Store, tenantId: string, userId: string): Promise<Member | undefined> {
  const item = await store.get(memberKey(tenantId, userId));
  return item && fromItem<Member>(item);
}

/** Everybody of a tenant, by id. */
export async function listMembers(store: Store, tenantId: string): Promise<Member[]> {
  return (await readAll(store, { table: 'tenants', pk: partition('T', tenantId, 'MEMBER') })).map((item) => fromItem<Member>(item));
}

/** The tenants that a person belongs to, by id, with the role and the name in each. */
export async function listMemberships(store: Store, userId: string): Promise<{ tenantId: string; role: MemberRole; name: string }[]> {
  return (await readAll(store, { table: 'tenants', pk: membershipsOf(userId) })).map((item) => ({ tenantId: String(item['tenantId']), role: item['role'] as MemberRole, name: String(item['name']) }));
}

/** The first operation fails where the person is a member already. */
export function addMemberOps(member: Member): Op[] {
  return [
    { put: memberKey(member.tenantId, member.userId), item: toItem({ ...member, version: 1 }), guards: [{ absent: true }] },
    { put: membershipKey(member), item: { tenantId: member.tenantId, role: member.role, name: member.name } },
    ...ownerOps(member.tenantId, undefined, member.role),
  ];
}

/** The first operation fails where the member has changed since, the last one where no owner would be left (`isLastOwner`). */
export function changeRoleOps(member: Member, role: MemberRole): Op[] {
  return [
    { update: memberKey(member.tenantId, member.userId), set: { role, version: member.version + 1 }, guards: [{ attr: 'version', equals: member.version }] },
    { put: membershipKey(member), item: { tenantId: member.tenantId, role, name: member.name } },
    ...ownerOps(member.tenantId, member.role, role),
  ];
}

/** The same guards as of `changeRoleOps`. */
export function removeMemberOps(member: Member): Op[] {
  return [
    { delete: memberKey(member.tenantId, member.userId), guards: [{ attr: 'version', equals: member.version }] },
    { delete: membershipKey(member) },
    ...ownerOps(member.tenantId, member.role, undefined),
  ];
}

/** Changes nothing, and fails where the member has left or has another role. */
export const sameRoleOp = ({ tenantId, userId, role }: Member): Op => ({ update: memberKey(tenantId, userId), set: { role }, guards: [{ attr: 'role', equals: role }] });

/** Whether a failed batch of `changeRoleOps` or `removeMemberOps` failed for want of another owner. */
export const isLastOwner = (failedIndex: number): boolean => failedIndex === 2;

function ownerOps(tenantId: string, before: MemberRole | undefined, after: MemberRole | undefined): Op[] {
  const more = Number(after === 'owner') - Number(before === 'owner');
  if (more === 0) return [];
  return [{ update: ownersKey(tenantId), add: { owners: more }, ...(more < 0 && { guards: [{ attr: 'owners', atLeast: 2 }] }) }];
}

export async function getInvitation(store: Store, token: string): Promise<Invitation | undefined> {
  const item = await store.get(invitationKey(sha256(token)));
  return item && invitationOf(item);
}

/** Invitations of a tenant that nobody has accepted, those that are over too, oldest first (on DynamoDB a change may show a moment later). */
export async function listInvitations(store: Store, tenantId: string): Promise<Invitation[]> {
  return (await readAll(store, { table: 'tenants', index: 'i1', pk: partition('T', tenantId, 'INVITE') })).map(invitationOf);
}

export function putInvitationOp(invitation: Invitation): Op {
  const { tenantId, createdAt, invitationId, digest, validUntil } = invitation;
  const item = { ...toItem(invitation), expiresAt: Math.ceil((Date.parse(validUntil) + SHOWN_AFTER_MS) / 1000), i1p: partition('T', tenantId, 'INVITE'), i1s: `${createdAt}#${invitationId}` };
  return { put: invitationKey(digest), item, guards: [{ absent: true }] };
}

/** Fails where the invitation is gone: it opens once. */
export const deleteInvitationOp = ({ digest }: Invitation): Op => ({ delete: invitationKey(digest), guards: [{ present: true }] });

function invitationOf({ expiresAt: _ttl, i1p: _partition, i1s: _sort, ...rest }: Item): Invitation {
  return fromItem<Invitation>(rest);
}
