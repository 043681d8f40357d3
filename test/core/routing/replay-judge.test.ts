import { describe, expect, test } from '@jest/globals';
import { routing, type Judgement } from '../../../functions/contract/index.ts';
import { compilePolicy, type CompiledPolicy } from '../../../functions/core/routing/policy-compile.ts';
import { redecide } from '../../../functions/core/routing/replay.ts';
import { entryAt } from '../../admin/support.ts';
import { ask, decide, mapOf, PROMPTS, THREE } from './routing-world.ts';

const tiers = { simple: ['cheap'], moderate: ['mid'], complex: ['strong'] };
const draft = (auto: object, patterns: object[] = []): CompiledPolicy => compilePolicy({
  tenantId: 't', version: 8, timezone: 'UTC', unknownNames: 'reject', paused: false, alwaysStrongest: false, models: mapOf(...THREE), document: routing.parse({ auto: { tiers, ...auto }, patterns }),
});
const llm = { strategy: 'llm', judgeModel: 'judge' };
const judgement: Judgement = { model: 'judge', outcome: 'judged', cached: false, score: 90, tier: 'complex', error: null, ms: 1, tokens: {}, costMicros: 1 };

/** A ledger entry of a greeting that a judge took for hard, or could not judge. */
function entryOf(judge: Judgement) {
  const resolution = decide('auto', { auto: llm, ask: ask(PROMPTS.simple), judged: judge.outcome === 'judged' ? { tier: 'complex', score: 90 } : 'failed' });
  if (!resolution.ok) throw new Error('not decided');
  return { ...entryAt(Date.UTC(2026, 10, 23)), decision: { ...resolution.decision, judge }, features: resolution.features };
}
const judged = entryOf(judgement);
const failed = entryOf({ ...judgement, outcome: 'failed', score: null, tier: null, error: 'timeout' });
const again = (entry: typeof judged, policy: CompiledPolicy) => redecide(entry, { draft: policy, key: { name: 'ci', allowedModels: null } });

describe('a judged request under a draft', () => {
  test('keeps its judge\'s score while the judge is the same, whatever the borders', () => {
    expect(again(judged, draft(llm))).toMatchObject({ decided: true, model: 'strong', tier: 'complex' });
    expect(again(judged, draft({ ...llm, boundaries: [50, 95] }))).toMatchObject({ decided: true, model: 'mid', tier: 'moderate' });
  });

  test('is not decided where another strategy or another judge would have scored it', () => {
    for (const auto of [{ strategy: 'static' }, { strategy: 'ml' }, { ...llm, judgeModel: 'mid' }]) expect(again(judged, draft(auto))).toEqual({ decided: false, because: 'other_strategy' });
    const plain = decide('auto', { auto: { strategy: 'static' } });
    if (!plain.ok) throw new Error('not decided');
    expect(again({ ...judged, decision: { ...plain.decision, judge: null as never } }, draft(llm))).toEqual({ decided: false, because: 'other_strategy' });
  });

  test('whose judge had failed is decided by the score in process', () => {
    expect(again(failed, draft(llm))).toMatchObject({ decided: true, model: 'cheap' });
    expect(again(failed, draft({ strategy: 'ml' }))).toMatchObject({ decided: true, model: 'cheap' });
    expect(again(failed, draft({ strategy: 'static' }))).toEqual({ decided: false, because: 'other_strategy' });
  });

  test('does not answer conditions on the score with its judge\'s, which they never look at', () => {
    const onScore = [{ id: 'hard', priority: 1, conditions: [{ field: 'score', op: 'gte', value: 80 }], target: 'model:mid' }];
    expect(again(judged, draft(llm, onScore))).toEqual({ decided: false, because: 'condition' });
    expect(again(failed, draft(llm, onScore))).toMatchObject({ decided: true, model: 'cheap' });
  });
});
