import type { LedgerEntry } from '../../contract/ledger.ts';
import { Histogram } from './histogram.ts';

const CLASSES = ['input', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'output', 'reasoning'] as const;

/** A client that hangs up is nobody's error. */
const CLIENT_CLOSED = 499;

/**
 * Sums over ledger entries. Money in integer micro-USD; entries with an unknown cost, baseline
 * or saving add nothing to that sum and are counted in `unpriced` when it is the cost.
 */
export class Measures {
  #requests = 0;
  #errors = 0;
  #costMicros = 0;
  #baselineMicros = 0;
  #savedMicros = 0;
  #overheadMicros = 0;
  #unpriced = 0;
  readonly #tokens = { input: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, output: 0, reasoning: 0 };
  readonly #latency = new Histogram();
  readonly #ttft = new Histogram();

  get requests(): number {
    return this.#requests;
  }

  get unpriced(): number {
    return this.#unpriced;
  }

  add(entry: LedgerEntry): void {
    this.#requests += 1;
    if (entry.status >= 400 && entry.status !== CLIENT_CLOSED) this.#errors += 1;
    for (const name of CLASSES) this.#tokens[name] += entry.tokens[name] ?? 0;
    if (entry.costMicros === null) this.#unpriced += 1;
    this.#costMicros += entry.costMicros ?? 0;
    this.#baselineMicros += entry.baselineMicros ?? 0;
    this.#savedMicros += entry.savedMicros ?? 0;
    this.#overheadMicros += entry.overheadMicros;
    this.#latency.add(entry.latencyMs);
    if (entry.ttftMs !== null) this.#ttft.add(entry.ttftMs);
  }

  toJSON(): object {
    return {
      requests: this.#requests,
      errors: this.#errors,
      tokens: this.#tokens,
      costMicros: this.#costMicros,
      baselineMicros: this.#baselineMicros,
      savedMicros: this.#savedMicros,
      overheadMicros: this.#overheadMicros,
      unpriced: this.#unpriced,
      latencyMs: { p50: this.#latency.percentile(0.5), p95: this.#latency.percentile(0.95) },
      ttftMs: { p50: this.#ttft.percentile(0.5), p95: this.#ttft.percentile(0.95) },
    };
  }
}
