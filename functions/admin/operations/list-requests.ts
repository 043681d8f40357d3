import * as z from 'zod/mini';
import { requestsAnswer } from '../../contract/admin/ledger-schema.ts';
import { listKeys } from '../../adapters/store/keys.ts';
import { StoreError, type Store } from '../../adapters/store/port.ts';
import { AdminError } from '../errors.ts';
import { operation } from '../operation.ts';
import { wholeNumber } from '../query.ts';
import { analyticsOf } from '../usage/analytics.ts';
import { requestFilters, requestsQuery } from '../usage/parameters.ts';

const query = z.strictObject({ ...requestFilters, cursor: z.optional(z.string().check(z.maxLength(1024))), limit: z._default(wholeNumber(1, 200), 50) });

export const listRequests = operation({
  summary: 'Ledger entries, newest first. A page may be short or empty and still have a nextCursor; null = the end. `keyNames` = the names of the keys on the page.', query, answer: requestsAnswer,
}, async ({ ports, caller: { tenantId }, query: { cursor, limit, ...filters }, nowMs }) => {
  try {
    const page = await (ports.analytics ?? analyticsOf(ports.store)).requests(tenantId, requestsQuery(filters, nowMs), { limit, cursor });
    return { body: { ...page, keyNames: page.items.length === 0 ? {} : await keyNames(ports.store, tenantId, new Set(page.items.map(({ keyId }) => keyId))) } };
  } catch (error) {
    if (error instanceof StoreError && error.kind === 'invalid' && cursor !== undefined) throw new AdminError('invalid_request', 'This cursor belongs to another list.', { field: 'cursor' });
    throw error;
  }
});

async function keyNames(store: Store, tenantId: string, wanted: ReadonlySet<string>): Promise<Record<string, string>> {
  return Object.fromEntries((await listKeys(store, tenantId)).filter(({ keyId }) => wanted.has(keyId)).map(({ keyId, name }) => [keyId, name]));
}
