import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { costMicros, priceFromUsd } from '../../../functions/core/money/cost.ts';
import type { ModelPrice } from '../../../functions/core/money/price.ts';
import { savedMicros } from '../../../functions/core/money/savings.ts';
import { full } from '../../support/full.ts';

const PRICE: ModelPrice = { version: 'v', input: 250_000, cacheRead: 25_000, cacheWrite5m: 312_500, cacheWrite1h: 500_000, output: 2_000_000 };

describe('the cost of a request', () => {
  test('adds up the token classes, each at its own price', () => {
    expect(costMicros({ input: 1000, cacheRead: 2000, cacheWrite5m: 100, cacheWrite1h: 10, output: 500, reasoning: 400 }, PRICE)).toBe(250 + 50 + 31 + 5 + 1000);
  });

  test('is rounded half up once, not class by class', () => {
    const price = { version: 'v', input: 500_000, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, output: 500_000 };
    expect([costMicros({ input: 1 }, price), costMicros({ input: 1, output: 1 }, price), costMicros({ input: 3 }, price)]).toEqual([1, 1, 2]);
    expect(costMicros({ input: 1 }, { ...price, input: 499_999 })).toBe(0);
  });

  test('counts an unknown class as nothing and an unknown price as unknown', () => {
    expect(costMicros({}, PRICE)).toBe(0);
    expect(costMicros({ input: 1000 }, null)).toBeNull();
  });

  test('is exact where a double is not', () => {
    const price = { ...PRICE, input: 1_000_000_000_001 };
    expect(costMicros({ input: 8_999_999_999 }, price)).toBe(8_999_999_999_009_000);
  });

  test('is exact next to a half, whatever its size', () => {
    // Whole micro-USD from one class and the rest from another; half of the sums are beyond what a double can hold.
    const whole = fc.integer({ min: 0, max: 52 }).chain((bits) => fc.integer({ min: 0, max: 2 ** bits }));
    fc.assert(fc.property(whole, fc.constantFrom(0, 1, 499_998, 499_999, 500_000, 500_001, 999_999), (micros, rest) => {
      const price = { version: 'v', input: 1_000_000, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, output: rest };
      expect(costMicros({ input: micros, output: 1 }, price)).toBe(micros + (rest >= 500_000 ? 1 : 0));
    }), { numRuns: full(5_000) });
  });

  test('is what whole numbers of any length say, over all classes', () => {
    const amounts = (max: number) => fc.record({ input: fc.nat(max), cacheRead: fc.nat(max), cacheWrite5m: fc.nat(max), cacheWrite1h: fc.nat(max), output: fc.nat(max) });
    const magnitudes = fc.constantFrom(10, 1_000_000, 2 ** 31 - 1);
    fc.assert(fc.property(magnitudes.chain(amounts), magnitudes.chain(amounts), (usage, perMillion) => {
      const total = (Object.keys(usage) as (keyof typeof usage)[]).reduce((sum, name) => sum + BigInt(usage[name]) * BigInt(perMillion[name]), 0n);
      expect(costMicros(usage, { version: 'v', ...perMillion })).toBe(Number((total + 500_000n) / 1_000_000n));
    }), { numRuns: full(5_000) });
  });
});

describe('a price in USD', () => {
  test('becomes whole micro-USD, with the input price for absent cache classes and 1.6 times the write for an hour', () => {
    expect(priceFromUsd({ input: 0.25, output: 2 }, 'catalogue-x')).toEqual({ version: 'catalogue-x', input: 250_000, cacheRead: 250_000, cacheWrite5m: 250_000, cacheWrite1h: 400_000, output: 2_000_000 });
    expect(priceFromUsd({ input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 }, 'v')).toMatchObject({ cacheRead: 300_000, cacheWrite5m: 3_750_000, cacheWrite1h: 6_000_000 });
    expect(priceFromUsd({ input: 3, output: 15, cacheWrite: 3.75, cacheWrite1h: 0 }, 'v')).toMatchObject({ cacheRead: 3_000_000, cacheWrite1h: 0 });
  });

  test('of at most six decimals is never off by a micro-USD', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 1_000_000_000 }), (micros) => {
      expect(priceFromUsd({ input: micros / 1e6, output: 0 }, 'v').input).toBe(micros);
    }));
  });
});

test('savings are the baseline less cost and overhead, and unknown while either is unknown', () => {
  expect([savedMicros(900, 120, 30), savedMicros(100, 120, 0), savedMicros(null, 120, 0), savedMicros(900, null, 0), savedMicros(0, 0, 0)]).toEqual([750, -20, null, null, 0]);
});
