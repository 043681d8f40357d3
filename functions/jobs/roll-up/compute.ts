import { Groups } from '../../core/usage/groups.ts';
import { readOverhead } from '../../adapters/store/overhead.ts';
import { queryLedger } from '../../adapters/store/ledger.ts';
import { floorTo, LEVEL_MS, MINUTES_KEPT_MS, storeBucket, sumBuckets, type Bucket, type Level } from '../../adapters/store/rollups.ts';
import type { LedgerEntry } from '../../contract/ledger.ts';
import type { RollUpPorts } from './ports.ts';

export interface TenantRollUp extends RollUpPorts { readonly tenantId: string; readonly timezone: string; readonly rollupDays: number | undefined }
export interface PartResult { readonly written: number; readonly complete: boolean }

const LEAST_LEFT_MS = 5_000;
const ROWS_PER_PAGE = 500;

export const isOutOfTime = ({ remainingMs }: RollUpPorts): boolean => remainingMs() < LEAST_LEFT_MS;

/** From this quarter on minutes are kept; older quarters are made of rows. */
export const minutesFrom = (nowMs: number): number => floorTo(nowMs - MINUTES_KEPT_MS, 'quarter');

/** The rows of a range (epoch ms, end exclusive), oldest first. */
export async function* rowsOf({ store, tenantId, pause }: TenantRollUp, fromMs: number, toMs: number): AsyncGenerator<LedgerEntry, undefined, undefined> {
  if (fromMs >= toMs) return undefined;
  const range = { from: new Date(fromMs).toISOString(), to: new Date(toMs - 1).toISOString(), limit: ROWS_PER_PAGE };
  let cursor: string | undefined;
  do {
    const page = await queryLedger(store, tenantId, { ...range, ...(cursor !== undefined && { cursor }) });
    yield* page.items;
    cursor = page.cursor;
    if (cursor !== undefined) await pause();
  } while (cursor !== undefined);
  return undefined;
}

/** The groups of the rows of a range, and of what was spent beside them. */
export async function groupsOfRows(tenant: TenantRollUp, fromMs: number, toMs: number): Promise<Groups> {
  const groups = new Groups();
  for await (const entry of rowsOf(tenant, fromMs, toMs)) groups.add(entry);
  for await (const { dims, micros } of readOverhead(tenant.store, tenant.tenantId, fromMs, toMs)) groups.addOverhead(dims, micros);
  return groups;
}

const CHILD: Readonly<Record<'quarter' | 'hour' | 'day', Level>> = { quarter: 'minute', hour: 'quarter', day: 'quarter' };

/** Recomputes a bucket above minutes from the stored ones it is made of; true = it changed. */
export async function recompute({ store, tenantId, rollupDays }: TenantRollUp, bucket: Bucket & { readonly level: 'quarter' | 'hour' | 'day' }): Promise<boolean> {
  const endMs = bucket.level === 'day' ? bucket.endMs : bucket.startMs + LEVEL_MS[bucket.level];
  return storeBucket(store, tenantId, bucket, () => sumBuckets(store, tenantId, CHILD[bucket.level], bucket.startMs, endMs), { keptDays: rollupDays });
}

/** Recomputes a minute or quarter from rows; `known` = its groups where rows have just been read; true = it changed. */
export async function recomputeFromRows(tenant: TenantRollUp, bucket: { readonly level: 'minute' | 'quarter'; readonly startMs: number }, known?: Groups): Promise<boolean> {
  return storeBucket(tenant.store, tenant.tenantId, bucket, () => groupsOfRows(tenant, bucket.startMs, bucket.startMs + LEVEL_MS[bucket.level]), { known, keptDays: tenant.rollupDays });
}
