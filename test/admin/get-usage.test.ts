import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { LedgerEntry } from '../../functions/contract/ledger.ts';
import { putKey } from '../../functions/adapters/store/keys.ts';
import { bucketAt, bucketFor, bucketStarts, type Bucket } from '../../functions/admin/usage/buckets.ts';
import { Histogram } from '../../functions/core/usage/histogram.ts';
import { testKey } from '../support/accounts.ts';
import { rollUpTenant } from '../../functions/jobs/roll-up/roll-up.ts';
import { rollUpPorts } from '../support/roll-up.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { ask, entryAt, NOW, putEntries } from './support.ts';

const HOUR_MS = 3_600_000;

interface M { requests: number; errors: number; tokens: Record<string, number>; costMicros: number; baselineMicros: number; savedMicros: number; overheadMicros: number; unpriced: number; latencyMs: { p50: number | null; p95: number | null }; ttftMs: { p50: number | null } }
interface Usage { from: string; to: string; tz: string; bucket: string; totals: M; series: (M & { at: string })[]; breakdown: (M & { id: string; name: string })[]; coverage: { requests: number; auto: number; unpriced: number } }

/** 600 entries over 30 hours, with every kind of gap that a ledger has. */
const ENTRIES: LedgerEntry[] = Array.from({ length: 600 }, (_, i) => entryAt(NOW - Math.floor((i * 30 * HOUR_MS) / 600), {
  keyId: i % 3 === 0 ? 'AAAAAAAAAAAA' : 'BBBBBBBBBBBB',
  servedModel: i % 50 === 0 ? null : i % 4 === 0 ? 'strong' : 'cheap',
  status: i % 50 === 0 ? 502 : i % 71 === 0 ? 429 : i % 97 === 0 ? 499 : 200,
  tokens: i % 7 === 0 ? { input: i } : { input: i, output: 2 * i, cacheRead: i % 5, reasoning: 1 },
  costMicros: i % 11 === 0 ? null : i * 7,
  baselineMicros: i % 13 === 0 ? null : i * 9,
  savedMicros: i % 11 === 0 || i % 13 === 0 ? null : i * 2 - (i % 3),
  overheadMicros: i % 3,
  latencyMs: 10 + i,
  ttftMs: i % 2 === 0 ? null : i,
  ...(i % 3 > 0 && { user: `person-${i % 3}` }), ...(i % 6 === 0 && { tag: 'team-a' }),
}, { stage: i % 2 === 0 ? 'auto' : 'pattern', via: i % 4 === 1 ? 'auto' : null, ruleId: i % 2 === 0 ? null : 'code', tier: i % 5 === 0 ? null : 'simple' }));

let temp: TempStore;
beforeAll(async () => {
  temp = await tempStore();
  await putEntries(temp.store, ENTRIES);
  await putEntries(temp.store, [entryAt(NOW - 1000, { costMicros: 1_000_000 })], 'other');
  await putKey(temp.store, testKey({ keyId: 'AAAAAAAAAAAA', name: 'Application' }), undefined);
});
afterAll(() => temp.cleanup());

async function usage(query = ''): Promise<Usage> {
  const { status, json } = await ask(temp.store, `/admin/usage?${query}`);
  expect(status).toBe(200);
  return json as unknown as Usage;
}

/** The same sums, straight from the entries. */
function sums(entries: readonly LedgerEntry[]) {
  const sum = (of: (entry: LedgerEntry) => number | null | undefined): number => entries.reduce((total, entry) => total + (of(entry) ?? 0), 0);
  return {
    requests: entries.length, errors: entries.filter(({ status }) => status >= 400 && status !== 499).length,
    tokens: { input: sum(({ tokens }) => tokens.input), cacheRead: sum(({ tokens }) => tokens.cacheRead), cacheWrite5m: 0, cacheWrite1h: 0, output: sum(({ tokens }) => tokens.output), reasoning: sum(({ tokens }) => tokens.reasoning) },
    costMicros: sum((entry) => entry.costMicros), baselineMicros: sum((entry) => entry.baselineMicros), savedMicros: sum((entry) => entry.savedMicros), overheadMicros: sum((entry) => entry.overheadMicros),
    unpriced: entries.filter(({ costMicros }) => costMicros === null).length,
  };
}
const within = (from: number, to: number): LedgerEntry[] => ENTRIES.filter(({ at }) => Date.parse(at) >= from && Date.parse(at) <= to);
const plain = ({ requests, errors, tokens, costMicros, baselineMicros, savedMicros, overheadMicros, unpriced }: M) => ({ requests, errors, tokens, costMicros, baselineMicros, savedMicros, overheadMicros, unpriced });
const added = (parts: readonly M[]) => parts.reduce((total, part) => ({ requests: total.requests + part.requests, costMicros: total.costMicros + part.costMicros, savedMicros: total.savedMicros + part.savedMicros, errors: total.errors + part.errors }), { requests: 0, costMicros: 0, savedMicros: 0, errors: 0 });

