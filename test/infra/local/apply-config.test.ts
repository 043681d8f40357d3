import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { newKey } from '../../../functions/core/keys/virtual-key.ts';
import { listChanges } from '../../../functions/adapters/store/changes.ts';
import { verifyAudit } from '../../../functions/admin/verify-audit.ts';
import { getKey, listKeys, putKey } from '../../../functions/adapters/store/keys.ts';
import { getModel, listModels } from '../../../functions/adapters/store/models.ts';
import type { Item, Store } from '../../../functions/adapters/store/port.ts';
import { getRouting } from '../../../functions/adapters/store/routing.ts';
import { getTenant } from '../../../functions/adapters/store/tenants.ts';
import { credentialContext } from '../../../functions/adapters/vault/context.ts';
import { localKeys } from '../../../functions/adapters/vault/local-key.ts';
import { openCredential } from '../../../functions/adapters/vault/open.ts';
import { applyConfig, type Applied } from '../../../infra/local/apply-config.ts';
import { StartError } from '../../../infra/local/command-line.ts';
import { countingStore } from '../../support/accounts.ts';
import { tempStore, type TempStore } from '../../support/store.ts';

const keys = localKeys(new Uint8Array(32).fill(7));
const pepper = await keys.pepper();
const SECRET = 'sk-canary-provider-credential-0123456789';
const FIRST_KEY = newKey('test', randomBytes);
const SECOND_KEY = newKey('live', randomBytes);
const NOW = Date.UTC(2026, 10, 20, 12);
const ENV = { UP_KEY: SECRET, OTHER: 'sk-canary-another-credential', BSG_KEY: FIRST_KEY.key, NEW_KEY: SECOND_KEY.key, BLANK: 'a b', EMPTY: '' };

let temp: TempStore;
let store: ReturnType<typeof countingStore>;
beforeEach(async () => {
  temp = await tempStore();
  store = countingStore(temp.store);
});
afterEach(() => temp.cleanup());

const apply = (document: unknown, options: { env?: Record<string, string>; allowHosts?: string[]; at?: number } = {}): Promise<Applied> => applyConfig({
  text: typeof document === 'string' ? document : JSON.stringify(document), store, sealing: keys, pepper, env: options.env ?? ENV, allowHosts: options.allowHosts ?? [], now: () => options.at ?? NOW,
});

const MODEL = { id: 'cheap', provider: 'openai', upstreamModel: 'gpt-5-mini', baseUrl: 'http://127.0.0.1:9100/v1', apiKeyEnv: 'UP_KEY', price: { input: 0.25, output: 2 }, facts: { contextWindow: 128_000 } };
const STRONG = { id: 'strong', provider: 'anthropic', upstreamModel: 'claude', apiKeyEnv: 'OTHER' };
const KEY = { name: 'ci', keyEnv: 'BSG_KEY', monthlyUsd: 5 };
const ROUTING = {
  aliases: [{ name: 'fast', target: 'model:cheap' }],
  patterns: [{ id: 'code', priority: 100, glob: 'code/*', conditions: [{ field: 'input_tokens', op: 'gt', value: 2000 }], target: 'tier:complex', fallbacks: ['cheap'] }],
  auto: { tiers: { simple: ['cheap'], complex: ['strong'] }, boundaries: null, dial: 50 },
};
const DOCUMENT = { version: 1, tenant: { timezone: 'Europe/Berlin' }, models: [MODEL, STRONG], routing: ROUTING, keys: [KEY] };
const withModel = (change: object): object => ({ version: 1, models: [{ ...MODEL, ...change }] });
const withKey = (change: object): object => ({ version: 1, keys: [{ ...KEY, ...change }] });

