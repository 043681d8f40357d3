import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { LedgerEntry } from '../../functions/contract/index.ts';
import { openAccounts, type Accounts, type Lease } from '../../functions/adapters/store/accounts.ts';
import { openDynamoStore } from '../../functions/adapters/store/dynamo.ts';
import type { KeyRecord } from '../../functions/adapters/store/keys.ts';
import { decodeLease, leaseAttr } from '../../functions/adapters/store/lease.ts';
import type { Item, Store } from '../../functions/adapters/store/port.ts';
import { allEntries, Crash, dyingStore, entryOf, handClock, limiterItem, NOON, openLeases, testKey, wishOf, type HandClock } from '../support/accounts.ts';
import { startDynamoDbLocal, throttled, type DynamoDbLocal } from '../support/dynamodb-local.ts';
import { figure } from '../support/figure.ts';
import { full } from '../support/full.ts';
import { needs } from '../support/optional.ts';
import { tempStore, type TempStore } from '../support/store.ts';

/** The store of the suite that runs. */
let store: Store;

const times = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));
const processOn = (on: Store, clock: HandClock, owner: string): Accounts => openAccounts({ store: on, clock, owner, random: Math.random });
const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

async function reserved(accounts: Accounts, key: KeyRecord, wish: Parameters<typeof wishOf>[1]): Promise<Lease> {
  const result = await accounts.reserve(wishOf(key, wish));
  if (!result.ok) throw new Error(result.denial.code);
  return result.lease;
}

const bucketSum = (item: Item, prefix: string): number => sum(times(13, (i) => Number(item[`${prefix}${i}`])));

/** `held`: micro-USD by the lease in the store, which a process that died may have raised. */
interface Known { lease: Lease; held: number; readonly actual: { tokens: number; micros: number }; open: boolean; entry: LedgerEntry | undefined }

/** What the item must say: for the current day, month and window, every open request what it holds and every closed one what its entry says. */
function expectBooks(item: Item, requests: readonly Known[], touches: readonly number[], entries: readonly LedgerEntry[]): void {
  const byId = new Map(entries.map((entry) => [entry.requestId, entry]));
  const closed = requests.filter(({ open }) => !open);
  const value = ({ lease, open, held }: Known): { tokens: number; micros: number } => {
    const entry = byId.get(lease.requestId);
    if (open || entry === undefined) return { tokens: lease.tokens, micros: held };
    return { tokens: (entry.tokens.input ?? 0) + (entry.tokens.output ?? 0), micros: entry.costMicros ?? 0 };
  };
  const inWindow = (slot: number): boolean => slot > Number(item['slot']) - 13;
  const windowed = requests.filter(({ lease }) => inWindow(lease.slot));
  expect(closed.every(({ lease }) => byId.has(lease.requestId))).toBe(true);
  expect(openLeases(item).toSorted()).toEqual(requests.filter(({ open }) => open).map(({ lease }) => `r_${lease.requestId}`).toSorted());
  expect({
    open: item['open'],
    dayMicros: item['dayMicros'],
    monthMicros: item['monthMicros'],
    rqSum: item['rqSum'],
    tkSum: item['tkSum'],
  }).toEqual({
    open: requests.length - closed.length,
    dayMicros: sum(requests.filter(({ lease }) => lease.day === item['day']).map((one) => value(one).micros)),
    monthMicros: sum(requests.filter(({ lease }) => lease.month === item['month']).map((one) => value(one).micros)),
    rqSum: windowed.length + touches.filter(inWindow).length,
    tkSum: sum(windowed.map((one) => value(one).tokens)),
  });
  expect([bucketSum(item, 'rq'), bucketSum(item, 'tk')]).toEqual([item['rqSum'], item['tkSum']]);
}

type Step =
  | { readonly do: 'reserve'; readonly by: number; readonly tokens: number; readonly micros: number; readonly actualTokens: number; readonly actualMicros: number }
  | { readonly do: 'settle'; readonly by: number; readonly which: number; readonly death: 'none' | 'before ledger' | 'after ledger' | 'after release' }
  | { readonly do: 'raise'; readonly by: number; readonly which: number; readonly micros: number; readonly death: 'none' | 'before' | 'after' }
  | { readonly do: 'touch'; readonly by: number }
  | { readonly do: 'restart'; readonly by: number }
  | { readonly do: 'sweep' }
  | { readonly do: 'wait'; readonly ms: number };

