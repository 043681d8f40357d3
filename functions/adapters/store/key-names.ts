import { hash } from 'node:crypto';
import { partition } from './entity.ts';
import { getKey } from './keys.ts';
import type { Key, Op, Store } from './port.ts';

/** A name may be any text, so it stands here as a hash. */
const itemOf = (tenantId: string, name: string): Key => ({ table: 'keys', pk: partition('T', tenantId, 'KEYNAME'), sk: hash('sha256', name) });

/** Names of one tenant's keys, as they are and as what was planned with this object will make them. */
export interface KeyNames {
  /**
   * What gives a name to a key, to be written together with the key; fails there when another took it meanwhile.
   * `from` may lose the name, as a key that is not live any more does. Undefined where another live key has it.
   */
  claim(name: string, keyId: string, from?: readonly string[]): Promise<Op[] | undefined>;
  /** What gives a name free, to be written together with the key's new name or its end; nothing where it is not the key's. */
  release(name: string, keyId: string): Promise<Op[]>;
}

/**
 * A name belongs to at most one live key: the item of a name says which, and is moved by guard. Keys of earlier versions
 * have no such item and keep their names, which whoever makes or renames a key finds in the list.
 */
export function openKeyNames(store: Store, tenantId: string): KeyNames {
  const planned = new Map<string, string | undefined>();
  const ownerOf = async (name: string): Promise<string | undefined> => {
    if (planned.has(name)) return planned.get(name);
    const keyId = (await store.get(itemOf(tenantId, name)))?.['keyId'];
    return typeof keyId === 'string' ? keyId : undefined;
  };
  const isLive = async (name: string, keyId: string): Promise<boolean> => {
    const key = await getKey(store, keyId);
    return key !== undefined && key.tenantId === tenantId && key.name === name && key.revokedAt === null;
  };
  return {
    async claim(name, keyId, from = []) {
      const owner = await ownerOf(name);
      if (owner === keyId) return [];
      if (owner !== undefined && !from.includes(owner) && await isLive(name, owner)) return undefined;
      planned.set(name, keyId);
      return [{ put: itemOf(tenantId, name), item: { keyId }, guards: [owner === undefined ? { absent: true } : { attr: 'keyId', equals: owner }] }];
    },
    async release(name, keyId) {
      if (await ownerOf(name) !== keyId) return [];
      planned.set(name, undefined);
      return [{ delete: itemOf(tenantId, name), guards: [{ attr: 'keyId', equals: keyId }] }];
    },
  };
}
