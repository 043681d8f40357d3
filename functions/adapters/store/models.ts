import type { ModelFacts, Price, ProviderKind } from '../../contract/index.ts';
import type { SealedRecord } from '../vault/vault.ts';
import { fromItem, nextVersion, partition, readAll, saveRecord, toItem, versionGuards, type Saved } from './entity.ts';
import type { Key, Op, Store } from './port.ts';

export interface ModelCredential {
  readonly name: string;
  readonly credentialId: string;
  /** Goes up when the secret is replaced, so that no process uses an old one from its cache. */
  readonly version: number;
  readonly last4: string;
  /** RFC 3339. */
  readonly updatedAt: string;
  readonly sealed: SealedRecord;
  /** base64 HMAC over the secret under the pepper, where a config file must see whether it changed; never compared across credentials. */
  readonly fingerprint?: string;
}

/** A registered upstream. `id` is what callers send, `upstreamModel` what the provider gets. */
export interface ModelRecord {
  readonly tenantId: string;
  readonly id: string;
  readonly provider: ProviderKind;
  readonly upstreamModel: string;
  readonly baseUrl?: string;
  readonly apiVersion?: string;
  readonly region?: string;
  readonly enabled: boolean;
  readonly maxOutputTokens?: number;
  readonly price?: Price;
  readonly facts?: ModelFacts;
  readonly credentials: readonly ModelCredential[];
  /** RFC 3339. */
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly version: number;
}

const partitionOf = (tenantId: string): string => partition('T', tenantId, 'MODEL');
const keyOf = (tenantId: string, id: string): Key => ({ table: 'models', pk: partitionOf(tenantId), sk: id });

/** All models of a tenant, by id. */
export async function listModels(store: Store, tenantId: string): Promise<ModelRecord[]> {
  const items = await readAll(store, { table: 'models', pk: partitionOf(tenantId) });
  return items.map((item) => fromItem<ModelRecord>(item));
}

export async function getModel(store: Store, tenantId: string, id: string): Promise<ModelRecord | undefined> {
  const item = await store.get(keyOf(tenantId, id));
  return item && fromItem<ModelRecord>(item);
}

/**
 * Creates a model (`expectedVersion` undefined) or replaces that version of it. The version stored is 1 or one more than
 * expected, whatever `record.version` says.
 */
export function putModel(store: Store, record: ModelRecord, expectedVersion: number | undefined): Promise<Saved<ModelRecord>> {
  const item = toItem({ ...record, version: nextVersion(expectedVersion) });
  return saveRecord(store, keyOf(record.tenantId, record.id), item, expectedVersion, (stored) => fromItem<ModelRecord>(stored));
}

/** The same as an operation, to be written together with others. */
export const putModelOp = (record: ModelRecord, expectedVersion: number | undefined): Op =>
  ({ put: keyOf(record.tenantId, record.id), item: toItem({ ...record, version: nextVersion(expectedVersion) }), guards: versionGuards(expectedVersion) });

/** Deletes that version of a model, sealed credentials included, as an operation. */
export const deleteModelOp = (record: ModelRecord): Op =>
  ({ delete: keyOf(record.tenantId, record.id), guards: versionGuards(record.version) });

/** Deletes a model, sealed credentials included; with `expectedVersion` only that version. `current` undefined = there was none. */
export async function deleteModel(store: Store, tenantId: string, id: string, expectedVersion?: number): Promise<Saved<ModelRecord>> {
  const result = await store.write([{
    delete: keyOf(tenantId, id), guards: [{ present: true }, ...(expectedVersion === undefined ? [] : [{ attr: 'version', equals: expectedVersion }])],
  }]);
  if (!result.ok) return { ok: false, current: result.current && fromItem<ModelRecord>(result.current) };
  return { ok: true, record: fromItem<ModelRecord>(result.before[0] ?? {}) };
}
