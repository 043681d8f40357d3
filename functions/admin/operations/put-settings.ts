import { getTenant, putTenantOps, type TenantRecord } from '../../adapters/store/tenants.ts';
import { settings, settingsAnswer } from '../../contract/admin/settings.ts';
import { change } from '../change.ts';
import { AdminError } from '../errors.ts';
import { operation } from '../operation.ts';
import { isTimezone } from '../query.ts';
import { settingsOf } from '../settings.ts';

export const putSettings = operation({
  summary: 'Replaces the tenant\'s settings. An If-Match that is no longer current answers 412 with both versions.', body: settings, answer: settingsAnswer, ifMatch: 'required',
}, async (call) => {
  const { caller, ports, body, ifMatch } = call;
  if (!isTimezone(body.timezone)) throw new AdminError('invalid_request', 'This is not the name of a time zone.', { field: '/timezone' });
  const tenant = await getTenant(ports.store, caller.tenantId);
  if (tenant === undefined) throw new AdminError('not_found', 'There is no such tenant, or you do not belong to it.');
  if (ifMatch !== undefined && ifMatch !== tenant.version) throw stale(tenant, body);
  const saved: TenantRecord = { ...tenant, ...body, version: tenant.version + 1 };
  const committed = await change(call, {
    action: 'settings.updated', target: { type: 'settings', id: caller.tenantId, name: tenant.name }, before: settingsOf(tenant), after: settingsOf(saved),
  }, putTenantOps(saved, tenant.version));
  if (!committed.ok) throw stale(await getTenant(ports.store, caller.tenantId), body);
  return { body: { ...settingsOf(saved), version: saved.version }, etag: saved.version };
});

function stale(tenant: TenantRecord | undefined, yours: object): AdminError {
  return new AdminError('version_conflict', 'Somebody has changed the settings since you read them.', { details: { current: { ...settingsOf(tenant), version: tenant?.version ?? 0 }, yours } });
}
