import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RoutingDocument } from '../../contract/index.ts';
import { underDocument } from '../../core/routing/policy-compile.ts';
import { ReplayTally, type ReplayReport } from '../../core/routing/replay-tally.ts';
import { getKey } from '../../adapters/store/keys.ts';
import { queryLedger } from '../../adapters/store/ledger.ts';
import type { Store } from '../../adapters/store/port.ts';
import { loadPolicy } from '../../gateway/caches.ts';

/** Times are RFC 3339, both inclusive. */
export interface ReplayRequest { readonly draft: RoutingDocument; readonly from: string; readonly to: string }
/** `complete` false = there were more requests; the first of the period were looked at. */
export type ReplayAnswer = ReplayReport & { readonly complete: boolean };

/** So many requests are looked at, oldest first as sessions need it: enough for any tariff, and over in seconds. */
export const MAX_REPLAYED = 100_000;
const PAGE = 500;

/** Decides a tenant's past requests again under a draft, with models, prices and settings as they are now. Lets others have their turn in between. */
export async function runReplay(store: Store, tenantId: string, { draft, from, to }: ReplayRequest, limit = MAX_REPLAYED): Promise<ReplayAnswer> {
  const live = await loadPolicy(store, tenantId);
  const tally = new ReplayTally(underDocument(live, draft));
  const keys = remembered(async (keyId: string) => {
    const key = await getKey(store, keyId);
    return key?.tenantId === tenantId ? { name: key.name, allowedModels: key.allowedModels } : undefined;
  });
  let cursor: string | undefined;
  let seen = 0;
  do {
    const page = await queryLedger(store, tenantId, { from, to, limit: Math.min(PAGE, limit - seen), ...(cursor !== undefined && { cursor }) });
    for (const entry of page.items) {
      tally.add(entry, { key: await keys(entry.keyId) });
    }
    seen += page.items.length;
    cursor = page.cursor;
    await nextTurn();
  } while (cursor !== undefined && seen < limit);
  return { ...tally.report(), complete: cursor === undefined };
}

/** Few different ones are asked for, again and again. */
function remembered<K, V>(load: (key: K) => Promise<V>): (key: K) => Promise<V> {
  const known = new Map<K, Promise<V>>();
  return (key) => {
    let value = known.get(key);
    if (value === undefined) known.set(key, value = load(key));
    return value;
  };
}
