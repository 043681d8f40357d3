import { apgr, curveOf, pairItems } from '../bench-routing/metrics.ts';
import type { BenchRow, Pairs } from '../bench-routing/data.ts';
import type { Unseen } from './cross-fit.ts';
import type { Labelled } from './examples.ts';

/** Need = sigmoid(offset + Σ slopes × logits). */
export interface Need { readonly offset: number; readonly slopes: readonly [number, number, number] }

/** A failure of a small model weighs as much as this many needless answers of a strong one. */
export const LOSS_RATIO = 2;
/** Pairs whose models differ enough for a ranking to be judged by what it recovers. */
export const MEANINGFUL = ['gpt4turbo_mixtral', 'sonnet35_haiku3', 'llama70b_8b', 'gemini15_pro_flash', 'nemotron51b_llama8b'] as const;

/**
 * How the heads are weighed against each other: the weights, of a small grid, whose ranking is best on the pair where it is
 * worst, judged on examples the heads never saw. "Hard" alone is below random where nobody can solve the hard ones.
 */
export function chooseSlopes(rows: readonly BenchRow[], labelled: readonly Labelled[], unseen: readonly Unseen[], pairs: Pairs): { readonly mid: number; readonly frontier: number; readonly worst: number } {
  const logits = new Map(labelled.map(({ id }, at) => [id, unseen[at]?.logits ?? []]));
  const judged = rows.filter(({ id }) => logits.has(id));
  const sets = MEANINGFUL.flatMap((name) => {
    const pair = pairs.pairs[name];
    const items = pair === undefined ? [] : pairItems(pairs, pair, judged);
    return items.length < 100 ? [] : [items];
  });
  let best = { mid: 0, frontier: 1, worst: -Infinity };
  for (const mid of [-0.6, -0.3, 0]) {
    for (const frontier of [0.8, 0.9, 1, 1.1, 1.2, 1.3]) {
      const worst = Math.min(...sets.map((items) => apgr(curveOf(items, items.map(({ row }) => combined(logits.get(row.id) ?? [], mid, frontier))))));
      if (worst > best.worst) best = { mid, frontier, worst };
    }
  }
  return best;
}

const combined = ([small = 0, middle = 0, strong = 0]: readonly number[], mid: number, frontier: number): number => frontier * strong + mid * middle - small;

/**
 * Calibrates the weighed heads (Platt): the chance that a small model fails a request which a frontier model gets right, on
 * benchmark examples the heads never saw; then weighs a failure `LOSS_RATIO` times.
 */
export function calibrate(labelled: readonly Labelled[], unseen: readonly Unseen[], { mid, frontier }: { readonly mid: number; readonly frontier: number }): Need {
  const data = labelled.flatMap(({ good: [small, , strong], weight: [weight = 0], source }, at) => (
    typeof small === 'number' && typeof strong === 'number' && source !== 'anchor' ? [{ z: combined(unseen[at]?.logits ?? [], mid, frontier), fails: 1 - small, weight: weight * strong }] : []
  ));
  let [offset, slope] = [0, 1];
  for (let round = 0; round < 50; round += 1) {
    let [g0, g1, h00, h01, h11] = [0, 0, 0, 0, 0];
    for (const { z, fails, weight } of data) {
      const chance = 1 / (1 + Math.exp(-(offset + slope * z)));
      const error = weight * (chance - fails);
      const curvature = weight * chance * (1 - chance);
      g0 += error;
      g1 += error * z;
      h00 += curvature;
      h01 += curvature * z;
      h11 += curvature * z * z;
    }
    const determinant = h00 * h11 - h01 * h01;
    offset -= (h11 * g0 - h01 * g1) / determinant;
    slope -= (h00 * g1 - h01 * g0) / determinant;
  }
  return { offset: offset + Math.log(LOSS_RATIO), slopes: [-slope, mid * slope, frontier * slope] };
}

/** The chance of failure that a score stands for. */
export const chanceOf = (score: number): number => score / (score + LOSS_RATIO * (100 - score));
