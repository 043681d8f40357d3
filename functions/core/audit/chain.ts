import { eventHash, GENESIS, type AuditEvent } from './event.ts';

/** Where verification may start: an event that is known to be genuine, or the beginning. */
export interface Checkpoint { readonly seq: number; readonly hash: string }

export const BEGINNING: Checkpoint = { seq: 0, hash: GENESIS };

/** `routing_differs`: the chain holds, but the stored routing is not the one that the event tells of. */
export type Fault = 'altered' | 'missing' | 'out_of_order' | 'unlinked' | 'foreign' | 'truncated' | 'head_mismatch' | 'routing_differs';

/** The first place at which a chain does not hold; `seq` is where an event was expected. */
export interface BrokenLink { readonly seq: number; readonly fault: Fault; readonly eventId: string | null }

/**
 * Checks events one by one in the order of the store. Every alteration, gap, exchange or insertion shows at the first event it
 * touches; events cut off at the end show against the head. Keeps one hash, so a chain of any length fits.
 */
export class ChainVerifier {
  readonly #tenantId: string;
  #last: Checkpoint;
  #broken: BrokenLink | undefined;

  constructor(tenantId: string, from: Checkpoint = BEGINNING) {
    this.#tenantId = tenantId;
    this.#last = from;
  }

  /** The newest event that was found genuine. */
  get last(): Checkpoint {
    return this.#last;
  }

  /** The first broken link so far. After it nothing more is looked at. */
  take(event: AuditEvent): BrokenLink | undefined {
    if (this.#broken !== undefined) return this.#broken;
    const expected = this.#last.seq + 1;
    const fault = this.#faultOf(event, expected);
    if (fault !== undefined) return (this.#broken = { seq: expected, fault, eventId: typeof event.eventId === 'string' ? event.eventId : null });
    this.#last = { seq: event.seq, hash: event.hash };
    return undefined;
  }

  /** After the last event: the head tells how many there must be. */
  end(head: Checkpoint | undefined): BrokenLink | undefined {
    if (this.#broken !== undefined) return this.#broken;
    const { seq, hash } = head ?? BEGINNING;
    if (seq > this.#last.seq) return { seq: this.#last.seq + 1, fault: 'truncated', eventId: null };
    if (seq < this.#last.seq || hash !== this.#last.hash) return { seq: this.#last.seq, fault: 'head_mismatch', eventId: null };
    return undefined;
  }

  #faultOf(event: AuditEvent, expected: number): Fault | undefined {
    if (event.tenantId !== this.#tenantId) return 'foreign';
    if (event.seq !== expected) return event.seq > expected ? 'missing' : 'out_of_order';
    if (event.hash !== eventHash(event)) return 'altered';
    return event.prevHash === this.#last.hash ? undefined : 'unlinked';
  }
}
