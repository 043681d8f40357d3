import { describe, expect, test } from '@jest/globals';
import type { Decision } from '../../../functions/contract/index.ts';
import { conditionKey } from '../../../functions/core/routing/condition.ts';
import { able, ask, codeOf, decide, excludedOf, model, priceOf, PROMPTS, routeOf, THREE, type World } from './routing-world.ts';

const decisionOf = (name: string, world: World = {}): Decision => {
  const { decision } = decide(name, world);
  if (decision === null) throw new Error('no stage matched');
  return decision;
};
const alias = (name: string, target: string, more = {}): World => ({ document: { aliases: [{ name, target, ...more }] } });
const rule = (more: Record<string, unknown>): Record<string, unknown> => ({ id: 'r', priority: 1, target: 'model:mid', ...more });
const rules = (...patterns: Record<string, unknown>[]): World => ({ document: { patterns } });

describe('stages: the first match wins', () => {
  test.each<[string, string, World, Partial<Decision>]>([
    ['a registered id', 'mid', {}, { stage: 'passthrough', reason: 'named', ruleId: null, via: null, tier: null, route: ['mid'] }],
    ['an id before a rule that catches all', 'mid', rules(rule({ glob: '*', target: 'model:strong' })), { stage: 'passthrough', route: ['mid'] }],
    ['an alias to a model', 'fast', alias('fast', 'model:cheap'), { stage: 'alias', reason: 'alias', via: null, route: ['cheap'] }],
    ['an alias before a rule', 'fast', { document: { aliases: [{ name: 'fast', target: 'model:cheap' }], patterns: [rule({ glob: '*' })] } }, { stage: 'alias', route: ['cheap'] }],
    ['an alias to a tier', 'top', alias('top', 'tier:complex'), { stage: 'alias', reason: 'alias', via: null, route: ['strong'], tier: null }],
    ['an alias to auto', 'smart', alias('smart', 'auto'), { stage: 'alias', via: 'auto', tier: 'simple', reason: 'tier', route: ['cheap', 'mid'] }],
    ['a rule to a model', 'code/x', rules(rule({ id: 'code', glob: 'code/*' })), { stage: 'pattern', reason: 'rule', ruleId: 'code', via: null, route: ['mid'] }],
    ['a rule to a tier', 'code/x', rules(rule({ glob: 'code/*', target: 'tier:complex' })), { stage: 'pattern', ruleId: 'r', route: ['strong'] }],
    ['a rule to auto', 'code/x', rules(rule({ glob: 'code/*', target: 'auto' })), { stage: 'pattern', ruleId: 'r', via: 'auto', tier: 'simple', route: ['cheap', 'mid'] }],
    ['auto', 'auto', {}, { stage: 'auto', via: null, ruleId: null, tier: 'simple', reason: 'tier', route: ['cheap', 'mid'] }],
    ['a rule before auto', 'auto', rules(rule({ glob: 'au*' })), { stage: 'pattern', route: ['mid'] }],
    ['an unknown name where those are classified', 'zzz', { policy: { unknownNames: 'auto' } }, { stage: 'auto', route: ['cheap', 'mid'], requestedModel: 'zzz' }],
  ])('%s', (_, name, world, expected) => { expect(decide(name, world)).toMatchObject({ ok: true, decision: expected }); });

  test.each<[string, string, World]>([
    ['an unknown name', 'zzz', {}], ['a disabled alias', 'fast', alias('fast', 'model:cheap', { enabled: false })], ['a disabled rule', 'x', rules(rule({ glob: '*', enabled: false }))],
    ['a tier word', 'simple', {}], ['the name of a wildcard entry', 'or/*', { models: [model('or/*', { upstreamModel: '*' })] }], ['a prefix alone', 'or/', { models: [model('or/*', { upstreamModel: '*' })] }],
    ['an id in other case', 'MID', {}],
  ])('%s is model_not_found', (_, name, world) => {
    expect(decide(name, world)).toMatchObject({ ok: false, decision: null, failure: { code: 'model_not_found', status: 404, param: 'model' } });
  });

  test('a disabled id goes on to the rules, else is refused with a message that says so', () => {
    const models = [model('old', { enabled: false, price: priceOf(5) }), ...THREE];
    expect(routeOf(decide('old', { models, ...rules(rule({ glob: 'old' })) }))).toEqual(['mid']);
    expect(decide('old', { models })).toMatchObject({ ok: false, failure: { code: 'model_not_found', message: expect.stringContaining('disabled') } });
  });

  test('rules are tried by descending priority, ties in the order of the document', () => {
    const order = rules(rule({ id: 'low', priority: -1, glob: '*' }), rule({ id: 'b', priority: 5, glob: 'x*' }), rule({ id: 'c', priority: 5, glob: '*' }), rule({ id: 'top', priority: 9, glob: 'y' }));
    expect(['x', 'z', 'y'].map((name) => decisionOf(name, order).ruleId)).toEqual(['b', 'c', 'top']);
  });

  test('glob and all conditions must hold; their truth before negation is on the record', () => {
    const short = { field: 'input_tokens', op: 'lt', value: 1000 } as const;
    const key = { field: 'key', op: 'eq', value: 'prod' } as const;
    const spend = { field: 'spend_month_pct', op: 'gt', value: 1 } as const;
    const held = decisionOf('x', rules(rule({ glob: 'x', conditions: [short, { ...key, negate: true }] })));
    expect(held.ruleId).toBe('r');
    expect(held.inputs.conditions).toEqual({ [conditionKey(short)]: true, [conditionKey(key)]: false });
    expect(codeOf(decide('x', rules(rule({ conditions: [short, key] }))))).toBe('model_not_found');
    expect(codeOf(decide('y', rules(rule({ glob: 'x', conditions: [short] }))))).toBe('model_not_found');
    const unknown = decisionOf('auto', rules(rule({ conditions: [{ ...spend, negate: true }] })));
    expect([unknown.stage, unknown.inputs.conditions[conditionKey(spend)]]).toEqual(['auto', null]);
    expect(decisionOf('auto', { ...rules(rule({ conditions: [spend] })), spend: { todayPct: null, monthPct: 2 } }).stage).toBe('pattern');
  });

  test('score, hour and weekday conditions see this request and the tenant’s clock', () => {
    const seoul = { timezone: 'Asia/Seoul' };
    const nightOfTuesday = { conditions: [{ field: 'hour', op: 'eq', value: 1 }, { field: 'weekday', op: 'eq', value: 'Tue' }] };
    const nowMs = Date.parse('2026-11-23T16:10:00Z');
    expect(decisionOf('auto', { ...rules(rule(nightOfTuesday)), policy: seoul, nowMs }).stage).toBe('pattern');
    expect(decisionOf('auto', { ...rules(rule(nightOfTuesday)), nowMs }).stage).toBe('auto');
    const hard = rules(rule({ conditions: [{ field: 'score', op: 'gte', value: 65 }] }));
    expect(decisionOf('auto', { ...hard, ask: ask(PROMPTS.complex) }).stage).toBe('pattern');
    expect(decisionOf('auto', hard).stage).toBe('auto');
  });
});

