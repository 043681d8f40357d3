import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BEGINNING, ChainVerifier, type BrokenLink, type Checkpoint } from '../../../functions/core/audit/chain.ts';
import { eventHash, GENESIS, sealEvent, type AuditEvent } from '../../../functions/core/audit/event.ts';

/** A genuine chain of `length` events. */
function chainOf(length: number, tenantId = 'default'): AuditEvent[] {
  const events: AuditEvent[] = [];
  for (let seq = 1; seq <= length; seq += 1) {
    events.push(sealEvent({
      eventId: `e${seq}`, tenantId, seq, at: '2026-06-15T12:00:00.000Z', actor: { userId: 'u', name: 'U', via: 'person' }, action: 'thing.created',
      target: { type: 'thing', id: `t${seq}` }, before: null, after: { n: seq }, requestId: `r${seq}`, prevHash: events.at(-1)?.hash ?? GENESIS,
    }));
  }
  return events;
}
const headOf = (events: readonly AuditEvent[]): Checkpoint => ({ seq: events.length, hash: events.at(-1)?.hash ?? GENESIS });

/** What a verification of `events` finds that knows the head of the genuine chain. */
function verify(events: readonly AuditEvent[], head: Checkpoint | undefined, from?: Checkpoint): BrokenLink | undefined {
  const verifier = new ChainVerifier('default', from);
  for (const event of events) verifier.take(event);
  return verifier.end(head);
}

const chainAndPlace = fc.integer({ min: 2, max: 12 }).chain((length) => fc.record({ events: fc.constant(chainOf(length)), at: fc.integer({ min: 0, max: length - 1 }) }));

describe('a chain of audit events', () => {
  test('that nobody touched holds, from the beginning and from any genuine event of it', () => {
    fc.assert(fc.property(chainAndPlace, ({ events, at }) => {
      expect(verify(events, headOf(events))).toBeUndefined();
      expect(verify(events.slice(at), headOf(events), at === 0 ? BEGINNING : { seq: at, hash: events[at - 1]?.hash ?? '' })).toBeUndefined();
    }));
  });

  test('that is empty holds while its head says so or there is none', () => {
    expect(verify([], undefined)).toBeUndefined();
    expect(verify([], { seq: 0, hash: GENESIS })).toBeUndefined();
    expect(verify([], { seq: 0, hash: 'f'.repeat(64) })).toEqual({ seq: 0, fault: 'head_mismatch', eventId: null });
  });

  test('names an altered event, whichever member was altered', () => {
    const members = fc.constantFrom('eventId', 'at', 'action', 'requestId', 'actor', 'target', 'before', 'after', 'prevHash', 'hash');
    fc.assert(fc.property(chainAndPlace, members, ({ events, at }, member) => {
      const altered = events.map((event, index) => (index === at ? { ...event, [member]: 'altered' } : event));
      expect(verify(altered, headOf(events))).toEqual({ seq: at + 1, fault: 'altered', eventId: member === 'eventId' ? 'altered' : `e${at + 1}` });
    }));
  });

  test('names an event that was altered and sealed again by the one after it, or by the head', () => {
    fc.assert(fc.property(chainAndPlace, ({ events, at }) => {
      const forged = events.map((event, index) => (index === at ? sealEvent({ ...event, after: { n: -1 } }) : event));
      expect(verify(forged, headOf(events))).toEqual(at + 1 < events.length
        ? { seq: at + 2, fault: 'unlinked', eventId: `e${at + 2}` }
        : { seq: at + 1, fault: 'head_mismatch', eventId: null });
    }));
  });

  test('names the place of an event that is gone, wherever it was', () => {
    fc.assert(fc.property(chainAndPlace, ({ events, at }) => {
      const last = at === events.length - 1;
      expect(verify(events.toSpliced(at, 1), headOf(events))).toEqual({ seq: at + 1, fault: last ? 'truncated' : 'missing', eventId: last ? null : `e${at + 2}` });
    }));
  });

  test('names the first of two events that changed places, and one that comes twice', () => {
    fc.assert(fc.property(chainAndPlace.filter(({ events, at }) => at + 1 < events.length), ({ events, at }) => {
      const [first, second] = [events[at], events[at + 1]];
      if (first === undefined || second === undefined) throw new Error('no such place');
      expect(verify(events.with(at, second).with(at + 1, first), headOf(events))).toEqual({ seq: at + 1, fault: 'missing', eventId: `e${at + 2}` });
      expect(verify(events.toSpliced(at, 0, first), headOf(events))).toEqual({ seq: at + 2, fault: 'out_of_order', eventId: `e${at + 1}` });
    }));
  });

  test('names an event of another tenant, genuine as it may be', () => {
    const [own, foreign] = [chainOf(2), chainOf(3, 'other')];
    expect(verify([...own, ...foreign.slice(2)], headOf(foreign))).toEqual({ seq: 3, fault: 'foreign', eventId: 'e3' });
  });

  test('with more events than its head knows of does not hold, nor one whose head is gone', () => {
    const events = chainOf(3);
    expect(verify(events, headOf(events.slice(0, 2)))).toEqual({ seq: 3, fault: 'head_mismatch', eventId: null });
    expect(verify(events, { seq: 2, hash: headOf(events).hash })).toEqual({ seq: 3, fault: 'head_mismatch', eventId: null });
    expect(verify(events, undefined)).toEqual({ seq: 3, fault: 'head_mismatch', eventId: null });
    expect(verify(events, { seq: 3, hash: GENESIS })).toEqual({ seq: 3, fault: 'head_mismatch', eventId: null });
  });

  test('does not hold from an event that is not in it', () => {
    const events = chainOf(3);
    expect(verify(events.slice(1), headOf(events), { seq: 1, hash: 'f'.repeat(64) })).toEqual({ seq: 2, fault: 'unlinked', eventId: 'e2' });
  });

  test('keeps to its first broken link, and to the newest event that was genuine before it', () => {
    const events = chainOf(4);
    const [first, second, third, fourth] = events;
    if (first === undefined || second === undefined || third === undefined || fourth === undefined) throw new Error('no chain');
    const verifier = new ChainVerifier('default');
    expect(verifier.last).toEqual({ seq: 0, hash: GENESIS });
    expect(verifier.take(first)).toBeUndefined();
    expect(verifier.last).toEqual({ seq: 1, hash: first.hash });
    const broken = { seq: 2, fault: 'missing', eventId: 'e3' };
    expect(verifier.take(third)).toEqual(broken);
    // The event that was expected comes after all: the order of the store was wrong, which stays said.
    expect([verifier.take(second), verifier.take(fourth), verifier.end(headOf(events))]).toEqual([broken, broken, broken]);
    expect(verifier.last).toEqual({ seq: 1, hash: first.hash });
  });

  test('with an event whose id is no text says so without it', () => {
    const [event] = chainOf(1);
    if (event === undefined) throw new Error('no chain');
    const damaged = { ...event, eventId: 7 as unknown as string };
    expect(verify([{ ...damaged, hash: eventHash(event) }], headOf([event]))).toEqual({ seq: 1, fault: 'altered', eventId: null });
  });
});
