import { appendFileSync } from 'node:fs';

/**
 * Reports what a guarantee's test measured, for its line at the end of `npm run test:guarantees`. Call it once everything
 * has been checked. Does nothing in other runs.
 */
export function figure(id: string, text: string): void {
  const file = process.env['BSG_FIGURES'];
  // One short write with O_APPEND: lines of several workers do not mix.
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ id, text })}\n`);
}

/** The p-th percentile (0–100) of a sample, by nearest rank. */
export function percentile(sample: readonly number[], p: number): number {
  const sorted = sample.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil((p / 100) * sorted.length) - 1))] ?? Number.NaN;
}
