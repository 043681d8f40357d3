import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { putPlan } from '../../functions/adapters/store/evidence-plan.ts';
import type { Store } from '../../functions/adapters/store/port.ts';
import type { Clock } from '../../functions/core/clock.ts';
import type { EvidencePlan } from '../../functions/core/routing/evidence/plan.ts';
import { call, type Answer } from '../support/call.ts';
import { full } from '../support/full.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { chatAnswer, json, scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';

/** Of each kind. */
const REQUESTS = full(500, 50);
/** What DECISIONS §2 leaves uncounted: a window's bucket is rotated (a read and a write of the limiter) at most once per 5 s and key, the breakers are read again off the path at most once a second. */
const ROTATION_MS = 5_000;
const REFRESH_MS = 1_000;

/** A clock that goes at a tenth of the speed, so that no cache's lifetime ends within a test on however busy a machine. */
const SLOW = 10;
const START_MS = Date.now();
const clock: Clock = { now: () => START_MS + Math.floor((Date.now() - START_MS) / SLOW), elapsed: () => performance.now() / SLOW };

let gateway: TestGateway;
let upstream: ScriptedUpstream;
let key: string;
/** What the store was asked so far. */
const asked = { reads: 0, rotations: 0, writes: 0, refreshes: 0 };
/** What the store was asked before the upstream was, for each request since `begin`. */
let before: { reads: number; writes: number }[] = [];
/** What chance says: 0 = every answer is compared with another model's, 0.999 = none. */
let chance = 0.999;

const counting = (store: Store): Store => ({
  ...store,
  get(wanted) { asked[wanted.sk === 'limiter' ? 'rotations' : 'reads'] += 1; return store.get(wanted); },
  query(wanted) { asked[wanted.pk.includes('BRK') ? 'refreshes' : 'reads'] += 1; return store.query(wanted); },
  write(ops) { asked.writes += 1; return store.write(ops); },
});
beforeAll(async () => {
  upstream = await scriptedUpstream(({ body }, response) => {
    before.push({ ...asked });
    json(response, 200, chatAnswer('done', String(body['model'])));
  });
});
afterAll(() => upstream.close());
beforeEach(async () => {
  chance = 0.999;
  gateway = await testGateway({ clock, random: () => chance, store: counting });
  for (const [id, usd] of [['cheap', 1], ['mid', 2], ['strong', 3], ['judge', 1]] as const) await gateway.addModel({ id, upstreamModel: id, baseUrl: upstream.baseUrl, price: { input: usd, cacheRead: usd / 10, output: usd * 4 } });
  await gateway.route({
    patterns: [{ id: 'spent', priority: 1, conditions: [{ field: 'spend_today_pct', op: 'gt', value: 99 }], target: 'model:cheap' }],
    auto: { strategy: 'ml', tiers: { simple: ['cheap'], moderate: ['mid'], complex: ['strong'] }, judgeModel: 'judge', shadow: { enabled: true, dailyUsd: 1_000 } },
  });
  ({ key } = await gateway.addKey({ rpm: 1_000_000, tpm: 1_000_000_000, dailyUsd: 1_000, monthlyUsd: 10_000 }));
});
afterEach(() => gateway.close());

const ask = (at: number, session?: string): Promise<Answer> => call(gateway.origin, '/v1/chat/completions', {
  key, headers: session === undefined ? {} : { 'x-session-id': session },
  body: { model: 'auto', messages: [{ role: 'user', content: `Write a function that merges ${at} sorted lists` }, ...(session === undefined ? [] : [{ role: 'assistant', content: 'done' }, { role: 'user', content: `And now ${at} more, please` }])] },
});

/** The store has written all that it was going to: nothing new came for a while. */
async function quiet(): Promise<void> {
  await gateway.edition.ports.learning.settled();
  for (let same = 0, last = -1; same < 2; same += asked.writes === last ? 1 : 0, last = asked.writes) await new Promise((resolve) => { setTimeout(resolve, 10); });
}