describe('a config file', () => {
  test('becomes tenant settings, sealed models, routing and keys', async () => {
    await apply(DOCUMENT);
    expect(await getTenant(store, 'default')).toMatchObject({ timezone: 'Europe/Berlin', unknownNames: 'reject', paused: false });
    const model = await getModel(store, 'default', 'cheap');
    expect(model).toMatchObject({ provider: 'openai', upstreamModel: 'gpt-5-mini', enabled: true, price: { input: 0.25, output: 2 }, version: 1, credentials: [{ name: 'default', version: 1, last4: '6789' }] });
    const credential = model?.credentials[0];
    if (credential === undefined) throw new Error('no credential');
    expect((await openCredential(keys, credentialContext('default', credential.credentialId), credential.sealed)).reveal()).toBe(SECRET);
    expect(await getRouting(store, 'default')).toMatchObject({ version: 1, document: { aliases: [{ name: 'fast', enabled: true }], auto: { strategy: 'ml', tiers: { simple: ['cheap'], moderate: [], complex: ['strong'] } } } });
    expect(await getKey(store, FIRST_KEY.keyId)).toMatchObject({ name: 'ci', env: 'test', rpm: 60, tpm: 100_000, monthlyUsd: 5, revokedAt: null, last4: FIRST_KEY.last4 });
  });

  test('applied again writes nothing, at a later time too', async () => {
    const first = await apply(DOCUMENT);
    expect(first.writes).toBe(5);
    expect(store.writes.length).toBe(5);
    const again = await apply(DOCUMENT, { at: NOW + 86_400_000 });
    expect(again).toEqual({ writes: 0, warnings: [] });
    expect(store.writes.length).toBe(5);
  });

  test('leaves no secret in any stored row', async () => {
    await apply(DOCUMENT);
    const dump = JSON.stringify(store.writes);
    for (const secret of [SECRET, ENV.OTHER, FIRST_KEY.key, FIRST_KEY.secret, Buffer.from(pepper).toString('base64')]) expect(dump).not.toContain(secret);
    expect(dump).not.toContain('canary');
    const prints = (await listModels(store, 'default')).map(({ credentials }) => credentials[0]?.fingerprint);
    expect(new Set(prints).size).toBe(2);
  });

  test('writes only what changed, and seals again only a credential that changed', async () => {
    await apply(DOCUMENT);
    const before = await getModel(store, 'default', 'cheap');
    expect((await apply({ ...DOCUMENT, models: [{ ...MODEL, enabled: false }, STRONG] })).writes).toBe(1);
    const disabled = await getModel(store, 'default', 'cheap');
    expect(disabled).toMatchObject({ enabled: false, version: 2, createdAt: before?.createdAt });
    expect(disabled?.credentials).toEqual(before?.credentials);
    expect((await apply({ ...DOCUMENT, models: [{ ...MODEL, enabled: false }, STRONG] }, { env: { ...ENV, UP_KEY: 'sk-replaced-credential' } })).writes).toBe(1);
    const replaced = await getModel(store, 'default', 'cheap');
    expect(replaced?.credentials[0]).toMatchObject({ credentialId: before?.credentials[0]?.credentialId, version: 2, last4: 'tial' });
  });

  test('deletes nothing that it does not name', async () => {
    await apply(DOCUMENT);
    expect((await apply({ version: 1, models: [], keys: [] })).writes).toBe(0);
    expect((await listModels(store, 'default')).map(({ id }) => id)).toEqual(['cheap', 'strong']);
    expect((await getRouting(store, 'default')).version).toBe(1);
  });

  test('replaces a routing document whole', async () => {
    await apply(DOCUMENT);
    await apply({ version: 1, routing: { aliases: [{ name: 'slow', target: 'model:strong' }] } });
    expect((await getRouting(store, 'default'))).toMatchObject({ version: 2, document: { aliases: [{ name: 'slow' }], patterns: [], auto: { tiers: { simple: [] } } } });
  });

  test('keeps a credential that it does not name, unless the model moves to another address', async () => {
    await apply(DOCUMENT);
    const { apiKeyEnv: _env, ...bare } = MODEL;
    await apply({ version: 1, models: [{ ...bare, enabled: false }] });
    expect((await getModel(store, 'default', 'cheap'))?.credentials).toHaveLength(1);
    await apply({ version: 1, models: [{ ...bare, baseUrl: 'http://127.0.0.1:9200/v1' }] });
    expect((await getModel(store, 'default', 'cheap'))?.credentials).toEqual([]);
  });

  test('takes several credentials of one model in their order', async () => {
    const { apiKeyEnv: _env, ...bare } = MODEL;
    await apply({ version: 1, models: [{ ...bare, credentials: [{ name: 'b', apiKeyEnv: 'OTHER' }, { name: 'a', apiKeyEnv: 'UP_KEY' }] }] });
    expect((await getModel(store, 'default', 'cheap'))?.credentials.map(({ name, last4 }) => [name, last4])).toEqual([['b', 'tial'], ['a', '6789']]);
  });

  test('with a byte order mark is read', async () => {
    expect((await apply(`\uFEFF${JSON.stringify({ version: 1 })}`)).writes).toBe(1);
  });
});

