import { choicesOf, filled, lowerBound, qualityOf, type Choice, type Option, type Template } from './choose.ts';
import { Estimates } from './estimate.ts';
import type { Assignment, Certificate, EvidencePlan } from './plan.ts';
import { withdraw } from './withdraw.ts';
import { isSuspect } from './worse.ts';
import { brief, cellsOf, templatesSeen, viewOf, type PlanInput, type View } from './plan-input.ts';

/** Judged pairs of the tenant in all before anything is decided. */
export const FIRST_DECISION = 200;
const DAY_MS = 86_400_000;
const STANDARD_ERRORS = 2.5;
/** A plan that was certified with 2.5 stands while it has so many. */
const STAYING_ERRORS = 1.75;
/** One-sided 5 %, for a half that has not seen the choice. */
const STANDARD_ERRORS_UNSEEN = 1.645;
/** Effective pairs without which a model is not chosen for a template. */
const LEAST_N = 15;
/**
 * Variances, the judge's error rate and priors are estimates themselves, and of few pairs the best-looking ones are chosen: with
 * so few effective pairs in all it takes twice the standard errors, with twice as many a quarter more.
 */
const FEW_PAIRS = 320;
/** Whatever the budget of all: no single template is served by a model that looks so bad. */
const MOST_LOSS = 0.1;
/**
 * A downgrade that was withdrawn is not made again before the next decision but one. Longer would be safer and dearer: most
 * withdrawals are chance, and what has really become worse is kept away by its evidence, which is gathered on.
 */
const HOLD_MS = DAY_MS;

/** Whether a new decision may be made: at most one a day. */
export const isDue = (plan: EvidencePlan | undefined, nowMs: number): boolean =>
  plan === undefined || plan.decidedAt === null || nowMs - Date.parse(plan.decidedAt) >= DAY_MS;

/**
 * A new decision: which model serves which template at the least expected cost, with one quality budget for all of them:
 * the lower bound of the traffic-weighted mean difference to the baseline is at least −(1 − quality target). Before 200
 * labels nothing is assigned. Pure and deterministic; `version` is the previous one's (the store counts).
 */
export function planOf(given: PlanInput): EvidencePlan {
  const { baseline, eps } = given;
  // Evidence against another baseline says nothing about this one.
  const previous = given.previous?.baseline === baseline ? given.previous : undefined;
  const input = { ...given, previous };
  const view = viewOf(input);
  const known = { version: given.previous?.version ?? 0, baseline, eps, labels: view.labels, templates: templatesSeen(input, view) };
  if (view.labels < FIRST_DECISION) return { ...known, decidedAt: null, assignments: {}, certified: null };
  const decidedAt = new Date(input.nowMs).toISOString();
  const templates = templatesOf(input, view);
  const choice = choose(templates, input, view);
  const standing = previous === undefined ? undefined : standingOf(withdraw(previous, input), templates, input, view);
  if (standing !== undefined && standing.cost <= (choice?.cost ?? 1)) return { ...standing.plan, decidedAt };
  const held = Object.entries(previous?.assignments ?? {}).filter(([, assignment]) => isHeld(assignment, input.nowMs));
  const assignments: Record<string, Assignment> = Object.fromEntries(held);
  for (const [at, { templateKey }] of templates.entries()) {
    const pick = choice?.picks[at];
    if (pick === undefined || pick.isBaseline) continue;
    const before = previous?.assignments[templateKey];
    const since = before?.model === pick.model ? before.since : decidedAt;
    assignments[templateKey] = { ...brief({ ...view.estimates.at(templateKey, pick.model), model: pick.model }), why: 'certified', since };
  }
  return { ...known, decidedAt, assignments, certified: choice === undefined ? null : certificate(templates, choice, input, view) };
}

const isHeld = ({ why, since }: Assignment, nowMs: number): boolean => why === 'withdrawn' && nowMs - Date.parse(since) < HOLD_MS;

/**
 * The downgrades of the plan before that have not been withdrawn, where they still hold with a smaller margin: what was
 * certified is not given up because older labels fade. undefined = there are none, or they do not hold.
 */
