import { describe, expect, test } from '@jest/globals';
import { planOf } from '../../../../functions/core/routing/evidence/plan-of.ts';
import { LEAST_A_DAY, samplingOf, type SamplingInput } from '../../../../functions/core/routing/evidence/sampling.ts';
import { cell, everywhere, input, sums, TEMPLATES } from './world.ts';

const asked = (more: Partial<SamplingInput> = {}): SamplingInput => ({
  labels: 0, plan: undefined, templateKey: 'tk_a', tierModel: 'strong', baseline: 'strong', pool: ['cheap', 'mid', 'strong'], today: { templateLabels: 100, dayFraction: 0.5 }, ...more,
});
const traffic = (perDay: number) => TEMPLATES.map((templateKey) => ({ templateKey, perDay, input: 1_000, output: 200 }));
const settled = (perDay: number) => planOf(input(everywhere(400, 0.03), { traffic: traffic(perDay) }));
const plan = settled(1_000);

describe('which pair to judge next', () => {
  test('5 % until 800 labels, then 1.5 %', () => {
    expect([0, 799, 800].map((labels) => samplingOf(asked({ labels })).rate)).toEqual([0.05, 0.05, 0.015]);
    expect(samplingOf(asked({ plan, labels: 5_000 })).rate).toBe(0.015);
  });

  test('shares add up to 1 and are those of the plan; the model that serves has at least half', () => {
    for (const tierModel of ['cheap', 'mid', 'strong', 'elsewhere']) {
      for (const known of [undefined, plan]) {
        const { models } = samplingOf(asked({ plan: known, tierModel }));
        expect(models.map(({ model }) => model)).toEqual(['cheap', 'mid']);
        expect(models.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 10);
        expect(models.every(({ share }) => share > 0)).toBe(true);
        const own = models.find(({ model }) => model === tierModel);
        if (own !== undefined) expect(own.share).toBeGreaterThanOrEqual(0.5);
      }
    }
    const [cheap, mid] = samplingOf(asked({ plan })).models;
    expect(cheap?.share).toBeGreaterThan(mid?.share ?? 1);
  });

  test('there is nothing to judge where there is only the baseline', () => {
    expect(samplingOf(asked({ pool: ['strong'] }))).toEqual({ rate: 0, models: [] });
  });

  test('a downgraded template has its 10 labels a day, however little traffic it has', () => {
    const down = settled(60);
    expect(down.assignments['tk_a']?.model).toBe('cheap');
    const sampled = (templateLabels: number, dayFraction: number) => samplingOf(asked({ plan: down, labels: 5_000, tierModel: 'cheap', today: { templateLabels, dayFraction } }));
    const perDay = (sampling: ReturnType<typeof samplingOf>) => 60 * sampling.rate * (sampling.models.find(({ model }) => model === 'cheap')?.share ?? 0);
    expect(perDay(sampled(10, 0.5))).toBeGreaterThanOrEqual(LEAST_A_DAY);
    expect(perDay(sampled(0, 0.5))).toBeGreaterThan(perDay(sampled(10, 0.5)));
    const rare = settled(3);
    expect(samplingOf(asked({ plan: rare, labels: 5_000, tierModel: 'cheap' })).rate).toBe(1);
  });

  test('more near the boundary, and much more where a model may have become worse', () => {
    const rate = (mean: number, fresh?: ReturnType<typeof sums>) => samplingOf(asked({ labels: 5_000, tierModel: 'mid', plan: planOf(input([...everywhere(400, 0.03), cell('tk_a', 'mid', 400, mean, fresh)])) })).rate;
    expect(rate(0.2)).toBeLessThan(rate(-0.02));
    expect(rate(-0.02, sums(4, -0.8))).toBeGreaterThan(2.5 * rate(-0.02));
  });
});
