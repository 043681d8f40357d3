import * as z from 'zod/mini';
import { queryLedger } from '../../adapters/store/ledger.ts';
import { StoreError } from '../../adapters/store/port.ts';
import { AdminError } from '../errors.ts';
import { ledgerEntry } from '../../contract/admin/ledger-schema.ts';
import { listOf } from '../../contract/admin/shared.ts';
import { operation } from '../operation.ts';
import { instant, wholeNumber } from '../query.ts';

const DEFAULT_RANGE_MS = 30 * 86_400_000;
const MAX_RANGE_MS = 400 * 86_400_000;

const query = z.strictObject({
  from: z.optional(instant),
  to: z.optional(instant),
  /** Id of a virtual key. */
  key: z.optional(z.string().check(z.regex(/^[0-9A-Za-z]{12}$/, 'a key id has 12 letters and digits'))),
  cursor: z.optional(z.string().check(z.maxLength(1024))),
  limit: z._default(wholeNumber(1, 200), 50),
});

export const listRequests = operation({
  summary: 'Ledger entries, newest first. A page may be short or empty and still have a nextCursor; null = the end.', query, answer: listOf(ledgerEntry),
}, async (call) => {
  const { from, to = call.nowMs, key, cursor, limit } = call.query;
  const fromMs = from ?? to - DEFAULT_RANGE_MS;
  if (fromMs > to) throw new AdminError('invalid_request', 'The range ends before it begins.', { field: 'to' });
  if (to - fromMs > MAX_RANGE_MS) throw new AdminError('invalid_request', 'A range is at most 400 days.', { field: 'from' });
  try {
    const page = await queryLedger(call.ports.store, call.caller.tenantId, {
      from: new Date(fromMs).toISOString(), to: new Date(to).toISOString(), limit, reverse: true,
      ...(key !== undefined && { keyId: key }), ...(cursor !== undefined && { cursor }),
    });
    return { body: { items: page.items, nextCursor: page.cursor ?? null } };
  } catch (error) {
    if (error instanceof StoreError && error.kind === 'invalid' && cursor !== undefined) throw new AdminError('invalid_request', 'This cursor belongs to another list.', { field: 'cursor' });
    throw error;
  }
});
