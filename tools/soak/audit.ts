import type { LedgerEntry } from '../../functions/contract/ledger.ts';
import type { ModelPrice } from '../../functions/core/money/price.ts';
import type { Asked, Fault, Life, Stall, UpstreamCall } from './records.ts';
import type { Budget } from './world.ts';

/** Everything that was written down, by those who asked, who was asked, and the gateway's own ledger. */
export interface Evidence {
  readonly asked: readonly Asked[];
  readonly calls: readonly UpstreamCall[];
  readonly rows: readonly LedgerEntry[];
  readonly lives: readonly Life[];
  readonly stalls: readonly Stall[];
  readonly budgets: readonly Budget[];
  /** By upstream model. */
  readonly prices: ReadonlyMap<string, ModelPrice>;
}

/** What is felt of a kill after the next process is ready: connections that died unnoticed. */
const KILL_MARGIN_MS = 1_000;
/** What waited for the store may still be refused so long after it is back. */
const STALL_MARGIN_MS = 3_000;
/** A model that failed so long ago may still be passed over. */
const BREAKER_MEMORY_MS = 65_000;
const BREAKER_FAILURES = 5;
/** Between an answer and its settlement. */
const SETTLE_MS = 1_000;
const SETTLE_STALLED_MS = 3_000;

const grouped = <T>(list: readonly T[], keyOf: (value: T) => string): Map<string, T[]> => Map.groupBy(list, keyOf);
const during = ({ sentAt, endedAt }: Asked, from: number, to: number): boolean => sentAt <= to && endedAt >= from;

/** From a kill until the next process is ready, and a little about it. */
const nearKill = (asked: Asked, { lives }: Evidence): boolean => lives.some(({ to, how }, i) => how === 'kill' && during(asked, to - 50, Math.max(to, lives[i + 1]?.from ?? to) + KILL_MARGIN_MS));
/** Its process was killed before it can have been settled; a whole answer that is no stream is handed over before that, and the store may let it wait. */
const killedUnsettled = (asked: Asked, evidence: Evidence): boolean =>
  evidence.lives.some(({ to, how }) => how === 'kill' && to >= asked.endedAt - 50 && to <= asked.endedAt + (asked.stream ? 0 : nearStall(asked, evidence) ? SETTLE_STALLED_MS : SETTLE_MS));
const nearStall = (asked: Asked, { stalls }: Evidence): boolean => stalls.some(({ from, to }) => during(asked, from, to + STALL_MARGIN_MS));

/** Admitted for certain: an answer of success has begun, or the upstream was asked. */
const wasAdmitted = ({ status, bytes, sessionId }: Asked, calls: readonly UpstreamCall[] | undefined): boolean => sessionId !== null && ((status === 200 && bytes > 0) || calls !== undefined);

/** Requests that were admitted and have no row. */
export function lostRows({ asked, calls, rows }: Evidence): string[] {
  const called = grouped(calls, ({ id }) => id);
  const booked = new Set(rows.map(({ sessionId }) => sessionId));
  const ids = new Set(rows.map(({ requestId }) => requestId));
  return asked.filter((one) => wasAdmitted(one, called.get(one.id)) && (!booked.has(one.sessionId) || (one.status === 200 && one.requestId !== undefined && !ids.has(one.requestId))))
    .map(({ id, what, status, bytes, requestId }) => `${id} (${what}) answered ${status}, ${bytes} bytes, request ${requestId ?? 'unknown'}`);
}

/** Requests with more than one row: each is sent once, in a session of its own. */
export function doubleRows({ rows }: Evidence): string[] {
  const twice = (keyOf: (row: LedgerEntry) => string): string[] => [...grouped(rows, keyOf)].filter(([, list]) => list.length > 1).map(([, list]) => list.map(({ requestId }) => requestId).join(' and '));
  return [...twice(({ requestId }) => requestId), ...twice(({ sessionId, requestId }) => sessionId ?? requestId)];
}

