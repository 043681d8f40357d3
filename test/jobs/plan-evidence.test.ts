import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { recordJudgeCheck, recordLabel, recordVeto } from '../../functions/adapters/store/evidence.ts';
import { getPlan, putPlan } from '../../functions/adapters/store/evidence-plan.ts';
import { ledgerOp } from '../../functions/adapters/store/ledger.ts';
import { putModel } from '../../functions/adapters/store/models.ts';
import type { Store } from '../../functions/adapters/store/port.ts';
import { saveRouting } from '../../functions/adapters/store/routing.ts';
import { countTraffic, getTrafficDay } from '../../functions/adapters/store/template-traffic.ts';
import { putTenant } from '../../functions/adapters/store/tenants.ts';
import { routing } from '../../functions/contract/routing.ts';
import { planEvidence } from '../../functions/jobs/plan-evidence/plan-evidence.ts';
import { entryAt } from '../admin/support.ts';
import { tempStore, type TempStore } from '../support/store.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MIDNIGHT_MS = Date.parse('2026-03-10T00:00:00Z');
const NOON_MS = MIDNIGHT_MS + DAY_MS / 2;
const log = { info: () => {}, warn: () => {}, error: () => {} };

let temp: TempStore;
beforeEach(async () => {
  temp = await tempStore();
  await tenant('default');
});
afterEach(() => temp.cleanup());

async function tenant(tenantId: string): Promise<void> {
  const at = new Date(MIDNIGHT_MS).toISOString();
  await putTenant(temp.store, { tenantId, name: 'd', timezone: 'UTC', unknownNames: 'reject', paused: false, alwaysStrongest: false, corsOrigins: [], createdAt: at, version: 0 }, undefined);
  for (const [id, price] of [['cheap', 0.2], ['mid', 1], ['strong', 5]] as const) {
    await putModel(temp.store, { tenantId, id, provider: 'openai', upstreamModel: id, enabled: true, price: { input: price, output: 4 * price }, facts: {}, createdAt: at, updatedAt: at, version: 0, credentials: [] }, undefined);
  }
  const document = routing.parse({ auto: { judgeModel: 'strong', tiers: { simple: ['cheap'], moderate: ['mid'], complex: ['strong'] } } });
  await saveRouting(temp.store, tenantId, document, 0, { author: 'test', at });
}

/** A request of yesterday on a template; every third of another one. */
const requestAt = (atMs: number, templateKey: string) => {
  const entry = entryAt(atMs);
  if (entry.decision === null) throw new Error('an entry of automatic routing has a decision');
  return { ...entry, status: 200, tokens: { input: 900, cacheRead: 100, output: 200 }, decision: { ...entry.decision, stage: 'auto' as const, via: null, template: { key: templateKey, labels: 0 } } };
};

async function traffic(tenantId: string, dayMs: number, count = 300): Promise<void> {
  const entries = Array.from({ length: count }, (_, at) => requestAt(dayMs + (at * DAY_MS) / count, at % 3 === 0 ? 'tk_b' : 'tk_a'));
  for (let at = 0; at < count; at += 100) await temp.store.write(entries.slice(at, at + 100).map((entry) => ledgerOp(tenantId, entry)));
}

async function labels(tenantId: string, atMs: number, { count = 300, d = 0.06, templateKey = 'tk_a', model = 'cheap' } = {}): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    const wobble = at % 4 === 0 ? 0.5 : at % 4 === 1 ? -0.5 : 0;
    await recordLabel(temp.store, tenantId, { requestId: `${templateKey}${atMs}${at}`, templateKey, model, baseline: 'strong', d: d + wobble, propensity: 0.05, costMicros: 1, at: new Date(atMs).toISOString() }, atMs);
  }
}

const run = (nowMs: number, store: Store = temp.store, remainingMs = Infinity) => planEvidence({ store, now: () => nowMs, remainingMs: () => remainingMs, log });