describe('wildcard models', () => {
  const models = [model('or/*', { upstreamModel: '*' }), model('or/meta/*', { upstreamModel: 'llama/*' }), model('or/exact'), model('or/off', { enabled: false }), model('no/*', { enabled: false })];
  test.each([['or/exact', 'or/exact'], ['or/x/y', 'x/y'], ['or/meta/7b', 'llama/7b'], ['or/meta/', 'meta/']])('%s is sent as %s: exact first, then the longest prefix', (name, upstreamModel) => {
    expect(decide(name, { models })).toMatchObject({ ok: true, route: [{ id: name, upstreamModel }], decision: { stage: 'passthrough', route: [name] } });
  });
  test.each([['or/off'], ['no/x']])('%s is disabled and matched by no wildcard', (name) => { expect(codeOf(decide(name, { models }))).toBe('model_not_found'); });
  test('an alias and a fallback may name a model of a wildcard, never the wildcard itself', () => {
    expect(routeOf(decide('a', { models, ...alias('a', 'model:or/x') }))).toEqual(['or/x']);
    expect(routeOf(decide('a', { models, ...rules(rule({ glob: 'a', target: 'model:or/exact', fallbacks: ['or/*', 'or/z'] })) }))).toEqual(['or/exact', 'or/z']);
  });
});

