import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { difference, MAX_VIEW_BYTES } from '../../../functions/core/audit/diff.ts';
import { byIdentity, identityOf } from '../../../functions/core/audit/named.ts';
import { full } from '../../support/full.ts';

type Tree = { readonly [name: string]: Tree | number | string | null };
/** Documents of members inside members, few names, so that two of them share some. */
const trees: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree; member: Tree[string] }>((tie) => ({
  tree: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), tie('member'), { maxKeys: 4, depthIdentifier: 'tree', noNullPrototype: true }),
  member: fc.oneof({ depthIdentifier: 'tree', maxDepth: 4 }, fc.constantFrom(null, 0, 1, 'x', ''), tie('tree')),
})).tree;
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null;

/** What an auditor does with an event: puts its `after` in the place of its `before`. */
function applied(document: Tree, was: Tree, is: Tree): Tree {
  const result = new Map(Object.entries(document));
  for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
    const [old, from, to] = [document[name], was[name], is[name]];
    if (to === undefined) result.delete(name);
    else result.set(name, isTree(old) && isTree(from) && isTree(to) ? applied(old, from, to) : to);
  }
  return Object.fromEntries(result);
}

const diff = (before: object, after: object) => difference({ before, after });
const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

describe('what an event records of a change', () => {
  test('is enough to tell the one document from the other, in both directions', () => {
    fc.assert(fc.property(trees, trees, (before, after) => {
      const { before: was, after: is } = difference({ before, after }) as { before: Tree; after: Tree };
      expect(applied(before, was, is)).toEqual(after);
      expect(applied(after, is, was)).toEqual(before);
    }), { numRuns: full(3_000) });
  });

  test('is no more than what differs: a member that is equal in both is in neither', () => {
    expect(diff({ a: 1, same: { deep: [1, 2] }, in: { x: 1, y: 2 } }, { b: 2, same: { deep: [1, 2] }, in: { x: 1, y: 3 } })).toEqual({ before: { a: 1, in: { y: 2 } }, after: { b: 2, in: { y: 3 } } });
    // Strictly: not even a member that is undefined.
    expect(diff({ a: null, same: 1 }, { same: 1 })).toStrictEqual({ before: { a: null }, after: {} });
  });

  test('is the whole document where it was created or deleted, and nothing where there is nothing', () => {
    const document = { version: 1, a: { b: [1] } };
    expect(difference({ before: null, after: document })).toEqual({ before: null, after: document });
    expect(difference({ before: document, after: null })).toEqual({ before: document, after: null });
    expect(difference({ before: null, after: null })).toEqual({ before: null, after: null });
  });

  test('has the version of both sides, each where it has one', () => {
    expect(diff({ version: 7, a: 1 }, { version: 7, a: 2 })).toEqual({ before: { version: 7, a: 1 }, after: { version: 7, a: 2 } });
    expect(diff({ a: 1 }, { version: 1, a: 2 })).toEqual({ before: { a: 1 }, after: { version: 1, a: 2 } });
    expect(diff({ in: { version: 1, a: 1 } }, { in: { version: 1, a: 2 } })).toEqual({ before: { in: { a: 1 } }, after: { in: { a: 2 } } });
  });

  test('is a member whole where its kind changed', () => {
    expect(diff({ m: { a: 1 } }, { m: [1] })).toEqual({ before: { m: { a: 1 } }, after: { m: [1] } });
    expect(diff({ m: [1] }, { m: { a: 1 } })).toEqual({ before: { m: [1] }, after: { m: { a: 1 } } });
    expect(diff({ m: { a: 1 } }, { m: null })).toEqual({ before: { m: { a: 1 } }, after: { m: null } });
    expect(diff({ m: 'x' }, { m: { a: 1 } })).toEqual({ before: { m: 'x' }, after: { m: { a: 1 } } });
  });
});

describe('of lists', () => {
  const [a, b, c] = [{ id: 'a', v: 1 }, { id: 'b', v: 1 }, { name: 'c', v: 1 }];

  test('whose entries have names, the entries that differ', () => {
    expect(diff({ list: [a, b, c] }, { list: [a, { ...b, v: 2 }, c] })).toEqual({ before: { list: [b] }, after: { list: [{ id: 'b', v: 2 }] } });
    expect(diff({ list: [a, b] }, { list: [a] })).toEqual({ before: { list: [b] }, after: { list: [] } });
    expect(diff({ list: [] }, { list: [c] })).toEqual({ before: { list: [] }, after: { list: [c] } });
    expect(diff({ list: [a, c] }, { list: [{ ...c, v: 2 }, a] })).toEqual({ before: { list: [c] }, after: { list: [{ name: 'c', v: 2 }] } });
  });

  test('in which only the order is another, the names in their orders', () => {
    expect(diff({ list: [a, b, c] }, { list: [c, a, b] })).toEqual({ before: { list: ['a', 'b', 'c'] }, after: { list: ['c', 'a', 'b'] } });
  });

  test.each([
    ['plain values', ['x', 'y'], ['x', 'z']],
    ['entries of which one has no name', [a, { v: 1 }], [a, { v: 2 }]],
    ['entries that lose their names', [a, b], [a, { v: 2 }]],
    ['entries that gain them', [a, { v: 2 }], [a, b]],
    ['two entries of one name', [a, { ...a, v: 2 }], [a, { ...a, v: 3 }]],
  ])('of %s, all of both', (_name, before, after) => {
    expect(diff({ list: before }, { list: after })).toEqual({ before: { list: before }, after: { list: after } });
  });
});

