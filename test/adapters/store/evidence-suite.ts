import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { listEvidence, readCells, readJudge, readVetoes, recordJudgeCheck, recordLabel, recordVeto, sumsOfCell } from '../../../functions/adapters/store/evidence.ts';
import { getPlan, putPlan } from '../../../functions/adapters/store/evidence-plan.ts';
import { freeTemplates, templateWithRoom } from '../../../functions/adapters/store/evidence-templates.ts';
import { partition } from '../../../functions/adapters/store/entity.ts';
import type { Store } from '../../../functions/adapters/store/port.ts';
import { halfOf, weightOf } from '../../../functions/core/routing/evidence/cell.ts';
import { FRESH_HALF_LIFE_MS, HALF_LIFE_MS } from '../../../functions/core/routing/evidence/decay.ts';
import type { Label } from '../../../functions/core/routing/evidence/label.ts';
import type { EvidencePlan } from '../../../functions/core/routing/evidence/plan.ts';
import { MAX_PARENTS, MAX_TEMPLATES, REST } from '../../../functions/core/routing/evidence/templates.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START_MS = Date.parse('2026-03-02T05:00:00Z');

interface Given { readonly open: () => Promise<{ store: Store; stop: () => Promise<void> }>; readonly labels: number }

/** What every engine must do alike with labels, vetoes, checks and plans. */
export function evidenceSuite({ open, labels }: Given): void {
  let store: Store;
  let stop: () => Promise<void>;
  let tenants = 0;
  const tenant = (): string => `e${(tenants += 1)}`;
  beforeAll(async () => { ({ store, stop } = await open()); }, 60_000);
  afterAll(() => stop?.());

  const label = (at: number, atMs: number, more: Partial<Label> = {}): Label =>
    ({ requestId: `R${at}`, templateKey: 'tk_a', model: 'cheap', baseline: 'strong', d: [-1, -0.5, 0, 0, 1][at % 5] ?? 0, propensity: 1 / (20 + (at % 30)), costMicros: 7, at: new Date(atMs).toISOString(), ...more });

  /** The decayed sums of a list of labels, added up one by one. */
  const expected = (list: readonly Label[], nowMs: number, halfLifeMs: number) => {
    const sums = { sumW: 0, sumW2: 0, sumWd: 0, sumWd2: 0 };
    for (const each of list) {
      const w = weightOf(each.propensity) * 2 ** ((Date.parse(each.at) - nowMs) / halfLifeMs);
      sums.sumW += w;
      sums.sumW2 += w * w;
      sums.sumWd += w * each.d;
      sums.sumWd2 += w * each.d * each.d;
    }
    return sums;
  };
  const close = (sums: object) => Object.fromEntries(Object.entries(sums).map(([name, value]) => [name, expect.closeTo(value as number, 4)]));

  test('labels recorded at the same time are all counted, decayed by age and apart by half', async () => {
    const id = tenant();
    const list = Array.from({ length: labels }, (_, at) => label(at, START_MS + at * HOUR_MS / 10));
    await Promise.all(list.map((each) => recordLabel(store, id, each, Date.parse(each.at))));
    const nowMs = START_MS + 3 * DAY_MS;
    const [cell] = await readCells(store, id, nowMs);
    expect(cell).toMatchObject({ templateKey: 'tk_a', model: 'cheap', baseline: 'strong', labels });
    expect(cell?.a).toEqual(close(expected(list.filter(({ requestId }) => halfOf(requestId) === 'a'), nowMs, HALF_LIFE_MS)));
    expect(cell?.b).toEqual(close(expected(list.filter(({ requestId }) => halfOf(requestId) === 'b'), nowMs, HALF_LIFE_MS)));
    expect(cell?.fresh).toEqual(close(expected(list, nowMs, FRESH_HALF_LIFE_MS)));
  });

  test('the epoch is moved over months without losing a label, also while others record', async () => {
    const id = tenant();
    const list: Label[] = [];
    for (let day = 0; day < 60; day += 6) {
      const atMs = START_MS + day * DAY_MS;
      const some = Array.from({ length: 8 }, (_, at) => label(day * 10 + at, atMs + at));
      list.push(...some);
      await Promise.all(some.map((each) => recordLabel(store, id, each, Date.parse(each.at))));
    }
    const nowMs = START_MS + 55 * DAY_MS;
    const [cell] = await readCells(store, id, nowMs);
    expect(cell?.labels).toBe(list.length);
    expect(cell === undefined ? {} : sumsOfCell(cell)).toEqual(close(expected(list, nowMs, HALF_LIFE_MS)));
  });

  test('a label of a clock that runs ahead weighs no more than one of now', async () => {
    const id = tenant();
    await recordLabel(store, id, label(0, START_MS + 300 * DAY_MS, { d: 1, propensity: 0.05 }), START_MS);
    const [cell] = await readCells(store, id, START_MS);
    expect(cell === undefined ? 0 : sumsOfCell(cell).sumW).toBeCloseTo(20, 4);
  });

  test('cells are forgotten 30 days after their last label', async () => {
    const id = tenant();
    await recordLabel(store, id, label(0, START_MS), START_MS);
    expect(await readCells(store, id, START_MS + 29 * DAY_MS)).toHaveLength(1);
    expect(await readCells(store, id, START_MS + 31 * DAY_MS)).toHaveLength(0);
    expect((await listEvidence(store, id, START_MS + 31 * DAY_MS, { limit: 10 })).items).toEqual([]);
  });

  test('a tenant\'s evidence is its own, and a baseline\'s too', async () => {
    const [one, other] = [tenant(), tenant()];
    await recordLabel(store, one, label(0, START_MS), START_MS);
    await recordLabel(store, one, label(1, START_MS, { baseline: 'newer' }), START_MS);
    await recordLabel(store, other, label(2, START_MS), START_MS);
    expect((await readCells(store, one, START_MS)).map(({ baseline, labels: count }) => [baseline, count])).toEqual([['newer', 1], ['strong', 1]]);
    expect(await readCells(store, other, START_MS)).toHaveLength(1);
  });

  test('a template without a place goes to its parent, and to the rest when that has none', async () => {
    const id = tenant();
    await store.write([{ put: { table: 'usage', pk: partition('T', id, 'EVIDENCE-COUNTS'), sk: 'counts' }, item: { templates: MAX_TEMPLATES - 1, parents: MAX_PARENTS - 1 } }]);
    const keys = await Promise.all(Array.from({ length: 6 }, (_, at) => templateWithRoom(store, id, { templateKey: `tk_${at}`, parentKey: 'tp_app' }, START_MS)));
    expect(keys.filter((key) => key.startsWith('tk_'))).toHaveLength(1);
    expect(keys.filter((key) => key === 'tp_app')).toHaveLength(5);
    expect(await templateWithRoom(store, id, { templateKey: 'tk_new', parentKey: 'tp_other' }, START_MS)).toBe(REST);
    await recordLabel(store, id, label(0, START_MS, { templateKey: 'tk_new', parentKey: 'tp_app' }), START_MS);
    expect((await readCells(store, id, START_MS)).map(({ templateKey }) => templateKey)).toEqual(['tp_app']);
    // Whoever has a place keeps it, and a place that is given back is there for the next one.
    const kept = keys.find((key) => key.startsWith('tk_')) ?? '';
    expect(await templateWithRoom(store, id, { templateKey: kept }, START_MS)).toBe(kept);
    expect(await freeTemplates(store, id, new Set(['tp_app']), START_MS + 1)).toBe(1);
    expect(await freeTemplates(store, id, new Set(['tp_app']), START_MS + 1)).toBe(0);
    expect(await templateWithRoom(store, id, { templateKey: 'tk_new', parentKey: 'tp_app' }, START_MS)).toBe('tk_new');
  });

  test('vetoes are counted by kind and fade, and a judge\'s record too', async () => {
    const id = tenant();
    const at = new Date(START_MS).toISOString();
    await Promise.all(Array.from({ length: 10 }, (_, i) => recordVeto(store, id, { requestId: `R${i}`, templateKey: 'tk_a', model: 'cheap', kind: i < 7 ? 'structural' : 'retry', at }, START_MS)));
    const [veto] = await readVetoes(store, id, START_MS + HALF_LIFE_MS);
    expect(veto).toEqual({ templateKey: 'tk_a', model: 'cheap', counts: { structural: expect.closeTo(3.5, 6), feedback: 0, retry: expect.closeTo(1.5, 6) } });
    for (let i = 0; i < 10; i += 1) await recordJudgeCheck(store, id, { judge: 'j', kind: i % 2 === 0 ? 'aa' : 'planted', wrong: i < 3, at }, START_MS);
    expect(await readJudge(store, id, 'j', START_MS)).toEqual({ aaPairs: expect.closeTo(5, 6), aaWrong: expect.closeTo(2, 6), plantedPairs: expect.closeTo(5, 6), plantedWrong: expect.closeTo(1, 6) });
    expect(await readJudge(store, id, 'other', START_MS)).toBeUndefined();
  });

  test('a plan is replaced only by whoever has read it, and comes back whole at 2,000 templates', async () => {
    const id = tenant();
    // Digits as random as they are in earnest: what compresses well proves nothing about room.
    const digits = (at: number, scale: number): number => Math.round(Math.abs((Math.sin(at * 12.9898) * 43_758.5453) % 1) * scale) / scale;
    const models = (template: number) => Array.from({ length: 8 }, (_, at) => ({ model: `provider/model-${at}`, n: digits(template + at, 10), mean: digits(template * 2 + at, 1e4), se: digits(template * 3 + at, 1e4), share: digits(template * 5 + at, 1e3) }));
    const keys = Array.from({ length: 2_000 }, (_, at) => `tk_${createHash('sha256').update(String(at)).digest('hex').slice(0, 24)}`);
    const plan: EvidencePlan = {
      version: 0, decidedAt: '2026-03-02T05:00:00.000Z', baseline: 'strong', labels: 900, eps: 0.1, certified: { mean: 0.01, se: 0.01, lower: -0.019, budget: -0.02, k: 2.5, saving: 0.4 },
      assignments: Object.fromEntries(keys.map((key) => [key, { model: 'a', n: 12.3, mean: 0, se: 0.04, why: 'certified', since: '2026-03-02T05:00:00.000Z' }])),
      templates: Object.fromEntries(keys.map((key, at) => [key, { labels: at, perDay: at / 10, models: models(at) }])),
    };
    expect(await getPlan(store, id)).toBeUndefined();
    const results = await Promise.all([putPlan(store, id, plan, undefined), putPlan(store, id, { ...plan, labels: 901 }, undefined)]);
    expect(results.filter(({ ok }) => ok)).toHaveLength(1);
    const stored = await getPlan(store, id);
    expect(stored).toEqual({ ...plan, labels: stored?.labels, version: 1 });
    expect(await putPlan(store, id, plan, 7)).toMatchObject({ ok: false, current: { version: 1 } });
    expect(await putPlan(store, id, { ...plan, labels: 1_000 }, 1)).toMatchObject({ ok: true, record: { version: 2, labels: 1_000 } });
  });
}
