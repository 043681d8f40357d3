import type { Tier } from '../../contract/index.ts';
import { TIERS } from '../../contract/words.ts';

export { boundariesOf, tierOf } from '../../contract/boundaries.ts';

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
