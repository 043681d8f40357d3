import * as z from 'zod/mini';
import { usageAnswer } from '../../contract/admin/usage.ts';
import { getTenant } from '../../adapters/store/tenants.ts';
import { operation } from '../operation.ts';
import { analyticsOf } from '../usage/analytics.ts';
import { usageParameters, usageRequest } from '../usage/parameters.ts';

export const getUsage = operation({
  summary: 'Totals, series and breakdown of a range. Filters take several values, separated by commas.', query: z.strictObject(usageParameters), answer: usageAnswer,
}, async ({ ports, caller: { tenantId }, query, nowMs }) => {
  const tenantZone = (await getTenant(ports.store, tenantId))?.timezone ?? 'UTC';
  return { body: await (ports.analytics ?? analyticsOf(ports.store)).usage(tenantId, usageRequest(query, { nowMs, tenantZone })) };
});
