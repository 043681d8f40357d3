import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { globMatches } from '../../../functions/core/routing/pattern.ts';
import { prepareGlob, TextSearch } from '../../../functions/core/routing/text-search.ts';
import { full } from '../../support/full.ts';

const letters = (alphabet: string, maxLength: number): fc.Arbitrary<string> => fc.array(fc.constantFrom(...alphabet), { maxLength }).map((list) => list.join(''));

describe('a search within its bound', () => {
  test('finds in short and in indexed texts exactly what includes and startsWith find', () => {
    fc.assert(fc.property(letters('abc', 6), letters('ab☕𝄞', 40), fc.array(letters('abc☕𝄞', 7), { minLength: 1, maxLength: 12 }), fc.boolean(), (unit, end, literals, long) => {
      const text = `${unit.repeat(long ? 400 : 2)}${end}`;
      const search = new TextSearch();
      for (const literal of [...literals, ...literals]) {
        expect([literal, search.contains(text, literal)]).toEqual([literal, text.includes(literal)]);
        expect([literal, search.startsWith(text, literal)]).toEqual([literal, text.startsWith(literal)]);
      }
    }), { numRuns: full(2_000) });
  });

  test('matches globs as the matcher of names does, surrogate pairs included', () => {
    const glob = letters('ab*?☕𝄞', 10).filter((made) => made !== '');
    fc.assert(fc.property(fc.array(glob, { minLength: 1, maxLength: 10 }), letters('ab☕𝄞', 12), fc.boolean(), (globs, end, long) => {
      const text = `${long ? 'ab'.repeat(600) : ''}${end}`;
      const search = new TextSearch();
      for (const one of [...globs, '\ud834*', '*\udd1e']) expect([one, search.glob(text, prepareGlob(one))]).toEqual([one, globMatches(one, text)]);
    }), { numRuns: full(2_000) });
  });
});

describe('a search past its bound', () => {
  const text = 'a'.repeat(64 * 1024);
  test.each<[string, (search: TextSearch, at: number) => boolean | null]>([
    // Shorter than what the index knows.
    ['of texts', (search) => search.contains(text, 'aab')],
    ['by globs', (search) => search.glob(text, prepareGlob('*aa*b*'))],
    ['by globs step by step', (search) => search.glob(text, prepareGlob('*a?a*b'))],
    ['of many names', (search, at) => search.startsWith('name', `n${at}`)],
  ])('%s is unknown, not endless', (_name, look) => {
    const search = new TextSearch();
    let looks = 0;
    while (looks < 1_000_000 && look(search, looks) !== null) looks += 1;
    expect(looks).toBeGreaterThan(0);
    expect(looks).toBeLessThan(1_000_000);
    // Nor does it come back.
    expect([search.contains(text, 'a'), search.glob(text, prepareGlob('*')), search.startsWith(text, 'a')]).toEqual([null, null, null]);
  });
});
