import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { mergeUsage, type TokenUsage } from '../../../functions/core/money/usage.ts';

const CLASSES = ['input', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'output', 'reasoning'] as const;
const count = fc.option(fc.nat(), { nil: undefined });
const report: fc.Arbitrary<TokenUsage> = fc.record(Object.fromEntries(CLASSES.map((name) => [name, count])), { requiredKeys: [] });

describe('usage that is reported in several parts', () => {
  test('is the newest known count of each class, never a sum and never less than was known', () => {
    fc.assert(fc.property(fc.array(report, { maxLength: 6 }), (reports) => {
      const merged = reports.reduce<TokenUsage>((earlier, later) => mergeUsage(earlier, later), {});
      for (const name of CLASSES) expect(merged[name]).toBe(reports.map((one) => one[name]).findLast((value) => value !== undefined));
    }));
  });

  test('may begin with nothing, and a count of 0 is known', () => {
    expect(mergeUsage(undefined, { input: 7 })).toEqual({ input: 7 });
    expect(mergeUsage({ input: 7, output: 3 }, { output: 0, reasoning: undefined })).toEqual({ input: 7, output: 0 });
  });

  test('leaves the parts as they were', () => {
    const [earlier, later] = [Object.freeze({ input: 1 }), Object.freeze({ input: 2, output: 3 })];
    expect(mergeUsage(earlier, later)).toEqual({ input: 2, output: 3 });
    expect([earlier, later]).toEqual([{ input: 1 }, { input: 2, output: 3 }]);
  });
});
