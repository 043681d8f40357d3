import { wordsNorm } from '../../functions/core/routing/classifier/words.ts';

/** One example made ready: dense vector, different word buckets (ascending). */
export interface Example {
  readonly dense: readonly number[];
  readonly buckets: Uint16Array;
}

export interface TrainingData {
  readonly examples: readonly Example[];
  /** Wanted chance of each, 0…1. */
  readonly targets: Float64Array;
  readonly weights: Float64Array;
  /** Log-odds that are given and not fitted; absent = 0. */
  readonly offsets?: Float64Array;
}

export interface Fitted { readonly bias: number; readonly dense: Float64Array; readonly words: Float64Array }

export interface Penalty {
  /** On squared weights of dense features, each measured in its own standard deviations. */
  readonly dense: number;
  /** On squared weights of word buckets. */
  readonly words: number;
}

/**
 * Logistic regression with soft targets in 0…1 and example weights, by L-BFGS with a backtracking line search. Deterministic:
 * no random start, no sampling. Buckets outside `mask` keep the weight 0.
 */
export function fitLogistic(data: TrainingData, penalty: Penalty, { buckets, mask, iterations = 80 }: { readonly buckets: number; readonly mask?: Uint8Array; readonly iterations?: number }): Fitted {
  const problem = new Problem(data, penalty, buckets, mask);
  const x = new Float64Array(1 + problem.width + buckets);
  minimise(problem, x, iterations);
  return { bias: x[0] ?? 0, dense: x.slice(1, 1 + problem.width), words: x.slice(1 + problem.width) };
}

class Problem {
  readonly width: number;
  readonly #rows: number;
  readonly #dense: Float64Array;
  readonly #starts: Uint32Array;
  readonly #columns: Uint16Array;
  readonly #norms: Float64Array;
  readonly #targets: Float64Array;
  readonly #weights: Float64Array;
  readonly #offsets: Float64Array | undefined;
  readonly #ridge: Float64Array;
  readonly #mask: Uint8Array | undefined;

  constructor({ examples, targets, weights, offsets }: TrainingData, penalty: Penalty, buckets: number, mask: Uint8Array | undefined) {
    this.#rows = examples.length;
    this.width = examples[0]?.dense.length ?? 0;
    this.#targets = targets;
    this.#weights = weights;
    this.#offsets = offsets;
    this.#mask = mask;
    this.#dense = new Float64Array(this.#rows * this.width);
    this.#starts = new Uint32Array(this.#rows + 1);
    this.#norms = new Float64Array(this.#rows);
    for (const [row, { dense, buckets: own }] of examples.entries()) {
      this.#dense.set(dense, row * this.width);
      this.#starts[row + 1] = (this.#starts[row] ?? 0) + own.length;
      this.#norms[row] = wordsNorm(own.length);
    }
    this.#columns = new Uint16Array(this.#starts[this.#rows] ?? 0);
    for (const [row, { buckets: own }] of examples.entries()) this.#columns.set(own, this.#starts[row] ?? 0);
    this.#ridge = new Float64Array(1 + this.width + buckets).fill(penalty.words);
    this.#ridge[0] = 0;
    for (const [at, variance] of this.#variances().entries()) this.#ridge[1 + at] = penalty.dense * Math.max(variance, 1e-4);
  }

  /** Weighted variance of each dense feature. */
  #variances(): Float64Array {
    const [sums, squares] = [new Float64Array(this.width), new Float64Array(this.width)];
    let total = 0;
    for (let row = 0; row < this.#rows; row += 1) {
      const weight = this.#weights[row] ?? 0;
      total += weight;
      for (let at = 0; at < this.width; at += 1) {
        const value = this.#dense[row * this.width + at] ?? 0;
        sums[at] = (sums[at] ?? 0) + weight * value;
        squares[at] = (squares[at] ?? 0) + weight * value * value;
      }
    }
    return squares.map((square, at) => square / total - ((sums[at] ?? 0) / total) ** 2);
  }

