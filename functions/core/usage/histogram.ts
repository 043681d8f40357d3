/** Buckets per doubling: a value is known to within half a bucket, 4.5 %. */
const PER_DOUBLING = 8;
/** Up to 2^22 ms, a little over an hour. */
const BUCKETS = 22 * PER_DOUBLING + 1;

/**
 * Durations in fixed logarithmic buckets: bucket 0 holds up to 1 ms, bucket i up to 2^(i/8) ms, the last one everything
 * longer. Buckets never depend on the data, so histograms of different times and places add up.
 */
export class Histogram {
  #counts: Float64Array | undefined;
  #total = 0;

  /** `ms` ≥ 0; anything else is not counted. */
  add(ms: number): void {
    if (!(ms >= 0)) return;
    this.#count(ms <= 1 ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log2(ms) * PER_DOUBLING)), 1);
  }

  /** Adds what `toSparse` gave; places outside the histogram count as its last bucket. */
  addSparse(sparse: readonly number[]): void {
    let index = 0;
    for (let i = 0; i + 1 < sparse.length; i += 2) {
      index += sparse[i] ?? 0;
      this.#count(Math.min(index, BUCKETS - 1), sparse[i + 1] ?? 0);
    }
  }

  /** The buckets that are not empty: distance from the one before, count, distance, count … */
  toSparse(): number[] {
    const sparse: number[] = [];
    let last = 0;
    for (const [index, count] of (this.#counts ?? []).entries()) {
      if (count === 0) continue;
      sparse.push(index - last, count);
      last = index;
    }
    return sparse;
  }

  merge(other: Histogram): void {
    if (other.#counts === undefined) return;
    for (let index = 0; index < BUCKETS; index += 1) {
      const count = other.#counts[index] ?? 0;
      if (count > 0) this.#count(index, count);
    }
  }

  /** The nearest-rank percentile (0 < share ≤ 1) in ms, as the geometric middle of its bucket; null without values. */
  percentile(share: number): number | null {
    if (this.#counts === undefined) return null;
    let left = Math.max(1, Math.ceil(this.#total * share));
    let index = -1;
    while (left > 0 && index < BUCKETS - 1) {
      index += 1;
      left -= this.#counts[index] ?? 0;
    }
    return index === 0 ? 1 : Math.round(2 ** ((index - 0.5) / PER_DOUBLING) * 10) / 10;
  }

  #count(index: number, count: number): void {
    this.#counts ??= new Float64Array(BUCKETS);
    this.#counts[index] = (this.#counts[index] ?? 0) + count;
    this.#total += count;
  }
}
