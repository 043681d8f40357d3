import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { routing, type LedgerEntry } from '../../../functions/contract/index.ts';
import { scorePrior } from '../../../functions/core/routing/classifier/prior.ts';
import { priorArtifact } from '../../../functions/core/routing/classifier/prior-artifact.ts';
import { compilePolicy, type CompiledPolicy } from '../../../functions/core/routing/policy-compile.ts';
import type { RegisteredModel } from '../../../functions/core/routing/policy.ts';
import { redecide, type Redecided } from '../../../functions/core/routing/replay.ts';
import { ReplayTally } from '../../../functions/core/routing/replay-tally.ts';
import { entryAt } from '../../admin/support.ts';
import { full } from '../../support/full.ts';
import { able, ask, chat, decide, facts, mapOf, model, priceOf, PROMPTS, THREE, type World } from './routing-world.ts';

const AT = Date.UTC(2026, 10, 23, 12);
const TIERED = { strategy: 'static', tiers: { simple: ['cheap'], moderate: ['mid'], complex: ['strong'] } };
const KEY = { name: 'ci', allowedModels: null };

/** A policy like the one that `decide` makes of the same world. */
function policyOf({ document = {}, auto = {}, models = THREE, policy = {} }: World = {}): CompiledPolicy {
  return compilePolicy({
    tenantId: 't', version: 7, timezone: 'UTC', unknownNames: 'reject', paused: false, alwaysStrongest: false, models: mapOf(...models),
    document: routing.parse({ auto: { ...TIERED, ...auto }, ...document }), ...policy,
  });
}

/** The entry that a request leaves behind; undefined where nothing was decided. */
function entryOf(name: string, world: World = {}, change: Partial<LedgerEntry> = {}): LedgerEntry {
  const resolution = decide(name, { nowMs: AT, ...world });
  return entryAt(AT, { requestedModel: name, decision: resolution.decision, features: resolution.ok ? resolution.features : null, ...change });
}
/** Asked live in one world, re-decided under another document. */
const again = (name: string, live: World, draft: World, key: typeof KEY | undefined = KEY): Redecided =>
  redecide(entryOf(name, live), { draft: policyOf({ ...live, ...draft }), key });

const IDS = ['a', 'b', 'c', 'd', 'e', 'f'];
const some = fc.subarray(IDS);
const target = fc.oneof(fc.constantFrom('auto', 'tier:simple', 'tier:moderate', 'tier:complex'), fc.constantFrom(...IDS).map((id) => `model:${id}`));
const models = fc.tuple(...IDS.map((id) => fc.record({
  enabled: fc.boolean(), able: fc.constantFrom(true, false, undefined), usd: fc.constantFrom(null, 0.1, 1, 10), credential: fc.boolean(), window: fc.constantFrom(undefined, 8, 4_000), most: fc.constantFrom(undefined, 100, 8_000),
}).map(({ enabled, able: can, usd, credential, window, most }): RegisteredModel => model(id, {
  enabled, price: usd === null ? null : priceOf(usd), ...(!credential && { credentials: [] }),
  facts: { ...(can !== undefined && { vision: can, tools: can }), ...(window !== undefined && { contextWindow: window }), ...(most !== undefined && { maxOutput: most }) },
}))));
const CONDITIONS = [
  { field: 'text', op: 'contains', value: 'scalable' }, { field: 'input_tokens', op: 'gt', value: 6 }, { field: 'score', op: 'gte', value: 30, negate: true }, { field: 'key', op: 'eq', value: 'ci' },
  { field: 'hour', op: 'between', value: [9, 17] }, { field: 'has_images', op: 'eq', value: true }, { field: 'has_code', op: 'eq', value: false }, { field: 'metadata.team', op: 'eq', value: 'x', negate: true }, { field: 'spend_today_pct', op: 'gt', value: 50 },
] as const;
const content = fc.oneof(fc.constantFrom(...Object.values(PROMPTS)), fc.string({ maxLength: 60 }), fc.constant([{ type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } }]));
const more = fc.record({ max_tokens: fc.constantFrom(undefined, 50, 6_000), tools: fc.constantFrom(undefined, [{ type: 'function', function: { name: 't', parameters: { type: 'object' } } }]) });
const document = fc.record({ simple: some, moderate: some, complex: some, target, ruled: target, fallbacks: some, conditions: fc.subarray([...CONDITIONS], { maxLength: 3 }), floor: fc.constantFrom(null, 'moderate', 'complex'), dial: fc.constantFrom(null, 0, 100) }).map((made) => ({
  document: { aliases: [{ name: 'alias', target: made.target }], patterns: [{ id: 'q', priority: 2, glob: '*', conditions: made.conditions, target: made.ruled, fallbacks: made.fallbacks, enabled: made.conditions.length > 0 }, { id: 'r', priority: 1, glob: 'rule', target: made.target, fallbacks: made.fallbacks }],
    auto: { strategy: 'static', agentFloor: made.floor, dial: made.dial, tiers: { simple: made.simple, moderate: made.moderate, complex: made.complex } } },
}));
const request = fc.record({ models, breaker: some, budget: some, allowed: fc.option(some), content, more, agent: fc.boolean(), strongest: fc.boolean(), today: fc.constantFrom(null, 10, 90) }).map((made): World => ({
  models: made.models, breakerOpen: new Set(made.breaker), excludeModels: new Set(made.budget), key: { id: 'k', name: 'ci', allowedModels: made.allowed }, ask: ask(made.content, made.more),
  spend: { todayPct: made.today, monthPct: null }, context: made.agent ? { userAgent: 'codex_cli_rs/0.50.0' } : {}, policy: { alwaysStrongest: made.strongest, unknownNames: 'auto' },
}));
const name = fc.constantFrom('auto', 'alias', 'rule', 'unknown', ...IDS);

