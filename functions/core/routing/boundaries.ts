import type { Auto, Tier } from '../../contract/index.ts';
import { TIERS } from '../../contract/words.ts';

/** Scores at which `moderate` and `complex` begin. The dial runs from 0 (cost) to 100 (quality); 50 gives [30, 65]. */
export function boundariesOf(auto: Pick<Auto, 'dial' | 'boundaries'>): readonly [number, number] {
  if (auto.boundaries !== null) return auto.boundaries;
  const dial = auto.dial ?? 50;
  return [60 - 0.6 * dial, 95 - 0.6 * dial];
}

export function tierOf(score: number, [moderate, complex]: readonly [number, number]): Tier {
  return score >= complex ? 'complex' : score >= moderate ? 'moderate' : 'simple';
}

/** Points missing to the next tier up; null in the highest. */
export function marginToNextTier(score: number, [moderate, complex]: readonly [number, number]): number | null {
  const next = score >= complex ? null : score >= moderate ? complex : moderate;
  return next === null ? null : Math.round((next - score) * 10) / 10;
}

export function higherTier(a: Tier, b: Tier): Tier {
  return TIERS.indexOf(a) >= TIERS.indexOf(b) ? a : b;
}

/** The tiers from `tier` upwards. */
export function tiersFrom(tier: Tier): readonly Tier[] {
  return TIERS.slice(TIERS.indexOf(tier));
}
