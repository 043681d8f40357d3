import { ChainVerifier, type BrokenLink } from '../core/audit/chain.ts';
import { documentSha256, savedRouting } from '../core/audit/routing-view.ts';
import type { AuditEvent } from '../core/audit/event.ts';
import { chainHead, listChanges } from '../adapters/store/changes.ts';
import { getRoutingVersion } from '../adapters/store/routing.ts';
import type { Store } from '../adapters/store/port.ts';

export interface Verdict { readonly events: number; readonly broken: BrokenLink | undefined }

const PAGE = 500;

/**
 * Verifies a tenant's whole chain against its head, oldest first, and that each version of the routing that an event
 * tells of is stored as it was saved. The head is read first: what is appended meanwhile is not judged.
 */
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
      if (!await isStored(store, event)) return { events: event.seq - 1, broken: { seq: event.seq, fault: 'routing_differs', eventId: event.eventId } };
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
  return { events: verifier.last.seq, broken: verifier.end(head) };
}

/** Whether the version of the routing that an event says was saved is stored as it says; true for events that say nothing of it. */
async function isStored(store: Store, event: AuditEvent): Promise<boolean> {
  const saved = savedRouting(event);
  if (saved === undefined) return true;
  const stored = await getRoutingVersion(store, event.tenantId, saved.version);
  return stored !== undefined && documentSha256(stored.document) === saved.documentSha256;
}
