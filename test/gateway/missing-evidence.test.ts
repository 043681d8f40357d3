import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { putPlan } from '../../functions/adapters/store/evidence-plan.ts';
import type { EvidencePlan } from '../../functions/core/routing/evidence/plan.ts';
import type { Answer } from '../support/call.ts';
import { chatAnswer, json, scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';
import { threeTiers, type ThreeTiers } from '../support/three-tiers.ts';

let gateway: ThreeTiers;
let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await scriptedUpstream(({ body }, response) => json(response, 200, chatAnswer('done', String(body['model']))));
});
afterAll(() => upstream.close());
beforeEach(async () => {
  gateway = await threeTiers(upstream.baseUrl);
  await gateway.route({ auto: { strategy: 'ml', mode: 'cautious', tiers: { simple: ['cheap'], moderate: ['mid'], complex: ['strong'] } } });
});
afterEach(() => gateway.close());
const ask = (text = 'Write a function that merges two sorted lists'): Promise<Answer> => gateway.ask(text);
const chosen = (answer: Answer): (string | null)[] => [answer.headers.get('x-bsg-model'), answer.headers.get('x-bsg-reason')];

test('without evidence cautious mode serves the strongest, and the record and a metric say so', async () => {
  const answer = await ask();
  expect(chosen(answer)).toEqual(['strong', 'no_evidence']);
  const { decision } = await gateway.ledger(answer.headers.get('x-request-id') ?? '');
  expect(decision).toMatchObject({ strategy: 'ml', reason: 'no_evidence', route: ['strong'], template: { labels: 0 } });
  expect(gateway.fallbacks('no_evidence')).toBe(1);
  expect(chosen(await ask('Hello!'))).toEqual(['cheap', 'tier']);
  expect(gateway.fallbacks('no_evidence')).toBe(1);
});

test('evidence that makes no sense is none: the same fallback, and no request fails', async () => {
  const { store, caches } = gateway.edition;
  const first = await ask();
  const { decision } = await gateway.ledger(first.headers.get('x-request-id') ?? '');
  const template = decision?.template?.key ?? '';
  const sound: EvidencePlan = {
    version: 1, decidedAt: '2026-01-01T00:00:00.000Z', baseline: 'strong', labels: 400, eps: 0.1, certified: null,
    templates: { [template]: { labels: 400, perDay: 100, models: [{ model: 'cheap', n: 300, mean: 0, se: 0.01, share: 1 }] } },
    assignments: { [template]: { model: 'cheap', n: 300, mean: 0, se: 0.01, why: 'certified', since: '2026-01-01T00:00:00.000Z' } },
  };
  await putPlan(store, 'default', sound, undefined);
  caches.invalidate();
  expect(chosen(await ask())).toEqual(['cheap', 'evidence']);
  for (const [version, spoilt] of [{ ...sound, assignments: null }, { ...sound, assignments: { [template]: 'cheap' } }, { ...sound, templates: { [template]: {} } }, 'nonsense'].entries()) {
    await putPlan(store, 'default', spoilt as unknown as EvidencePlan, version + 1);
    caches.invalidate();
    expect(chosen(await ask())).toEqual(['strong', 'no_evidence']);
  }
  expect(gateway.fallbacks('no_evidence')).toBe(5);
});
