/** In full up to 9,999, then 12.9K or 18.4M. */
export function count(value: number, locale: string): string {
  const isShort = Math.abs(value) < 10_000;
  return new Intl.NumberFormat(locale, isShort ? { maximumFractionDigits: 0 } : { notation: 'compact', maximumFractionDigits: 1 }).format(value);
}

export const exactCount = (value: number, locale: string): string => new Intl.NumberFormat(locale, { maximumFractionDigits: 0 }).format(value);

/** A share of 0…1 as a whole percentage; what is something is never shown as nothing, what is not all never as all. */
export function percent(share: number, locale: string): string {
  const format = (value: number): string => new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 }).format(value);
  if (share > 0 && share < 0.005) return `<${format(0.01)}`;
  if (share > 0.995 && share < 1) return `>${format(0.99)}`;
  return format(share);
}

/** A change against an earlier value with its sign; undefined where the earlier period has too few requests to compare with. */
export function change(now: number, before: number, locale: string): string | undefined {
  if (before < LEAST_TO_COMPARE) return undefined;
  return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0, signDisplay: 'exceptZero' }).format((now - before) / before);
}

/** Requests the earlier period needs before a change in percent says anything. */
const LEAST_TO_COMPARE = 20;
