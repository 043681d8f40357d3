import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { listChanges } from '../../functions/adapters/store/changes.ts';
import { putModel } from '../../functions/adapters/store/models.ts';
import { getRouting } from '../../functions/adapters/store/routing.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { ask, type AdminAnswer } from './support.ts';

let temp: TempStore;
beforeEach(async () => {
  temp = await tempStore();
  const at = '2026-01-01T00:00:00.000Z';
  for (const id of ['cheap', 'strong']) await putModel(temp.store, { tenantId: 'default', id, provider: 'openai', upstreamModel: 'm', enabled: true, credentials: [], createdAt: at, updatedAt: at, version: 1 }, undefined);
});
afterEach(() => temp.cleanup());
const put = (document: unknown, version: number | undefined): Promise<AdminAnswer> => ask(temp.store, '/admin/routing', { method: 'PUT', body: document, headers: version === undefined ? {} : { 'if-match': `"${version}"` } });
const ALIAS = { aliases: [{ name: 'fast', target: 'model:cheap' }] };

test('a document is saved whole as the next version, one audit event a save', async () => {
  expect((await ask(temp.store, '/admin/routing')).json).toMatchObject({ version: 0, document: { aliases: [], patterns: [] } });
  const saved = await put(ALIAS, 0);
  expect([saved.status, saved.headers['etag'], saved.json]).toMatchObject([200, '"1"', { version: 1, document: { aliases: [{ name: 'fast', target: 'model:cheap', enabled: true }] } }]);
  expect((await getRouting(temp.store, 'default')).document.aliases).toHaveLength(1);
  expect((await listChanges(temp.store, 'default', { limit: 9 })).items).toMatchObject([{ action: 'routing.updated', before: { version: 0 }, after: { version: 1 } }]);
});

test('two editors conflict visibly: 412 with both documents, and of twenty at once one wins', async () => {
  await put(ALIAS, 0);
  expect(await put({ aliases: [{ name: 'other', target: 'auto' }] }, 0)).toMatchObject({ status: 412, json: { error: { code: 'version_conflict' }, current: { version: 1, document: { aliases: [{ name: 'fast' }] } }, yours: { aliases: [{ name: 'other' }] } } });
  expect((await put(ALIAS, undefined)).status).toBe(428);
  const answers = await Promise.all(Array.from({ length: 20 }, () => put(ALIAS, 1)));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array.from({ length: 19 }, () => 412)]);
  expect((await getRouting(temp.store, 'default')).version).toBe(2);
});

test('versions are kept and listed, and an earlier one comes back as a new one', async () => {
  await put(ALIAS, 0);
  await put({ aliases: [] }, 1);
  expect((await ask(temp.store, '/admin/routing/versions')).json).toMatchObject({ items: [{ version: 2, author: 'Operator' }, { version: 1 }], nextCursor: null });
  expect((await ask(temp.store, '/admin/routing/versions/1')).json).toMatchObject({ version: 1, document: { aliases: [{ name: 'fast' }] } });
  for (const n of ['0', '9', 'x']) expect((await ask(temp.store, `/admin/routing/versions/${n}`)).status).toBe(404);
  expect((await ask(temp.store, '/admin/routing/rollback', { method: 'POST', body: { version: 1 } })).json).toMatchObject({ version: 3, document: { aliases: [{ name: 'fast' }] } });
  expect((await ask(temp.store, '/admin/routing/rollback', { method: 'POST', body: { version: 7 } })).status).toBe(404);
});

test.each([
  [{ aliases: [{ name: 'fast', target: 'model:nope' }] }, '/aliases/0/target'], [{ patterns: [{ id: 'p', priority: 1, target: 'auto' }] }, '/patterns/0'],
  [{ auto: { tiers: { simple: ['nope'], moderate: [], complex: [] } } }, '/auto/tiers/simple/0'], [{ nonsense: [] }, '/nonsense'],
])('what could not work is refused with its place, and nothing is saved: %j', async (document, field) => {
  expect(await put(document, 0)).toMatchObject({ status: 400, json: { error: { code: 'invalid_request', field } } });
  expect((await getRouting(temp.store, 'default')).version).toBe(0);
});

test('what is probably not meant so is said, and saved all the same', async () => {
  const saved = await put({ patterns: [{ id: 'a', priority: 2, glob: 'code/*', target: 'model:cheap' }, { id: 'b', priority: 1, glob: 'code/*', target: 'model:strong' }] }, 0);
  expect(saved.status).toBe(200);
  expect((saved.json['warnings'] as unknown[]).length).toBeGreaterThan(0);
});

test('a document is checked without being saved: what would be refused, and what is probably not meant so', async () => {
  const check = async (document: unknown) => ask(temp.store, '/admin/routing/check', { method: 'POST', body: document });
  expect((await check(ALIAS)).json).toMatchObject({ errors: [], warnings: [{ kind: 'empty_tier' }] });
  expect((await check({ aliases: [{ name: 'fast', target: 'model:none' }], patterns: [{ id: 'a', priority: 2, glob: 'x-*', target: 'auto' }, { id: 'b', priority: 1, glob: 'x-1', target: 'auto' }] })).json).toMatchObject({
    errors: [{ pointer: '/aliases/0/target' }], warnings: expect.arrayContaining([expect.objectContaining({ kind: 'covered_by_higher', pointer: '/patterns/1' })]),
  });
  expect((await getRouting(temp.store, 'default')).version).toBe(0);
});
