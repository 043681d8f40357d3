import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { addMemberOps, invitationDigest, listMembers, putInvitationOp, type MemberRole } from '../../functions/adapters/store/people.ts';
import type { Store } from '../../functions/adapters/store/port.ts';
import { listChanges } from '../../functions/adapters/store/changes.ts';
import { machineIdentity } from '../../functions/admin/identify.ts';
import { personIdentity } from '../../functions/admin/people/identity.ts';
import { ensureDefaultTenant } from '../../infra/local/default-tenant.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { ask, NOW, type AdminAnswer, type AdminAsk } from './support.ts';

let temp: TempStore;
beforeEach(async () => {
  temp = await tempStore();
  await ensureDefaultTenant(temp.store, NOW);
});
afterEach(() => temp.cleanup());

const DAY_MS = 86_400_000;
/** Asks as the person of that `sub`, whoever our records say that is. */
const as = (sub: string, path: string, { ports, ...asked }: AdminAsk = {}): Promise<AdminAnswer> => ask(temp.store, path, { ...asked, ports: { identify: () => personIdentity(temp.store, { sub, name: `Name of ${sub}` }), ...ports } });
const owner = (path: string, asked?: AdminAsk): Promise<AdminAnswer> => as('local-operator', path, asked);
const add = (userId: string, role: MemberRole, tenantId = 'default') => temp.store.write(addMemberOps({ tenantId, userId, name: userId, email: null, role, addedAt: '2026-01-01T00:00:00.000Z', version: 1 }));
const invite = async (body: object, by = 'local-operator'): Promise<{ id: string; token: string; answer: AdminAnswer }> => {
  const answer = await as(by, '/admin/members', { method: 'POST', body });
  return { id: String(answer.json['id']), token: String(answer.json['inviteUrl']).split('#token=')[1] ?? '', answer };
};
const accept = (sub: string, token: string, asked: AdminAsk = {}): Promise<AdminAnswer> => as(sub, '/admin/invitations/accept', { method: 'POST', body: { token }, ...asked });

