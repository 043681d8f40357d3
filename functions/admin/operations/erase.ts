import { deleteCommentOp } from '../../adapters/store/feedback.ts';
import { eraseLedgerOp, queryLedger } from '../../adapters/store/ledger.ts';
import { StoreError, type Op } from '../../adapters/store/port.ts';
import { eraseAnswer, eraseRequest } from '../../contract/admin/erase.ts';
import type { LedgerEntry } from '../../contract/index.ts';
import { change } from '../change.ts';
import { AdminError } from '../errors.ts';
import { operation } from '../operation.ts';
import type { AdminCall } from '../ports.ts';

/** Rows after which a call looks at no further page: done in seconds, whatever the function's deadline. */
const MAX_LOOKED = 5_000;
const PAGE = 90;
/** Beside them stand the event, the head of its chain and the hold on an idempotency key: together at most 100. */
const MAX_BATCH = 96;
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
      for (const batch of batchesOf(concerned.flatMap((entry) => erasureOf(tenantId, entry) ?? []))) erased += await eraseTogether(call, batch);
      looked += page.items.length;
      cursor = page.cursor;
    } while (cursor !== undefined && looked < MAX_LOOKED);
  } catch (error) {
    if (error instanceof StoreError && error.kind === 'invalid' && given.cursor !== undefined) throw new AdminError('invalid_request', 'This cursor belongs to another list.', { field: '/cursor' });
    throw error;
  }
  return { body: { looked, erased, complete: cursor === undefined, cursor: cursor ?? null } };
});

/** One row, and the comment on its answer, to which nothing leads once the row is erased. `row` undefined = it has expired meanwhile. */
interface Erasure { readonly row: Op | undefined; readonly comment: Op | undefined }

function erasureOf(tenantId: string, entry: LedgerEntry): Erasure | undefined {
  const row = eraseLedgerOp(tenantId, entry);
  return row && { row, comment: entry.feedback?.hasComment === true ? deleteCommentOp(tenantId, entry.requestId) : undefined };
}

const opsOf = ({ row, comment }: Erasure): Op[] => [row, comment].filter((op) => op !== undefined);

/** A row and its comment stay together. */
function batchesOf(erasures: readonly Erasure[]): Erasure[][] {
  const batches: Erasure[][] = [];
  let size = MAX_BATCH;
  for (const erasure of erasures) {
    const more = opsOf(erasure).length;
    if (size + more > MAX_BATCH) {
      batches.push([]);
      size = 0;
    }
    batches.at(-1)?.push(erasure);
    size += more;
  }
  return batches;
}

/** Carries these out with one event that tells of them, and says how many rows they were. A row that has expired meanwhile is left out; its comment goes all the same. */
async function eraseTogether(call: AdminCall & { readonly body: { readonly keyId?: string | undefined } }, batch: readonly Erasure[]): Promise<number> {
  const { keyId } = call.body;
  let left = batch;
  for (;;) {
    const ops = left.flatMap(opsOf);
    if (ops.length === 0) return 0;
    const [rows, comments] = [left.filter(({ row }) => row !== undefined).length, left.filter(({ comment }) => comment !== undefined).length];
    // Whose data it was is not written down again.
    const draft = { action: 'data.erased', target: keyId === undefined ? { type: 'user', id: 'erased' } : { type: 'key', id: keyId }, before: null, after: { rows, ...(comments > 0 && { comments }) } };
    const committed = await change(call, draft, ops);
    if (committed.ok) return rows;
    const gone = ops[committed.index];
    left = left.map(({ row, comment }) => ({ row: row === gone ? undefined : row, comment }));
  }
}
