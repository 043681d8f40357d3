import type { LedgerEntry, Reason } from '../../contract/index.ts';

/** What one process has counted since it began, for Prometheus to collect. */
export interface Metrics {
  /** A request that was admitted has ended. */
  settled(tenantId: string, entry: LedgerEntry): void;
  /** A request was refused; `tenantId` undefined where nobody knows whose it was. */
  refused(tenantId: string | undefined, code: string): void;
  /** Refusals that could not be kept until the store takes them: `bsgateway_refusals_total` has them all the same. */
  refusalsLost(count: number): void;
  /** The store was away for an admission (`admission`) or a settlement (`settlement`). */
  storeAway(what: 'admission' | 'settlement'): void;
  /** What became of the traces of so many requests. */
  traced(outcome: 'sent' | 'dropped' | 'failed', requests: number): void;
  /** Everything of one tenant, and of the process, in the Prometheus text format 0.0.4. */
  text(tenantId: string, gauges?: readonly Gauge[], distributions?: readonly Distribution[]): string;
}

/** A value of the moment, asked for when the text is made. */
export interface Gauge { readonly name: string; readonly help: string; readonly labels?: Labels; readonly value: number }

/** How often a value was at most so large: `counts` by upper bound, ascending, each with those of the smaller ones in it. */
export interface Distribution { readonly name: string; readonly help: string; readonly counts: readonly (readonly [bound: number, count: number])[]; readonly sum: number; readonly total: number }

type Labels = Readonly<Record<string, string>>;

/** Upper bounds in seconds, from a cached short answer to a long chain of thought. */
const SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300] as const;
const MAX_SERIES = 5_000;
const MAX_MODELS = 500;
const MAX_TENANTS = 1_000;

const HELP: Readonly<Record<string, readonly [type: 'counter' | 'histogram', help: string]>> = {
  bsgateway_requests_total: ['counter', 'Requests that were admitted and have ended.'],
  bsgateway_refusals_total: ['counter', 'Requests that were refused before anything was asked upstream, by error code.'],
  bsgateway_refusals_unrecorded_total: ['counter', 'Refusals that the usage does not show because the store was away for too long.'],
  bsgateway_routing_fallbacks_total: ['counter', 'Requests routed without what their strategy rests on: the trained artifact, its judge, or evidence where the mode asks for it.'],
  bsgateway_failed_attempts_total: ['counter', 'Calls of an upstream that gave no answer.'],
  bsgateway_tokens_total: ['counter', 'Tokens by class as the provider counted them, estimates included.'],
  bsgateway_cost_usd_total: ['counter', 'What the requests cost, failed attempts included.'],
  bsgateway_saved_usd_total: ['counter', 'Baseline cost minus cost of requests that had a choice.'],
  bsgateway_unpriced_requests_total: ['counter', 'Requests whose model has no price: they are in no sum of money.'],
  bsgateway_estimated_requests_total: ['counter', 'Requests whose usage had to be estimated.'],
  bsgateway_store_away_total: ['counter', 'Admissions and settlements that found the store unreachable.'],
  bsgateway_traced_requests_total: ['counter', 'Requests whose trace was sent, dropped because too many waited, or not taken by the collector.'],
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
    refusalsLost: (lost) => process.add('bsgateway_refusals_unrecorded_total', {}, lost),
    storeAway: (what) => process.add('bsgateway_store_away_total', { what }, 1),
    traced: (outcome, requests) => process.add('bsgateway_traced_requests_total', { outcome }, requests),
    text: (tenantId, gauges = [], distributions = []) => [...(tenants.get(tenantId)?.lines() ?? []), ...process.lines(), ...gauges.flatMap(gaugeLines), ...distributions.flatMap(distributionLines)].join('\n').concat('\n'),
  };
}

/** Reasons that say: something was missing, so a safer model served. */
const FALLBACKS: ReadonlySet<Reason> = new Set<Reason>(['artifact_missing', 'judge_failed', 'no_evidence']);

function count(series: Series, entry: LedgerEntry): void {
  const model = series.of(entry.servedModel ?? 'none');
  model.ended(`${entry.status}\n${entry.decision?.stage ?? 'none'}`);
  const reason = entry.decision?.reason;
  if (reason !== undefined && FALLBACKS.has(reason)) series.add('bsgateway_routing_fallbacks_total', { reason }, 1);
  for (const { model: tried, errorCode } of entry.attempts) if (errorCode !== undefined) series.add('bsgateway_failed_attempts_total', { model: tried, code: errorCode }, 1);
  const { input, cacheRead, cacheWrite5m, cacheWrite1h, output } = entry.tokens;
  model.tokens.input += input ?? 0;
  model.tokens.cacheRead += cacheRead ?? 0;
  model.tokens.cacheWrite5m += cacheWrite5m ?? 0;
  model.tokens.cacheWrite1h += cacheWrite1h ?? 0;
  model.tokens.output += output ?? 0;
  if (entry.costMicros === null) model.unpriced += 1;
  else model.costMicros += entry.costMicros;
  // Savings may be negative, which a counter cannot say of itself: gains and losses are counted apart.
  if (entry.savedMicros !== null && entry.savedMicros > 0) model.gainedMicros += entry.savedMicros;
  else if (entry.savedMicros !== null) model.lostMicros -= entry.savedMicros;
  if (entry.usage === 'estimated') model.estimated += 1;
  model.duration.observe(entry.latencyMs / 1000);
  if (entry.ttftMs !== null) model.firstToken.observe(entry.ttftMs / 1000);
}

