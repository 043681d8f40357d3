import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { routing } from '../../../functions/contract/index.ts';
import { diffDocuments } from '../../../functions/core/routing/diff.ts';

const rule = (id: string, change: object = {}): object => ({ id, priority: 1, glob: '*', target: 'auto', ...change });
const doc = (patterns: readonly object[], more: object = {}): unknown => routing.parse({ patterns, ...more });

test('a document does not differ from itself, whatever the order of its members', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => { expect(diffDocuments(value, structuredClone(value))).toEqual({ differences: [], complete: true }); }));
  expect(diffDocuments({ a: 1, b: { c: 2, d: [3] } }, { b: { d: [3], c: 2 }, a: 1 }).differences).toEqual([]);
});

test('different documents differ somewhere, and the same way round backwards', () => {
  fc.assert(fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
    const isSame = JSON.stringify(a) === JSON.stringify(b);
    const [there, back] = [diffDocuments(a, b), diffDocuments(b, a)];
    if (!isSame && there.differences.length === 0) expect(back.differences).toEqual([]);
    expect(there.differences.length).toBe(back.differences.length);
  }));
});

test('a change is one difference with its pointer, before and after', () => {
  expect(diffDocuments(doc([rule('a')]), doc([rule('a', { target: 'tier:complex' })]))).toEqual({ differences: [{ path: '/patterns/0/target', before: 'auto', after: 'tier:complex' }], complete: true });
  expect(diffDocuments(doc([]), doc([], { auto: { dial: 70, tiers: { simple: ['x'], moderate: [], complex: [] } } })).differences).toEqual([
    { path: '/auto/tiers/simple', before: [], after: ['x'] }, { path: '/auto/dial', before: null, after: 70 },
  ]);
});

test('rules are compared by their ids: one put in front leaves the others as they are, one that moved has only moved', () => {
  const added = diffDocuments(doc([rule('a'), rule('b')]), doc([rule('new'), rule('a'), rule('b')]));
  expect(added.differences).toMatchObject([{ path: '/patterns/0', after: { id: 'new' } }]);
  expect(added.differences[0]).not.toHaveProperty('before');
  expect(diffDocuments(doc([rule('a'), rule('b')]), doc([rule('b')])).differences).toMatchObject([{ path: '/patterns/0', before: { id: 'a' } }]);
  expect(diffDocuments(doc([rule('a'), rule('b')]), doc([rule('b'), rule('a')])).differences).toEqual([{ path: '/patterns/-', before: ['a', 'b'], after: ['b', 'a'] }]);
});

test('a list is bounded, and says so', () => {
  const many = Array.from({ length: 90 }, (_, at) => rule(`r${at}`));
  const changed = many.map((one) => ({ ...one, target: 'tier:simple', priority: 9, glob: 'x' }));
  expect(diffDocuments(doc(many), doc(changed)).differences).toHaveLength(200);
  expect(diffDocuments(doc(many), doc(changed)).complete).toBe(false);
  expect(diffDocuments(doc(many), doc(changed), 270)).toMatchObject({ complete: true });
});
