import * as z from 'zod/mini';
import { ledgerEntry } from '../../contract/admin/ledger-schema.ts';
import { listOf } from '../../contract/admin/shared.ts';
import { StoreError } from '../../adapters/store/port.ts';
import { AdminError } from '../errors.ts';
import { operation } from '../operation.ts';
import { wholeNumber } from '../query.ts';
import { analyticsOf } from '../usage/analytics.ts';
import { requestFilters, requestsQuery } from '../usage/parameters.ts';

const query = z.strictObject({ ...requestFilters, cursor: z.optional(z.string().check(z.maxLength(1024))), limit: z._default(wholeNumber(1, 200), 50) });

export const listRequests = operation({
  summary: 'Ledger entries, newest first. A page may be short or empty and still have a nextCursor; null = the end.', query, answer: listOf(ledgerEntry),
}, async ({ ports, caller: { tenantId }, query: { cursor, limit, ...filters }, nowMs }) => {
  try {
    return { body: await (ports.analytics ?? analyticsOf(ports.store)).requests(tenantId, requestsQuery(filters, nowMs), { limit, cursor }) };
  } catch (error) {
    if (error instanceof StoreError && error.kind === 'invalid' && cursor !== undefined) throw new AdminError('invalid_request', 'This cursor belongs to another list.', { field: 'cursor' });
    throw error;
  }
});
