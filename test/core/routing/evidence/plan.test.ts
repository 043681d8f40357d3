import { describe, expect, test } from '@jest/globals';
import { evidenceFor, measuredOf, templateEvidence } from '../../../../functions/core/routing/evidence/plan.ts';
import { isDue, planOf } from '../../../../functions/core/routing/evidence/plan-of.ts';
import { withdraw } from '../../../../functions/core/routing/evidence/withdraw.ts';
import { cell, DAY_MS, everywhere, input, NOW_MS, sums, TARGET, TEMPLATES } from './world.ts';

const vetoes = (structural: number, retry = 0) => [{ templateKey: 'tk_a', model: 'cheap', counts: { structural, feedback: 0, retry } }];

describe('a decision', () => {
  test('gives each template the cheapest model that the evidence certifies', () => {
    const plan = planOf(input(everywhere(400, 0.01)));
    expect(TEMPLATES.map((key) => plan.assignments[key])).toEqual(TEMPLATES.map(() => expect.objectContaining({ model: 'cheap', why: 'certified' })));
    expect(plan.certified?.lower).toBeGreaterThanOrEqual(TARGET - 1);
    expect(plan.certified?.saving).toBeCloseTo(1 - 400 / 6_000, 6);
  });

  test('is one budget for all: what one template loses, another may have gained', () => {
    const losing = cell('tk_a', 'cheap', 400, -0.05);
    const others = (mean: number) => TEMPLATES.slice(1).map((key) => cell(key, 'cheap', 400, mean));
    expect(planOf(input([losing, ...others(0)])).assignments['tk_a']).toBeUndefined();
    expect(planOf(input([losing, ...others(0.06)])).assignments['tk_a']?.model).toBe('cheap');
  });

  test('is not made before 200 labels, and then at most once a day', () => {
    const few = planOf(input(everywhere(12, 0.1)));
    expect(few).toMatchObject({ decidedAt: null, assignments: {}, certified: null, labels: 192 });
    expect(Object.keys(few.templates)).toEqual(TEMPLATES);
    expect(isDue(few, NOW_MS)).toBe(true);
    const plan = planOf(input(everywhere(400, 0.01)));
    expect([isDue(plan, NOW_MS + DAY_MS - 1), isDue(plan, NOW_MS + DAY_MS), isDue(undefined, NOW_MS)]).toEqual([false, true, true]);
  });

  test('leaves everything with the baseline where nothing is certain', () => {
    for (const cells of [everywhere(14, 0), everywhere(400, -0.08, -0.06)]) expect(planOf(input(cells))).toMatchObject({ assignments: {}, certified: null });
  });

  test('never serves a template by a model that looks much worse there, whatever the others gain', () => {
    const plan = planOf(input([...everywhere(400, 0.2).filter(({ templateKey }) => templateKey !== 'tk_a'), cell('tk_a', 'cheap', 400, -0.2), cell('tk_a', 'mid', 400, 0)]));
    expect(plan.assignments['tk_a']?.model).toBe('mid');
    expect(plan.assignments['tk_b']?.model).toBe('cheap');
  });

  test('a vetoed model is not chosen, however good its pairs are', () => {
    const plan = planOf(input(everywhere(400, 0.05), { vetoes: vetoes(100) }));
    expect(plan.assignments['tk_a']?.model).toBe('mid');
    expect(planOf(input(everywhere(400, 0.05), { vetoes: vetoes(20) })).assignments['tk_a']?.model).toBe('cheap');
    expect(planOf(input(everywhere(400, 0.05), { vetoes: vetoes(0, 150) })).assignments['tk_a']?.model).toBe('cheap');
  });

  test('without a price or a price of the baseline there is nothing to save', () => {
    const pool = (names: readonly string[]) => input([]).pool.map((entry) => (names.includes(entry.model) ? { ...entry, price: null } : entry));
    expect(planOf(input(everywhere(400, 0.05), { pool: pool(['strong']) })).assignments).toEqual({});
    expect(planOf(input(everywhere(400, 0.05), { pool: pool(['cheap']) })).assignments['tk_a']?.model).toBe('mid');
  });

  test('is the same for the same input, and small enough at 2,000 templates', () => {
    expect(planOf(input(everywhere(400, 0.01)))).toEqual(planOf(input(everywhere(400, 0.01))));
    const keys = Array.from({ length: 2_000 }, (_, at) => `tk_${at}`);
    const plan = planOf(input(keys.flatMap((key) => [cell(key, 'cheap', 20, 0.03), cell(key, 'mid', 20, 0.03)]), { traffic: keys.map((templateKey) => ({ templateKey, perDay: 5, input: 500, output: 100 })) }));
    expect(Object.keys(plan.templates)).toHaveLength(2_000);
    expect(JSON.stringify(plan).length).toBeLessThan(1_500_000);
  });

  test('stands while it holds: fading evidence does not undo what was certified, worse evidence does', () => {
    const previous = planOf(input(everywhere(150, 0.02)));
    expect(Object.keys(previous.assignments)).toHaveLength(4);
    const later = (n: number, mean: number) => planOf(input(everywhere(n, mean), { nowMs: NOW_MS + DAY_MS, previous }));
    expect(planOf(input(everywhere(30, 0.02), { nowMs: NOW_MS + DAY_MS })).assignments).toEqual({});
    expect(Object.keys(later(60, 0.02).assignments)).toEqual(Object.keys(previous.assignments));
    expect(later(60, 0.02).decidedAt).toBe(new Date(NOW_MS + DAY_MS).toISOString());
    expect(later(60, -0.03).assignments).toEqual({});
  });

  test('evidence against another baseline counts for nothing', () => {
    const previous = planOf(input(everywhere(400, 0.01)));
    const moved = { previous, baseline: 'mid' };
    expect(planOf(input(everywhere(400, 0.01), moved))).toMatchObject({ baseline: 'mid', labels: 0, assignments: {}, decidedAt: null });
    expect(withdraw(previous, input(everywhere(400, 0.01), moved))).toMatchObject({ baseline: 'mid', assignments: {}, certified: null, decidedAt: null });
  });
});

