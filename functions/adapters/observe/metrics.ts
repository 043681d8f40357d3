import type { LedgerEntry } from '../../contract/index.ts';

/** What one process has counted since it began, for Prometheus to collect. */
export interface Metrics {
  /** A request that was admitted has ended. */
  settled(tenantId: string, entry: LedgerEntry): void;
  /** A request was refused; `tenantId` undefined where nobody knows whose it was. */
  refused(tenantId: string | undefined, code: string): void;
  /** The store was away for an admission (`admission`) or a settlement (`settlement`). */
  storeAway(what: 'admission' | 'settlement'): void;
  /** Everything of one tenant, and of the process, in the Prometheus text format 0.0.4. */
  text(tenantId: string, gauges?: readonly Gauge[]): string;
}

/** A value of the moment, asked for when the text is made. */
export interface Gauge { readonly name: string; readonly help: string; readonly labels?: Labels; readonly value: number }

type Labels = Readonly<Record<string, string>>;

/** Upper bounds in seconds, from a cached short answer to a long chain of thought. */
const SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300] as const;
const MAX_SERIES = 5_000;
const MAX_TENANTS = 1_000;

const HELP: Readonly<Record<string, readonly [type: 'counter' | 'histogram', help: string]>> = {
  bsgateway_requests_total: ['counter', 'Requests that were admitted and have ended.'],
  bsgateway_refusals_total: ['counter', 'Requests that were refused before anything was asked upstream, by error code.'],
  bsgateway_failed_attempts_total: ['counter', 'Calls of an upstream that gave no answer.'],
  bsgateway_tokens_total: ['counter', 'Tokens by class as the provider counted them, estimates included.'],
  bsgateway_cost_usd_total: ['counter', 'What the requests cost, failed attempts included.'],
  bsgateway_saved_usd_total: ['counter', 'Baseline cost minus cost of requests that had a choice.'],
  bsgateway_unpriced_requests_total: ['counter', 'Requests whose model has no price: they are in no sum of money.'],
  bsgateway_estimated_requests_total: ['counter', 'Requests whose usage had to be estimated.'],
  bsgateway_store_away_total: ['counter', 'Admissions and settlements that found the store unreachable.'],
  bsgateway_request_duration_seconds: ['histogram', 'From arrival to the last byte.'],
  bsgateway_time_to_first_token_seconds: ['histogram', 'From arrival to the first output part.'],
};

export function openMetrics(): Metrics {
  const tenants = new Map<string, Series>();
  const process = new Series();
  const seriesOf = (tenantId: string): Series => {
    let series = tenants.get(tenantId);
    if (series === undefined) {
      if (tenants.size >= MAX_TENANTS) return process;
      series = new Series();
      tenants.set(tenantId, series);
    }
    return series;
  };
  return {
    settled: (tenantId, entry) => count(seriesOf(tenantId), entry),
    refused: (tenantId, code) => (tenantId === undefined ? process : seriesOf(tenantId)).add('bsgateway_refusals_total', { code }, 1),
    storeAway: (what) => process.add('bsgateway_store_away_total', { what }, 1),
    text: (tenantId, gauges = []) => [...(tenants.get(tenantId)?.lines() ?? []), ...process.lines(), ...gauges.flatMap(gaugeLines)].join('\n').concat('\n'),
  };
}