const image = [{ type: 'text', text: 'look' }, { type: 'image_url', image_url: { url: 'https://example.com/a.png' } }];
const file = [{ type: 'text', text: 'read' }, { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AAAA' } }];
const sound = [{ type: 'input_audio', input_audio: { format: 'wav', data: 'AAAA' } }];
const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }];
const schema = (strict: boolean): Record<string, unknown> => ({ response_format: { type: 'json_schema', json_schema: { name: 'n', strict, schema: { type: 'object' } } } });

describe('exclusions and what a refusal is', () => {
  test.each<[string, Partial<Parameters<typeof model>[1]> & object, World, string]>([
    ['no_credential', { credentials: [] }, {}, 'no_healthy_model'],
    ['not_allowed', {}, { key: { id: 'k', name: 'n', allowedModels: ['other'] } }, 'model_not_allowed'],
    ['breaker_open', {}, { breakerOpen: new Set(['one']) }, 'no_healthy_model'],
    ['budget', {}, { excludeModels: new Set(['one']) }, 'budget_exceeded'],
    ['context_window', { facts: { contextWindow: 1000 } }, { ask: ask('x'.repeat(8_000)) }, 'context_length_exceeded'],
    ['images', { facts: { vision: false } }, { ask: ask(image) }, 'invalid_request'],
    ['documents', { facts: { documents: false } }, { ask: ask(file) }, 'invalid_request'],
    ['audio', { facts: { audio: false } }, { ask: ask(sound) }, 'invalid_request'],
    ['tools', { facts: { tools: false } }, { ask: ask('x', { tools }) }, 'invalid_request'],
    ['structured_output', { facts: { strictSchema: false } }, { ask: ask('x', schema(true)) }, 'invalid_request'],
  ])('%s', (excluded, own, world, code) => {
    const resolution = decide('one', { models: [model('one', own)], ...world });
    expect(excludedOf(resolution)).toEqual({ one: excluded });
    expect(resolution).toMatchObject({ ok: false, failure: { code }, decision: { route: [] } });
    expect(resolution.decision?.candidates[0]).not.toHaveProperty('estCostMicros');
  });

  test('disabled, and a model that is no longer there, are excluded where a target names them', () => {
    expect(decide('a', { models: [model('one', { enabled: false })], ...alias('a', 'model:one') })).toMatchObject({ ok: false, failure: { code: 'no_healthy_model', status: 503 }, decision: { candidates: [{ model: 'one', excluded: 'disabled' }] } });
    expect(excludedOf(decide('a', { models: [], ...alias('a', 'model:gone') }))).toEqual({ gone: 'disabled' });
  });

  test.each<[string, Partial<Parameters<typeof model>[1]> & object, World]>([
    ['a capability nobody knows counts as present', {}, { ask: ask([...image, ...file, ...sound], { tools, ...schema(true) }) }],
    ['a schema that need not be strict', { facts: { strictSchema: false } }, { ask: ask('x', schema(false)) }],
    ['a server of one’s own without a credential', { provider: 'ollama', credentials: [] }, {}],
    ['bedrock by the host’s own role', { provider: 'bedrock', credentials: [] }, {}],
    ['an allow-list naming it', {}, { key: { id: 'k', name: 'n', allowedModels: ['one'] } }],
    ['an allow-list with a prefix', {}, { key: { id: 'k', name: 'n', allowedModels: ['o*'] } }],
    ['an answer cap that the model clamps into its window', { facts: { contextWindow: 1000, maxOutput: 100 } }, { ask: ask('x', { max_tokens: 5_000 }) }],
  ])('still eligible: %s', (_, own, world) => { expect(codeOf(decide('one', { models: [model('one', own)], ...world }))).toBe('ok'); });

  test('the wanted answer counts into the window', () => {
    expect(excludedOf(decide('one', { models: [able('one', { contextWindow: 1000 })], ask: ask('x', { max_tokens: 1000 }) }))).toEqual({ one: 'context_window' });
  });

  // What excludes each of two candidates, and the status that follows (DECISIONS §3.10).
  test.each<[string, string, string, number]>([
    ['context_window', 'images', 'context_length_exceeded', 400], ['images', 'tools', 'invalid_request', 400], ['images', 'disabled', 'invalid_request', 400],
    ['not_allowed', 'disabled', 'model_not_allowed', 403], ['not_allowed', 'not_allowed', 'model_not_allowed', 403], ['not_allowed', 'images', 'model_not_allowed', 403],
    ['budget', 'images', 'budget_exceeded', 429], ['budget', 'not_allowed', 'budget_exceeded', 429], ['budget', 'breaker_open', 'budget_exceeded', 429],
    ['breaker_open', 'images', 'no_healthy_model', 503], ['breaker_open', 'not_allowed', 'no_healthy_model', 503], ['no_credential', 'images', 'no_healthy_model', 503], ['disabled', 'disabled', 'no_healthy_model', 503],
  ])('%s and %s: %s', (first, second, code, status) => {
    const ids = [`a-${first}`, `b-${second}`];
    const having = (reason: string): string[] => ids.filter((id) => id.endsWith(`-${reason}`));
    const models = ids.map((id) => model(id, {
      enabled: !id.endsWith('-disabled'), ...(id.endsWith('-no_credential') && { credentials: [] }),
      facts: { ...(id.endsWith('-context_window') && { contextWindow: 10 }), vision: !id.endsWith('-images'), tools: !id.endsWith('-tools') },
    }));
    const resolution = decide('t', {
      models, ...alias('t', 'tier:simple'), ask: ask(image, { tools }), breakerOpen: new Set(having('breaker_open')), excludeModels: new Set(having('budget')),
      key: { id: 'k', name: 'n', allowedModels: ids.filter((id) => !id.endsWith('-not_allowed')) },
      document: { aliases: [{ name: 't', target: 'tier:simple' }], auto: { tiers: { simple: ids, moderate: [], complex: [] } } },
    });
    expect(Object.values(excludedOf(resolution))).toEqual([first, second]);
    expect(resolution).toMatchObject({ ok: false, failure: { code, status } });
    if (!resolution.ok) expect(resolution.failure.retryAfterSeconds !== undefined).toBe(status === 429 || status === 503);
  });

  test('an empty tier is no_healthy_model, not a crash', () => {
    expect(codeOf(decide('auto', { auto: { tiers: { simple: [], moderate: [], complex: [] } } }))).toBe('no_healthy_model');
  });
  test('aliases and auto are askable whatever the allow-list says; it filters what serves', () => {
    const key = { id: 'k', name: 'n', allowedModels: ['mid'] };
    expect(routeOf(decide('auto', { key }))).toEqual(['mid']);
    expect(routeOf(decide('fast', { key, ...alias('fast', 'model:mid') }))).toEqual(['mid']);
  });
});

