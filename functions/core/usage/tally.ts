import type { UsageMeasures } from '../../contract/admin/usage.ts';
import type { LedgerEntry } from '../../contract/ledger.ts';
import { Histogram } from './histogram.ts';

const TOKEN_CLASSES = ['input', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'output', 'reasoning'] as const;

/** What is summed over entries, in the order in which stored rows carry it: append only. */
export const SUMS = ['requests', 'errors', 'auto', 'unpriced', 'costMicros', 'baselineMicros', 'savedMicros', 'overheadMicros', ...TOKEN_CLASSES, 'compared', 'comparedMicros'] as const;
const FIRST_TOKENS = SUMS.indexOf('input');
const COMPARED = SUMS.indexOf('compared');
const COMPARED_MICROS = SUMS.indexOf('comparedMicros');

/** A client that hangs up is nobody's error. */
const CLIENT_CLOSED = 499;

/** Whether an entry counts as an error. */
export const isError = (status: number): boolean => status >= 400 && status !== CLIENT_CLOSED;

/** Sums in the order of `SUMS`, then both histograms as `Histogram.toSparse` gives them. */
export interface StoredTally { readonly sums: readonly number[]; readonly latency: readonly number[]; readonly ttft: readonly number[] }

/**
 * Sums over ledger entries. Money in integer micro-USD; entries with an unknown cost, baseline or saving add nothing to
 * that sum and are counted in `unpriced` when it is the cost. Tallies of disjoint sets of entries add up exactly.
 */
export class Tally {
  readonly #sums: number[] = SUMS.map(() => 0);
  readonly #latency = new Histogram();
  readonly #ttft = new Histogram();

  get requests(): number {
    return this.#sums[0] ?? 0;
  }

  /** Requests that automatic routing decided, also when an alias or a pattern handed over to it. */
  get auto(): number {
    return this.#sums[2] ?? 0;
  }

  add(entry: LedgerEntry): void {
    const { tokens, decision } = entry;
    this.#plus(0, 1);
    if (isError(entry.status)) this.#plus(1, 1);
    if (decision?.stage === 'auto' || decision?.via === 'auto') this.#plus(2, 1);
    if (entry.costMicros === null) this.#plus(3, 1);
    this.#plus(4, entry.costMicros ?? 0);
    this.#plus(5, entry.baselineMicros ?? 0);
    this.#plus(6, entry.savedMicros ?? 0);
    this.#plus(7, entry.overheadMicros);
    if (decision?.baseline && entry.savedMicros !== null) {
      this.#plus(COMPARED, 1);
      this.#plus(COMPARED_MICROS, entry.baselineMicros ?? 0);
    }
    for (const [i, name] of TOKEN_CLASSES.entries()) this.#plus(FIRST_TOKENS + i, tokens[name] ?? 0);
    this.#latency.add(entry.latencyMs);
    if (entry.ttftMs !== null) this.#ttft.add(entry.ttftMs);
  }

  /** Money spent beside a request, such as on judging its answer: it comes off what was saved. */
  addOverhead(micros: number): void {
    this.#plus(6, -micros);
    this.#plus(7, micros);
  }

  addStored({ sums, latency, ttft }: StoredTally): void {
    for (let i = 0; i < sums.length; i += 1) this.#plus(i, sums[i] ?? 0);
    this.#latency.addSparse(latency);
    this.#ttft.addSparse(ttft);
  }

  merge(other: Tally): void {
    for (let i = 0; i < SUMS.length; i += 1) this.#plus(i, other.#sums[i] ?? 0);
    this.#latency.merge(other.#latency);
    this.#ttft.merge(other.#ttft);
  }

  toStored(): StoredTally {
    return { sums: this.#sums, latency: this.#latency.toSparse(), ttft: this.#ttft.toSparse() };
  }

  measures(): UsageMeasures {
    const [requests = 0, errors = 0, , unpriced = 0, costMicros = 0, baselineMicros = 0, savedMicros = 0, overheadMicros = 0] = this.#sums;
    const [input = 0, cacheRead = 0, cacheWrite5m = 0, cacheWrite1h = 0, output = 0, reasoning = 0] = this.#sums.slice(FIRST_TOKENS);
    return {
      requests, errors,
      tokens: { input, cacheRead, cacheWrite5m, cacheWrite1h, output, reasoning },
      costMicros, baselineMicros, savedMicros, overheadMicros, unpriced,
      compared: { requests: this.#sums[COMPARED] ?? 0, baselineMicros: this.#sums[COMPARED_MICROS] ?? 0 },
      latencyMs: { p50: this.#latency.percentile(0.5), p95: this.#latency.percentile(0.95) },
      ttftMs: { p50: this.#ttft.percentile(0.5), p95: this.#ttft.percentile(0.95) },
    };
  }

  /** What a stack of a chart shows. */
  get stackable(): { readonly requests: number; readonly errors: number; readonly costMicros: number } {
    const [requests = 0, errors = 0, , , costMicros = 0] = this.#sums;
    return { requests, errors, costMicros };
  }

  #plus(index: number, value: number): void {
    this.#sums[index] = (this.#sums[index] ?? 0) + value;
  }
}