  /** The loss at `x`; its gradient is written to `gradient`. */
  evaluate(x: Float64Array, gradient: Float64Array): number {
    gradient.fill(0);
    let loss = 0;
    for (let row = 0; row < this.#rows; row += 1) {
      const weight = this.#weights[row] ?? 0;
      if (weight === 0) continue;
      const target = this.#targets[row] ?? 0;
      const z = this.#margin(x, row);
      // log(1 + e^z) without overflow.
      loss += weight * (Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - target * z);
      this.#spread(gradient, row, weight * (1 / (1 + Math.exp(-z)) - target));
    }
    for (let at = 0; at < x.length; at += 1) {
      const value = x[at] ?? 0;
      const ridge = this.#ridge[at] ?? 0;
      loss += 0.5 * ridge * value * value;
      gradient[at] = (gradient[at] ?? 0) + ridge * value;
    }
    if (this.#mask !== undefined) for (let at = 0; at < this.#mask.length; at += 1) if (this.#mask[at] === 0) gradient[1 + this.width + at] = 0;
    return loss;
  }

  #margin(x: Float64Array, row: number): number {
    let z = (x[0] ?? 0) + (this.#offsets?.[row] ?? 0);
    for (let at = 0; at < this.width; at += 1) z += (x[1 + at] ?? 0) * (this.#dense[row * this.width + at] ?? 0);
    let words = 0;
    for (let at = this.#starts[row] ?? 0; at < (this.#starts[row + 1] ?? 0); at += 1) words += x[1 + this.width + (this.#columns[at] ?? 0)] ?? 0;
    return z + words * (this.#norms[row] ?? 0);
  }

  #spread(gradient: Float64Array, row: number, error: number): void {
    gradient[0] = (gradient[0] ?? 0) + error;
    for (let at = 0; at < this.width; at += 1) gradient[1 + at] = (gradient[1 + at] ?? 0) + error * (this.#dense[row * this.width + at] ?? 0);
    const share = error * (this.#norms[row] ?? 0);
    for (let at = this.#starts[row] ?? 0; at < (this.#starts[row + 1] ?? 0); at += 1) {
      const column = 1 + this.width + (this.#columns[at] ?? 0);
      gradient[column] = (gradient[column] ?? 0) + share;
    }
  }
}

const MEMORY = 8;

/** Nocedal & Wright, Numerical Optimization, algorithm 7.5; `x` is moved to the minimum in place. */
function minimise(problem: Problem, x: Float64Array, iterations: number): void {
  let gradient = new Float64Array(x.length);
  let next = new Float64Array(x.length);
  let loss = problem.evaluate(x, gradient);
  const memory: { step: Float64Array; change: Float64Array; rho: number }[] = [];
  for (let round = 0; round < iterations; round += 1) {
    const direction = directionOf(gradient, memory);
    const slope = dot(direction, gradient);
    const from = x.slice();
    let length = memory.length === 0 ? 1 / Math.max(1, Math.sqrt(dot(gradient, gradient))) : 1;
    let tried = Infinity;
    for (let attempt = 0; attempt < 30; attempt += 1) {
      for (let at = 0; at < x.length; at += 1) x[at] = (from[at] ?? 0) + length * (direction[at] ?? 0);
      tried = problem.evaluate(x, next);
      if (tried <= loss + 1e-4 * length * slope) break;
      length /= 2;
    }
    const step = x.map((value, at) => value - (from[at] ?? 0));
    const change = next.map((value, at) => value - (gradient[at] ?? 0));
    const curvature = dot(step, change);
    if (curvature > 1e-12) memory.push({ step, change, rho: 1 / curvature });
    if (memory.length > MEMORY) memory.shift();
    const gain = loss - tried;
    loss = tried;
    [gradient, next] = [next, gradient];
    if (gain < 1e-7 * Math.abs(loss)) return;
  }
}

function directionOf(gradient: Float64Array, memory: readonly { step: Float64Array; change: Float64Array; rho: number }[]): Float64Array {
  const direction = gradient.map((value) => -value);
  const alphas: number[] = [];
  for (const { step, change, rho } of memory.toReversed()) {
    const alpha = rho * dot(step, direction);
    alphas.unshift(alpha);
    add(direction, change, -alpha);
  }
  const last = memory.at(-1);
  if (last !== undefined) {
    const scale = 1 / (last.rho * dot(last.change, last.change));
    for (let at = 0; at < direction.length; at += 1) direction[at] = (direction[at] ?? 0) * scale;
  }
  for (const [at, { step, change, rho }] of memory.entries()) add(direction, step, (alphas[at] ?? 0) - rho * dot(change, direction));
  return direction;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}

function add(target: Float64Array, source: Float64Array, factor: number): void {
  for (let at = 0; at < target.length; at += 1) target[at] = (target[at] ?? 0) + factor * (source[at] ?? 0);
}