describe('against the resolver itself', () => {
  test('the live policy over entries of its own reproduces every decision', () => {
    const counted = { all: 0, undecidable: 0 };
    fc.assert(fc.property(name, request, document, (asked, given, written) => {
      const world: World = { ...given, ...written };
      const entry = entryOf(asked, world);
      const outcome = redecide(entry, { draft: policyOf(world), key: { name: 'ci', allowedModels: given.key?.allowedModels ?? null } });
      counted.all += 1;
      if (outcome.decided) expect(outcome.model).toBe(entry.decision?.route[0] ?? null);
      else if (entry.decision !== null) counted.undecidable += 1;
    }), { numRuns: full(10_000) });
    expect(counted.undecidable / counted.all).toBe(0);
  });

  test('a decided replay of a draft is what the resolver would have done with the request itself', () => {
    const counted = { all: 0, decided: 0 };
    fc.assert(fc.property(name, request, document, document, (asked, given, live, draft) => {
      // The budget's second try is part of the record and not of a fresh decision.
      const world: World = { ...given, excludeModels: new Set<string>() };
      const entry = entryOf(asked, { ...world, ...live });
      const outcome = redecide(entry, { draft: policyOf({ ...world, ...draft }), key: { name: 'ci', allowedModels: given.key?.allowedModels ?? null } });
      counted.all += 1;
      if (!outcome.decided) return;
      counted.decided += 1;
      const fresh = decide(asked, { ...world, ...draft, nowMs: AT });
      expect(outcome.model).toBe(fresh.decision?.route[0] ?? null);
      if (outcome.tier !== null) expect(outcome.tier).toBe(fresh.decision?.tier);
    }), { numRuns: full(10_000) });
    expect(counted.decided / counted.all).toBeGreaterThan(0.3);
  });
});

