import { describe, expect, test } from '@jest/globals';
import type { Decision } from '../../../functions/contract/index.ts';
import type { EvidencePlan } from '../../../functions/core/routing/evidence/plan.ts';
import { factsOf } from '../../../functions/core/routing/request-facts.ts';
import { templateKeyOf } from '../../../functions/core/routing/template.ts';
import { ask, chat, decide, model, PROMPTS, type World } from './routing-world.ts';

const FACT = 'What is the capital of France?';
/** Simple by its score, and no plain small talk or everyday question. */
const TASK = 'Rename the variable x to total in this line: x = x + 1';
/** Words that nobody has ever seen. */
const NOVEL = 'Zorbleflux kwimbat throgulent vashnip, brendwell qorpish?';
const ml = (auto: object = {}): World['auto'] => ({ strategy: 'ml', ...auto });
function decided(world: World): Decision {
  const { decision } = decide('auto', world);
  if (decision === null) throw new Error('nothing was decided');
  return decision;
}
const chosen = (world: World): unknown[] => {
  const { tier, reason, route } = decided(world);
  return [tier, reason, route[0]];
};

describe('strategy ml without evidence', () => {
  test('names its artifact, and keeps what a replay needs', () => {
    const resolution = decide('auto', { auto: ml(), ask: ask(FACT) });
    expect(resolution.decision).toMatchObject({ strategy: 'ml', artifact: expect.stringMatching(/^prior-\d{4}-\d\d-\d\d$/) });
    expect(resolution.ok && resolution.features).toMatchObject({ v: 2, logits: [expect.any(Number), expect.any(Number), expect.any(Number)] });
  });

  test('balanced serves the tier, and what is unlike anything in training never below moderate', () => {
    expect(chosen({ auto: ml(), ask: ask(FACT) })).toEqual(['simple', 'tier', 'cheap']);
    expect(chosen({ auto: ml(), ask: ask(PROMPTS.complex) })).toEqual(['complex', 'tier', 'strong']);
    const novel = decided({ auto: ml(), ask: ask(NOVEL) });
    if (novel.tier === 'simple') expect([novel.reason, novel.route[0]]).toEqual(['novel_prompt', 'mid']);
    else expect(novel.route[0]).not.toBe('cheap');
  });

  test('cautious sends only what is plainly simple below the strongest', () => {
    const auto = ml({ mode: 'cautious' });
    expect(chosen({ auto, ask: ask('thanks!') })).toEqual(['simple', 'tier', 'cheap']);
    expect(chosen({ auto, ask: ask(FACT) })).toEqual(['simple', 'tier', 'cheap']);
    for (const prompt of [TASK, PROMPTS.moderate, NOVEL]) {
      const { tier, reason, route } = decided({ auto, ask: ask(prompt) });
      expect([prompt, reason, route]).toEqual([prompt, tier === 'complex' ? 'tier' : 'no_evidence', ['strong']]);
    }
  });

  test('aggressive trusts the score alone', () => {
    const { tier, reason, route } = decided({ auto: ml({ mode: 'aggressive' }), ask: ask(NOVEL) });
    expect([reason, route[0]]).toEqual(['tier', { simple: 'cheap', moderate: 'mid', complex: 'strong' }[tier ?? 'simple']]);
  });

  test('the modes are the prior\'s affair: static and llm act on the tier', () => {
    for (const strategy of ['static', 'llm']) expect(decided({ auto: { strategy, mode: 'cautious' }, ask: ask(TASK) }).reason).not.toBe('no_evidence');
  });
});