describe('keys of a config file', () => {
  const stored = async (id: string) => getKey(store, id);

  test('a new key under the same name revokes the old one', async () => {
    await apply(withKey({}));
    expect((await apply(withKey({ keyEnv: 'NEW_KEY' }))).writes).toBe(2);
    expect(await stored(SECOND_KEY.keyId)).toMatchObject({ name: 'ci', env: 'live', revokedAt: null, limitId: FIRST_KEY.keyId });
    expect(await stored(FIRST_KEY.keyId)).toMatchObject({ name: 'ci', revokedAt: new Date(NOW).toISOString() });
    expect((await apply(withKey({ keyEnv: 'NEW_KEY' }))).writes).toBe(0);
  });

  test('a revoked key stays revoked: a warning when nothing replaces it, a refusal when it would replace another', async () => {
    await apply(withKey({}));
    await apply(withKey({ keyEnv: 'NEW_KEY' }));
    await expect(apply(withKey({}))).rejects.toThrow(/\/keys\/0\/keyEnv: The key was revoked on 2026-11-20/);
    const current = await stored(SECOND_KEY.keyId);
    if (current === undefined) throw new Error('no key');
    await putKey(store, { ...current, revokedAt: '2026-11-21T00:00:00.000Z' }, current.version);
    const applied = await apply(withKey({ keyEnv: 'NEW_KEY', rpm: 5 }));
    expect(applied).toMatchObject({ writes: 0, warnings: [expect.stringContaining('/keys/0/keyEnv')] });
  });

  test('may swap their names and be renamed', async () => {
    const two = (a: string, b: string) => ({ version: 1, keys: [{ name: a, keyEnv: 'BSG_KEY' }, { name: b, keyEnv: 'NEW_KEY' }] });
    await apply(two('a', 'b'));
    await apply(two('b', 'a'));
    expect((await listKeys(store, 'default')).map(({ name, keyId, revokedAt }) => [name, keyId, revokedAt]).toSorted()).toEqual([['a', SECOND_KEY.keyId, null], ['b', FIRST_KEY.keyId, null]]);
    await apply({ version: 1, keys: [{ name: 'c', keyEnv: 'BSG_KEY' }] });
    expect(await stored(FIRST_KEY.keyId)).toMatchObject({ name: 'c', revokedAt: null });
  });

  test('expire at the same instant however the time was written', async () => {
    await apply(withKey({ expiresAt: '2027-01-01T01:00:00+01:00' }));
    expect((await stored(FIRST_KEY.keyId))?.expiresAt).toBe('2027-01-01T00:00:00.000Z');
  });
});

