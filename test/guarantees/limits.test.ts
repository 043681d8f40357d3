import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { openAccounts, type Lease, type ReserveResult } from '../../functions/adapters/store/accounts.ts';
import type { KeyRecord } from '../../functions/adapters/store/keys.ts';
import { openDynamoStore } from '../../functions/adapters/store/dynamo.ts';
import type { Store } from '../../functions/adapters/store/port.ts';
import { countingStore, entryOf, handClock, limiterItem, NOON, testKey, wishOf, type HandClock } from '../support/accounts.ts';
import { startDynamoDbLocal, throttled, type DynamoDbLocal } from '../support/dynamodb-local.ts';
import { chat, messages } from '../support/call.ts';
import { figure } from '../support/figure.ts';
import { full } from '../support/full.ts';
import { testGateway } from '../support/gateway.ts';
import { get } from '../support/http-client.ts';
import { needs } from '../support/optional.ts';
import { scriptedUpstream } from '../support/scripted-upstream.ts';
import { tempStore, type TempStore } from '../support/store.ts';

let temp: TempStore;
beforeAll(async () => { temp = await tempStore(); });
afterAll(() => temp.cleanup());

const accountsOn = (store: Store, clock: HandClock = handClock(), owner = 'boot') => openAccounts({ store, clock, owner, random: () => 0.5 });
const times = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));

async function expectExactly(store: Store, limit: number, requests: number): Promise<void> {
  const key = testKey({ rpm: limit });
  const accounts = accountsOn(store);
  const results = await Promise.all(times(requests, () => accounts.reserve(wishOf(key))));
  const denied = results.filter((result) => !result.ok);
  expect(results.length - denied.length).toBe(limit);
  for (const result of denied) {
    expect(result.denial.code).toBe('rate_limit_exceeded');
    expect(result.denial.retryAfterSeconds).toBeGreaterThanOrEqual(1);
    expect(result.denial.counters.requests?.remaining).toBe(0);
  }
  expect((await limiterItem(store, key))['rqSum']).toBe(limit);
}

test.each([1, 10, 100])('guarantee C1: of 1,000 concurrent requests a limit of %d admits exactly that many', async (limit) => {
  const repetitions = full(20, 2);
  for (let repetition = 0; repetition < repetitions; repetition += 1) await expectExactly(temp.store, limit, 1000);
  figure('C1', `L in {1, 10, 100}: ${repetitions} x 1,000 calls at once on SQLite`);
});

test.each([1, 10, 100])('guarantee C1: of 1,000 concurrent calls over HTTP a limit of %d lets exactly that many through, and tells the others when to come back', async (limit) => {
  const upstream = await scriptedUpstream();
  const gateway = await testGateway();
  await gateway.addModel({ id: 'm', baseUrl: upstream.baseUrl });
  const { key } = await gateway.addKey({ rpm: limit });
  const agent = new Agent({ keepAlive: true });
  const answers = await Promise.all(times(1000, (i) => get(Number(new URL(gateway.origin).port), i % 2 === 0 ? '/v1/chat/completions' : '/v1/messages', {
    agent, headers: { 'authorization': `Bearer ${key}`, 'content-type': 'application/json' }, body: JSON.stringify(i % 2 === 0 ? chat('m') : messages('m')),
  })));
  agent.destroy();
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(limit);
  for (const answer of answers.filter(({ status }) => status !== 200)) {
    expect([answer.status, Number(answer.headers['retry-after']) >= 1]).toEqual([429, true]);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { type: expect.stringMatching(/^rate_limit_(?:exceeded|error)$/) } });
  }
  expect(upstream.received).toHaveLength(limit);
  expect(await gateway.ledgerAll()).toHaveLength(limit);
  await gateway.close();
  await upstream.close();
  figure('C1', '1,000 calls at once over HTTP');
});

