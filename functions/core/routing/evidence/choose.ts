import type { Estimate, Estimates } from './estimate.ts';

/** One model that could serve a template; `cost` = part of what the baseline would cost on all requests. */
export interface Option { readonly model: string; readonly cost: number; readonly isBaseline: boolean }
/** `share` of all requests; shares add up to 1. The baseline is among the options. */
export interface Template { readonly templateKey: string; readonly share: number; readonly options: readonly Option[] }

/** One option for each template, in the templates' order; `cost` of all against the baseline's. */
export interface Choice { readonly picks: readonly Option[]; readonly cost: number }
/** Mean difference to the baseline over all requests, its standard error, and by how much it is too good for having been chosen. */
export interface Quality { readonly mean: number; readonly se: number; readonly doubt: number }

const NOTHING: Estimate = { n: 0, mean: 0, se: 0, pull: 0, doubt: 0 };
/** So many of the k standard errors stand for the doubt; it is subtracted where it is larger. */
const DOUBT_INCLUDED = 0.855;

/**
 * k standard errors below the mean. That covers a choice on a handful of templates; on many, the doubts add up while the
 * standard errors cancel, and what the doubts exceed their part of the k by goes too.
 */
export const lowerBound = ({ mean, se, doubt }: Quality, k: number): number => mean - k * se - Math.max(0, doubt - Math.min(k, DOUBT_INCLUDED) * se);

/** What estimates say of a choice. Templates err independently, but for what they share: the mean of their model. */
export function qualityOf(templates: readonly Template[], picks: readonly Option[], estimates: Estimates): Quality {
  const sum = new Sum(estimates);
  for (const [at, { share, templateKey }] of templates.entries()) {
    const option = picks[at];
    if (option !== undefined && !option.isBaseline) sum.add(share, option.model, estimates.at(templateKey, option.model));
  }
  return sum.quality();
}

class Sum {
  readonly #estimates: Estimates;
  readonly #pulls = new Map<string, number>();
  #mean = 0;
  #variance = 0;
  #doubt = 0;

  constructor(estimates: Estimates) {
    this.#estimates = estimates;
  }

  /** `times` −1 takes out what was added before. */
  add(share: number, model: string, { mean, se, pull, doubt }: Estimate, times: 1 | -1 = 1): void {
    this.#mean += times * share * mean;
    this.#variance += times * (share * se) ** 2;
    this.#doubt += times * share * doubt;
    this.#pulls.set(model, this.pullOf(model) + times * share * pull);
  }

  pullOf(model: string): number {
    return this.#pulls.get(model) ?? 0;
  }

