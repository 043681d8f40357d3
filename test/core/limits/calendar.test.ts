import { describe, expect, test } from '@jest/globals';
import { countingDay, limitMicros, spentOn } from '../../../functions/core/limits/budget.ts';
import { calendarDay, endOfWindowMs } from '../../../functions/core/limits/calendar.ts';

const at = (text: string): number => Date.parse(text);

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

describe('the day in which spend counts', () => {
  test('is the newer one while clocks disagree around midnight', () => {
    expect(countingDay('2026-06-16', 'UTC', at('2026-06-15T23:59:30Z')).day).toBe('2026-06-16');
    expect(countingDay('2026-06-14', 'UTC', at('2026-06-15T00:00:00Z')).day).toBe('2026-06-15');
  });

  test('is not a stored day that has not begun anywhere', () => {
    expect(countingDay('2030-01-01', 'UTC', at('2026-06-15T12:00:00Z')).day).toBe('2026-06-15');
    expect(countingDay('2026-06-17', 'UTC', at('2026-06-15T12:00:00Z')).day).toBe('2026-06-15');
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
