import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ulid } from 'ulidx';
import { openRefusalCounter } from '../../functions/adapters/store/refusal-counter.ts';
import type { Store } from '../../functions/adapters/store/port.ts';
import { putTenant } from '../../functions/adapters/store/tenants.ts';
import { ROUTES } from '../../functions/admin/routes.ts';
import { GOOD } from '../admin/good-bodies.ts';
import { ask, entryAt, NOW, putEntries } from '../admin/support.ts';
import { call, chat, messages } from '../support/call.ts';
import { figure } from '../support/figure.ts';
import { testGateway } from '../support/gateway.ts';
import { scriptedUpstream } from '../support/scripted-upstream.ts';
import { tempStore, type TempStore } from '../support/store.ts';

/**
 * What may be looked up without naming a tenant, by the beginning of its partition key: a virtual key by its public id, the
 * list of tenants, the origins that pages may call from, a person's memberships, a machine token, an invitation, what was refused to callers that nobody knows.
 * Nothing else.
 */
const WITHOUT_TENANT = /^(?:K|X#tenants|X#origins|SUB|MT|INV|RX)(?:#|$)/;
const TENANT = 'default';
/** A tenant that an operation has just made up. */
const NEW_TENANT = /^t_[0-9a-f]{16}$/;

let temp: TempStore;
const seen = new Map<string, Set<string>>();
const done = new Set<string>();
let keyId = '';
let at = '';
beforeAll(async () => {
  temp = await tempStore();
  await putTenant(temp.store, { tenantId: TENANT, name: 'Default', timezone: 'UTC', unknownNames: 'reject', paused: false, alwaysStrongest: false, corsOrigins: [], createdAt: '2026-01-01T00:00:00.000Z', version: 1 }, undefined);
  await putEntries(temp.store, [entryAt(NOW - 60_000)]);
  await ask(temp.store, '/admin/models', { method: 'POST', body: { id: 'cheap', provider: 'openai', upstreamModel: 'x', apiKey: 'sk-0123456789abcdef' } });
  keyId = String((await ask(temp.store, '/admin/keys', { method: 'POST', body: { name: 'ci' } })).json['id']);
});
afterAll(() => temp.cleanup());

/** Notes the partition of every command. */
const spied = (inner: Store): Store => {
  const note = (pk: string): void => { (seen.get(at) ?? seen.set(at, new Set()).get(at))?.add(pk); };
  return {
    get: (key) => (note(key.pk), inner.get(key)),
    query: (query) => (note(query.pk), inner.query(query)),
    write: (ops) => {
      for (const op of ops) note('put' in op ? op.put.pk : 'update' in op ? op.update.pk : op.delete.pk);
      return inner.write(ops);
    },
    close: () => inner.close(),
  };
};

test('guarantee H3: every command of every admin operation names the caller\'s tenant in its partition key, but for a closed list', async () => {
  const store = spied(temp.store);
  for (const { method, path } of ROUTES) {
    at = `${method} ${path}`;
    const ids = [keyId, 'cheap', 'AAAAAAAAAAAA', '1'];
    const [, good] = GOOD[at] ?? ['', undefined];
    const bodies = method === 'GET' || method === 'DELETE' ? [undefined] : [good ?? {}, {}, { name: 'x' }];
    for (const id of path.includes('{') ? ids : ['']) for (const body of bodies) {
      const { status } = await ask(store, path.replaceAll(/\{\w+\}/g, id), { method, headers: { 'if-match': '"1"' }, ...(body !== undefined && { body }) });
      if (status < 300) done.add(at);
    }
  }
  expect(seen.size).toBeGreaterThan(30);
  // Not only refusals: most operations were carried out.
  expect(done.size).toBeGreaterThan(ROUTES.length * 0.7);
  for (const [operation, partitions] of seen) {
    const isOwn = (part: string): boolean => part === TENANT || (operation === 'POST /admin/tenants' && NEW_TENANT.test(part));
    for (const pk of partitions) expect([operation, pk, pk.split('#').some(isOwn) || WITHOUT_TENANT.test(pk)]).toEqual([operation, pk, true]);
  }
  figure('H3', `${ROUTES.length} admin operations (${done.size} carried out): every partition is the tenant's or of the closed list`);
});

test('guarantee H3: the same for everything the data plane does for a request', async () => {
  seen.clear();
  const upstream = await scriptedUpstream();
  const gateway = await testGateway({ store: spied });
  at = 'set up';
  await gateway.addModel({ id: 'm', baseUrl: upstream.baseUrl, price: { input: 1, output: 2 } });
  await gateway.route({ patterns: [{ id: 'p', priority: 1, glob: 'any', target: 'model:m' }] });
  const { key } = await gateway.addKey({ rpm: 100, tpm: 1_000_000, maxParallel: 5, dailyUsd: 1, monthlyUsd: 5 });
  at = 'data plane';
  for (const stream of [true, false]) for (const model of ['m', 'any', 'missing']) {
    await call(gateway.origin, '/v1/chat/completions', { key, body: chat(model, { stream }), headers: { 'x-session-id': 's' } });
    await call(gateway.origin, '/v1/messages', { key, body: messages(model, { stream }) });
  }
  for (const path of ['/v1/models', '/v1/models/m']) await call(gateway.origin, path, { key });
  await call(gateway.origin, '/v1/route', { key, body: chat('m') });
  await call(gateway.origin, '/v1/messages/count_tokens', { key, body: messages('m') });
  await gateway.edition.ports.breakers.settled();
  await gateway.close();
  await upstream.close();
  const partitions = [...(seen.get('data plane') ?? [])];
  expect(partitions.length).toBeGreaterThan(3);
  expect(partitions.filter((pk) => !pk.split('#').includes(TENANT) && !pk.startsWith('K#'))).toEqual([]);
  figure('H3', `the data plane: ${partitions.length} partitions, all the tenant's but the key's own id`);
});

test('guarantee H3: what was refused is written under the tenant of the key that the request named, or under the prefix of unknown callers', async () => {
  at = 'refusals';
  const refusals = openRefusalCounter({ store: spied(temp.store), clock: { now: () => NOW, elapsed: () => NOW }, random: () => 0, timer: false });
  const refused = { requestId: ulid(NOW), atMs: NOW, code: 'invalid_api_key', status: 401, route: '/v1/messages', dialect: 'anthropic-messages' };
  refusals.note(refused);
  refusals.note({ ...refused, tenantId: TENANT, keyId: 'AAAAAAAAAAAA' });
  refusals.note({ ...refused, tenantId: 'a#b', keyId: 'BBBBBBBBBBBB' });
  await refusals.flush();
  expect([...seen.get(at) ?? []].toSorted()).toEqual(['RF#a%23b#2026-11', `RF#${TENANT}#2026-11`, 'RX#2026-11']);
});

test('guarantee H3: another tenant\'s people see nothing of what was refused to callers that nobody knows', async () => {
  const of = async (operatorTenantId: string): Promise<[number, number]> => {
    const [usage, refusals] = await Promise.all([ask(temp.store, '/admin/usage', { ports: { operatorTenantId } }), ask(temp.store, '/admin/refusals', { ports: { operatorTenantId } })]);
    return [(usage.json['refusals'] as { count: number }).count, (refusals.json['items'] as unknown[]).length];
  };
  expect([await of(TENANT), await of('another')]).toEqual([[2, 2], [1, 1]]);
});

test('guarantee H3: the port has no way to ask for more than one partition', () => {
  expect(Object.keys(temp.store).toSorted()).toEqual(['close', 'get', 'query', 'sweepExpired', 'write']);
});