  quality(): Quality {
    let variance = this.#variance;
    for (const [model, pull] of this.#pulls) variance += pull * pull * this.#estimates.varianceOf(model);
    return { mean: this.#mean, se: Math.sqrt(Math.max(0, variance)), doubt: this.#doubt };
  }
}

const STEPS = 96;
/** Of the price of quality: cost of all requests for one unit of mean difference. */
const HIGHEST = 200;
const LOWEST = 0.02;
const ROUNDS = 4;

/**
 * Choices from the most careful to the cheapest: each minimises cost − λ × lower bound for a price λ of quality that
 * falls from step to step. The root of the summed variance is not a sum over templates, so each step is solved by a few
 * rounds with its slope at the round before. The first choice is the baseline everywhere.
 */
export function choicesOf(templates: readonly Template[], estimates: Estimates, k: number): Choice[] {
  const known = templates.map(({ templateKey, options }) => options.map((option) => (option.isBaseline ? NOTHING : estimates.at(templateKey, option.model))));
  let places = templates.map(({ options }) => Math.max(0, options.findIndex((option) => option.isBaseline)));
  const choices = [choiceOf(templates, places)];
  for (let step = 0; step < STEPS; step += 1) {
    const lambda = HIGHEST * (LOWEST / HIGHEST) ** (step / (STEPS - 1));
    for (let round = 0; round < ROUNDS; round += 1) {
      const next = solve(templates, known, estimates, { lambda, risk: Math.max(0, k - DOUBT_INCLUDED), places });
      const isSettled = next.every((place, at) => place === places[at]);
      places = next;
      if (isSettled) break;
    }
    const choice = choiceOf(templates, places);
    const last = choices.at(-1);
    if (last === undefined || choice.picks.some((pick, at) => pick !== last.picks[at])) choices.push(choice);
  }
  return choices;
}

/** How good a quality is taken to be, and what it must be at least. */
export interface Bound { readonly lower: (quality: Quality) => number; readonly least: number }

/**
 * A choice with what is left of its budget spent: templates go to cheaper options, those first that save most for what they
 * take of the bound, as long as it holds for all together. Between two prices of quality lie choices that no price leads to;
 * of a handful of templates that is most of them, and a budget that one more template would overdraw is left half unused.
 */
export function filled(templates: readonly Template[], choice: Choice, estimates: Estimates, bound: Bound): Choice {
  const allotted = new Allotted(templates, choice.picks, estimates);
  for (let round = 0, isChanged = true; isChanged && round < ROUNDS; round += 1) {
    const before = bound.lower(allotted.quality());
    const cheaper = templates.flatMap(({ options }, at) => options.flatMap((option) => {
      const saving = (allotted.picks[at]?.cost ?? 0) - option.cost;
      if (saving <= 0) return [];
      const taken = before - bound.lower(allotted.tried(at, option));
      return [{ at, option, worth: saving / Math.max(taken, LEAST_TAKEN) }];
    }));
    isChanged = false;
    for (const { at, option } of cheaper.toSorted((x, y) => y.worth - x.worth)) {
      if (option.cost >= (allotted.picks[at]?.cost ?? 0) || bound.lower(allotted.tried(at, option)) < bound.least) continue;
      allotted.put(at, option);
      isChanged = true;
    }
  }
  return { picks: allotted.picks, cost: allotted.picks.reduce((sum, { cost }) => sum + cost, 0) };
}

/** What takes nothing of the bound, or adds to it, comes first, the largest saving at the head. */
const LEAST_TAKEN = 1e-6;

/** A choice that is changed template by template, with its quality kept up to date. */
class Allotted {
  readonly picks: Option[];
  readonly #templates: readonly Template[];
  readonly #estimates: Estimates;
  readonly #sum: Sum;

  constructor(templates: readonly Template[], picks: readonly Option[], estimates: Estimates) {
    this.picks = [...picks];
    this.#templates = templates;
    this.#estimates = estimates;
    this.#sum = new Sum(estimates);
    for (const at of picks.keys()) this.#count(at, 1);
  }

  quality(): Quality {
    return this.#sum.quality();
  }

  put(at: number, option: Option): void {
    this.#count(at, -1);
    this.picks[at] = option;
    this.#count(at, 1);
  }

  /** The quality that there would be. */
  tried(at: number, option: Option): Quality {
    const now = this.picks[at];
    if (now === undefined) return this.quality();
    this.put(at, option);
    const quality = this.quality();
    this.put(at, now);
    return quality;
  }

  #count(at: number, times: 1 | -1): void {
    const [template, pick] = [this.#templates[at], this.picks[at]];
    if (template !== undefined && pick !== undefined && !pick.isBaseline) this.#sum.add(template.share, pick.model, this.#estimates.at(template.templateKey, pick.model), times);
  }
}

interface Step { readonly lambda: number; readonly risk: number; readonly places: readonly number[] }

function solve(templates: readonly Template[], known: readonly (readonly Estimate[])[], estimates: Estimates, { lambda, risk, places }: Step): number[] {
  const sum = new Sum(estimates);
  for (const [at, { share, options }] of templates.entries()) {
    const [option, estimate] = [options[places[at] ?? 0], known[at]?.[places[at] ?? 0]];
    if (option !== undefined && estimate !== undefined && !option.isBaseline) sum.add(share, option.model, estimate);
  }
  const { se: root } = sum.quality();
  return templates.map(({ share, options }, at) => {
    let [best, least] = [0, Infinity];
    for (const [place, option] of options.entries()) {
      const { mean, se, pull, doubt } = known[at]?.[place] ?? NOTHING;
      const own = share * pull;
      const others = sum.pullOf(option.model) - (place === places[at] ? own : 0);
      const variance = option.isBaseline ? 0 : (share * se) ** 2 + own * (2 * others + own) * estimates.varianceOf(option.model);
      // Beside a large variance a small one costs its slope, alone its root.
      const error = variance / (root + Math.sqrt(variance) || 1);
      const value = option.cost - lambda * (share * (mean - doubt) - risk * error);
      if (value < least) [best, least] = [place, value];
    }
    return best;
  });
}

function choiceOf(templates: readonly Template[], places: readonly number[]): Choice {
  const picks: Option[] = [];
  let cost = 0;
  for (const [at, { options }] of templates.entries()) {
    const option = options[places[at] ?? 0];
    if (option === undefined) continue;
    picks.push(option);
    cost += option.cost;
  }
  return { picks, cost };
}
