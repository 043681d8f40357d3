import { ChainVerifier, type BrokenLink } from '../core/audit/chain.ts';
import { chainHead, listChanges } from '../adapters/store/changes.ts';
import type { Store } from '../adapters/store/port.ts';

export interface Verdict { readonly events: number; readonly broken: BrokenLink | undefined }

const PAGE = 500;

/** Verifies a tenant's whole chain against its head, oldest first. The head is read first: what is appended meanwhile is not judged. */
export async function verifyAudit(store: Store, tenantId: string): Promise<Verdict> {
  const head = await chainHead(store, tenantId);
  const verifier = new ChainVerifier(tenantId);
  let cursor: string | undefined;
  do {
    const page = await listChanges(store, tenantId, { limit: PAGE, reverse: false, ...(cursor !== undefined && { cursor }) });
    for (const event of page.items) {
      if (head !== undefined && event.seq > head.seq && verifier.last.seq === head.seq) return { events: head.seq, broken: verifier.end(head) };
      const broken = verifier.take(event);
      if (broken !== undefined) return { events: verifier.last.seq, broken };
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
  return { events: verifier.last.seq, broken: verifier.end(head) };
}