describe('the order of a route', () => {
  const many = ['s1', 's2', 's3', 's4', 'm1', 'c1'].map((id) => model(id));
  const tiers = { simple: ['s1', 's2', 's3', 's4'], moderate: ['m1'], complex: ['c1'] };

  test('at most three models, in the order of the tier, every candidate on the record', () => {
    const resolution = decide('auto', { models: many, auto: { tiers } });
    expect(routeOf(resolution)).toEqual(['s1', 's2', 's3']);
    expect(Object.keys(excludedOf(resolution))).toEqual(['s1', 's2', 's3', 's4', 'm1']);
  });
  test('a rule’s fallbacks follow its target; a named model or an alias to one has none', () => {
    expect(routeOf(decide('x', rules(rule({ glob: 'x', fallbacks: ['strong', 'cheap', 'mid'] }))))).toEqual(['mid', 'strong', 'cheap']);
    expect(routeOf(decide('x', { ...rules(rule({ glob: 'x', fallbacks: ['strong'] })), breakerOpen: new Set(['mid']) }))).toEqual(['strong']);
    expect(codeOf(decide('mid', { breakerOpen: new Set(['mid']) }))).toBe('no_healthy_model');
    expect(codeOf(decide('a', { ...alias('a', 'model:mid'), breakerOpen: new Set(['mid']) }))).toBe('no_healthy_model');
  });
  test('automatic by a rule: the tier’s own list, the rule’s fallbacks, the next tier up', () => {
    const world = rules(rule({ glob: 'x', target: 'auto', fallbacks: ['strong'] }));
    expect(decisionOf('x', world)).toMatchObject({ route: ['cheap', 'strong', 'mid'], reason: 'tier' });
    expect(decisionOf('x', { ...world, breakerOpen: new Set(['cheap']) })).toMatchObject({ route: ['strong', 'mid'], reason: 'rule' });
  });
  test('what the tier cannot take, the next tier up serves, stepping over tiers that cannot either', () => {
    expect(decisionOf('auto', { breakerOpen: new Set(['cheap']) })).toMatchObject({ tier: 'simple', reason: 'next_tier_up', route: ['mid', 'strong'] });
    expect(decisionOf('auto', { breakerOpen: new Set(['cheap', 'mid']) })).toMatchObject({ tier: 'simple', reason: 'next_tier_up', route: ['strong'] });
    expect(decisionOf('auto', { models: [able('cheap', { vision: false }), model('mid'), model('strong')], ask: ask(image), auto: { agentFloor: null, boundaries: [99, 100] } })).toMatchObject({ route: ['mid', 'strong'], candidates: [{ model: 'cheap', excluded: 'images' }, { model: 'mid' }, { model: 'strong' }] });
  });
  test('a tier never falls back to a lower one', () => {
    expect(decide('auto', { ask: ask(PROMPTS.complex), breakerOpen: new Set(['strong']) })).toMatchObject({ ok: false, failure: { code: 'no_healthy_model' } });
  });
  test('a model that stands in two tiers is tried once', () => {
    expect(routeOf(decide('auto', { auto: { tiers: { simple: ['cheap', 'mid'], moderate: ['mid'], complex: ['strong'] } } }))).toEqual(['cheap', 'mid']);
  });
});

