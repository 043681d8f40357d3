import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { listChanges } from '../../functions/adapters/store/changes.ts';
import { getTenant, putTenant } from '../../functions/adapters/store/tenants.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { ask } from './support.ts';

let temp: TempStore;
beforeEach(async () => {
  temp = await tempStore();
  await putTenant(temp.store, { tenantId: 'default', name: 'Default', timezone: 'UTC', unknownNames: 'reject', paused: false, alwaysStrongest: false, corsOrigins: [], createdAt: '2026-01-01T00:00:00.000Z', version: 1 }, undefined);
});
afterEach(() => temp.cleanup());
const SETTINGS = {
  timezone: 'Asia/Seoul', unknownNames: 'auto', corsOrigins: ['https://app.example.com'], dailyUsd: null, monthlyUsd: 50, budgetAction: 'warn', maxParallel: 10,
  retentionDays: { ledger: 90, rollups: 400, audit: null }, paused: false, alwaysStrongest: true,
};
const put = (body: unknown, version: string | undefined, ports = {}) => ask(temp.store, '/admin/settings', { method: 'PUT', body, headers: version === undefined ? {} : { 'if-match': version }, ports });

test('settings older than a field show its default, and are replaced whole under the version that was read', async () => {
  const read = await ask(temp.store, '/admin/settings');
  expect(read.json).toMatchObject({ timezone: 'UTC', monthlyUsd: null, budgetAction: 'block', maxParallel: null, retentionDays: { ledger: null }, version: 1 });
  expect(read.headers['etag']).toBe('"1"');
  let told = '';
  const saved = await put(SETTINGS, '"1"', { changed: (tenantId: string) => { told = tenantId; } });
  expect([saved.status, saved.json, saved.headers['etag'], told]).toEqual([200, { ...SETTINGS, version: 2 }, '"2"', 'default']);
  expect((await ask(temp.store, '/admin/settings')).json).toEqual({ ...SETTINGS, version: 2 });
  const { items } = await listChanges(temp.store, 'default', { limit: 10 });
  expect(items).toMatchObject([{ seq: 1, action: 'settings.updated', actor: { userId: 'op', via: 'token' }, before: { timezone: 'UTC' }, after: { timezone: 'Asia/Seoul' } }]);
});

test('a stale version answers 412 with both, none answers 428, and neither changes anything', async () => {
  await put(SETTINGS, '"1"');
  const stale = await put({ ...SETTINGS, timezone: 'Europe/Berlin' }, '"1"');
  expect([stale.status, stale.json]).toMatchObject([412, { error: { code: 'version_conflict' }, current: { timezone: 'Asia/Seoul', version: 2 }, yours: { timezone: 'Europe/Berlin' } }]);
  expect((await put(SETTINGS, undefined)).json).toMatchObject({ error: { code: 'version_required', field: 'if-match' } });
  expect((await getTenant(temp.store, 'default'))?.version).toBe(2);
});

test('of twenty editors at once one wins and nineteen are told', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => put({ ...SETTINGS, maxParallel: n + 1 }, '"1"')));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array.from({ length: 19 }, () => 412)]);
  expect((await listChanges(temp.store, 'default', { limit: 50 })).items).toHaveLength(1);
});

test.each([
  [{ timezone: 'Mars/Olympus' }, '/timezone'], [{ corsOrigins: ['https://a.example/path'] }, '/corsOrigins/0'], [{ corsOrigins: ['*'] }, '/corsOrigins/0'], [{ monthlyUsd: -1 }, '/monthlyUsd'],
  [{ retentionDays: { ledger: 0, rollups: null, audit: null } }, '/retentionDays/ledger'], [{ brand_new: 1 }, '/brand_new'], [{ paused: 'yes' }, '/paused'],
])('a mistake is refused with its field: %j', async (change, field) => {
  expect((await put({ ...SETTINGS, ...change }, '"1"')).json).toMatchObject({ error: { code: 'invalid_request', field } });
});
