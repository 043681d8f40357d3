const unit = (value: number, name: string, digits: number, locale: string): string =>
  new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: digits }).format(value);

/** Milliseconds for reading: 0.4 ms, 611 ms, 2.8 s, 3 min. */
export function duration(ms: number, locale: string): string {
  if (ms < 10) return unit(ms, 'millisecond', 1, locale);
  if (ms < 999.5) return unit(ms, 'millisecond', 0, locale);
  // "sec" is what English makes of it; s is the unit's own sign.
  if (ms < 60_000) return locale.startsWith('en') ? `${new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(ms / 1000)} s` : unit(ms / 1000, 'second', 1, locale);
  return unit(ms / 60_000, 'minute', 1, locale);
}