describe('withdrawing', () => {
  const plan = planOf(input(everywhere(400, 0.01), { nowMs: NOW_MS - 2 * DAY_MS }));
  const without = (key: string) => everywhere(400, 0.01).filter(({ templateKey, model }) => templateKey !== key || model !== 'cheap');

  test('does nothing where nothing has changed, and nothing again', () => {
    const now = planOf(input(everywhere(400, 0.01)));
    expect(withdraw(now, input(everywhere(400, 0.01)))).toEqual(now);
    expect(now.templates['tk_a']?.models.find(({ model }) => model === 'cheap')?.isSuspect).toBeUndefined();
    const once = withdraw(plan, input([...without('tk_a'), cell('tk_a', 'cheap', 400, -0.2)]));
    expect(withdraw(once, input([...without('tk_a'), cell('tk_a', 'cheap', 400, -0.2)]))).toEqual(once);
  });

  test('moves a template whose model got worse to the baseline, and only that one', () => {
    const after = withdraw(plan, input([...without('tk_a'), cell('tk_a', 'cheap', 400, -0.2)], { nowMs: NOW_MS + 1 }));
    expect(after.assignments['tk_a']).toMatchObject({ model: 'strong', why: 'withdrawn', since: new Date(NOW_MS + 1).toISOString() });
    expect(after.assignments['tk_b']).toEqual(plan.assignments['tk_b']);
    expect(after.decidedAt).toBe(plan.decidedAt);
  });

  test('needs only what was seen lately, long before the average shows it', () => {
    const lately = (n: number) => withdraw(plan, input([...without('tk_a'), cell('tk_a', 'cheap', 400, 0, sums(n, -0.6, 0.2))]));
    expect(lately(15).assignments['tk_a']?.why).toBe('withdrawn');
    expect(lately(4).assignments['tk_a']?.why).toBe('certified');
    expect(lately(4).templates['tk_a']?.models.find(({ model }) => model === 'cheap')?.isSuspect).toBe(true);
  });

  test('vetoes withdraw at once, in proportion to the traffic', () => {
    const fresh = planOf(input(everywhere(400, 0.01)));
    const vetoed = (structural: number, hours: number) => withdraw(fresh, input(everywhere(400, 0.01), { vetoes: vetoes(structural), nowMs: NOW_MS + hours * 3_600_000 }));
    expect(vetoed(12, 12).assignments['tk_a']?.why).toBe('withdrawn');
    expect(vetoed(6, 12).assignments['tk_a']?.why).toBe('certified');
    expect(vetoed(2, 0.01).assignments['tk_a']?.why).toBe('certified');
    expect(vetoed(12, 12).assignments['tk_b']?.why).toBe('certified');
  });

  test('goes on, the worst first, until all together keep the target', () => {
    const after = withdraw(plan, input(TEMPLATES.flatMap((key, at) => [cell(key, 'cheap', 60, at < 2 ? -0.08 : 0.01), cell(key, 'mid', 60, 0)])));
    const withdrawn = TEMPLATES.filter((key) => after.assignments[key]?.why === 'withdrawn');
    expect(withdrawn.length).toBeGreaterThan(0);
    expect(withdrawn.every((key) => ['tk_a', 'tk_b'].includes(key))).toBe(true);
  });

  test('only moves up: no template gets a cheaper model, and a withdrawn one waits a day', () => {
    const bad = [...without('tk_a'), cell('tk_a', 'cheap', 400, -0.2)];
    const after = withdraw(plan, input(bad));
    const again = (days: number) => planOf(input(everywhere(400, 0.01), { previous: after, nowMs: NOW_MS + days * DAY_MS }));
    expect(again(0.9).assignments['tk_a']).toMatchObject({ model: 'strong', why: 'withdrawn' });
    expect(again(1.1).assignments['tk_a']).toMatchObject({ model: 'cheap', why: 'certified' });
    expect(withdraw(planOf(input(everywhere(12, 0))), input(everywhere(400, 0.2))).assignments).toEqual({});
  });

  test('a model that is no longer in any tier is withdrawn', () => {
    const after = withdraw(plan, input(everywhere(400, 0.01), { pool: input([]).pool.filter(({ model }) => model !== 'cheap') }));
    expect(TEMPLATES.map((key) => after.assignments[key]?.model)).toEqual(TEMPLATES.map(() => 'strong'));
  });
});

