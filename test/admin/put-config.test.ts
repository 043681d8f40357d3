import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { listChanges } from '../../functions/adapters/store/changes.ts';
import { getModel } from '../../functions/adapters/store/models.ts';
import { ensureDefaultTenant } from '../../infra/local/default-tenant.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { ask, NOW, type AdminAnswer, type AdminAsk } from './support.ts';

let temp: TempStore;
beforeEach(async () => {
  temp = await tempStore();
  await ensureDefaultTenant(temp.store, NOW);
  await ask(temp.store, '/admin/models', { method: 'POST', body: { id: 'cheap', provider: 'openai', upstreamModel: 'gpt-5-mini', apiKey: 'sk-0123456789abcdef', tier: 'simple' } });
  await ask(temp.store, '/admin/keys', { method: 'POST', body: { name: 'ci', rpm: 5 } });
});
afterEach(() => temp.cleanup());

type Json = Record<string, unknown>;
const put = (body: unknown, path = '/admin/config', asked: AdminAsk = {}): Promise<AdminAnswer> => ask(temp.store, path, { method: 'PUT', body, ...asked });
const read = async (): Promise<Json> => (await ask(temp.store, '/admin/config')).json;
const events = async (): Promise<readonly unknown[]> => (await listChanges(temp.store, 'default', { limit: 100 })).items;

