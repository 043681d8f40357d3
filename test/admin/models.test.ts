import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { listChanges } from '../../functions/adapters/store/changes.ts';
import { getModel } from '../../functions/adapters/store/models.ts';
import { getRouting, saveRouting } from '../../functions/adapters/store/routing.ts';
import { credentialContext } from '../../functions/adapters/vault/context.ts';
import { localKeys } from '../../functions/adapters/vault/local-key.ts';
import { openCredential } from '../../functions/adapters/vault/open.ts';
import { openProviders } from '../../functions/adapters/providers/registry.ts';
import { PROVIDERS } from '../../functions/contract/vocabulary.ts';
import { routing } from '../../functions/contract/routing.ts';
import { KNOWN_BASE_URLS } from '../../functions/core/models/check-model.ts';
import type { ModelTest } from '../../functions/admin/ports.ts';
import { HOSTILE_URLS } from '../support/hostile-urls.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { ask, NOW, type AdminAnswer } from './support.ts';
import { figure } from '../support/figure.ts';

let temp: TempStore;
beforeEach(async () => { temp = await tempStore(); });
afterEach(() => temp.cleanup());
const MODEL = { id: 'cheap', provider: 'openai', upstreamModel: 'gpt-5-mini', apiKey: 'sk-canary-0123456789abcd' };
const post = (body: unknown, ports = {}): Promise<AdminAnswer> => ask(temp.store, '/admin/models', { method: 'POST', body, ports });
const patch = (id: string, body: unknown, headers = {}): Promise<AdminAnswer> => ask(temp.store, `/admin/models/${id}`, { method: 'PATCH', body, headers });
const remove = (id: string): Promise<AdminAnswer> => ask(temp.store, `/admin/models/${id}`, { method: 'DELETE' });
const opened = async (id: string): Promise<string | undefined> => {
  const [credential] = (await getModel(temp.store, 'default', id))?.credentials ?? [];
  return credential && (await openCredential(localKeys(new Uint8Array(32).fill(7)), credentialContext('default', credential.credentialId), credential.sealed)).reveal();
};

test('a credential goes in, is sealed, and no answer, list or event ever shows it', async () => {
  const made = await post({ ...MODEL, tier: 'simple' });
  expect([made.status, made.json]).toMatchObject([201, { id: 'cheap', credential: { name: 'default', last4: 'abcd' }, effective: { priced: true }, version: 1 }]);
  expect(await opened('cheap')).toBe(MODEL.apiKey);
  expect((await getRouting(temp.store, 'default')).document.auto.tiers.simple).toEqual(['cheap']);
  for (const path of ['/admin/models', '/admin/models/cheap', '/admin/changes', '/admin/config']) {
    const { text } = await ask(temp.store, path);
    for (const secret of ['canary', 'ciphertext', 'encryptedKey', 'cred_']) expect([path, text.includes(secret)]).toEqual([path, false]);
  }
  expect((await listChanges(temp.store, 'default', { limit: 9 })).items).toMatchObject([{ action: 'model.created', before: null, after: { id: 'cheap', tier: 'simple' } }]);
});

test('an edit without a key keeps it; a new key takes its place one version on; null takes away', async () => {
  await post({ ...MODEL, maxOutputTokens: 100 });
  expect((await patch('cheap', { enabled: false, maxOutputTokens: null })).json).toMatchObject({ enabled: false, maxOutputTokens: null, credential: { last4: 'abcd' }, version: 2 });
  expect(await opened('cheap')).toBe(MODEL.apiKey);
  await patch('cheap', { apiKey: 'sk-another-0123456789wxyz' });
  expect(await opened('cheap')).toBe('sk-another-0123456789wxyz');
  expect((await getModel(temp.store, 'default', 'cheap'))?.credentials[0]?.version).toBe(2);
  expect(await patch('cheap', { enabled: true }, { 'if-match': '"1"' })).toMatchObject({ status: 412, json: { current: { version: 3 } } });
});

