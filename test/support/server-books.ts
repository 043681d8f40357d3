import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { LedgerEntry } from '../../functions/contract/ledger.ts';
import { openSqliteStore } from '../../functions/adapters/store/sqlite.ts';
import type { ServerProcess } from './server-process.ts';

/** Every ledger entry of a running server, through its admin API. */
export async function entriesOf(server: ServerProcess): Promise<LedgerEntry[]> {
  const token = (await readFile(server.ready.adminTokenFile, 'utf8')).trim();
  const entries: LedgerEntry[] = [];
  for (let cursor = ''; ;) {
    const response = await fetch(`${server.origin}/admin/requests?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`, { headers: { authorization: `Bearer ${token}` } });
    const page = await response.json() as { items: LedgerEntry[]; nextCursor: string | null };
    entries.push(...page.items);
    if (!page.nextCursor) return entries;
    cursor = page.nextCursor;
  }
}

/** In a stopped server's data: no lease of the key is left, and its money counters equal the sum of the ledger. */
export async function expectBooksToBalance(dataDir: string, key: string, entries: readonly LedgerEntry[]): Promise<void> {
  const store = openSqliteStore(join(dataDir, 'bsgateway.sqlite'));
  try {
    const limiter = await store.get({ table: 'usage', pk: `T#default#LIM#${key.slice(9, 21)}`, sk: 'limiter' });
    expect(limiter).toBeDefined();
    expect(Object.keys(limiter ?? {}).filter((name) => name.startsWith('r_'))).toEqual([]);
    expect(limiter?.['monthMicros']).toBe(entries.reduce((sum, entry) => sum + (entry.costMicros ?? 0), 0));
  } finally {
    await store.close();
  }
}
