import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LedgerEntry } from '../../functions/contract/ledger.ts';
import { queryLedger } from '../../functions/adapters/store/ledger.ts';
import type { Store } from '../../functions/adapters/store/port.ts';
import { Groups } from '../../functions/core/usage/groups.ts';
import { Tally } from '../../functions/core/usage/tally.ts';
import type { UsageReport, UsageRequest } from '../../functions/admin/usage/read-usage.ts';
import { bucketFor } from '../../functions/admin/usage/buckets.ts';
import type { RollUpPorts } from '../../functions/jobs/roll-up/ports.ts';

const silent = { info: () => {}, warn: () => {}, error: () => {} };

export const rollUpPorts = (store: Store, now: () => number, change: Partial<RollUpPorts> = {}): RollUpPorts =>
  ({ store, now, remainingMs: () => Infinity, pause: nextTurn, log: silent, ...change });

/** Every ledger row of a tenant within a range (epoch ms, both inclusive). */
export async function rawRows(store: Store, from: number, to: number, tenantId = 'default'): Promise<LedgerEntry[]> {
  const items: LedgerEntry[] = [];
  let cursor: string | undefined;
  do {
    const page = await queryLedger(store, tenantId, { from: new Date(from).toISOString(), to: new Date(to).toISOString(), limit: 1000, ...(cursor !== undefined && { cursor }) });
    items.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return items;
}

/** All measures of rows, straight from them. */
export function measuresOf(rows: readonly LedgerEntry[]): ReturnType<Tally['measures']> {
  const tally = new Tally();
  for (const row of rows) tally.add(row);
  return tally.measures();
}

export function groupsOf(rows: readonly LedgerEntry[]): ReturnType<Groups['sorted']> {
  const groups = new Groups();
  for (const row of rows) groups.add(row);
  return groups.sorted();
}

export const usageOf = (from: number, to: number, nowMs: number, change: Partial<UsageRequest> = {}): UsageRequest =>
  ({ from, to, nowMs, tz: 'UTC', tenantZone: 'UTC', bucket: bucketFor(to - from), by: 'model', withUnknown: false, filters: {}, ...change });

/** What three parts of one answer say must be one truth: their requests and money. */
export const moneyOf = (parts: readonly Pick<UsageReport['totals'], 'requests' | 'costMicros' | 'baselineMicros' | 'savedMicros'>[]): number[] =>
  parts.reduce((sum, part) => [part.requests, part.costMicros, part.baselineMicros, part.savedMicros].map((value, i) => value + (sum[i] ?? 0)), [0, 0, 0, 0]);

/** The same store, whose answers take a number of turns given by `turns`, before and after the engine has its say. */
export function slowStore(store: Store, turns: () => number): Store {
  const slow = async <T>(work: () => Promise<T>): Promise<T> => {
    for (let left = turns(); left > 0; left -= 1) await nextTurn();
    const answer = await work();
    for (let left = turns(); left > 0; left -= 1) await nextTurn();
    return answer;
  };
  return { get: (key) => slow(() => store.get(key)), query: (query) => slow(() => store.query(query)), write: (ops) => slow(() => store.write(ops)), close: () => store.close() };
}
