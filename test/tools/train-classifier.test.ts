import { describe, expect, test } from '@jest/globals';
import { readArtifact } from '../../functions/core/routing/classifier/artifact.ts';
import { scorePrior } from '../../functions/core/routing/classifier/prior.ts';
import { factsOfRow, type BenchRow, type Pairs } from '../../tools/bench-routing/data.ts';
import { randomOf } from '../../tools/bench-routing/metrics.ts';
import { foldOf } from '../../tools/train-classifier/cross-fit.ts';
import { labelledRows } from '../../tools/train-classifier/examples.ts';
import { fitLogistic } from '../../tools/train-classifier/logistic.ts';
import { calibrate, chanceOf } from '../../tools/train-classifier/need.ts';
import { train, trainingSet } from '../../tools/train-classifier/train.ts';

const NO_PAIRS: Pairs = { pairs: {}, pools: {}, price_usd_per_mtok_in_out: {}, default_out_tok: 250 };
const rowOf = (prompt: string, small: number, more: Partial<BenchRow> = {}): BenchRow => ({
  id: prompt, source: 'made', category: 'task', split: 'train', prompt, tools: [], scores: {}, in_tok: 10, tier: { small, mid: Math.min(1, small + 0.1), frontier: 0.95 }, n_tier: { small: 5, mid: 5, frontier: 5 }, difficulty: 0.5, ...more,
});
/** Prompts with "zebra" are hard for small models, those with "apple" easy. */
const ROWS = Array.from({ length: 240 }, (_, at) => rowOf(`Question ${'abcdefghij'[at % 10]} about the ${at % 2 === 0 ? 'zebra' : 'apple'} number ${at}`, at % 2 === 0 ? 0.2 : 0.9));

describe('what may be trained on', () => {
  test.each([['a row of dev', { split: 'dev' }], ['AlpacaEval', { source: 'alpaca_eval' }]] as const)('%s is refused', (_what, more) => {
    expect(() => trainingSet([...ROWS, rowOf('x', 1, more)])).toThrow('may not be trained on');
  });
  test('a task that not even frontier models satisfy is left out, and named', () => {
    const { labelled, dropped } = trainingSet([...ROWS, rowOf('y', 0, { category: 'odd', tier: { small: 0, mid: 0, frontier: 0.1 } })]);
    expect(dropped).toEqual(['made/odd']);
    expect(labelled.some(({ id }) => id === 'y')).toBe(false);
  });
  test('one prompt in two sources is in one fold', () => {
    const [a, b] = labelledRows([rowOf('How many  apples?', 1), rowOf('how many apples?', 1, { source: 'other' })]);
    expect(a && foldOf(a, 5)).toBe(b && foldOf(b, 5));
    expect(new Set(labelledRows(ROWS).map((each) => foldOf(each, 5)))).toEqual(new Set([0, 1, 2, 3, 4]));
  });
});

test('the regression finds the weights that made its data', () => {
  const random = randomOf(7);
  const examples = Array.from({ length: 4_000 }, () => ({ dense: [random() * 4 - 2, random() * 4 - 2], buckets: new Uint16Array(0) }));
  const targets = Float64Array.from(examples, ({ dense: [a = 0, b = 0] }) => 1 / (1 + Math.exp(-(0.5 + 1.5 * a - 0.8 * b))));
  const { bias, dense } = fitLogistic({ examples, targets, weights: new Float64Array(4_000).fill(1) }, { dense: 1e-6, words: 1 }, { buckets: 0 });
  expect([bias, ...dense].map((value) => Math.round(value * 1_000) / 1_000)).toEqual([0.5, 1.5, -0.8]);
});

test('calibration gives the chance back that made the failures', () => {
  const random = randomOf(3);
  const labelled = labelledRows(Array.from({ length: 6_000 }, (_, at) => rowOf(`p${at}`, 0)));
  const unseen = labelled.map(() => ({ logits: [random() * 6 - 3, 0, 3], unknownWords: 0 }));
  const made = labelled.map((each, at) => ({ ...each, good: [1 / (1 + Math.exp(-(unseen[at]?.logits[0] ?? 0))), 1, 0.95] }));
  const { offset, slopes } = calibrate(made, unseen, { mid: 0, frontier: 0 });
  for (const logit of [-2, 0, 2]) {
    const score = 100 / (1 + Math.exp(-(offset + slopes[0] * logit)));
    expect(chanceOf(score)).toBeCloseTo(1 / (1 + Math.exp(logit)), 3);
  }
});

describe('training', () => {
  const once = train(ROWS, NO_PAIRS, { dense: 1, words: 0.5 }, 'prior-2026-01-01', { folds: 2 });
  test('gives the same bytes twice', () => {
    expect(JSON.stringify(train(ROWS, NO_PAIRS, { dense: 1, words: 0.5 }, 'prior-2026-01-01', { folds: 2 }).artifact)).toBe(JSON.stringify(once.artifact));
  });
  test('learns a word that tells hard from easy, through packing and reading', () => {
    const artifact = readArtifact(once.artifact);
    const score = (word: string): number => scorePrior(factsOfRow({ prompt: `Question b about the ${word} number 999`, tools: [] }), artifact).exact;
    expect(score('zebra')).toBeGreaterThan(score('apple') + 10);
  });
});
