import { fromItem, nextVersion, partition, readAll, saveRecord, toItem, versionGuards, type Saved } from './entity.ts';
import type { Item, Key, Op, Store } from './port.ts';

/** A virtual key as stored: never the secret, only its peppered hash. */
export interface KeyRecord {
  readonly keyId: string;
  readonly tenantId: string;
  readonly name: string;
  readonly env: 'live' | 'test';
  /** base64 HMAC-SHA-256(pepper, secret part). */
  readonly hash: string;
  readonly last4: string;
  readonly rpm: number | null;
  readonly tpm: number | null;
  readonly maxParallel: number | null;
  readonly dailyUsd: number | null;
  readonly monthlyUsd: number | null;
  readonly budgetAction: 'block' | 'warn';
  readonly allowedModels: readonly string[] | null;
  /** RFC 3339. */
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
  readonly strict: boolean;
  readonly logContent: boolean;
  /** False = never a part of shadow judging; absent (keys of earlier versions) = true. */
  readonly shadow?: boolean;
  /**
   * Names the limiter that this key shares with those it was rotated from and into: the id of the first of them. Never changes;
   * absent = the key's own id.
   */
  readonly limitId?: string;
  readonly createdAt: string;
  readonly version: number;
}

/** Under whose name what a key's requests take is counted: one for all keys of a rotation, so that a new key is no new budget. */
export const limitIdOf = ({ limitId, keyId }: Pick<KeyRecord, 'keyId' | 'limitId'>): string => limitId ?? keyId;

/** Of the keys that share a limiter only the first. */
export const oneForEachLimiter = (keys: readonly KeyRecord[]): KeyRecord[] => [...new Map(keys.toReversed().map((key) => [limitIdOf(key), key])).values()].toReversed();

/** One of the closed list of lookups that name no tenant: a caller sends nothing but its key. */
const keyOf = (keyId: string): Key => ({ table: 'keys', pk: partition('K', keyId), sk: 'key' });

/** The record's own expiry is kept apart from the attribute by which the store forgets items: an expired key stays listed. */
function toStored({ expiresAt, ...record }: KeyRecord): Item {
  return { ...toItem(record), keyExpiresAt: expiresAt, i1p: partition('T', record.tenantId, 'KEY'), i1s: `${record.createdAt}#${record.keyId}` };
}

function fromStored(item: Item): KeyRecord {
  const { keyExpiresAt, i1p: _partition, i1s: _sort, ...rest } = item;
  return fromItem<KeyRecord>({ shadow: true, ...rest, expiresAt: keyExpiresAt ?? null });
}

/** A key by its public id, revoked and expired ones too. */
export async function getKey(store: Store, keyId: string): Promise<KeyRecord | undefined> {
  const item = await store.get(keyOf(keyId));
  return item && fromStored(item);
}

/**
 * Creates a key (`expectedVersion` undefined) or replaces that version of it. The version stored is 1 or one more than
 * expected, whatever `record.version` says.
 */
export function putKey(store: Store, record: KeyRecord, expectedVersion: number | undefined): Promise<Saved<KeyRecord>> {
  const item = toStored({ ...record, version: nextVersion(expectedVersion) });
  return saveRecord(store, keyOf(record.keyId), item, expectedVersion, fromStored);
}

/** The same as an operation, to be written together with others. */
export const putKeyOp = (record: KeyRecord, expectedVersion: number | undefined): Op =>
  ({ put: keyOf(record.keyId), item: toStored({ ...record, version: nextVersion(expectedVersion) }), guards: versionGuards(expectedVersion) });

/** All keys of a tenant in order of creation (on DynamoDB a change may show a moment later). */
export async function listKeys(store: Store, tenantId: string): Promise<KeyRecord[]> {
  const items = await readAll(store, { table: 'keys', index: 'i1', pk: partition('T', tenantId, 'KEY') });
  return items.map(fromStored);
}
