import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { change, count, percent } from '../../frontend/src/format/count.ts';
import { duration } from '../../frontend/src/format/duration.ts';
import { axisMoney, exactMoney, money } from '../../frontend/src/format/money.ts';
import { interval, relativeTime } from '../../frontend/src/format/time.ts';

describe('money', () => {
  test.each([
    [0, '$0.00'], [12_340_000, '$12.34'], [1_234_567_890_000, '$1,234,567.89'], [1_000_000, '$1.00'], [123_400, '$0.1234'], [500_000, '$0.500'], [12_000, '$0.012'], [410, '$0.00041'], [1, '$0.000001'], [9_999, '$0.009999'], [-3_100_000, '-$3.10'],
  ])('%d micro-USD are %s', (micros, text) => { expect(money(micros, 'en')).toBe(text); });

  test('something never looks like nothing, and the exact form has every digit', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 10 ** 12 }), (micros) => {
      expect(Number(money(micros, 'en').replaceAll(/[$,]/g, ''))).toBeGreaterThan(0);
      expect(Math.round(Number(exactMoney(micros, 'en').replaceAll(/[$,]/g, '')) * 1e6)).toBe(micros);
    }));
  });
});

test('the values of a money axis are all told apart, with the same decimal places', () => {
  const axis = (step: number, lines = 5): string[] => Array.from({ length: lines }, (_, at) => axisMoney(at * step, step, 'en'));
  expect(axis(50_000, 6)).toEqual(['$0.00', '$0.05', '$0.10', '$0.15', '$0.20', '$0.25']);
  expect(axis(500_000, 4)).toEqual(['$0.00', '$0.50', '$1.00', '$1.50']);
  expect(axis(2_000_000, 3)).toEqual(['$0', '$2', '$4']);
  fc.assert(fc.property(fc.constantFrom(1, 2, 5), fc.integer({ min: 0, max: 9 }), (digit, power) => {
    const labels = axis(digit * 10 ** power);
    expect(new Set(labels).size).toBe(labels.length);
    expect(new Set(labels.map((label) => label.split('.')[1]?.length)).size).toBe(1);
  }));
});

describe('counts', () => {
  test.each([[0, '0'], [9_999, '9,999'], [10_000, '10K'], [12_900, '12.9K'], [18_400_000, '18.4M'], [-12_345, '-12.3K']])('%d is %s', (value, text) => { expect(count(value, 'en')).toBe(text); });
  test('Korean counts by ten thousands', () => { expect(count(28_630, 'ko-KR')).toBe('2.9만'); });

  test.each([[0, '0%'], [0.001, '<1%'], [0.62, '62%'], [0.999, '>99%'], [1, '100%']])('a share of %d is %s', (share, text) => { expect(percent(share, 'en')).toBe(text); });

  test('a change is told from twenty requests on, with its sign', () => {
    expect(change(30, 19, 'en')).toBeUndefined();
    expect(change(112, 100, 'en')).toBe('+12%');
    expect(change(50, 100, 'en')).toBe('-50%');
    expect(change(100, 100, 'en')).toBe('0%');
  });
});

test.each([[0.4, '0.4 ms'], [611, '611 ms'], [999.6, '1 s'], [2_840, '2.8 s'], [90_000, '1.5 min']])('a duration of %d ms is %s', (ms, text) => { expect(duration(ms, 'en')).toBe(text); });

test.each([[0, 'now'], [-12_000, '12 sec. ago'], [-59_999, '59 sec. ago'], [-120_000, '2 min. ago'], [3 * 86_400_000, 'in 3 days']])('%d ms from now is "%s"', (difference, text) => { expect(relativeTime(1e12 + difference, 1e12, 'en')).toBe(text); });

test('an interval is told in the zone that was asked for, by day or by minute', () => {
  const from = Date.UTC(2026, 9, 23, 15, 0);
  expect(interval(from, from + 30 * 86_400_000, 'Asia/Seoul', 'en').replaceAll(/\s/g, ' ')).toBe('Oct 24 – Nov 23, 2026');
  expect(interval(from, from + 3_600_000, 'UTC', 'en').replaceAll(/\s/g, ' ')).toBe('Oct 23, 2026, 3:00 – 4:00 PM');
});