needs('java')('limits on DynamoDB', () => {
  let dynamo: DynamoDbLocal;
  let store: Store;
  beforeAll(async () => {
    dynamo = await startDynamoDbLocal();
    store = throttled(openDynamoStore({ client: dynamo.newClient(), tableNames: dynamo.tableNames }), 32);
  }, 120_000);
  afterAll(async () => {
    await store.close();
    await dynamo.stop();
  });

  test.each([1, 10, 100])('guarantee C1: on DynamoDB too, a limit of %d admits exactly that many', async (limit) => {
    for (let repetition = 0; repetition < full(2, 1); repetition += 1) await expectExactly(store, limit, full(1000, 200));
    figure('C1', `${full(2, 1)} x ${full(1000, 200).toLocaleString('en')} on DynamoDB Local`);
  }, 120_000);

  test('guarantee C2: on DynamoDB too, four clients that ask at once for one key are admitted exactly as often as its limit says', async () => {
    const key = testKey({ rpm: 100 });
    const requests = full(500, 60);
    const stores = times(4, () => throttled(openDynamoStore({ client: dynamo.newClient(), tableNames: dynamo.tableNames }), 16));
    const results = await Promise.all(stores.flatMap((one, n) => { const accounts = accountsOn(one, handClock(), `p${n}`); return times(requests, () => accounts.reserve(wishOf(key))); }));
    expect(results.filter(({ ok }) => ok)).toHaveLength(100);
    expect((await limiterItem(store, key))['rqSum']).toBe(100);
    for (const one of stores) await one.close();
    figure('C2', `4 clients x ${requests} on DynamoDB Local`);
  }, 120_000);

  test('guarantee C3: on DynamoDB too, bursts at slot borders and skewed clocks never get more than the limit into any 60 s', async () => {
    await borders(store, full(5, 1));
    await skewed(store, full(5, 1));
    figure('C3', `${full(5, 1)} of each on DynamoDB Local`);
  }, 120_000);

  test('guarantee C4: on DynamoDB too, reserved tokens never exceed the limit, but for one request alone in an empty window', async () => {
    await tokenRounds(store, full(50, 5));
    figure('C4', `${full(50, 5)} cases of tokens on DynamoDB Local`);
  }, 120_000);
});

/** Starts one asking process; resolves when it waits for the word to go. */
async function asker(file: string, requests: number, key: KeyRecord) {
  const script = join(import.meta.dirname, '..', 'support', 'limit-process.ts');
  const child = spawn(process.execPath, ['--no-warnings', script, file, String(requests), JSON.stringify(key)], { stdio: ['pipe', 'pipe', 'inherit'], env: { PATH: process.env['PATH'] } });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  return {
    async ask(): Promise<{ allowed: number; failed: number }> {
      const ended = once(child, 'exit');
      child.stdin.write('go\n');
      const { value } = await lines.next();
      await ended;
      return JSON.parse(String(value));
    },
  };
}

test('guarantee C2: four processes that ask 500 times each for one key are admitted exactly as often as its limit says', async () => {
  for (let repetition = 0; repetition < full(5, 1); repetition += 1) {
    const key = testKey({ rpm: 100 });
    const askers = await Promise.all(times(4, () => asker(temp.file, 500, key)));
    const answers = await Promise.all(askers.map((one) => one.ask()));
    expect(answers.reduce((sum, { failed }) => sum + failed, 0)).toBe(0);
    expect(answers.reduce((sum, { allowed }) => sum + allowed, 0)).toBe(100);
  }
  figure('C2', `4 processes x 500 requests: exactly L, ${full(5, 1)} times on SQLite`);
}, 120_000);

/** The most moments that any half-open interval of `spanMs` holds. */
function mostWithin(moments: readonly number[], spanMs: number): number {
  const sorted = moments.toSorted((a, b) => a - b);
  let most = 0;
  let first = 0;
  for (const [i, moment] of sorted.entries()) {
    while (moment - (sorted[first] ?? 0) >= spanMs) first += 1;
    most = Math.max(most, i - first + 1);
  }
  return most;
}

interface Burst { readonly atMs: number; readonly size: number; readonly process: number }

