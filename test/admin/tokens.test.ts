import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { machineIdentity } from '../../functions/admin/identify.ts';
import type { Store } from '../../functions/adapters/store/port.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { ask } from './support.ts';

let temp: TempStore;
beforeEach(async () => { temp = await tempStore(); });
afterEach(() => temp.cleanup());
const make = async (body: object): Promise<{ id: string; token: string }> => (await ask(temp.store, '/admin/tokens', { method: 'POST', body })).json as { id: string; token: string };
const as = (token: string) => ({ ports: { identify: () => machineIdentity(temp.store, token) }, token });

test('a machine token is shown once, opens what its role may, and ends when it is deleted', async () => {
  const { id, token } = await make({ name: 'ci', role: 'viewer' });
  expect(token).toMatch(/^bsga_[0-9a-f]{64}$/);
  expect((await ask(temp.store, '/admin/me', as(token))).json).toMatchObject({ user: { id, name: 'ci' }, tenantId: 'default', role: 'viewer' });
  expect((await ask(temp.store, '/admin/usage', as(token))).status).toBe(200);
  expect((await ask(temp.store, '/admin/keys', { method: 'POST', body: { name: 'x' }, ...as(token) })).status).toBe(403);
  for (const path of ['/admin/tokens', '/admin/changes']) expect((await ask(temp.store, path)).text).not.toContain(token.slice(5, 30));
  expect((await ask(temp.store, `/admin/tokens/${id}`, { method: 'DELETE' })).json).toEqual({ id, deleted: true });
  expect((await ask(temp.store, '/admin/me', as(token))).status).toBe(401);
  expect((await ask(temp.store, `/admin/tokens/${id}`, { method: 'DELETE' })).status).toBe(404);
});

test('a text that is no token reads nothing from the store, and one that was never made opens nothing', async () => {
  let reads = 0;
  const counted: Store = { ...temp.store, get: async (key) => { reads += 1; return temp.store.get(key); }, query: (query) => temp.store.query(query), write: (ops) => temp.store.write(ops), close: async () => {} };
  for (const text of ['', 'bsga_', `bsga_${'0'.repeat(63)}`, `bsga_${'0'.repeat(64)}x`, 'bsg_live_x', `bsga_${'G'.repeat(64)}`]) expect(await machineIdentity(counted, text)).toBeUndefined();
  expect(reads).toBe(0);
  expect(await machineIdentity(counted, `bsga_${'0'.repeat(64)}`)).toBeUndefined();
  expect(reads).toBe(1);
});

test('where programs get their tokens from the identity provider, none is made here and the answer names their client', async () => {
  const { status, json } = await ask(temp.store, '/admin/tokens', { method: 'POST', body: { name: 'ci', role: 'viewer' }, ports: { machineClientId: 'client-of-machines' } });
  expect([status, json]).toMatchObject([501, { error: { code: 'not_implemented', message: expect.stringContaining('client-of-machines') } }]);
  expect((await ask(temp.store, '/admin/tokens')).json).toMatchObject({ items: [] });
});
