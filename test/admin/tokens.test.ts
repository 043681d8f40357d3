import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { machineIdentity } from '../../functions/admin/identify.ts';
import { digestOf, putMachineTokenOp } from '../../functions/adapters/store/machine-tokens.ts';
import { addMemberOps, changeRoleOps, getMember, removeMemberOps, type MemberRole } from '../../functions/adapters/store/people.ts';
import type { Store } from '../../functions/adapters/store/port.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { addOperator, ask } from './support.ts';

let temp: TempStore;
beforeEach(async () => {
  temp = await tempStore();
  await addOperator(temp.store);
});
afterEach(() => temp.cleanup());
const make = async (body: object): Promise<{ id: string; token: string }> => (await ask(temp.store, '/admin/tokens', { method: 'POST', body })).json as { id: string; token: string };
const add = (userId: string, role: MemberRole) => temp.store.write(addMemberOps({ tenantId: 'default', userId, name: userId, email: null, role, addedAt: '2026-01-01T00:00:00.000Z', version: 1 }));
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

const demote = async (userId: string, role: MemberRole): Promise<unknown> => temp.store.write(changeRoleOps(await ofMember(userId), role));
const remove = async (userId: string): Promise<unknown> => temp.store.write(removeMemberOps(await ofMember(userId)));
async function ofMember(userId: string) {
  const member = await getMember(temp.store, 'default', userId);
  if (member === undefined) throw new Error(`no member ${userId}`);
  return member;
}
const listed = async (): Promise<unknown> => ((await ask(temp.store, '/admin/tokens')).json['items'] as { name: string }[]).toSorted((a, b) => (a.name < b.name ? -1 : 1));

test('a token may at most what its maker may at that moment, and nothing once the maker has left', async () => {
  await add('mallory', 'owner');
  const mallory = { ports: { identify: async () => ({ userId: 'mallory', name: 'Mallory', via: 'person' as const, memberships: [{ tenantId: 'default', role: 'owner' as const }] }) } };
  const makeAs = async (name: string, role: MemberRole) => (await ask(temp.store, '/admin/tokens', { method: 'POST', body: { name, role }, ...mallory })).json as { id: string; token: string };
  const [strong, weak] = [await makeAs('strong', 'owner'), await makeAs('weak', 'viewer')];
  const role = async (token: string): Promise<unknown> => {
    const { status, json } = await ask(temp.store, '/admin/me', as(token));
    return status === 200 ? json['role'] : status;
  };
  expect([await role(strong.token), await role(weak.token)]).toEqual(['owner', 'viewer']);
  await demote('mallory', 'member');
  expect([await role(strong.token), await role(weak.token)]).toEqual(['member', 'viewer']);
  expect((await ask(temp.store, '/admin/members', { method: 'POST', body: { role: 'owner' }, ...as(strong.token) })).status).toBe(403);
  expect(await listed()).toMatchObject([{ id: strong.id, role: 'owner', effectiveRole: 'member', createdById: 'mallory' }, { id: weak.id, role: 'viewer', effectiveRole: 'viewer' }]);
  await remove('mallory');
  expect([await role(strong.token), await role(weak.token)]).toEqual([401, 401]);
  expect(await listed()).toMatchObject([{ role: 'owner', effectiveRole: null, createdBy: 'Mallory' }, { effectiveRole: null }]);
});

test('what a token made ends with it, and follows its maker\'s maker', async () => {
  const first = await make({ name: 'first', role: 'owner' });
  const second = (await ask(temp.store, '/admin/tokens', { method: 'POST', body: { name: 'second', role: 'owner' }, ...as(first.token) })).json as { id: string; token: string };
  const status = async (): Promise<number> => (await ask(temp.store, '/admin/keys', as(second.token))).status;
  expect(await status()).toBe(200);
  await add('other', 'owner');
  await demote('op', 'viewer');
  expect(await status()).toBe(403);
  await demote('op', 'owner');
  expect(await status()).toBe(200);
  await ask(temp.store, `/admin/tokens/${first.id}`, { method: 'DELETE' });
  expect(await status()).toBe(401);
});

test('a token of an earlier version, which did not keep its maker, works on, and the list says so', async () => {
  const secret = `bsga_${'a'.repeat(64)}`;
  await temp.store.write([putMachineTokenOp({ tokenId: 'mt_old', tenantId: 'default', name: 'old', role: 'admin', createdAt: '2026-01-01T00:00:00.000Z', createdBy: 'Somebody', digest: digestOf(secret) })]);
  expect((await ask(temp.store, '/admin/me', as(secret))).json).toMatchObject({ role: 'admin' });
  expect(await listed()).toEqual([{ id: 'mt_old', name: 'old', role: 'admin', effectiveRole: 'admin', createdAt: '2026-01-01T00:00:00.000Z', createdBy: 'Somebody', createdById: null }]);
});

test('where programs get their tokens from the identity provider, none is made here and the answer names their client', async () => {
  const { status, json } = await ask(temp.store, '/admin/tokens', { method: 'POST', body: { name: 'ci', role: 'viewer' }, ports: { machineClientId: 'client-of-machines' } });
  expect([status, json]).toMatchObject([501, { error: { code: 'not_implemented', message: expect.stringContaining('client-of-machines') } }]);
  expect((await ask(temp.store, '/admin/tokens')).json).toMatchObject({ items: [] });
});