/** Seconds by upper bound. */
class Histogram {
  readonly counts: number[] = SECONDS.map(() => 0);
  sum = 0;
  total = 0;

  observe(seconds: number): void {
    const at = SECONDS.findIndex((bound) => seconds <= bound);
    if (at >= 0) this.counts[at] = (this.counts[at] ?? 0) + 1;
    this.sum += seconds;
    this.total += 1;
  }
}

/** The numbers of one served model: plain fields, since every request adds to them. */
class ModelNumbers {
  readonly requests = new Map<string, number>();
  readonly tokens = { input: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, output: 0 };
  readonly duration = new Histogram();
  readonly firstToken = new Histogram();
  costMicros = 0;
  gainedMicros = 0;
  lostMicros = 0;
  unpriced = 0;
  estimated = 0;

  /** `how` = status and stage. */
  ended(how: string): void {
    this.requests.set(how, (this.requests.get(how) ?? 0) + 1);
  }

  /** As name, labels and value. */
  *counters(model: string): Generator<readonly [name: string, labels: Labels, value: number], undefined, undefined> {
    for (const [how, count] of this.requests) {
      const [status = '', stage = ''] = how.split('\n');
      yield ['bsgateway_requests_total', { model, status, stage }, count];
    }
    for (const [name, tokens] of Object.entries(this.tokens)) if (tokens > 0) yield ['bsgateway_tokens_total', { model, class: name }, tokens];
    yield ['bsgateway_cost_usd_total', { model }, this.costMicros / 1e6];
    if (this.gainedMicros > 0) yield ['bsgateway_saved_usd_total', { model, sign: 'gain' }, this.gainedMicros / 1e6];
    if (this.lostMicros > 0) yield ['bsgateway_saved_usd_total', { model, sign: 'loss' }, this.lostMicros / 1e6];
    if (this.unpriced > 0) yield ['bsgateway_unpriced_requests_total', { model }, this.unpriced];
    if (this.estimated > 0) yield ['bsgateway_estimated_requests_total', { model }, this.estimated];
    return undefined;
  }
}

/** Numbers by name and labels. Past a bound new label values are not counted apart: callers cannot grow the process. */
class Series {
  readonly #models = new Map<string, ModelNumbers>();
  readonly #counters = new Map<string, number>();

  of(model: string): ModelNumbers {
    let numbers = this.#models.get(model);
    if (numbers === undefined) {
      if (this.#models.size >= MAX_MODELS) return this.of('other');
      numbers = new ModelNumbers();
      this.#models.set(model, numbers);
    }
    return numbers;
  }

  add(name: string, labels: Labels, amount: number): void {
    const key = `${name}${labelText(labels)}`;
    const known = this.#counters.get(key);
    if (known === undefined && this.#counters.size >= MAX_SERIES) return;
    this.#counters.set(key, (known ?? 0) + amount);
  }

  lines(): string[] {
    const byName = new Map<string, string[]>(Object.keys(HELP).map((name) => [name, []]));
    for (const [key, value] of this.#counters) byName.get(key.split('{', 1)[0] ?? '')?.push(`${key} ${value}`);
    for (const [model, numbers] of this.#models) {
      for (const [name, labels, value] of numbers.counters(model)) byName.get(name)?.push(`${name}${labelText(labels)} ${value}`);
      byName.get('bsgateway_request_duration_seconds')?.push(...histogramLines('bsgateway_request_duration_seconds', model, numbers.duration));
      if (numbers.firstToken.total > 0) byName.get('bsgateway_time_to_first_token_seconds')?.push(...histogramLines('bsgateway_time_to_first_token_seconds', model, numbers.firstToken));
    }
    return [...byName].filter(([, own]) => own.length > 0).flatMap(([name, own]) => [`# HELP ${name} ${HELP[name]?.[1] ?? ''}`, `# TYPE ${name} ${HELP[name]?.[0] ?? ''}`, ...own]);
  }
}

function histogramLines(name: string, model: string, { counts, sum, total }: Histogram): string[] {
  const labels = labelText({ model });
  const lines: string[] = [];
  let below = 0;
  for (const [at, bound] of SECONDS.entries()) {
    below += counts[at] ?? 0;
    lines.push(`${name}_bucket${labels.slice(0, -1)},le="${bound}"} ${below}`);
  }
  return [...lines, `${name}_bucket${labels.slice(0, -1)},le="+Inf"} ${total}`, `${name}_sum${labels} ${sum}`, `${name}_count${labels} ${total}`];
}

function gaugeLines({ name, help, labels = {}, value }: Gauge): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name}${labelText(labels)} ${value}`];
}

function distributionLines({ name, help, counts, sum, total }: Distribution): string[] {
  const buckets = counts.map(([bound, count]) => `${name}_bucket{le="${bound}"} ${count}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`, ...buckets, `${name}_bucket{le="+Inf"} ${total}`, `${name}_sum ${sum}`, `${name}_count ${total}`];
}

/** `{a="x",b="y"}` with quotes, backslashes and line ends escaped, as the text format asks. */
function labelText(labels: Labels): string {
  const parts: string[] = [];
  for (const name in labels) parts.push(`${name}="${escaped(labels[name] ?? '')}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

const SPECIAL = /[\\"\n]/;
const escaped = (text: string): string => (SPECIAL.test(text) ? text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : text);
