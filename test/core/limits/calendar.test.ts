import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { countingDay, limitMicros, spentOn } from '../../../functions/core/limits/budget.ts';
import { calendarDay, endOfWindowMs } from '../../../functions/core/limits/calendar.ts';
import { full } from '../../support/full.ts';

const at = (text: string): number => Date.parse(text);
const ZONES = ['UTC', 'Asia/Seoul', 'Asia/Kathmandu', 'Europe/Berlin', 'America/New_York', 'America/Sao_Paulo', 'Australia/Lord_Howe', 'Pacific/Chatham', 'Pacific/Kiritimati', 'Pacific/Pago_Pago', 'No/Such_Zone'];
const zones = fc.constantFrom(...ZONES);
const moments = fc.integer({ min: at('2020-01-01T00:00:00Z'), max: at('2039-12-31T23:59:59Z') });

/** The day by the parts of another locale's format. */
function dayBy(zone: string, ms: number): string {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone === 'No/Such_Zone' ? 'UTC' : zone, year: 'numeric', month: '2-digit', day: '2-digit' }).formatToParts(ms);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')}`;
}

describe('the tenant\'s calendar', () => {
  test.each([
    ['UTC', '2026-06-15T12:00:00Z', '2026-06-15'],
    ['Asia/Seoul', '2026-06-30T15:00:00Z', '2026-07-01'],
    ['Asia/Seoul', '2026-06-30T14:59:59.999Z', '2026-06-30'],
    ['America/New_York', '2026-07-01T03:59:59Z', '2026-06-30'],
    ['Asia/Kathmandu', '2026-01-01T18:15:00Z', '2026-01-02'],
    ['No/Such_Zone', '2026-06-15T23:59:59Z', '2026-06-15'],
  ])('in %s at %s says %s', (zone, moment, day) => {
    expect(calendarDay(zone, at(moment))).toMatchObject({ day, month: day.slice(0, 7) });
  });

  test('is right again when asked about an earlier and then a later day', () => {
    const days = ['2026-03-29T12:00:00Z', '2026-03-28T12:00:00Z', '2026-03-31T12:00:00Z', '2026-03-28T00:00:00Z'].map((moment) => calendarDay('Europe/Berlin', at(moment)).day);
    expect(days).toEqual(['2026-03-29', '2026-03-28', '2026-03-31', '2026-03-28']);
  });

  test.each([
    ['UTC', '2026-06-15T12:00:00Z', '2026-06-16T00:00:00Z', '2026-07-01T00:00:00Z'],
    ['Europe/Berlin', '2026-03-29T00:30:00Z', '2026-03-29T22:00:00Z', '2026-03-31T22:00:00Z'],
    ['Europe/Berlin', '2026-10-24T22:30:00Z', '2026-10-25T23:00:00Z', '2026-10-31T23:00:00Z'],
    ['America/Sao_Paulo', '2026-12-31T23:00:00Z', '2027-01-01T03:00:00Z', '2027-01-01T03:00:00Z'],
  ])('in %s at %s ends the day at %s and the month at %s', (zone, moment, day, month) => {
    expect(endOfWindowMs(zone, at(moment), 'day')).toBe(at(day));
    expect(endOfWindowMs(zone, at(moment), 'month')).toBe(at(month));
  });
});

describe('in any zone and in any order of questions', () => {
  test('a day ends at the millisecond at which the calendar shows the next, and so does a month', () => {
    fc.assert(fc.property(zones, moments, fc.constantFrom('day' as const, 'month' as const), (zone, now, window) => {
      const name = (ms: number): string => dayBy(zone, ms).slice(0, window === 'day' ? 10 : 7);
      const end = endOfWindowMs(zone, now, window);
      expect(end).toBeGreaterThan(now);
      expect([name(end - 1), name(end) > name(now)]).toEqual([name(now), true]);
      expect(end - now).toBeLessThanOrEqual((window === 'day' ? 1 : 31) * 86_400_000 + 7_200_000);
    }), { numRuns: full(1_000) });
  });

  test('the day is the calendar\'s, to the millisecond, whatever was asked before', () => {
    const aroundMidnight = fc.record({ zone: zones, now: moments, steps: fc.array(fc.constantFrom(-86_400_000, -1, 0, 1, 1_000, 86_400_000), { maxLength: 6 }) });
    fc.assert(fc.property(aroundMidnight, ({ zone, now, steps }) => {
      const midnight = endOfWindowMs(zone, now, 'day');
      for (const ms of [now, ...[-1, ...steps, 0].map((step) => midnight + step)]) {
        const day = dayBy(zone, ms);
        expect([ms, calendarDay(zone, ms).day, calendarDay(zone, ms).month]).toEqual([ms, day, day.slice(0, 7)]);
      }
    }), { numRuns: full(1_000) });
  });

  test('more zones than are remembered, most of them misspelt, are all still right', () => {
    const now = at('2026-06-15T20:00:00Z');
    const many = Array.from({ length: 510 }, (_unused, n) => (n % 50 === 0 ? 'Asia/Seoul' : `No/Such_Zone_${n}`));
    for (const zone of [...many, ...many]) expect(calendarDay(zone, now).day).toBe(zone === 'Asia/Seoul' ? '2026-06-16' : '2026-06-15');
  });
});

describe('the day in which spend counts', () => {
  test('is the newer one while clocks disagree around midnight', () => {
    expect(countingDay('2026-06-16', 'UTC', at('2026-06-15T23:59:30Z')).day).toBe('2026-06-16');
    expect(countingDay('2026-06-14', 'UTC', at('2026-06-15T00:00:00Z')).day).toBe('2026-06-15');
  });

  test('is not a stored day that has not begun anywhere', () => {
    expect(countingDay('2030-01-01', 'UTC', at('2026-06-15T12:00:00Z')).day).toBe('2026-06-15');
    expect(countingDay('2026-06-17', 'UTC', at('2026-06-15T12:00:00Z')).day).toBe('2026-06-15');
    // Just before midnight too: no day but the next may have begun for a faster clock.
    expect(countingDay('2030-01-01', 'UTC', at('2026-06-15T23:59:30Z')).day).toBe('2026-06-15');
    expect(countingDay('', 'UTC', at('2026-06-15T23:59:30Z')).day).toBe('2026-06-15');
  });

  test('is a stored day that has begun before the clock was set back', () => {
    expect(countingDay('2026-06-16', 'UTC', at('2026-06-15T12:00:00Z'))).toEqual({ day: '2026-06-16', month: '2026-06' });
    expect(countingDay('2026-07-01', 'Asia/Seoul', at('2026-06-30T10:00:00Z'))).toEqual({ day: '2026-07-01', month: '2026-07' });
  });

  test('starts a new day and month at nothing, and keeps what was spent when a clock is set back', () => {
    const spend = { day: '2026-06-30', dayMicros: 5, month: '2026-06', monthMicros: 50 };
    expect(spentOn(spend, { day: '2026-06-30', month: '2026-06' })).toEqual({ dayMicros: 5, monthMicros: 50 });
    expect(spentOn(spend, { day: '2026-07-01', month: '2026-07' })).toEqual({ dayMicros: 0, monthMicros: 0 });
    expect(spentOn(spend, { day: '2026-06-29', month: '2026-06' })).toEqual({ dayMicros: 5, monthMicros: 50 });
  });

  test('has its limit in whole micro-USD', () => {
    expect([limitMicros(0.1), limitMicros(1.000001), limitMicros(0), limitMicros(null)]).toEqual([100_000, 1_000_001, 0, null]);
  });
});
