/** A day of the tenant's calendar. */
export interface CalendarDay {
  /** `YYYY-MM-DD` in the tenant's time zone; the month is its first seven characters. */
  readonly day: string;
  readonly month: string;
}

interface Cached extends CalendarDay {
  readonly fromMs: number;
  readonly endMs: number;
}

const MAX_ZONES = 500;
/** No day and no month lasts longer, daylight saving included. */
const LONGEST_MS = 32 * 86_400_000;
const formatters = new Map<string, Intl.DateTimeFormat>();
const days = new Map<string, Cached>();

/**
 * The tenant's calendar day at `nowMs` (epoch ms), by the time-zone database of the runtime. An unknown zone counts as
 * UTC: a misspelt setting must not stop a tenant's traffic. Remembers the current day of each zone until it ends.
 */
export function calendarDay(timezone: string, nowMs: number): CalendarDay {
  const known = days.get(timezone);
  if (known !== undefined && nowMs >= known.fromMs && nowMs < known.endMs) return known;
  const day = dayName(timezone, nowMs);
  const found: Cached = { day, month: day.slice(0, 7), fromMs: nowMs, endMs: endOf(nowMs, (ms) => dayName(timezone, ms) !== day) };
  if (days.size >= MAX_ZONES) days.clear();
  days.set(timezone, found);
  return found;
}

/** Epoch ms at which the day or month of `nowMs` ends in the tenant's time zone. */
export function endOfWindowMs(timezone: string, nowMs: number, window: 'day' | 'month'): number {
  const length = window === 'day' ? 10 : 7;
  const name = dayName(timezone, nowMs).slice(0, length);
  return endOf(nowMs, (ms) => dayName(timezone, ms).slice(0, length) !== name);
}

/** `YYYY-MM-DD` in the tenant's time zone. */
export function dayName(timezone: string, ms: number): string {
  // Most tenants' zone, and the first formatter of a process costs some 20 ms of its first request.
  if (timezone === 'UTC') return new Date(ms).toISOString().slice(0, 10);
  let formatter = formatters.get(timezone);
  if (formatter === undefined) {
    formatter = formatterFor(timezone);
    if (formatters.size >= MAX_ZONES) formatters.clear();
    formatters.set(timezone, formatter);
  }
  return formatter.format(ms);
}

/** The `sv-SE` locale writes dates as ISO 8601 does (CLDR). */
function formatterFor(timezone: string): Intl.DateTimeFormat {
  const shape = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
  try {
    return new Intl.DateTimeFormat('sv-SE', { ...shape, timeZone: timezone });
  } catch {
    return new Intl.DateTimeFormat('sv-SE', { ...shape, timeZone: 'UTC' });
  }
}

/** The first millisecond after `fromMs` at which `isOver` holds; it must then hold until `LONGEST_MS` after `fromMs`. */
function endOf(fromMs: number, isOver: (ms: number) => boolean): number {
  let before = fromMs;
  let after = fromMs + LONGEST_MS;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (isOver(middle)) after = middle;
    else before = middle;
  }
  return after;
}
