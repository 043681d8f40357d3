import { deleteCommentOp } from '../../adapters/store/feedback.ts';
import { eraseLedgerOp, queryLedger } from '../../adapters/store/ledger.ts';
import { StoreError, type Op } from '../../adapters/store/port.ts';
import { eraseAnswer, eraseRequest } from '../../contract/admin/erase.ts';
import { change } from '../change.ts';
import { AdminError } from '../errors.ts';
import { operation } from '../operation.ts';
import type { AdminCall } from '../ports.ts';

/** Rows after which a call looks at no further page: done in seconds, whatever the function's deadline. */
const MAX_LOOKED = 5_000;
/** Of one page every row and the event that tells of them fit into one batch. */
const PAGE = 90;
/** Nothing is older than the first ledgers. */
const BEGINNING = '2025-01-01T00:00:00.000Z';

export const eraseData = operation({
  summary: 'Takes out of the ledger what tells of a person: session, user, tag, the caller\'s own request id, features and template. Money, tokens and times stay, so every sum does. Of a key, or of a user as its requests named it.',
  body: eraseRequest, answer: eraseAnswer,
}, async (call) => {
  const { caller: { tenantId }, ports: { store }, body: { keyId, user, ...given }, nowMs } = call;
  const range = { from: BEGINNING, to: new Date(nowMs).toISOString(), limit: PAGE, ...(keyId !== undefined && { keyId }) };
  let { cursor } = given;
  let [looked, erased] = [0, 0];
  try {
    do {
      const page = await queryLedger(store, tenantId, { ...range, ...(cursor !== undefined && { cursor }) });
      const concerned = page.items.filter((entry) => user === undefined || entry.user === user);
      // What somebody wrote goes first: once the row is erased nothing leads to it.
      for (const { requestId, feedback } of concerned) if (feedback?.hasComment === true) await store.write([deleteCommentOp(tenantId, requestId)]);
      erased += await eraseTogether(call, concerned.flatMap((entry) => eraseLedgerOp(tenantId, entry) ?? []));
      looked += page.items.length;
      cursor = page.cursor;
    } while (cursor !== undefined && looked < MAX_LOOKED);
  } catch (error) {
    if (error instanceof StoreError && error.kind === 'invalid' && given.cursor !== undefined) throw new AdminError('invalid_request', 'This cursor belongs to another list.', { field: '/cursor' });
    throw error;
  }
  return { body: { looked, erased, complete: cursor === undefined, cursor: cursor ?? null } };
});

/** Carries these out with one event that tells of them, and says how many they were. A row that has expired meanwhile is left out. */
async function eraseTogether(call: AdminCall & { readonly body: { readonly keyId?: string | undefined } }, ops: readonly Op[]): Promise<number> {
  const { keyId } = call.body;
  let left = ops;
  while (left.length > 0) {
    // Whose data it was is not written down again.
    const draft = { action: 'data.erased', target: keyId === undefined ? { type: 'user', id: 'erased' } : { type: 'key', id: keyId }, before: null, after: { rows: left.length } };
    const committed = await change(call, draft, left);
    if (committed.ok) return left.length;
    left = left.filter((_op, at) => at !== committed.index);
  }
  return 0;
}