const by = fc.constantFrom(0, 1);
const size = fc.integer({ min: 0, max: 500 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('reserve' as const), by, tokens: size, micros: size, actualTokens: size, actualMicros: size }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('settle' as const), by, which: fc.nat(50), death: fc.constantFrom('none' as const, 'none' as const, 'before ledger' as const, 'after ledger' as const, 'after release' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('raise' as const), by, which: fc.nat(50), micros: fc.integer({ min: 1, max: 700 }), death: fc.constantFrom('none' as const, 'none' as const, 'before' as const, 'after' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('touch' as const), by }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), by }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sweep' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 40_000 }) }) },
);

/** Two processes on one store, a minute before a month ends. */
async function runSteps(steps: readonly Step[]): Promise<void> {
  const key = testKey({ rpm: 100_000, dailyUsd: DAY_MICROS / 1e6, monthlyUsd: MONTH_MICROS / 1e6 });
  const clock = handClock(Date.UTC(2026, 5, 30, 23, 59, 0));
  let boots = 0;
  const boot = (): Accounts => processOn(store, clock, `boot${boots += 1}`);
  const processes = [boot(), boot()];
  const requests: Known[] = [];
  const touches: number[] = [];
  for (const one of steps) {
    const accounts = 'by' in one ? processes[one.by] : undefined;
    if (one.do === 'wait') clock.ms += one.ms;
    else if (one.do === 'sweep') {
      const swept = await boot().sweep(key, { foreignOwners: true });
      expect(swept).toBe(requests.filter(({ open }) => open).length);
      for (const request of requests) request.open = false;
    } else if (accounts === undefined) continue;
    else if (one.do === 'restart') processes[one.by] = boot();
    else if (one.do === 'touch') {
      await accounts.touch(key, 'UTC');
      touches.push(Number((await limiterItem(store, key))['slot']));
    } else if (one.do === 'reserve') {
      const result = await accounts.reserve(wishOf(key, { tokens: one.tokens, micros: one.micros, nowMs: clock.ms }));
      if (!result.ok) expect(result.denial.code).toBe('budget_exceeded');
      else requests.push({ lease: result.lease, held: one.micros, actual: { tokens: one.actualTokens, micros: one.actualMicros }, open: true, entry: undefined });
    } else if (one.do === 'raise') await raiseOne(accounts, requests[one.which % Math.max(1, requests.length)], one, clock);
    else await settleOne(accounts, requests[one.which % Math.max(1, requests.length)], one.death, clock);
    if (requests.length + touches.length > 0) expectBooks(await limiterItem(store, key), requests, touches, await allEntries(store, key, clock.ms));
  }
}

const DAY_MICROS = 3_000;
const MONTH_MICROS = 4_000;

async function raiseOne(accounts: Accounts, request: Known | undefined, { micros, death }: { readonly micros: number; readonly death: 'none' | 'before' | 'after' }, clock: HandClock): Promise<void> {
  if (request === undefined) return;
  const { lease } = request;
  const before = await limiterItem(store, lease.key);
  if (death === 'none') {
    const raised = await accounts.raise({ lease, micros });
    const fits = lease.day === before['day'] && Number(before['dayMicros']) + micros <= DAY_MICROS && Number(before['monthMicros']) + micros <= MONTH_MICROS;
    expect(raised !== undefined).toBe(request.open && fits);
    if (raised === undefined) return;
    expect(raised.costMicros).toBe(request.held + micros);
    request.lease = raised;
  } else {
    const dying = processOn(dyingStore(store, 1, death), clock, 'dying');
    await dying.raise({ lease, micros }).catch((error: unknown) => { if (!(error instanceof Crash)) throw error; });
  }
  request.held = decodeLease((await limiterItem(store, lease.key))[leaseAttr(lease.requestId)])?.micros ?? request.held;
}