test('a stored credential never follows its model to another address', async () => {
  await post(MODEL);
  for (const change of [{ baseUrl: 'http://127.0.0.1:9/v1' }, { provider: 'anthropic' }, { region: 'eu-central-1' }]) {
    expect([change, (await patch('cheap', change)).json]).toMatchObject([change, { error: { code: 'invalid_request', field: '/apiKey' } }]);
  }
  expect((await patch('cheap', { baseUrl: 'http://127.0.0.1:9/v1', apiKey: 'sk-for-that-address-1' })).status).toBe(200);
});

test('guarantee F1: hostile addresses are refused when a model is saved, new or changed', async () => {
  await post({ id: 'ok', provider: 'openai-compatible', upstreamModel: 'm', baseUrl: 'https://api.example.com/v1' });
  const urlPolicy = { allowHosts: [], allowLoopback: false };
  for (const baseUrl of HOSTILE_URLS) {
    const created = await post({ id: 'bad', provider: 'openai-compatible', upstreamModel: 'm', baseUrl }, { urlPolicy });
    expect([baseUrl, created.status]).toEqual([baseUrl, 400]);
    const changed = await ask(temp.store, '/admin/models/ok', { method: 'PATCH', body: { baseUrl, apiKey: 'sk-for-that-address-1' }, headers: { 'if-match': '"1"' }, ports: { urlPolicy } });
    expect([baseUrl, changed.status]).toEqual([baseUrl, 400]);
  }
  expect(await getModel(temp.store, 'default', 'bad')).toBeUndefined();
  figure('F1', `and at save, new and changed`);
});

test.each([
  [{ id: 'auto' }, '/id'], [{ id: 'x*' }, '/id'], [{ upstreamModel: '*' }, '/upstreamModel'], [{ provider: 'azure' }, '/apiVersion'], [{ provider: 'bedrock' }, '/region'],
  [{ provider: 'openai-compatible' }, '/baseUrl'], [{ baseUrl: 'https://elsewhere.example.com/v1' }, '/baseUrl'], [{ apiKey: 'with blank' }, '/apiKey'], [{ price: { input: -1, output: 1 } }, '/price/input'], [{ sealed: 1 }, '/sealed'],
])('a mistake is refused with its field: %j', async (change, field) => {
  expect((await post({ ...MODEL, ...change })).json).toMatchObject({ error: { code: 'invalid_request', field } });
});

test('an id that a model or an alias has is taken; of twenty at once one is made', async () => {
  await saveRouting(temp.store, 'default', routing.parse({ aliases: [{ name: 'fast', target: 'auto' }] }), 0, { at: '2026-01-01T00:00:00.000Z', author: 't' });
  expect((await post({ ...MODEL, id: 'fast' })).json).toMatchObject({ error: { code: 'conflict', field: '/id' } });
  const answers = await Promise.all(Array.from({ length: 20 }, () => post(MODEL)));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array.from({ length: 19 }, () => 409)]);
});

test('a model that something names is not deleted, and the answer says by what', async () => {
  await post({ ...MODEL, tier: 'complex' });
  const { version, document } = await getRouting(temp.store, 'default');
  await saveRouting(temp.store, 'default', routing.parse({ ...document, aliases: [{ name: 'fast', target: 'model:cheap' }], patterns: [{ id: 'r', priority: 1, glob: 'x', target: 'auto', fallbacks: ['cheap'] }] }), version, { at: '2026-01-01T00:00:00.000Z', author: 't' });
  await ask(temp.store, '/admin/keys', { method: 'POST', body: { name: 'ci', allowedModels: ['cheap'] } });
  expect(await remove('cheap')).toMatchObject({ status: 409, json: { error: { code: 'in_use' }, usedBy: ['alias fast', 'rule r', 'tier complex', 'key ci'] } });
  await post({ ...MODEL, id: 'free' });
  expect(await remove('free')).toMatchObject({ status: 200, json: { id: 'free', deleted: true } });
  expect((await remove('free')).status).toBe(404);
});

