import { SLOT_MS } from '../../core/limits/sliding-window.ts';
import { limiterKey } from './limiter.ts';
import type { Store } from './port.ts';

/** Reads at once: a list of keys is short, and the store is everybody's. */
const AT_ONCE = 25;

/**
 * When a request of each key was last admitted, from the key's limiter: RFC 3339, to 5 s; null = never. One small read a
 * key and none of the ledger.
 */
export async function readLastUsed(store: Store, tenantId: string, keyIds: readonly string[]): Promise<(string | null)[]> {
  const found: (string | null)[] = [];
  for (let at = 0; at < keyIds.length; at += AT_ONCE) {
    found.push(...await Promise.all(keyIds.slice(at, at + AT_ONCE).map(async (keyId) => {
      const slot = (await store.get(limiterKey(tenantId, keyId)))?.['slot'];
      return typeof slot === 'number' && slot > 0 ? new Date(slot * SLOT_MS).toISOString() : null;
    })));
  }
  return found;
}
