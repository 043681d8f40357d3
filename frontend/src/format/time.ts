const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [['day', 86_400_000], ['hour', 3_600_000], ['minute', 60_000], ['second', 1_000]];

/** "12 seconds ago", "in 3 days". */
export function relativeTime(atMs: number, nowMs: number, locale: string): string {
  const difference = atMs - nowMs;
  const [name, size] = STEPS.find(([, length]) => Math.abs(difference) >= length) ?? ['second', 1_000];
  return new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' }).format(Math.trunc(difference / size), name);
}

type Style = 'time' | 'minute' | 'day' | 'dayTime' | 'full';
const STYLES: Readonly<Record<Style, Intl.DateTimeFormatOptions>> = {
  time: { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
  minute: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  day: { month: 'short', day: 'numeric' },
  dayTime: { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  full: { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZoneName: 'short' },
};

export const dateTime = (at: string | number, style: Style, timeZone: string, locale: string): string => new Intl.DateTimeFormat(locale, { ...STYLES[style], timeZone }).format(new Date(at));

/** "24 Oct – 22 Nov 2026", by day or, for short ranges, by minute. */
export function interval(fromMs: number, toMs: number, timeZone: string, locale: string): string {
  const options: Intl.DateTimeFormatOptions = toMs - fromMs > 2 * 86_400_000 ? { dateStyle: 'medium' } : { dateStyle: 'medium', timeStyle: 'short' };
  return new Intl.DateTimeFormat(locale, { ...options, timeZone }).formatRange(fromMs, toMs);
}
