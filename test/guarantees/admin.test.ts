import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { formatKey, parseKey } from '../../functions/core/keys/virtual-key.ts';
import { localKeys } from '../../functions/adapters/vault/local-key.ts';
import { ROLES } from '../../functions/admin/ports.ts';
import { ROUTES, type Route } from '../../functions/admin/routes.ts';
import { may } from '../../functions/admin/serve-admin.ts';
import { applyConfig } from '../../infra/local/apply-config.ts';
import { ask, entryAt, NOW, putEntries, TOKEN } from '../admin/support.ts';
import { tempStore, type TempStore } from '../support/store.ts';

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
  'GET /admin/me': 'person', 'GET /admin/config': 'admin', 'GET /admin/requests': 'viewer', 'GET /admin/requests/{id}': 'viewer', 'GET /admin/usage': 'viewer', 'GET /metrics': 'viewer',
};

test('guarantee A8: every admin route × {anonymous, wrong token, virtual key, owner, each role} is as the role table says', async () => {
  expect(Object.fromEntries(ROUTES.map(({ method, path, role }) => [`${method} ${path}`, role]))).toEqual(LEAST);
  for (const { method, path, role } of ROUTES) {
    for (const [token, status] of [[null, 401], ['x', 401], [KEY, 401], [`${TOKEN}x`, 401], [TOKEN, 200]] as const) {
      expect([path, token, (await ask(temp.store, urlOf(path), { method, token })).status]).toEqual([path, token, status]);
    }
    if (role === 'person' || role === 'public') continue;
    for (const [rank, candidate] of ROLES.entries()) expect([path, candidate, may(candidate, role)]).toEqual([path, candidate, rank >= ROLES.indexOf(role)]);
  }
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
    for (const part of ['ciphertext', 'encryptedKey', 'fingerprint', '"hash"']) expect(answer).not.toContain(part);
  }
});
