import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { LedgerEntry } from '../../../functions/contract/ledger.ts';
import { parseKey, secretMatches } from '../../../functions/core/keys/virtual-key.ts';
import { costMicros, priceFromUsd } from '../../../functions/core/money/cost.ts';
import { getKey, listKeys } from '../../../functions/adapters/store/keys.ts';
import { readLastUsed } from '../../../functions/adapters/store/last-used.ts';
import { queryLedger } from '../../../functions/adapters/store/ledger.ts';
import { listModels } from '../../../functions/adapters/store/models.ts';
import type { Store } from '../../../functions/adapters/store/port.ts';
import { getRouting, saveRouting } from '../../../functions/adapters/store/routing.ts';
import { localKeys } from '../../../functions/adapters/vault/local-key.ts';
import { seedDemo } from '../../../infra/local/demo-seed.ts';
import { countingStore, Crash, dyingStore } from '../../support/accounts.ts';
import { testKey } from '../../support/accounts.ts';
import { tempStore, type TempStore } from '../../support/store.ts';

const keys = localKeys(new Uint8Array(32).fill(9));
const pepper = await keys.pepper();
const NOW = Date.UTC(2026, 10, 20, 12, 0, 30);
const HOUR_MS = 3_600_000;

let temp: TempStore;
beforeEach(async () => { temp = await tempStore(); });
afterEach(() => temp.cleanup());

const seed = (store: Store = temp.store, change: { baseUrl?: string; at?: number } = {}) =>
  seedDemo({ store, sealing: keys, pepper, baseUrl: change.baseUrl ?? 'http://127.0.0.1:41000/v1', upstreamKey: 'demo-canary-upstream-credential', now: () => change.at ?? NOW });

async function rows(): Promise<LedgerEntry[]> {
  const page = await queryLedger(temp.store, 'default', { from: new Date(NOW - 48 * HOUR_MS).toISOString(), to: new Date(NOW + 48 * HOUR_MS).toISOString(), limit: 1000 });
  return page.items;
}
const sum = (entries: readonly LedgerEntry[], of: (entry: LedgerEntry) => number | null): number => entries.reduce((total, entry) => total + (of(entry) ?? 0), 0);

