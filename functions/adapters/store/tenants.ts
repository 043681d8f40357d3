import { fromItem, nextVersion, partition, readAll, toItem, versionGuards, type Saved } from './entity.ts';
import type { Key, Op, Store } from './port.ts';

export interface TenantRecord {
  readonly tenantId: string;
  readonly name: string;
  /** IANA name; calendar days and months of budgets follow it. */
  readonly timezone: string;
  readonly unknownNames: 'reject' | 'auto';
  readonly paused: boolean;
  readonly alwaysStrongest: boolean;
  readonly corsOrigins: readonly string[];
  /** USD; null or absent = no budget of the tenant. */
  readonly dailyUsd?: number | null;
  readonly monthlyUsd?: number | null;
  readonly budgetAction?: 'block' | 'warn';
  /** Requests at once, counted per process. */
  readonly maxParallel?: number | null;
  /** Days; null or absent = for ever. */
  readonly retentionDays?: { readonly ledger?: number | null; readonly rollups?: number | null; readonly audit?: number | null } | undefined;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly version: number;
}

/** One of the closed list of lookups that name no tenant: the list of tenants. */
const LIST = partition('X', 'tenants');
/** Another one: which web pages may call, by tenant. A browser's question beforehand carries no key. */
const ORIGINS = partition('X', 'origins');
const keyOf = (tenantId: string): Key => ({ table: 'tenants', pk: partition('T', tenantId), sk: 'tenant' });

export async function getTenant(store: Store, tenantId: string): Promise<TenantRecord | undefined> {
  const item = await store.get(keyOf(tenantId));
  return item && fromItem<TenantRecord>(item);
}

/**
 * Creates a tenant (`expectedVersion` undefined) or replaces that version of it. The version stored is 1 or one more
 * than expected, whatever `record.version` says.
 */
export async function putTenant(store: Store, record: TenantRecord, expectedVersion: number | undefined): Promise<Saved<TenantRecord>> {
  const result = await store.write(putTenantOps(record, expectedVersion));
  if (result.ok) return { ok: true, record: { ...record, version: nextVersion(expectedVersion) } };
  return { ok: false, current: result.current && fromItem<TenantRecord>(result.current) };
}

/** The same as operations, to be written together with others; the guard is the first one's. */
export function putTenantOps(record: TenantRecord, expectedVersion: number | undefined): Op[] {
  const ops: Op[] = [{ put: keyOf(record.tenantId), item: toItem({ ...record, version: nextVersion(expectedVersion) }), guards: versionGuards(expectedVersion) }];
  if (expectedVersion === undefined) ops.push({ put: { table: 'tenants', pk: LIST, sk: record.tenantId }, item: { tenantId: record.tenantId } });
  const { tenantId, corsOrigins } = record;
  const listed: Key = { table: 'tenants', pk: ORIGINS, sk: tenantId };
  if (corsOrigins.length > 0) ops.push({ put: listed, item: { tenantId, origins: [...corsOrigins] } });
  else if (expectedVersion !== undefined) ops.push({ delete: listed });
  return ops;
}

/** The tenants that each web origin (`https://app.example.com`) may call for. */
export async function tenantsByOrigin(store: Store): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const tenants = new Map<string, Set<string>>();
  for (const { tenantId, origins } of await readAll(store, { table: 'tenants', pk: ORIGINS })) {
    for (const origin of origins as string[]) tenants.set(origin, (tenants.get(origin) ?? new Set()).add(String(tenantId)));
  }
  return tenants;
}

/** Every tenant, by id. */
export async function listTenants(store: Store): Promise<TenantRecord[]> {
  const listed = await readAll(store, { table: 'tenants', pk: LIST });
  const records = await Promise.all(listed.map((item) => getTenant(store, String(item['tenantId']))));
  return records.filter((record) => record !== undefined);
}