/** Runs bursts on one key from processes whose clocks differ; returns when each admission happened, by real time and by the asking clock. */
async function runBursts(store: Store, bursts: readonly Burst[], skewsMs: readonly number[], limit: number): Promise<{ real: number[]; local: number[] }> {
  const key = testKey({ rpm: limit });
  const processes = skewsMs.map((skewMs, i) => {
    const clock = handClock();
    return { skewMs, clock, accounts: accountsOn(store, clock, `p${i}`) };
  });
  const real: number[] = [];
  const local: number[] = [];
  for (const { atMs, size, process: index } of bursts) {
    const asking = processes[index % processes.length];
    if (asking === undefined) continue;
    asking.clock.ms = atMs + asking.skewMs;
    const results = await Promise.all(times(size, () => asking.accounts.reserve(wishOf(key, { nowMs: asking.clock.ms }))));
    for (const result of results) {
      if (!result.ok) continue;
      real.push(atMs);
      // A clock that is behind counts in the newest slot anyone has stored: that is the limiter's own time.
      local.push(Math.max(asking.clock.ms, result.lease.slot * 5_000));
    }
  }
  return { real, local };
}

const BORDER = Math.ceil(NOON / 5_000) * 5_000;
/** Bursts just before, on and after slot borders over three minutes, in order of time, each from some process. */
const bursts = (processes: number): fc.Arbitrary<Burst[]> => fc.array(
  fc.record({ slot: fc.integer({ min: 0, max: 36 }), offsetMs: fc.constantFrom(-2_000, -1, 0, 1, 2_500), size: fc.integer({ min: 1, max: 8 }), process: fc.integer({ min: 0, max: processes - 1 }) }),
  { minLength: 30, maxLength: 60 },
).map((list) => list.map(({ slot, offsetMs, size, process }) => ({ atMs: BORDER + slot * 5_000 + offsetMs, size, process })).toSorted((a, b) => a.atMs - b.atMs));

async function borders(store: Store, runs: number): Promise<void> {
  let admitted = 0;
  await fc.assert(fc.asyncProperty(bursts(3), async (list) => {
    const { real } = await runBursts(store, list, [0, 0, 0], 10);
    admitted += real.length;
    expect(mostWithin(real, 60_000)).toBeLessThanOrEqual(10);
  }), { numRuns: runs });
  expect(admitted).toBeGreaterThan(runs * 10);
}

async function skewed(store: Store, runs: number): Promise<void> {
  await fc.assert(fc.asyncProperty(bursts(3), async (list) => {
    const { real, local } = await runBursts(store, list, [-3_000, 0, 3_000], 10);
    expect(mostWithin(local, 60_000)).toBeLessThanOrEqual(10);
    expect(mostWithin(real, 54_000)).toBeLessThanOrEqual(10);
  }), { numRuns: runs });
}

test('guarantee C3: bursts around every slot border never get more than the limit into any 60 s', async () => {
  await borders(temp.store, full(100));
  figure('C3', `${full(100)} sequences of bursts at slot borders and ${full(100)} with clocks 3 s fast and slow: at most L in any 60 s, SQLite`);
});

/** The window is 60 s of the clocks: where clocks differ by 6 s, 54 s of real time are what every clock agrees on. */
test('guarantee C3: with clocks 3 s fast and 3 s slow, no 60 s of the limiter\'s own time and no 54 s of real time hold more than the limit', async () => {
  await skewed(temp.store, full(100));
});

