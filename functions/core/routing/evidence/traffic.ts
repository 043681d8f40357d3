import { costMicros } from '../../money/cost.ts';
import type { ModelPrice } from '../../money/price.ts';

/** What a tenant's requests of one template were like, on average over the days that were looked at. */
export interface TemplateTraffic {
  readonly templateKey: string;
  readonly perDay: number;
  /** Tokens of a mean request. */
  readonly input: number;
  readonly output: number;
}

const PRECISION = 1_000;

/** Micro-USD of a mean request by list price, not rounded to whole ones; null = unpriced. */
export function meanCost({ input, output }: Pick<TemplateTraffic, 'input' | 'output'>, price: ModelPrice | null): number | null {
  const micros = costMicros({ input: Math.round(input * PRECISION), output: Math.round(output * PRECISION) }, price);
  return micros === null ? null : micros / PRECISION;
}