describe('PUT /admin/config', () => {
  test('what was read and is sent back changes nothing and leaves no event', async () => {
    const before = (await events()).length;
    expect((await put(await read())).json).toMatchObject({ dryRun: false, changed: [] });
    expect((await events()).length).toBe(before);
  });

  test('all of it or nothing, as one event that names only what differs; a second time 0 events', async () => {
    const document = await read();
    const desired = {
      ...document, tenant: { timezone: 'Asia/Seoul', unknownNames: 'auto' },
      models: [{ ...(document['models'] as Json[])[0], maxOutputTokens: 4096 }, { id: 'strong', provider: 'anthropic', upstreamModel: 'claude-sonnet-4-5' }],
      routing: { ...(document['routing'] as Json), aliases: [{ name: 'fast', target: 'model:cheap' }] },
      keys: [{ ...(document['keys'] as Json[])[0], rpm: 9, allowedModels: ['strong'] }],
    };
    const before = (await events()).length;
    const { status, json } = await put(desired);
    expect([status, json['changed']]).toEqual([200, [
      { type: 'settings', id: 'default', action: 'updated' }, { type: 'model', id: 'cheap', action: 'updated' }, { type: 'model', id: 'strong', action: 'created' },
      { type: 'routing', id: expect.any(String), action: 'updated' }, { type: 'key', id: expect.any(String), action: 'updated' },
    ]]);
    const after = await events();
    expect([after.length - before, after[0]]).toMatchObject([1, { action: 'config.imported', before: { 'model cheap': {} }, after: { 'model cheap': { maxOutputTokens: 4096 }, 'model strong': { id: 'strong' }, 'settings default': { timezone: 'Asia/Seoul', unknownNames: 'auto' } } }]);
    expect(JSON.stringify(after[0])).not.toContain('gpt-5-mini');
    expect((await put(desired)).json['changed']).toEqual([]);
    expect((await events()).length).toBe(after.length);
    expect(await read()).toMatchObject({ tenant: { timezone: 'Asia/Seoul' }, keys: [{ name: 'ci', rpm: 9 }] });
  });

  test('stored credentials stay, a new model has none, and one that moves loses its own', async () => {
    const document = await read();
    const [cheap] = document['models'] as Json[];
    await put({ ...document, models: [{ ...cheap, maxOutputTokens: 1 }, { id: 'new', provider: 'openai', upstreamModel: 'x' }] });
    expect((await getModel(temp.store, 'default', 'cheap'))?.credentials.length).toBe(1);
    expect((await ask(temp.store, '/admin/models/new')).json['credential']).toBeNull();
    const { json } = await put({ version: 1, models: [{ ...cheap, provider: 'openai-compatible', baseUrl: 'https://elsewhere.example/v1' }] });
    expect(json['warnings']).toMatchObject([{ pointer: '/models/0', message: expect.stringContaining('entered again') }]);
    expect((await getModel(temp.store, 'default', 'cheap'))?.credentials).toEqual([]);
  });

  test('what the document does not name stays as it is', async () => {
    const before = await read();
    expect((await put({ version: 1 })).json['changed']).toEqual([]);
    expect(await read()).toEqual(before);
  });

  test('a dry run tells the same and writes nothing', async () => {
    const document = { version: 1, models: [{ id: 'strong', provider: 'openai', upstreamModel: 'x' }] };
    const before = await read();
    expect((await put(document, '/admin/config?dryRun=true')).json).toEqual({ dryRun: true, changed: [{ type: 'model', id: 'strong', action: 'created' }], warnings: [] });
    expect(await read()).toEqual(before);
  });

  test.each([
    [{ models: [{ id: 'a', provider: 'openai', upstreamModel: 'x', apiKeyEnv: 'HOME' }] }, '/models/0/apiKeyEnv'], [{ models: [{ id: 'a', provider: 'openai', upstreamModel: 'x', credentials: [{ name: 'n', apiKeyEnv: 'HOME' }] }] }, '/models/0/credentials'],
    [{ keys: [{ name: 'ci', keyEnv: 'HOME' }] }, '/keys/0/keyEnv'], [{ keys: [{ name: 'nobody' }] }, '/keys/0/name'], [{ keys: [{ name: 'ci', allowedModels: ['none'] }] }, '/keys/0/allowedModels/0'],
    [{ models: [{ id: 'a', provider: 'openai', upstreamModel: 'x' }, { id: 'a', provider: 'openai', upstreamModel: 'y' }] }, '/models/1/id'], [{ keys: [{ name: 'ci' }, { name: 'ci' }] }, '/keys/1/name'],
    [{ tenant: { timezone: 'Mars/Base' } }, '/tenant/timezone'], [{ models: [{ id: 'a', provider: 'openai', upstreamModel: 'x', baseUrl: 'http://10.0.0.1/v1' }] }, '/models/0/baseUrl'],
    [{ routing: { aliases: [{ name: 'x', target: 'model:none' }] } }, '/routing/aliases/0/target'], [{ models: [{ id: 'cheap', provider: 'openai', upstreamModel: 'x', surprise: 1 }] }, '/models/0/surprise'], [{ version: 2 }, '/version'],
  ])('%# a mistake is a 400 with its pointer, and nothing is half-applied', async (part, field) => {
    const before = [await read(), (await events()).length];
    const { status, json } = await put({ version: 1, ...part, ...(!('models' in part) && { models: [{ id: 'good', provider: 'openai', upstreamModel: 'x' }] }) });
    expect([status, json['error']]).toMatchObject([400, { code: 'invalid_request', field, requestId: expect.any(String) }]);
    expect([await read(), (await events()).length]).toEqual(before);
  });

  test('more than can be written at once is a 413, and nothing is written', async () => {
    const before = await read();
    const models = Array.from({ length: 120 }, (_unused, at) => ({ id: `m${at}`, provider: 'openai', upstreamModel: 'x' }));
    expect((await put({ version: 1, models })).status).toBe(413);
    expect(await read()).toEqual(before);
    expect((await put({ version: 1, models: models.slice(0, 90) })).status).toBe(200);
  });

  test('of two documents at once both are whole: one wins, the other is told', async () => {
    const documents = [1, 2, 3, 4].map((n) => ({ version: 1, models: ['a', 'b', 'cheap'].map((id) => ({ id, provider: 'openai', upstreamModel: `up-${n}` })) }));
    const statuses = (await Promise.all(documents.map((document) => put(document)))).map(({ status }) => status);
    expect(statuses.every((status) => status === 200 || status === 412)).toBe(true);
    const named = new Set(((await read())['models'] as Json[]).map(({ upstreamModel }) => upstreamModel));
    expect(named.size).toBe(1);
  });
});
