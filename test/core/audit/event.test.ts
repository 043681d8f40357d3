import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, eventHash, GENESIS, sealEvent, type AuditEvent } from '../../../functions/core/audit/event.ts';
import { full } from '../../support/full.ts';

const EVENT: Omit<AuditEvent, 'hash'> = {
  eventId: '01J00000000000000000000001', tenantId: 'default', seq: 1, at: '2026-06-15T12:00:00.000Z',
  actor: { userId: 'u', name: 'U', via: 'person' }, action: 'model.created', target: { type: 'model', id: 'cheap' },
  before: null, after: { id: 'cheap', price: { output: 2, input: 0.25 } }, requestId: 'r', prevHash: GENESIS,
};

/** The same value with the members of every object in the opposite order. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).toReversed().map(([name, member]) => [name, turned(member)]));
}

describe('canonical JSON', () => {
  test('is JSON of the same value, and one text however the members are ordered', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(turned(value))).toBe(text);
    }), { numRuns: full(2_000) });
  });

  test('orders members by code units, at every depth', () => {
    expect(canonicalJson({ b: 1, a: { Z: [{ y: 1, x: 2 }], 'é': 3, z: 4, 10: 5, 9: 6 } })).toBe('{"a":{"10":5,"9":6,"Z":[{"x":2,"y":1}],"z":4,"é":3},"b":1}');
  });

  test('leaves out members that are undefined and keeps the places of a list', () => {
    expect(canonicalJson({ a: undefined, b: [undefined, null, 1] })).toBe('{"b":[null,null,1]}');
    expect([canonicalJson(undefined), canonicalJson(null), canonicalJson('a"b'), canonicalJson([]), canonicalJson({})]).toEqual(['null', 'null', '"a\\"b"', '[]', '{}']);
  });
});

describe('the hash of an event', () => {
  test('is SHA-256 over the hash before it and the canonical JSON of all the rest, in hex', () => {
    const content = '{"action":"model.created","actor":{"name":"U","userId":"u","via":"person"},"after":{"id":"cheap","price":{"input":0.25,"output":2}},"at":"2026-06-15T12:00:00.000Z","before":null,'
      + `"eventId":"01J00000000000000000000001","prevHash":"${GENESIS}","requestId":"r","seq":1,"target":{"id":"cheap","type":"model"},"tenantId":"default"}`;
    expect(eventHash(EVENT)).toBe(createHash('sha256').update(GENESIS + content).digest('hex'));
    expect(GENESIS).toMatch(/^0{64}$/);
  });

  test('does not depend on a hash that is stored in it, and sealing adds nothing else', () => {
    const sealed = sealEvent(EVENT);
    expect(sealed).toEqual({ ...EVENT, hash: eventHash(EVENT) });
    expect(eventHash({ ...sealed, hash: 'f'.repeat(64) } as AuditEvent)).toBe(sealed.hash);
  });

  test('changes with every member', () => {
    const hashes = Object.keys(EVENT).map((name) => eventHash({ ...EVENT, [name]: 'another' }));
    expect(new Set([eventHash(EVENT), ...hashes]).size).toBe(Object.keys(EVENT).length + 1);
  });
});