describe('invitations', () => {
  test('from link to member: the role that was given, listed on both sides, once', async () => {
    const { answer, token } = await invite({ role: 'member', email: 'a@example.com', name: 'Ann' });
    expect([answer.status, answer.headers['cache-control']]).toEqual([201, 'no-store']);
    expect(answer.json).toEqual({ id: expect.stringMatching(/^in_/), expiresAt: new Date(NOW + 7 * DAY_MS).toISOString(), inviteUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:8787\/invite#token=bsgi_[0-9a-f]{64}$/) });
    expect((await owner('/admin/members')).json['items']).toMatchObject([{ id: 'local-operator', state: 'active', role: 'owner' }, { state: 'invited', email: 'a@example.com', role: 'member', validUntil: expect.any(String) }]);
    expect((await as('ann', '/admin/me')).json).toMatchObject({ tenantId: null, tenants: [] });
    expect((await accept('ann', token)).json).toEqual({ tenantId: 'default', role: 'member' });
    expect((await as('ann', '/admin/me')).json).toMatchObject({ tenantId: 'default', role: 'member' });
    expect((await owner('/admin/members')).json['items']).toMatchObject([{ id: 'ann', state: 'active', role: 'member', email: 'a@example.com' }, { id: 'local-operator' }]);
    expect((await accept('bob', token)).status).toBe(404);
  });

  test('used, withdrawn, expired and invented ones answer alike', async () => {
    const [used, withdrawn, late] = [await invite({ role: 'viewer' }), await invite({ role: 'viewer' }), await invite({ role: 'viewer' })];
    await accept('ann', used.token);
    expect((await owner(`/admin/members/${withdrawn.id}`, { method: 'DELETE' })).json).toEqual({ id: withdrawn.id, deleted: true });
    const answers = [await accept('bob', used.token), await accept('bob', withdrawn.token), await accept('bob', `bsgi_${'0'.repeat(64)}`), await accept('bob', late.token, { ports: { now: () => NOW + 7 * DAY_MS } })];
    for (const { status, json } of answers) expect([status, json['error']]).toEqual([404, { ...(answers[0]?.json['error'] as object), requestId: expect.any(String) }]);
    expect((await accept('bob', late.token, { ports: { now: () => NOW + 7 * DAY_MS - 1 } })).status).toBe(200);
  });

  test('who belongs to the tenant already keeps the role, and the invitation stays open for another', async () => {
    const { token } = await invite({ role: 'viewer' });
    expect((await accept('local-operator', token)).status).toBe(409);
    expect((await accept('ann', token)).status).toBe(200);
  });

  test('of fifty who open one link at once, one gets in', async () => {
    const { token } = await invite({ role: 'member' });
    const answers = await Promise.all(Array.from({ length: 50 }, (_unused, at) => accept(`p${at}`, token)));
    expect(answers.filter(({ status }) => status === 200).length).toBe(1);
    expect((await listMembers(temp.store, 'default')).length).toBe(2);
  });

  test('the link is shown once: not in lists, not in the audit log, not to a repetition', async () => {
    const once = (): Promise<AdminAnswer> => owner('/admin/members', { method: 'POST', headers: { 'idempotency-key': 'k1' }, body: { role: 'viewer' } });
    const [first, second] = [await once(), await once()];
    const token = String(first.json['inviteUrl']).split('#token=')[1] ?? '';
    expect(second.json).toEqual({ id: first.json['id'], expiresAt: first.json['expiresAt'], secret_shown: false });
    for (const path of ['/admin/members', '/admin/changes']) expect((await owner(path)).text).not.toContain(token);
    for (const file of [temp.file, `${temp.file}-wal`]) expect((await readFile(file)).includes(token)).toBe(false);
  });

  test('a machine token accepts nothing and makes no tenant', async () => {
    const { token } = await invite({ role: 'viewer' });
    const machine = { identify: async () => ({ userId: 'mt_1', name: 'ci', via: 'token' as const, isMachine: true as const, memberships: [{ tenantId: 'default', role: 'owner' as const }] }) };
    expect((await ask(temp.store, '/admin/invitations/accept', { method: 'POST', body: { token }, ports: machine })).status).toBe(403);
    expect((await ask(temp.store, '/admin/tenants', { method: 'POST', body: { name: 'x' }, ports: machine })).status).toBe(403);
  });
});

describe('an invitation is worth no more than who sent it', () => {
  const gone = async (token: string): Promise<void> => {
    const [answer, unknown] = [await accept('eve', token), await accept('eve', `bsgi_${'0'.repeat(64)}`)];
    expect([answer.status, (answer.json['error'] as { message: string }).message]).toEqual([404, (unknown.json['error'] as { message: string }).message]);
  };

  test('whoever was removed cannot come back by a link of their own, nor bring anybody', async () => {
    await add('mallory', 'admin');
    const { token } = await invite({ role: 'admin' }, 'mallory');
    expect((await owner('/admin/members/mallory', { method: 'DELETE' })).status).toBe(200);
    await gone(token);
    expect((await accept('mallory', token)).status).toBe(404);
    expect((await listMembers(temp.store, 'default')).map(({ userId }) => userId)).toEqual(['local-operator']);
  });

  test.each([['owner', 'admin', 'owner'], ['admin', 'member', 'viewer'], ['owner', 'viewer', 'viewer']] as const)('%s made %s may not give %s any more', async (was, is, role) => {
    await add('mallory', was);
    const { token } = await invite({ role }, 'mallory');
    await owner('/admin/members/mallory', { method: 'PATCH', body: { role: is } });
    await gone(token);
    await owner('/admin/members/mallory', { method: 'PATCH', body: { role: was } });
    expect((await accept('ann', token)).json).toEqual({ tenantId: 'default', role });
  });

  test('who is removed while the link is being accepted has invited nobody', async () => {
    await add('mallory', 'admin');
    const { token } = await invite({ role: 'admin' }, 'mallory');
    let isArmed = true;
    const write: Store['write'] = async (ops) => {
      if (isArmed) {
        isArmed = false;
        await owner('/admin/members/mallory', { method: 'DELETE' });
      }
      return temp.store.write(ops);
    };
    expect((await accept('eve', token, { ports: { store: { ...temp.store, write } } })).status).toBe(404);
    expect((await listMembers(temp.store, 'default')).map(({ userId }) => userId)).toEqual(['local-operator']);
  });

  test('one that a machine sent ends with the machine\'s token', async () => {
    const made = (await owner('/admin/tokens', { method: 'POST', body: { name: 'ci', role: 'admin' } })).json as { id: string; token: string };
    const asMachine = { token: made.token, ports: { identify: () => machineIdentity(temp.store, made.token) } };
    const links = await Promise.all([1, 2].map(() => ask(temp.store, '/admin/members', { method: 'POST', body: { role: 'viewer' }, ...asMachine })));
    const [first = '', second = ''] = links.map(({ json }) => String(json['inviteUrl']).split('#token=')[1]);
    expect((await accept('ann', first)).status).toBe(200);
    await owner(`/admin/tokens/${made.id}`, { method: 'DELETE' });
    await gone(second);
  });

  test('the list says which invitations open nothing any more, and why; those can be taken off it, and do not count', async () => {
    for (const [who, role] of [['mallory', 'admin'], ['peter', 'owner'], ['ann', 'admin']] as const) await add(who, role);
    const [left, lowered, late] = [await invite({ role: 'viewer', name: 'Left' }, 'mallory'), await invite({ role: 'owner', name: 'Lowered' }, 'peter'), await invite({ role: 'viewer', name: 'Late' }, 'ann')];
    const made = (await owner('/admin/tokens', { method: 'POST', body: { name: 'ci', role: 'admin' } })).json as { id: string; token: string };
    await ask(temp.store, '/admin/members', { method: 'POST', body: { role: 'viewer', name: 'By a machine' }, token: made.token, ports: { identify: () => machineIdentity(temp.store, made.token) } });
    const lapses = async (nowMs: number): Promise<unknown> => Object.fromEntries(((await owner('/admin/members', { ports: { now: () => nowMs } })).json['items'] as { state: string; name: string; lapsed?: string | null }[]).filter(({ state }) => state === 'invited').map(({ name, lapsed }) => [name, lapsed]));
    expect(await lapses(NOW)).toEqual({ 'Left': null, 'Lowered': null, 'Late': null, 'By a machine': null });
    await owner('/admin/members/mallory', { method: 'DELETE' });
    await owner('/admin/members/peter', { method: 'PATCH', body: { role: 'admin' } });
    await owner(`/admin/tokens/${made.id}`, { method: 'DELETE' });
    expect(await lapses(NOW)).toEqual({ 'Left': 'inviter_left', 'Lowered': 'inviter_role', 'Late': null, 'By a machine': 'inviter_left' });
    const after = NOW + 7 * DAY_MS;
    expect(await lapses(after)).toEqual({ 'Left': 'expired', 'Lowered': 'expired', 'Late': 'expired', 'By a machine': 'expired' });
    expect(Object.keys(await lapses(NOW + 14 * DAY_MS) as object)).toEqual([]);
    for (const { token } of [left, lowered]) await gone(token);
    for (const [{ id }, nowMs] of [[left, NOW], [late, after]] as const) expect((await owner(`/admin/members/${id}`, { method: 'DELETE', ports: { now: () => nowMs } })).status).toBe(200);
    expect(await lapses(NOW)).toEqual({ 'Lowered': 'inviter_role', 'By a machine': 'inviter_left' });
  });

  test('one of an earlier version, which did not keep who invited, still opens, and the list says so', async () => {
    const token = `bsgi_${'a'.repeat(64)}`;
    await temp.store.write([putInvitationOp({ invitationId: 'in_old', tenantId: 'default', role: 'member', name: null, email: null, invitedBy: 'Somebody', createdAt: '2026-11-19T00:00:00.000Z', validUntil: new Date(NOW + 1000).toISOString(), digest: invitationDigest(token) })]);
    await invite({ role: 'viewer' });
    expect((await owner('/admin/members')).json['items']).toMatchObject([{}, { id: 'in_old', invitedBy: 'Somebody', invitedById: null }, { invitedById: 'local-operator' }]);
    expect((await accept('ann', token)).status).toBe(200);
  });
});

describe('roles', () => {
  test('nobody gives or takes more than they have', async () => {
    await add('adm', 'admin');
    await add('own2', 'owner');
    expect((await invite({ role: 'owner' }, 'adm')).answer.status).toBe(403);
    expect((await invite({ role: 'admin' }, 'adm')).answer.status).toBe(201);
    expect((await as('adm', '/admin/members/own2', { method: 'DELETE' })).status).toBe(403);
    expect((await as('adm', '/admin/members/own2', { method: 'PATCH', body: { role: 'viewer' } })).status).toBe(403);
    const { id } = await invite({ role: 'owner' });
    expect((await as('adm', `/admin/members/${id}`, { method: 'DELETE' })).status).toBe(403);
  });

  test('a role changes at once, with a version and an event that names both', async () => {
    await add('ann', 'viewer');
    expect((await as('ann', '/admin/keys')).status).toBe(403);
    const changed = await owner('/admin/members/ann', { method: 'PATCH', body: { role: 'admin' }, headers: { 'if-match': '"1"' } });
    expect([changed.json, changed.headers['etag']]).toMatchObject([{ id: 'ann', role: 'admin', version: 2 }, '"2"']);
    expect((await as('ann', '/admin/keys')).status).toBe(200);
    expect((await owner('/admin/members/ann', { method: 'PATCH', body: { role: 'member' }, headers: { 'if-match': '"1"' } })).status).toBe(412);
    expect((await listChanges(temp.store, 'default', { limit: 1 })).items[0]).toMatchObject({ action: 'member.role_changed', actor: { userId: 'local-operator', via: 'person' }, before: { role: 'viewer' }, after: { role: 'admin' } });
  });

  test('somebody removed is nobody from the next request on', async () => {
    await add('ann', 'admin');
    expect((await owner('/admin/members/ann', { method: 'DELETE' })).status).toBe(200);
    expect((await as('ann', '/admin/keys')).status).toBe(403);
    expect((await as('ann', '/admin/me')).json).toMatchObject({ tenants: [] });
  });
});

describe('the last owner', () => {
  test('can be neither removed nor demoted', async () => {
    for (const asked of [{ method: 'DELETE' }, { method: 'PATCH', body: { role: 'admin' } }]) {
      const { status, json } = await owner('/admin/members/local-operator', asked);
      expect([status, json]).toMatchObject([409, { error: { code: 'last_owner' } }]);
    }
    expect((await owner('/admin/me')).json).toMatchObject({ role: 'owner' });
  });

  test('stays when owners remove and demote one another at once', async () => {
    const owners = ['local-operator', ...Array.from({ length: 9 }, (_unused, at) => `own${at}`)];
    for (const name of owners.slice(1)) await add(name, 'owner');
    const asked = owners.flatMap((by, at) => owners.filter((who) => who !== by).slice(0, 5).map((who) => as(by, `/admin/members/${who}`, at % 2 === 0 ? { method: 'DELETE' } : { method: 'PATCH', body: { role: 'admin' } })));
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(statuses.filter((status) => ![200, 403, 404, 409, 412].includes(status))).toEqual([]);
    const left = (await listMembers(temp.store, 'default')).filter(({ role }) => role === 'owner');
    expect(left.length).toBeGreaterThanOrEqual(1);
    // The counter says the same as the records: as many owners can still be taken away, less one.
    for (const { userId } of left.slice(1)) expect((await as(left[0]?.userId ?? '', `/admin/members/${userId}`, { method: 'DELETE' })).status).toBe(200);
    expect((await as(left[0]?.userId ?? '', `/admin/members/${left[0]?.userId}`, { method: 'DELETE' })).status).toBe(409);
  });
});

test('another tenant: its maker owns it, sees it beside the first, and chooses by header', async () => {
  const made = await owner('/admin/tenants', { method: 'POST', body: { name: 'Research', timezone: 'Asia/Seoul' } });
  expect([made.status, made.json]).toEqual([201, { id: expect.stringMatching(/^t_[0-9a-f]{16}$/), name: 'Research', timezone: 'Asia/Seoul', role: 'owner' }]);
  const id = String(made.json['id']);
  expect((await owner('/admin/me', { headers: { 'x-bsg-tenant': id } })).json).toMatchObject({ tenantId: id, role: 'owner', tenants: [{ id: 'default' }, { id, name: 'Research', timezone: 'Asia/Seoul' }] });
  expect((await owner('/admin/keys')).json).toMatchObject({ error: { code: 'invalid_request', field: 'x-bsg-tenant' } });
  expect((await owner('/admin/keys', { headers: { 'x-bsg-tenant': id } })).status).toBe(200);
  expect((await listChanges(temp.store, id, { limit: 5 })).items).toMatchObject([{ seq: 1, action: 'tenant.created', target: { id } }]);
  expect((await owner('/admin/tenants', { method: 'POST', headers: { 'x-bsg-tenant': id }, body: { name: 'x', timezone: 'Mars/Base' } })).json).toMatchObject({ error: { field: '/timezone' } });
});
