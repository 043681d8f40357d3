import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { recordLabel } from '../../functions/adapters/store/evidence.ts';
import { summaryOf } from '../../functions/core/routing/evidence/summary.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { ask } from './support.ts';

let temp: TempStore;
beforeEach(async () => { temp = await tempStore(); });
afterEach(() => temp.cleanup());

test('mean and standard error of equal weights are the textbook\'s', () => {
  const d = [0, 0, -1, 0.5, 0, 1, 0, -0.5];
  const mean = d.reduce((a, b) => a + b) / d.length;
  const variance = d.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (d.length - 1);
  const { n, mean: got, se } = summaryOf({ sumW: 8, sumW2: 8, sumWd: d.reduce((a, b) => a + b), sumWd2: d.reduce((sum, value) => sum + value * value, 0) });
  expect([n, got]).toEqual([8, mean]);
  expect(se).toBeCloseTo(Math.sqrt(variance / d.length), 12);
  expect(summaryOf({ sumW: 0, sumW2: 0, sumWd: 0, sumWd2: 0 })).toEqual({ n: 0, mean: null, se: null });
  expect(summaryOf({ sumW: 3, sumW2: 9, sumWd: -3, sumWd2: 3 })).toEqual({ n: 1, mean: -1, se: null });
});

test('cells are listed by template and model, page by page, each tenant its own', async () => {
  const at = new Date().toISOString();
  for (const [tenant, templateKey, model] of [['default', 'tk_a', 'cheap'], ['default', 'tk_a', 'mid'], ['default', 'tk_b', 'cheap'], ['other', 'tk_a', 'canary']] as const) {
    for (let i = 0; i < 10; i += 1) {
      await recordLabel(temp.store, tenant, { requestId: `R${i}`, templateKey, model, baseline: 'strong', d: i === 0 ? -1 : 0, propensity: 0.05, costMicros: 10, at }, Date.now());
    }
  }
  const first = await ask(temp.store, '/admin/evidence?limit=2');
  expect(first.json).toMatchObject({ items: [{ template: 'tk_a', model: 'cheap', labels: 10, mean: expect.closeTo(-0.1, 6), se: expect.any(Number) }, { template: 'tk_a', model: 'mid' }], nextCursor: expect.any(String) });
  const second = await ask(temp.store, `/admin/evidence?limit=2&cursor=${encodeURIComponent(String(first.json['nextCursor']))}`);
  expect(second.json).toMatchObject({ items: [{ template: 'tk_b', model: 'cheap' }], nextCursor: null });
  expect((await ask(temp.store, '/admin/evidence?cursor=nonsense')).status).toBe(400);
});
