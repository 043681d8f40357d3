import { SLOT_MS } from '../../core/limits/sliding-window.ts';
import { limitIdOf, type KeyRecord } from './keys.ts';
import { decodeLease, requestIdOf } from './lease.ts';
import { lastOfKey } from './ledger.ts';
import { limiterKey } from './limiter.ts';
import type { Item, Store } from './port.ts';

/** Reads at once: a list of keys is short, and the store is everybody's. */
const AT_ONCE = 25;

/**
 * When a request of each key was last admitted: RFC 3339, to 5 s; null = never. One small read a key, of its limiter. A key that
 * shares its limiter with others of a rotation is told apart by its leases and by its newest ledger row: null = none is left, and
 * requests that have no row (dry runs, token counts) do not count.
 */
export async function readLastUsed(store: Store, keys: readonly KeyRecord[]): Promise<(string | null)[]> {
  const found: (string | null)[] = [];
  for (let at = 0; at < keys.length; at += AT_ONCE) found.push(...await Promise.all(keys.slice(at, at + AT_ONCE).map((key) => lastUsed(store, key))));
  return found;
}

async function lastUsed(store: Store, key: KeyRecord): Promise<string | null> {
  const limiter = await store.get(limiterKey(key.tenantId, limitIdOf(key)));
  const slot = limiter?.['slot'];
  if (limiter === undefined || typeof slot !== 'number' || slot <= 0) return null;
  // No key was used after its limiter.
  const untilMs = slot * SLOT_MS + SLOT_MS;
  if (key.limitId === undefined) return new Date(slot * SLOT_MS).toISOString();
  const settled = await lastOfKey(store, key, { fromMs: Date.parse(key.createdAt), untilMs: Math.min(untilMs, key.revokedAt === null ? Infinity : Date.parse(key.revokedAt)) });
  const last = Math.max(settled ?? 0, ...openSince(limiter, key));
  return last === 0 ? null : new Date(last).toISOString();
}

/** When those of its requests were admitted that are still running, epoch ms. */
const openSince = (limiter: Item, { keyId, limitId }: KeyRecord): number[] => Object.keys(limiter).flatMap((attr) => {
  const lease = requestIdOf(attr) === undefined ? undefined : decodeLease(limiter[attr]);
  return lease !== undefined && (lease.keyId ?? limitId) === keyId ? [lease.at] : [];
});
