import { archivedUntil, chainHead, listChanges, noteArchived } from '../../adapters/store/changes.ts';
import type { Store } from '../../adapters/store/port.ts';
import { ChainVerifier, type BrokenLink } from '../../core/audit/chain.ts';
import type { AuditEvent } from '../../core/audit/event.ts';

/** Where events outlive their table. An object that is there already is left as it is: it can only be the same. */
export interface AuditArchivePort { put(name: string, text: string): Promise<void> }

/** `archived` events were copied; `broken` = the chain does not hold there, and nothing from there on was copied. */
export interface Archived { readonly archived: number; readonly complete: boolean; readonly broken: BrokenLink | undefined }

/** One object holds at most so many events: some 100 KB each in the worst case. */
const EVENTS_PER_OBJECT = 500;

/**
 * Copies a tenant's audit events in order from the newest archived one on, as NDJSON objects that are named by their
 * first and last position. What has been noted is archived; an object whose note was lost with the process is written
 * again under the same name. Only what the chain vouches for is copied, so an archive never holds a forged event.
 */
export async function archiveAudit(store: Store, archive: AuditArchivePort, tenantId: string, remainingMs: () => number = () => Infinity): Promise<Archived> {
  let from = await archivedUntil(store, tenantId);
  const head = await chainHead(store, tenantId);
  if (head === undefined) return { archived: 0, complete: true, broken: undefined };
  let archived = 0;
  for (let last = from?.seq ?? 0; last < head.seq; last = from?.seq ?? 0) {
    if (remainingMs() < LEAST_LEFT_MS) return { archived, complete: false, broken: undefined };
    const { items } = await listChanges(store, tenantId, { limit: EVENTS_PER_OBJECT, reverse: false, fromSeq: (from?.seq ?? 0) + 1 });
    const events = items.filter(({ seq }) => seq <= head.seq);
    const verifier = new ChainVerifier(tenantId, from);
    const broken = events.map((event) => verifier.take(event)).find((fault) => fault !== undefined) ?? (events.length === 0 ? verifier.end(head) : undefined);
    if (broken !== undefined) return { archived, complete: false, broken };
    const until = verifier.last;
    await archive.put(nameOf(tenantId, events), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    if (!(await noteArchived(store, tenantId, from, until))) return { archived, complete: false, broken: undefined };
    archived += events.length;
    from = until;
  }
  return { archived, complete: true, broken: undefined };
}

const LEAST_LEFT_MS = 10_000;

function nameOf(tenantId: string, events: readonly AuditEvent[]): string {
  const padded = (seq: number | undefined): string => String(seq ?? 0).padStart(12, '0');
  return `${encodeURIComponent(tenantId)}/${padded(events[0]?.seq)}-${padded(events.at(-1)?.seq)}.ndjson`;
}