describe('a name', () => {
  test('is an entry\'s id, else its name, and always text', () => {
    expect([{ id: 'i', name: 'n' }, { name: 'n' }, { id: null, name: 'n' }, { id: '' }].map((entry) => identityOf(entry))).toEqual(['i', 'n', 'n', '']);
    for (const entry of [{ id: 7, name: 'n' }, {}, { name: { x: 1 } }, null, undefined, 'id', 7, [{ id: 'i' }], Object.assign([1], { id: 'i' })]) expect(identityOf(entry)).toBeUndefined();
  });

  test('tells all entries of a list apart, or none', () => {
    const [a, b] = [{ id: 'a' }, { id: 'b' }];
    expect([...(byIdentity([b, a]) ?? [])]).toEqual([['b', b], ['a', a]]);
    expect(byIdentity([])?.size).toBe(0);
    expect([byIdentity([a, { ...a }]), byIdentity([a, {}]), byIdentity(['a'])]).toEqual([undefined, undefined, undefined]);
  });
});

describe('a view that is too large', () => {
  /** `{"name":"xxx…"}` of exactly so many bytes. */
  const sized = (total: number): { m: string } => ({ m: 'x'.repeat(total - bytes({ m: '' })) });

  test('is one above the bound, in bytes and not in characters', () => {
    expect(difference({ before: null, after: sized(MAX_VIEW_BYTES) }).after).toEqual(sized(MAX_VIEW_BYTES));
    expect(difference({ before: sized(MAX_VIEW_BYTES + 1), after: null }).before).toEqual({ m: `[omitted: ${MAX_VIEW_BYTES + 1 - bytes({ m: '' }) + 2} bytes]` });
    expect(difference({ before: null, after: { m: 'é'.repeat(MAX_VIEW_BYTES / 2) } }).after).toEqual({ m: `[omitted: ${MAX_VIEW_BYTES + 2} bytes]` });
  });

  test('loses its largest members first, and no more than it must', () => {
    const [small, middle, large] = ['s'.repeat(10_000), 'm'.repeat(30_000), 'l'.repeat(40_000)];
    expect(difference({ before: null, after: { small, middle, large } }).after).toEqual({ small, middle, large: '[omitted: 40002 bytes]' });
    expect(difference({ before: null, after: { a: middle, b: `${middle}!`, c: `${middle}!!` } }).after).toEqual({ a: middle, b: '[omitted: 30003 bytes]', c: '[omitted: 30004 bytes]' });
  });

  test('may fill its bound to the last byte', () => {
    const [large, word] = ['x'.repeat(50_000), '[omitted: 50002 bytes]'];
    const rest = (more: number): string => 'r'.repeat(MAX_VIEW_BYTES - bytes({ large: word, rest: '' }) + more);
    expect(difference({ before: null, after: { large, rest: rest(0) } }).after).toEqual({ large: word, rest: rest(0) });
    expect(difference({ before: null, after: { large, rest: rest(1) } }).after).toEqual({ large: word, rest: `[omitted: ${bytes(rest(1))} bytes]` });
    // Names of members that alone are as long as the bound.
    const named = (more: number) => ({ ['n'.repeat(MAX_VIEW_BYTES - bytes({ '': word }) + more)]: large });
    expect(Object.values(difference({ before: null, after: named(0) }).after ?? {})).toEqual([word]);
    expect(difference({ before: null, after: named(1) }).after).toEqual({ '[omitted]': `[omitted: ${bytes(named(1))} bytes]` });
  });

  test('is bounded on both sides of a change', () => {
    const [before, after] = [{ a: 'x'.repeat(MAX_VIEW_BYTES), b: 1 }, { a: 'y'.repeat(MAX_VIEW_BYTES), b: 2 }];
    const word = `[omitted: ${MAX_VIEW_BYTES + 2} bytes]`;
    expect(diff(before, after)).toEqual({ before: { a: word, b: 1 }, after: { a: word, b: 2 } });
  });

  test('of more members than can be named says only how large it is', () => {
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_unused, at) => [`member-${at}`, at]));
    expect(difference({ before: null, after: many }).after).toEqual({ '[omitted]': `[omitted: ${bytes(many)} bytes]` });
  });
});
