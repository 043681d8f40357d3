import { HALF_LIFE_MS } from './decay.ts';
import type { VetoCount } from './label.ts';

const DAY_MS = 86_400_000;
/** Fewer may be chance. */
const LEAST_VETOES = 3;
/** A client repeats a request for other reasons too. */
const WEIGHTS = { structural: 1, feedback: 1, retry: 0.5 } as const;
/** Days that a decayed count of a steady stream is worth. */
const STEADY_DAYS = HALF_LIFE_MS / DAY_MS / Math.LN2;

/**
 * Whether a model is vetoed on a template: more of its answers were plainly bad than the quality target allows to be worse
 * at all, and at least three. `ageMs` = how long it has served all of the template's requests; undefined = unknown, for long.
 */
export function isVetoed(veto: VetoCount | undefined, perDay: number, { qualityTarget, ageMs }: { readonly qualityTarget: number; readonly ageMs: number | undefined }): boolean {
  if (veto === undefined) return false;
  const count = veto.counts.structural * WEIGHTS.structural + veto.counts.feedback * WEIGHTS.feedback + veto.counts.retry * WEIGHTS.retry;
  if (count < LEAST_VETOES) return false;
  const days = ageMs === undefined ? STEADY_DAYS : STEADY_DAYS * (1 - 2 ** (-ageMs / HALF_LIFE_MS));
  return count > (1 - qualityTarget) * perDay * days;
}