describe('automatic routing', () => {
  test.each([['simple', 'cheap'], ['moderate', 'mid'], ['complex', 'strong']] as const)('a %s prompt goes to %s', (tier, first) => {
    const decision = decisionOf('auto', { ask: ask(PROMPTS[tier]) });
    expect([decision.tier, decision.route[0], decision.reason, decision.strategy]).toEqual([tier, first, 'tier', 'static']);
    expect((decision.marginToNextTier === null)).toBe(tier === 'complex');
  });
  test('the dial moves the boundaries, hand-set ones win', () => {
    expect(decisionOf('auto', { auto: { dial: 100 } }).tier).toBe('moderate');
    expect(decisionOf('auto', { ask: ask(PROMPTS.moderate), auto: { boundaries: [99, 100] } }).tier).toBe('simple');
    expect(decisionOf('auto', { ask: ask(PROMPTS.moderate), auto: { boundaries: [0, 1] } }).tier).toBe('complex');
  });
  test.each(['ml', 'llm'] as const)('strategy %s without its artifact serves what it does not know with the strongest, and says so', (strategy) => {
    const decision = decisionOf('auto', { auto: { strategy }, prior: null });
    expect(decision).toMatchObject({ strategy, reason: 'artifact_missing', artifact: null, tier: decisionOf('auto').tier, route: ['strong'], judge: strategy === 'llm' ? 'not_called' : null });
    expect(decisionOf('auto', { auto: { strategy: 'llm' }, prior: null, judged: 'failed' })).toMatchObject({ reason: 'judge_failed', route: ['strong'] });
  });
  test('a judge\'s score stands by itself, its tier decides, and one that failed leaves the decision as it was but for the reason', () => {
    const unasked = decisionOf('auto', { auto: { strategy: 'llm' } });
    expect(decisionOf('auto', { auto: { strategy: 'llm' }, judged: { tier: 'complex', score: 90 } })).toMatchObject({ tier: 'complex', score: 90, base: 90, contributions: [], marginToNextTier: null, reason: 'judge', route: ['strong'] });
    expect(decisionOf('auto', { auto: { strategy: 'llm' }, judged: 'failed' })).toEqual({ ...unasked, reason: 'judge_failed' });
    for (const strategy of ['static', 'ml']) expect(decisionOf('auto', { auto: { strategy }, judged: { tier: 'complex', score: 90 } })).toEqual(decisionOf('auto', { auto: { strategy } }));
    expect(decisionOf('auto', { auto: { strategy: 'llm' }, policy: { alwaysStrongest: true }, judged: { tier: 'simple', score: 1 } })).toMatchObject({ reason: 'always_strongest', judge: null, route: ['strong'] });
  });
  test('base and contributions add up to the score, whatever the strategy', () => {
    for (const prompt of Object.values(PROMPTS)) {
      const { base, score, contributions } = decisionOf('auto', { ask: ask(prompt) });
      expect(Math.round((base ?? 0) + contributions.reduce((sum, { points }) => sum + points, 0))).toBe(score);
    }
  });
  test('named and aliased requests carry no score', () => {
    expect(decisionOf('mid')).toMatchObject({ tier: null, score: null, base: null, contributions: [], marginToNextTier: null, strategy: null });
  });
});