describe('usage', () => {
  test.each([['user', ({ user }: LedgerEntry) => user], ['tag', ({ tag }: LedgerEntry) => tag]] as const)('by %s: what the caller said of its requests, or none, adding up to the totals', async (by, labelOf) => {
    const { totals, breakdown, series } = await usage(`by=${by}`);
    const rows = within(NOW - 24 * HOUR_MS, NOW);
    const labels = new Set(rows.map((row) => labelOf(row) ?? 'none'));
    expect(new Map(breakdown.map((row) => [row.id, plain(row)]))).toEqual(new Map([...labels].map((label) => [label, sums(rows.filter((row) => (labelOf(row) ?? 'none') === label))])));
    expect(plain(totals)).toEqual(sums(rows));
    for (const parts of [breakdown, series]) expect(added(parts)).toEqual(added([totals]));
  });

  test('by user: also where everything is rolled up', async () => {
    const before = await usage('by=user');
    const rolled = await rollUpTenant(rollUpPorts(temp.store, () => NOW), 'default', 'UTC');
    expect(rolled.written).toBeGreaterThan(0);
    expect(await usage('by=user')).toEqual(before);
    expect((await usage('by=model')).totals).toEqual(before.totals);
  });

  test('of the last day by default: totals are the sums of the raw rows, series and breakdown add up to them', async () => {
    const answer = await usage();
    const rows = within(NOW - 24 * HOUR_MS, NOW);
    expect(plain(answer.totals)).toEqual(sums(rows));
    expect(answer).toMatchObject({ tz: 'UTC', bucket: 'quarter', to: new Date(NOW).toISOString(), coverage: { requests: rows.length, unpriced: sums(rows).unpriced } });
    expect(answer.series.length).toBe(97);
    for (const parts of [answer.series, answer.breakdown]) expect(added(parts)).toEqual(added([answer.totals]));
    expect(answer.coverage.auto).toBe(rows.filter(({ decision }) => decision?.stage === 'auto' || decision?.via === 'auto').length);
  });

  test('each point of the series holds exactly the rows of its bucket', async () => {
    const { series } = await usage(`from=${new Date(NOW - 6 * HOUR_MS).toISOString()}&bucket=hour`);
    expect(series.map(({ at }) => at)).toEqual(Array.from({ length: 7 }, (_, i) => new Date(NOW - (6 - i) * HOUR_MS).toISOString()));
    for (const point of series) {
      const start = Date.parse(point.at);
      expect(plain(point)).toEqual(sums(within(start, Math.min(start + HOUR_MS - 1, NOW))));
    }
  });

  test.each<['model' | 'key' | 'rule' | 'tier' | 'stage' | 'status', (entry: LedgerEntry) => string]>([
    ['model', ({ servedModel }) => servedModel ?? 'none'], ['key', ({ keyId }) => keyId], ['rule', ({ decision }) => decision?.ruleId ?? 'none'],
    ['tier', ({ decision }) => decision?.tier ?? 'none'], ['stage', ({ decision }) => decision?.stage ?? 'none'], ['status', ({ status }) => `${String(status).charAt(0)}xx`],
  ])('broken down by %s, and filtered by each of the ids', async (by, idOf) => {
    const { breakdown } = await usage(`by=${by}`);
    const rows = within(NOW - 24 * HOUR_MS, NOW);
    expect(breakdown.map(({ id }) => id).toSorted()).toEqual([...new Set(rows.map(idOf))].toSorted());
    for (const part of breakdown) {
      expect([part.id, plain(part)]).toEqual([part.id, sums(rows.filter((entry) => idOf(entry) === part.id))]);
      expect((await usage(`${by}=${part.id}`)).totals).toEqual(Object.fromEntries(Object.entries(part).filter(([name]) => name !== 'id' && name !== 'name')));
    }
  });

  test('filters combine, and a status may be exact', async () => {
    const rows = within(NOW - 24 * HOUR_MS, NOW);
    expect(plain((await usage('model=cheap&key=BBBBBBBBBBBB&stage=pattern')).totals)).toEqual(sums(rows.filter(({ servedModel, keyId, decision }) => servedModel === 'cheap' && keyId === 'BBBBBBBBBBBB' && decision?.stage === 'pattern')));
    expect((await usage('status=429')).totals.requests).toBe(rows.filter(({ status }) => status === 429).length);
    expect((await usage('model=nothing')).totals).toMatchObject({ requests: 0, costMicros: 0, latencyMs: { p50: null, p95: null } });
  });

  test('names keys, and shows the id where there is no name', async () => {
    expect((await usage('by=key')).breakdown.map(({ id, name }) => [id, name])).toEqual([['BBBBBBBBBBBB', 'BBBBBBBBBBBB'], ['AAAAAAAAAAAA', 'Application']]);
  });

  test('days are those of the time zone', async () => {
    const { series } = await usage(`from=${new Date(NOW - 30 * HOUR_MS).toISOString()}&bucket=day&tz=Asia/Kathmandu`);
    expect(series.map(({ at }) => at)).toEqual(['2026-11-18T18:15:00.000Z', '2026-11-19T18:15:00.000Z']);
    expect(series.map(({ requests }) => requests)).toEqual([within(NOW - 30 * HOUR_MS, Date.parse('2026-11-19T18:14:59.999Z')).length, within(Date.parse('2026-11-19T18:15:00.000Z'), NOW).length]);
  });

  test.each([
    ['by=colour', 'by'], ['bucket=week', 'bucket'], ['tz=Mars/Olympus', 'tz'], ['status=ok', 'status'], ['key=x', 'key'], ['from=2020-01-01T00:00:00Z', 'from'],
    ['from=2026-11-20T00:00:00Z&to=2026-11-19T00:00:00Z', 'to'], ['from=2026-11-01T00:00:00Z&bucket=minute', 'bucket'], ['page=2', 'page'],
  ])('usage?%s is a 400 that names %s', async (query, field) => {
    const { status, json } = await ask(temp.store, `/admin/usage?${query}`);
    expect([status, json]).toMatchObject([400, { error: { code: 'invalid_request', field } }]);
  });
});

