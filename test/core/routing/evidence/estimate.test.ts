import { describe, expect, test } from '@jest/globals';
import { halfOf, weightOf } from '../../../../functions/core/routing/evidence/cell.ts';
import { choicesOf, filled, lowerBound, qualityOf, type Template } from '../../../../functions/core/routing/evidence/choose.ts';
import { Estimates } from '../../../../functions/core/routing/evidence/estimate.ts';
import { sharesOf } from '../../../../functions/core/routing/evidence/explore.ts';
import { judgeErrorOf } from '../../../../functions/core/routing/evidence/judge-error.ts';
import { trafficOf } from '../../../../functions/core/routing/evidence/traffic.ts';
import { cell, DAY_MS, NOW_MS } from './world.ts';

const estimates = (cells: ReturnType<typeof cell>[], more: { eps?: number; priors?: Record<string, number>; nowMs?: number; part?: 'a' | 'b' | 'both' } = {}) =>
  new Estimates({ cells, part: 'both', eps: 0, nowMs: NOW_MS, ...more });

describe('estimates', () => {
  test('come to the measured mean with many pairs and to what others show with few', () => {
    expect(estimates([cell('tk_a', 'cheap', 5_000, 0.1)]).at('tk_a', 'cheap').mean).toBeCloseTo(0.1, 2);
    const others = ['tk_b', 'tk_c', 'tk_d', 'tk_e'].map((key) => cell(key, 'cheap', 200, -0.2));
    const few = estimates([...others, cell('tk_a', 'cheap', 2, 0.3)]).at('tk_a', 'cheap');
    expect(few.mean).toBeLessThan(0.05);
    expect(estimates(others).at('tk_new', 'cheap').mean).toBeCloseTo(-0.2, 1);
    expect(estimates([]).at('tk_new', 'cheap').mean).toBe(-0.05);
    expect(estimates([], { priors: { cheap: -0.3 } }).at('tk_new', 'cheap').mean).toBe(-0.3);
  });

  test('a template that is hard for one model is expected to be hard for others', () => {
    const cells = ['tk_b', 'tk_c', 'tk_d'].flatMap((key) => [cell(key, 'cheap', 100, 0), cell(key, 'mid', 100, 0)]);
    expect(estimates([...cells, cell('tk_a', 'cheap', 100, -0.3)]).at('tk_a', 'mid').mean).toBeLessThan(estimates(cells).at('tk_a', 'mid').mean - 0.01);
  });

  test('a judge that errs is corrected for: the same verdicts mean a larger difference, and less certainly', () => {
    const [sure, erring] = [0, 0.2].map((eps) => estimates([cell('tk_a', 'cheap', 2_000, -0.1)], { eps }).at('tk_a', 'cheap'));
    expect(erring?.mean).toBeCloseTo((sure?.mean ?? 0) / 0.6, 1);
    expect(erring?.se).toBeGreaterThan(sure?.se ?? 1);
  });

  test('pairs that happen to agree are not taken for certainty', () => {
    const agreeing = { ...cell('tk_a', 'cheap', 4, 0), a: { sumW: 80, sumW2: 1_600, sumWd: 0, sumWd2: 0 }, b: { sumW: 80, sumW2: 1_600, sumWd: 0, sumWd2: 0 } };
    expect(estimates([agreeing]).at('tk_a', 'cheap').se).toBeGreaterThan(0.08);
  });

  test('evidence that nothing is added to fades', () => {
    const n = (days: number) => estimates([cell('tk_a', 'cheap', 100, 0)], { nowMs: NOW_MS + days * DAY_MS }).at('tk_a', 'cheap').n;
    expect([n(0), n(1), n(4)]).toEqual([expect.closeTo(200), expect.closeTo(200), expect.closeTo(100)]);
  });

  test('each half is read for itself', () => {
    const split = { ...cell('tk_a', 'cheap', 1_000, 0), b: cell('tk_a', 'cheap', 1_000, 0.4).b };
    expect(estimates([split], { part: 'a' }).at('tk_a', 'cheap').mean).toBeCloseTo(0, 1);
    expect(estimates([split], { part: 'b' }).at('tk_a', 'cheap').mean).toBeCloseTo(0.4, 1);
  });
});

