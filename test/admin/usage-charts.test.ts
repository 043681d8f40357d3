import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { LedgerEntry } from '../../functions/contract/ledger.ts';
import type { UsageReport } from '../../functions/admin/usage/read-usage.ts';
import { rollUpTenant } from '../../functions/jobs/roll-up/roll-up.ts';
import { rollUpPorts } from '../support/roll-up.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { ask, entryAt, NOW, putEntries } from './support.ts';

const HOUR_MS = 3_600_000;
const MODELS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/** 480 entries over 48 hours: eight models, three tiers and none, some without a baseline, some unpriced, some failed. */
const ENTRIES: LedgerEntry[] = Array.from({ length: 480 }, (_, i) => entryAt(NOW - Math.floor((i * 48 * HOUR_MS) / 480), {
  servedModel: MODELS[Math.floor(Math.sqrt(i * 64 / 480))] ?? 'a', status: i % 20 === 0 ? 502 : 200,
  costMicros: i % 9 === 0 ? null : i, baselineMicros: 3 * i, savedMicros: i % 9 === 0 ? null : 2 * i,
}, { tier: ([null, 'simple', 'moderate', 'complex'] as const)[i % 4] ?? null, stage: i % 4 === 0 ? 'passthrough' : 'auto', baseline: i % 4 === 0 ? null : { model: 'h', estCostMicros: null } }));

type Answer = UsageReport & { previous?: { from: string; to: string; totals: UsageReport['totals'] } };
let temp: TempStore;
beforeAll(async () => {
  temp = await tempStore();
  await putEntries(temp.store, ENTRIES);
});
afterAll(() => temp.cleanup());

async function usage(query: string): Promise<Answer> {
  const { status, json } = await ask(temp.store, `/admin/usage?${query}`);
  expect(status).toBe(200);
  return json as unknown as Answer;
}
const ago = (hours: number): string => new Date(NOW - hours * HOUR_MS).toISOString();
const between = (fromHours: number, toHours: number): LedgerEntry[] => ENTRIES.filter(({ at }) => Date.parse(at) >= NOW - fromHours * HOUR_MS && Date.parse(at) <= NOW - toHours * HOUR_MS);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe.each(['from rows', 'from roll-ups'])('what charts need of usage, %s', (where) => {
  beforeAll(async () => { if (where === 'from roll-ups') await rollUpTenant(rollUpPorts(temp.store, () => NOW), 'default', 'UTC'); });

  test.each(['', '&model=a,b,c', '&tier=simple'])('the stacks of every point add up to the series (filter "%s")', async (filter) => {
    const { series, stacked } = await usage(`from=${ago(48)}&bucket=hour&by=model&stack=tier${filter}`);
    const groups = stacked?.groups ?? [];
    expect(sum(series.map(({ requests }) => requests))).toBeGreaterThan(0);
    for (const name of ['requests', 'errors', 'costMicros'] as const) {
      expect(series.map((_, point) => sum(groups.map((group) => group[name][point] ?? 0)))).toEqual(series.map((measures) => measures[name]));
    }
    expect(groups.map(({ id }) => id).toSorted()).toEqual(filter === '&tier=simple' ? ['simple'] : ['complex', 'moderate', 'none', 'simple']);
  });

  test('more groups than a chart can show: the five largest by name, the rest as other', async () => {
    const { stacked, totals } = await usage(`from=${ago(48)}&by=model&stack=model`);
    const largest = MODELS.map((id) => ({ id, requests: ENTRIES.filter(({ servedModel }) => servedModel === id).length })).toSorted((a, b) => b.requests - a.requests);
    expect(stacked?.groups.map(({ id, requests }) => ({ id, requests: sum(requests) }))).toEqual([...largest.slice(0, 5), { id: 'other', requests: sum(largest.slice(5).map(({ requests }) => requests)) }]);
    expect(sum(stacked?.groups.flatMap(({ requests }) => requests) ?? [])).toBe(totals.requests);
  });

  test('compared counts what has a baseline model and a known price, and nothing else', async () => {
    const { totals } = await usage(`from=${ago(48)}`);
    const compared = ENTRIES.filter(({ decision, savedMicros }) => decision?.baseline !== null && savedMicros !== null);
    expect(totals.compared).toEqual({ requests: compared.length, baselineMicros: sum(compared.map(({ baselineMicros }) => baselineMicros ?? 0)) });
  });

  test('the period before is as long, ends a millisecond earlier and has its own totals', async () => {
    const { previous, totals } = await usage(`from=${ago(24)}&to=${ago(0)}&compare=previous`);
    expect(previous).toMatchObject({ to: new Date(NOW - 24 * HOUR_MS - 1).toISOString(), from: new Date(NOW - 48 * HOUR_MS - 1).toISOString() });
    expect([totals.requests, previous?.totals.requests]).toEqual([between(24, 0).length, ENTRIES.length - between(24, 0).length]);
  });
});

test('stack and compare are checked like every parameter', async () => {
  for (const query of ['stack=colour', 'compare=last']) expect((await ask(temp.store, `/admin/usage?${query}`)).status).toBe(400);
});