function count(series: Series, entry: LedgerEntry): void {
  const model = entry.servedModel ?? 'none';
  series.add('bsgateway_requests_total', { model, status: String(entry.status), stage: entry.decision?.stage ?? 'none' }, 1);
  for (const { model: tried, errorCode } of entry.attempts) if (errorCode !== undefined) series.add('bsgateway_failed_attempts_total', { model: tried, code: errorCode }, 1);
  for (const [name, tokens] of Object.entries(entry.tokens)) if (tokens !== undefined && name !== 'reasoning') series.add('bsgateway_tokens_total', { model, class: name }, tokens);
  if (entry.costMicros === null) series.add('bsgateway_unpriced_requests_total', { model }, 1);
  else series.add('bsgateway_cost_usd_total', { model }, entry.costMicros / 1e6);
  // Savings may be negative, which a counter cannot say of itself: gains and losses are counted apart.
  if (entry.savedMicros !== null && entry.savedMicros !== 0) series.add('bsgateway_saved_usd_total', { model, sign: entry.savedMicros > 0 ? 'gain' : 'loss' }, Math.abs(entry.savedMicros) / 1e6);
  if (entry.usage === 'estimated') series.add('bsgateway_estimated_requests_total', { model }, 1);
  series.observe('bsgateway_request_duration_seconds', { model }, entry.latencyMs / 1000);
  if (entry.ttftMs !== null) series.observe('bsgateway_time_to_first_token_seconds', { model }, entry.ttftMs / 1000);
}

interface Histogram { readonly counts: number[]; sum: number; total: number }

/** Numbers by name and labels. Past a bound new label values are not counted apart: callers cannot grow the process. */
class Series {
  readonly #counters = new Map<string, number>();
  readonly #histograms = new Map<string, Histogram>();

  add(name: string, labels: Labels, amount: number): void {
    const key = `${name}${labelText(labels)}`;
    const known = this.#counters.get(key);
    if (known === undefined && this.#counters.size >= MAX_SERIES) return;
    this.#counters.set(key, (known ?? 0) + amount);
  }

  observe(name: string, labels: Labels, value: number): void {
    const key = `${name}${labelText(labels)}`;
    let histogram = this.#histograms.get(key);
    if (histogram === undefined) {
      if (this.#histograms.size >= MAX_SERIES) return;
      histogram = { counts: SECONDS.map(() => 0), sum: 0, total: 0 };
      this.#histograms.set(key, histogram);
    }
    const at = SECONDS.findIndex((bound) => value <= bound);
    if (at >= 0) histogram.counts[at] = (histogram.counts[at] ?? 0) + 1;
    histogram.sum += value;
    histogram.total += 1;
  }

  lines(): string[] {
    const lines: string[] = [];
    for (const [name, [type, help]] of Object.entries(HELP)) {
      const own = (type === 'counter' ? [...this.#counters].map(([key, value]) => [key, [`${key} ${value}`]] as const)
        : [...this.#histograms].map(([key, histogram]) => [key, histogramLines(key, histogram)] as const))
        .filter(([key]) => key === name || key.startsWith(`${name}{`));
      if (own.length > 0) lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...own.flatMap(([, text]) => text));
    }
    return lines;
  }
}

function histogramLines(key: string, { counts, sum, total }: Histogram): string[] {
  const brace = key.indexOf('{');
  const name = brace < 0 ? key : key.slice(0, brace);
  const labels = brace < 0 ? '' : key.slice(brace + 1, -1);
  const lines: string[] = [];
  let below = 0;
  for (const [at, bound] of SECONDS.entries()) {
    below += counts[at] ?? 0;
    lines.push(`${name}_bucket{${labels}${labels === '' ? '' : ','}le="${bound}"} ${below}`);
  }
  const suffix = labels === '' ? '' : `{${labels}}`;
  return [...lines, `${name}_bucket{${labels}${labels === '' ? '' : ','}le="+Inf"} ${total}`, `${name}_sum${suffix} ${sum}`, `${name}_count${suffix} ${total}`];
}

function gaugeLines({ name, help, labels = {}, value }: Gauge): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name}${labelText(labels)} ${value}`];
}

/** `{a="x",b="y"}` with quotes, backslashes and line ends escaped, as the text format asks. */
function labelText(labels: Labels): string {
  const parts: string[] = [];
  for (const name in labels) parts.push(`${name}="${escaped(labels[name] ?? '')}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

const SPECIAL = /[\\"\n]/;
const escaped = (text: string): string => (SPECIAL.test(text) ? text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : text);
