import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { listChanges } from '../../functions/adapters/store/changes.ts';
import { getComment, saveFeedback } from '../../functions/adapters/store/feedback.ts';
import { getLedgerEntry, queryLedger } from '../../functions/adapters/store/ledger.ts';
import type { LedgerEntry } from '../../functions/contract/index.ts';
import { StoreError, type Store } from '../../functions/adapters/store/port.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { ask, entryAt, NOW, putEntries, type AdminAnswer } from './support.ts';

let temp: TempStore;
beforeEach(async () => { temp = await tempStore(); });
afterEach(() => temp.cleanup());

const PERSONAL = { clientRequestId: 'canary-request', sessionId: 's_canary', user: 'canary-user', tag: 'canary-tag', features: { v: 1, dense: [0.123], logits: null } };
const personal = (atMs: number, change: Partial<LedgerEntry> = {}): LedgerEntry =>
  entryAt(atMs, { ...PERSONAL, ...change }, { session: { id: 's_canary', pinned: false }, template: { key: 'tk_canary', labels: 3 }, contributions: [{ feature: 'length', points: 4 }] });
const erase = (body: object): Promise<AdminAnswer> => ask(temp.store, '/admin/erase', { method: 'POST', body });
async function all(tenantId = 'default'): Promise<LedgerEntry[]> {
  const items: LedgerEntry[] = [];
  let cursor: string | undefined;
  do {
    const page = await queryLedger(temp.store, tenantId, { from: new Date(NOW - 86_400_000 * 40).toISOString(), to: new Date(NOW).toISOString(), limit: 1000, ...(cursor !== undefined && { cursor }) });
    items.push(...page.items);
    ({ cursor } = page);
  } while (cursor !== undefined);
  return items;
}
const sums = async (): Promise<object> => (await all()).reduce((sum, { costMicros, baselineMicros, tokens }) => ({ cost: sum.cost + (costMicros ?? 0), baseline: sum.baseline + (baselineMicros ?? 0), input: sum.input + (tokens.input ?? 0), rows: sum.rows + 1 }), { cost: 0, baseline: 0, input: 0, rows: 0 });

test('what tells of a person is gone from every row of a key, to the last byte; what sums are made of stays', async () => {
  const [mine, other] = [personal(NOW - 86_400_000 * 33), personal(NOW - 5_000)];
  const foreign = personal(NOW - 4_000, { keyId: 'BBBBBBBBBBBB' });
  await putEntries(temp.store, [mine, other, foreign]);
  const before = await sums();
  expect((await erase({ keyId: 'AAAAAAAAAAAA' })).json).toEqual({ looked: 2, erased: 2, complete: true, cursor: null });
  for (const { requestId } of [mine, other]) {
    const entry = await getLedgerEntry(temp.store, 'default', requestId);
    expect(JSON.stringify(entry)).not.toMatch(/canary|0\.123/);
    expect(entry).toMatchObject({ requestId, sessionId: null, features: null, costMicros: 100, decision: { session: null, template: null, route: ['cheap'] } });
  }
  expect(await getLedgerEntry(temp.store, 'default', foreign.requestId)).toMatchObject(PERSONAL);
  expect((await queryLedger(temp.store, 'default', { from: new Date(NOW - 86_400_000).toISOString(), to: new Date(NOW).toISOString(), limit: 10, sessionId: 's_canary' })).items).toMatchObject([{ requestId: foreign.requestId }]);
  expect(await sums()).toEqual(before);
});

test('by user: only rows that name it, and a second time nothing', async () => {
  await putEntries(temp.store, [personal(NOW - 3_000), personal(NOW - 2_000, { user: 'somebody' }), entryAt(NOW - 1_000)]);
  expect((await erase({ user: 'canary-user' })).json).toEqual({ looked: 3, erased: 1, complete: true, cursor: null });
  expect((await erase({ user: 'canary-user' })).json).toMatchObject({ erased: 0 });
  expect((await all()).map(({ user }) => user)).toEqual([undefined, 'somebody', undefined]);
});

test('the audit log tells how many rows, and not whose', async () => {
  await putEntries(temp.store, [personal(NOW - 3_000)]);
  await erase({ user: 'canary-user' });
  const [event] = (await listChanges(temp.store, 'default', { limit: 1 })).items;
  expect(event).toMatchObject({ action: 'data.erased', after: { rows: 1 } });
  expect(JSON.stringify(event)).not.toContain('canary');
  await erase({ user: 'canary-user' });
  expect((await listChanges(temp.store, 'default', { limit: 5 })).items.length).toBe(1);
});

test('a long ledger is done in several calls, each saying where it stopped', async () => {
  await putEntries(temp.store, Array.from({ length: 5_600 }, (_unused, at) => personal(NOW - 6_000_000 + at * 1000)));
  const first = (await erase({ user: 'canary-user' })).json;
  expect(first).toMatchObject({ looked: 5_040, erased: 5_040, complete: false, cursor: expect.any(String) });
  expect((await erase({ user: 'canary-user', cursor: first['cursor'] })).json).toMatchObject({ erased: 560, complete: true, cursor: null });
});

