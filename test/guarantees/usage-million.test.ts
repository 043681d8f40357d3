import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { LedgerEntry } from '../../functions/contract/ledger.ts';
import type { AdminPorts } from '../../functions/admin/ports.ts';
import type { UsageReport } from '../../functions/admin/usage/read-usage.ts';
import { monotonicFactory } from 'ulidx';
import { getLedgerEntry } from '../../functions/adapters/store/ledger.ts';
import { putTenant } from '../../functions/adapters/store/tenants.ts';
import { openRollUps, type RollUps } from '../../infra/local/roll-up-timer.ts';
import { ask, entryAt } from '../admin/support.ts';
import { bulkLedger } from '../support/bulk-ledger.ts';
import { seededRandom } from '../support/faulty-store.ts';
import { full } from '../support/full.ts';
import { tempStore, type TempStore } from '../support/store.ts';

const ROWS = full(1_000_000, 50_000);
const DAY_MS = 86_400_000;
/** The thirty days to the last 10 November: over the end of daylight saving in Berlin and in New York and the end of a month. */
const THIS_YEAR = Date.UTC(new Date().getUTCFullYear(), 10, 10, 13, 37, 11);
const END = THIS_YEAR < Date.now() - DAY_MS ? THIS_YEAR : Date.UTC(new Date().getUTCFullYear() - 1, 10, 10, 13, 37, 11);
const START = END - 30 * DAY_MS;
const ZONES = ['Europe/Berlin', 'America/New_York', 'Asia/Kathmandu'] as const;
const silent = { info: () => {}, warn: () => {}, error: () => {} };

const MODELS = ['gpt-5-mini', 'gpt-5', 'claude-haiku-4-5', 'claude-sonnet-4-5'];
const KEYS = ['AAAAAAAAAAAA', 'BBBBBBBBBBBB', 'CCCCCCCCCCCC', 'DDDDDDDDDDDD', 'EEEEEEEEEEEE'];

/** Spread evenly with jitter; made anew from the seed wherever they are needed, so that a million never lie in memory. */
function* rows(): Generator<LedgerEntry> {
  const random = seededRandom(7);
  const idAt = monotonicFactory(random);
  const like = entryAt(START);
  const any = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  for (let i = 0; i < ROWS; i += 1) {
    const at = START + Math.floor(((i + random()) * (END - START)) / ROWS);
    const cost = random() < 0.02 ? null : Math.floor(random() * 90_000);
    const baseline = random() < 0.02 ? null : Math.floor(random() * 400_000);
    const status = random() < 0.03 ? any([429, 499, 502, 504]) : 200;
    yield {
      ...like, requestId: idAt(at), at: new Date(at).toISOString(), latencyMs: Math.floor(random() ** 3 * 30_000), keyId: any(KEYS), servedModel: status === 504 ? null : any(MODELS), status,
      costMicros: cost, baselineMicros: baseline, overheadMicros: Math.floor(random() * 3),
      savedMicros: cost === null || baseline === null ? null : baseline - cost, ttftMs: random() < 0.5 ? null : Math.floor(random() * 900),
      tokens: { input: Math.floor(random() * 9_000), output: Math.floor(random() * 900), cacheRead: Math.floor(random() * 99) },
      sessionId: i % 10 === 0 ? `s_${i % 1_000}` : null,
      decision: like.decision && { ...like.decision, stage: any(['auto', 'pattern']), tier: any(['simple', 'moderate', 'complex']), ruleId: random() < 0.3 ? 'code' : null },
    };
  }
}

interface Money { requests: number; costMicros: number; baselineMicros: number; savedMicros: number; overheadMicros: number; input: number; output: number }
const NAMES = ['requests', 'costMicros', 'baselineMicros', 'savedMicros', 'overheadMicros', 'input', 'output'] as const;
const nothing = (): Money => ({ requests: 0, costMicros: 0, baselineMicros: 0, savedMicros: 0, overheadMicros: 0, input: 0, output: 0 });
function addRow(sum: Money, { costMicros, baselineMicros, savedMicros, overheadMicros, tokens }: LedgerEntry): void {
  sum.requests += 1;
  sum.costMicros += costMicros ?? 0;
  sum.baselineMicros += baselineMicros ?? 0;
  sum.savedMicros += savedMicros ?? 0;
  sum.overheadMicros += overheadMicros;
  sum.input += tokens.input ?? 0;
  sum.output += tokens.output ?? 0;
}
const moneyOf = ({ tokens, ...measures }: UsageReport['totals']): Money => Object.fromEntries(NAMES.map((name) => [name, { ...measures, ...tokens }[name]])) as unknown as Money;

/** Calendar days by the runtime's own formatter, not by the product's arithmetic. */
const dayNames = Object.fromEntries(ZONES.map((zone) => [zone, new Intl.DateTimeFormat('sv-SE', { timeZone: zone })]));
const QUARTER_MS = 900_000;
const named = new Map<number, readonly string[]>();
/** `zone day` of a moment in each zone; no zone changes its day within a quarter of an hour. */
function namesOf(ms: number): readonly string[] {
  const quarter = Math.floor(ms / QUARTER_MS);
  const names = named.get(quarter) ?? ZONES.map((zone) => `${zone} ${dayNames[zone]?.format(quarter * QUARTER_MS)}`);
  named.set(quarter, names);
  return names;
}