test('a test of a draft or of a stored model hands the data plane a sealed credential, never a plain one', async () => {
  const asked: ModelTest[] = [];
  const ports = { testModel: async (test: ModelTest) => { asked.push(test); return { ok: true, status: 200, latencyMs: 5, message: 'ok', hint: null }; } };
  await post(MODEL);
  for (const body of [{ id: 'cheap' }, { ...MODEL, id: 'draft', baseUrl: 'http://127.0.0.1:9/v1' }]) {
    expect((await ask(temp.store, '/admin/models/test', { method: 'POST', body, ports })).json).toEqual({ ok: true, status: 200, latencyMs: 5, message: 'ok', hint: null });
  }
  expect(asked.map(({ credential }) => typeof credential?.sealed.ciphertext)).toEqual(['string', 'string']);
  expect(JSON.stringify(asked)).not.toContain('canary');
  expect((await ask(temp.store, '/admin/models/test', { method: 'POST', body: { id: 'nope' }, ports })).status).toBe(404);
});

test('the addresses of known providers are those that their adapters use', () => {
  const providers = openProviders({ clock: { now: () => 0, elapsed: () => 0 } });
  for (const kind of PROVIDERS.filter((one) => providers.has(one))) expect([kind, KNOWN_BASE_URLS[kind]]).toEqual([kind, providers.of(kind).defaultBaseUrl]);
});

test('what the gateway knows of providers\' models can be asked for, and a model shows the price that counts', async () => {
  const { items } = (await ask(temp.store, '/admin/catalogue')).json as { items: { provider: string; upstreamModel: string; price: object | null }[] };
  const known = items.find(({ provider, upstreamModel }) => provider === 'openai' && upstreamModel === 'gpt-5-mini');
  expect(known?.price).toMatchObject({ input: expect.any(Number), output: expect.any(Number) });
  expect((await post(MODEL)).json).toMatchObject({ price: null, effective: { priced: true, price: known?.price } });
  expect((await patch('cheap', { price: { input: 1, output: 2 } })).json).toMatchObject({ effective: { price: { input: 1, output: 2 } } });
});

describe('tests of models', () => {
  const draft = (port: number): object => ({ id: 'x', provider: 'openai-compatible', upstreamModel: 'm', baseUrl: `http://127.0.0.1:${port}/v1` });
  let asked = 0;
  beforeEach(() => { asked = 0; });
  const trial = (atMs: number, body: object = draft(1), tenantId = 'default'): Promise<AdminAnswer> => ask(temp.store, '/admin/models/test', {
    method: 'POST', body, ports: {
      now: () => atMs, testModel: async () => { asked += 1; return { ok: true, status: 200, latencyMs: 1, message: 'ok', hint: null }; },
      identify: async () => ({ userId: 'op', name: 'Operator', via: 'token', memberships: [{ tenantId, role: 'admin' }] }),
    },
  });

  test('are at most thirty in any minute, of drafts and of registered models together, and a tenant\'s own', async () => {
    await ask(temp.store, '/admin/models', { method: 'POST', body: { id: 'mine', provider: 'openai', upstreamModel: 'm' } });
    for (let at = 0; at < 30; at += 1) expect((await trial(NOW + at * 1000, at % 2 === 0 ? draft(at + 1) : { id: 'mine' })).status).toBe(200);
    const refused = await trial(NOW + 29_500);
    expect([refused.status, refused.headers['retry-after'], refused.json]).toMatchObject([429, '31', { error: { code: 'rate_limit_exceeded' } }]);
    expect(await trial(NOW + 29_500, { id: 'mine' })).toMatchObject({ status: 429 });
    expect((await trial(NOW + 29_500, draft(1), 'other')).status).toBe(200);
    expect((await trial(NOW + 59_999)).status).toBe(429);
    expect([(await trial(NOW + 60_000)).status, (await trial(NOW + 60_001)).status, (await trial(NOW + 61_000)).status]).toEqual([200, 429, 200]);
    expect(asked).toBe(33);
  });

  test('that come at once are counted one by one, and what is refused for its content is not counted', async () => {
    for (let at = 0; at < 40; at += 1) expect((await trial(NOW, { ...draft(1), baseUrl: 'http://10.0.0.1/v1' })).status).toBe(400);
    const statuses = (await Promise.all(Array.from({ length: 100 }, (_unused, at) => trial(NOW, draft(at + 1))))).map(({ status }) => status);
    expect([statuses.filter((status) => status === 200).length, statuses.filter((status) => status === 429).length, asked]).toEqual([30, 70, 30]);
  });
});
