import { ulid } from 'ulidx';
import type { LedgerEntry } from '../../functions/contract/index.ts';
import type { Clock } from '../../functions/core/clock.ts';
import type { LeaseDraft, ReserveRequest } from '../../functions/adapters/store/accounts.ts';
import { limitIdOf, type KeyRecord } from '../../functions/adapters/store/keys.ts';
import { limiterKey } from '../../functions/adapters/store/limiter.ts';
import { queryLedger } from '../../functions/adapters/store/ledger.ts';
import type { Item, Op, Store } from '../../functions/adapters/store/port.ts';

/** Not on a slot border and not near midnight. */
export const NOON = Date.UTC(2026, 5, 15, 12, 0, 2);

export interface HandClock extends Clock { ms: number }
export function handClock(ms = NOON): HandClock {
  const clock = { ms, now: () => clock.ms, elapsed: () => clock.ms };
  return clock;
}

let made = 0;
/** A key without any limit unless told; ids are unique in the process. */
export function testKey(limits: Partial<KeyRecord> = {}): KeyRecord {
  made += 1;
  return {
    keyId: `key${String(made).padStart(9, '0')}`, tenantId: 'default', name: 'k', env: 'test', hash: '', last4: '0000', rpm: null, tpm: null, maxParallel: null,
    dailyUsd: null, monthlyUsd: null, budgetAction: 'block', allowedModels: null, expiresAt: null, revokedAt: null, strict: false, logContent: false,
    createdAt: '2026-06-01T00:00:00.000Z', version: 1, ...limits,
  };
}

const DRAFT: LeaseDraft = {
  dialect: 'openai-chat', requestedModel: 'auto', model: 'cheap', upstreamModel: 'up', provider: 'openai', policyVersion: 1, stage: 'auto', ruleId: null,
  tier: 'simple', score: 12, reason: 'tier', sessionId: null, inputTokens: 0, priceVersion: 'v1', costMicros: 0, baselineMicros: null, source: 'live',
};

export interface Wish { readonly tokens?: number; readonly micros?: number | null; readonly requestId?: string; readonly nowMs?: number; readonly lifeMs?: number; readonly timezone?: string }

export function wishOf(key: KeyRecord, { tokens = 0, micros = 0, requestId, nowMs = NOON, lifeMs = 600_000, timezone = 'UTC' }: Wish = {}): ReserveRequest {
  const draft = { ...DRAFT, inputTokens: Math.floor(tokens / 3), costMicros: micros };
  return { requestId: requestId ?? ulid(nowMs), key, timezone, tokens, costMicros: micros, deadlineAt: nowMs + lifeMs, draft };
}

/** The entry of a request that ended well, with `tokens` in all and what it cost. */
export function entryOf(requestId: string, key: KeyRecord, { tokens = 0, micros = 0, cacheRead = 0 }: { tokens?: number; micros?: number | null; cacheRead?: number } = {}): LedgerEntry {
  const output = Math.floor(tokens / 2);
  return {
    requestId, keyId: key.keyId, at: new Date(NOON).toISOString(), status: 200, dialect: 'openai-chat', requestedModel: 'auto', servedModel: 'cheap', upstreamModel: 'up',
    provider: 'openai', decision: null, attempts: [], latencyMs: 5, ttftMs: 2, gatewayMs: 1, tokens: { input: tokens - output, output, cacheRead }, usage: 'measured',
    finish: { unified: 'stop', raw: 'stop' }, costMicros: micros, overheadMicros: 0, baselineMicros: null, savedMicros: null, priceVersion: 'v1', sessionId: null, source: 'live', features: null,
  };
}

export const limiterItem = async (store: Store, key: KeyRecord): Promise<Item> => (await store.get(limiterKey(key.tenantId, limitIdOf(key)))) ?? {};
export const openLeases = (item: Item): string[] => Object.keys(item).filter((name) => name.startsWith('r_'));

/** All ledger entries of the key within a day of `nowMs`. */
export async function allEntries(store: Store, key: KeyRecord, nowMs = NOON): Promise<LedgerEntry[]> {
  const items: LedgerEntry[] = [];
  let cursor: string | undefined;
  do {
    const page = await queryLedger(store, key.tenantId, { from: new Date(nowMs - 86_400_000).toISOString(), to: new Date(nowMs + 86_400_000).toISOString(), limit: 1000, keyId: key.keyId, ...(cursor !== undefined && { cursor }) });
    items.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return items;
}

export class Crash extends Error {}

/** The same store seen by a process that dies at its n-th write from now: `before` it reached the store or `after`. */
export function dyingStore(store: Store, atWrite: number, when: 'before' | 'after'): Store {
  let writes = 0;
  return {
    ...store,
    get: (key) => store.get(key),
    query: (query) => store.query(query),
    async write(ops: readonly Op[]) {
      writes += 1;
      if (writes > atWrite || (writes === atWrite && when === 'before')) throw new Crash();
      const result = await store.write(ops);
      if (writes === atWrite) throw new Crash();
      return result;
    },
  };
}

/** Counts and records what passes to the store. */
export function countingStore(store: Store): Store & { writes: (readonly Op[])[]; reads: number } {
  const counting = {
    ...store, writes: [] as (readonly Op[])[], reads: 0,
    get(key: Parameters<Store['get']>[0]) { counting.reads += 1; return store.get(key); },
    write(ops: readonly Op[]) { counting.writes.push(ops); return store.write(ops); },
  };
  return counting;
}