function standingOf(plan: EvidencePlan, templates: readonly Template[], input: PlanInput, view: View): { readonly plan: EvidencePlan; readonly cost: number } | undefined {
  const picks = templates.map(({ templateKey, options }) => options.find(({ model }) => model === plan.assignments[templateKey]?.model) ?? options.find(({ isBaseline }) => isBaseline));
  const chosen = picks.filter((pick) => pick !== undefined);
  if (chosen.length < templates.length || chosen.every(({ isBaseline }) => isBaseline)) return undefined;
  if (lowerBound(qualityOf(templates, chosen, view.estimates), withFew(STAYING_ERRORS, view)) < input.qualityTarget - 1) return undefined;
  return { plan, cost: chosen.reduce((sum, { cost }) => sum + cost, 0) };
}

/** The templates that have judged pairs, requests and a price, with the models that may serve them. */
function templatesOf(input: PlanInput, view: View): Template[] {
  const { baseline, pool, previous, nowMs } = input;
  const priced = view.templateKeys.flatMap((templateKey) => {
    const seen = view.traffic.get(templateKey);
    const cost = view.cost(templateKey, baseline);
    return seen === undefined || cost === null || seen.perDay <= 0 ? [] : [{ templateKey, perDay: seen.perDay, cost }];
  });
  const [requests, spend] = [priced.reduce((sum, { perDay }) => sum + perDay, 0), priced.reduce((sum, { perDay, cost }) => sum + perDay * cost, 0)];
  if (spend === 0) return [];
  return priced.map(({ templateKey, perDay, cost }) => {
    const before = previous?.assignments[templateKey];
    const others = before !== undefined && isHeld(before, nowMs) ? [] : pool.filter(({ model }) => {
      const { n, mean } = view.estimates.at(templateKey, model);
      if (before?.model !== model && isSuspect(view.estimates, templateKey, model, input.qualityTarget - 1)) return false;
      return model !== baseline && n >= LEAST_N && mean >= -MOST_LOSS && !view.isVetoed(templateKey, model, before?.model === model ? Date.parse(before.since) : undefined);
    });
    const options = others.flatMap(({ model }): Option[] => {
      const own = view.cost(templateKey, model);
      return own === null ? [] : [{ model, cost: (perDay * own) / spend, isBaseline: false }];
    });
    return { templateKey, share: perDay / requests, options: [{ model: baseline, cost: (perDay * cost) / spend, isBaseline: true }, ...options] };
  });
}

const withFew = (k: number, { estimates }: View): number => k * (1 + (FEW_PAIRS / estimates.pairs) ** 2);
const standardErrors = ({ k, certifyBy }: PlanInput, view: View): number => withFew(k ?? (certifyBy === 'halves' ? STANDARD_ERRORS_UNSEEN : STANDARD_ERRORS), view);

/** The cheapest choice that is certified; undefined = none but the baseline. */
function choose(templates: readonly Template[], input: PlanInput, view: View): Choice | undefined {
  const budget = input.qualityTarget - 1;
  const half = (part: 'a' | 'b'): Estimates => new Estimates({ ...input, cells: cellsOf(input), part });
  const isByHalves = input.certifyBy === 'halves';
  const k = standardErrors(input, view);
  const choosing = isByHalves ? half('a') : view.estimates;
  const certifying = isByHalves ? half('b') : view.estimates;
  let best: Choice | undefined;
  for (const choice of choicesOf(templates, choosing, k)) {
    const quality = qualityOf(templates, choice.picks, certifying);
    // What did not take part in the choice owes it nothing.
    const lower = isByHalves ? quality.mean - k * quality.se : lowerBound(quality, k);
    if (lower < budget) {
      // Tests of one sequence, from careful to cheap: the first that fails ends it, and the error rate is that of one test.
      if (isByHalves) break;
      continue;
    }
    const full = isByHalves ? choice : filled(templates, choice, view.estimates, { lower: (all) => lowerBound(all, k), least: budget });
    if (full.picks.some((pick) => !pick.isBaseline) && (best === undefined || full.cost < best.cost)) best = full;
  }
  return best;
}

function certificate(templates: readonly Template[], { picks, cost }: Choice, input: PlanInput, view: View): Certificate {
  const quality = qualityOf(templates, picks, view.estimates);
  const k = standardErrors(input, view);
  return { mean: quality.mean, se: quality.se, lower: lowerBound(quality, k), budget: input.qualityTarget - 1, k, saving: 1 - cost };
}
