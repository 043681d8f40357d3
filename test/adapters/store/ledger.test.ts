import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { decodeTime, ulid } from 'ulidx';
import type { LedgerEntry } from '../../../functions/contract/ledger.ts';
import { getLedgerEntry, ledgerEntryOf, ledgerOp, queryLedger, type LedgerQuery } from '../../../functions/adapters/store/ledger.ts';
import type { Store } from '../../../functions/adapters/store/port.ts';
import { isUlid, ulidBounds, ulidTimeMs } from '../../../functions/adapters/store/ulid-time.ts';
import { tempStore, type TempStore } from '../../support/store.ts';

let temp: TempStore;
let store: Store;
beforeAll(async () => {
  temp = await tempStore();
  store = temp.store;
});
afterAll(() => temp.cleanup());

const HOUR = 3_600_000;
const entryAt = (ms: number, more: Partial<LedgerEntry> = {}): LedgerEntry => ({
  requestId: ulid(ms), keyId: 'key1', at: new Date(ms).toISOString(), status: 200, dialect: 'openai-chat', requestedModel: 'auto', servedModel: 'cheap', upstreamModel: 'up',
  provider: 'openai', decision: null, attempts: [{ model: 'cheap', status: 200, ms: 12.5 }], latencyMs: 20, ttftMs: null, gatewayMs: 1, tokens: { input: 1, output: 2 }, usage: 'measured',
  finish: { unified: 'stop', raw: 'stop' }, costMicros: null, overheadMicros: 0, baselineMicros: 3, savedMicros: null, priceVersion: 'v1', sessionId: null, source: 'live',
  features: { v: 1, dense: [0.1, -2], logits: null }, ...more,
});
const write = async (tenantId: string, ...entries: LedgerEntry[]): Promise<void> => {
  for (const entry of entries) await store.write([ledgerOp(tenantId, entry)]);
};
async function all(tenantId: string, query: LedgerQuery): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < 200; pages += 1) {
    const page = await queryLedger(store, tenantId, { ...query, ...(cursor !== undefined && { cursor }) });
    expect(page.items.length).toBeLessThanOrEqual(query.limit);
    ids.push(...page.items.map(({ requestId }) => requestId));
    cursor = page.cursor;
    if (cursor === undefined) return ids;
  }
  throw new Error('the pages do not end');
}

describe('one entry', () => {
  test('comes back exactly as it was written, by its id alone', async () => {
    const entry = entryAt(Date.UTC(2026, 10, 23, 23, 59, 59, 999), { sessionId: 's1', errorCode: 'upstream_error', status: 502 });
    await store.write([ledgerOp('one', entry, 2_000_000_000)]);
    expect(await getLedgerEntry(store, 'one', entry.requestId)).toStrictEqual(entry);
  });

  test('is written once: a second settlement changes nothing and sees the first', async () => {
    const entry = entryAt(Date.UTC(2026, 0, 1));
    await write('one', entry);
    const again = await store.write([ledgerOp('one', { ...entry, costMicros: 99 })]);
    expect(again.ok).toBe(false);
    if (!again.ok) expect(ledgerEntryOf(again.current ?? {})).toStrictEqual(entry);
    expect(await getLedgerEntry(store, 'one', entry.requestId)).toStrictEqual(entry);
  });

  test('is not found by another tenant, by an unknown id or by a text that is no id', async () => {
    const entry = entryAt(Date.UTC(2026, 0, 2));
    await write('one', entry);
    expect(await getLedgerEntry(store, 'two', entry.requestId)).toBeUndefined();
    for (const id of [ulid(Date.UTC(2026, 0, 2)), '', 'x', `${entry.requestId}x`, entry.requestId.toLowerCase(), `one#${entry.requestId}`]) {
      expect(await getLedgerEntry(store, 'one', id)).toBeUndefined();
    }
  });

  test('stands in the indexes of its key by month, and only where it applies of its session and of errors', async () => {
    const ms = Date.UTC(2026, 4, 31, 23);
    const [plain, inSession, failed, cancelled] = [entryAt(ms), entryAt(ms + 1, { sessionId: 's9' }), entryAt(ms + 2, { status: 429 }), entryAt(ms + 3, { errorCode: 'client_closed' })];
    await write('idx', plain, inSession, failed, cancelled);
    const ids = async (index: 'i1' | 'i2' | 'i3', pk: string): Promise<string[]> => (await store.query({ table: 'usage', index, pk, limit: 10 })).rows.map((row) => row.sk);
    expect(await ids('i1', 'LK#idx#key1#2026-05')).toEqual([plain, inSession, failed, cancelled].map(({ requestId }) => requestId));
    expect(await ids('i2', 'LS#idx#s9')).toEqual([inSession.requestId]);
    expect(await ids('i3', 'LE#idx#2026-05')).toEqual([failed.requestId, cancelled.requestId]);
  });

  test('with an id that is no ULID is invalid', () => {
    expect(() => ledgerOp('one', { ...entryAt(0), requestId: 'req_1' })).toThrow(expect.objectContaining({ kind: 'invalid' }));
  });
});

