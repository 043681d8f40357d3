import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openAccounts } from '../../functions/adapters/store/accounts.ts';
import { listChanges } from '../../functions/adapters/store/changes.ts';
import { getKey, listKeys, putKey, type KeyRecord } from '../../functions/adapters/store/keys.ts';
import { firstOp, limiterKey } from '../../functions/adapters/store/limiter.ts';
import { putModel } from '../../functions/adapters/store/models.ts';
import { secretVerifier } from '../../functions/adapters/vault/pepper.ts';
import { localKeys } from '../../functions/adapters/vault/local-key.ts';
import { parseKey } from '../../functions/core/keys/virtual-key.ts';
import { slotOf } from '../../functions/core/limits/sliding-window.ts';
import type { Clock } from '../../functions/core/clock.ts';
import { openCaches } from '../../functions/gateway/caches.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { handClock, testKey, wishOf } from '../support/accounts.ts';
import { ask, entryAt, NOW, putEntries, type AdminAnswer } from './support.ts';
import { figure } from '../support/figure.ts';

let temp: TempStore;
beforeEach(async () => {
  temp = await tempStore();
  const at = '2026-01-01T00:00:00.000Z';
  await putModel(temp.store, { tenantId: 'default', id: 'cheap', provider: 'openai', upstreamModel: 'm', enabled: true, credentials: [], createdAt: at, updatedAt: at, version: 1 }, undefined);
});
afterEach(() => temp.cleanup());
const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<AdminAnswer> => ask(temp.store, path, { method: 'POST', body, headers });
const keyOf = (answer: AdminAnswer): { id: string; key: string } => answer.json as { id: string; key: string };
const verify = secretVerifier(localKeys(new Uint8Array(32).fill(7)));

test('a new key is shown once, works, and only its hash is stored', async () => {
  const made = await post('/admin/keys', { name: 'ci', rpm: 5, allowedModels: ['cheap'], expiresAt: '2027-01-01T00:00:00+09:00' });
  expect([made.status, made.headers['cache-control']]).toEqual([201, 'no-store']);
  const { id, key } = keyOf(made);
  const parsed = parseKey(key);
  expect(parsed?.keyId).toBe(id);
  const record = await getKey(temp.store, id);
  expect(await verify(record, parsed?.secret ?? '')).toBe(true);
  expect(record).toMatchObject({ rpm: 5, tpm: 100_000, allowedModels: ['cheap'], expiresAt: '2026-12-31T15:00:00.000Z' });
  const shown = await ask(temp.store, `/admin/keys/${id}`);
  expect(shown.json).toMatchObject({ id, name: 'ci', display: `bsg_live_${id}…${key.slice(-4)}`, revokedAt: null, version: 1 });
  for (const text of [shown.text, (await ask(temp.store, '/admin/keys')).text, (await ask(temp.store, '/admin/changes')).text]) {
    expect(text).not.toContain(parsed?.secret);
    expect(text).not.toContain(record?.hash);
  }
});

test('the same creation under an idempotency key makes one key, and shows it once', async () => {
  const [first, again] = [await post('/admin/keys', { name: 'ci' }, { 'idempotency-key': 'a' }), await post('/admin/keys', { name: 'ci' }, { 'idempotency-key': 'a' })];
  expect(again.status).toBe(201);
  expect(again.json).toMatchObject({ id: keyOf(first).id, secret_shown: false });
  expect(again.json).not.toHaveProperty('key');
  expect((await ask(temp.store, '/admin/keys')).json['items']).toHaveLength(1);
});

test('limits are changed one by one, under the version that was read if one is sent', async () => {
  const { id } = keyOf(await post('/admin/keys', { name: 'ci' }));
  const patch = (body: unknown, tag?: string) => ask(temp.store, `/admin/keys/${id}`, { method: 'PATCH', body, headers: tag === undefined ? {} : { 'if-match': tag } });
  expect((await patch({ rpm: null, monthlyUsd: 5 })).json).toMatchObject({ rpm: null, tpm: 100_000, monthlyUsd: 5, version: 2 });
  expect(await patch({ rpm: 1 }, '"1"')).toMatchObject({ status: 412, json: { error: { code: 'version_conflict' }, current: { version: 2 } } });
  expect(await patch({ allowedModels: ['nope'] })).toMatchObject({ status: 400, json: { error: { field: '/allowedModels/0' } } });
  expect(await patch({ hash: 'x' })).toMatchObject({ status: 400, json: { error: { field: '/hash' } } });
  const { items } = await listChanges(temp.store, 'default', { limit: 10 });
  expect(items.map(({ action }) => action)).toEqual(['key.updated', 'key.created']);
});

