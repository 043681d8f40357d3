import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { commitChange } from '../../functions/adapters/store/changes.ts';
import { StoreError } from '../../functions/adapters/store/port.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { ask, entryAt, NOW, putEntries } from './support.ts';

let temp: TempStore;
beforeEach(async () => { temp = await tempStore(); });
afterEach(() => temp.cleanup());

test('requests come as a file, newest first, with a header, formula-safe, all of them', async () => {
  await putEntries(temp.store, Array.from({ length: 450 }, (_, n) => entryAt(NOW - (n + 1) * 1000, n === 0 ? { requestedModel: '=HYPERLINK("http://x")' } : {})));
  const csv = await ask(temp.store, '/admin/export/requests.csv');
  expect([csv.status, csv.headers['content-type'], csv.headers['content-disposition']]).toEqual([200, 'text/csv; charset=utf-8; header=present', 'attachment; filename="requests-2026-11-20.csv"']);
  const lines = csv.text.split('\r\n').filter(Boolean);
  expect(lines).toHaveLength(451);
  expect(lines[0]?.startsWith('\uFEFFrequestId,')).toBe(true);
  expect(lines[1]).toContain('"\'=HYPERLINK(""http://x"")"');
  const ndjson = await ask(temp.store, '/admin/export/requests.ndjson?status=2xx');
  expect(ndjson.text.trim().split('\n').map((line) => JSON.parse(line) as object)).toHaveLength(450);
});

test('usage comes as a file, by group or over time', async () => {
  await putEntries(temp.store, [entryAt(NOW - 1000), entryAt(NOW - 2000, { servedModel: 'strong' })]);
  const groups = (await ask(temp.store, '/admin/export/usage.csv?by=model')).text;
  expect(groups.split('\r\n')[0]).toContain('id,name,requests,');
  expect(groups).toContain('strong');
  const points = (await ask(temp.store, '/admin/export/usage.ndjson?part=series')).text.trim().split('\n').map((line) => JSON.parse(line) as { at: string; requests: number });
  expect(points.reduce((sum, { requests }) => sum + requests, 0)).toBe(2);
});

test('changes come as a file from which the chain can be verified', async () => {
  for (let n = 0; n < 3; n += 1) await commitChange({ store: temp.store, tenantId: 'default', actor: { userId: 'u', name: '@u', via: 'person' }, requestId: 'r', now: () => NOW, random: Math.random, newId: () => `e${n}` }, { action: 'a.b', target: { type: 'a', id: `${n}` }, before: null, after: { n } }, []);
  const events = (await ask(temp.store, '/admin/export/changes.ndjson')).text.trim().split('\n').map((line) => JSON.parse(line) as { seq: number; prevHash: string; hash: string });
  expect(events.map(({ seq }) => seq)).toEqual([3, 2, 1]);
  expect(events[0]?.prevHash).toBe(events[1]?.hash);
  expect((await ask(temp.store, '/admin/export/changes.csv')).text).toContain(`,'@u,`);
});

test('changes are saved as the list shows them: by range, kind, action and person', async () => {
  for (const [n, [userId, action]] of ([['u', 'model.created'], ['v', 'model.updated'], ['u', 'key.created']] as const).entries()) await commitChange({ store: temp.store, tenantId: 'default', actor: { userId, name: userId, via: 'person' }, requestId: 'r', now: () => NOW + n * 1000, random: Math.random, newId: () => `f${n}` }, { action, target: { type: 'a', id: `${n}` }, before: null, after: { n } }, []);
  const seqs = async (query: string): Promise<number[]> => (await ask(temp.store, `/admin/export/changes.ndjson?${query}`)).text.split('\n').filter(Boolean).map((line) => (JSON.parse(line) as { seq: number }).seq);
  expect(await seqs('action=model')).toEqual([2, 1]);
  expect(await seqs('action=model.created')).toEqual([1]);
  expect(await seqs('actor=u')).toEqual([3, 1]);
  expect(await seqs(`from=${new Date(NOW + 500).toISOString()}&to=${new Date(NOW + 1500).toISOString()}`)).toEqual([2]);
  expect((await ask(temp.store, '/admin/export/changes.csv?action=none')).text.trim().split('\r\n')).toHaveLength(1);
});

test('a store that is away is a status, not a file that stops', async () => {
  const analytics = { usage: async () => { throw new StoreError('unavailable', 'x'); }, requests: async () => { throw new StoreError('unavailable', 'x'); }, replay: async () => { throw new StoreError('unavailable', 'x'); } };
  for (const path of ['/admin/export/requests.csv', '/admin/export/usage.ndjson']) expect((await ask(temp.store, path, { ports: { analytics } })).status).toBe(503);
});

test('a reversed range or an unknown parameter is refused', async () => {
  expect((await ask(temp.store, '/admin/export/requests.csv?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z')).json).toMatchObject({ error: { field: 'to' } });
  expect((await ask(temp.store, '/admin/export/changes.csv?x=1')).json).toMatchObject({ error: { field: 'x' } });
});

test('the way to a first routed request, step by step', async () => {
  expect((await ask(temp.store, '/admin/setup')).json).toMatchObject({ complete: false, firstRequestAt: null, steps: [{ id: 'model', done: false }, { id: 'credential' }, { id: 'price' }, { id: 'tiers' }, { id: 'key' }, { id: 'request', done: false }] });
  await putEntries(temp.store, [entryAt(NOW - 60_000)]);
  expect((await ask(temp.store, '/admin/setup')).json).toMatchObject({ firstRequestAt: new Date(NOW - 60_000).toISOString() });
});
