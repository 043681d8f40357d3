import { ChainVerifier, type BrokenLink } from '../core/audit/chain.ts';
import type { AuditEvent } from '../core/audit/event.ts';
import { documentSha256, savedRouting } from '../core/audit/routing-view.ts';
import { chainHead, listChanges, type ChainHead } from '../adapters/store/changes.ts';
import { getRoutingVersion } from '../adapters/store/routing.ts';
import type { Store } from '../adapters/store/port.ts';
import { getTenant } from '../adapters/store/tenants.ts';

/** `events` were found intact; `from` = position of the first of the last unbroken stretch, where some before it are past their retention. */
export interface Verdict { readonly events: number; readonly broken: BrokenLink | undefined; readonly from?: number }

const PAGE = 500;
const DAY_MS = 86_400_000;

/**
 * Verifies a tenant's whole chain against its head, oldest first, and that each version of the routing that an event tells of is stored as
 * it was saved. The head is read first: what is appended meanwhile is not judged.
 * Events past their retention at `nowMs` (epoch ms) need not be there: verification goes on from the first that does, by the hash
 * that it names. Where nothing can have expired yet, as the head and the event before tell, a gap is a broken link.
 */
export async function verifyAudit(store: Store, tenantId: string, nowMs: number): Promise<Verdict> {
  const [head, tenant] = [await chainHead(store, tenantId), await getTenant(store, tenantId)];
  const run = new Verification(tenantId, head, tenant === undefined ? -Infinity : Date.parse(tenant.createdAt), nowMs);
  let cursor: string | undefined;
  do {
    const page = await listChanges(store, tenantId, { limit: PAGE, reverse: false, nowMs, ...(cursor !== undefined && { cursor }) });
    for (const event of page.items) {
      if (!run.take(event)) return run.verdict();
      if (!await isStored(store, event)) return run.differs(event);
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
  return run.end();
}

class Verification {
  readonly #tenantId: string;
  readonly #head: ChainHead | undefined;
  readonly #nowMs: number;
  #verifier: ChainVerifier;
  /** When the newest intact event was written; before the first, when the chain can have begun. */
  #lastMs: number;
  #from = 1;
  #events = 0;
  #broken: BrokenLink | undefined;

  constructor(tenantId: string, head: ChainHead | undefined, sinceMs: number, nowMs: number) {
    this.#tenantId = tenantId;
    this.#head = head;
    this.#nowMs = nowMs;
    this.#lastMs = sinceMs;
    this.#verifier = new ChainVerifier(tenantId);
  }

  /** False = nothing more is to be looked at. */
  take(event: AuditEvent): boolean {
    const expected = this.#verifier.last.seq + 1;
    const head = this.#head;
    if (head !== undefined && event.seq > head.seq && this.#verifier.last.seq === head.seq) {
      this.#broken = this.#verifier.end(head);
      return false;
    }
    if (event.seq > expected && event.tenantId === this.#tenantId && this.#mayBeGone()) {
      this.#verifier = new ChainVerifier(this.#tenantId, { seq: event.seq - 1, hash: event.prevHash });
      this.#from = event.seq;
    }
    this.#broken = this.#verifier.take(event);
    if (this.#broken !== undefined) return false;
    this.#events += 1;
    this.#lastMs = Date.parse(event.at);
    return true;
  }

  end(): Verdict {
    const head = this.#head;
    const isGone = head !== undefined && head.seq > this.#verifier.last.seq && head.lastUntil !== undefined && head.lastUntil * 1000 <= this.#nowMs;
    if (isGone) this.#from = head.seq + 1;
    this.#broken ??= isGone ? undefined : this.#verifier.end(head);
    return this.verdict();
  }

  /** The event taken last tells of a document that is not stored as it was saved. */
  differs({ seq, eventId }: AuditEvent): Verdict {
    this.#events -= 1;
    this.#broken = { seq, fault: 'routing_differs', eventId };
    return this.verdict();
  }

  verdict(): Verdict {
    return { events: this.#events, broken: this.#broken, ...(this.#from > 1 && { from: this.#from }) };
  }

  /** Whether what followed the last event can have expired: it was written no earlier, and kept no shorter than the head says. */
  #mayBeGone(): boolean {
    const days = this.#head?.leastDays;
    return days !== undefined && this.#lastMs + days * DAY_MS <= this.#nowMs;
  }
}

/** Whether the version of the routing that an event says was saved is stored as it says; true for events that say nothing of it. */
async function isStored(store: Store, event: AuditEvent): Promise<boolean> {
  const saved = savedRouting(event);
  if (saved === undefined) return true;
  const stored = await getRoutingVersion(store, event.tenantId, saved.version);
  return stored !== undefined && documentSha256(stored.document) === saved.documentSha256;
}
