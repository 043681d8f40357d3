import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { LedgerEntry } from '../../functions/contract/ledger.ts';
import { putPlan } from '../../functions/adapters/store/evidence-plan.ts';
import { limiterKey } from '../../functions/adapters/store/limiter.ts';
import { overheadOfDay, readOverhead, type OverheadRow } from '../../functions/adapters/store/overhead.ts';
import { openSqliteStore, type SqliteStore } from '../../functions/adapters/store/sqlite.ts';
import { newKey } from '../../functions/core/keys/virtual-key.ts';
import { full } from '../support/full.ts';
import { scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';

const { key, keyId } = newKey('test', randomBytes);
const CAP_USD = 500;
let dir: string;
let upstream: ScriptedUpstream;
let judge: ScriptedUpstream;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bsg-judge-crash-'));
  // A judge that never says anything: whoever asks it is killed while waiting.
  [upstream, judge] = await Promise.all([scriptedUpstream(), scriptedUpstream(() => {})]);
  await mkdir(join(dir, 'data'));
});
afterEach(async () => {
  await Promise.all([upstream.close(), judge.close()]);
  await rm(dir, { recursive: true, force: true });
});

function start(strategy: 'static' | 'llm'): Promise<ServerProcess> {
  const model = (id: string, usd: number, baseUrl = upstream.baseUrl): object => ({ id, provider: 'openai-compatible', upstreamModel: id, baseUrl, apiKeyEnv: 'UP_KEY', price: { input: usd, output: 2 * usd }, maxOutputTokens: 1_000 });
  return startServer({
    dataDir: join(dir, 'data'), env: { UP_KEY: 'sk-upstream', BSG_KEY: key },
    config: {
      version: 1, models: [model('cheap', 10), model('strong', 1_000), model('judge', 100, judge.baseUrl)], keys: [{ name: 'k', keyEnv: 'BSG_KEY', rpm: null, tpm: null, monthlyUsd: 1000 }],
      routing: { auto: { strategy, judgeModel: 'judge', tiers: { simple: ['cheap'], moderate: ['cheap'], complex: ['strong'] }, agentFloor: null, shadow: { enabled: strategy === 'static', dailyUsd: CAP_USD } } },
    },
  });
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });
const ask = (origin: string): Promise<number> => fetch(`${origin}/v1/chat/completions`, { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: 'Hello!' }] }) })
  .then(async (response) => { await response.text(); return response.status; }, () => 0);

async function admin<T>(server: ServerProcess, path: string): Promise<T> {
  const token = (await readFile(server.ready.adminTokenFile, 'utf8')).trim();
  return await (await fetch(`${server.origin}${path}`, { headers: { authorization: `Bearer ${token}` } })).json() as T;
}
const entries = async (server: ServerProcess): Promise<LedgerEntry[]> => (await admin<{ items: LedgerEntry[] }>(server, '/admin/requests?limit=200')).items;

async function inStore<T>(work: (store: SqliteStore) => Promise<T>): Promise<T> {
  const store = openSqliteStore(join(dir, 'data', 'bsgateway.sqlite'));
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** The key's counters are its rows', and nothing is open. */
async function expectKeyToBalance(rows: readonly LedgerEntry[]): Promise<void> {
  await inStore(async (store) => {
    const limiter = await store.get(limiterKey('default', keyId));
    expect(Object.keys(limiter ?? {}).filter((name) => name.startsWith('r_'))).toEqual([]);
    expect(limiter?.['monthMicros']).toBe(rows.reduce((sum, { costMicros, overheadMicros }) => sum + (costMicros ?? 0) + overheadMicros, 0));
  });
}

test('guarantee D1: SIGKILL while answers are compared leaves every counter right: the request\'s cost as it was, the comparison\'s as it was held, the day within its cap', async () => {
  // Where evidence serves a template that few requests have, every one of them is compared.
  const first = await start('static');
  expect(await ask(first.origin)).toBe(200);
  const templateKey = (await entries(first))[0]?.decision?.template?.key ?? '';
  expect(templateKey).toMatch(/^tk_/);
  await first.stop();
  const at = new Date().toISOString();
  await inStore((store) => putPlan(store, 'default', {
    version: 0, decidedAt: at, baseline: 'strong', labels: 900, eps: 0.1, certified: null,
    assignments: { [templateKey]: { model: 'cheap', n: 500, mean: 0, se: 0.001, why: 'certified', since: at } },
    templates: { [templateKey]: { labels: 500, perDay: 1, models: [{ model: 'cheap', n: 500, mean: 0, se: 0.001, share: 1 }] } },
  }, undefined));

  const kills = full(10, 2);
  for (let kill = 0; kill < kills; kill += 1) {
    const server = await start('static');
    // The plan is read in the background of the first request.
    expect(await ask(server.origin)).toBe(200);
    await pause(100);
    const before = judge.received.length;
    for (let turn = 0; turn < 3; turn += 1) expect(await ask(server.origin)).toBe(200);
    while (judge.received.length === before) await pause(2);
    await server.kill();
  }
  const server = await start('static');
  const rows = await entries(server);
  const { totals } = await admin<{ totals: { overheadMicros: number; savedMicros: number; requests: number } }>(server, '/admin/usage');
  await server.stop();
  await expectKeyToBalance(rows);
  const overhead: OverheadRow[] = [];
  await inStore(async (store) => {
    for await (const row of readOverhead(store, 'default', Date.now() - 86_400_000, Date.now() + 60_000)) overhead.push(row);
    const byDay = Map.groupBy(overhead, ({ day }) => day);
    for (const [day, of] of byDay) {
      expect(await overheadOfDay(store, 'default', day)).toBe(of.reduce((sum, { micros }) => sum + micros, 0));
      expect(await overheadOfDay(store, 'default', day)).toBeLessThanOrEqual(CAP_USD * 1e6);
    }
  });
  expect(overhead.filter(({ state }) => state === 'held').length).toBeGreaterThanOrEqual(kills);
  // A kill may come between a request's last byte and its settlement; its comparison never touches its own row.
  expect(rows.every(({ status, usage, overheadMicros }) => (status === 200 || usage === 'estimated') && overheadMicros === 0)).toBe(true);
  const spent = overhead.reduce((sum, { micros }) => sum + micros, 0);
  expect(totals).toMatchObject({ requests: rows.length, overheadMicros: spent, savedMicros: rows.reduce((sum, { savedMicros }) => sum + (savedMicros ?? 0), 0) - spent });
}, 180_000);

test('guarantee D1: SIGKILL while a judge is asked books the request with all that was held for it, judge included, once', async () => {
  const server = await start('llm');
  const asked = [ask(server.origin), ask(server.origin)];
  while (judge.received.length < 2) await pause(2);
  await server.kill();
  await Promise.all(asked);
  const again = await start('llm');
  const rows = await entries(again);
  await again.stop();
  expect(rows).toHaveLength(2);
  // 1,000 tokens of the strongest model's output, and 32 of the judge's with its question.
  for (const row of rows) expect([row.usage, (row.costMicros ?? 0) > 2_000_000, row.overheadMicros > 32 * 200]).toEqual(['estimated', true, true]);
  expect(upstream.received).toHaveLength(0);
  await expectKeyToBalance(rows);
}, 60_000);
