import { added, type Cell } from './cell.ts';
import { FRESH_HALF_LIFE_MS, HALF_LIFE_MS } from './decay.ts';
import { summaryOf, type EvidenceSums } from './summary.ts';

/** Pseudo-observations of what a cell is shrunk to (the tenant's mean of the model), and of the prior in that mean. */
const PSEUDO = 9;
/** Variance of one judged difference where nothing is known, the least that is believed, and how many pseudo-observations pull a cell's towards the pooled one. */
const USUAL_VARIANCE = 0.25;
const LEAST_VARIANCE = 0.04;
const VARIANCE_PSEUDO = 15;
/** Mean difference of a model that nothing is known of: cheaper is worse until shown otherwise. */
const PRIOR_MEAN = -0.05;
/** Standard deviation between templates of what is hard for every model but the baseline. */
const TEMPLATE_SD = 0.07;
/**
 * What is chosen because it looks best looks better than it is, on every template anew (of two equal models the
 * better-looking one by 0.56 standard errors). Standard errors of independent templates cancel, this does not. The part of
 * it that keeps false passes under 5 % (`npm run bench:routing` prints them).
 */
const DOUBT = 0.5;
/** Evidence that nothing has been added to for a day fades like everything else. */
const IDLE_MS = 86_400_000;

/**
 * `mean` = difference to the baseline, corrected for the judge's errors and shrunk. `se` without the part that all
 * templates of a model share, which is `pull` × the uncertainty of the model's mean. `doubt`: by how much the mean is too
 * good if the model was chosen for it.
 */
export interface Estimate { readonly n: number; readonly mean: number; readonly se: number; readonly pull: number; readonly doubt: number }

export interface EstimateInput {
  /** Of one baseline. */
  readonly cells: readonly Cell[];
  readonly part: 'a' | 'b' | 'both';
  /** The judge's error rate, below 0.5. */
  readonly eps: number;
  /** Mean difference by model, where something else than experience suggests one. */
  readonly priors?: Readonly<Record<string, number>> | undefined;
  readonly nowMs: number;
}

interface Measured { readonly templateKey: string; readonly model: string; readonly n: number; readonly mean: number; readonly variance: number }
interface Effect { readonly mean: number; readonly variance: number }

/**
 * What is known of each model on each template, each helped by the others (DECISIONS §6): a cell is shrunk to the mean of
 * its model over the tenant's templates plus what its template does to all models. Two passes of a random-effects model.
 */
export class Estimates {
  readonly #cells = new Map<string, Measured>();
  readonly #models = new Map<string, Effect>();
  readonly #templates = new Map<string, Effect>();
  readonly #priors: Readonly<Record<string, number>>;
  readonly #fresh = new Map<string, Measured>();
  readonly #variance: number;

  constructor({ cells, part, eps, priors, nowMs }: EstimateInput) {
    this.#priors = priors ?? {};
    const correction = 1 / (1 - 2 * eps);
    for (const cell of cells) {
      const measured = measure(cell, part === 'both' ? added(cell.a, cell.b) : cell[part], correction, nowMs);
      if (measured !== undefined) this.#cells.set(placeOf(cell.templateKey, cell.model), measured);
      const fresh = measure(cell, cell.fresh, correction, nowMs);
      const idleMs = Math.max(0, nowMs - Date.parse(cell.updatedAt));
      if (fresh !== undefined) this.#fresh.set(placeOf(cell.templateKey, cell.model), { ...fresh, n: fresh.n * 2 ** (-idleMs / FRESH_HALF_LIFE_MS) });
    }
    const all = [...this.#cells.values()];
    this.#variance = pooled(all);
    // What is judged often weighs little more than what is judged seldom: judged often are the templates where a model does well.
    const between = this.#variance / PSEUDO;
    for (const [model, list] of Map.groupBy(all, (cell) => cell.model)) {
      this.#models.set(model, this.#effect(list, { mean: this.#prior(model), variance: between }, () => 0));
    }
    for (const [templateKey, list] of Map.groupBy(all, (cell) => cell.templateKey)) {
      this.#templates.set(templateKey, this.#effect(list, { mean: 0, variance: TEMPLATE_SD ** 2 }, (cell) => this.#models.get(cell.model)?.mean ?? 0));
    }
  }

  #effect(list: readonly Measured[], prior: Effect, expected: (cell: Measured) => number): Effect {
    const between = this.#variance / PSEUDO;
    let [weights, total] = [1 / prior.variance, prior.mean / prior.variance];
    for (const cell of list) {
      const weight = 1 / (between + this.#variance / cell.n);
      weights += weight;
      total += weight * (cell.mean - expected(cell));
    }
    return { mean: total / weights, variance: 1 / weights };
  }

  #prior(model: string): number {
    return this.#priors[model] ?? PRIOR_MEAN;
  }

  at(templateKey: string, model: string): Estimate {
    const own = this.#cells.get(placeOf(templateKey, model));
    const effect = this.#templates.get(templateKey) ?? { mean: 0, variance: TEMPLATE_SD ** 2 };
    const target = (this.#models.get(model)?.mean ?? this.#prior(model)) + effect.mean;
    const prior = PSEUDO / this.#variance;
    if (own === undefined) return { n: 0, mean: target, se: Math.sqrt(1 / prior + effect.variance), pull: 1, doubt: 0 };
    const data = own.n / ((own.n * own.variance + VARIANCE_PSEUDO * this.#variance) / (own.n + VARIANCE_PSEUDO));
    const pull = prior / (data + prior);
    return {
      n: own.n, mean: (1 - pull) * own.mean + pull * target, se: Math.sqrt(1 / (data + prior) + pull * pull * effect.variance),
      pull, doubt: (DOUBT * (1 - pull)) / Math.sqrt(data),
    };
  }

  /** What was seen lately, for itself: not shrunk to anything, since a change is what it is there to show. */
  freshAt(templateKey: string, model: string): Pick<Estimate, 'n' | 'mean' | 'se'> {
    const { n, mean } = this.#fresh.get(placeOf(templateKey, model)) ?? { n: 0, mean: 0 };
    return { n, mean, se: Math.sqrt(this.#variance / Math.max(n, 1e-9)) };
  }

  /** Effective judged pairs in all. */
  get pairs(): number {
    return [...this.#cells.values()].reduce((sum, { n }) => sum + n, 0);
  }

  /** Variance of a model's mean over the tenant. */
  varianceOf(model: string): number {
    return this.#models.get(model)?.variance ?? this.#variance / PSEUDO;
  }
}

const placeOf = (templateKey: string, model: string): string => `${templateKey}#${model}`;

function measure({ templateKey, model, updatedAt }: Cell, sums: EvidenceSums, correction: number, nowMs: number): Measured | undefined {
  const { n, mean } = summaryOf(sums);
  if (mean === null) return undefined;
  const idleMs = nowMs - Date.parse(updatedAt) - IDLE_MS;
  const fade = idleMs > 0 ? 2 ** (-idleMs / HALF_LIFE_MS) : 1;
  const variance = Math.max(0, sums.sumWd2 / sums.sumW - mean * mean) * correction * correction;
  return { templateKey, model, n: n * fade, mean: mean * correction, variance };
}

/** The variance within cells, over all cells together: few pairs that happen to agree prove nothing. */
function pooled(cells: readonly Measured[]): number {
  let [sum, freedom] = [USUAL_VARIANCE * PSEUDO, PSEUDO];
  for (const { n, variance } of cells) {
    if (n < 2) continue;
    sum += n * variance;
    freedom += n - 1;
  }
  return Math.max(LEAST_VARIANCE, sum / freedom);
}