describe('a mistake in the config file stops the start with its pointer, and nothing is written', () => {
  const azure = { provider: 'azure', baseUrl: 'https://res.openai.azure.com/openai' };
  test.each<[string, unknown, string, string]>([
    ['no JSON', '{\n  "version": 1,\n}', 'not JSON: line 3, column 1', ''],
    ['no object', '[]', 'its top level', 'an object'],
    ['version missing', {}, '/version', 'required'],
    ['version unknown', { version: 2 }, '/version', '1'],
    ['unknown field at the top', { version: 1, model: [] }, '/model', 'no such field'],
    ['unknown field inside', withModel({ facts: { contextWindows: 1 } }), '/models/0/facts/contextWindows', 'no such field'],
    ['field missing', { version: 1, models: [{ id: 'a', provider: 'openai' }] }, '/models/0/upstreamModel', 'required'],
    ['wrong type', withModel({ enabled: 'yes' }), '/models/0/enabled', 'true or false'],
    ['unknown provider', withModel({ provider: 'openia' }), '/models/0/provider', 'one of "openai"'],
    ['price too fine', withModel({ price: { input: 0.12345678, output: 1 } }), '/models/0/price/input', 'At most 6 decimals'],
    ['price negative', withModel({ price: { input: -1, output: 1 } }), '/models/0/price/input', 'at least 0'],
    ['reserved id', withModel({ id: 'auto' }), '/models/0/id', 'choose another id'],
    ['id twice', { version: 1, models: [MODEL, MODEL] }, '/models/1/id', 'same id'],
    ['wildcard without a slash', withModel({ id: 'open*' }), '/models/0/id', 'after a slash'],
    ['wildcard target without a wildcard', withModel({ upstreamModel: '*' }), '/models/0/upstreamModel', 'wildcard'],
    ['variable not set', withModel({ apiKeyEnv: 'NOT_SET' }), '/models/0/apiKeyEnv', 'NOT_SET is not set'],
    ['variable empty', withModel({ apiKeyEnv: 'EMPTY' }), '/models/0/apiKeyEnv', 'EMPTY is not set'],
    ['variable unfit for a header', withModel({ apiKeyEnv: 'BLANK' }), '/models/0/apiKeyEnv', 'HTTP header'],
    ['two ways to name a credential', withModel({ credentials: [{ name: 'a', apiKeyEnv: 'UP_KEY' }] }), '/models/0/credentials', 'either'],
    ['no URL', withModel({ baseUrl: 'api.example.com' }), '/models/0/baseUrl', 'https://'],
    ['private address', withModel({ provider: 'openai-compatible', baseUrl: 'https://10.0.0.7/v1' }), '/models/0/baseUrl', 'not a public address'],
    ['plain http', withModel({ provider: 'openai-compatible', baseUrl: 'http://api.example.com/v1' }), '/models/0/baseUrl', 'https://'],
    ['query in the URL', withModel({ baseUrl: 'http://127.0.0.1/v1?x=1' }), '/models/0/baseUrl', 'query'],
    ['other host for a fixed provider', withModel({ baseUrl: 'https://proxy.example.com/v1' }), '/models/0/baseUrl', '--allow-upstream'],
    ['base URL missing', withModel({ provider: 'openai-compatible', baseUrl: undefined }), '/models/0/baseUrl', 'needs a base URL'],
    ['azure without a version', withModel(azure), '/models/0/apiVersion', 'Azure'],
    ['time zone', { version: 1, tenant: { timezone: 'Mars/Olympus' } }, '/tenant/timezone', 'time zone'],
    ['key not set', withKey({ keyEnv: 'NOT_SET' }), '/keys/0/keyEnv', 'not set'],
    ['bad key', withKey({ keyEnv: 'UP_KEY' }), '/keys/0/keyEnv', 'does not hold a valid key'],
    ['key name twice', { version: 1, keys: [KEY, { ...KEY, keyEnv: 'NEW_KEY' }] }, '/keys/1/name', 'same name'],
    ['key twice', { version: 1, keys: [KEY, { ...KEY, name: 'x' }] }, '/keys/1/keyEnv', 'same key'],
    ['key limit', withKey({ rpm: 0 }), '/keys/0/rpm', 'more than 0'],
    ['expiry', withKey({ expiresAt: 'tomorrow' }), '/keys/0/expiresAt', 'a time such as'],
    ['allow-list', withKey({ allowedModels: ['nothing'] }), '/keys/0/allowedModels/0', 'no model'],
    ['alias to nowhere', { ...DOCUMENT, routing: { aliases: [{ name: 'x', target: 'model:nothing' }] } }, '/routing/aliases/0', ''],
    ['boundaries and dial', { ...DOCUMENT, routing: { auto: { boundaries: [30, 65], dial: 50 } } }, '/routing/auto', ''],
    ['tier with an unknown model', { ...DOCUMENT, routing: { auto: { tiers: { simple: ['nothing'] } } } }, '/routing/auto/tiers/simple/0', ''],
    ['pattern operator', { ...DOCUMENT, routing: { patterns: [{ id: 'p', priority: 1, target: 'auto', conditions: [{ field: 'text', op: 'matches', value: 'x' }] }] } }, '/routing/patterns/0/conditions/0/op', 'one of'],
  ])('%s', async (_name, document, pointer, words) => {
    let message = '';
    try {
      await apply(document);
    } catch (error) {
      expect(error).toBeInstanceOf(StartError);
      message = (error as Error).message;
    }
    expect(message).toContain(pointer);
    expect(message).toContain(words);
    expect(message).not.toContain('canary');
    expect(message).not.toContain('\n');
    expect(store.writes).toEqual([]);
  });

  test('a secret in the place of a variable\'s name is not shown', async () => {
    await expect(apply(withModel({ apiKeyEnv: 'sk-pasted-secret' }))).rejects.toThrow(/\/models\/0\/apiKeyEnv: This must be the name of an environment variable\./);
    await expect(apply(withKey({ keyEnv: SECOND_KEY.key }))).rejects.toThrow(/The environment variable named here is not set/);
    await expect(apply(`{"version":1,"models":[{"apiKeyEnv":"sk-pasted-secret",}]}`)).rejects.not.toThrow(/pasted/);
  });

  test('a host named with --allow-upstream is allowed, fixed provider or not', async () => {
    for (const [provider, baseUrl] of [['openai', 'https://proxy.example.com/v1'], ['openai-compatible', 'http://10.0.0.7:8080/v1']] as const) {
      expect((await apply(withModel({ provider, baseUrl }), { allowHosts: ['proxy.example.com', '10.0.0.7:8080'] })).writes).toBeGreaterThan(0);
    }
  });

  test('a name that is model and alias is warned of, whichever of the two came first', async () => {
    expect((await apply({ ...DOCUMENT, routing: { aliases: [{ name: 'cheap', target: 'model:strong' }] } })).warnings).toContainEqual(expect.stringContaining('/routing/aliases/0/name'));
    await apply(DOCUMENT);
    expect((await apply({ version: 1, models: [{ ...MODEL, id: 'fast' }] })).warnings).toContainEqual(expect.stringContaining('/models: There is a model "fast"'));
  });

  test('a key of another tenant cannot be taken over', async () => {
    await apply(withKey({}));
    const other: Store = { ...store, async get(key): Promise<Item | undefined> { const item = await store.get(key); return item && (key.table === 'keys' ? { ...item, tenantId: 'other' } : item); } };
    await expect(applyConfig({ text: JSON.stringify(withKey({ rpm: 1 })), store: other, sealing: keys, pepper, env: ENV, allowHosts: [], now: () => NOW })).rejects.toThrow(/cannot be used here/);
  });
});