describe('what a record tells', () => {
  const rule = (condition: object): World => ({ document: { patterns: [{ id: 'p', priority: 1, conditions: [condition], target: 'model:strong' }], auto: TIERED } });

  test('a condition on text that was not live then is undecidable; one that was recorded is decided by its truth', () => {
    const says = rule({ field: 'text', op: 'contains', value: 'hello' });
    expect(again('auto', {}, says)).toEqual({ decided: false, because: 'condition' });
    expect(again('auto', says, says)).toMatchObject({ decided: true, model: 'strong' });
    const farewell = { field: 'text', op: 'contains', value: 'goodbye' };
    expect(again('auto', rule(farewell), rule({ ...farewell, negate: true }))).toMatchObject({ decided: true, model: 'strong' });
    // A rule that named a model needed no score, so none was kept for a draft without that rule.
    expect(again('auto', says, rule({ field: 'text', op: 'contains', value: 'hello', negate: true }))).toEqual({ decided: false, because: 'score' });
  });

  test.each([
    ['size', { field: 'input_tokens', op: 'lt', value: 100 }], ['name', { field: 'model', op: 'eq', value: 'AUTO' }], ['hour', { field: 'hour', op: 'eq', value: 12 }], ['weekday', { field: 'weekday', op: 'eq', value: 'mon' }],
    ['score', { field: 'score', op: 'lt', value: 30 }], ['key', { field: 'key', op: 'eq', value: 'ci' }], ['code', { field: 'has_code', op: 'eq', value: false }],
  ])('a new condition on the %s is decided from the record', (_what, condition) => {
    expect(again('auto', {}, rule(condition))).toMatchObject({ decided: true, model: 'strong', stage: 'pattern' });
  });

  test('the vector of the trained prior tells as much as the heuristic\'s; one of an unknown version tells nothing', () => {
    const asked = ask('Fix this:\n```js\nthrow new TypeError("x");\n```\nTypeError: x', { tools: [{ type: 'function', function: { name: 't', parameters: { type: 'object' } } }] });
    const { dense, logits } = scorePrior(facts(asked), priorArtifact());
    const redecided = (v: number, condition: object, values = dense): Redecided => redecide(entryOf('auto', { ask: asked }, { features: { v, dense: values, logits } }), { draft: policyOf(rule(condition)), key: KEY });
    for (const field of ['has_code', 'has_error_trace']) {
      expect(redecided(2, { field, op: 'eq', value: true })).toMatchObject({ decided: true, model: 'strong' });
      expect(redecided(2, { field, op: 'eq', value: true }, dense.map(() => 0))).toMatchObject({ decided: true, stage: 'auto' });
      expect(redecided(3, { field, op: 'eq', value: true })).toEqual({ decided: false, because: 'condition' });
    }
  });

  test('a false condition beside an unknown one settles it; an unknown key settles nothing', () => {
    const both = { document: { patterns: [{ id: 'p', priority: 1, conditions: [{ field: 'text', op: 'contains', value: 'x' }, { field: 'hour', op: 'eq', value: 3 }], target: 'model:strong' }], auto: TIERED } };
    expect(again('auto', {}, both)).toMatchObject({ decided: true, model: 'cheap' });
    const outcome = redecide(entryOf('auto'), { draft: policyOf(rule({ field: 'key', op: 'eq', value: 'ci' })), key: undefined });
    expect(outcome).toEqual({ decided: false, because: 'condition' });
  });

  test('without a score automatic routing is undecidable', () => {
    const live = { document: { aliases: [{ name: 'fast', target: 'model:mid' }], auto: TIERED } };
    expect(again('fast', live, { document: { aliases: [{ name: 'fast', target: 'auto' }], auto: TIERED } })).toEqual({ decided: false, because: 'score' });
  });

  test('what a model could not take is in the record, whichever models were candidates', () => {
    const image = ask([{ type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } }]);
    const to = (id: string): World => ({ document: { aliases: [{ name: 'see', target: `model:${id}` }], auto: TIERED } });
    const models = [able('blind', { vision: false }), able('seeing', { vision: true }), able('dark', { vision: false })];
    expect(again('see', { ...to('seeing'), models, ask: image }, to('blind'))).toMatchObject({ decided: true, model: null });
    expect(again('see', { ...to('blind'), models, ask: image }, to('dark'))).toMatchObject({ decided: true, model: null });
    expect(again('see', { ...to('blind'), models }, to('dark'))).toMatchObject({ decided: true, model: 'dark' });
  });

  test('an entry without a decision is undecidable, and a name that the draft does not know is refused', () => {
    expect(redecide(entryAt(AT, { decision: null }), { draft: policyOf(), key: KEY })).toEqual({ decided: false, because: 'no_decision' });
    expect(again('fast', { document: { aliases: [{ name: 'fast', target: 'model:mid' }], auto: TIERED } }, { document: { auto: TIERED } })).toMatchObject({ decided: true, model: null, stage: null });
  });

  test('whether an agent asked is in the record', () => {
    const floor = (agentFloor: string | null): World => ({ auto: { agentFloor } });
    const agent = { ...floor('moderate'), context: { userAgent: 'claude-code/2' } };
    expect(again('auto', agent, floor(null))).toMatchObject({ decided: true, model: 'cheap' });
    expect(again('auto', floor('moderate'), floor('complex'))).toMatchObject({ decided: true, model: 'cheap' });
    expect(again('auto', { ...floor(null), context: { userAgent: 'claude-code/2' } }, floor('complex'))).toMatchObject({ decided: true, model: 'strong' });
  });
});