/** tokens/min 100 and five requests at once: the case in which check-then-act admitted 663 tokens. */
async function tokenRounds(store: Store, runs: number): Promise<number> {
  const sizes = fc.array(fc.integer({ min: 1, max: 175 }), { minLength: 5, maxLength: 12 });
  const factor = fc.double({ min: 0, max: 2, noNaN: true });
  const cases = fc.array(fc.record({ sizes, factor, waitMs: fc.integer({ min: 0, max: 70_000 }) }), { minLength: 1, maxLength: 4 });
  let [overshoots, mostOver] = [0, 0];
  await fc.assert(fc.asyncProperty(cases, async (rounds) => {
    const key = testKey({ tpm: 100 });
    const clock = handClock();
    const accounts = accountsOn(store, clock);
    for (const round of rounds) {
      const results = await Promise.all(round.sizes.map((tokens) => accounts.reserve(wishOf(key, { tokens, nowMs: clock.ms }))));
      const leases = results.flatMap((result) => (result.ok ? [result.lease] : []));
      const held = leases.reduce((sum, lease) => sum + lease.tokens, 0);
      const window = Number((await limiterItem(store, key))['tkSum']);
      if (held > 100) expect(leases).toHaveLength(1);
      if (leases.length > 0 && held <= 100) expect(window).toBeLessThanOrEqual(100);
      if (leases.length === 0) expect(window).toBeGreaterThan(0);
      const actual = leases.map((lease) => Math.floor(lease.tokens * round.factor));
      await Promise.all(leases.map((lease, i) => accounts.settle(lease, entryOf(lease.requestId, key, { tokens: actual[i] ?? 0 }))));
      const over = leases.reduce((sum, lease, i) => sum + Math.max(0, (actual[i] ?? 0) - lease.tokens), 0);
      if (over > 0) overshoots += 1;
      expect(Number((await limiterItem(store, key))['tkSum'])).toBeLessThanOrEqual(window + over);
      mostOver = Math.max(mostOver, over);
      clock.ms += round.waitMs;
    }
  }), { numRuns: runs });
  // A handful of cases may have none.
  if (runs >= 50) expect(overshoots).toBeGreaterThan(0);
  return mostOver;
}

test('guarantee C4: reserved tokens never exceed the limit, but for one request alone in an empty window', async () => {
  const mostOver = await tokenRounds(temp.store, full(1000));
  figure('C4', `${full(1000).toLocaleString('en')} cases of 5 to 12 requests against 100 tokens/min on SQLite: reserved <= limit, settled <= limit + (measured - reserved) <= ${mostOver}`);
}, 120_000);

test('guarantee C4: five requests of 58 to 175 tokens against 100 tokens a minute: one is admitted', async () => {
  const key = testKey({ tpm: 100 });
  const accounts = accountsOn(temp.store);
  const results = await Promise.all([58, 85, 117, 146, 175].map((tokens) => accounts.reserve(wishOf(key, { tokens }))));
  expect(results.filter((result) => result.ok)).toHaveLength(1);
  expect(results.filter((result) => !result.ok).every((result) => result.denial.code === 'tokens_exceeded')).toBe(true);
});

describe('guarantee C8: a refusal is remembered', () => {
  const flood = async (key: KeyRecord, wish: Parameters<typeof wishOf>[1], requests: number) => {
    const clock = handClock();
    const store = countingStore(temp.store);
    const accounts = accountsOn(store, clock);
    const first: ReserveResult[] = [await accounts.reserve(wishOf(key, wish)), await accounts.reserve(wishOf(key, wish))];
    store.writes = [];
    store.reads = 0;
    let admitted = 0;
    for (let i = 0; i < requests; i += 1) {
      clock.ms += 0.5;
      const result = await accounts.reserve(wishOf(key, wish));
      if (result.ok) admitted += 1;
      else expect(result.denial.retryAfterSeconds).toBeGreaterThanOrEqual(1);
    }
    return { accounts, clock, first, admitted, writes: store.writes.length, reads: store.reads, seconds: requests / 2_000, store };
  };

  test.each([
    ['requests', { rpm: 1 }, {}],
    ['tokens', { tpm: 10 }, { tokens: 8 }],
    ['parallel requests', { maxParallel: 1 }, {}],
    ['money', { dailyUsd: 0.0001 }, { micros: 80 }],
  ] as const)('guarantee C8: a flood at a key denied for its %s costs at most one write a second', async (what, limits, wish) => {
    const { first, admitted, writes, reads, seconds } = await flood(testKey(limits), wish, full(20_000));
    expect(first.map((result) => result.ok)).toEqual([true, false]);
    expect(admitted).toBe(0);
    expect(reads).toBe(0);
    expect(writes).toBeLessThanOrEqual(Math.ceil(seconds));
    figure('C8', `${full(20_000).toLocaleString('en')} refusals in ${seconds} s, denied for its ${what}: ${writes} writes`);
  });

  test('guarantee C8: a large refused request does not block a small one', async () => {
    const key = testKey({ tpm: 100, dailyUsd: 1 });
    const accounts = accountsOn(temp.store);
    await accounts.reserve(wishOf(key, { tokens: 50, micros: 500_000 }));
    expect((await accounts.reserve(wishOf(key, { tokens: 60 }))).ok).toBe(false);
    expect((await accounts.reserve(wishOf(key, { tokens: 1, micros: 600_000 }))).ok).toBe(false);
    expect((await accounts.reserve(wishOf(key, { tokens: 50, micros: 500_000 }))).ok).toBe(true);
  });

  test('guarantee C8: what another request gives back is available at once', async () => {
    const key = testKey({ maxParallel: 1 });
    const accounts = accountsOn(temp.store);
    const first = await accounts.reserve(wishOf(key));
    expect((await accounts.reserve(wishOf(key))).ok).toBe(false);
    const { lease } = first as { ok: true; lease: Lease };
    await accounts.settle(lease, entryOf(lease.requestId, key));
    expect((await accounts.reserve(wishOf(key))).ok).toBe(true);
  });
});

