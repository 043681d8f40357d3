import { calendarDay, dayName, type CalendarDay } from './calendar.ts';

/** A key's spend in its tenant's calendar: reserved plus settled micro-USD. */
export interface Spend {
  day: string;
  dayMicros: number;
  month: string;
  monthMicros: number;
}

/** A clock may have been set back by this much, or several machines' disagree, without a budget beginning twice. */
const BELIEVED_MS = 86_400_000 + 65_000;

/** A limit in USD as whole micro-USD; null stays "none". */
export const limitMicros = (usd: number | null): number | null => (usd === null ? null : Math.round(usd * 1e6));

/**
 * The day in which to count now. As with slots, a newer stored day wins over an own clock that is behind: where a clock or
 * a time zone was set back over midnight, the day that has begun goes on, or its budget would begin a second time. One
 * that lies more than a day ahead is no day that has begun, but a clock that was wrong.
 */
export function countingDay(storedDay: string, timezone: string, nowMs: number): CalendarDay {
  const own = calendarDay(timezone, nowMs);
  if (storedDay <= own.day) return own;
  const latest = dayName(timezone, nowMs + BELIEVED_MS);
  return storedDay <= latest ? { day: storedDay, month: storedDay.slice(0, 7) } : own;
}

/** What the day's and the month's counters say on `at`: a window that has ended holds nothing, one that was set back keeps its spend. */
export const spentOn = (spend: Spend, at: CalendarDay): { dayMicros: number; monthMicros: number } => ({
  dayMicros: at.day > spend.day ? 0 : spend.dayMicros,
  monthMicros: at.month > spend.month ? 0 : spend.monthMicros,
});
