import * as z from 'zod/mini';
import { usageAnswer } from '../../contract/admin/usage.ts';
import { getTenant } from '../../adapters/store/tenants.ts';
import { operation } from '../operation.ts';
import { analyticsOf } from '../usage/analytics.ts';
import { scopeOf } from '../usage/scope.ts';
import { chartParameters, usageParameters, usageRequest } from '../usage/parameters.ts';
import type { UsageRequest } from '../usage/read-usage.ts';

export const getUsage = operation({
  summary: 'Totals, series and breakdown of a range, and apart from them what was refused before it was admitted. Filters take several values, separated by commas. With `stack` the series is also cut by one dimension, with `compare` the totals of the period before stand beside.',
  query: z.strictObject({ ...usageParameters, ...chartParameters }), answer: usageAnswer,
}, async ({ ports, caller, query: { compare, ...parameters }, nowMs }) => {
  const { tenantId } = caller;
  const tenantZone = (await getTenant(ports.store, tenantId))?.timezone ?? 'UTC';
  const analytics = ports.analytics ?? analyticsOf(ports.store);
  const request = usageRequest(parameters, { nowMs, tenantZone, withUnknown: scopeOf(caller, ports).withUnknown });
  const [report, before] = await Promise.all([analytics.usage(tenantId, request), compare === undefined ? undefined : analytics.usage(tenantId, periodBefore(request))]);
  return { body: { ...report, ...(before && { previous: { from: before.from, to: before.to, totals: before.totals } }) } };
});

/** Of equal length, to the millisecond before. */
function periodBefore({ stack: _none, ...request }: UsageRequest): UsageRequest {
  const to = request.from - 1;
  return { ...request, from: to - (request.to - request.from), to };
}
