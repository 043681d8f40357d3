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
  /** Who made it. */
  readonly createdBy: string;
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
export async function getMachineToken(store: Store, token: string): Promise<MachineToken | undefined> {
  const item = await store.get(keyOf(digestOf(token)));
  return item && fromStored(item);
}

/** All tokens of a tenant in order of creation (on DynamoDB a change may show a moment later). */
export async function listMachineTokens(store: Store, tenantId: string): Promise<MachineToken[]> {
  return (await readAll(store, { table: 'keys', index: 'i1', pk: partition('T', tenantId, 'TOKEN') })).map(fromStored);
}

export const putMachineTokenOp = (token: MachineToken): Op => ({ put: keyOf(token.digest), item: toStored(token), guards: [{ absent: true }] });
export const deleteMachineTokenOp = (token: MachineToken): Op => ({ delete: keyOf(token.digest), guards: [{ present: true }] });