describe('evidence', () => {
  const conversation = chat({ messages: [{ role: 'system', content: 'You sort mail.' }, { role: 'user', content: PROMPTS.complex }] });
  const templateKey = templateKeyOf('salt', factsOf(conversation, {}));
  const measured = { n: 240, mean: -0.004, se: 0.006 };
  const planFor = (assigned: string | undefined, more: Partial<EvidencePlan> = {}): EvidencePlan => ({
    version: 3, decidedAt: '2026-11-22T00:00:00.000Z', baseline: 'strong', labels: 900, eps: 0.05, certified: null,
    assignments: assigned === undefined ? {} : { [templateKey]: { model: assigned, ...measured, why: 'certified', since: '2026-11-22T00:00:00.000Z' } },
    templates: { [templateKey]: { labels: 240, perDay: 90, models: [{ model: 'cheap', ...measured, share: 1 }] } }, ...more,
  });
  const world = (evidence: EvidencePlan, auto: object = {}, more: World = {}): World => ({ auto: ml(auto), ask: conversation, policy: { evidence }, ...more });

  test.each(['balanced', 'cautious', 'aggressive'])('overrides the score down in mode %s, and the record says what it rests on', (mode) => {
    const decision = decided(world(planFor('cheap'), { mode }));
    expect([decision.tier, decision.reason, decision.route[0]]).toEqual(['complex', 'evidence', 'cheap']);
    expect(decision.template).toEqual({ key: templateKey, labels: 240 });
    expect(decision.candidates[0]).toMatchObject({ model: 'cheap', excluded: null, evidence: measured });
    expect(decision.inputs.assigned).toBe('cheap');
    // The rest of the route is what would have served without it.
    expect(decision.route).toEqual(['cheap', 'strong']);
  });

  test('overrides it up: what was shown to be too bad goes to the baseline', () => {
    const simple = { ...conversation, turns: [{ role: 'user' as const, parts: [{ type: 'text' as const, text: 'thanks!' }] }] };
    const bad = planFor(undefined, { templates: { [templateKey]: { labels: 240, perDay: 90, models: [{ model: 'cheap', n: 240, mean: -0.4, se: 0.02, share: 1, isBad: true }] } } });
    expect(chosen(world(bad, {}, { ask: simple }))).toEqual(['simple', 'evidence', 'strong']);
    expect(chosen(world(planFor(undefined), {}, { ask: simple }))).toEqual(['simple', 'tier', 'cheap']);
  });

  test('says nothing of other templates, of models that cannot serve, and of models that no tier names any more', () => {
    const other = chat({ messages: [{ role: 'system', content: 'You write poems.' }, { role: 'user', content: PROMPTS.complex }] });
    expect(chosen(world(planFor('cheap'), {}, { ask: other }))[1]).toBe('tier');
    expect(chosen(world(planFor('cheap'), {}, { breakerOpen: new Set(['cheap']) }))).toEqual(['complex', 'tier', 'strong']);
    expect(chosen(world(planFor('cheap'), { tiers: { simple: [], moderate: ['mid'], complex: ['strong'] } }))).toEqual(['complex', 'tier', 'strong']);
  });

  test('does not lift an agent\'s floor', () => {
    expect(chosen(world(planFor('cheap'), {}, { context: { userAgent: 'claude-code/2' } }))).toEqual(['complex', 'tier', 'strong']);
  });

  test('is nothing to the strategies that act on the tier, nor to the switch that sends everything to the strongest', () => {
    expect(chosen(world(planFor('cheap'), { strategy: 'static' }))[1]).toBe('tier');
    expect(chosen(world(planFor('cheap'), {}, { policy: { evidence: planFor('cheap'), alwaysStrongest: true } }))).toEqual(['complex', 'always_strongest', 'strong']);
  });

  test('the model of a session stays where leaving it would not pay', () => {
    const models = [model('cheap', { price: { version: 't', input: 2.9e6, cacheRead: 0.29e6, cacheWrite5m: 3e6, cacheWrite1h: 3e6, output: 9e6 } }), model('mid'), model('strong', { price: { version: 't', input: 3e6, cacheRead: 0.3e6, cacheWrite5m: 3e6, cacheWrite1h: 3e6, output: 9e6 } })];
    const nowMs = Date.UTC(2026, 10, 23, 12);
    const session = { model: 'strong', requests: 3, contextTokens: 90_000, at: nowMs - 10_000 };
    expect(chosen(world(planFor('cheap'), {}, { models, nowMs, session, ask: { ...conversation, inputTokens: 95_000 } }))).toEqual(['complex', 'session_cache', 'strong']);
  });
});