describe('the bound of a choice', () => {
  test('errors of independent templates cancel, doubts about what was chosen add up', () => {
    const keys = Array.from({ length: 100 }, (_, at) => `tk_${at}`);
    const known = estimates(keys.map((key) => cell(key, 'cheap', 30, 0.02)));
    const bound = (count: number) => {
      const templates = keys.slice(0, count).map((templateKey) => ({ templateKey, share: 1 / count, options: [] }));
      return qualityOf(templates, templates.map(() => ({ model: 'cheap', cost: 0, isBaseline: false })), known);
    };
    expect(bound(100).se).toBeLessThan(bound(1).se / 3);
    expect(bound(100).doubt).toBeCloseTo(bound(1).doubt, 6);
    expect(lowerBound(bound(1), 2.5)).toBeCloseTo(bound(1).mean - 2.5 * bound(1).se, 12);
    expect(lowerBound(bound(100), 2.5)).toBeLessThan(bound(100).mean - 2.5 * bound(100).se);
  });

  describe('what is left of a budget', () => {
    const means: Record<string, number> = { tk_a: 0.02, tk_b: -0.03, tk_c: -0.06, tk_d: -0.3 };
    const known = estimates(Object.entries(means).map(([key, mean]) => cell(key, 'cheap', 2_000, mean)));
    const templates: Template[] = Object.keys(means).map((templateKey) => ({ templateKey, share: 0.25, options: [{ model: 'strong', cost: 0.25, isBaseline: true }, { model: 'cheap', cost: 0.05, isBaseline: false }] }));
    const careful = choicesOf(templates, known, 1)[0] ?? { picks: [], cost: 0 };
    const bound = (least: number) => ({ lower: (quality: Parameters<typeof lowerBound>[0]) => lowerBound(quality, 1), least });
    const cheap = (least: number) => filled(templates, careful, known, bound(least)).picks.map(({ isBaseline }, at) => (isBaseline ? '' : templates[at]?.templateKey)).filter((key) => key !== '');

    test('goes to the templates that take least of it, and not one more than it holds', () => {
      expect(careful.picks.every(({ isBaseline }) => isBaseline)).toBe(true);
      expect([cheap(0), cheap(-0.01), cheap(-0.03), cheap(-1)]).toEqual([['tk_a'], ['tk_a', 'tk_b'], ['tk_a', 'tk_b', 'tk_c'], ['tk_a', 'tk_b', 'tk_c', 'tk_d']]);
      for (const least of [0, -0.01, -0.03, -0.1]) {
        const full = filled(templates, careful, known, bound(least));
        expect(lowerBound(qualityOf(templates, full.picks, known), 1)).toBeGreaterThanOrEqual(least);
        expect(full.cost).toBeCloseTo(full.picks.reduce((sum, { cost }) => sum + cost, 0), 12);
      }
    });

    test('is left where nothing cheaper holds', () => {
      expect(filled(templates, careful, known, bound(1))).toEqual({ picks: careful.picks, cost: expect.closeTo(1, 12) });
    });
  });

  test('the baseline is not in doubt', () => {
    const templates = [{ templateKey: 'tk_a', share: 1, options: [] }];
    expect(qualityOf(templates, [{ model: 'strong', cost: 1, isBaseline: true }], estimates([]))).toEqual({ mean: 0, se: 0, doubt: 0 });
  });
});

describe('small parts', () => {
  test('halves are even and known by the request alone', () => {
    const ids = Array.from({ length: 4_000 }, (_, at) => `01JAAAAAAAAAAAAAAAAAAA${at.toString().padStart(4, '0')}`);
    const share = ids.filter((id) => halfOf(id) === 'a').length / ids.length;
    expect(Math.abs(share - 0.5)).toBeLessThan(0.04);
    // Ids that follow one another do not alternate: a client that sends pairs would fill one half with one kind.
    const even = ids.filter((_, at) => at % 2 === 0);
    expect(Math.abs(even.filter((id) => halfOf(id) === 'a').length / even.length - 0.5)).toBeLessThan(0.05);
    expect(halfOf('x')).toBe(halfOf('x'));
  });

  test('weights are the inverse of the propensity, and capped', () => {
    expect([weightOf(1), weightOf(0.05), weightOf(0.0001), weightOf(0)]).toEqual([1, 20, 50, 50]);
  });

  test('the judge\'s error rate starts at 10 %, follows the checks, and is never beyond use', () => {
    expect(judgeErrorOf(undefined)).toBeCloseTo(0.1);
    expect(judgeErrorOf({ aaPairs: 200, aaWrong: 2, plantedPairs: 200, plantedWrong: 6 })).toBeCloseTo(10 / 420);
    expect(judgeErrorOf({ aaPairs: 50, aaWrong: 50, plantedPairs: 50, plantedWrong: 50 })).toBe(0.35);
  });

  test('the next comparison goes to what may be good and saves, and nothing is given up', () => {
    const shares = sharesOf([{ model: 'good', mean: 0, se: 0.05, saving: 0.9 }, { model: 'dear', mean: 0, se: 0.05, saving: 0.1 }, { model: 'bad', mean: -0.5, se: 0.05, saving: 0.95 }, { model: 'unknown', mean: -0.05, se: 0.2, saving: 0.9 }]);
    const of = (model: string) => shares.find((entry) => entry.model === model)?.share ?? 0;
    expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
    expect(of('good')).toBeGreaterThan(of('dear'));
    expect(of('unknown')).toBeGreaterThan(of('bad'));
    expect(of('bad')).toBeGreaterThan(0);
  });

  test('days become one; traffic of templates without a place stands with the parents that were judged', () => {
    const day = (perDay: number) => [{ templateKey: 'tk_a', perDay, input: 100, output: 10 }, { templateKey: 'tk_gone', perDay: 30, input: 300, output: 30 }];
    const traffic = trafficOf([day(100), day(300)], new Map([['tk_a', 5], ['tp_x', 3], ['tp_y', 1]]), (key) => key.startsWith('tp_'));
    expect(traffic).toEqual([
      { templateKey: 'tk_a', perDay: 200, input: 100, output: 10 }, { templateKey: 'tp_x', perDay: 22.5, input: 300, output: 30 }, { templateKey: 'tp_y', perDay: 7.5, input: 300, output: 30 },
    ]);
    expect(trafficOf([], new Map([['tk_a', 5]]), () => false)).toEqual([]);
  });
});