/** Rows of requests that nobody sent, or that were to be refused. */
export function strangeRows({ asked, rows }: Evidence): string[] {
  const known = new Set(asked.map(({ sessionId }) => sessionId));
  return rows.filter(({ sessionId }) => !known.has(sessionId)).map(({ requestId, status }) => `${requestId} with status ${status}`);
}

export interface TokenBalance { readonly measured: number; readonly estimated: number; readonly measuredTokens: number; readonly upstreamTokens: number; readonly estimatedTokens: number; readonly upstreamOfEstimated: number; readonly differences: readonly string[] }

const totalOf = ({ tokens: { input = 0, cacheRead = 0, output = 0 } }: LedgerEntry): number => input + cacheRead + output;
const reported = ({ input, cacheRead, output }: UpstreamCall): number => input + cacheRead + output;

/**
 * Each row that says "measured" holds the very counts which the upstream reported for the call that served it; and a request that its
 * client has seen to the end is measured, unless its process was killed before it was settled.
 */
export function tokenBalance(evidence: Evidence): TokenBalance {
  const byId = grouped(evidence.calls, ({ id }) => id);
  const bySession = new Map(evidence.asked.map((one) => [one.sessionId, one]));
  const differences: string[] = [];
  const sum = { measured: 0, estimated: 0, measuredTokens: 0, upstreamTokens: 0, estimatedTokens: 0, upstreamOfEstimated: 0 };
  for (const row of evidence.rows) {
    const one = bySession.get(row.sessionId);
    const calls = byId.get(one?.id ?? '') ?? [];
    const served = calls.findLast(({ model, end }) => model === row.upstreamModel && end === 'whole');
    if (row.usage === 'estimated') {
      sum.estimated += 1;
      sum.estimatedTokens += totalOf(row);
      sum.upstreamOfEstimated += calls.filter(({ end }) => end === 'whole').reduce((total, call) => total + reported(call), 0);
      if (one?.ending === 'whole' && one.status === 200 && one.last === 'finish' && !killedUnsettled(one, evidence)) differences.push(`${row.requestId}: seen to its end and yet only estimated`);
      continue;
    }
    if (row.servedModel === null) continue;
    sum.measured += 1;
    sum.measuredTokens += totalOf(row);
    sum.upstreamTokens += served === undefined ? 0 : reported(served);
    const { input = 0, cacheRead = 0, output = 0 } = row.tokens;
    if (served === undefined || served.input !== input || served.cacheRead !== cacheRead || served.output !== output) {
      differences.push(`${row.requestId}: booked ${input} + ${cacheRead} in, ${output} out, reported ${served === undefined ? 'nothing' : `${served.input} + ${served.cacheRead} in, ${served.output} out`}`);
    }
  }
  return { ...sum, differences };
}

export interface Overshoot { readonly name: string; readonly limitMicros: number; readonly spentMicros: number; readonly termMicros: number; readonly overMicros: number }

/**
 * For each budget what was settled, and by how much that is above its limit. Allowed beyond it is the term Σ max(0, measured − estimated
 * input) and nothing else: what inputs turned out to cost above what was held for them. Attempts that failed and were billed have no
 * term: further ones are held beside them.
 */
export function overshoots({ rows, budgets, prices }: Evidence): Overshoot[] {
  return budgets.map(({ name, limitMicros, keyIds }) => {
    const own = rows.filter(({ keyId }) => keyIds.includes(keyId));
    const spentMicros = own.reduce((sum, { costMicros, overheadMicros }) => sum + (costMicros ?? 0) + overheadMicros, 0);
    const termMicros = Math.ceil(own.reduce((sum, row) => sum + excessMicros(row, prices), 0));
    return { name, limitMicros, spentMicros, termMicros, overMicros: Math.max(0, spentMicros - limitMicros - termMicros) };
  });
}

