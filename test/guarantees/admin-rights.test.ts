import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addMemberOps, listInvitations, listMembers } from '../../functions/adapters/store/people.ts';
import { listMachineTokens } from '../../functions/adapters/store/machine-tokens.ts';
import { listKeys } from '../../functions/adapters/store/keys.ts';
import { may, ROLES, type AdminPorts, type Role } from '../../functions/admin/ports.ts';
import { ask } from '../admin/support.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { figure } from '../support/figure.ts';

let temp: TempStore;
beforeAll(async () => {
  temp = await tempStore();
  for (const role of ROLES) for (const at of [1, 2]) await temp.store.write(addMemberOps({ tenantId: 'default', userId: `${role}-${at}`, name: role, email: null, role, addedAt: '2026-01-01T00:00:00.000Z', version: 1 }));
});
afterAll(() => temp.cleanup());

const as = (role: Role, isMachine: boolean): Partial<AdminPorts> => ({
  identify: async () => ({ userId: `${role}-1`, name: role, via: isMachine ? 'token' : 'person', ...(isMachine && { isMachine: true as const }), memberships: [{ tenantId: 'default', role }] }),
});
const stored = async (): Promise<string> => JSON.stringify([
  await listMembers(temp.store, 'default'), await listInvitations(temp.store, 'default'), await listMachineTokens(temp.store, 'default'), await listKeys(temp.store, 'default'),
]);

interface Attempt { readonly method: string; readonly path: string; readonly body?: object; readonly allowed: (role: Role) => boolean }

/** Every way of giving or taking a right, with who may at most do it. Only those above the issuer's rights are tried. */
function attempts(): Attempt[] {
  const every: Attempt[] = [];
  for (const wanted of ROLES) {
    for (const extra of [{}, { name: 'x' }, { email: 'x@example.com' }, { name: 'x', email: 'x@example.com' }]) {
      every.push({ method: 'POST', path: '/admin/members', body: { role: wanted, ...extra }, allowed: (role) => may(role, 'admin') && may(role, wanted) });
    }
    for (const target of ROLES) every.push({ method: 'PATCH', path: `/admin/members/${target}-2`, body: { role: wanted }, allowed: (role) => role === 'owner' });
    for (const at of [1, 2, 3]) every.push({ method: 'POST', path: '/admin/tokens', body: { name: `t${at}`, role: wanted }, allowed: (role) => role === 'owner' });
    every.push({ method: 'DELETE', path: `/admin/members/${wanted}-2`, allowed: (role) => may(role, 'admin') && may(role, wanted) });
  }
  const limits = [{}, { rpm: 1 }, { tpm: null }, { dailyUsd: 1_000 }, { monthlyUsd: null }, { allowedModels: null }, { logContent: true }, { strict: true }, { expiresAt: null }, { rpm: null, tpm: null, dailyUsd: null }];
  for (const body of limits) for (const [method, path, more] of [['POST', '/admin/keys', { name: 'k' }], ['PATCH', '/admin/keys/AAAAAAAAAAAA', {}]] as const) {
    every.push({ method, path, body: { ...more, ...body }, allowed: (role) => may(role, 'admin') });
  }
  every.push({ method: 'POST', path: '/admin/tenants', body: { name: 'x' }, allowed: (role) => role === 'owner' });
  for (const verb of ['rotate', 'revoke']) every.push({ method: 'POST', path: `/admin/keys/AAAAAAAAAAAA/${verb}`, body: {}, allowed: (role) => may(role, 'admin') });
  for (const [method, path] of [['PUT', '/admin/settings'], ['PUT', '/admin/routing'], ['POST', '/admin/routing/rollback'], ['POST', '/admin/models'], ['PATCH', '/admin/models/m'], ['DELETE', '/admin/models/m'], ['POST', '/admin/models/test']] as const) {
    every.push({ method, path, ...(method !== 'DELETE' && { body: {} }), allowed: (role) => may(role, 'admin') });
  }
  return every;
}

test('guarantee A9: a right above the issuer\'s own is never given or taken: 403, and nothing is stored', async () => {
  const before = await stored();
  let tried = 0;
  for (const role of ROLES) for (const isMachine of [false, true]) for (const tenant of [{}, { 'x-bsg-tenant': 'default' }] as Record<string, string>[]) for (const { method, path, body, allowed } of attempts()) {
    if (allowed(role)) continue;
    tried += 1;
    const { status } = await ask(temp.store, path, { method, headers: { ...tenant, 'if-match': '"1"' }, ports: as(role, isMachine), ...(body && { body }) });
    expect([role, method, path, body, status]).toEqual([role, method, path, body, 403]);
  }
  expect(tried).toBeGreaterThanOrEqual(500);
  expect(await stored()).toBe(before);
  figure('A9', `${tried} attempts above the issuer's rights: ${tried} x 403, nothing stored`);
});