test('a rotated key leaves the old one valid for the overlap and not a moment longer; it cannot be rotated twice', async () => {
  const { id } = keyOf(await post('/admin/keys', { name: 'ci', rpm: 7 }));
  const rotated = await post(`/admin/keys/${id}/rotate`, { overlapSeconds: 3600 });
  expect([rotated.status, rotated.json]).toMatchObject([201, { name: 'ci', rpm: 7, revokedAt: null }]);
  expect(keyOf(rotated).id).not.toBe(id);
  expect((await getKey(temp.store, id))?.revokedAt).toBe(new Date(NOW + 3_600_000).toISOString());
  expect((await post(`/admin/keys/${id}/rotate`, {})).status).toBe(409);
  expect((await post(`/admin/keys/${keyOf(rotated).id}/rotate`, { overlapSeconds: 86_401 })).status).toBe(400);
});

test('revoking is final and may be repeated; a name is free again afterwards', async () => {
  const { id } = keyOf(await post('/admin/keys', { name: 'ci' }));
  expect((await post('/admin/keys', { name: 'ci' })).json).toMatchObject({ error: { code: 'conflict', field: '/name' } });
  const [first, second] = [await post(`/admin/keys/${id}/revoke`, undefined), await post(`/admin/keys/${id}/revoke`, undefined)];
  expect([first.status, first.json]).toMatchObject([200, { revokedAt: new Date(NOW).toISOString(), revocationSeconds: 0, version: 2 }]);
  expect(second.json).toEqual(first.json);
  expect((await ask(temp.store, `/admin/keys/${id}`, { method: 'PATCH', body: { rpm: 1 } })).status).toBe(409);
  expect((await post('/admin/keys', { name: 'ci' })).status).toBe(201);
});

test('unknown, malformed and other tenants\' ids answer alike', async () => {
  const { id } = keyOf(await post('/admin/keys', { name: 'theirs' }));
  const stranger = { ports: { identify: async () => ({ userId: 'p', name: 'P', via: 'person' as const, memberships: [{ tenantId: 'other', role: 'owner' as const }] }) } };
  const bare = (answer: AdminAnswer): string => answer.text.replace(String(answer.headers['x-request-id']), '');
  for (const [method, suffix] of [['GET', ''], ['PATCH', ''], ['POST', '/rotate'], ['POST', '/revoke']] as const) {
    const body = method === 'GET' ? undefined : {};
    const [theirs, missing] = [await ask(temp.store, `/admin/keys/${id}${suffix}`, { method, body, ...stranger }), await ask(temp.store, `/admin/keys/BBBBBBBBBBBB${suffix}`, { method, body, ...stranger })];
    expect([method, suffix, theirs.status, bare(theirs)]).toEqual([method, suffix, 404, bare(missing)]);
  }
});

describe('guarantee A5', () => {
  test('guarantee A5: a key that is revoked while it is used is refused at once here, and within 60 s by a process that was not told', async () => {
    let nowMs = NOW;
    const clock: Clock = { now: () => nowMs, elapsed: () => nowMs };
    const [told, untold] = [openCaches(temp.store, clock), openCaches(temp.store, clock)];
    const { id } = keyOf(await post('/admin/keys', { name: 'ci' }));
    const serves = async (caches: typeof told): Promise<boolean> => (await caches.keys.byId(id))?.revokedAt === null;
    let lastSuccessMs = -Infinity;
    for (let request = 0; request < 2_000; request += 1) {
      if (request === 500) {
        await ask(temp.store, `/admin/keys/${id}/revoke`, { method: 'POST', ports: { now: () => nowMs, changed: () => told.invalidate() } });
        lastSuccessMs = nowMs;
      }
      const [here, there] = [await serves(told), await serves(untold)];
      expect([request, here]).toEqual([request, request < 500]);
      if (request < 500) expect(there).toBe(true);
      else if (there) lastSuccessMs = nowMs;
      nowMs += 97;
    }
    expect(lastSuccessMs - (NOW + 500 * 97)).toBeLessThanOrEqual(60_000);
    expect(await serves(untold)).toBe(false);
    figure('A5', `revoked during 2,000 requests: 0 served afterwards here, the last one elsewhere after ${((lastSuccessMs - (NOW + 500 * 97)) / 1000).toFixed(1)} s`);
  });
});

test('a key says when it was last used, as its limiter knows it', async () => {
  const { id } = keyOf(await post('/admin/keys', { name: 'ci' }));
  expect((await ask(temp.store, `/admin/keys/${id}`)).json).toMatchObject({ lastUsedAt: null });
  const op = firstOp(limiterKey('default', id), { slot: slotOf(NOW), calendar: { day: '2026-11-20', month: '2026-11' } } as never, { demand: { tokens: 1, micros: 0 } as never, limits: { rpm: 5, tpm: null } as never }).op;
  await temp.store.write([op]);
  expect((await ask(temp.store, `/admin/keys/${id}`)).json).toMatchObject({ lastUsedAt: new Date(NOW).toISOString() });
  expect((await ask(temp.store, '/admin/keys')).json['items']).toMatchObject([{ id, lastUsedAt: new Date(NOW).toISOString() }]);
});

