import { describe, expect, test } from '@jest/globals';
import type { BenchRow } from '../../tools/bench-routing/data.ts';
import { apgr, atThreshold, bootstrap, cpt, curveOf, savedAt, thresholdFor, type PairItem } from '../../tools/bench-routing/metrics.ts';
import { Musts } from '../../tools/bench-routing/musts.ts';
import { tiersByPrice } from '../../tools/bench-routing/online.ts';
import { crossFitTaskTable, fitTaskTable } from '../../tools/bench-routing/task-table.ts';

/** Four prompts: on two the weak model does as well as the strong one, which costs ten times as much. */
const ITEMS: PairItem[] = [[1, 1], [1, 0], [1, 1], [1, 0]].map(([strong = 0, weak = 0]) => ({ row: {} as BenchRow, strong, weak, strongUsd: 10, weakUsd: 1 }));
const ORACLE = [0, 1, 0, 1];

describe('the metrics', () => {
  test('of a constant score are those of chance', () => {
    const curve = curveOf(ITEMS, [3, 3, 3, 3]);
    expect([...curve.quality]).toEqual([0.5, 0.625, 0.75, 0.875, 1]);
    expect(apgr(curve)).toBeCloseTo(0.5, 12);
    expect([cpt(curve, 0.5), cpt(curve, 0.8), savedAt(curve, 1)]).toEqual([50, 100, 0]);
  });
  test('of the oracle: half the calls, all of the quality', () => {
    const curve = curveOf(ITEMS, ORACLE);
    expect([...curve.quality]).toEqual([0.5, 0.75, 1, 1, 1]);
    expect(apgr(curve)).toBeCloseTo(0.75, 12);
    expect(savedAt(curve, 1)).toBeCloseTo(100 * (1 - 22 / 40), 12);
    expect(apgr(curveOf(ITEMS, ORACLE.map((score) => -score)))).toBeCloseTo(0.25, 12);
  });
  test('a threshold that was fixed gives what it gives', () => {
    expect(thresholdFor(ITEMS, ORACLE, 1)).toBe(1);
    expect(atThreshold(ITEMS, ORACLE, 1)).toEqual({ quality: 1, saved: 100 * (1 - 22 / 40) });
    expect(atThreshold(ITEMS, ORACLE, Infinity)).toEqual({ quality: 0.5, saved: 90 });
  });
  test('an interval leaves out resamples without a value', () => {
    const [low, high] = bootstrap(4, (sample) => (sample[0] === 0 ? Number.NaN : (sample[0] ?? 0)));
    expect([low, high]).toEqual([1, 3]);
  });
});

test('the task table predicts the mean of a task, shrunk, and the line what differs inside it', () => {
  const observed = Array.from({ length: 400 }, (_, at) => ({ task: at % 2 === 0 ? 'a' : 'b', y: (at % 2 === 0 ? 0.4 : 0) + 0.1 * ((at % 5) - 2), logits: [(at % 5) - 2, 0, 0] }));
  const predict = fitTaskTable(observed);
  expect(predict('a', [0, 0, 0])).toBeCloseTo(0.4, 1);
  expect(predict('b', [2, 0, 0]) - predict('b', [0, 0, 0])).toBeCloseTo(0.2, 1);
  expect(predict('never seen', [0, 0, 0])).toBeCloseTo(0.2, 1);
  // A task of one observation is not believed.
  const [own] = crossFitTaskTable([{ task: 'rare', y: 5, logits: [0, 0, 0] }, ...observed]);
  expect(own).toBeLessThan(0.5);
});

test('a pool is put into tiers by list price, against the baseline', () => {
  const pairs = { pairs: {}, pools: {}, default_out_tok: 100, price_usd_per_mtok_in_out: { tiny: [0.1, 0.1], mid: [0.3, 0.3], near: [0.8, 0.8], base: [0.9, 0.9], dear: [2, 2] } } as const;
  expect(tiersByPrice(pairs, { source: [], baseline: 'base', models: ['base', 'dear', 'mid', 'near', 'tiny'] })).toEqual({ simple: ['tiny'], moderate: ['mid', 'near'], complex: ['base', 'dear'] });
});

test('a must that does not hold is told apart and counted', () => {
  const musts = new Musts();
  musts.check('one', true);
  musts.check('two', false);
  expect({ lines: musts.lines, failed: musts.failed }).toEqual({ lines: ['pass  one', 'FAIL  two'], failed: 1 });
});