test('a store that somebody else changes meanwhile is an error, never a silent loss', async () => {
  await apply(DOCUMENT);
  const racing: Store = { ...store, write: async () => ({ ok: false, index: 0, current: undefined }) };
  await expect(applyConfig({ text: JSON.stringify(withModel({ enabled: false })), store: racing, sealing: keys, pepper, env: ENV, allowHosts: [], now: () => NOW })).rejects.toThrow(/start again/);
});

test('every change of the file is in the audit log, without a secret; applied again there is none', async () => {
  await apply(DOCUMENT);
  const first = await listChanges(store, 'default', { limit: 100, reverse: false });
  expect(first.items.map(({ action, actor }) => [action, actor.via])).toEqual(first.items.map(({ action }) => [action, 'config']));
  expect(first.items.map(({ action }) => action)).toEqual(expect.arrayContaining(['tenant.created', 'model.created', 'routing.updated', 'key.created']));
  expect(JSON.stringify(first.items)).not.toMatch(/ciphertext|fingerprint|"hash":"[A-Za-z0-9+/]+=/);
  await apply(DOCUMENT);
  expect((await listChanges(store, 'default', { limit: 100 })).items).toHaveLength(first.items.length);
  expect((await verifyAudit(store, 'default', NOW)).broken).toBeUndefined();
});
