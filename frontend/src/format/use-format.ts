import { useMemo } from 'react';
import { formatLocale, useLocale } from '../i18n/locale.ts';
import { change, count, exactCount, percent } from './count.ts';
import { duration } from './duration.ts';
import { axisMoney, exactMoney, money } from './money.ts';
import { dateTime, interval, relativeTime } from './time.ts';

/** All formats in the current language: `const f = useFormat(); f.money(micros)`. */
export function useFormat() {
  const language = useLocale();
  return useMemo(() => {
    const locale = formatLocale();
    return {
      money: (micros: number) => money(micros, locale),
      exactMoney: (micros: number) => exactMoney(micros, locale),
      axisMoney: (micros: number, stepMicros: number) => axisMoney(micros, stepMicros, locale),
      count: (value: number) => count(value, locale),
      exactCount: (value: number) => exactCount(value, locale),
      percent: (share: number) => percent(share, locale),
      /** With one decimal, for settings such as 98.5 %. */
      percentage: (share: number) => new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }).format(share),
      change: (now: number, before: number) => change(now, before, locale),
      duration: (ms: number) => duration(ms, locale),
      relative: (atMs: number, nowMs: number) => relativeTime(atMs, nowMs, locale),
      dateTime: (at: string | number, style: Parameters<typeof dateTime>[1], timeZone: string) => dateTime(at, style, timeZone, locale),
      interval: (fromMs: number, toMs: number, timeZone: string) => interval(fromMs, toMs, timeZone, locale),
      list: (items: readonly string[]) => new Intl.ListFormat(locale, { type: 'conjunction' }).format(items),
      either: (items: readonly string[]) => new Intl.ListFormat(locale, { type: 'disjunction' }).format(items),
    };
  }, [language]);
}
export type Format = ReturnType<typeof useFormat>;
