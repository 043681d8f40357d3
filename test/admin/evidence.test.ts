import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { recordLabel } from '../../functions/adapters/store/evidence.ts';
import { putPlan } from '../../functions/adapters/store/evidence-plan.ts';
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

test('the plan in force is shown, and beside each cell what it makes of it', async () => {
  const at = '2026-03-02T05:00:00.000Z';
  for (const [templateKey, model] of [['tk_a', 'cheap'], ['tk_a', 'mid'], ['tk_b', 'cheap'], ['tk_c', 'cheap']] as const) {
    await recordLabel(temp.store, 'default', { requestId: 'R1', templateKey, model, baseline: 'strong', d: 0, propensity: 0.05, costMicros: 10, at: new Date().toISOString() }, Date.now());
  }
  expect((await ask(temp.store, '/admin/evidence')).json).toMatchObject({ plan: null, items: [{ verdict: 'open', served: null }, {}, {}, {}] });
  const measured = { n: 40, mean: 0.01, se: 0.02 };
  const bad = { labels: 1, perDay: 9, models: [{ model: 'cheap', n: 40, mean: -0.2, se: 0.02, share: 1, isBad: true as const }] };
  await putPlan(temp.store, 'default', {
    version: 0, decidedAt: at, baseline: 'strong', labels: 4, eps: 0.1, certified: { mean: 0.01, se: 0.01, lower: -0.015, budget: -0.02, k: 2.5, saving: 0.4 },
    assignments: { tk_a: { model: 'cheap', ...measured, why: 'certified', since: at }, tk_c: { model: 'strong', ...measured, why: 'withdrawn', since: at } },
    templates: { tk_a: { labels: 2, perDay: 9, models: [] }, tk_b: bad, tk_c: bad },
  }, undefined);
  const { json } = await ask(temp.store, '/admin/evidence');
  expect(json['plan']).toEqual({
    version: 1, decidedAt: at, baseline: 'strong', labels: 4, judgeError: 0.1, templates: 3, downgraded: 1, withdrawn: 1, certified: { mean: 0.01, se: 0.01, lower: -0.015, budget: -0.02, k: 2.5, saving: 0.4 },
  });
  expect((json['items'] as Record<string, unknown>[]).map(({ template, model, verdict, served }) => [template, model, verdict, served])).toEqual([
    ['tk_a', 'cheap', 'serves', { model: 'cheap', why: 'certified', since: at }], ['tk_a', 'mid', 'open', { model: 'cheap', why: 'certified', since: at }],
    ['tk_b', 'cheap', 'too_bad', null], ['tk_c', 'cheap', 'too_bad', { model: 'strong', why: 'withdrawn', since: at }],
  ]);
});