async function settleOne(accounts: Accounts, request: Known | undefined, death: string, clock: HandClock): Promise<void> {
  if (request === undefined) return;
  const entry = entryOf(request.lease.requestId, request.lease.key, request.actual);
  if (death === 'none') {
    await accounts.settle(request.lease, entry);
    request.open = false;
    return;
  }
  const dying = processOn(dyingStore(store, death === 'after release' ? 2 : 1, death === 'before ledger' ? 'before' : 'after'), clock, 'dying');
  // The image of a new process costs a failed write more: it may live on past its death and must not.
  await dying.settle(request.lease, entry).catch((error: unknown) => { if (!(error instanceof Crash)) throw error; });
  request.open = openLeases(await limiterItem(store, request.lease.key)).includes(`r_${request.lease.requestId}`);
}

const HELD = { tokens: 90, micros: 33 };
const TRUE = { tokens: 70, micros: 21 };

/** Ten requests whose process died, two of them after their ledger entry. */
async function orphans(key: KeyRecord, clock: HandClock): Promise<void> {
  const dead = processOn(store, clock, 'dead');
  for (let i = 0; i < 10; i += 1) {
    const lease = await reserved(dead, key, HELD);
    if (i < 2) await processOn(dyingStore(store, 1, 'after'), clock, 'dead').settle(lease, entryOf(lease.requestId, key, TRUE)).catch(() => undefined);
  }
}

async function expectSweptOnce(key: KeyRecord): Promise<void> {
  expect(await allEntries(store, key)).toHaveLength(10);
  const micros = 2 * TRUE.micros + 8 * HELD.micros;
  const item = await limiterItem(store, key);
  expect(item).toMatchObject({ open: 0, rqSum: 10, tkSum: 2 * TRUE.tokens + 8 * HELD.tokens, dayMicros: micros, monthMicros: micros });
  expect(openLeases(item)).toEqual([]);
}

interface Sizes { readonly name: string; readonly sequences: number; readonly steps: number; readonly requests: number; readonly repetitions: number; readonly storms: number }

