/** The parts in tenths, rounded so that what is shown adds up to the shown total (largest remainder). */
export function addUp(parts: readonly number[], total: number): number[] {
  const whole = parts.map((part) => Math.floor(part * 10));
  const missing = Math.round(total * 10) - whole.reduce((sum, part) => sum + part, 0);
  const byRemainder = parts.map((part, at) => ({ at, rest: part * 10 - Math.floor(part * 10) })).toSorted((a, b) => b.rest - a.rest);
  for (const { at } of byRemainder.slice(0, Math.max(0, Math.min(parts.length, missing)))) whole[at] = (whole[at] ?? 0) + 1;
  return whole.map((part) => part / 10);
}