describe('the agent floor', () => {
  const agent = ask(PROMPTS.simple, { tools });
  test('tools, or a known agent’s user agent, never start below it, and the tier stays the score’s', () => {
    expect(decisionOf('auto', { ask: agent })).toMatchObject({ tier: 'simple', reason: 'agent_floor', route: ['mid', 'strong'] });
    expect(decisionOf('auto', { context: { userAgent: 'claude-cli/2.0.1 (external, cli)' } })).toMatchObject({ reason: 'agent_floor', route: ['mid', 'strong'] });
    expect(decisionOf('auto', { ask: agent, breakerOpen: new Set(['mid']) })).toMatchObject({ reason: 'next_tier_up', route: ['strong'] });
    expect(codeOf(decide('auto', { ask: agent, breakerOpen: new Set(['mid', 'strong']) }))).toBe('no_healthy_model');
  });
  test('complex, or none, is the tenant’s choice; above the floor nothing changes', () => {
    expect(decisionOf('auto', { ask: agent, auto: { agentFloor: 'complex' } }).route).toEqual(['strong']);
    expect(decisionOf('auto', { ask: agent, auto: { agentFloor: null } })).toMatchObject({ reason: 'tier', route: ['cheap', 'mid'] });
    expect(decisionOf('auto', { ask: ask(PROMPTS.complex, { tools }) })).toMatchObject({ reason: 'tier', route: ['strong'] });
  });
  test('where no tier from the floor upwards names a model, the floor cannot be kept and the tier serves', () => {
    expect(decisionOf('auto', { ask: agent, auto: { tiers: { simple: ['cheap'], moderate: [], complex: [] } } })).toMatchObject({ reason: 'tier', route: ['cheap'] });
  });
});

