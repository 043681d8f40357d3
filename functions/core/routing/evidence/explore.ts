import type { Share } from './plan.ts';

/** What is known of a model on a template, and what it would save there (part of the baseline's cost; below 0 = dearer). */
export interface Prospect { readonly model: string; readonly mean: number; readonly se: number; readonly saving: number }

/** A saving of the whole cost is worth looking at like so much quality. */
const SAVING_WORTH = 1 / 9;
/** Models that fall short of the best prospect by so much are hardly looked at. */
const REACH = 0.15;
/** Standard errors by which a model may turn out to be better than it looks. */
const HOPE = 0.7;
const LEAST = 0.01;

/**
 * How often each model is to be the one that is compared next: the better it may still turn out to be (0.7 standard
 * errors above its mean) and the more it saves, the more often. Shares add up to 1; none is 0, so that nothing is given up for ever.
 */
export function sharesOf(prospects: readonly Prospect[]): Share[] {
  const worth = prospects.map(({ mean, se, saving }) => (mean + HOPE * se + saving * SAVING_WORTH) / REACH);
  const top = Math.max(...worth);
  const weights = worth.map((value) => Math.max(0, value - top + 1) ** 2 + LEAST);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return prospects.map(({ model }, at) => ({ model, share: (weights[at] ?? 0) / sum }));
}