describe('the evidence job', () => {
  test('decides on yesterday\'s traffic and what was judged, once; run again, late or at once it changes nothing', async () => {
    await traffic('default', MIDNIGHT_MS - DAY_MS);
    await labels('default', NOON_MS - HOUR_MS, { count: 600 });
    const results = await Promise.all([run(NOON_MS), run(NOON_MS), run(NOON_MS)]);
    expect(results.reduce((sum, { written, failed }) => sum + written + failed, 0)).toBe(1);
    const plan = await getPlan(temp.store, 'default');
    expect(plan).toMatchObject({ version: 1, baseline: 'strong', labels: 600, decidedAt: new Date(NOON_MS).toISOString(), assignments: { tk_a: { model: 'cheap', why: 'certified' } } });
    expect(plan?.templates['tk_a']?.perDay).toBe(200);
    expect(plan?.certified?.saving).toBeCloseTo(1 - 0.2 / 5, 6);
    expect(await run(NOON_MS)).toEqual({ tenants: 1, written: 0, failed: 0, complete: true });
    expect(await run(NOON_MS + HOUR_MS)).toMatchObject({ written: 0 });
    expect(await getPlan(temp.store, 'default')).toEqual(plan);
  });

  test('starts from what the classifier said of the traffic: means are shrunk towards it, through the stored days', async () => {
    const scored = (logits: number[] | null): Promise<unknown> => temp.store.write(Array.from({ length: 90 }, (_, at) => ledgerOp('default', { ...requestAt(MIDNIGHT_MS - DAY_MS + at * 60_000, 'tk_a'), features: { v: 2, dense: [], logits } })));
    await scored([-2, 1, 3]);
    await labels('default', NOON_MS - HOUR_MS, { count: 30, d: 0, model: 'mid' });
    await run(NOON_MS);
    const [counted] = (await getTrafficDay(temp.store, 'default', MIDNIGHT_MS - DAY_MS)) ?? [];
    expect(counted).toMatchObject({ templateKey: 'tk_a', perDay: 90, good: [0.119, 0.731, 0.953] });
    const plan = await getPlan(temp.store, 'default');
    // Nothing was judged of this one: it is what the classifier expects, 0.12 against 0.95, and what `mid` tells of the template.
    expect(plan?.templates['tk_a']?.models.find(({ model }) => model === 'cheap')).toMatchObject({ n: 0, mean: expect.closeTo(0.119 - 0.953, 1) });
  });

  test('withdraws within the hour, decides again only after a day', async () => {
    await traffic('default', MIDNIGHT_MS - DAY_MS);
    await labels('default', NOON_MS - 2 * DAY_MS, { count: 600 });
    await run(NOON_MS);
    await labels('default', NOON_MS + HOUR_MS / 2, { count: 40, d: -0.5 });
    await run(NOON_MS + HOUR_MS);
    const withdrawn = await getPlan(temp.store, 'default');
    expect(withdrawn).toMatchObject({ version: 2, labels: 640, decidedAt: new Date(NOON_MS).toISOString(), assignments: { tk_a: { model: 'strong', why: 'withdrawn', since: new Date(NOON_MS + HOUR_MS).toISOString() } } });
    await run(NOON_MS + DAY_MS);
    expect((await getPlan(temp.store, 'default'))?.decidedAt).toBe(new Date(NOON_MS + DAY_MS).toISOString());
  });

  test('vetoes withdraw without a single judged pair', async () => {
    await traffic('default', MIDNIGHT_MS - DAY_MS);
    await labels('default', NOON_MS - HOUR_MS, { count: 600 });
    await run(NOON_MS);
    for (let at = 0; at < 5; at += 1) await recordVeto(temp.store, 'default', { requestId: `V${at}`, templateKey: 'tk_a', model: 'cheap', kind: 'structural', at: new Date(NOON_MS).toISOString() }, NOON_MS);
    await run(NOON_MS + HOUR_MS);
    expect((await getPlan(temp.store, 'default'))?.assignments['tk_a']?.why).toBe('withdrawn');
  });

  test('before 200 labels it says what to look at, and decides nothing; without labels it writes nothing', async () => {
    expect(await run(NOON_MS)).toMatchObject({ written: 0 });
    expect(await getPlan(temp.store, 'default')).toBeUndefined();
    await labels('default', NOON_MS - HOUR_MS, { count: 150 });
    await run(NOON_MS);
    const plan = await getPlan(temp.store, 'default');
    expect(plan).toMatchObject({ decidedAt: null, labels: 150, assignments: {} });
    expect(plan?.templates['tk_a']?.models.map(({ model }) => model).toSorted()).toEqual(['cheap', 'mid']);
  });

  test('the first day decides on today\'s traffic, the days after on closed days, each counted once', async () => {
    await traffic('default', MIDNIGHT_MS);
    await labels('default', NOON_MS - HOUR_MS, { count: 600 });
    await run(NOON_MS);
    // Until noon half of the day's 200 requests have come, in half a day.
    expect((await getPlan(temp.store, 'default'))?.templates['tk_a']?.perDay).toBeCloseTo(200, -1);
    expect(await getTrafficDay(temp.store, 'default', MIDNIGHT_MS)).toBeUndefined();
    await run(NOON_MS + DAY_MS);
    const counted = await getTrafficDay(temp.store, 'default', MIDNIGHT_MS);
    expect(counted?.map(({ templateKey, perDay, input, output }) => [templateKey, perDay, input, output])).toEqual([['tk_a', 200, 1_000, 200], ['tk_b', 100, 1_000, 200]]);
    await traffic('default', MIDNIGHT_MS + 1);
    await run(NOON_MS + DAY_MS + HOUR_MS);
    expect(await getTrafficDay(temp.store, 'default', MIDNIGHT_MS)).toEqual(counted);
  });

  test('busy quarters of an hour are read in part and counted in whole', async () => {
    const entries = Array.from({ length: 900 }, (_, at) => requestAt(MIDNIGHT_MS + at * 1_000, 'tk_a'));
    for (let at = 0; at < 900; at += 100) await temp.store.write(entries.slice(at, at + 100).map((entry) => ledgerOp('default', entry)));
    const [count] = await countTraffic(temp.store, 'default', { fromMs: MIDNIGHT_MS, toMs: MIDNIGHT_MS + 900_000, isOutOfTime: () => false }) ?? [];
    expect((count?.perDay ?? 0) / 96).toBeGreaterThan(870);
    expect((count?.perDay ?? 0) / 96).toBeLessThan(930);
    const others = [{ ...requestAt(MIDNIGHT_MS - HOUR_MS, 'tk_a'), status: 502 }, { ...requestAt(MIDNIGHT_MS - HOUR_MS, 'tk_a'), decision: null }];
    await temp.store.write(others.map((entry) => ledgerOp('default', entry)));
    expect(await countTraffic(temp.store, 'default', { fromMs: MIDNIGHT_MS - 2 * HOUR_MS, toMs: MIDNIGHT_MS, isOutOfTime: () => false })).toEqual([]);
  });

  test('a judge that errs is corrected for', async () => {
    await traffic('default', MIDNIGHT_MS - DAY_MS);
    await labels('default', NOON_MS - HOUR_MS, { count: 600, d: -0.004 });
    for (let at = 0; at < 100; at += 1) await recordJudgeCheck(temp.store, 'default', { judge: 'strong', kind: 'aa', wrong: at < 40, at: new Date(NOON_MS).toISOString() }, NOON_MS);
    await run(NOON_MS);
    expect((await getPlan(temp.store, 'default'))?.eps).toBeCloseTo(0.35, 6);
  });

  test('a tenant that fails does not keep the others waiting, and a run without time leaves the rest', async () => {
    await tenant('broken');
    await labels('broken', NOON_MS - HOUR_MS, { count: 10 });
    await labels('default', NOON_MS - HOUR_MS, { count: 10 });
    const failing: Store = { ...temp.store, get: (key) => temp.store.get(key), write: (ops) => temp.store.write(ops), close: () => temp.store.close(), query: async (query) => {
      if (query.pk.includes('broken')) throw new Error('away');
      return temp.store.query(query);
    } };
    expect(await run(NOON_MS, failing)).toMatchObject({ tenants: 2, written: 1, failed: 1 });
    expect(await run(NOON_MS, temp.store, 1_000)).toMatchObject({ written: 0, failed: 0, complete: false });
    expect(await run(NOON_MS)).toMatchObject({ written: 1, failed: 0, complete: true });
  });

  test('a plan that was written in between is not overwritten', async () => {
    await labels('default', NOON_MS - HOUR_MS, { count: 10 });
    let isFirst = true;
    const racing: Store = { ...temp.store, get: (key) => temp.store.get(key), query: (query) => temp.store.query(query), close: () => temp.store.close(), write: async (ops) => {
      const plan = ops.some((op) => 'put' in op && op.put.sk === 'plan');
      if (plan && isFirst) {
        isFirst = false;
        await putPlan(temp.store, 'default', { version: 0, decidedAt: null, baseline: 'strong', labels: 1, eps: 0.1, assignments: {}, templates: {}, certified: null }, undefined);
      }
      return temp.store.write(ops);
    } };
    expect(await run(NOON_MS, racing)).toMatchObject({ written: 0, failed: 0 });
    expect((await getPlan(temp.store, 'default'))?.labels).toBe(1);
  });
});