describe('baseline and estimates', () => {
  // 'Hello!' is 6 ASCII characters: 2 tokens; 512 tokens of answer are assumed.
  const micros = (usd: number, output = 512): number => Math.round(2 * usd + output * 4 * usd);

  test('auto is compared with the dearest eligible model of the strongest tier that has one', () => {
    const models = [...THREE, model('dear', { price: priceOf(20) }), model('free', { price: null })];
    const auto = { tiers: { simple: ['cheap'], moderate: ['mid'], complex: ['free', 'strong', 'dear'] } };
    expect(decisionOf('auto', { models, auto }).baseline).toEqual({ model: 'dear', estCostMicros: micros(20) });
    expect(decisionOf('auto', { models, auto, breakerOpen: new Set(['dear']) }).baseline?.model).toBe('strong');
    expect(decisionOf('auto', { models, auto, breakerOpen: new Set(['dear', 'strong']) }).baseline).toEqual({ model: 'free', estCostMicros: null });
    expect(decisionOf('auto', { models, auto, breakerOpen: new Set(['dear', 'strong', 'free']) }).baseline?.model).toBe('mid');
    expect(decisionOf('a', { ...alias('a', 'auto') }).baseline?.model).toBe('strong');
    expect(decisionOf('x', rules(rule({ glob: 'x', target: 'auto' }))).baseline?.model).toBe('strong');
  });
  test('a caught name is compared with the model that was asked for, if that has a price; direct and aliased ones with nothing', () => {
    const models = [...THREE, model('old', { enabled: false, price: priceOf(5) }), model('gratis', { enabled: false, price: null })];
    expect(decisionOf('old', { models, ...rules(rule({ glob: '*' })) }).baseline).toEqual({ model: 'old', estCostMicros: micros(5) });
    expect(decisionOf('gratis', { models, ...rules(rule({ glob: '*' })) }).baseline).toBeNull();
    expect(decisionOf('zzz', rules(rule({ glob: '*' }))).baseline).toBeNull();
    expect(decisionOf('mid').baseline).toBeNull();
    expect(decisionOf('a', alias('a', 'model:mid')).baseline).toBeNull();
  });
  test('estimates price the input and a usual answer, less if the caller caps it; null = unpriced', () => {
    const cost = (world: World): unknown => decisionOf('mid', world).candidates[0]?.estCostMicros;
    expect(cost({})).toBe(micros(1));
    expect(cost({ ask: ask('Hello!', { max_tokens: 10 }) })).toBe(micros(1, 10));
    expect(cost({ ask: ask('Hello!', { max_tokens: 9_999 }) })).toBe(micros(1));
    expect(cost({ models: [model('mid', { price: null })] })).toBeNull();
  });
  test('"always the strongest" serves the baseline model alone, above any floor', () => {
    expect(decisionOf('auto', { policy: { alwaysStrongest: true } })).toMatchObject({ route: ['strong'], reason: 'always_strongest', tier: 'simple', baseline: { model: 'strong' } });
    expect(decisionOf('auto', { policy: { alwaysStrongest: true }, ask: ask('hi', { tools }) }).route).toEqual(['strong']);
    expect(decisionOf('auto', { policy: { alwaysStrongest: true }, breakerOpen: new Set(['strong']) })).toMatchObject({ route: ['mid'], reason: 'always_strongest' });
    expect(decisionOf('cheap', { policy: { alwaysStrongest: true } })).toMatchObject({ route: ['cheap'], reason: 'named' });
  });
  test('models that the budget could not carry are passed over', () => {
    expect(decisionOf('auto', { excludeModels: new Set(['cheap']) })).toMatchObject({ route: ['mid', 'strong'], candidates: [{ model: 'cheap', excluded: 'budget' }, { model: 'mid', excluded: null }, {}] });
  });
});

test('the record names the policy, the inputs and the features, and no text of the prompt', () => {
  const secret = 'xyzzy-plugh-2718281828';
  const resolution = decide('auto', { ask: ask(`Hello ${secret}`, { metadata: { app: secret }, user: secret }), spend: { todayPct: 12.5, monthPct: 3 }, breakerOpen: new Set(['mid']), context: { sessionHeader: secret } });
  expect(resolution.decision).toMatchObject({ policyVersion: 7, dialect: 'openai-chat', requestedModel: 'auto', inputs: { spendTodayPct: 12.5, breakerOpen: ['mid'] }, template: { key: expect.stringMatching(/^tk_[0-9a-f]+$/) }, session: { id: expect.stringMatching(/^s_[0-9a-f]+$/), pinned: false } });
  expect(JSON.stringify(resolution.decision)).not.toContain(secret);
  expect(resolution.ok && resolution.features?.dense.every(Number.isFinite)).toBe(true);
});