test('another tenant\'s rows are not reached, whatever is named', async () => {
  await putEntries(temp.store, [personal(NOW - 3_000)], 'other');
  for (const body of [{ user: 'canary-user' }, { keyId: 'AAAAAAAAAAAA' }]) expect((await erase(body)).json).toMatchObject({ erased: 0, complete: true });
  expect((await all('other'))[0]).toMatchObject(PERSONAL);
});

test.each([[{}], [{ keyId: 'AAAAAAAAAAAA', user: 'x' }], [{ keyId: 'short' }], [{ user: '' }], [{ user: 'x', cursor: 'nonsense' }]])('%j is a 400', async (body) => {
  expect((await erase(body)).status).toBe(400);
});

test('a comment on an answer goes with the rest, the rating stays', async () => {
  const rated = personal(NOW - 5_000);
  await putEntries(temp.store, [rated]);
  await saveFeedback(temp.store, 'default', { requestId: rated.requestId, feedback: { rating: 'down', at: new Date(NOW).toISOString() }, comment: 'canary comment', before: undefined }, NOW);
  expect((await erase({ keyId: 'AAAAAAAAAAAA' })).json).toMatchObject({ erased: 1 });
  expect(await getComment(temp.store, 'default', rated.requestId, NOW)).toBeUndefined();
  expect((await getLedgerEntry(temp.store, 'default', rated.requestId))?.feedback).toEqual({ rating: 'down', at: new Date(NOW).toISOString(), hasComment: false });
  expect((await erase({ keyId: 'AAAAAAAAAAAA' })).json).toMatchObject({ erased: 0 });
});

const rate = async (entry: LedgerEntry): Promise<void> => {
  await saveFeedback(temp.store, 'default', { requestId: entry.requestId, feedback: { rating: 'up', at: new Date(NOW).toISOString() }, comment: 'canary comment', before: undefined }, NOW);
};

test('a comment goes in the batch that tells of it: where that fails, it stays with its row', async () => {
  const rated = personal(NOW - 5_000);
  await putEntries(temp.store, [rated]);
  await rate(rated);
  const write: Store['write'] = async (ops) => {
    if (ops.some((op) => 'put' in op && op.put.table === 'audit')) throw new StoreError('unavailable', 'the audit table is away');
    return temp.store.write(ops);
  };
  expect((await ask(temp.store, '/admin/erase', { method: 'POST', body: { user: 'canary-user' }, ports: { store: { ...temp.store, write } } })).status).toBe(503);
  expect([await getComment(temp.store, 'default', rated.requestId, NOW), (await getLedgerEntry(temp.store, 'default', rated.requestId))?.user]).toEqual(['canary comment', 'canary-user']);
  expect((await erase({ user: 'canary-user' })).json).toMatchObject({ erased: 1 });
  expect((await listChanges(temp.store, 'default', { limit: 5 })).items).toMatchObject([{ action: 'data.erased', after: { rows: 1, comments: 1 } }]);
});

test('a full page on which every answer has a comment is erased in batches that the store takes', async () => {
  const rows = Array.from({ length: 95 }, (_unused, at) => personal(NOW - 100_000 + at * 1000));
  await putEntries(temp.store, rows);
  for (const row of rows) await rate(row);
  expect((await ask(temp.store, '/admin/erase', { method: 'POST', headers: { 'idempotency-key': 'e' }, body: { user: 'canary-user' } })).json).toMatchObject({ looked: 95, erased: 95, complete: true });
  for (const { requestId } of rows) expect(await getComment(temp.store, 'default', requestId, NOW)).toBeUndefined();
  const told = (await listChanges(temp.store, 'default', { limit: 9 })).items.map(({ after }) => after as { rows: number; comments: number });
  expect([told.reduce((sum, { rows: n }) => sum + n, 0), told.reduce((sum, { comments }) => sum + comments, 0)]).toEqual([95, 95]);
});

test('a row that expired meanwhile is not counted, and its comment goes all the same', async () => {
  const [gone, here] = [personal(NOW - 6_000), personal(NOW - 5_000)];
  await putEntries(temp.store, [gone, here]);
  await rate(gone);
  let isArmed = true;
  const write: Store['write'] = async (ops) => {
    if (isArmed) {
      isArmed = false;
      const row = ops.flatMap((op) => ('update' in op && op.update.sk === gone.requestId ? [op.update] : []));
      await temp.store.write(row.map((key) => ({ delete: key })));
    }
    return temp.store.write(ops);
  };
  expect((await ask(temp.store, '/admin/erase', { method: 'POST', body: { user: 'canary-user' }, ports: { store: { ...temp.store, write } } })).json).toMatchObject({ erased: 1 });
  expect(await getComment(temp.store, 'default', gone.requestId, NOW)).toBeUndefined();
  expect((await getLedgerEntry(temp.store, 'default', here.requestId))?.user).toBeUndefined();
});
