import { describe, expect, test } from '@jest/globals';
import { planOf } from '../../../../functions/core/routing/evidence/plan-of.ts';
import { priorsOf } from '../../../../functions/core/routing/evidence/priors.ts';
import { trafficOf, type TemplateTraffic } from '../../../../functions/core/routing/evidence/traffic.ts';
import { cell, input } from './world.ts';

const TIERS = { simple: ['cheap', 'both'], moderate: ['mid', 'both'], complex: ['strong', 'other'] };
const traffic = (templateKey: string, perDay: number, good?: readonly number[]): TemplateTraffic => ({ templateKey, perDay, input: 100, output: 10, ...(good && { good }) });

describe('what the classifier expects of a model', () => {
  test('is the mean difference of its tier\'s chance to the baseline\'s, by requests; a model of two tiers is one of the higher', () => {
    const priors = priorsOf([traffic('tk_a', 300, [0.5, 0.7, 0.9]), traffic('tk_b', 100, [0.9, 0.9, 0.9])], TIERS, 'strong');
    expect(priors).toEqual({ cheap: expect.closeTo(-0.3, 9), both: expect.closeTo(-0.15, 9), mid: expect.closeTo(-0.15, 9), other: 0 });
  });

  test('is never that it is better, and nothing where nothing was scored or nobody knows the baseline\'s tier', () => {
    expect(priorsOf([traffic('tk_a', 10, [0.9, 0.8, 0.7])], TIERS, 'strong')).toEqual({ cheap: 0, both: 0, mid: 0, other: 0 });
    expect(priorsOf([traffic('tk_a', 10), traffic('tk_b', 0, [0.1, 0.2, 0.3])], TIERS, 'strong')).toEqual({});
    expect(priorsOf([traffic('tk_a', 10, [0.5, 0.7, 0.9])], TIERS, 'gone')).toEqual({});
  });

  test('is of those requests that it scored, through the days as well', () => {
    const days = [[traffic('tk_a', 100, [0.4, 0.5, 0.6])], [traffic('tk_a', 300)], [traffic('tk_a', 300, [0.8, 0.9, 1])], [traffic('tk_gone', 50, [0, 0, 0])]];
    expect(trafficOf(days, new Map([['tk_a', 5]]), () => false)).toEqual([{ ...traffic('tk_a', 175), good: [expect.closeTo(0.7, 9), expect.closeTo(0.8, 9), expect.closeTo(0.9, 9)] }]);
  });
});

test('a plan starts from it: a model that nobody compared yet is explored the less the worse it is expected to be', () => {
  const cells = [cell('tk_a', 'mid', 200, 0)];
  const share = (priors: Record<string, number>): number => planOf(input(cells, { priors })).templates['tk_a']?.models.find(({ model }) => model === 'cheap')?.share ?? Number.NaN;
  expect(share({ cheap: -0.4 })).toBeLessThan(share({}));
  expect(share({ cheap: -0.05 })).toBe(share({}));
});
