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

  add(share: number, model: string, { mean, se, pull, doubt }: Estimate): void {
    this.#mean += share * mean;
    this.#variance += (share * se) ** 2;
    this.#doubt += share * doubt;
    this.#pulls.set(model, this.pullOf(model) + share * pull);
  }

  pullOf(model: string): number {
    return this.#pulls.get(model) ?? 0;
  }

  quality(): Quality {
    let variance = this.#variance;
    for (const [model, pull] of this.#pulls) variance += pull * pull * this.#estimates.varianceOf(model);
    return { mean: this.#mean, se: Math.sqrt(variance), doubt: this.#doubt };
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
