import { describe, expect, test } from '@jest/globals';
import { scorePrior } from '../../../functions/core/routing/classifier/prior.ts';
import { priorArtifact } from '../../../functions/core/routing/classifier/prior-artifact.ts';
import { scoreStatic } from '../../../functions/core/routing/classifier/static.ts';
import type { RequestFacts } from '../../../functions/core/routing/request-facts.ts';
import { ask, facts } from './routing-world.ts';

const STRATEGIES: readonly (readonly [string, (facts: RequestFacts) => unknown])[] = [['static', scoreStatic], ['ml', (facts) => scorePrior(facts, priorArtifact())]];

/** Least CPU milliseconds of a few runs of ten decisions' worth of scoring. */
function leastMs(score: (facts: RequestFacts) => unknown, text: string): number {
  const conversation = ask(text);
  let least = Infinity;
  for (let run = 0; run < 5; run += 1) {
    const before = process.cpuUsage();
    for (let at = 0; at < 10; at += 1) score(facts(conversation));
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1_000);
  }
  return least;
}
const PLAIN = 'Please look at the plan of the week and tell me what is missing. '.repeat(250);

// One quadratic search over the 4 KiB that are read costs some seventy times the whole of a harmless turn.
describe.each(STRATEGIES)('the strategy %s', (_strategy, score) => test.each([
  ['a stack line without end', '  at ' + 'x'.repeat(16_000)], ['a stack word over and over', '  at x'.repeat(2_700)], ['stack lines', ' at x\n'.repeat(2_300)], ['empty lines', `${'\n'.repeat(16_000)}y`],
  ['blanks', `${' '.repeat(16_000)}y`], ['a bullet and blanks', `-${' '.repeat(16_000)}x`], ['digits', '1'.repeat(16_000)], ['brackets', '()'.repeat(8_000)], ['semicolons', '; '.repeat(8_000)],
  ['closing brackets and lines', `${'} \n '.repeat(4_000)}x`], ['imports', 'from '.repeat(3_200)], ['one import without end', `from ${'x'.repeat(16_000)}`], ['paths', '/a'.repeat(8_000)], ['underlines', '_'.repeat(16_000)], ['one long word', 'z'.repeat(16_000)], ['backslashes', '\\a'.repeat(8_000)],
  ['greetings', 'hi'.repeat(8_000)], ['the start of many words', 'pr'.repeat(8_000)], ['Chinese verbs', '设'.repeat(16_000)], ['half pairs', '\ud83d'.repeat(16_000)], ['300,000 characters', 'Prove it. '.repeat(30_000)],
])('%s makes no search of the scoring quadratic', (_, text) => {
  expect(leastMs(score, text)).toBeLessThan(10 * Math.max(leastMs(score, PLAIN), 1));
}));
