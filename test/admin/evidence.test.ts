import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { putEvidenceOp } from '../../functions/adapters/store/evidence.ts';
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
  for (const [tenant, templateKey, model] of [['default', 'tk_a', 'cheap'], ['default', 'tk_a', 'mid'], ['default', 'tk_b', 'cheap'], ['other', 'tk_a', 'canary']] as const) {
    await temp.store.write([putEvidenceOp(tenant, { templateKey, model, labels: 10, sumW: 10, sumW2: 10, sumWd: -1, sumWd2: 1, updatedAt: '2026-01-01T00:00:00.000Z' })]);
  }
  const first = await ask(temp.store, '/admin/evidence?limit=2');
  expect(first.json).toMatchObject({ items: [{ template: 'tk_a', model: 'cheap', labels: 10, n: 10, mean: -0.1, se: expect.any(Number) }, { template: 'tk_a', model: 'mid' }], nextCursor: expect.any(String) });
  const second = await ask(temp.store, `/admin/evidence?limit=2&cursor=${encodeURIComponent(String(first.json['nextCursor']))}`);
  expect(second.json).toMatchObject({ items: [{ template: 'tk_b', model: 'cheap' }], nextCursor: null });
  expect((await ask(temp.store, '/admin/evidence?cursor=nonsense')).status).toBe(400);
});
