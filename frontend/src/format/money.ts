const usd = (value: number, locale: string, least: number, most: number): string =>
  new Intl.NumberFormat(locale, { style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol', minimumFractionDigits: least, maximumFractionDigits: most }).format(value);

/** Micro-USD for reading: $0.00, $12.34, $0.123, $0.00041. The sign stays. */
export function money(micros: number, locale: string): string {
  const value = micros / 1e6;
  const size = Math.abs(value);
  if (size === 0 || size >= 1) return usd(value, locale, 2, 2);
  return size >= 0.01 ? usd(value, locale, 3, 4) : usd(value, locale, 4, 6);
}

/** Micro-USD to the last digit, for hovering and files. */
export const exactMoney = (micros: number, locale: string): string => usd(micros / 1e6, locale, 2, 6);

/** Money on an axis whose lines are `stepMicros` apart: all with the same decimal places, as few as tell them apart. */
export function axisMoney(micros: number, stepMicros: number, locale: string): string {
  const places = placesFor(stepMicros / 1e6);
  return usd(micros / 1e6, locale, places, places);
}

/** Decimal places that tell apart the values of an axis whose lines are `step` apart, both in the unit that is written. */
const placesFor = (step: number): number => (step <= 0 || Number.isInteger(step) ? 0 : Math.min(6, Math.max(2, Math.ceil(-Math.log10(step) - 1e-9))));