describe('queryLedger', () => {
  const start = Date.UTC(2026, 1, 26, 12);
  const entries = Array.from({ length: 40 }, (_, i) => entryAt(start + i * 5 * HOUR, { keyId: i % 3 === 0 ? 'key2' : 'key1' }));
  const ids = (some: readonly LedgerEntry[]): string[] => some.map(({ requestId }) => requestId);
  const from = new Date(start).toISOString();
  const to = new Date(start + 39 * 5 * HOUR).toISOString();
  beforeAll(() => write('walk', ...entries));

  test.each([1, 3, 7, 40, 1000])('walks days and months in pages of %i without losing or repeating any, both ways', async (limit) => {
    expect(await all('walk', { from, to, limit })).toEqual(ids(entries));
    expect(await all('walk', { from, to, limit, reverse: true })).toEqual(ids(entries).toReversed());
    const mine = entries.filter(({ keyId }) => keyId === 'key2');
    expect(await all('walk', { from, to, limit, keyId: 'key2' })).toEqual(ids(mine));
    expect(await all('walk', { from, to, limit, keyId: 'key2', reverse: true })).toEqual(ids(mine).toReversed());
  });

  test('both ends are inclusive to the millisecond', async () => {
    const at = (i: number, offsetMs: number): string => new Date(start + i * 5 * HOUR + offsetMs).toISOString();
    expect(await all('walk', { from: at(3, 0), to: at(5, 0), limit: 10 })).toEqual(ids(entries.slice(3, 6)));
    expect(await all('walk', { from: at(3, 1), to: at(5, -1), limit: 10 })).toEqual(ids(entries.slice(4, 5)));
    expect(await all('walk', { from: at(5, 0), to: at(3, 0), limit: 10 })).toEqual([]);
  });

  test('sees nothing of another tenant', async () => {
    expect(await all('walk2', { from, to, limit: 10 })).toEqual([]);
  });

  test('reads a bounded number of partitions a call and goes on with the cursor', async () => {
    let reads = 0;
    const counting: Store = { ...store, query: (query) => { reads += 1; return store.query(query); } };
    const page = await queryLedger(counting, 'walk', { from: '2025-10-01T00:00:00Z', to, limit: 10 });
    expect(reads).toBe(40);
    expect(page.items).toEqual([]);
    expect(page.cursor).toBeDefined();
    expect(await all('walk', { from: '2025-10-01T00:00:00Z', to, limit: 10 })).toEqual(ids(entries));
  });

  test('refuses unreadable times, immense ranges and foreign cursors', async () => {
    const cursor = (await queryLedger(store, 'walk', { from, to, limit: 1 })).cursor ?? '';
    const base = { from, to, limit: 1 };
    for (const bad of [{ ...base, from: 'yesterday' }, { ...base, from: '1970-01-01T00:00:00Z' }, { ...base, limit: 0 }, { ...base, cursor: 'x' }, { ...base, from: to, cursor }]) {
      await expect(queryLedger(store, 'walk', bad)).rejects.toMatchObject({ name: 'StoreError', kind: 'invalid' });
    }
  });
});

test('the time of a ULID and its bounds agree with an independent implementation', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), (ms) => {
    const id = ulid(ms);
    const [low, high] = ulidBounds(ms, ms);
    expect(isUlid(id)).toBe(true);
    expect(ulidTimeMs(id)).toBe(ms);
    expect(decodeTime(low)).toBe(ms);
    expect(decodeTime(high)).toBe(ms);
    expect(low <= id && id <= high).toBe(true);
  }));
});
