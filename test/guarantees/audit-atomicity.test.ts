import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { addMemberOps } from '../../functions/adapters/store/people.ts';
import { listChanges } from '../../functions/adapters/store/changes.ts';
import { StoreError, type Op, type Store } from '../../functions/adapters/store/port.ts';
import { ROUTES } from '../../functions/admin/routes.ts';
import { ensureDefaultTenant, OPERATOR } from '../../infra/local/default-tenant.ts';
import { personIdentity } from '../../functions/admin/people/identity.ts';
import { dump, GOOD, ROUTING } from '../admin/good-bodies.ts';
import { ask, entryAt, NOW, putEntries } from '../admin/support.ts';
import { figure } from '../support/figure.ts';
import { tempStore, type TempStore } from '../support/store.ts';

let temp: TempStore;
const ids = { key: '', token: '' };
beforeEach(async () => {
  temp = await tempStore();
  await ensureDefaultTenant(temp.store, NOW);
  await temp.store.write(addMemberOps({ tenantId: 'default', userId: 'second', name: 'Second', email: null, role: 'viewer', addedAt: '2026-01-01T00:00:00.000Z', version: 1 }));
  await putEntries(temp.store, Array.from({ length: 200 }, (_unused, at) => entryAt(NOW - 60_000 - at, { user: 'x' })));
  for (const id of ['cheap', 'spare']) await ask(temp.store, '/admin/models', { method: 'POST', body: { id, provider: 'openai', upstreamModel: 'x', apiKey: 'sk-0123456789abcdef' } });
  for (const version of [0, 1]) await ask(temp.store, '/admin/routing', { method: 'PUT', body: { ...ROUTING, aliases: [{ name: `a${version}`, target: 'model:cheap' }] }, headers: { 'if-match': `"${version}"` } });
  ids.key = String((await ask(temp.store, '/admin/keys', { method: 'POST', body: { name: 'ci' } })).json['id']);
  ids.token = String((await ask(temp.store, '/admin/tokens', { method: 'POST', body: { name: 'ci' } })).json['id']);
});
afterEach(() => temp.cleanup());

/** What may be asked without anything being changed. */
const READS = new Set(['POST /admin/route/explain', 'POST /admin/routing/check', 'POST /admin/routing/what-if', 'POST /admin/replay', 'POST /admin/models/test']);
/** Needs an invitation of its own. */
const INVITED = 'POST /admin/invitations/accept';
const CHANGES = ROUTES.map(({ method, path }) => `${method} ${path}`).filter((route) => !route.startsWith('GET ') && !READS.has(route));

async function change(store: Store, route: string, token = ''): Promise<number> {
  const [method = '', path = ''] = route.split(' ');
  const of: Record<string, string> = { keys: ids.key, tokens: ids.token, members: 'second', models: 'spare' };
  const url = path.replace('{id}', of[path.split('/')[2] ?? ''] ?? '');
  const body = route === INVITED ? { token } : route === 'PATCH /admin/members/{id}' ? { role: 'member' } : GOOD[route]?.[1] ?? {};
  const version = route.includes('routing') ? '"2"' : '"1"';
  return (await ask(store, url, { method, headers: { 'if-match': version }, ...(method !== 'DELETE' && { body }) })).status;
}
const invitation = async (): Promise<string> => String((await ask(temp.store, '/admin/members', { method: 'POST', body: { role: 'viewer' }, ports: { identify: () => personIdentity(temp.store, OPERATOR) } })).json['inviteUrl']).split(/[=#/]/).at(-1) ?? '';

const writesEvent = (op: Op): boolean => 'put' in op && op.put.table === 'audit';
/** The engine refuses, or dies in, every batch that would write an event. */
const withoutEvents = (inner: Store): Store => ({
  get: (key) => inner.get(key), query: (query) => inner.query(query), close: () => inner.close(),
  async write(ops) {
    if (ops.some(writesEvent)) throw new StoreError('unavailable', 'the audit table is away');
    return inner.write(ops);
  },
});

test.each(CHANGES)('guarantee H6: %s happens with its event or not at all', async (route) => {
  const token = route === INVITED ? await invitation() : '';
  const before = dump(temp.file);
  expect(await change(withoutEvents(temp.store), route, token)).toBe(503);
  expect(dump(temp.file)).toBe(before);
  const events = async (): Promise<number> => (await listChanges(temp.store, 'default', { limit: 1000, reverse: false })).items.length;
  const eventsBefore = await events();
  const status = await change(temp.store, route, token);
  expect([route, status < 300]).toEqual([route, true]);
  // An event of the tenant, or, where a tenant was made, of the new one.
  if (route === 'POST /admin/tenants') expect(dump(temp.file)).toContain('tenant.created');
  else expect([route, await events() - eventsBefore]).toEqual([route, expect.any(Number)]);
  if (route !== 'POST /admin/tenants') expect(await events()).toBeGreaterThan(eventsBefore);
  figure('H6', `each of ${CHANGES.length} changing operations: without its event 503 and not a byte stored, with it at least one event`);
});
