import { costUsd, type BenchRow, type Pairs, type PairSpec } from './data.ts';

/** One prompt of a pair: quality and cost of the strong and of the weak model. */
export interface PairItem { readonly row: BenchRow; readonly strong: number; readonly weak: number; readonly strongUsd: number; readonly weakUsd: number }

/** The rows of a pair, in the rows' order (definitions of `evaluate.mjs`). */
export function pairItems(pairs: Pairs, { parts, flat_usd_per_mtok: flat }: PairSpec, rows: readonly BenchRow[]): PairItem[] {
  const models = new Map(parts.map(([source, strong, weak]) => [source, { strong, weak }]));
  return rows.flatMap((row) => {
    const pair = models.get(row.source);
    const [strong, weak] = pair === undefined ? [] : [row.scores[pair.strong], row.scores[pair.weak]];
    if (pair === undefined || strong === undefined || weak === undefined) return [];
    return [{ row, strong, weak, strongUsd: flat?.[0] ?? costUsd(pairs, row, pair.strong), weakUsd: flat?.[1] ?? costUsd(pairs, row, pair.weak) }];
  });
}

export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Quality and cost when the 0, 1, 2 … most needy prompts go to the strong model; prompts of one score share what they bring. */
export interface Curve { readonly quality: Float64Array; readonly usd: Float64Array; readonly weak: number; readonly strong: number; readonly strongUsd: number }

export function curveOf(items: readonly PairItem[], scores: readonly number[]): Curve {
  const order = Array.from(items.keys()).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
  const n = items.length;
  const [quality, usd] = [new Float64Array(n + 1), new Float64Array(n + 1)];
  quality[0] = mean(items.map(({ weak }) => weak));
  usd[0] = items.reduce((sum, { weakUsd }) => sum + weakUsd, 0);
  for (let from = 0; from < n;) {
    let to = from;
    let [gain, cost] = [0, 0];
    for (; to < n && scores[order[to] ?? 0] === scores[order[from] ?? 0]; to += 1) {
      const item = items[order[to] ?? 0];
      gain += (item?.strong ?? 0) - (item?.weak ?? 0);
      cost += (item?.strongUsd ?? 0) - (item?.weakUsd ?? 0);
    }
    for (let at = from; at < to; at += 1) {
      quality[at + 1] = (quality[at] ?? 0) + gain / (to - from) / n;
      usd[at + 1] = (usd[at] ?? 0) + cost / (to - from);
    }
    from = to;
  }
  return { quality, usd, weak: quality[0] ?? 0, strong: mean(items.map(({ strong }) => strong)), strongUsd: items.reduce((sum, { strongUsd }) => sum + strongUsd, 0) };
}

/** Average performance gap recovered (RouteLLM): 0 = always weak, 0.5 = random, 1 = strong quality at once. */
export function apgr({ quality, weak, strong }: Curve): number {
  let area = 0;
  for (let at = 1; at < quality.length; at += 1) area += ((quality[at - 1] ?? 0) + (quality[at] ?? 0)) / 2 / (quality.length - 1);
  return (area - weak) / (strong - weak);
}

/** Least percentage of strong calls that recovers the share `x` of the gap. */
export function cpt({ quality, weak, strong }: Curve, x: number): number {
  const at = quality.findIndex((value) => value >= weak + x * (strong - weak) - 1e-12);
  return at < 0 ? 100 : (100 * at) / (quality.length - 1);
}

/** Percentage of the cost of always-strong that the best threshold in hindsight saves at `x` times its quality. */
export function savedAt({ quality, usd, strong, strongUsd }: Curve, x: number): number {
  let least = strongUsd;
  quality.forEach((value, at) => { if (value >= x * strong - 1e-12) least = Math.min(least, usd[at] ?? least); });
  return 100 * (1 - least / strongUsd);
}

/** What a threshold (strong from it upwards) gives: quality relative to always-strong, and percentage saved. */
export function atThreshold(items: readonly PairItem[], scores: readonly number[], threshold: number): { readonly quality: number; readonly saved: number } {
  let [quality, usd, strong, strongUsd] = [0, 0, 0, 0];
  for (const [at, item] of items.entries()) {
    const isStrong = (scores[at] ?? 0) >= threshold;
    quality += isStrong ? item.strong : item.weak;
    usd += isStrong ? item.strongUsd : item.weakUsd;
    strong += item.strong;
    strongUsd += item.strongUsd;
  }
  return { quality: quality / strong, saved: 100 * (1 - usd / strongUsd) };
}

/** The threshold that saves most on these items with quality ≥ `x` of strong. */
export function thresholdFor(items: readonly PairItem[], scores: readonly number[], x: number): number {
  const { quality, usd, strong, strongUsd } = curveOf(items, scores);
  const order = [...scores].sort((a, b) => b - a);
  let [best, least] = [-Infinity, Infinity];
  for (let at = 0; at < quality.length; at += 1) {
    // Between prompts of one score there is no threshold.
    if (at > 0 && at < order.length && order[at] === order[at - 1]) continue;
    if ((quality[at] ?? 0) >= x * strong - 1e-12 && (usd[at] ?? 0) < least) {
      least = usd[at] ?? strongUsd;
      best = at === 0 ? Infinity : (order[at - 1] ?? -Infinity);
    }
  }
  return best;
}

/** Uniform in [0, 1), the same sequence for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** 2.5 % and 97.5 % of a statistic over resamples of the items; resamples without a value (equal models) are left out. */
export function bootstrap(n: number, statistic: (sample: readonly number[]) => number, { rounds = 300, seed = 1 }: { readonly rounds?: number; readonly seed?: number } = {}): readonly [number, number] {
  const random = randomOf(seed);
  const values = Array.from({ length: rounds }, () => statistic(Array.from({ length: n }, () => Math.floor(random() * n)))).filter(Number.isFinite).sort((a, b) => a - b);
  return [values[Math.floor(0.025 * values.length)] ?? Number.NaN, values[Math.floor(0.975 * values.length)] ?? Number.NaN];
}
