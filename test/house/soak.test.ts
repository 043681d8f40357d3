import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { LedgerEntry } from '../../functions/contract/ledger.ts';
import { priceFromUsd } from '../../functions/core/money/cost.ts';
import type { Books } from '../../tools/soak/books.ts';
import { leaks } from '../../tools/soak/canaries.ts';
import { planChaos } from '../../tools/soak/chaos.ts';
import { delayQuantile, memorySlope } from '../../tools/soak/measures.ts';
import { soakOptions } from '../../tools/soak/options.ts';
import { randomFrom } from '../../tools/soak/random.ts';
import type { Asked, UpstreamCall } from '../../tools/soak/records.ts';
import type { Sample } from '../../tools/soak/samples.ts';
import { runSoak } from '../../tools/soak/soak.ts';
import { verdict, type Findings } from '../../tools/soak/verdict.ts';
import { root } from './tree.ts';

const NOW = Date.UTC(2026, 5, 15, 12);
const asked = (id: string, more: Partial<Asked> = {}): Asked => ({
  id, kind: 'plain', what: 'chat', keyId: 'k', sessionId: `s_${id}`, stream: true, expected: [], sentAt: NOW, endedAt: NOW + 1_000, status: 200, code: undefined, requestId: `r_${id}`,
  bytes: 900, ending: 'whole', last: 'finish', words: 4, ...more,
});
const called = (id: string, more: Partial<UpstreamCall> = {}): UpstreamCall =>
  ({ id, at: NOW + 100, model: 'up', fault: undefined, input: 100, cacheRead: 20, output: 12, words: 4, end: 'whole', ...more });
/** $1 and $4 a million: 120 in and 12 out are 168 micro-USD. */
const row = (id: string, more: Partial<LedgerEntry> = {}): LedgerEntry => ({
  requestId: `r_${id}`, keyId: 'k', at: new Date(NOW).toISOString(), status: 200, dialect: 'openai-chat', requestedModel: 'm', servedModel: 'm', upstreamModel: 'up', provider: 'openai', decision: null,
  attempts: [], latencyMs: 900, ttftMs: 90, gatewayMs: 1, tokens: { input: 100, cacheRead: 20, output: 12 }, usage: 'measured', finish: { unified: 'stop', raw: 'stop' }, costMicros: 168, overheadMicros: 0,
  baselineMicros: 168, savedMicros: 0, priceVersion: 'p', sessionId: `s_${id}`, source: 'live', features: null, ...more,
});
const estimate = (inputTokens: number): Partial<LedgerEntry> => ({ decision: { inputs: { inputTokens, spendTodayPct: null, breakerOpen: [], conditions: {} } } as unknown as LedgerEntry['decision'] });

const BOOKS: Books = { rows: [], open: 0, differences: [], brokenChains: [], spooled: 0 };
type Planted = Partial<Findings['evidence']> & { readonly books?: Partial<Books>; readonly more?: Partial<Findings> };
/** Two requests with which everything is right, changed as given. */
function found({ books, more, ...evidence }: Planted): Record<string, string> {
  const findings: Findings = {
    evidence: {
      asked: [asked('1'), asked('2')], calls: [called('1'), called('2')], rows: [row('1'), row('2')], lives: [{ from: NOW - 10_000, to: NOW + 60_000, how: 'stop' }], stalls: [],
      budgets: [{ name: 'b', limitMicros: 400, keyIds: ['k'] }], prices: new Map([['up', priceFromUsd({ input: 1, output: 4 }, 'p')]]), ...evidence,
    },
    books: { ...BOOKS, ...books }, samples: [], leaks: [], secrets: 20, exitCode: 0, failedStarts: [], ...more,
  };
  return Object.fromEntries(verdict(findings).filter(({ ok }) => !ok).map(({ what, value }) => [what, value]));
}

const lost = 'lost ledger rows';
const doubled = 'double ledger rows';
const own = '5xx not caused upstream';
const unfit = 'answers that do not fit their request';
const tokens = 'rows whose tokens are not the upstream\'s';

