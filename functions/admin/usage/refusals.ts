import type { RefusalSample, RefusalUsage } from '../../contract/admin/refusals.ts';
import { NONE } from '../../core/usage/groups.ts';
import { lastRefusals, newest, readRefusals } from '../../adapters/store/refusals.ts';
import type { Store } from '../../adapters/store/port.ts';
import { bucketAt } from './buckets.ts';
import { matcher, type Filters } from './filters.ts';
import { statusOf } from '../../core/errors.ts';

/** Epoch ms, both inclusive. */
export interface RefusalRange { readonly fromMs: number; readonly toMs: number }

/**
 * Whose refusals a tenant sees: its own, and those of callers that nobody knows where the tenant is the one that operates
 * the gateway. A request without a valid key belongs to no tenant, and somebody has to hear of it.
 */
export interface RefusalScope { readonly tenantId: string; readonly withUnknown: boolean }

const sourcesOf = ({ tenantId, withUnknown }: RefusalScope): (string | undefined)[] => (withUnknown ? [tenantId, undefined] : [tenantId]);

/**
 * Refusals of a range by code, and at the points that begin at `starts` (ascending). Filters hold for them as for ledger
 * entries: nothing served a refused request, no rule, tier or stage was given to it.
 */
export async function refusalUsage(store: Store, scope: RefusalScope, { range, starts, filters }: { readonly range: RefusalRange; readonly starts: readonly number[]; readonly filters: Filters }): Promise<RefusalUsage> {
  const matches = matcher(filters);
  const series = starts.map((at) => ({ at: new Date(at).toISOString(), count: 0 }));
  const byCode = new Map<string, number>();
  await Promise.all(sourcesOf(scope).map((tenantId) => readRefusals(store, tenantId, range, ({ atMs, keyId, code, count }) => {
    if (!matches([NONE, keyId ?? NONE, NONE, NONE, NONE, String(statusOf(code))])) return;
    byCode.set(code, (byCode.get(code) ?? 0) + count);
    const point = series[Math.max(0, bucketAt(starts, atMs))];
    if (point !== undefined) point.count += count;
  })));
  const counts = [...byCode].map(([code, count]) => ({ code, count })).toSorted((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1));
  return { count: counts.reduce((sum, { count }) => sum + count, 0), byCode: counts, series };
}

/** The newest samples, newest first, at most twenty. */
export async function refusalSamples(store: Store, scope: RefusalScope, range: RefusalRange): Promise<RefusalSample[]> {
  return newest((await Promise.all(sourcesOf(scope).map((tenantId) => lastRefusals(store, tenantId, range)))).flat());
}
