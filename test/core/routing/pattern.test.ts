import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { glob as globSchema } from '../../../functions/contract/vocabulary.ts';
import { globMatches, MAX_STARS, starsIn } from '../../../functions/core/routing/pattern.ts';
import { figure } from '../../support/figure.ts';
import { full } from '../../support/full.ts';

/** The definition itself, by exhaustive search over characters. */
function oracle(glob: readonly string[], text: readonly string[]): boolean {
  const [first, ...rest] = glob;
  if (first === undefined) return text.length === 0;
  if (first === '*') return text.some((_, at) => oracle(rest, text.slice(at))) || oracle(rest, []);
  return text.length > 0 && (first === '?' || first === text[0]) && oracle(rest, text.slice(1));
}

/** A text that counts how often a character of it is read. */
function counted(text: string): { text: string; reads: () => number } {
  let reads = 0;
  const spy = { length: text.length, charCodeAt: (at: number) => ((reads += 1), text.charCodeAt(at)) };
  return { text: spy as unknown as string, reads: () => reads };
}

describe('globs', () => {
  test.each([
    ['code/*', 'code/x', true], ['code/*', 'code/', true], ['code/*', 'code', false], ['*', '', true], ['*', 'anything', true],
    ['claude-*-4', 'claude-sonnet-4', true], ['claude-*-4', 'claude-sonnet-4-5', false], ['gpt-?', 'gpt-5', true], ['gpt-?', 'gpt-', false],
    ['gpt-?', 'gpt-55', false], ['a**b', 'ab', true], ['', '', true], ['', 'a', false], ['A*', 'abc', false], ['?', '🙂', true], ['*?', '🙂', true],
    ['*??', '🙂', false], ['a.c', 'abc', false], ['[ab]', 'a', false], ['+(ab|abab)', 'abab', false], ['+(ab|abab)', '+(ab|abab)', true], ['\\d', '7', false],
  ])('%j on %j: %j', (glob, text, expected) => { expect(globMatches(glob, text)).toBe(expected); });

  test('agree with the exhaustive definition on every short pattern and text', () => {
    const letters = fc.constantFrom('a', 'b', '🙂');
    const glob = fc.array(fc.oneof({ weight: 2, arbitrary: letters }, fc.constantFrom('*', '?')), { maxLength: 8 });
    fc.assert(fc.property(glob, fc.array(letters, { maxLength: 9 }), (pattern, text) => {
      expect(globMatches(pattern.join(''), text.join(''))).toBe(oracle(pattern, text));
    }), { numRuns: full(20_000) });
  });

  test('whatever a glob is made from by cutting pieces out of a text, it matches that text', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.string({ maxLength: 6 }), fc.boolean()), { maxLength: 8 }), (pieces) => {
      const text = pieces.map(([piece]) => piece).join('');
      const glob = pieces.map(([piece, hidden]) => (hidden ? '*' : piece.replace(/\*/g, '?'))).join('');
      expect(globMatches(glob, text)).toBe(true);
    }), { numRuns: full(2_000) });
  });

  test('counts asterisks and nothing else', () => {
    expect(starsIn('')).toBe(0);
    expect(starsIn('a*b?c**')).toBe(3);
  });
});

describe('adversarial patterns', () => {
  const name = 'a'.repeat(2_048);
  // Reads per (glob character × text character): one comparison, and the look at the next character after a failure.
  const bound = (glob: string, text: string): number => 3 * (glob.length + 1) * (text.length + 1);

  test.each([['*a*a*a*a*b'], ['+(ab|abab)'], ['*a*a*a*a*a*a*a*b'], [`${'*a?'.repeat(8)}b`], [`*${'a'.repeat(126)}b`], ['?'.repeat(128)]])('guarantee G3: %s fails on 2 KiB with bounded work', (glob) => {
    const spy = counted(name);
    expect(globMatches(glob, spy.text)).toBe(false);
    expect(spy.reads()).toBeLessThanOrEqual(bound(glob, name));
  });

  test('guarantee G3: no pattern up to 128 characters needs more than pattern × name steps', () => {
    const glob = fc.array(fc.constantFrom('*', '?', 'a', 'b', '*a', 'ab', '+(ab|abab)'), { minLength: 1, maxLength: 64 })
      .map((pieces) => pieces.join('').slice(0, 128)).filter((made) => starsIn(made) <= MAX_STARS);
    const text = fc.tuple(fc.constantFrom('a', 'ab', 'aab', 'abab', 'ba'), fc.constantFrom('', 'b', 'c')).map(([unit, end]) => unit.repeat(2_048).slice(0, 2_048 - end.length) + end);
    fc.assert(fc.property(glob, text, (pattern, subject) => {
      const spy = counted(subject);
      globMatches(pattern, spy.text);
      expect(spy.reads()).toBeLessThanOrEqual(bound(pattern, subject));
    }), { numRuns: full(1_000) });
    figure('G3', `${full(1_000).toLocaleString('en')} adversarial patterns x 2 KiB: steps <= pattern x name`);
  });

  test('guarantee G3: `+(ab|abab)` is no legal glob of a rule, and neither is one of 129 characters', () => {
    expect(globSchema.safeParse('+(ab|abab)').success).toBe(false);
    expect(globSchema.safeParse('a'.repeat(129)).success).toBe(false);
    expect(globSchema.safeParse('*a*a*a*a*b').success).toBe(true);
  });
});
