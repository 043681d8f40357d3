import type { LedgerFeedback } from '../../contract/ledger.ts';
import { partition } from './entity.ts';
import { rateLedgerOp } from './ledger.ts';
import type { Key, Op, Store } from './port.ts';

/** A comment is content: it stands apart from the ledger entry and is forgotten after this time. */
const COMMENT_KEPT_MS = 30 * 86_400_000;

const commentKey = (tenantId: string, requestId: string): Key => ({ table: 'usage', pk: partition('LC', tenantId, requestId), sk: 'comment' });

export interface Rating {
  readonly requestId: string;
  readonly feedback: Omit<LedgerFeedback, 'hasComment'>;
  /** undefined = none is kept. */
  readonly comment: string | undefined;
  /** What stood on the entry before: a comment goes with the rating that it came with. */
  readonly before: LedgerFeedback | undefined;
}

/** Puts a rating on a ledger entry in the place of the one before. False when there is no such entry. */
export async function saveFeedback(store: Store, tenantId: string, { requestId, feedback, comment, before }: Rating, nowMs: number): Promise<boolean> {
  const rating = rateLedgerOp(tenantId, requestId, { ...feedback, hasComment: comment !== undefined });
  const words: Op[] = comment !== undefined
    ? [{ put: commentKey(tenantId, requestId), item: { comment, expiresAt: Math.ceil((nowMs + COMMENT_KEPT_MS) / 1000) } }]
    : before?.hasComment === true ? [deleteCommentOp(tenantId, requestId)] : [];
  return (await store.write([rating, ...words])).ok;
}

/** The comment of a rating; undefined when there is none any more. */
export async function getComment(store: Store, tenantId: string, requestId: string, nowMs: number): Promise<string | undefined> {
  const item = await store.get(commentKey(tenantId, requestId));
  return item === undefined || Number(item['expiresAt']) * 1000 <= nowMs ? undefined : String(item['comment']);
}

export const deleteCommentOp = (tenantId: string, requestId: string): Op => ({ delete: commentKey(tenantId, requestId) });
