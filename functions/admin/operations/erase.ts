import { deleteCommentOp } from '../../adapters/store/feedback.ts';
import { eraseLedgerOp, queryLedger } from '../../adapters/store/ledger.ts';
import { StoreError } from '../../adapters/store/port.ts';
import { eraseAnswer, eraseRequest } from '../../contract/admin/erase.ts';
import { change } from '../change.ts';
import { AdminError } from '../errors.ts';
import { operation } from '../operation.ts';

/** Rows looked at in one call: done in seconds, whatever the function's deadline. */
const MAX_LOOKED = 5_000;
const PAGE = 250;
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
      for (const entry of page.items) {
        const op = user === undefined || entry.user === user ? eraseLedgerOp(tenantId, entry) : undefined;
        if (op === undefined || !(await store.write([op])).ok) continue;
        if (entry.feedback?.hasComment === true) await store.write([deleteCommentOp(tenantId, entry.requestId)]);
        erased += 1;
      }
      looked += page.items.length;
      cursor = page.cursor;
    } while (cursor !== undefined && looked < MAX_LOOKED);
  } catch (error) {
    if (error instanceof StoreError && error.kind === 'invalid' && given.cursor !== undefined) throw new AdminError('invalid_request', 'This cursor belongs to another list.', { field: '/cursor' });
    throw error;
  }
  // Whose data it was is not written down again.
  if (erased > 0) await change(call, { action: 'data.erased', target: keyId === undefined ? { type: 'user', id: 'erased' } : { type: 'key', id: keyId }, before: null, after: { rows: erased } }, []);
  return { body: { looked, erased, complete: cursor === undefined, cursor: cursor ?? null } };
});
