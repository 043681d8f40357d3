import { partition } from './entity.ts';
import type { Guard, Key, Store } from './port.ts';

/** Tests of models that a tenant may start in any 60 seconds. */
export const TESTS_PER_MINUTE = 30;
const WINDOW_MS = 60_000;
/** Each try that fails was overtaken by one that counted, so at most as many are of use as a window holds. */
const MAX_TRIES = TESTS_PER_MINUTE + 1;

const keyOf = (tenantId: string): Key => ({ table: 'tenants', pk: partition('T', tenantId), sk: 'model-tests' });

/**
 * Counts one test of a model at `nowMs`, unless 30 were started in the 60 seconds before it: then the ms until the next
 * one may be. The times stand in one item that is replaced by guard, so the bound holds across processes.
 */
export async function startModelTest(store: Store, tenantId: string, nowMs: number): Promise<{ readonly ok: true } | { readonly ok: false; readonly retryMs: number }> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const stored = await store.get(keyOf(tenantId));
    // What a clock that has gone back left in the future does not count.
    const recent = timesOf(stored?.['times']).filter((atMs) => atMs > nowMs - WINDOW_MS && atMs <= nowMs);
    const [oldest] = recent;
    if (oldest !== undefined && recent.length >= TESTS_PER_MINUTE) return { ok: false, retryMs: oldest + WINDOW_MS - nowMs };
    const times = [...recent, nowMs];
    const revision = Number(stored?.['revision'] ?? 0);
    const guard: Guard = stored === undefined ? { absent: true } : { attr: 'revision', equals: revision };
    if ((await store.write([{ put: keyOf(tenantId), item: { times, revision: revision + 1 }, guards: [guard] }])).ok) return { ok: true };
  }
  return { ok: false, retryMs: 1_000 };
}

const timesOf = (stored: unknown): number[] => (Array.isArray(stored) ? stored.map(Number).toSorted((a, b) => a - b) : []);
