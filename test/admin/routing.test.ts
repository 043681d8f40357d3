import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { listChanges } from '../../functions/adapters/store/changes.ts';
import { putModel } from '../../functions/adapters/store/models.ts';
import type { Store } from '../../functions/adapters/store/port.ts';
import { getRouting } from '../../functions/adapters/store/routing.ts';
import { documentSha256 } from '../../functions/core/audit/routing-view.ts';
import { verifyAudit } from '../../functions/admin/verify-audit.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { ask, NOW, type AdminAnswer } from './support.ts';

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

const newest = async () => (await listChanges(temp.store, 'default', { limit: 1 })).items[0];
const tamper = async (version: number, document: object): Promise<void> => {
  await temp.store.write([{ update: { table: 'rules', pk: 'T#default#ROUTING', sk: `doc#${String(version).padStart(10, '0')}` }, set: { document: document as never } }]);
};

test('the event of a save, of a rollback and of an import tells what was changed, and the hash of the document', async () => {
  const saved = (await put({ ...ALIAS, auto: { dial: 70 } }, 0)).json['document'] as object;
  expect(await newest()).toMatchObject({ before: { version: 0, document: { aliases: [], auto: { dial: null } } }, after: { version: 1, documentSha256: documentSha256(saved), document: { aliases: [{ name: 'fast', target: 'model:cheap', enabled: true }], auto: { dial: 70 } } } });
  expect(JSON.stringify(await newest())).not.toContain('qualityTarget');
  await put({ aliases: [{ name: 'fast', target: 'model:strong' }], auto: { dial: 70 } }, 1);
  expect(await newest()).toMatchObject({ before: { document: { aliases: [{ target: 'model:cheap' }] } }, after: { version: 2, document: { aliases: [{ target: 'model:strong' }] } } });
  await ask(temp.store, '/admin/routing/rollback', { method: 'POST', body: { version: 1 } });
  expect(await newest()).toMatchObject({ action: 'routing.rolled_back', before: { document: { aliases: [{ target: 'model:strong' }] } }, after: { documentSha256: documentSha256(saved), document: { aliases: [{ target: 'model:cheap' }] } } });
  await ask(temp.store, '/admin/config', { method: 'PUT', body: { version: 1, routing: { aliases: [{ name: 'slow', target: 'model:strong' }] } } });
  expect(await newest()).toMatchObject({ action: 'config.imported', before: { 'routing document': { version: 3, document: { aliases: [{ name: 'fast' }] } } }, after: { 'routing document': { version: 4, documentSha256: expect.stringMatching(/^[0-9a-f]{64}$/), document: { aliases: [{ name: 'slow' }] } } } });
  expect(await verifyAudit(temp.store, 'default', NOW)).toEqual({ events: 4, broken: undefined });
});

test('a large change is told by its places and counts, and stays small', async () => {
  const aliases = Array.from({ length: 500 }, (_unused, at) => ({ name: `alias-${String(at).padStart(4, '0')}-${'x'.repeat(60)}`, target: 'model:cheap' }));
  expect((await put({ aliases }, 0)).status).toBe(200);
  const event = await newest();
  expect(event).toMatchObject({ before: { counts: { aliases: 0 } }, after: { version: 1, documentSha256: expect.any(String), counts: { aliases: 500 }, changed: expect.arrayContaining(['/aliases/0']), complete: false } });
  expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(40_000);
});

test.each(['routing.updated', 'config.imported', 'model.created'])('a stored version that is not what %s says is found, and so is one that is gone', async (action) => {
  if (action === 'routing.updated') await put(ALIAS, 0);
  if (action === 'config.imported') await ask(temp.store, '/admin/config', { method: 'PUT', body: { version: 1, routing: ALIAS } });
  if (action === 'model.created') await ask(temp.store, '/admin/models', { method: 'POST', body: { id: 'third', provider: 'openai', upstreamModel: 'm', tier: 'simple' } });
  expect(await newest()).toMatchObject({ action });
  // The same document is the same one, in whichever order its members come back.
  const { document } = await getRouting(temp.store, 'default');
  await tamper(1, Object.fromEntries(Object.entries(document).toReversed()));
  expect((await verifyAudit(temp.store, 'default', NOW)).broken).toBeUndefined();
  await tamper(1, { ...document, auto: { ...document.auto, dial: 1 } });
  expect(await verifyAudit(temp.store, 'default', NOW)).toEqual({ events: 0, broken: { seq: 1, fault: 'routing_differs', eventId: expect.any(String) } });
  await temp.store.write([{ delete: { table: 'rules', pk: 'T#default#ROUTING', sk: 'doc#0000000001' } }]);
  expect((await verifyAudit(temp.store, 'default', NOW)).broken).toMatchObject({ seq: 1, fault: 'routing_differs' });
});

test('an event whose save left the document as it was still says which one it is', async () => {
  await put(ALIAS, 0);
  await put(ALIAS, 1);
  expect(await newest()).toMatchObject({ after: { version: 2, documentSha256: expect.any(String) } });
  await tamper(2, { aliases: [] });
  expect((await verifyAudit(temp.store, 'default', NOW)).broken).toMatchObject({ seq: 2 });
});

describe('a model that is deleted while a document that names it is being saved', () => {
  /** Deletes the model between the judgement of a document and its write. */
  const deleting = (id: string): Store => {
    let isArmed = true;
    const write: Store['write'] = async (ops) => {
      if (isArmed && ops.some((op) => 'put' in op && op.put.table === 'rules')) {
        isArmed = false;
        expect((await ask(temp.store, `/admin/models/${id}`, { method: 'DELETE' })).status).toBe(200);
      }
      return temp.store.write(ops);
    };
    return { ...temp.store, write };
  };
  const using = (id: string) => ({ ports: { store: deleting(id) } });

  test('is not named by a save: refused with its place, nothing stored', async () => {
    await put({ aliases: [] }, 0);
    expect(await ask(temp.store, '/admin/routing', { method: 'PUT', body: ALIAS, headers: { 'if-match': '"1"' }, ...using('cheap') })).toMatchObject({ status: 400, json: { error: { field: '/aliases/0/target' } } });
    expect(await getRouting(temp.store, 'default')).toMatchObject({ version: 1, document: { aliases: [] } });
  });

  test('nor by the first version, a rollback or an import', async () => {
    expect((await ask(temp.store, '/admin/routing', { method: 'PUT', body: ALIAS, headers: { 'if-match': '"0"' }, ...using('cheap') })).status).toBe(400);
    await put({ aliases: [{ name: 'fast', target: 'model:strong' }] }, 0);
    await put({ aliases: [] }, 1);
    expect((await ask(temp.store, '/admin/routing/rollback', { method: 'POST', body: { version: 1 }, ...using('strong') })).status).toBe(400);
    await ask(temp.store, '/admin/models', { method: 'POST', body: { id: 'third', provider: 'openai', upstreamModel: 'm' } });
    expect((await ask(temp.store, '/admin/config', { method: 'PUT', body: { version: 1, routing: { aliases: [{ name: 'fast', target: 'model:third' }] } }, ...using('third') })).status).toBe(412);
    expect(await getRouting(temp.store, 'default')).toMatchObject({ version: 2, document: { aliases: [] } });
  });

  test('stops no save of a document that does not name it', async () => {
    expect((await ask(temp.store, '/admin/routing', { method: 'PUT', body: ALIAS, headers: { 'if-match': '"0"' }, ...using('strong') })).status).toBe(200);
    expect((await put({ aliases: [] }, 1)).status).toBe(200);
  });
});