describe('usage of a million ledger rows', () => {
  let temp: TempStore;
  let rollUps: RollUps;
  let ports: Partial<AdminPorts>;
  const days = new Map<string, Money>();
  const byModel = new Map<string, Money>();
  let sample: LedgerEntry | undefined;

  beforeAll(async () => {
    temp = await tempStore();
    await putTenant(temp.store, { tenantId: 'default', name: 'd', timezone: ZONES[0], unknownNames: 'reject', paused: false, alwaysStrongest: false, corsOrigins: [], createdAt: '2026-01-01T00:00:00Z', version: 1 }, undefined);
    const counted = function* (): Generator<LedgerEntry> {
      for (const row of rows()) {
        for (const name of namesOf(Date.parse(row.at))) addRow(at(days, name), row);
        addRow(at(byModel, row.servedModel ?? 'none'), row);
        sample ??= row;
        yield row;
      }
    };
    expect(bulkLedger(temp.file, 'default', counted())).toBe(ROWS);
    rollUps = openRollUps({ file: temp.file, log: silent });
    // The clock of the worker is the real one, which is later than every row.
    expect(await rollUps.runNow()).toMatchObject({ failed: 0, complete: true });
    ports = { analytics: rollUps.analytics, now: () => END };
  }, 900_000);
  afterAll(async () => {
    await rollUps?.stop();
    await temp?.cleanup();
  });

  const at = (map: Map<string, Money>, name: string): Money => {
    const sum = map.get(name) ?? nothing();
    map.set(name, sum);
    return sum;
  };
  const usage = async (query: string): Promise<UsageReport> => {
    const { status, json } = await ask(temp.store, `/admin/usage?${query}`, { ports });
    expect(status).toBe(200);
    return json as unknown as UsageReport;
  };
  const range = `from=${new Date(START).toISOString()}&to=${new Date(END).toISOString()}`;

  test('the bulk path stores what a settlement stores', async () => {
    expect(await getLedgerEntry(temp.store, 'default', sample?.requestId ?? '')).toEqual(sample);
  });

  test.each(ZONES)('in %s every day, the totals and the breakdown are the sums of the rows, to the micro-dollar', async (zone) => {
    const report = await usage(`${range}&tz=${zone}&bucket=day&by=model`);
    const expected = new Map([...days].filter(([name]) => name.startsWith(zone)).map(([name, sum]) => [name.slice(zone.length + 1), sum]));
    expect(new Map(report.series.map(({ at: start, ...measures }) => [dayNames[zone]?.format(Date.parse(start)), moneyOf(measures)]))).toEqual(expected);
    expect(new Map(report.breakdown.map((part) => [part.id, moneyOf(part)]))).toEqual(byModel);
    const all = nothing();
    for (const sum of byModel.values()) for (const name of NAMES) all[name] += sum[name];
    expect(moneyOf(report.totals)).toEqual(all);
  });

  test('usage, requests and setup answer with p95 under 300 ms', async () => {
    const ago = (ms: number): string => `from=${new Date(END - ms).toISOString()}&to=${new Date(END).toISOString()}`;
    const asks: Record<string, readonly string[]> = {
      usage: [
        ...ZONES.flatMap((zone) => ['model', 'key', 'status'].map((by) => `/admin/usage?${ago(30 * DAY_MS)}&tz=${zone}&by=${by}`)),
        `/admin/usage?${ago(DAY_MS)}`, `/admin/usage?${ago(7 * DAY_MS)}&by=tier`, `/admin/usage?${ago(7 * DAY_MS)}&model=gpt-5&status=4xx,502`, `/admin/usage?${ago(30 * DAY_MS)}&key=AAAAAAAAAAAA`, `/admin/usage?${ago(3_600_000)}`,
      ],
      requests: [
        '/admin/requests', '/admin/requests?key=AAAAAAAAAAAA', '/admin/requests?errors=true', '/admin/requests?session=s_10', '/admin/requests?model=gpt-5&status=5xx', '/admin/requests?id=ZZZZ', '/admin/requests?minCostMicros=89999',
        `/admin/requests?id=${sample?.requestId}`, `/admin/requests?${ago(400 * DAY_MS)}&key=none00000000`, '/admin/requests?tier=none',
      ],
      setup: ['/admin/setup'],
    };
    for (const [name, paths] of Object.entries(asks)) {
      const times: number[] = [];
      for (let round = 0; round < 8; round += 1) {
        for (const path of paths) {
          const began = performance.now();
          expect((await ask(temp.store, path, { ports })).status).toBe(200);
          times.push(performance.now() - began);
        }
      }
      const sorted = times.toSorted((a, b) => a - b);
      const p95 = sorted[Math.ceil(sorted.length * 0.95) - 1] ?? Infinity;
      process.stdout.write(`${name} over ${ROWS} rows: p50 ${(sorted[sorted.length >> 1] ?? 0).toFixed(0)} ms, p95 ${p95.toFixed(0)} ms, worst ${(sorted.at(-1) ?? 0).toFixed(0)} ms\n`);
      // The figure is `npm run bench:usage`'s, which has the machine to itself; beside other suites only what is broken shows.
      expect(p95).toBeLessThan(process.env['BSG_ALONE'] === '1' ? 300 : 3_000);
    }
  }, 600_000);

  test('a roll-up of everything that runs again writes nothing', async () => {
    expect(await rollUps.runNow()).toMatchObject({ written: 0, failed: 0, complete: true });
  });
});
