import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { formatKey, parseKey } from '../../functions/core/keys/virtual-key.ts';
import { localKeys } from '../../functions/adapters/vault/local-key.ts';
import { ROLES, type AdminPorts, type Role } from '../../functions/admin/ports.ts';
import { ROUTES, type Route } from '../../functions/admin/routes.ts';
import { applyConfig } from '../../infra/local/apply-config.ts';
import { ask, entryAt, type AdminAsk, NOW, putEntries, TOKEN } from '../admin/support.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { figure } from '../support/figure.ts';

const KEY = formatKey({ env: 'test', keyId: 'AAAAAAAAAAAA', secretBytes: new Uint8Array(32).fill(1) });
const CREDENTIAL = 'CANARY-credential-of-the-provider';
const ENTRY = entryAt(NOW - 1000);
const urlOf = (path: string): string => path.replace('{id}', ENTRY.requestId);

let temp: TempStore;
let stored = '';
beforeAll(async () => {
  temp = await tempStore();
  const keys = localKeys(new Uint8Array(32).fill(3));
  const recording = { ...temp.store, write: (ops: Parameters<typeof temp.store.write>[0]) => { stored += JSON.stringify(ops); return temp.store.write(ops); } };
  await applyConfig({
    store: recording, sealing: keys, pepper: await keys.pepper(), env: { UP: CREDENTIAL, KEY }, allowHosts: [], now: () => NOW,
    text: JSON.stringify({ version: 1, models: [{ id: 'cheap', provider: 'openai', upstreamModel: 'm', apiKeyEnv: 'UP' }], keys: [{ name: 'ci', keyEnv: 'KEY' }] }),
  });
  await putEntries(temp.store, [ENTRY]);
});
afterAll(() => temp.cleanup());

/** The admin routes that exist so far. A route that is missing here fails the test, and so does one too many. */
const LEAST: Readonly<Record<string, Route['role']>> = {
  'GET /admin/me': 'person', 'GET /admin/config': 'admin', 'PUT /admin/config': 'admin', 'GET /admin/requests': 'viewer', 'GET /admin/requests/{id}': 'viewer', 'GET /admin/usage': 'viewer', 'GET /admin/refusals': 'viewer', 'GET /metrics': 'viewer',
  'GET /admin/catalogue': 'member', 'GET /admin/settings': 'admin', 'PUT /admin/settings': 'admin', 'GET /admin/changes': 'admin', 'GET /admin/openapi.json': 'public',
  'GET /admin/routing': 'member', 'PUT /admin/routing': 'admin', 'GET /admin/routing/versions': 'member', 'GET /admin/routing/versions/{n}': 'member', 'POST /admin/routing/rollback': 'admin',
  'POST /admin/route/explain': 'member', 'POST /admin/routing/what-if': 'member', 'POST /admin/routing/check': 'member', 'POST /admin/replay': 'member', 'GET /admin/evidence': 'member',
  'GET /admin/members': 'admin', 'POST /admin/members': 'admin', 'PATCH /admin/members/{id}': 'owner', 'DELETE /admin/members/{id}': 'admin',
  'POST /admin/invitations/accept': 'person', 'POST /admin/tenants': 'owner',
  'GET /admin/tokens': 'owner', 'POST /admin/tokens': 'owner', 'DELETE /admin/tokens/{id}': 'owner',
  'GET /admin/models': 'member', 'POST /admin/models': 'admin', 'POST /admin/models/test': 'admin', 'GET /admin/models/{id}': 'member', 'PATCH /admin/models/{id}': 'admin', 'DELETE /admin/models/{id}': 'admin',
  'GET /admin/keys': 'member', 'POST /admin/keys': 'admin', 'GET /admin/keys/{id}': 'member', 'PATCH /admin/keys/{id}': 'admin', 'POST /admin/keys/{id}/rotate': 'admin', 'POST /admin/keys/{id}/revoke': 'admin',
  'POST /admin/erase': 'owner', 'GET /admin/setup': 'viewer',
  'GET /admin/export/requests.csv': 'viewer', 'GET /admin/export/requests.ndjson': 'viewer', 'GET /admin/export/usage.csv': 'viewer', 'GET /admin/export/usage.ndjson': 'viewer',
  'GET /admin/export/changes.csv': 'admin', 'GET /admin/export/changes.ndjson': 'admin',
};

/** Someone with a role in a tenant, as the verified token of a person would say. */
const person = (role: Role | undefined, tenantId = 'default'): Partial<AdminPorts> => ({
  identify: async () => ({ userId: 'p', name: 'P', via: 'person', memberships: role === undefined ? [] : [{ tenantId, role }] }),
});

test('guarantee A8: every admin route × {anonymous, wrong token, virtual key, each role, a stranger, another tenant\'s owner} is as the role table says', async () => {
  expect(Object.fromEntries(ROUTES.map(({ method, path, role }) => [`${method} ${path}`, role]))).toEqual(LEAST);
  for (const { method, path, role } of ROUTES) {
    const status = async (asked: AdminAsk): Promise<number> => (await ask(temp.store, urlOf(path), { method, ...asked })).status;
    for (const token of [null, 'x', KEY, `${TOKEN}x`]) if (role !== 'public') expect([path, token, await status({ token })]).toEqual([path, token, 401]);
    for (const [rank, candidate] of ROLES.entries()) {
      const allowed = role === 'public' || role === 'person' || rank >= ROLES.indexOf(role);
      const got = await status({ ports: person(candidate) });
      // What is allowed may still lack its body or its id: that is another answer than these two.
      expect([method, path, candidate, got === 401 || got === 403]).toEqual([method, path, candidate, !allowed]);
    }
    if (role === 'public') continue;
    expect([method, path, 'stranger', await status({ ports: person(undefined) })]).toEqual([method, path, 'stranger', role === 'person' ? expect.any(Number) : 403]);
    expect([method, path, 'other owner', await status({ ports: person('owner', 'other'), headers: { 'x-bsg-tenant': 'default' } })]).toEqual([method, path, 'other owner', 404]);
  }
  figure('A8', `${ROUTES.length} routes x 10 kinds of caller as in the role table`);
});

test('guarantee B7: a stored credential is in no stored row and in no answer of the admin API, error or not', async () => {
  expect(stored).toContain('"cred_');
  let text = stored;
  for (const { method, path } of ROUTES) {
    for (const query of ['', '?limit=0', '?unknown=1']) text += (await ask(temp.store, `${urlOf(path)}${query}`, { method })).text;
  }
  for (const secret of ['CANARY', KEY, parseKey(KEY)?.secret ?? 'no secret']) expect(text).not.toContain(secret);
  for (const { method, path } of ROUTES) {
    const { text: answer } = await ask(temp.store, urlOf(path), { method });
    // The document describes shapes, and events carry hashes of their own.
    if (path === '/admin/openapi.json' || path.includes('changes')) continue;
    for (const part of ['ciphertext', 'encryptedKey', 'fingerprint', '"hash"']) expect(answer).not.toContain(part);
  }
  figure('B7', `${ROUTES.length} routes: the credential is in no answer and no stored row`);
});