test('the report: flips, refusals, money over what could be compared, tiers before and after', () => {
  const tally = new ReplayTally(policyOf({ auto: { dial: 100 }, document: {} }));
  const live = { key: KEY };
  const tokens = { input: 1_000, output: 1_000 };
  for (const [prompt, costMicros] of [[PROMPTS.simple, 500], [PROMPTS.moderate, 5_000], [PROMPTS.complex, null]] as const) tally.add(entryOf('auto', { ask: ask(prompt) }, { tokens, costMicros }), live);
  tally.add(entryAt(AT, { decision: null }), live);
  const report = tally.report();
  expect(report).toMatchObject({ requests: 4, undecidable: 1, reasons: { no_decision: 1 }, refused: 0, compared: 2 });
  expect(report.costMicros.live).toBe(5_500);
  expect(report.tiers.simple.live + report.tiers.moderate.live + report.tiers.complex.live).toBe(3);
  expect(report.tiers.simple.draft).toBeLessThanOrEqual(report.tiers.simple.live);
});

describe('a session under a draft', () => {
  const DRAFT = policyOf({ auto: { tiers: { simple: ['mid'], moderate: ['mid'], complex: ['mid'] } } });
  const TOOLS = [{ type: 'function', function: { name: 'run', parameters: { type: 'object', properties: {} } } }];
  const first = { ask: ask('Hello!', { tools: TOOLS }), auto: { agentFloor: null } };
  const loop = {
    auto: { agentFloor: null }, session: { model: 'cheap', requests: 1, contextTokens: 100, at: AT - 1_000 },
    ask: chat({ tools: TOOLS, messages: [{ role: 'user', content: 'Hello!' }, { role: 'assistant', content: null, tool_calls: [{ id: 'c1', type: 'function', function: { name: 'run', arguments: '{}' } }] }, { role: 'tool', tool_call_id: 'c1', content: 'ok' }] }),
  };
  /** The first model that the draft would have given to the last of these, whose live one was `cheap`. */
  const lastOf = (...entries: readonly LedgerEntry[]): string | null | undefined => {
    const tally = new ReplayTally(DRAFT);
    for (const entry of entries) tally.add(entry, { key: KEY });
    const { examples } = tally.report();
    return examples[0]?.requestId === entries.at(-1)?.requestId ? examples[0]?.draft : 'cheap';
  };
  const inSession = (world: World, change: Partial<LedgerEntry> = {}): LedgerEntry => entryOf('auto', world, { sessionId: 's', ...change });

  test('holds the model that the draft would have left it with', () => {
    expect(lastOf(inSession(first), inSession(loop))).toBe('mid');
  });

  test('is not touched by a request that stands alone, nor by one that failed', () => {
    const alone = { ask: ask(PROMPTS.moderate) };
    expect(inSession(alone).decision?.inputs.request?.standsAlone).toBe(true);
    expect(inSession(first).decision?.inputs.request?.standsAlone).toBeUndefined();
    expect(lastOf(inSession(first), inSession(alone, { servedModel: 'mid' }), inSession(loop))).toBe('mid');
    expect(lastOf(inSession(first), inSession({ ...first, auto: { tiers: { simple: ['mid'], moderate: [], complex: [] } } }, { status: 502, servedModel: 'mid' }), inSession(loop))).toBe('mid');
  });

  test('goes on with the fallback that served, where the draft would have begun with the same model', () => {
    const fellBack = inSession({ ...first, auto: { agentFloor: null, tiers: { simple: ['mid', 'cheap'], moderate: [], complex: [] } } }, { servedModel: 'cheap' });
    expect(fellBack.decision?.route[0]).toBe('mid');
    expect(lastOf(fellBack, inSession(loop))).toBe('cheap');
  });
});
