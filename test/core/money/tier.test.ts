import { describe, expect, test } from '@jest/globals';
import { priceFromUsd } from '../../../functions/core/money/cost.ts';
import type { ModelPrice } from '../../../functions/core/money/price.ts';
import { factorOf, priceAt, TIER_MEMBERS, tierServed, tiersAsked } from '../../../functions/core/money/tier.ts';
import { chat } from '../routing/routing-world.ts';

const PLAIN: ModelPrice = { version: 'v', input: 1_000_001, cacheRead: 100_000, cacheWrite5m: 1_250_000, cacheWrite1h: 2_000_000, output: 4_000_000 };
const TIERED: ModelPrice = { ...PLAIN, tiers: { priority: 2, flex: 0.5 } };
const asked = (dialect: 'openai-chat' | 'anthropic-messages', extras: Record<string, unknown>): [string, string][] => [...tiersAsked({ ...chat(), dialect, extras })];

describe('what the caller asks for', () => {
  test.each(['auto', 'default', 'standard', 'standard_only', 'on_demand'])('%s is the plain tariff', (word) => {
    expect(asked('openai-chat', { service_tier: word })).toEqual([]);
    expect(asked('anthropic-messages', { service_tier: word, speed: word })).toEqual([]);
    expect(factorOf(TIERED, word)).toBe(1);
    expect(priceAt(PLAIN, word)).toEqual({ price: PLAIN, isKnown: true });
  });

  test('is told by member, speed in Anthropic\'s dialect only', () => {
    expect(TIER_MEMBERS).toEqual(['service_tier', 'speed']);
    expect(asked('openai-chat', { service_tier: 'priority', speed: 'fast' })).toEqual([['service_tier', 'priority']]);
    expect(asked('anthropic-messages', { service_tier: 'priority', speed: 'fast' })).toEqual([['service_tier', 'priority'], ['speed', 'fast']]);
    expect(asked('anthropic-messages', { speed: 'fast' })).toEqual([['speed', 'fast']]);
    expect(asked('openai-chat', { service_tier: 2 })).toEqual([]);
    expect(asked('openai-chat', {})).toEqual([]);
  });
});

test('what an answer says it was served at: its speed where that is not the usual one, else its service tier, bounded', () => {
  expect(tierServed('priority')).toBe('priority');
  expect(tierServed('default')).toBe('default');
  expect(tierServed('standard', 'fast')).toBe('fast');
  expect(tierServed('priority', 'standard')).toBe('priority');
  expect(tierServed('priority', 7)).toBe('priority');
  expect(tierServed(undefined)).toBeUndefined();
  expect(tierServed(null, null)).toBeUndefined();
  expect(tierServed('x'.repeat(40))).toBe('x'.repeat(32));
});

describe('the price at a tier', () => {
  test('is every class times its factor, rounded to the unit; what else the price says stays', () => {
    expect(priceAt(TIERED, 'priority')).toEqual({ isKnown: true, price: { ...TIERED, input: 2_000_002, cacheRead: 200_000, cacheWrite5m: 2_500_000, cacheWrite1h: 4_000_000, output: 8_000_000 } });
    expect(priceAt(TIERED, 'flex')).toEqual({ isKnown: true, price: { ...TIERED, input: 500_001, cacheRead: 50_000, cacheWrite5m: 625_000, cacheWrite1h: 1_000_000, output: 2_000_000 } });
  });

  test('is the plain one, and not known, where nobody said a factor; names of the language are none', () => {
    for (const tier of ['scale', 'constructor', '__proto__']) {
      expect(factorOf(TIERED, tier)).toBeUndefined();
      expect(priceAt(TIERED, tier)).toEqual({ price: TIERED, isKnown: false });
    }
    expect(factorOf(PLAIN, 'priority')).toBeUndefined();
    expect(priceAt(PLAIN, 'priority')).toEqual({ price: PLAIN, isKnown: false });
  });

  test('is known where no tier is said, and unpriced stays unpriced', () => {
    expect(priceAt(TIERED, undefined)).toEqual({ price: TIERED, isKnown: true });
    expect(priceAt(null, 'priority')).toEqual({ price: null, isKnown: true });
    expect(priceAt(null, undefined)).toEqual({ price: null, isKnown: true });
  });

  test('is what an operator writes: factors come with the price', () => {
    const price = priceFromUsd({ input: 1, output: 2, tiers: { priority: 2 } }, 'own');
    expect(price.tiers).toEqual({ priority: 2 });
    expect(priceAt(price, 'priority').price?.input).toBe(price.input * 2);
    expect(priceFromUsd({ input: 1, output: 2 }, 'own')).not.toHaveProperty('tiers');
  });
});
