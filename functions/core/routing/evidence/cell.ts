import type { Label } from './label.ts';
import { rounded } from './decay.ts';
import type { EvidenceSums } from './summary.ts';

/** Pairs of two kinds, told apart by their request: `a` chooses, `b` certifies. What is chosen because it looks good on one half does not look good on the other for that reason. */
export type Half = 'a' | 'b';

/** The parity of the request id's hash (FNV-1a, 32 bit). */
export function halfOf(requestId: string): Half {
  let hash = 0x811c9dc5;
  for (let i = 0; i < requestId.length; i += 1) hash = Math.imul(hash ^ requestId.charCodeAt(i), 0x01000193);
  // The lowest bit of FNV is the parity of the input's lowest bits; the higher ones are mixed.
  return ((hash ^ (hash >>> 15)) & 1) === 0 ? 'a' : 'b';
}

/** One label weighs at most as much as a sample of 1 in 50: a few heavy ones would make many light ones worthless. */
const MAX_WEIGHT = 50;

/** w = 1/propensity, capped. */
export const weightOf = (propensity: number): number => Math.min(MAX_WEIGHT, 1 / Math.max(propensity, 1e-9));

/** What one label adds to the sums of its half, at a scale (`decay.ts`). */
export function sumsOf(label: Pick<Label, 'd' | 'propensity'>, scale: number): EvidenceSums {
  const w = rounded(weightOf(label.propensity) * scale);
  const d = Math.max(-1, Math.min(1, label.d));
  return { sumW: w, sumW2: rounded(w * w), sumWd: rounded(w * d), sumWd2: rounded(w * d * d) };
}

export const NO_SUMS: EvidenceSums = { sumW: 0, sumW2: 0, sumWd: 0, sumWd2: 0 };

export const added = (x: EvidenceSums, y: EvidenceSums): EvidenceSums => ({
  sumW: x.sumW + y.sumW, sumW2: x.sumW2 + y.sumW2, sumWd: x.sumWd + y.sumWd, sumWd2: x.sumWd2 + y.sumWd2,
});

/** The same sums read at another scale: what was added at `scale` becomes 1. */
export const descaled = (x: EvidenceSums, scale: number): EvidenceSums => ({
  sumW: x.sumW / scale, sumW2: x.sumW2 / (scale * scale), sumWd: x.sumWd / scale, sumWd2: x.sumWd2 / scale,
});

/**
 * What is known of one model against one baseline on requests of one template. Sums are decayed as of `atMs`: what was
 * added at that moment counts in full.
 */
export interface Cell {
  readonly templateKey: string;
  readonly model: string;
  readonly baseline: string;
  /** Judged pairs in all, undecayed. */
  readonly labels: number;
  readonly a: EvidenceSums;
  readonly b: EvidenceSums;
  /** Both kinds together, of lately (`FRESH_HALF_LIFE_MS`). */
  readonly fresh: EvidenceSums;
  /** The newest label, RFC 3339. */
  readonly updatedAt: string;
}
