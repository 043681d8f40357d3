import type { Sample } from './samples.ts';

export interface Slope { readonly mibPerMinute: number; readonly samples: number; readonly seconds: number; readonly warmUpSeconds: number }

/**
 * A process that has lived so long has compiled its code and filled its caches: at this traffic some ten thousand requests, after which
 * resident memory was seen to stay where it is.
 */
const WARM_UP_MS = 180_000;
/** A slope over less says more about garbage collection than about growth. */
const LEAST_SECONDS = 90;

/**
 * How resident memory grows, by least squares over all samples of processes older than the warm-up. Each process has a level of its
 * own and all share one slope: Σ(t − t̄)(m − m̄) / Σ(t − t̄)², the means being those of the sample's process. undefined when no process
 * was seen for long enough.
 */
export function memorySlope(samples: readonly Sample[], warmUpMs = WARM_UP_MS, leastSeconds = LEAST_SECONDS): Slope | undefined {
  const byLife = Map.groupBy(samples.filter(({ ageMs, rssBytes }) => ageMs >= warmUpMs && rssBytes > 0), ({ life }) => life);
  let [products, squares, count, ms] = [0, 0, 0, 0];
  for (const own of byLife.values()) {
    const meanAt = mean(own.map(({ at }) => at));
    const meanBytes = mean(own.map(({ rssBytes }) => rssBytes));
    for (const { at, rssBytes } of own) {
      products += (at - meanAt) * (rssBytes - meanBytes);
      squares += (at - meanAt) ** 2;
    }
    count += own.length;
    ms += Math.max(...own.map(({ at }) => at)) - Math.min(...own.map(({ at }) => at));
  }
  if (ms < leastSeconds * 1000 || squares === 0) return undefined;
  return { mibPerMinute: ((products / squares) * 60_000) / 2 ** 20, samples: count, seconds: ms / 1000, warmUpSeconds: warmUpMs / 1000 };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Seconds by which a turn of the event loop comes late, of all processes together: the `share`-quantile (0–1) from their last
 * histograms, linear inside a bucket, as Prometheus has it. undefined when nothing was counted.
 */
export function delayQuantile(samples: readonly Sample[], share: number): number | undefined {
  const last = new Map(samples.map((sample) => [sample.life, sample.delays]));
  const sum = new Map<number, number>();
  for (const delays of last.values()) for (const [bound, count] of delays) sum.set(bound, (sum.get(bound) ?? 0) + count);
  const buckets = [...sum].toSorted(([a], [b]) => a - b);
  const total = buckets.at(-1)?.[1] ?? 0;
  if (total === 0) return undefined;
  let [lower, below] = [0, 0];
  for (const [bound, count] of buckets) {
    if (count >= share * total) return bound === Infinity || count === below ? lower : lower + ((bound - lower) * (share * total - below)) / (count - below);
    [lower, below] = [bound, count];
  }
  return lower;
}
