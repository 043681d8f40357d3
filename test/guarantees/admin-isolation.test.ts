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
import { figure } from '../support/figure.ts';

let temp: TempStore;
const AT = '2026-01-01T00:00:00.000Z';
const ENTRY = entryAt(NOW - 60_000, { requestedModel: 'canary-requested' });
let keyId = '';
let tokenId = '';
beforeAll(async () => {
  temp = await tempStore();
  await makeWorld(temp);
});
afterAll(() => temp.cleanup());

/** A tenant with one of everything, and another one with nothing. */
async function makeWorld(temp: TempStore): Promise<void> {
  for (const tenantId of ['default', 'other']) await putTenant(temp.store, { tenantId, name: tenantId, timezone: 'UTC', unknownNames: 'reject', paused: false, alwaysStrongest: false, corsOrigins: [], createdAt: AT, version: 1 }, undefined);
  await putModel(temp.store, { tenantId: 'default', id: 'canary-model', provider: 'openai', upstreamModel: 'm', enabled: true, credentials: [], createdAt: AT, updatedAt: AT, version: 1 }, undefined);
  await saveRouting(temp.store, 'default', routing.parse({ aliases: [{ name: 'canary-alias', target: 'auto' }] }), 0, { at: AT, author: 'canary-author' });
  await putEntries(temp.store, [ENTRY]);
  await temp.store.write(addMemberOps({ tenantId: 'default', userId: 'canary-member', name: 'canary-name', email: null, role: 'member', addedAt: AT, version: 1 }));
  tokenId = String((await ask(temp.store, '/admin/tokens', { method: 'POST', body: { name: 'canary-token' } })).json['id']);
  keyId = String((await ask(temp.store, '/admin/keys', { method: 'POST', body: { name: 'canary-key' } })).json['id']);
}

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
  figure('H1', `administration: ${withIds.length} operations with an id byte-equal, ${ROUTES.length} show nothing`);
});

const DOCUMENT = (model: string): object => ({ aliases: [{ name: 'mine', target: model }], patterns: [], auto: { strategy: 'static', tiers: { simple: [model], moderate: [], complex: [] } } });
const PERIOD = { from: '2026-11-20T00:00:00Z', to: '2026-11-21T00:00:00Z' };
/** Bodies that name a record, as functions of its id; what this tenant has, and what nobody has. */
const NAMING: Readonly<Record<string, () => readonly [body: (id: string) => object, theirs: string, missing: string]>> = {
  'PUT /admin/config': () => [(id) => ({ version: 1, routing: DOCUMENT(id), keys: [{ name: 'mine', allowedModels: [id] }] }), 'canary-model', 'missing-modl'],
  'PUT /admin/routing': () => [DOCUMENT, 'canary-model', 'missing-modl'],
  'POST /admin/routing/rollback': () => [(id) => ({ version: Number(id) }), '1', '9'],
  'POST /admin/routing/check': () => [(id) => DOCUMENT(id), 'canary-model', 'missing-modl'],
  'POST /admin/routing/what-if': () => [(id) => ({ draft: DOCUMENT(id), ...PERIOD }), 'canary-model', 'missing-modl'],
  'POST /admin/replay': () => [(id) => ({ draft: DOCUMENT(id), ...PERIOD }), 'canary-model', 'missing-modl'],
  'POST /admin/route/explain': () => [(id) => ({ request: { model: 'auto', messages: [{ role: 'user', content: 'hi' }] }, keyId: id }), keyId, 'BBBBBBBBBBBB'],
  'POST /admin/models': () => [(id) => ({ id, provider: 'openai', upstreamModel: 'x', apiKey: 'sk-0123456789abcdef' }), 'canary-model', 'missing-modl'],
  'POST /admin/models/test': () => [(id) => ({ id }), 'canary-model', 'missing-modl'],
  'POST /admin/keys': () => [(id) => ({ name: 'mine', allowedModels: [id] }), 'canary-model', 'missing-modl'],
  'POST /admin/erase': () => [(id) => ({ keyId: id }), keyId, 'BBBBBBBBBBBB'],
};
/** Of these the ones that refuse a name that nobody has. */
const REFUSED: readonly string[] = Object.keys(NAMING).filter((route) => !['POST /admin/models', 'POST /admin/erase'].includes(route));
/** Their bodies name nothing that a tenant has (an invitation's token is for whoever holds it). */
const NAMELESS = ['PUT /admin/settings', 'POST /admin/keys/{id}/rotate', 'PATCH /admin/keys/{id}', 'PATCH /admin/models/{id}', 'PATCH /admin/members/{id}',
  'POST /admin/members', 'POST /admin/invitations/accept', 'POST /admin/tenants', 'POST /admin/tokens'];

test('guarantee H1: a body that names what another tenant has is answered as one that names what nobody has', async () => {
  const withBody = ROUTES.filter(({ run }) => run.body !== undefined).map(({ method, path }) => `${method} ${path}`);
  expect(withBody.toSorted()).toEqual([...Object.keys(NAMING), ...NAMELESS].toSorted());
  const refused: string[] = [];
  for (const [route, of] of Object.entries(NAMING)) {
    const [method = '', path = ''] = route.split(' ');
    const [body, theirs, missing] = of();
    // Each in a store's state of its own: what the one created must not change the answer to the other.
    const reply = async (id: string): Promise<readonly unknown[]> => {
      const fresh = await tempStore();
      try {
        const ids = [keyId, tokenId];
        await makeWorld(fresh);
        const named = id === ids[0] ? keyId : id;
        [keyId = '', tokenId = ''] = ids;
        const answer = await ask(fresh.store, path, { method, body: body(named), ports: stranger, headers: { 'if-match': '"0"' } });
        // What is new in an answer by chance: the request's id, and of a created key its own.
        const text = answer.text.replaceAll(/[0-9A-HJKMNP-TV-Z]{26}|bsg_test_\w+|bsg_live_\w+|"(?:id|display)":"[^"]*"/g, '#').replaceAll(named, '#');
        if (answer.status >= 400) refused.push(route);
        return [answer.status, text, Object.keys(answer.headers).toSorted()];
      } finally {
        await fresh.cleanup();
      }
    };
    expect([route, await reply(theirs)]).toEqual([route, await reply(missing)]);
  }
  // Names that must exist are refused, so the comparison above is no comparison of two successes only.
  expect(new Set(refused)).toEqual(new Set(REFUSED));
});

test('guarantee H1: nothing of a tenant shows in any answer to the owner of another', async () => {
  for (const { method, path, role } of ROUTES) {
    if (role === 'public') continue;
    const { text } = await ask(temp.store, path.replace(/\{\w+\}/, 'canary'), { method, ports: stranger, ...(method !== 'GET' && method !== 'DELETE' && { body: {} }) });
    expect([method, path, /canary-/.test(text), text.includes(ENTRY.requestId)]).toEqual([method, path, false, false]);
  }
  expect((await ask(temp.store, '/admin/models/canary-model')).status).toBe(200);
});
