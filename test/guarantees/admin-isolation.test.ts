import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { putModel } from '../../functions/adapters/store/models.ts';
import { addMemberOps } from '../../functions/adapters/store/people.ts';
import { saveRouting } from '../../functions/adapters/store/routing.ts';
import { putTenant } from '../../functions/adapters/store/tenants.ts';
import type { AdminPorts } from '../../functions/admin/ports.ts';
import { ROUTES } from '../../functions/admin/routes.ts';
import { routing } from '../../functions/contract/routing.ts';
import { ask, entryAt, NOW, putEntries, type AdminAnswer } from '../admin/support.ts';
import { tempStore, type TempStore } from '../support/store.ts';

let temp: TempStore;
const AT = '2026-01-01T00:00:00.000Z';
const ENTRY = entryAt(NOW - 60_000, { requestedModel: 'canary-requested' });
let keyId = '';
let tokenId = '';
beforeAll(async () => {
  temp = await tempStore();
  for (const tenantId of ['default', 'other']) await putTenant(temp.store, { tenantId, name: tenantId, timezone: 'UTC', unknownNames: 'reject', paused: false, alwaysStrongest: false, corsOrigins: [], createdAt: AT, version: 1 }, undefined);
  await putModel(temp.store, { tenantId: 'default', id: 'canary-model', provider: 'openai', upstreamModel: 'm', enabled: true, credentials: [], createdAt: AT, updatedAt: AT, version: 1 }, undefined);
  await saveRouting(temp.store, 'default', routing.parse({ aliases: [{ name: 'canary-alias', target: 'auto' }] }), 0, { at: AT, author: 'canary-author' });
  await putEntries(temp.store, [ENTRY]);
  await temp.store.write(addMemberOps({ tenantId: 'default', userId: 'canary-member', name: 'canary-name', email: null, role: 'member', addedAt: AT, version: 1 }));
  tokenId = String((await ask(temp.store, '/admin/tokens', { method: 'POST', body: { name: 'canary-token' } })).json['id']);
  keyId = String((await ask(temp.store, '/admin/keys', { method: 'POST', body: { name: 'canary-key' } })).json['id']);
});
afterAll(() => temp.cleanup());

const stranger: Partial<AdminPorts> = { identify: async () => ({ userId: 'p', name: 'P', via: 'person', memberships: [{ tenantId: 'other', role: 'owner' }] }) };
/** What this tenant has under each pattern, and an id of the same form that nobody has. */
const IDS: Readonly<Record<string, () => readonly [theirs: string, missing: string]>> = {
  '/admin/requests/{id}': () => [ENTRY.requestId, `${ENTRY.requestId.slice(0, -4)}ZZZZ`],
  '/admin/models/{id}': () => ['canary-model', 'missing-model'],
  '/admin/keys/{id}': () => [keyId, 'BBBBBBBBBBBB'],
  '/admin/keys/{id}/rotate': () => [keyId, 'BBBBBBBBBBBB'],
  '/admin/keys/{id}/revoke': () => [keyId, 'BBBBBBBBBBBB'],
  '/admin/routing/versions/{n}': () => ['1', '2'],
  '/admin/members/{id}': () => ['canary-member', 'missing-member'],
  '/admin/tokens/{id}': () => [tokenId, 'mt_000000000000000000'],
};

/** Bodies of operations that refuse an empty one. */
const BODIES: Readonly<Record<string, object>> = { '/admin/members/{id}': { role: 'viewer' } };

test('guarantee H1: what another tenant has answers, on every route with an id, byte for byte as what nobody has', async () => {
  const withIds = ROUTES.filter(({ path }) => path.includes('{'));
  expect(new Set(withIds.map(({ path }) => path))).toEqual(new Set(Object.keys(IDS)));
  for (const { method, path } of withIds) {
    const [theirs, missing] = IDS[path]?.() ?? ['', ''];
    const reply = async (id: string): Promise<AdminAnswer> => ask(temp.store, path.replace(/\{\w+\}/, id), { method, ports: stranger, ...(method !== 'GET' && method !== 'DELETE' && { body: BODIES[path] ?? {} }) });
    const [own, none] = [await reply(theirs), await reply(missing)];
    const bare = (answer: AdminAnswer): unknown => [answer.status, answer.text.replaceAll(String(answer.headers['x-request-id']), ''), Object.keys(answer.headers).toSorted()];
    expect([method, path, own.status]).toEqual([method, path, 404]);
    expect([method, path, bare(own)]).toEqual([method, path, bare(none)]);
  }
});

test('guarantee H1: nothing of a tenant shows in any answer to the owner of another', async () => {
  for (const { method, path, role } of ROUTES) {
    if (role === 'public') continue;
    const { text } = await ask(temp.store, path.replace(/\{\w+\}/, 'canary'), { method, ports: stranger, ...(method !== 'GET' && method !== 'DELETE' && { body: {} }) });
    expect([method, path, /canary-/.test(text), text.includes(ENTRY.requestId)]).toEqual([method, path, false, false]);
  }
  expect((await ask(temp.store, '/admin/models/canary-model')).status).toBe(200);
});
