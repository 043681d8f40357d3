import { expect, test } from '@jest/globals';
import type { UsageAnswer } from '../../frontend/src/api/types.ts';
import { observe } from '../../frontend/src/features/analytics/observations.ts';

const DAY_MS = 86_400_000;
const FROM = Date.UTC(2026, 9, 1);
const measures = (change: object = {}): UsageAnswer['totals'] => ({
  requests: 100, errors: 0, unpriced: 0, tokens: { input: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, output: 0, reasoning: 0 }, costMicros: 1_000, baselineMicros: 2_000, savedMicros: 1_000, overheadMicros: 0,
  compared: { requests: 100, baselineMicros: 2_000 }, latencyMs: { p50: 1, p95: 2 }, ttftMs: { p50: 1, p95: 2 }, ...change,
});
const report = (change: Partial<UsageAnswer> = {}): UsageAnswer => ({
  from: new Date(FROM).toISOString(), to: new Date(FROM + 30 * DAY_MS).toISOString(), tz: 'UTC', bucket: 'day', totals: measures(), series: [], breakdown: [{ id: 'cheap', name: 'cheap', ...measures() }],
  coverage: { requests: 100, auto: 100, unpriced: 0 }, refusals: { count: 0, byCode: [], series: [] }, ...change,
});
const model = (id: string, change: object = {}) => ({ id, enabled: true, createdAt: '2026-01-01T00:00:00.000Z', ...change }) as never;
const found = (change: Partial<UsageAnswer> = {}, models: never[] | undefined = undefined, hasFilters = false) => observe(report(change), models, { hasFilters });

test('nothing is said about a report in which nothing stands out, nor about an empty one', () => {
  expect(found()).toEqual([]);
  expect(found({ totals: measures({ requests: 0 }), breakdown: [] }, [model('idle')])).toEqual([]);
});

test('a loss is one with its amount, and a saving is none', () => {
  expect(found({ totals: measures({ savedMicros: -70, overheadMicros: 20 }) })).toEqual([{ kind: 'loss', lostMicros: 70, overheadMicros: 20, requests: 100 }]);
});

test('a model fails from more than 5 % of at least 20 requests on; what no model answered is none', () => {
  const row = (id: string, requests: number, errors: number) => ({ id, name: id, ...measures({ requests, errors }) });
  expect(found({ breakdown: [row('bad', 100, 6), row('fine', 100, 5), row('few', 19, 19), row('none', 100, 100), row('worse', 50, 25)] })).toEqual([
    { kind: 'failing', model: 'worse', errors: 25, requests: 50, share: 0.5 }, { kind: 'failing', model: 'bad', errors: 6, requests: 100, share: 0.06 },
  ]);
});

test('a point is a spike from three times the median on, where there are enough points', () => {
  const points = (costs: number[]) => ({ series: costs.map((costMicros, i) => ({ at: new Date(FROM + i * DAY_MS).toISOString(), ...measures({ costMicros }) })) });
  expect(found(points([10, 11, 12, 9, 10, 36, 10]))).toEqual([{ kind: 'spike', point: 5, costMicros: 36, usualMicros: 10 }]);
  expect(found(points([10, 11, 12, 9, 10, 29, 10]))).toEqual([]);
  expect(found(points([0, 0, 0, 0, 0, 36, 10]))).toEqual([]);
});

test('over-routing is said of at least 50 scored requests of which 60 % are complex', () => {
  const stacked = (simple: number, complex: number) => ({ stacked: { by: 'tier', groups: [{ id: 'simple', name: 'simple', requests: [simple], errors: [0], costMicros: [100] }, { id: 'complex', name: 'complex', requests: [complex, 0], errors: [0, 0], costMicros: [200, 100] }, { id: 'none', name: 'none', requests: [900], errors: [0], costMicros: [900] }] } });
  expect(found(stacked(20, 30))).toEqual([{ kind: 'overRouting', complex: 30, scored: 50, share: 0.6, costShare: 0.75 }]);
  expect(found(stacked(21, 30))).toEqual([]);
  expect(found(stacked(0, 49))).toEqual([]);
});

test('a model is idle when it was there before the range and got nothing, and only where the report shows all traffic', () => {
  const models = [model('idle'), model('cheap'), model('off', { enabled: false }), model('new', { createdAt: '2026-10-20T00:00:00.000Z' }), model('any/*')];
  expect(found({}, models)).toEqual([{ kind: 'idle', model: 'idle', days: 30 }]);
  expect(found({}, models, true)).toEqual([]);
  expect(found({ to: new Date(FROM + 6 * DAY_MS).toISOString() }, models)).toEqual([]);
});

test('refusals and unpriced models are said with their numbers', () => {
  expect(found({ refusals: { count: 5, byCode: [{ code: 'rate_limit_exceeded', count: 4 }, { code: 'invalid_api_key', count: 1 }], series: [] }, breakdown: [{ id: 'odd', name: 'odd', ...measures({ unpriced: 3 }) }] })).toEqual([
    { kind: 'unpriced', model: 'odd', requests: 3 }, { kind: 'refused', code: 'rate_limit_exceeded', count: 4, all: 5 },
  ]);
});