describe('a name is one live key\'s', () => {
  const live = async (): Promise<string[]> => (await listKeys(temp.store, 'default')).filter(({ revokedAt }) => revokedAt === null).map(({ name }) => name).toSorted();
  const make = (name: string): Promise<AdminAnswer> => post('/admin/keys', { name });
  const rename = (id: string, name: string): Promise<AdminAnswer> => ask(temp.store, `/admin/keys/${id}`, { method: 'PATCH', body: { name } });

  test('of ten that are made at once under one name one is, and the others are told', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => make('same')));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array.from({ length: 9 }, () => 409)]);
    for (const { json } of answers.filter(({ status }) => status === 409)) expect(json).toMatchObject({ error: { code: 'conflict', field: '/name' } });
    expect(await live()).toEqual(['same']);
  });

  test('nor do two renamings, or a renaming and a creation, end in one name', async () => {
    const [a, b] = [keyOf(await make('a')), keyOf(await make('b'))];
    const statuses = (await Promise.all([rename(a.id, 'c'), rename(b.id, 'c'), make('c')])).map(({ status }) => status);
    expect(statuses.filter((status) => status < 300)).toHaveLength(1);
    expect((await live()).filter((name) => name === 'c')).toHaveLength(1);
  });

  test('a name that was given up by renaming, rotating or revoking is free, and no other', async () => {
    const { id } = keyOf(await make('a'));
    expect((await rename(id, 'b')).status).toBe(200);
    const other = keyOf(await make('a'));
    expect((await rename(id, 'a')).status).toBe(409);
    const rotated = keyOf(await post(`/admin/keys/${id}/rotate`, { overlapSeconds: 3600 }));
    expect((await make('b')).status).toBe(409);
    await post(`/admin/keys/${id}/revoke`, undefined);
    expect((await make('b')).status).toBe(409);
    await post(`/admin/keys/${rotated.id}/revoke`, undefined);
    expect((await make('b')).status).toBe(201);
    await post(`/admin/keys/${other.id}/revoke`, undefined);
    expect((await make('a')).status).toBe(201);
    expect(await live()).toEqual(['a', 'b']);
  });

  test('keys of earlier versions keep their names, also where two have the same one', async () => {
    const old = (keyId: string, name: string) => putKey(temp.store, testKey({ keyId, name }), undefined);
    await old('AAAAAAAAAAAA', 'old');
    await old('BBBBBBBBBBBB', 'twice');
    await old('CCCCCCCCCCCC', 'twice');
    expect((await make('old')).status).toBe(409);
    expect((await ask(temp.store, '/admin/keys/BBBBBBBBBBBB', { method: 'PATCH', body: { rpm: 3 } })).status).toBe(200);
    expect([(await post('/admin/keys/BBBBBBBBBBBB/rotate', {})).status, (await post('/admin/keys/CCCCCCCCCCCC/rotate', {})).status]).toEqual([201, 201]);
    expect(await live()).toEqual(['old', 'twice', 'twice']);
    await post('/admin/keys/AAAAAAAAAAAA/revoke', undefined);
    expect((await make('old')).status).toBe(201);
  });
});

test('the two keys of a rotation are last used each at its own time, open requests included', async () => {
  const { id } = keyOf(await post('/admin/keys', { name: 'ci' }));
  const { id: next } = keyOf(await post(`/admin/keys/${id}/rotate`, { overlapSeconds: 86_400 }));
  const [old, fresh] = await Promise.all([getKey(temp.store, id), getKey(temp.store, next)]) as [KeyRecord, KeyRecord];
  const shown = async (): Promise<unknown> => ((await ask(temp.store, '/admin/keys')).json['items'] as { id: string; lastUsedAt: string | null }[]).map((key) => [key.id, key.lastUsedAt]).toSorted();
  const both = (oldMs: number | null, freshMs: number | null): unknown => [[id, oldMs], [next, freshMs]].map(([key, ms]) => [key, ms === null ? null : new Date(Number(ms)).toISOString()]).toSorted();
  const clock = handClock(NOW + 60_000);
  const accounts = openAccounts({ store: temp.store, clock, owner: 'boot', random: Math.random });
  await accounts.reserve(wishOf(fresh, { nowMs: clock.ms }));
  expect(await shown()).toEqual(both(null, NOW + 60_000));
  await putEntries(temp.store, [entryAt(NOW + 20_000, { keyId: id }), entryAt(NOW + 10_000, { keyId: id })]);
  expect(await shown()).toEqual(both(NOW + 20_000, NOW + 60_000));
  clock.ms += 5_000;
  await accounts.reserve(wishOf(old, { nowMs: clock.ms }));
  expect(await shown()).toEqual(both(NOW + 65_000, NOW + 60_000));
  expect((await ask(temp.store, `/admin/keys/${id}`)).json).toMatchObject({ lastUsedAt: new Date(NOW + 65_000).toISOString() });
});
