import { evidenceFor, templateEvidence, type MaybePlan, type Share } from './plan.ts';

/** Until so many judged pairs of the tenant in all. */
const EAGER_UNTIL = 800;
const EAGER_RATE = 0.05;
const USUAL_RATE = 0.015;
/** A template whose mean lies within so many standard errors of what is allowed is judged twice as often. */
const NEAR = 1.5;
const NEAR_FACTOR = 2;
/** So much more often where a model may have become worse: until that is certain, every answer is at risk. */
const SUSPECT_FACTOR = 4;
/** Judged pairs a day that a downgraded template must have, and what is aimed at so that chance rarely leaves it short. */
export const LEAST_A_DAY = 10;
const AIM_A_DAY = 15;

export interface SamplingInput {
  /** Judged pairs of the tenant in all: `plan.labels`, or better what is known since. */
  readonly labels: number;
  readonly plan: MaybePlan;
  readonly templateKey: string;
  readonly parentKey?: string;
  /** The model that serves this request. */
  readonly tierModel: string;
  readonly baseline: string;
  /** Models that could have served this request (eligible, enabled), the baseline among them or not. */
  readonly pool: readonly string[];
  /** What this process knows of today: judged pairs of this template, and how much of the day is over (0 to 1). */
  readonly today: { readonly templateLabels: number; readonly dayFraction: number };
  /** As in the routing document; default 0.98. */
  readonly qualityTarget?: number;
}

/** `rate`: probability that a pair of this request is judged at all. `models`: which one then against the baseline, shares that add up to 1; empty when there is nothing to compare. */
export interface Sampling { readonly rate: number; readonly models: readonly Share[] }

/**
 * Which pair of this request to judge, and how likely. A label always compares one model with the baseline; the one of
 * the two that did not serve the request answers too (both, when neither did). The label's propensity is `rate` × the
 * share of its model. 5 % until 800 labels, then 1.5 %, twice that near the boundary, and at least as often as gives a
 * template that is served by a cheaper model 10 labels a day; four times as often where that model may have become worse. The
 * model that serves has at least half of the sample: comparing it takes one answer, not two.
 */
export function samplingOf(input: SamplingInput): Sampling {
  const { labels, plan, templateKey, parentKey, tierModel, baseline, pool, today } = input;
  const others = pool.filter((model) => model !== baseline);
  if (others.length === 0) return { rate: 0, models: [] };
  const known = templateEvidence(plan, templateKey, parentKey);
  const shares = sharesOf(known?.models ?? [], others, tierModel);
  let rate = labels < EAGER_UNTIL ? EAGER_RATE : USUAL_RATE;
  if (known !== undefined && tierModel !== baseline) {
    const allowed = (input.qualityTarget ?? 0.98) - 1;
    const served = known.models.find(({ model }) => model === tierModel);
    if (served !== undefined && Math.abs(served.mean - allowed) < NEAR * served.se) rate *= NEAR_FACTOR;
    const share = shares.find(({ model }) => model === tierModel)?.share ?? 0;
    const isDown = evidenceFor(plan, templateKey, parentKey)?.model === tierModel;
    if (share > 0 && (isDown || labels >= EAGER_UNTIL)) rate = Math.max(rate, floorRate(known.perDay, isDown ? AIM_A_DAY : LEAST_A_DAY, today) / share);
    if (served?.isSuspect === true) rate *= SUSPECT_FACTOR;
  }
  return { rate: Math.min(1, rate), models: shares };
}

/** As often as gives the aim over a whole day, twice as often while the day's count lags behind. */
function floorRate(perDay: number, aim: number, { templateLabels, dayFraction }: SamplingInput['today']): number {
  const aimed = perDay > 0 ? aim / perDay : 1;
  return templateLabels < LEAST_A_DAY * dayFraction ? 2 * aimed : aimed;
}

const SERVED_SHARE = 0.5;
/** Of a model that the plan does not name on a template: new since the plan was made, or hopeless there. */
const LEAST_SHARE = 0.02;

function sharesOf(known: readonly Share[], others: readonly string[], served: string): Share[] {
  const raw = others.map((model) => known.find((entry) => entry.model === model)?.share ?? (known.length === 0 ? 1 : LEAST_SHARE));
  const sum = raw.reduce((total, share) => total + share, 0);
  const shares = others.map((model, at) => ({ model, share: (raw[at] ?? 0) / sum }));
  const own = shares.find(({ model }) => model === served)?.share;
  if (own === undefined || own >= SERVED_SHARE) return shares;
  return shares.map(({ model, share }) => ({ model, share: model === served ? SERVED_SHARE : (share * (1 - SERVED_SHARE)) / (1 - own) }));
}