describe('a key has a bounded number of requests open, whatever it allows', () => {
  test('the request after the thousandth is refused for that, until one of them ends', async () => {
    const key = testKey({ maxParallel: 5_000 });
    const accounts = accountsOn(temp.store);
    const leases: Lease[] = [];
    let last: ReserveResult = await accounts.reserve(wishOf(key));
    for (; last.ok && leases.length < 1_100; last = await accounts.reserve(wishOf(key))) leases.push(last.lease);
    expect([leases.length, last.ok || last.denial]).toEqual([1_000, expect.objectContaining({ code: 'concurrency_exceeded', retryAfterSeconds: 1 })]);
    const [first] = leases as [Lease];
    await accounts.settle(first, entryOf(first.requestId, key));
    expect((await accounts.reserve(wishOf(key))).ok).toBe(true);
  }, 60_000);

  test('where names are so long that the limiter is full before, that is what is said', async () => {
    const accounts = accountsOn(temp.store);
    const wish = wishOf(testKey());
    const long = (i: number): ReturnType<typeof wishOf> => ({ ...wish, requestId: `${wish.requestId.slice(0, -4)}${String(i).padStart(4, '0')}`, draft: { ...wish.draft, requestedModel: 'm'.repeat(2_000) } });
    const denials: string[] = [];
    for (let i = 0; i < 250; i += 1) {
      const result = await accounts.reserve(long(i));
      if (!result.ok) denials.push(result.denial.code);
    }
    expect([denials.length > 0, new Set(denials)]).toEqual([true, new Set(['concurrency_exceeded'])]);
  }, 60_000);
});

test('a key of a new process costs one read, then each admission exactly one write', async () => {
  const key = testKey({ rpm: 1000, tpm: 1_000_000, maxParallel: 100, dailyUsd: 10, monthlyUsd: 100 });
  const store = countingStore(temp.store);
  const accounts = accountsOn(store);
  for (let i = 0; i < 20; i += 1) expect((await accounts.reserve(wishOf(key, { tokens: 10, micros: 10 }))).ok).toBe(true);
  expect([store.reads, store.writes.length]).toEqual([1, 20]);
  const clock = handClock(NOON + 7_000);
  const later = countingStore(temp.store);
  const other = accountsOn(later, clock, 'second');
  for (let i = 0; i < 20; i += 1) {
    clock.ms += 1_000;
    expect((await other.reserve(wishOf(key, { tokens: 10, micros: 10 }))).ok).toBe(true);
  }
  expect([later.reads, later.writes.length]).toEqual([1, 20]);
});
