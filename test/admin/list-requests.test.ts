import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { LedgerEntry } from '../../functions/contract/ledger.ts';
import type { Store } from '../../functions/adapters/store/port.ts';
import { findRequests } from '../../functions/admin/usage/find-requests.ts';
import { full } from '../support/full.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { ask, entryAt, NOW, putEntries } from './support.ts';

const MINUTE_MS = 60_000;
const COUNT = full(9_000, 6_000);

/** Over about a month, newest first. */
const ENTRIES: LedgerEntry[] = Array.from({ length: COUNT }, (_, i) => entryAt(NOW - Math.floor((i * 29 * 1_440 * MINUTE_MS) / COUNT), {
  keyId: i % 3 === 0 ? 'AAAAAAAAAAAA' : 'BBBBBBBBBBBB', servedModel: i % 40 === 0 ? null : `m${i % 4}`, requestedModel: i % 2 === 0 ? 'auto' : 'fast',
  status: i % 50 === 0 ? 502 : i % 71 === 0 ? 429 : i % 97 === 0 ? 499 : 200, sessionId: i % 25 === 0 ? `s_${i % 100}` : null, latencyMs: i, costMicros: i % 11 === 0 ? null : i,
}, { stage: i % 2 === 0 ? 'auto' : 'alias', tier: i % 5 === 0 ? 'complex' : 'simple', ruleId: i === 4_321 ? 'rare' : null }));

let temp: TempStore;
beforeAll(async () => {
  temp = await tempStore();
  await putEntries(temp.store, ENTRIES);
  await putEntries(temp.store, [entryAt(NOW - 5, { sessionId: 's_0', status: 502 })], 'other');
}, 60_000);
afterAll(() => temp.cleanup());

async function all(query: string, limit = 200): Promise<LedgerEntry[]> {
  const items: LedgerEntry[] = [];
  let cursor: string | null = '';
  for (let pages = 0; cursor !== null; pages += 1) {
    const { status, json } = await ask(temp.store, `/admin/requests?limit=${limit}&${query}${cursor === '' ? '' : `&cursor=${cursor}`}`);
    expect(status).toBe(200);
    expect((json['items'] as LedgerEntry[]).length).toBeLessThanOrEqual(limit);
    items.push(...json['items'] as LedgerEntry[]);
    cursor = json['nextCursor'] as string | null;
    expect(pages).toBeLessThan(500);
  }
  return items;
}

describe('requests', () => {
  const isError = ({ status }: LedgerEntry): boolean => status >= 400 && status !== 499;
  test.each<[string, (entry: LedgerEntry) => boolean]>([
    ['key=AAAAAAAAAAAA', ({ keyId }) => keyId === 'AAAAAAAAAAAA'],
    ['key=AAAAAAAAAAAA,BBBBBBBBBBBB&model=m1', ({ servedModel }) => servedModel === 'm1'],
    ['model=m1,m2', ({ servedModel }) => servedModel === 'm1' || servedModel === 'm2'],
    ['model=none', ({ servedModel }) => servedModel === null],
    ['requestedModel=fast&tier=complex', ({ requestedModel, decision }) => requestedModel === 'fast' && decision?.tier === 'complex'],
    ['status=4xx', ({ status }) => status >= 400 && status < 500],
    ['status=2xx,429', ({ status }) => status === 200 || status === 429],
    ['errors=true', isError],
    ['errors=false&model=none', (entry) => !isError(entry) && entry.servedModel === null],
    ['session=s_50', ({ sessionId }) => sessionId === 's_50'],
    ['session=s_0&status=502', ({ sessionId, status }) => sessionId === 's_0' && status === 502],
    ['rule=rare', ({ decision }) => decision?.ruleId === 'rare'],
    ['stage=alias&key=BBBBBBBBBBBB&errors=true', (entry) => entry.decision?.stage === 'alias' && entry.keyId === 'BBBBBBBBBBBB' && isError(entry)],
    [`minLatencyMs=${COUNT - 9}`, ({ latencyMs }) => latencyMs >= COUNT - 9],
    ['minCostMicros=0&status=499', ({ costMicros, status }) => costMicros !== null && status === 499],
    [`id=${ENTRIES[1_234]?.requestId.toLowerCase()}`, ({ requestId }) => requestId === ENTRIES[1_234]?.requestId],
    [`id=${ENTRIES[4_321]?.requestId.slice(12, 22)}`, ({ requestId }) => requestId === ENTRIES[4_321]?.requestId],
  ])('%s: exactly the rows that match, newest first, each once', async (query, matches) => {
    const wanted = ENTRIES.filter(matches).map(({ requestId }) => requestId);
    expect(wanted.length).toBeGreaterThan(0);
    expect((await all(query)).map(({ requestId }) => requestId)).toEqual(wanted);
    if (wanted.length < 400) expect((await all(query, 7)).map(({ requestId }) => requestId)).toEqual(wanted);
  });

  test('a time range bounds every index', async () => {
    const from = NOW - 9 * 1_440 * MINUTE_MS;
    const to = NOW - 3 * 1_440 * MINUTE_MS;
    for (const [query, matches] of [['session=s_50', ({ sessionId }: LedgerEntry) => sessionId === 's_50'], ['errors=true', isError], ['key=AAAAAAAAAAAA', ({ keyId }: LedgerEntry) => keyId === 'AAAAAAAAAAAA']] as const) {
      const found = await all(`${query}&from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`);
      expect(found.map(({ requestId }) => requestId)).toEqual(ENTRIES.filter((entry) => Date.parse(entry.at) >= from && Date.parse(entry.at) <= to && matches(entry)).map(({ requestId }) => requestId));
    }
  });

  test('a page looks at a bounded number of rows, however few of them match', async () => {
    let rows = 0;
    const counting: Store = { ...temp.store, query: async (query) => { const page = await temp.store.query(query); rows += page.rows.length; return page; } };
    const page = await findRequests(counting, 'default', { from: NOW - 30 * 1_440 * MINUTE_MS, to: NOW, model: ['m9'] }, { limit: 50 });
    expect(page.items).toEqual([]);
    expect(page.nextCursor).not.toBeNull();
    expect(rows).toBeLessThanOrEqual(3_000);
  });

  test.each([['status=ok', 'status'], ['status=4xx,', 'status'], ['errors=yes', 'errors'], ['id=has-dash', 'id'], ['minCostMicros=-1', 'minCostMicros'], ['session=', 'session'], ['key=AAAAAAAAAAAA,short', 'key']])('requests?%s is a 400 that names %s', async (query, field) => {
    expect(await ask(temp.store, `/admin/requests?${query}`)).toMatchObject({ status: 400, json: { error: { code: 'invalid_request', field } } });
  });

  test('a cursor of another range is refused', async () => {
    const { json } = await ask(temp.store, '/admin/requests?limit=3');
    expect(await ask(temp.store, `/admin/requests?to=2026-11-01T00:00:00Z&cursor=${String(json['nextCursor'])}`)).toMatchObject({ status: 400, json: { error: { field: 'cursor' } } });
  });
});
