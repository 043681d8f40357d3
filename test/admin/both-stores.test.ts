import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openDynamoStore } from '../../functions/adapters/store/dynamo.ts';
import { getComment, saveFeedback } from '../../functions/adapters/store/feedback.ts';
import { addMemberOps, changeRoleOps, getMember, listMembers } from '../../functions/adapters/store/people.ts';
import { StoreError, type Store } from '../../functions/adapters/store/port.ts';
import { getRouting } from '../../functions/adapters/store/routing.ts';
import { machineIdentity } from '../../functions/admin/identify.ts';
import { personIdentity } from '../../functions/admin/people/identity.ts';
import { verifyAudit } from '../../functions/admin/verify-audit.ts';
import { ensureDefaultTenant } from '../../infra/local/default-tenant.ts';
import { startDynamoDbLocal } from '../support/dynamodb-local.ts';
import { faultyClient } from '../support/faulty-store.ts';
import { needs } from '../support/optional.ts';
import { tempStore } from '../support/store.ts';
import { addOperator, ask, entryAt, NOW, putEntries, type AdminAnswer, type AdminAsk } from './support.ts';

/** What the control plane asks of a store's guards: the same on both. */
function suite(open: () => Promise<{ store: Store; stop: () => Promise<void> }>): void {
  let store: Store;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    ({ store, stop } = await open());
    await ensureDefaultTenant(store, NOW);
    await addOperator(store);
  }, 120_000);
  afterAll(() => stop());
  const post = (path: string, body: unknown, asked: AdminAsk = {}): Promise<AdminAnswer> => ask(store, path, { method: 'POST', body, ...asked });
  const as = (sub: string): AdminAsk => ({ ports: { identify: () => personIdentity(store, { sub, name: sub }) } });

  test('an invitation and a token follow the role of who made them', async () => {
    await store.write(addMemberOps({ tenantId: 'default', userId: 'mallory', name: 'Mallory', email: null, role: 'owner', addedAt: '2026-01-01T00:00:00.000Z', version: 1 }));
    const links = await Promise.all([1, 2].map(() => post('/admin/members', { role: 'admin' }, as('mallory'))));
    const [first = '', second = ''] = links.map(({ json }) => String(json['inviteUrl']).split('#token=')[1]);
    const { token } = (await post('/admin/tokens', { name: 'ci', role: 'owner' }, as('mallory'))).json as { token: string };
    const role = async (): Promise<unknown> => (await machineIdentity(store, token))?.memberships[0]?.role;
    expect([await role(), (await post('/admin/invitations/accept', { token: first }, as('ann'))).status]).toEqual(['owner', 200]);
    const member = await getMember(store, 'default', 'mallory');
    if (member === undefined) throw new Error('no member');
    await store.write(changeRoleOps(member, 'viewer'));
    expect([await role(), (await post('/admin/invitations/accept', { token: second }, as('eve'))).status]).toEqual(['viewer', 404]);
    await ask(store, '/admin/members/mallory', { method: 'DELETE', ...as('local-operator') });
    expect(await role()).toBeUndefined();
    expect((await listMembers(store, 'default')).map(({ userId }) => userId)).toEqual(['ann', 'local-operator', 'op']);
  });

  test('of keys that are made at once under one name one is, and the name is free when it is revoked', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => post('/admin/keys', { name: 'same' })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409, 409]);
    const id = String(answers.find(({ status }) => status === 201)?.json['id']);
    const rotated = await post(`/admin/keys/${id}/rotate`, {});
    expect([rotated.status, (await post('/admin/keys', { name: 'same' })).status]).toEqual([201, 409]);
    await ask(store, `/admin/keys/${String(rotated.json['id'])}`, { method: 'PATCH', body: { name: 'other' } });
    expect((await post('/admin/keys', { name: 'same' })).status).toBe(201);
  });

  test('what landed unseen under an idempotency key is not done again', async () => {
    let isLost = false;
    const write: Store['write'] = async (ops) => {
      const result = await store.write(ops);
      if (isLost || !ops.some((op) => 'put' in op && op.put.table === 'keys')) return result;
      isLost = true;
      throw new StoreError('unavailable', 'the answer was lost');
    };
    const send = (): Promise<AdminAnswer> => post('/admin/keys', { name: 'once' }, { headers: { 'idempotency-key': 'k' }, ports: { store: { ...store, write } } });
    expect([(await send()).status, (await send()).status]).toEqual([503, 409]);
    expect(((await ask(store, '/admin/keys')).json['items'] as { name: string }[]).filter(({ name }) => name === 'once')).toHaveLength(1);
  });

  test('a page of rows with comments is erased in batches that the store takes', async () => {
    const rows = Array.from({ length: 60 }, (_unused, at) => entryAt(NOW - 100_000 + at * 1000, { user: 'ann', tag: 'canary' }));
    await putEntries(store, rows);
    for (const { requestId } of rows) await saveFeedback(store, 'default', { requestId, feedback: { rating: 'up', at: new Date(NOW).toISOString() }, comment: 'canary', before: undefined }, NOW);
    expect((await post('/admin/erase', { user: 'ann' }, { headers: { 'idempotency-key': 'e' } })).json).toMatchObject({ erased: 60, complete: true });
    for (const { requestId } of rows) expect(await getComment(store, 'default', requestId, NOW)).toBeUndefined();
  });

  test('a routing document names no model that is deleted while it is saved, and its event holds the hash of what is stored', async () => {
    for (const id of ['cheap', 'strong']) await post('/admin/models', { id, provider: 'openai', upstreamModel: 'm' });
    let isArmed = true;
    const write: Store['write'] = async (ops) => {
      if (isArmed && ops.some((op) => 'put' in op && op.put.table === 'rules')) {
        isArmed = false;
        await ask(store, '/admin/models/cheap', { method: 'DELETE' });
      }
      return store.write(ops);
    };
    const save = (body: object, version: number, asked: AdminAsk = {}): Promise<AdminAnswer> => ask(store, '/admin/routing', { method: 'PUT', body, headers: { 'if-match': `"${version}"` }, ...asked });
    expect((await save({ aliases: [{ name: 'fast', target: 'model:cheap' }] }, 0, { ports: { store: { ...store, write } } })).status).toBe(400);
    expect((await save({ aliases: [{ name: 'fast', target: 'model:strong' }], auto: { qualityTarget: 0.975 } }, 0)).status).toBe(200);
    expect((await getRouting(store, 'default')).version).toBe(1);
    expect((await verifyAudit(store, 'default', NOW)).broken).toBeUndefined();
    await store.write([{ update: { table: 'rules', pk: 'T#default#ROUTING', sk: 'doc#0000000001' }, set: { document: {} } }]);
    expect((await verifyAudit(store, 'default', NOW)).broken).toMatchObject({ fault: 'routing_differs' });
  });

  test('of forty tests of models at once thirty are started', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => post('/admin/models/test', { id: 'x', provider: 'openai', upstreamModel: 'm' })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(30);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(10);
  });
}

describe('SQLite', () => suite(async () => {
  const temp = await tempStore();
  return { store: temp.store, stop: () => temp.cleanup() };
}));

needs('java')('DynamoDB with conflicts', () => suite(async () => {
  const local = await startDynamoDbLocal();
  return { store: openDynamoStore({ client: faultyClient(local.newClient(), { share: 0.1 }).client, tableNames: local.tableNames, sleep: async () => {} }), stop: () => local.stop() };
}));