/** An answer that broke off may have told its input all the same: where it did not, the row has the estimate, which exceeds nothing. */
function excessMicros({ tokens, decision, upstreamModel }: LedgerEntry, prices: Evidence['prices']): number {
  const price = prices.get(upstreamModel ?? '');
  if (price === undefined || decision === null) return 0;
  const { input = 0, cacheRead = 0, cacheWrite5m = 0, cacheWrite1h = 0 } = tokens;
  const measured = input * price.input + cacheRead * price.cacheRead + cacheWrite5m * price.cacheWrite5m + cacheWrite1h * price.cacheWrite1h;
  return Math.max(0, measured - decision.inputs.inputTokens * Math.max(price.input, price.cacheWrite5m)) / 1e6;
}

export interface ServerErrors { readonly upstream: readonly string[]; readonly stalled: readonly string[]; readonly own: readonly string[] }

const UNHEALTHY: ReadonlySet<Fault> = new Set(['500', '503', 'reset', 'reset-after-headers', 'cut', 'early-end', 'slow', 'garbage', 'error-event']);

/** Every 5xx, and every error inside an answer, by who is to blame: the upstream, the store that took no writes, or the gateway itself. */
export function serverErrors(evidence: Evidence): ServerErrors {
  const byId = grouped(evidence.calls, ({ id }) => id);
  const found = { upstream: [] as string[], stalled: [] as string[], own: [] as string[] };
  const unhealthy = evidence.calls.filter(({ fault }) => fault !== undefined && UNHEALTHY.has(fault));
  for (const one of evidence.asked) {
    if (one.status < 500 && !(one.status === 200 && one.last === 'error')) continue;
    const faulty = (byId.get(one.id) ?? []).some(({ fault, end }) => fault !== undefined || end === 'broken');
    const passedOver = one.code === 'no_healthy_model' && hasOpened(unhealthy, one);
    const who = faulty || passedOver ? 'upstream' : one.code === 'store_unavailable' && nearStall(one, evidence) ? 'stalled' : 'own';
    found[who].push(`${one.id} (${one.what}) answered ${one.status} ${one.code ?? ''}`);
  }
  return found;
}

/** Some model has failed so often before that its breaker may be open. */
function hasOpened(unhealthy: readonly UpstreamCall[], { sentAt, endedAt }: Asked): boolean {
  const recent = unhealthy.filter(({ at }) => at >= sentAt - BREAKER_MEMORY_MS && at <= endedAt);
  return [...grouped(recent, ({ model }) => model).values()].some((list) => list.length >= BREAKER_FAILURES);
}

/** Answers that do not fit what was asked: a sound request refused, a hostile one served, an answer that broke off or was not the request's own. */
export function unfitAnswers(evidence: Evidence): string[] {
  const byId = grouped(evidence.calls, ({ id }) => id);
  return evidence.asked.flatMap((one) => {
    const why = unfitness(one, byId.get(one.id) ?? [], evidence);
    return why === undefined ? [] : [`${one.id} (${one.kind}, ${one.what}) ${why}: status ${one.status} ${one.code ?? ''}, ${one.ending}, ${one.bytes} bytes`];
  });
}

function unfitness(one: Asked, calls: readonly UpstreamCall[], evidence: Evidence): string | undefined {
  const { kind, status, ending, last, words } = one;
  if (words < 0) return 'was mixed with another, or words are missing';
  if (kind === 'hostile') {
    if (calls.length > 0) return 'reached the upstream';
    return one.expected.includes(status) || status >= 500 || nearKill(one, evidence) ? undefined : 'was not refused as it should be';
  }
  if (ending === 'left') return undefined;
  if (ending === 'broken' || ending === 'unreached') return nearKill(one, evidence) ? undefined : 'broke off';
  if (status >= 400 && status < 500 && status !== 429) return 'was refused';
  if (status !== 200) return undefined;
  if (last === 'none') return 'has no end';
  const served = calls.at(-1);
  if (last === 'finish' && one.sessionId !== null && served?.end !== 'whole') return 'looks complete although the upstream broke off';
  return last === 'finish' && one.sessionId !== null && served?.words !== words ? 'is incomplete' : undefined;
}
