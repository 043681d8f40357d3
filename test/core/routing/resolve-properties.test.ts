import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RegisteredModel } from '../../../functions/core/routing/policy.ts';
import { full } from '../../support/full.ts';
import { ask, decide, excludedOf, model, priceOf, PROMPTS, routeOf, type World } from './routing-world.ts';

const IDS = ['a', 'b', 'c', 'd', 'e', 'f'];
const some = fc.subarray(IDS);
const target = fc.oneof(fc.constantFrom('auto', 'tier:simple', 'tier:moderate', 'tier:complex'), fc.constantFrom(...IDS).map((id) => `model:${id}`));
const models = fc.tuple(...IDS.map((id) => fc.record({
  enabled: fc.boolean(), vision: fc.constantFrom(true, false, undefined), usd: fc.constantFrom(null, 0.1, 1, 10), credential: fc.boolean(), window: fc.constantFrom(undefined, 8, 4_000),
}).map(({ enabled, vision, usd, credential, window }): RegisteredModel => model(id, {
  enabled, price: usd === null ? null : priceOf(usd), facts: { ...(vision !== undefined && { vision }), ...(window !== undefined && { contextWindow: window }) }, ...(!credential && { credentials: [] }),
}))));
const content = fc.oneof(fc.constantFrom(...Object.values(PROMPTS)), fc.string({ maxLength: 60 }), fc.constant([{ type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } }]));
const world = fc.record({
  models, breaker: some, budget: some, allowed: fc.option(some), simple: some, moderate: some, complex: some, target, fallbacks: some, content,
  agent: fc.boolean(), strongest: fc.boolean(), floor: fc.constantFrom(null, 'moderate', 'complex'), strategy: fc.constantFrom('static', 'ml'),
}).map((made): World => ({
  models: made.models, breakerOpen: new Set(made.breaker), excludeModels: new Set(made.budget), key: { id: 'k', name: 'n', allowedModels: made.allowed }, ask: ask(made.content),
  context: made.agent ? { userAgent: 'codex_cli_rs/0.50.0' } : {}, policy: { alwaysStrongest: made.strongest, unknownNames: 'auto' },
  document: {
    aliases: [{ name: 'alias', target: made.target }], patterns: [{ id: 'r', priority: 1, glob: 'rule', target: made.target, fallbacks: made.fallbacks }],
    auto: { strategy: made.strategy, agentFloor: made.floor, tiers: { simple: made.simple, moderate: made.moderate, complex: made.complex } },
  },
}));
const name = fc.constantFrom('auto', 'alias', 'rule', 'unknown', ...IDS);

test('a route holds at most three different candidates, none of them excluded, in candidate order; a refusal leaves none', () => {
  fc.assert(fc.property(name, world, (asked, given) => {
    const resolution = decide(asked, given);
    const route = routeOf(resolution);
    const fit = Object.entries(excludedOf(resolution)).filter(([, excluded]) => excluded === null).map(([id]) => id);
    expect(resolution.decision?.route ?? []).toEqual(route);
    expect(fit.slice(0, route.length)).toEqual(route);
    expect(route.length).toBeLessThanOrEqual(3);
    expect(new Set(route).size).toBe(route.length);
    expect(resolution.ok).toBe(route.length > 0);
    expect(fit.length > 0).toBe(resolution.ok);
    for (const id of route) {
      expect(given.breakerOpen?.has(id) || given.excludeModels?.has(id)).toBe(false);
      expect(given.key?.allowedModels?.includes(id) ?? true).toBe(true);
      expect(given.models?.find((one) => one.id === id)?.enabled).toBe(true);
    }
  }), { numRuns: full(5_000) });
});

test('the same input gives the same decision, and takes nothing away from its input', () => {
  fc.assert(fc.property(name, world, (asked, given) => {
    const before = structuredClone({ document: given.document, models: given.models });
    expect(decide(asked, given)).toEqual(decide(asked, given));
    expect({ document: given.document, models: given.models }).toEqual(before);
  }), { numRuns: full(2_000) });
});

test('base and contributions add up, and the score stays within 0–100, for any decision with a score', () => {
  fc.assert(fc.property(world, (given) => {
    const { decision } = decide('auto', given);
    const sum = decision?.contributions.reduce((total, { points }) => total + points, decision.base ?? 0) ?? Number.NaN;
    expect(Math.abs(sum - (decision?.score ?? -1))).toBeLessThanOrEqual(0.5 + 1e-9);
    expect(sum).toBeGreaterThanOrEqual(-1e-9);
    expect(sum).toBeLessThanOrEqual(100 + 1e-9);
  }), { numRuns: full(5_000) });
});

test('an open breaker on any model never makes another decision than taking that model out', () => {
  fc.assert(fc.property(world, fc.constantFrom(...IDS), (given, down) => {
    const open = decide('auto', { ...given, policy: { unknownNames: 'auto' }, breakerOpen: new Set([...(given.breakerOpen ?? []), down]) });
    const unpaid = decide('auto', { ...given, policy: { unknownNames: 'auto' }, excludeModels: new Set([...(given.excludeModels ?? []), down]) });
    expect(routeOf(open)).toEqual(routeOf(unpaid));
    expect(routeOf(open)).not.toContain(down);
  }), { numRuns: full(2_000) });
});
