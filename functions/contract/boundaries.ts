import type { Auto } from './routing.ts';
import type { Tier } from './words.ts';

/** Scores at which `moderate` and `complex` begin. The dial runs from 0 (cost) to 100 (quality); 50 gives [30, 65]. */
export function boundariesOf(auto: Pick<Auto, 'dial' | 'boundaries'>): readonly [number, number] {
  if (auto.boundaries !== null) return auto.boundaries;
  const dial = auto.dial ?? 50;
  return [60 - 0.6 * dial, 95 - 0.6 * dial];
}

export function tierOf(score: number, [moderate, complex]: readonly [number, number]): Tier {
  return score >= complex ? 'complex' : score >= moderate ? 'moderate' : 'simple';
}
