import { doubleRows, lostRows, overshoots, serverErrors, strangeRows, tokenBalance, unfitAnswers, type Evidence } from './audit.ts';
import type { Books } from './books.ts';
import { delayQuantile, memorySlope } from './measures.ts';
import type { Sample } from './samples.ts';

/** One line of the table. `limit` undefined: printed, not judged. */
export interface Line { readonly what: string; readonly value: string; readonly limit?: string; readonly ok: boolean; readonly details?: readonly string[] }

export interface Findings {
  readonly evidence: Evidence;
  readonly books: Books;
  readonly samples: readonly Sample[];
  /** Where secrets were found. */
  readonly leaks: readonly string[];
  readonly secrets: number;
  /** Of the last SIGTERM. */
  readonly exitCode: number | null;
  readonly failedStarts: readonly number[];
}

const MOST_MIB_PER_MINUTE = 1;

/** The whole verdict: what was counted, what must be nothing, and what memory and the event loop did. */
export function verdict(findings: Findings): Line[] {
  const { evidence, samples } = findings;
  const errors = serverErrors(evidence);
  return [
    ...traffic(evidence),
    counted('5xx and errors in answers, caused upstream', `${errors.upstream.length}, of which ${errors.upstream.filter((one) => one.endsWith('no_healthy_model')).length} because breakers were open`),
    counted('503 store_unavailable during stalls', errors.stalled.length),
    nothing('5xx not caused upstream', errors.own),
    nothing('answers that do not fit their request', unfitAnswers(evidence)),
    nothing('lost ledger rows', lostRows(evidence)),
    nothing('double ledger rows', doubleRows(evidence)),
    nothing('ledger rows of nobody', strangeRows(evidence)),
    ...tokens(evidence),
    ...money(findings),
    ...memory(samples),
    delay(samples),
    ...processes(findings),
    nothing(`canary hits (${findings.secrets} secrets)`, findings.leaks),
  ];
}

const counted = (what: string, value: number | string): Line => ({ what, value: String(value), ok: true });
const nothing = (what: string, found: readonly string[]): Line => ({ what, value: String(found.length), limit: '0', ok: found.length === 0, details: found });

function traffic({ asked, calls, rows }: Evidence): Line[] {
  const classes = ['2xx', '4xx', '5xx'].map((name) => `${name} ${asked.filter(({ status }) => Math.floor(status / 100) === Number(name[0])).length}`);
  const refused = asked.filter(({ status }) => status === 429).length;
  return [
    counted('requests', `${asked.length} (${asked.filter(({ stream }) => stream).length} streamed, ${asked.filter(({ kind }) => kind === 'hostile' || kind === 'leaving').length} hostile)`),
    counted('by status', `${classes.join(', ')} (of which 429 ${refused}), no answer ${asked.filter(({ status }) => status === 0).length}`),
    counted('upstream calls', `${calls.length}, of which ${calls.filter(({ fault }) => fault !== undefined).length} failed on purpose`),
    counted('ledger rows', rows.length),
  ];
}

function tokens(evidence: Evidence): Line[] {
  const balance = tokenBalance(evidence);
  return [
    counted('tokens of measured rows, ledger / upstream', `${balance.measuredTokens} / ${balance.upstreamTokens} in ${balance.measured} rows`),
    counted('tokens of estimated rows, ledger / upstream', `${balance.estimatedTokens} / ${balance.upstreamOfEstimated} in ${balance.estimated} rows`),
    nothing('rows whose tokens are not the upstream\'s', balance.differences),
  ];
}

const usd = (micros: number): string => `$${(micros / 1e6).toFixed(6)}`;

function money({ evidence, books }: Findings): Line[] {
  const budgets = overshoots(evidence);
  return [
    ...budgets.map(({ name, limitMicros, spentMicros, termMicros, overMicros }): Line => ({
      what: `budget of ${name}`, value: `${usd(spentMicros)} of ${usd(limitMicros)}, beyond the term ${usd(overMicros)}`, limit: `term ${usd(termMicros)}`, ok: overMicros === 0,
    })),
    nothing(`counters that are not ledger + open reservations (${books.open} open)`, books.differences),
    nothing('broken audit chains', books.brokenChains),
    { what: 'settlements that still wait', value: String(books.spooled), limit: '0', ok: books.spooled === 0 },
  ];
}

function memory(samples: readonly Sample[]): Line[] {
  const rss = samples.map(({ rssBytes }) => rssBytes / 2 ** 20);
  const most = counted('memory, most', rss.length === 0 ? 'not measured' : `${Math.max(...rss).toFixed(0)} MiB`);
  const slope = memorySlope(samples);
  if (slope === undefined) return [most, counted('memory, slope', 'not judged: no process lived long enough after its warm-up')];
  const { mibPerMinute, seconds, warmUpSeconds } = slope;
  return [most, {
    what: 'memory, slope', value: `${mibPerMinute.toFixed(2)} MiB/min over ${seconds.toFixed(0)} s after ${warmUpSeconds} s of warm-up`, limit: `< ${MOST_MIB_PER_MINUTE}`, ok: mibPerMinute < MOST_MIB_PER_MINUTE,
  }];
}

function delay(samples: readonly Sample[]): Line {
  const [half, most, longest] = [0.5, 0.99, 1].map((share) => delayQuantile(samples, share));
  const ms = (seconds: number): string => (seconds * 1000).toFixed(1);
  const value = half === undefined || most === undefined || longest === undefined ? 'not measured' : `${ms(half)} / ${ms(most)} ms, none above ${ms(longest)} ms`;
  return counted('event-loop delay p50 / p99', value);
}

function processes({ evidence: { lives, stalls }, exitCode, failedStarts }: Findings): Line[] {
  const died = lives.filter(({ how }) => how === 'died').map(({ to }) => new Date(to).toISOString());
  const unexplained = failedStarts.filter((at) => !stalls.some(({ from, to }) => at >= from && at <= to + 1_000)).map((at) => new Date(at).toISOString());
  return [
    counted('kills', lives.filter(({ how }) => how === 'kill').length),
    counted('stalls of the store', stalls.length),
    nothing('processes that ended by themselves', died),
    nothing('starts that failed', unexplained),
    { what: 'exit code after SIGTERM', value: String(exitCode), limit: '0', ok: exitCode === 0 },
  ];
}
