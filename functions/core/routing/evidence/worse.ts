import type { Estimates } from './estimate.ts';

/** Effective pairs without which nothing is said of a model. */
const LEAST_PAIRS = 10;
/** What was seen lately is enough with fewer, and needs more distance: it is looked at every hour. */
const LEAST_FRESH = 6;
const FRESH_ERRORS = 2;
const LEAST_SUSPECT = 3;

/** Whether a model has been shown to be below `allowed` (a mean difference to the baseline) on a template: by all that is known, or by what was seen lately. */
export function isWorse(estimates: Estimates, templateKey: string, model: string, allowed: number): boolean {
  const { n, mean, se } = estimates.at(templateKey, model);
  if (n >= LEAST_PAIRS && mean + se < allowed) return true;
  const fresh = estimates.freshAt(templateKey, model);
  return fresh.n >= LEAST_FRESH && fresh.mean + FRESH_ERRORS * fresh.se < allowed;
}

/** Whether what was seen lately is reason enough to look more often. */
export function isSuspect(estimates: Estimates, templateKey: string, model: string, allowed: number): boolean {
  const { n, mean, se } = estimates.freshAt(templateKey, model);
  return n >= LEAST_SUSPECT && mean + se < allowed;
}
