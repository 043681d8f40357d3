import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ensureDefaultTenant } from '../../infra/local/default-tenant.ts';
import { loadPolicy } from '../../functions/gateway/caches.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { ask, NOW, type AdminAnswer } from './support.ts';

let temp: TempStore;
beforeEach(async () => {
  temp = await tempStore();
  await ensureDefaultTenant(temp.store, NOW);
  for (const id of ['cheap', 'strong']) await ask(temp.store, '/admin/models', { method: 'POST', body: { id, provider: 'openai', upstreamModel: id, apiKey: 'sk-0123456789abcdef' } });
});
afterEach(() => temp.cleanup());
const save = (id: string, version: number, rollout?: object): Promise<AdminAnswer> => ask(temp.store, '/admin/routing', { method: 'PUT', headers: { 'if-match': `"${version}"` }, body: { aliases: [{ name: 'a', target: `model:${id}` }], ...(rollout && { rollout }) } });

test('a version is tried on a share, that share grows, and the rest stays with what was in force for all', async () => {
  expect((await save('strong', 0, { percent: 10 })).json).toMatchObject({ error: { code: 'invalid_request', field: '/rollout/percent' } });
  expect((await save('strong', 0)).json).toMatchObject({ version: 1, rollout: null });
  expect((await save('cheap', 1, { percent: 10 })).json).toMatchObject({ version: 2, rollout: { percent: 10, before: 1 } });
  expect((await save('cheap', 2, { percent: 50 })).json).toMatchObject({ version: 3, rollout: { percent: 50, before: 1 } });
  expect((await ask(temp.store, '/admin/routing')).json).toMatchObject({ version: 3, rollout: { percent: 50, before: 1 }, document: { aliases: [{ target: 'model:cheap' }] } });
  const policy = await loadPolicy(temp.store, 'default');
  expect([policy.version, policy.rollout?.percent, policy.rollout?.before.version, policy.rollout?.before.aliases.get('a')]).toEqual([3, 50, 1, 'model:strong']);
  expect((await save('cheap', 3, { percent: 100 })).json).toMatchObject({ version: 4, rollout: null });
  expect((await loadPolicy(temp.store, 'default')).rollout).toBeUndefined();
});

test('a model that only the other sessions are served by is still in use', async () => {
  await save('strong', 0);
  await save('cheap', 1, { percent: 10 });
  const refused = await ask(temp.store, '/admin/models/strong', { method: 'DELETE' });
  expect([refused.status, refused.json]).toMatchObject([409, { error: { code: 'in_use' }, usedBy: ['alias a'] }]);
  await save('cheap', 2);
  expect((await ask(temp.store, '/admin/models/strong', { method: 'DELETE' })).status).toBe(200);
});

test('placing a new model into a tier does not end a rollout; a rollback does', async () => {
  await save('strong', 0);
  await save('cheap', 1, { percent: 10 });
  await ask(temp.store, '/admin/models', { method: 'POST', body: { id: 'third', provider: 'openai', upstreamModel: 'x', tier: 'simple' } });
  expect((await ask(temp.store, '/admin/routing')).json).toMatchObject({ version: 3, rollout: { percent: 10, before: 1 } });
  expect((await ask(temp.store, '/admin/routing/rollback', { method: 'POST', body: { version: 1 } })).json).toMatchObject({ version: 4, rollout: null });
});

test.each([[{ percent: 101 }], [{ percent: -1 }], [{}], [{ percent: 'half' }], [{ percent: 10, other: 1 }]])('%j is a 400', async (rollout) => {
  await save('strong', 0);
  expect((await save('cheap', 1, rollout)).status).toBe(400);
});
