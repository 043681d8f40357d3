import { calendarDay, type CalendarDay } from './calendar.ts';

/** A key's spend in its tenant's calendar: reserved plus settled micro-USD. */
export interface Spend {
  day: string;
  dayMicros: number;
  month: string;
  monthMicros: number;
}

/** Clocks of several machines may disagree by this much around midnight. */
const CLOCK_SPREAD_MS = 65_000;

/** A limit in USD as whole micro-USD; null stays "none". */
export const limitMicros = (usd: number | null): number | null => (usd === null ? null : Math.round(usd * 1e6));

/**
 * The day in which to count now. As with slots, a newer stored day wins over an own clock that is behind; a day
 * that cannot have begun anywhere (a clock or a time zone was set back) does not.
 */
export function countingDay(storedDay: string, timezone: string, nowMs: number): CalendarDay {
  const own = calendarDay(timezone, nowMs);
  if (storedDay <= own.day) return own;
  const soon = calendarDay(timezone, nowMs + CLOCK_SPREAD_MS);
  return storedDay === soon.day ? soon : own;
}

/** What the day's and the month's counters say on `at`: a window that has ended holds nothing, one that was set back keeps its spend. */
export const spentOn = (spend: Spend, at: CalendarDay): { dayMicros: number; monthMicros: number } => ({
  dayMicros: at.day > spend.day ? 0 : spend.dayMicros,
  monthMicros: at.month > spend.month ? 0 : spend.monthMicros,
});