/** Evidence that sends the template of these requests to `mid`. */
async function proven(): Promise<void> {
  const answer = await ask(0);
  const template = (await gateway.ledger(answer.headers.get('x-request-id') ?? '')).decision?.template?.key ?? '';
  const plan: EvidencePlan = {
    version: 1, decidedAt: new Date().toISOString(), baseline: 'strong', labels: 400, eps: 0.1, certified: null,
    templates: { [template]: { labels: 400, perDay: 100, models: [{ model: 'mid', n: 300, mean: 0, se: 0.01, share: 1 }] } },
    assignments: { [template]: { model: 'mid', n: 300, mean: 0, se: 0.01, why: 'certified', since: new Date().toISOString() } },
  };
  await putPlan(gateway.edition.store, 'default', plan, undefined);
  gateway.edition.caches.invalidate();
}

interface Spent { readonly reads: number; readonly writes: number; readonly readsBefore: readonly number[]; readonly writesBefore: readonly number[]; readonly rotations: number; readonly mostRotations: number; readonly refreshes: number; readonly mostRefreshes: number }

/** One request after the other, each until its account is closed; what the store was asked for each, in all and before its upstream call. */
async function run(session?: string): Promise<Spent> {
  const begun = clock.elapsed();
  const { refreshes, rotations } = asked;
  const [readsBefore, writesBefore]: [number[], number[]] = [[], []];
  const sum = { reads: 0, writes: 0 };
  for (let at = 0; at < REQUESTS; at += 1) {
    const start = { ...asked };
    before = [];
    // Never the same words twice: a repetition would say that the answer before was not good enough, which is written down.
    const answer = await ask(at + 1, session);
    expect([answer.status, answer.headers.get('x-bsg-stage'), answer.headers.get('x-bsg-reason'), answer.headers.get('x-bsg-model')]).toEqual([200, 'auto', 'evidence', 'mid']);
    await quiet();
    const end = { ...asked };
    readsBefore.push((before[0]?.reads ?? Number.NaN) - start.reads);
    writesBefore.push((before[0]?.writes ?? Number.NaN) - start.writes);
    sum.reads += end.reads - start.reads;
    sum.writes += end.writes - start.writes;
  }
  const tookMs = clock.elapsed() - begun;
  return { ...sum, readsBefore, writesBefore, refreshes: asked.refreshes - refreshes, rotations: asked.rotations - rotations, mostRotations: Math.ceil(tookMs / ROTATION_MS) + 1, mostRefreshes: Math.ceil(tookMs / REFRESH_MS) + 1 };
}

const most = (values: readonly number[]): number => Math.max(...values);

test('warm, with evidence, limits, budgets and shadow judging on: no read, one write before the upstream is called, three in all', async () => {
  await proven();
  await ask(0);
  await quiet();
  const { reads, writes, readsBefore, writesBefore, rotations, mostRotations, refreshes, mostRefreshes } = await run();
  expect(reads).toBe(0);
  expect(rotations).toBeLessThanOrEqual(mostRotations);
  expect(refreshes).toBeLessThanOrEqual(mostRefreshes);
  expect(most(readsBefore)).toBe(0);
  expect(writesBefore.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(REQUESTS + mostRotations);
  expect(writes).toBeGreaterThanOrEqual(3 * REQUESTS);
  expect(writes).toBeLessThanOrEqual(3 * REQUESTS + mostRotations);
}, 120_000);

test('the same within a session: one read, of the session, and four writes in all', async () => {
  await proven();
  await ask(0, 'warm');
  await quiet();
  const { reads, writes, readsBefore, writesBefore, rotations, mostRotations, refreshes, mostRefreshes } = await run('warm');
  expect(reads).toBe(REQUESTS);
  expect(rotations).toBeLessThanOrEqual(mostRotations);
  expect(refreshes).toBeLessThanOrEqual(mostRefreshes);
  expect(most(readsBefore)).toBe(1);
  expect(writesBefore.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(REQUESTS + mostRotations);
  expect(writes).toBeGreaterThanOrEqual(4 * REQUESTS);
  expect(writes).toBeLessThanOrEqual(4 * REQUESTS + mostRotations);
}, 120_000);

test('where every answer is compared, that costs nothing before the upstream is called', async () => {
  await proven();
  await ask(0);
  await quiet();
  chance = 0;
  const { writes, readsBefore, writesBefore, mostRotations } = await run();
  expect(most(readsBefore)).toBe(0);
  expect(writesBefore.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(REQUESTS + mostRotations);
  // They were: the cap, the label or check, and the cost are written afterwards.
  expect(writes).toBeGreaterThanOrEqual(5 * REQUESTS);
}, 120_000);
