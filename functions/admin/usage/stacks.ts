import type { Dimension, Dims } from '../../core/usage/groups.ts';
import { Tally } from '../../core/usage/tally.ts';
import { breakdownId } from './filters.ts';

/** More are hard to tell apart in a chart. */
const MOST_SHOWN = 6;
/** Ids that a range may bring before the rest is one group. */
const MOST_KEPT = 200;
const OTHER = 'other';

export interface StackedSeries { readonly by: Dimension; readonly groups: readonly { readonly id: string; readonly name: string; readonly requests: number[]; readonly errors: number[]; readonly costMicros: number[] }[] }

interface Sums { requests: number[]; errors: number[]; costMicros: number[] }

/** The series of a usage answer, cut by one dimension. */
export class Stacks {
  readonly #by: Dimension;
  readonly #idOf: (dims: Dims) => string;
  readonly #points: number;
  readonly #groups = new Map<string, Sums>();

  constructor(by: Dimension, points: number) {
    this.#by = by;
    this.#idOf = breakdownId(by);
    this.#points = points;
  }

  add(point: number, dims: Dims, addTo: (tally: Tally) => void): void {
    if (point < 0 || point >= this.#points) return;
    const one = new Tally();
    addTo(one);
    const id = this.#idOf(dims);
    plus(this.#of(this.#groups.has(id) || this.#groups.size < MOST_KEPT ? id : OTHER), point, one.stackable);
  }

  /** The largest first; where there are more than six, the rest together as `other`. */
  series(names: ReadonlyMap<string, string>): StackedSeries {
    const sorted = [...this.#groups].toSorted(([a, left], [b, right]) => total(right.requests) - total(left.requests) || (a < b ? -1 : 1));
    const shown = sorted.filter(([id]) => id !== OTHER).slice(0, sorted.length > MOST_SHOWN ? MOST_SHOWN - 1 : MOST_SHOWN);
    const rest = sorted.filter((group) => !shown.includes(group));
    const other = this.#empty();
    for (const [, sums] of rest) for (let point = 0; point < this.#points; point += 1) plus(other, point, { requests: sums.requests[point] ?? 0, errors: sums.errors[point] ?? 0, costMicros: sums.costMicros[point] ?? 0 });
    const groups = [...shown, ...(rest.length > 0 ? [[OTHER, other] as const] : [])];
    return { by: this.#by, groups: groups.map(([id, sums]) => ({ id, name: names.get(id) ?? id, ...sums })) };
  }

  #of(id: string): Sums {
    const sums = this.#groups.get(id) ?? this.#empty();
    this.#groups.set(id, sums);
    return sums;
  }

  #empty(): Sums {
    const zeros = (): number[] => Array.from({ length: this.#points }, () => 0);
    return { requests: zeros(), errors: zeros(), costMicros: zeros() };
  }
}

function plus(sums: Sums, point: number, { requests, errors, costMicros }: Tally['stackable']): void {
  sums.requests[point] = (sums.requests[point] ?? 0) + requests;
  sums.errors[point] = (sums.errors[point] ?? 0) + errors;
  sums.costMicros[point] = (sums.costMicros[point] ?? 0) + costMicros;
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