describe('the demo\'s store', () => {
  test('has two priced simulated models, two keys and example rules', async () => {
    const { key } = await seed();
    const parsed = parseKey(key);
    const record = await getKey(temp.store, parsed?.keyId ?? '');
    expect(secretMatches(pepper, parsed?.secret ?? '', record?.hash)).toBe(true);
    expect((await listKeys(temp.store, 'default')).map(({ name }) => name)).toEqual([expect.stringContaining('simulated'), expect.stringContaining('simulated')]);
    const models = await listModels(temp.store, 'default');
    expect(models.map(({ id, price, credentials }) => [id, price?.input, credentials.length])).toEqual([['demo-cheap', 0.25, 1], ['demo-strong', 3, 1]]);
    const { document } = await getRouting(temp.store, 'default');
    expect(document.auto.tiers).toEqual({ simple: ['demo-cheap'], moderate: ['demo-cheap'], complex: ['demo-strong'] });
    expect(document.aliases.length).toBeGreaterThan(0);
    expect(document.patterns.map(({ name }) => name)).toEqual(document.patterns.map(() => expect.stringMatching(/^Simulated/)));
  });

  test('knows when each key was last used, as its rows say', async () => {
    await seed();
    const last = async (keyId: string): Promise<number> => Date.parse((await rows()).filter((row) => row.keyId === keyId).map(({ at }) => at).toSorted().at(-1) ?? '');
    for (const { keyId } of await listKeys(temp.store, 'default')) {
      const [used] = await readLastUsed(temp.store, [testKey({ keyId })]);
      expect((await last(keyId)) - Date.parse(used ?? '')).toBeGreaterThanOrEqual(0);
      expect((await last(keyId)) - Date.parse(used ?? '')).toBeLessThan(5_000);
    }
  });

  test('has an hour of 400 rows of 6 templates and 2 keys, one in twenty failed, all marked as demo', async () => {
    await seed();
    const entries = await rows();
    expect(entries.length).toBe(400);
    expect(new Set(entries.map(({ requestId }) => requestId)).size).toBe(400);
    expect(entries.filter(({ status }) => status >= 400).length).toBe(20);
    expect(new Set(entries.map(({ keyId }) => keyId)).size).toBe(2);
    expect(new Set(entries.map(({ decision }) => decision?.template?.key)).size).toBe(6);
    expect(entries.every(({ source, at }) => source === 'demo' && Date.parse(at) >= NOW - HOUR_MS && Date.parse(at) < NOW)).toBe(true);
    for (let quarter = 0; quarter < 4; quarter += 1) {
      const from = NOW - HOUR_MS + quarter * (HOUR_MS / 4);
      expect(entries.filter(({ at }) => Date.parse(at) >= from && Date.parse(at) < from + HOUR_MS / 4).length).toBe(100);
    }
  });

  test('charges what the models cost, and nothing for failures', async () => {
    await seed();
    const entries = await rows();
    const prices = { 'demo-cheap': priceFromUsd({ input: 0.25, cacheRead: 0.025, output: 2 }, ''), 'demo-strong': priceFromUsd({ input: 3, cacheRead: 0.3, cacheWrite: 3.75, output: 15 }, '') };
    for (const entry of entries) {
      const model = entry.servedModel as keyof typeof prices | null;
      expect(entry.costMicros).toBe(model === null ? 0 : costMicros(entry.tokens, prices[model]));
      expect(entry.baselineMicros).toBe(model === null ? 0 : costMicros(entry.tokens, prices['demo-strong']));
      expect(entry.savedMicros).toBe((entry.baselineMicros ?? 0) - (entry.costMicros ?? 0));
    }
    expect(sum(entries, ({ savedMicros }) => savedMicros)).toBeGreaterThan(sum(entries, ({ costMicros }) => costMicros));
  });

  test('a second start prints the same key, writes nothing, and only follows the provider to its new port', async () => {
    const first = await seed();
    const store = countingStore(temp.store);
    expect(await seed(store, { at: NOW + HOUR_MS })).toEqual(first);
    expect(store.writes).toEqual([]);
    await seed(store, { at: NOW + HOUR_MS, baseUrl: 'http://127.0.0.1:42000/v1' });
    expect(store.writes.length).toBe(2);
    expect((await listModels(temp.store, 'default')).map(({ baseUrl }) => baseUrl)).toEqual(['http://127.0.0.1:42000/v1', 'http://127.0.0.1:42000/v1']);
    expect((await rows()).length).toBe(400);
  });

  test('a start that dies at any of its writes is completed by the next one, without a row too many', async () => {
    let at = 1;
    for (; ; at += 1) {
      const fresh = await tempStore();
      let died = false;
      try {
        await seed(dyingStore(fresh.store, at, at % 2 === 0 ? 'before' : 'after'));
      } catch (error) {
        expect(error).toBeInstanceOf(Crash);
        died = true;
      }
      await seed(fresh.store, { at: NOW + 60_000 });
      const page = await queryLedger(fresh.store, 'default', { from: new Date(NOW - 2 * HOUR_MS).toISOString(), to: new Date(NOW + 2 * HOUR_MS).toISOString(), limit: 1000 });
      expect([at, page.items.length]).toEqual([at, 400]);
      await fresh.cleanup();
      if (!died) break;
    }
    expect(at).toBeGreaterThan(10);
  });

  test('leaves a routing document alone that was saved before', async () => {
    const { document } = await getRouting(temp.store, 'default');
    await saveRouting(temp.store, 'default', { ...document, aliases: [] }, 0, { at: '2026-01-01T00:00:00Z', author: 'me' });
    await seed();
    expect((await getRouting(temp.store, 'default'))).toMatchObject({ version: 1, document: { aliases: [], patterns: [] } });
  });

  test('holds no secret in clear', async () => {
    const store = countingStore(temp.store);
    const { key } = await seed(store);
    const dump = JSON.stringify(store.writes);
    expect(dump).not.toContain('canary');
    expect(dump).not.toContain(parseKey(key)?.secret);
  });
});