function suite(sizes: Sizes): void {
  test('guarantee C5: after any sequence of reservations, settlements, crashes and sweeps the counters are the ledger plus what is open', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: sizes.steps }), runSteps), { numRuns: sizes.sequences });
    figure('C5', `${sizes.sequences.toLocaleString('en')} sequences on ${sizes.name}`);
  }, 600_000);

  test('guarantee C5: a settlement after midnight, by a process that has not seen the day change, leaves the new day alone', async () => {
    const key = testKey();
    const clock = handClock(Date.UTC(2026, 5, 30, 23, 59, 58));
    const late = processOn(store, clock, 'late');
    const lease = await reserved(late, key, { tokens: 10, micros: 50, nowMs: clock.ms });
    clock.ms += 3_000;
    await reserved(processOn(store, clock, 'other'), key, { micros: 7, nowMs: clock.ms });
    await late.settle(lease, entryOf(lease.requestId, key, { tokens: 10, micros: 20 }));
    expect(await limiterItem(store, key)).toMatchObject({ open: 1, day: '2026-07-01', dayMicros: 7, month: '2026-07', monthMicros: 7 });
  });

  test('guarantee C4: raises and admissions at once hold at most the budget, reach it, and settle to the ledger', async () => {
    const key = testKey({ dailyUsd: 0.1, monthlyUsd: 1000 });
    const clock = handClock();
    const processes = times(3, (i) => processOn(store, clock, `p${i}`));
    const at = (i: number): Accounts => processes[i % 3] ?? processOn(store, clock, 'p');
    const first = await Promise.all(times(20, (i) => reserved(at(i), key, { micros: 2_000 })));
    const raises = first.map(async (lease, i) => {
      const once = (await at(i).raise({ lease, micros: 1_500 })) ?? lease;
      return (await at(i).raise({ lease: once, micros: 1_500 })) ?? once;
    });
    const admissions = times(30, (i) => at(i).reserve(wishOf(key, { micros: 1_000 })));
    const leases = [...await Promise.all(raises), ...(await Promise.all(admissions)).flatMap((result) => (result.ok ? [result.lease] : []))];
    const held = sum(leases.map(({ costMicros }) => costMicros));
    expect(await limiterItem(store, key)).toMatchObject({ dayMicros: held, monthMicros: held, open: leases.length });
    expect([held <= 100_000, held > 100_000 - 1_500]).toEqual([true, true]);
    await Promise.all(leases.map((lease, i) => at(i).settle(lease, entryOf(lease.requestId, key, { micros: lease.costMicros - (i % 3) }))));
    const spent = sum((await allEntries(store, key)).map(({ costMicros }) => costMicros ?? 0));
    expect(await limiterItem(store, key)).toMatchObject({ dayMicros: spent, monthMicros: spent, open: 0 });
  });

  test.each(['before', 'after'] as const)('guarantee C4: a process that dies %s a raise is stored leaves an estimate of what its lease holds, and counters that agree', async (when) => {
    const key = testKey({ dailyUsd: 1 });
    const clock = handClock();
    const lease = await reserved(processOn(store, clock, 'dead'), key, { micros: 100 });
    await expect(processOn(dyingStore(store, 1, when), clock, 'dead').raise({ lease, micros: 50 })).rejects.toThrow(Crash);
    expect(await processOn(store, clock, 'next').sweep(key, { foreignOwners: true })).toBe(1);
    const costMicros = when === 'after' ? 150 : 100;
    expect(await allEntries(store, key)).toMatchObject([{ usage: 'estimated', costMicros }]);
    expect(await limiterItem(store, key)).toMatchObject({ open: 0, dayMicros: costMicros, monthMicros: costMicros });
  });

  test('guarantee C4: a raise that a dying process stored is not taken for another by as much', async () => {
    const key = testKey({ dailyUsd: 1 });
    const clock = handClock();
    const lease = await reserved(processOn(store, clock, 'one'), key, { micros: 100 });
    await expect(processOn(dyingStore(store, 1, 'after'), clock, 'one').raise({ lease, micros: 10 })).rejects.toThrow(Crash);
    expect((await processOn(store, clock, 'one').raise({ lease, micros: 10 }))?.costMicros).toBe(120);
    expect(await limiterItem(store, key)).toMatchObject({ dayMicros: 120 });
  });

  test('guarantee C4: a raise counts in the day and month of its admission, and not at all where a day that limits it has ended', async () => {
    const clock = handClock(Date.UTC(2026, 5, 15, 23, 59, 58));
    const accounts = processOn(store, clock, 'p');
    const [daily, monthly] = [testKey({ dailyUsd: 1 }), testKey({ monthlyUsd: 1 })];
    const wish = { micros: 100, nowMs: clock.ms };
    const [ofDay, ofMonth] = [await reserved(accounts, daily, wish), await reserved(accounts, monthly, wish)];
    clock.ms += 3_000;
    // Nobody has begun the new day: the old one's counters still stand.
    const raised = await accounts.raise({ lease: ofDay, micros: 10 });
    expect([raised?.costMicros, (await limiterItem(store, daily))['dayMicros']]).toEqual([110, 110]);
    for (const key of [daily, monthly]) await reserved(accounts, key, { ...wish, nowMs: clock.ms });
    expect(await accounts.raise({ lease: raised ?? ofDay, micros: 10 })).toBeUndefined();
    expect((await accounts.raise({ lease: ofMonth, micros: 10 }))?.costMicros).toBe(110);
    expect(await limiterItem(store, monthly)).toMatchObject({ day: '2026-06-16', dayMicros: 100, monthMicros: 210 });
    await accounts.settle(ofMonth, entryOf(ofMonth.requestId, monthly, { micros: 40 }));
    expect(await limiterItem(store, monthly)).toMatchObject({ dayMicros: 100, monthMicros: 140 });
  });

  test('guarantee C6: settling a request one to ten times at once writes one entry and counts it once', async () => {
    const key = testKey({ tpm: 10_000_000, dailyUsd: 1000, monthlyUsd: 1000, maxParallel: 2000 });
    const clock = handClock();
    const processes = times(3, (i) => processOn(store, clock, `p${i}`));
    const count = sizes.requests;
    await Promise.all(times(count, async (i) => {
      const lease = await reserved(processes[i % 3] ?? processes[0] as Accounts, key, { tokens: 100, micros: 50 });
      // Every settler has seen something else; only what was written first may count.
      await Promise.all(times(1 + (i % 10), (n) => processes[n % 3]?.settle(lease, entryOf(lease.requestId, key, { tokens: 40 + n, micros: 7 + n }))));
    }));
    const entries = await allEntries(store, key);
    const item = await limiterItem(store, key);
    expect(entries).toHaveLength(count);
    expect(new Set(entries.map((entry) => entry.requestId)).size).toBe(count);
    const micros = sum(entries.map((entry) => entry.costMicros ?? 0));
    expect(item).toMatchObject({ open: 0, rqSum: count, tkSum: sum(entries.map(({ tokens }) => (tokens.input ?? 0) + (tokens.output ?? 0))), dayMicros: micros, monthMicros: micros });
    expect(openLeases(item)).toEqual([]);
    figure('C6', `${count.toLocaleString('en')} requests settled 1 to 10 times at once: ${entries.length.toLocaleString('en')} rows, counters exact, on ${sizes.name}`);
  }, 120_000);

  test('guarantee C6: cache reads do not count against tokens per minute, and an unpriced answer spends nothing', async () => {
    const key = testKey({ tpm: 1000, dailyUsd: 1 });
    const accounts = processOn(store, handClock(), 'p');
    const lease = await reserved(accounts, key, { tokens: 500, micros: null });
    await accounts.settle(lease, entryOf(lease.requestId, key, { tokens: 300, micros: null, cacheRead: 900 }));
    expect(await limiterItem(store, key)).toMatchObject({ tkSum: 300, dayMicros: 0, monthMicros: 0 });
    expect((await allEntries(store, key))[0]?.costMicros).toBeNull();
  });

  test.each([
    [1, 'before'], [1, 'after'], [2, 'before'], [2, 'after'], [3, 'before'], [3, 'after'],
  ] as const)('guarantee D2: a process that dies at write %d of making up for a settlement, %s it is stored, has it counted once', async (atWrite, when) => {
    const key = testKey({ tpm: 100_000 });
    const clock = handClock();
    const before = openAccounts({ store: store, clock, owner: 'before', random: Math.random });
    const lease = await reserved(before, key, HELD);
    await before.settle(lease, entryOf(lease.requestId, key, TRUE));
    const late = entryOf(wishOf(key).requestId, key, { tokens: 90, micros: 70 });
    const dying = openAccounts({ store: dyingStore(store, atWrite, when), clock, owner: 'dying', random: Math.random });
    await expect(dying.book(key, 'UTC', late)).rejects.toThrow(Crash);
    const next = openAccounts({ store: store, clock, owner: 'next', random: Math.random });
    for (let times = 0; times < 2; times += 1) {
      await next.book(key, 'UTC', late);
      await next.sweep(key, { foreignOwners: true });
    }
    const item = await limiterItem(store, key);
    expect(openLeases(item)).toEqual([]);
    // It was served: it takes no place in this minute's window.
    expect(item).toMatchObject({ open: 0, dayMicros: TRUE.micros + 70, monthMicros: TRUE.micros + 70, rqSum: 1, tkSum: TRUE.tokens });
    expect((await allEntries(store, key)).filter(({ requestId }) => requestId === late.requestId)).toEqual([late]);
  });

  test.each([
    [1, 'before', 0], [1, 'after', 1], [2, 'before', 1], [2, 'after', 1], [3, 'before', 1], [3, 'after', 1],
  ] as const)('guarantee D2: a process that dies at write %d of a request, %s it is stored, leaves exactly %d entries and no lease', async (atWrite, when, rows) => {
    const key = testKey({ tpm: 100_000, dailyUsd: 10 });
    const clock = handClock();
    const { repetitions } = sizes;
    for (let repetition = 0; repetition < repetitions; repetition += 1) {
      const accounts = processOn(dyingStore(store, atWrite, when), clock, `dead${repetition}`);
      const life = (async () => {
        const lease = await reserved(accounts, key, HELD);
        await accounts.settle(lease, entryOf(lease.requestId, key, TRUE));
      })();
      await expect(life).rejects.toThrow(Crash);
      const sweeper = processOn(store, clock, `next${repetition}`);
      expect(await sweeper.sweep(key, { foreignOwners: true })).toBe(atWrite === 3 && when === 'after' ? 0 : rows);
      expect(await sweeper.sweep(key, { foreignOwners: true })).toBe(0);
    }
    const entries = await allEntries(store, key);
    expect(entries).toHaveLength(rows * repetitions);
    const isMeasured = atWrite === 3 || (atWrite === 2 && when === 'after');
    for (const entry of entries) {
      expect(entry).toMatchObject(isMeasured ? { usage: 'measured', costMicros: TRUE.micros } : {
        usage: 'estimated', costMicros: HELD.micros, status: 502, errorCode: 'upstream_truncated', finish: { unified: 'upstream_truncated', raw: null },
        servedModel: 'cheap', decision: { stage: 'auto', tier: 'simple', route: ['cheap'] },
      });
    }
    if (rows === 0) return;
    const one = isMeasured ? TRUE : HELD;
    expect(await limiterItem(store, key)).toMatchObject({ open: 0, rqSum: repetitions, tkSum: one.tokens * repetitions, dayMicros: one.micros * repetitions });
    figure('D2', `6 points of death x ${repetitions} on ${sizes.name}`);
  });

  test('guarantee D5: a sweeper that is killed at any of its writes is finished by the next one, and nothing counts twice', async () => {
    for (let atWrite = 1; atWrite <= 20; atWrite += 1) {
      const key = testKey({ tpm: 100_000, dailyUsd: 10 });
      const clock = handClock();
      await orphans(key, clock);
      const killed = processOn(dyingStore(store, atWrite, atWrite % 2 === 0 ? 'after' : 'before'), clock, 'sweeper');
      await expect(killed.sweep(key, { foreignOwners: true })).rejects.toThrow(Crash);
      await processOn(store, clock, 'next').sweep(key, { foreignOwners: true });
      await expectSweptOnce(key);
    }
    figure('D5', `killed at each of its 20 writes, ${sizes.storms} storms of three sweepers, on ${sizes.name}`);
  }, 120_000);

  test('guarantee D5: sweepers and the late owner at work at once settle every request once', async () => {
    for (let repetition = 0; repetition < sizes.storms; repetition += 1) {
      const key = testKey({ tpm: 100_000, dailyUsd: 10 });
      const clock = handClock();
      await orphans(key, clock);
      const swept = await Promise.all(['a', 'b', 'c'].map((owner) => processOn(store, clock, owner).sweep(key, { foreignOwners: true })));
      expect(sum(swept)).toBe(10);
      await expectSweptOnce(key);
    }
  });

  test('guarantee D5: a sweep leaves the leases of living processes alone until a minute after their deadline', async () => {
    const key = testKey();
    const clock = handClock();
    const accounts = processOn(store, clock, 'living');
    await reserved(accounts, key, { lifeMs: 30_000 });
    expect(await accounts.sweep(key, { foreignOwners: true })).toBe(0);
    expect(await processOn(store, clock, 'other').sweep(key, { foreignOwners: false })).toBe(0);
    clock.ms = NOON + 90_000;
    expect(await accounts.sweep(key, { foreignOwners: true })).toBe(0);
    clock.ms += 1;
    expect(await processOn(store, clock, 'other').sweep(key, { foreignOwners: false })).toBe(1);
  });
}

describe('on SQLite', () => {
  let temp: TempStore;
  beforeAll(async () => {
    temp = await tempStore();
    ({ store } = temp);
  });
  afterAll(() => temp.cleanup());
  suite({ name: 'SQLite', sequences: full(5_000, 150), steps: 40, requests: full(1_000), repetitions: 20, storms: full(20, 5) });
});

needs('java')('settlement on DynamoDB Local', () => {
  let dynamo: DynamoDbLocal;
  beforeAll(async () => {
    dynamo = await startDynamoDbLocal();
    store = throttled(openDynamoStore({ client: dynamo.newClient(), tableNames: dynamo.tableNames }), 32);
  }, 120_000);
  afterAll(async () => {
    await store.close();
    await dynamo.stop();
  });
  // A tenth of SQLite's: the emulator does a few hundred writes a second.
  suite({ name: 'DynamoDB Local', sequences: full(200, 5), steps: 16, requests: full(200, 20), repetitions: full(20, 3), storms: full(10, 1) });
});