describe('the soak\'s verdict', () => {
  test('is good where everything is right', () => {
    expect(found({})).toEqual({});
  });

  test.each<[string, Planted, Record<string, string>]>([
    ['a row that is missing', { rows: [row('1')] }, { [lost]: '1' }],
    ['a row that is missing of a request that broke off after its first byte', { asked: [asked('1'), asked('2', { ending: 'left', last: 'none', bytes: 1 })], rows: [row('1')] }, { [lost]: '1' }],
    ['a row that is missing of a request that only the upstream has seen', { asked: [asked('1'), asked('2', { status: 502, bytes: 0, last: 'error' })], calls: [called('1'), called('2', { fault: '500', end: 'broken' })], rows: [row('1')] }, { [lost]: '1' }],
    ['two rows of one request', { rows: [row('1'), row('2'), row('2', { requestId: 'r_3' })], budgets: [] }, { [doubled]: '1' }],
    ['one row twice', { rows: [row('1'), row('2'), row('2', { sessionId: 's_1' })], budgets: [] }, { [doubled]: '2' }],
    ['a row of nobody', { rows: [row('1'), row('2'), row('9')], budgets: [], calls: [called('1'), called('2'), called('9')] }, { 'ledger rows of nobody': '1', [tokens]: '1' }],
    ['a budget that was overdrawn', { rows: [row('1'), row('2', { costMicros: 300, ...estimate(200) })] }, { 'budget of b': '$0.000468 of $0.000400, beyond the term $0.000068' }],
    ['a budget that was overdrawn by more than inputs were underestimated', { rows: [row('1'), row('2', { costMicros: 300, ...estimate(90) })] }, { 'budget of b': '$0.000468 of $0.000400, beyond the term $0.000038' }],
    ['tokens that the upstream has not reported', { rows: [row('1'), row('2', { tokens: { input: 99, cacheRead: 20, output: 12 } })] }, { [tokens]: '1' }],
    ['an answer that was complete and is only estimated', { rows: [row('1'), row('2', { usage: 'estimated' })] }, { [tokens]: '1' }],
    ['a 500 of its own', { asked: [asked('1'), asked('2'), asked('3', { status: 500, code: 'internal_error', last: 'error', bytes: 80, sessionId: null })] }, { [own]: '1' }],
    ['a 503 without a stall', { asked: [asked('1'), asked('2'), asked('3', { status: 503, code: 'store_unavailable', last: 'error' })] }, { [own]: '1' }],
    ['a 503 of models that have not failed', { asked: [asked('1'), asked('2'), asked('3', { status: 503, code: 'no_healthy_model', last: 'error' })] }, { [own]: '1' }],
    ['an error inside an answer of which the upstream knows nothing', { asked: [asked('1'), asked('2', { last: 'error', words: 2 })] }, { [own]: '1' }],
    ['a sound request that is refused', { asked: [asked('1'), asked('2'), asked('3', { status: 401, last: 'error' })] }, { [unfit]: '1' }],
    ['a hostile request that is served', { asked: [asked('1'), asked('2'), asked('3', { kind: 'hostile', expected: [400], sessionId: null })] }, { [unfit]: '1' }],
    ['a hostile request that reaches the upstream', { asked: [asked('1'), asked('2'), asked('3', { kind: 'hostile', expected: [400], status: 400, last: 'error', sessionId: null })], calls: [called('1'), called('2'), called('3')] }, { [unfit]: '1' }],
    ['an answer of somebody else', { asked: [asked('1'), asked('2', { words: -1 })] }, { [unfit]: '1' }],
    ['an answer without its end', { asked: [asked('1'), asked('2', { last: 'none' })] }, { [unfit]: '1' }],
    ['a clean end that the upstream did not send', { asked: [asked('1'), asked('2', { words: 2 })], calls: [called('1'), called('2', { fault: 'cut', end: 'broken' })], rows: [row('1'), row('2', { usage: 'estimated' })] }, { [unfit]: '1', [tokens]: '1' }],
    ['a connection that broke without a kill', { asked: [asked('1'), asked('2', { ending: 'broken', last: 'none' })] }, { [unfit]: '1' }],
    ['counters that are not the ledger', { books: { differences: ['key k: monthMicros is 1, should be 2'] } }, { 'counters that are not ledger + open reservations (0 open)': '1' }],
    ['a chain that is broken', { books: { brokenChains: ['default: event 3 (hash)'] } }, { 'broken audit chains': '1' }],
    ['a settlement that nobody wrote', { books: { spooled: 1 } }, { 'settlements that still wait': '1' }],
    ['a process that ended by itself', { lives: [{ from: NOW - 10_000, to: NOW - 5_000, how: 'died' }] }, { 'processes that ended by themselves': '1' }],
    ['a start that failed', { more: { failedStarts: [NOW] } }, { 'starts that failed': '1' }],
    ['an exit code', { more: { exitCode: 1 } }, { 'exit code after SIGTERM': '1' }],
    ['a secret that was found', { more: { leaks: ['a credential in the log'] } }, { 'canary hits (20 secrets)': '1' }],
  ])('finds %s', (_what, planted, expected) => {
    expect(found(planted)).toEqual(expected);
  });

  test.each<[string, Planted]>([
    ['what was admitted for less than it cost, as its input was underestimated', { rows: [row('1'), row('2', { costMicros: 300, ...estimate(50) })], budgets: [{ name: 'b', limitMicros: 400, keyIds: ['k'] }] }],
    ['a 502 that the upstream has caused', { asked: [asked('1'), asked('2'), asked('3', { status: 502, last: 'error' })], calls: [called('1'), called('2'), called('3', { fault: 'garbage', end: 'broken' })], rows: [row('1'), row('2'), row('3', { usage: 'estimated', costMicros: 1 })] }],
    ['a 503 of a model that has failed five times', { asked: [asked('1'), asked('2'), asked('3', { status: 503, code: 'no_healthy_model', last: 'error' })], calls: [called('1'), called('2'), ...Array.from({ length: 5 }, () => called('unknown', { fault: '500', end: 'broken' }))] }],
    ['a 503 while the store took no writes', { asked: [asked('1'), asked('2'), asked('3', { status: 503, code: 'store_unavailable', last: 'error' })], stalls: [{ from: NOW - 2_900, to: NOW + 100 }] }],
    ['a connection that a kill broke', { asked: [asked('1'), asked('2', { ending: 'broken', last: 'none', words: 2 })], lives: [{ from: NOW - 10_000, to: NOW + 900, how: 'kill' }], rows: [row('1'), row('2', { usage: 'estimated' })] }],
    ['a whole answer that is estimated because of a kill right behind it', { asked: [asked('1'), asked('2', { stream: false })], lives: [{ from: NOW - 10_000, to: NOW + 1_100, how: 'kill' }], rows: [row('1'), row('2', { usage: 'estimated' })] }],
  ])('lets pass %s', (_what, planted) => {
    expect(found({ budgets: [], ...planted })).toEqual({});
  });

  test('judges growth of memory after the warm-up, each process by its own level, and says when it cannot', () => {
    const sample = (life: number, second: number, mib: number): Sample => ({ at: NOW + life * 1_000_000 + second * 1_000, life, ageMs: second * 1_000, rssBytes: mib * 2 ** 20, heapBytes: 0, delays: new Map() });
    const seconds = Array.from({ length: 300 }, (_, i) => i);
    // Three minutes of growth that do not count, then 2 MiB a minute, at levels that differ by 40 MiB.
    const growing = [0, 1].flatMap((life) => seconds.map((second) => sample(life, second, 100 + life * 40 + Math.min(second, 180) + (Math.max(0, second - 180) / 60) * 2)));
    expect(memorySlope(growing)?.mibPerMinute).toBeCloseTo(2, 3);
    expect(found({ more: { samples: growing } })).toEqual({ 'memory, slope': '2.00 MiB/min over 238 s after 180 s of warm-up' });
    expect(found({ more: { samples: growing.map((one) => ({ ...one, rssBytes: 100 * 2 ** 20 })) } })).toEqual({});
    expect(memorySlope(growing.filter(({ ageMs }) => ageMs < 220_000))).toBeUndefined();
  });

  test('adds the histograms of all processes for the delay of the event loop', () => {
    const sample = (life: number, delays: [number, number][]): Sample => ({ at: NOW, life, ageMs: 0, rssBytes: 0, heapBytes: 0, delays: new Map(delays) });
    const samples = [sample(0, [[0.01, 1], [0.1, 1], [Infinity, 1]]), sample(0, [[0.01, 50], [0.1, 60], [Infinity, 60]]), sample(1, [[0.01, 30], [0.1, 40], [Infinity, 40]])];
    expect(delayQuantile(samples, 0.8)).toBeCloseTo(0.01, 6);
    expect(delayQuantile(samples, 0.9)).toBeCloseTo(0.055, 6);
    expect(delayQuantile([], 0.5)).toBeUndefined();
  });
});

