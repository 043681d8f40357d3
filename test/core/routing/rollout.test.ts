import { expect, test } from '@jest/globals';
import { routing } from '../../../functions/contract/index.ts';
import { compilePolicy, underDocument, type CompiledPolicy } from '../../../functions/core/routing/policy-compile.ts';
import { resolve } from '../../../functions/core/routing/resolve.ts';
import { ask, facts, mapOf, THREE } from './routing-world.ts';

const to = (id: string) => routing.parse({ aliases: [{ name: 'a', target: `model:${id}` }] });
const base = compilePolicy({ tenantId: 't', version: 4, timezone: 'UTC', unknownNames: 'reject', paused: false, alwaysStrongest: false, models: mapOf(...THREE), document: to('strong') });
const tried = (percent: number, version = 5): CompiledPolicy => ({ ...underDocument(base, to('cheap')), version, rollout: { percent, before: base } });
const decide = (policy: CompiledPolicy, session: string) => {
  const resolution = resolve({ policy, facts: facts(ask('x'), { sessionHeader: session }), requestedModel: 'a', dialect: 'openai-chat', key: { id: 'k', name: 'k', allowedModels: null }, spend: { todayPct: null, monthPct: null }, breakerOpen: new Set(), nowMs: 0, templateSalt: 's' });
  return [resolution.decision?.policyVersion, resolution.decision?.route[0]] as const;
};
const sessions = Array.from({ length: 4_000 }, (_unused, at) => `session-${at}`);

test('a session stays with its version, and the share is the one that was asked for', () => {
  for (const percent of [0, 5, 50, 100]) {
    const served = sessions.filter((session) => decide(tried(percent), session)[0] === 5);
    expect(Math.abs(served.length / sessions.length - percent / 100)).toBeLessThan(0.025);
    for (const session of sessions.slice(0, 200)) expect(decide(tried(percent), session)).toEqual(decide(tried(percent), session));
  }
});

test('each is decided by its own document, and the record names that version', () => {
  expect(new Set(sessions.map((session) => decide(tried(50), session).join()))).toEqual(new Set(['5,cheap', '4,strong']));
});

test('a growing rollout takes nobody back', () => {
  const at = (percent: number): Set<string> => new Set(sessions.filter((session) => decide(tried(percent, 5 + percent), session)[1] === 'cheap'));
  const [few, more] = [at(10), at(40)];
  expect([...few].every((session) => more.has(session))).toBe(true);
});

test('a draft is judged whole, whatever is being rolled out', () => {
  expect(underDocument(tried(10), to('mid')).rollout).toBeUndefined();
});
