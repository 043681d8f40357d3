import * as z from 'zod/mini';
import { usageAnswer } from '../../contract/admin/usage.ts';
import { getTenant } from '../../adapters/store/tenants.ts';
import { operation } from '../operation.ts';
import { analyticsOf } from '../usage/analytics.ts';
import { scopeOf } from '../usage/scope.ts';
import { usageParameters, usageRequest } from '../usage/parameters.ts';

export const getUsage = operation({
  summary: 'Totals, series and breakdown of a range, and apart from them what was refused before it was admitted. Filters take several values, separated by commas.', query: z.strictObject(usageParameters), answer: usageAnswer,
}, async ({ ports, caller, query, nowMs }) => {
  const { tenantId } = caller;
  const tenantZone = (await getTenant(ports.store, tenantId))?.timezone ?? 'UTC';
  return { body: await (ports.analytics ?? analyticsOf(ports.store)).usage(tenantId, usageRequest(query, { nowMs, tenantZone, withUnknown: scopeOf(caller, ports).withUnknown })) };
});
