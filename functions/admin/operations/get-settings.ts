import { getTenant } from '../../adapters/store/tenants.ts';
import { settingsAnswer } from '../../contract/admin/settings.ts';
import { operation } from '../operation.ts';
import { settingsOf } from '../settings.ts';

export const getSettings = operation({ summary: 'The tenant\'s settings.', answer: settingsAnswer }, async ({ caller, ports }) => {
  const tenant = await getTenant(ports.store, caller.tenantId);
  return { body: { ...settingsOf(tenant), version: tenant?.version ?? 0 }, etag: tenant?.version ?? 0 };
});
