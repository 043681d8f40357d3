import { hash } from 'node:crypto';
import { fromItem, partition, readAll, toItem } from './entity.ts';
import type { Item, Key, Op, Store } from './port.ts';

export interface MachineToken {
  readonly tokenId: string;
  readonly tenantId: string;
  readonly name: string;
  readonly role: 'viewer' | 'member' | 'admin' | 'owner';
  /** RFC 3339. */
  readonly createdAt: string;
  /** Name of who made it. */
  readonly createdBy: string;
  /** User id of who made it, whose role caps this one; absent in tokens of earlier versions. */
  readonly createdById?: string;
  /** Set where a machine made it: the digest of that machine's token. */
  readonly createdByDigest?: string;
  /** Lower-case hex of SHA-256 of the whole token: 256 random bits need no slow hash. */
  readonly digest: string;
}

/** One of the closed list of lookups that name no tenant: a machine sends nothing but its token. */
const keyOf = (digest: string): Key => ({ table: 'keys', pk: partition('MT', digest), sk: 'token' });

export const digestOf = (token: string): string => hash('sha256', token, 'hex');

function toStored(token: MachineToken): Item {
  return { ...toItem(token), i1p: partition('T', token.tenantId, 'TOKEN'), i1s: `${token.createdAt}#${token.tokenId}` };
}

function fromStored(item: Item): MachineToken {
  const { i1p: _partition, i1s: _sort, ...rest } = item;
  return fromItem<MachineToken>(rest);
}

/** Whose token this is; undefined for one that was never made or has been deleted. */
export const getMachineToken = (store: Store, token: string): Promise<MachineToken | undefined> => machineTokenByDigest(store, digestOf(token));

/** The same by what is stored of it. */
export async function machineTokenByDigest(store: Store, digest: string): Promise<MachineToken | undefined> {
  const item = await store.get(keyOf(digest));
  return item && fromStored(item);
}

/** All tokens of a tenant in order of creation (on DynamoDB a change may show a moment later). */
export async function listMachineTokens(store: Store, tenantId: string): Promise<MachineToken[]> {
  return (await readAll(store, { table: 'keys', index: 'i1', pk: partition('T', tenantId, 'TOKEN') })).map(fromStored);
}

export const putMachineTokenOp = (token: MachineToken): Op => ({ put: keyOf(token.digest), item: toStored(token), guards: [{ absent: true }] });
/** Changes nothing, and fails where the token has been deleted. */
export const sameTokenOp = ({ digest, role }: MachineToken): Op => ({ update: keyOf(digest), set: { role }, guards: [{ attr: 'role', equals: role }] });
export const deleteMachineTokenOp = (token: MachineToken): Op => ({ delete: keyOf(token.digest), guards: [{ present: true }] });