describe('time buckets', () => {
  test.each<[string, string, number[]]>([
    ['Europe/Berlin', '2026-03-28T23:00:00Z', [23]], ['Europe/Berlin', '2026-10-24T22:00:00Z', [25]], ['America/Sao_Paulo', '2018-11-04T03:00:00Z', [23]], ['UTC', '2026-01-01T00:00:00Z', [24]],
  ])('in %s the day from %s is as long as its clocks say', (timezone, start, hours) => {
    const from = Date.parse(start);
    const starts = bucketStarts(from, from + 30 * HOUR_MS, 'day', timezone);
    expect(starts[0]).toBe(from);
    expect([((starts[1] ?? 0) - from) / HOUR_MS]).toEqual(hours);
    expect(bucketStarts(from, (starts[1] ?? 0) - 1, 'hour', timezone).length).toBe(hours[0]);
  });

  test('cover every instant of a range exactly once', () => {
    const range = fc.record({ from: fc.integer({ min: Date.UTC(2024, 0), max: Date.UTC(2027, 0) }), span: fc.integer({ min: 0, max: 3 * 86_400_000 }), at: fc.double({ min: 0, max: 1, noNaN: true }) });
    fc.assert(fc.property(range, fc.constantFrom('UTC', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'America/St_Johns', 'Pacific/Apia'), fc.constantFrom<Bucket>('minute', 'quarter', 'hour', 'day'), ({ from, span, at }, timezone, bucket) => {
      const starts = bucketStarts(from, from + span, bucket, timezone);
      expect(starts.every((start, i) => i === 0 || start > (starts[i - 1] ?? Infinity))).toBe(true);
      expect(starts.at(-1)).toBeLessThanOrEqual(from + span);
      const ms = from + Math.floor(span * at);
      const index = bucketAt(starts, ms);
      expect(index).toBeGreaterThanOrEqual(0);
      expect(starts[index]).toBeLessThanOrEqual(ms);
      expect(starts[index + 1] ?? Infinity).toBeGreaterThan(ms);
    }), { numRuns: 150 });
  });

  test('are chosen so that a series has at most about 120 points', () => {
    for (const span of [1, HOUR_MS, 2 * HOUR_MS, 24 * HOUR_MS, 7 * 24 * HOUR_MS, 30 * 24 * HOUR_MS]) expect(bucketStarts(NOW - span, NOW, bucketFor(span), 'UTC').length).toBeLessThanOrEqual(121);
  });
});

describe('the latency histogram', () => {
  test('gives the nearest-rank percentile to within 4.5 %', () => {
    fc.assert(fc.property(fc.array(fc.double({ min: 1, max: 3_600_000, noNaN: true }), { minLength: 1, maxLength: 300 }), fc.constantFrom(0.5, 0.95, 0.99), (values, share) => {
      const histogram = new Histogram();
      for (const value of values) histogram.add(value);
      const exact = values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? 0;
      expect(Math.abs((histogram.percentile(share) ?? 0) - exact)).toBeLessThanOrEqual(exact * 0.045 + 0.05);
    }));
  });

  test('takes what is out of its range into its outermost buckets, ignores what is no duration, and is null when empty', () => {
    const histogram = new Histogram();
    expect(histogram.percentile(0.5)).toBeNull();
    for (const value of [Number.NaN, -1]) histogram.add(value);
    expect(histogram.percentile(0.5)).toBeNull();
    histogram.add(0);
    expect(histogram.percentile(0.5)).toBe(1);
    histogram.add(1e12);
    expect(histogram.percentile(1)).toBeGreaterThan(3_600_000);
  });
});