describe('what a plan says of a request', () => {
  const cells = [cell('tk_a', 'cheap', 400, 0.02), cell('tk_a', 'mid', 400, 0), cell('tk_b', 'cheap', 400, -0.3), cell('tk_b', 'mid', 400, -0.05), cell('tp_app', 'cheap', 400, 0.02)];
  const traffic = ['tk_a', 'tk_b', 'tp_app'].map((templateKey) => ({ templateKey, perDay: 100, input: 1_000, output: 200 }));
  const plan = planOf(input(cells, { traffic }));

  test('an assignment is followed in every mode; a template without judged pairs has its parent\'s', () => {
    expect(evidenceFor(plan, 'tk_a')?.model).toBe('cheap');
    expect(evidenceFor(plan, 'tk_unknown')).toBeUndefined();
    expect(evidenceFor(plan, 'tk_unknown', 'tp_app')?.model).toBe('cheap');
    // It has pairs of its own, and they say no.
    expect(evidenceFor(plan, 'tk_b', 'tp_app')).toBeUndefined();
    expect([evidenceFor(null, 'tk_a'), evidenceFor(undefined, 'tk_a'), evidenceFor(plan, 'constructor'), evidenceFor(plan, '__proto__', 'toString')]).toEqual([undefined, undefined, undefined, undefined]);
  });

  test('evidence also says up: what the mode would choose and is shown to be too bad gets the baseline', () => {
    expect(evidenceFor(plan, 'tk_b', undefined, 'cheap')).toMatchObject({ model: 'strong', why: 'better' });
    expect(evidenceFor(plan, 'tk_b', undefined, 'strong')).toBeUndefined();
    expect(evidenceFor(planOf(input([cell('tk_b', 'cheap', 120, -0.01)])), 'tk_b', undefined, 'cheap')).toBeUndefined();
  });

  test('candidates show what was measured', () => {
    expect(measuredOf(plan, 'tk_b', undefined, 'cheap')).toEqual({ n: expect.any(Number), mean: expect.any(Number), se: expect.any(Number) });
    expect(measuredOf(plan, 'tk_b', undefined, 'other')).toBeUndefined();
    expect(templateEvidence(plan, 'tk_b')?.labels).toBe(1_600);
  });
});