test('secrets are found in clear, in hex and in base64, and a short one is not looked for', () => {
  const secret = 'canary-of-a-credential';
  for (const form of [secret, Buffer.from(secret).toString('hex'), Buffer.from(secret).toString('base64url')]) {
    expect(leaks(new Map([['it', secret]]), [['there', Buffer.from(`x${form}y`)], ['elsewhere', Buffer.from('nothing')]])).toEqual(['it in there']);
  }
  expect(() => leaks(new Map([['it', 'short']]), [])).toThrow('too short');
});

describe('the plan of the chaos', () => {
  test('is the same for the same seed, kills as often as it says in the first third, and spreads the stalls', () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const options = soakOptions(['--minutes', '10', '--seed', String(seed)]);
      const plan = planChaos(randomFrom(seed), options);
      expect(planChaos(randomFrom(seed), options)).toEqual(plan);
      expect([plan.kills.length, plan.stalls.length]).toEqual([20, 5]);
      expect(plan.kills.every((at, i) => at >= 0 && at <= 180_000 && at - (plan.kills[i - 1] ?? -Infinity) >= 3_000)).toBe(true);
      expect(plan.stalls.every((at, i) => at >= 0 && at <= 570_000 && at - (plan.stalls[i - 1] ?? -Infinity) >= 6_000)).toBe(true);
      // The process that stays meets one while it warms up and others afterwards.
      expect([0, 1, 2].map((third) => plan.stalls.some((at) => at >= 210_000 + third * 119_000 && at <= 210_000 + (third + 1) * 119_000))).toEqual([true, true, true]);
      expect(plan.stalls.filter((at) => plan.kills.some((kill) => kill >= at && kill <= at + 3_000)).length).toBeGreaterThanOrEqual(2);
    }
  });
});

test('a soak of some seconds with a kill and a stall holds every limit', async () => {
  const options = { ...soakOptions(['--minutes', '0.13', '--users', '30', '--think', '0.4', '--kills', '1', '--stalls', '1']), killUntil: 0.4, stallMs: 2_500 };
  const { NODE_FLAGS } = (await import(join(root, 'tools/launcher/node-flags.mjs'))) as { NODE_FLAGS: readonly string[] };
  const { lines, findings } = await runSoak(options, NODE_FLAGS, () => {});
  expect({ seed: options.seed, broken: lines.filter(({ ok }) => !ok) }).toEqual({ seed: options.seed, broken: [] });
  const { asked: all, rows, lives, stalls } = findings.evidence;
  expect([lives.map(({ how }) => how), stalls.length]).toEqual([['kill', 'stop'], 1]);
  expect(all.filter(({ status }) => status === 200).length).toBeGreaterThan(30);
  expect(rows.length).toBeGreaterThan(30);
}, 90_000);
