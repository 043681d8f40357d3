import { costMicros } from '../../money/cost.ts';
import type { ModelPrice } from '../../money/price.ts';

/** What a tenant's requests of one template were like, on average over the days that were looked at. */
export interface TemplateTraffic {
  readonly templateKey: string;
  readonly perDay: number;
  /** Tokens of a mean request. */
  readonly input: number;
  readonly output: number;
  /** How likely the classifier thinks that a small, a mid and a frontier model answers well enough, on average over those requests that it scored; absent = it scored none. */
  readonly good?: readonly number[];
}

const PRECISION = 1_000;

/** Micro-USD of a mean request by list price, not rounded to whole ones; null = unpriced. */
export function meanCost({ input, output }: Pick<TemplateTraffic, 'input' | 'output'>, price: ModelPrice | null): number | null {
  const micros = costMicros({ input: Math.round(input * PRECISION), output: Math.round(output * PRECISION) }, price);
  return micros === null ? null : micros / PRECISION;
}

/**
 * Days as one: per template the mean of the requests a day, over all days, and of the tokens, by requests. What came from
 * templates without judged pairs of their own stands with the parents that have them, by how often each was judged: which
 * parent a template belongs to is not recorded with a request.
 */
export function trafficOf(days: readonly (readonly TemplateTraffic[])[], labels: ReadonlyMap<string, number>, isParent: (key: string) => boolean): TemplateTraffic[] {
  const sums = new Map<string, Sum>();
  for (const { templateKey, perDay, input, output, good } of days.flat()) {
    const key = labels.has(templateKey) ? templateKey : REST_OF_ALL;
    const sum = sums.get(key) ?? NOTHING;
    sums.set(key, {
      requests: sum.requests + perDay, input: sum.input + perDay * input, output: sum.output + perDay * output,
      scored: sum.scored + (good === undefined ? 0 : perDay), good: good === undefined ? sum.good : good.map((chance, head) => (sum.good[head] ?? 0) + perDay * chance),
    });
  }
  const rest = sums.get(REST_OF_ALL);
  sums.delete(REST_OF_ALL);
  const merged = [...sums].map(([templateKey, sum]) => merge(templateKey, sum, days.length));
  const parents = [...labels].filter(([key]) => isParent(key) && !sums.has(key));
  const judged = parents.reduce((sum, [, count]) => sum + count, 0);
  if (rest === undefined || judged === 0) return merged;
  return [...merged, ...parents.map(([templateKey, count]) => {
    const whole = merge(templateKey, rest, days.length);
    return { ...whole, perDay: (whole.perDay * count) / judged };
  })];
}

const REST_OF_ALL = '';

interface Sum { readonly requests: number; readonly input: number; readonly output: number; readonly scored: number; readonly good: readonly number[] }
const NOTHING: Sum = { requests: 0, input: 0, output: 0, scored: 0, good: [] };

const merge = (templateKey: string, { requests, input, output, scored, good }: Sum, days: number): TemplateTraffic => ({
  templateKey, perDay: requests / days, input: requests > 0 ? input / requests : 0, output: requests > 0 ? output / requests : 0,
  ...(scored > 0 && { good: good.map((sum) => sum / scored) }),
});
