import type { ModelPrice } from '../../money/price.ts';
import type { Cell } from './cell.ts';
import { Estimates } from './estimate.ts';
import { sharesOf } from './explore.ts';
import type { VetoCount } from './label.ts';
import type { EvidencePlan, Measured, TemplateEvidence } from './plan.ts';
import { meanCost, type TemplateTraffic } from './traffic.ts';
import { isVetoed } from './vetoed.ts';
import { isSuspect, isWorse } from './worse.ts';

export interface PlanInput {
  readonly nowMs: number;
  /** Decayed as of `nowMs`; those of other baselines are ignored. */
  readonly cells: readonly Cell[];
  readonly vetoes: readonly VetoCount[];
  readonly traffic: readonly TemplateTraffic[];
  readonly baseline: string;
  /** Every model that may be chosen, the baseline among them. */
  readonly pool: readonly { readonly model: string; readonly price: ModelPrice | null }[];
  readonly qualityTarget: number;
  /** The judge's error rate (`judgeErrorOf`). */
  readonly eps: number;
  /** Mean difference to the baseline that the classifier expects of a model (`priorsOf`); for one that is not named, a little below 0. */
  readonly priors?: Readonly<Record<string, number>>;
  /** The plan in force. */
  readonly previous?: EvidencePlan | undefined;
  /** Standard errors between mean and lower bound; default 2.5 (DECISIONS §6). */
  readonly k?: number;
  /** `errors`: choose on all pairs and leave k standard errors. `halves`: choose on one half, certify on the other with 1.645. Default `errors`: at the same false-pass rate it saves more (`npm run bench:routing` prints both). */
  readonly certifyBy?: 'errors' | 'halves';
}

/** What planning and withdrawing both look at. */
export interface View {
  readonly labels: number;
  readonly estimates: Estimates;
  readonly templateKeys: readonly string[];
  readonly traffic: ReadonlyMap<string, TemplateTraffic>;
  /** Micro-USD of a mean request of a template; null = unpriced. */
  cost(templateKey: string, model: string): number | null;
  isVetoed(templateKey: string, model: string, sinceMs: number | undefined): boolean;
}

export const cellsOf = ({ cells, baseline, pool }: PlanInput): Cell[] => cells.filter((cell) => cell.baseline === baseline && pool.some(({ model }) => model === cell.model));

export function viewOf(input: PlanInput): View {
  const cells = cellsOf(input);
  const traffic = new Map(input.traffic.map((entry) => [entry.templateKey, entry]));
  const vetoes = new Map(input.vetoes.map((veto) => [`${veto.templateKey}#${veto.model}`, veto]));
  const prices = new Map(input.pool.map(({ model, price }) => [model, price]));
  return {
    labels: cells.reduce((sum, cell) => sum + cell.labels, 0),
    estimates: new Estimates({ cells, part: 'both', eps: input.eps, priors: input.priors, nowMs: input.nowMs }),
    templateKeys: [...new Set(cells.map((cell) => cell.templateKey))].toSorted(),
    traffic,
    cost(templateKey, model) {
      const seen = traffic.get(templateKey);
      return seen === undefined ? null : meanCost(seen, prices.get(model) ?? null);
    },
    isVetoed: (templateKey, model, sinceMs) => isVetoed(vetoes.get(`${templateKey}#${model}`), traffic.get(templateKey)?.perDay ?? 0, { qualityTarget: input.qualityTarget, ageMs: sinceMs === undefined ? undefined : input.nowMs - sinceMs }),
  };
}

/** Named per template at most: an item of the store has room for 2,000 templates with so many. */
const MOST_MODELS = 8;

/** What is known of every template, for explanations, for the next samples, and to keep models away that are shown to be bad. */
export function templatesSeen(input: PlanInput, view: View): Record<string, TemplateEvidence> {
  const labels = new Map<string, number>();
  for (const cell of cellsOf(input)) labels.set(cell.templateKey, (labels.get(cell.templateKey) ?? 0) + cell.labels);
  const others = input.pool.filter(({ model }) => model !== input.baseline);
  return Object.fromEntries(view.templateKeys.map((templateKey): [string, TemplateEvidence] => {
    const base = view.cost(templateKey, input.baseline);
    const prospects = others.map(({ model }) => {
      const cost = view.cost(templateKey, model);
      const { n, mean, se } = view.estimates.at(templateKey, model);
      return { model, n, mean, se, saving: base === null || base === 0 || cost === null ? 0 : 1 - cost / base };
    });
    const named = sharesOf(prospects).map(({ model, share }, at) => ({ model, share, known: prospects[at] ?? { n: 0, mean: 0, se: 0 } }))
      .toSorted((x, y) => y.share - x.share).slice(0, MOST_MODELS);
    const models = named.map(({ model, share, known }) => {
      const allowed = input.qualityTarget - 1;
      const isBad = isWorse(view.estimates, templateKey, model, allowed) || view.isVetoed(templateKey, model, undefined);
      return { ...brief({ ...known, model }), share: round(share, 3), ...(isBad && { isBad: true as const }), ...(isSuspect(view.estimates, templateKey, model, allowed) && { isSuspect: true as const }) };
    });
    return [templateKey, { labels: labels.get(templateKey) ?? 0, perDay: round(view.traffic.get(templateKey)?.perDay ?? 0, 1), models }];
  }));
}

const round = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits;

/** A plan is read by every process: four digits are more than the numbers are worth. */
export const brief = ({ model, n, mean, se }: Measured): Measured => ({ model, n: round(n, 1), mean: round(mean, 4), se: round(se, 4) });
