import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { openAccounts, type Accounts, type Lease } from '../../functions/adapters/store/accounts.ts';
import { openDynamoStore } from '../../functions/adapters/store/dynamo.ts';
import type { KeyRecord } from '../../functions/adapters/store/keys.ts';
import type { Store } from '../../functions/adapters/store/port.ts';
import { budgetKey } from '../../functions/adapters/store/tenant-budget.ts';
import type { TenantBudget } from '../../functions/core/limits/allowance.ts';
import { Crash, countingStore, dyingStore, entryOf, handClock, limiterItem, NOON, testKey, wishOf, type HandClock } from '../support/accounts.ts';
import { startDynamoDbLocal, type DynamoDbLocal } from '../support/dynamodb-local.ts';
import { full } from '../support/full.ts';
import { needs } from '../support/optional.ts';
import { tempStore, type TempStore } from '../support/store.ts';

let temp: TempStore;
beforeAll(async () => { temp = await tempStore(); });
afterAll(() => temp.cleanup());

const DAY_MS = 86_400_000;
let tenants = 0;
/** A tenant of its own with some keys. */
const keysOf = (count: number, limits: Partial<KeyRecord> = {}): KeyRecord[] => {
  const tenantId = `tenant${tenants++}`;
  return Array.from({ length: count }, () => testKey({ tenantId, ...limits }));
};
const accountsOn = (store: Store, clock: HandClock = handClock()): Accounts => openAccounts({ store, clock, owner: 'boot', random: Math.random });
const ask = (accounts: Accounts, key: KeyRecord, budget: TenantBudget, micros: number, nowMs = NOON) => accounts.reserve({ ...wishOf(key, { micros, nowMs }), tenantBudget: budget });
/** What all keys of a tenant hold and have spent today. */
async function spentBy(store: Store, keys: readonly KeyRecord[]): Promise<number> {
  const items = await Promise.all(keys.map((key) => limiterItem(store, key)));
  return items.reduce((sum, item) => sum + Number(item['dayMicros'] ?? 0), 0);
}

async function expectExact(store: Store, requests: number): Promise<void> {
  const keys = keysOf(5);
  const [first] = keys;
  if (first === undefined) throw new Error('no key');
  const budget = { dayMicros: 100_000, monthMicros: null };
  const processes = Array.from({ length: 3 }, () => accountsOn(store));
  const results = await Promise.all(Array.from({ length: requests }, (_, i) => ask(processes[i % 3] ?? accountsOn(store), keys[i % 5] ?? first, budget, 700 + (i % 7) * 100)));
  const held = results.reduce((sum, result, i) => sum + (result.ok ? 700 + (i % 7) * 100 : 0), 0);
  expect(held).toBeLessThanOrEqual(100_000);
  expect(await spentBy(store, keys)).toBe(held);
  // Nothing is left lying about: what still fits is admitted, whichever key asks.
  let rest = 100_000 - held;
  for (let n = 0; rest >= 100; n += 1) {
    const result = await ask(accountsOn(store), keys[n % 5] ?? first, budget, 100);
    expect([rest, result.ok]).toEqual([rest, true]);
    rest -= 100;
  }
  for (const key of keys) expect((await ask(accountsOn(store), key, budget, rest + 1)).ok).toBe(false);
}

describe('guarantee C4: the budget that the keys of a tenant share', () => {
  test('guarantee C4: three processes and five keys at once never hold more than the budget, and reach it', async () => {
    for (let n = 0; n < full(10, 2); n += 1) await expectExact(temp.store, 400);
  }, 120_000);

  test('guarantee C4: raises draw on it too, and at once with admissions of other keys never hold more than it', async () => {
    const keys = keysOf(5);
    const budget = { dayMicros: 100_000, monthMicros: 150_000 };
    const processes = Array.from({ length: 3 }, () => accountsOn(temp.store));
    const one = async (i: number): Promise<number> => {
      const [accounts, key] = [processes[i % 3], keys[i % 5]] as [Accounts, KeyRecord];
      const first = await ask(accounts, key, budget, 900);
      if (!first.ok) return 0;
      return ((await accounts.raise({ lease: first.lease, micros: 700 + (i % 7) * 100, tenantBudget: budget })) ?? first.lease).costMicros;
    };
    const held = (await Promise.all(Array.from({ length: 100 }, (_, i) => one(i)))).reduce((sum, micros) => sum + micros, 0);
    expect(await spentBy(temp.store, keys)).toBe(held);
    expect([held <= 100_000, held > 100_000 - 900]).toEqual([true, true]);
  });

  test('guarantee C4: real processes hold it too', async () => {
    const [key] = keysOf(1);
    const budget = { dayMicros: 1_000_000, monthMicros: null };
    const children = Array.from({ length: 4 }, () => spawn(process.execPath, [join(import.meta.dirname, '../support/limit-process.ts'), temp.file, '500', JSON.stringify(key), JSON.stringify({ micros: 1_000, tenantBudget: budget })], { stdio: ['pipe', 'pipe', 'inherit'] }));
    const lines = children.map((child) => createInterface({ input: child.stdout })[Symbol.asyncIterator]());
    await Promise.all(lines.map((line) => line.next()));
    for (const child of children) child.stdin.write('go\n');
    const counts = await Promise.all(lines.map(async (line) => JSON.parse(String((await line.next()).value)) as { allowed: number; failed: number; reasons: string[] }));
    await Promise.all(children.map((child) => (child.exitCode === null ? once(child, 'exit') : undefined)));
    expect(counts.reduce((sum, { allowed }) => sum + allowed, 0)).toBe(1_000);
    expect([counts.reduce((sum, { failed }) => sum + failed, 0), counts.flatMap(({ reasons }) => reasons)]).toEqual([0, []]);
  }, 120_000);

  test('guarantee C4: what a request did not need comes back to all keys', async () => {
    const [one, other] = keysOf(2) as [KeyRecord, KeyRecord];
    const budget = { dayMicros: 1_000, monthMicros: null };
    const accounts = accountsOn(temp.store);
    const first = await ask(accounts, one, budget, 1_000);
    const refused = await ask(accountsOn(temp.store), other, budget, 500);
    expect([first.ok, refused]).toEqual([true, { ok: false, denial: expect.objectContaining({ code: 'budget_exceeded', ofTenant: true, affordableMicros: 0 }) }]);
    if (first.ok) await accounts.settle(first.lease, entryOf(first.lease.requestId, one, { micros: 100 }));
    expect((await ask(accountsOn(temp.store), other, budget, 900)).ok).toBe(true);
    expect((await ask(accountsOn(temp.store), one, budget, 1)).ok).toBe(false);
  });

  test('guarantee C4: random sequences of requests, settlements and sweeps over days stay within day and month', async () => {
    await fc.assert(fc.asyncProperty(
      fc.record({ day: fc.option(fc.integer({ min: 200, max: 2_000 }), { nil: null }), month: fc.option(fc.integer({ min: 500, max: 4_000 }), { nil: null }) }),
      fc.array(fc.record({ key: fc.nat(3), process: fc.nat(1), micros: fc.integer({ min: 1, max: 400 }), settle: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: null }), hours: fc.constantFrom(0, 0, 0, 1, 9) }), { maxLength: 25 }),
      async ({ day, month }, steps) => {
        const keys = keysOf(4);
        const clock = handClock();
        const processes = [accountsOn(temp.store, clock), accountsOn(temp.store, clock)];
        const spent = new Map<string, number>();
        const open: { lease: Lease; key: KeyRecord; micros: number }[] = [];
        const note = (at: string, micros: number): void => { spent.set(at, (spent.get(at) ?? 0) + micros); };
        for (const { key: k, process: p, micros, settle, hours } of steps) {
          clock.ms += hours * 3_600_000;
          const [key, accounts] = [keys[k], processes[p]];
          if (key === undefined || accounts === undefined) continue;
          const result = await ask(accounts, key, { dayMicros: day, monthMicros: month }, micros, clock.ms);
          if (result.ok) {
            const { lease } = result;
            for (const at of [lease.day, lease.month]) note(at, micros);
            open.push({ lease, key, micros });
          }
          const one = settle === null ? undefined : open.shift();
          if (one !== undefined) {
            const truth = Math.floor(one.micros * (settle ?? 0));
            await accounts.settle(one.lease, entryOf(one.lease.requestId, one.key, { micros: truth }));
            for (const at of [one.lease.day, one.lease.month]) note(at, truth - one.micros);
          }
          for (const [at, sum] of spent) {
            const limit = at.length === 10 ? day : month;
            if (limit !== null) expect([at, sum <= limit]).toEqual([at, true]);
          }
        }
      },
    ), { numRuns: full(300) });
  }, 120_000);

  test('guarantee C4: a process that dies at any write loses a hundredth of the budget at most, and never exceeds it', async () => {
    for (let atWrite = 1; atWrite <= 12; atWrite += 1) {
      for (const when of ['before', 'after'] as const) {
        const [key] = keysOf(1) as [KeyRecord];
        const budget = { dayMicros: 10_000, monthMicros: null };
        const dying = accountsOn(dyingStore(temp.store, atWrite, when));
        for (let n = 0; n < 8; n += 1) await ask(dying, key, budget, 90).catch((error: unknown) => { if (!(error instanceof Crash)) throw error; });
        let held = await spentBy(temp.store, [key]);
        const accounts = accountsOn(temp.store);
        while ((await ask(accounts, key, budget, 90)).ok) held += 90;
        expect([atWrite, when, held === await spentBy(temp.store, [key]), held <= 10_000, held >= 10_000 - 100 - 90]).toEqual([atWrite, when, true, true, true]);
      }
    }
  });

  test('guarantee C4: the next day begins with the whole budget, the month goes on', async () => {
    const [key] = keysOf(1) as [KeyRecord];
    const budget = { dayMicros: 100, monthMicros: 250 };
    const clock = handClock();
    const accounts = accountsOn(temp.store, clock);
    const day = async (): Promise<number> => {
      let count = 0;
      while ((await ask(accounts, key, budget, 10, clock.ms)).ok) count += 1;
      return count;
    };
    const counts: number[] = [];
    for (let n = 0; n < 4; n += 1) {
      counts.push(await day());
      clock.ms += DAY_MS;
    }
    expect(counts).toEqual([10, 10, 5, 0]);
    const refused = await ask(accounts, key, budget, 10, clock.ms);
    // The fifth day of the month's rest: 30 June ends the window.
    expect(refused.ok === false && refused.denial.retryAfterSeconds).toBe(Math.ceil((Date.UTC(2026, 6, 1) - clock.ms) / 1000));
  });

  test('guarantee C8: a flood at a tenant whose budget is used up costs at most one write a second, and few reads', async () => {
    const [key] = keysOf(1) as [KeyRecord];
    const budget = { dayMicros: 100, monthMicros: null };
    const clock = handClock();
    const store = countingStore(temp.store);
    const accounts = accountsOn(store, clock);
    expect((await ask(accounts, key, budget, 100)).ok).toBe(true);
    expect((await ask(accounts, key, budget, 100)).ok).toBe(false);
    [store.writes, store.reads] = [[], 0];
    for (let i = 0; i < 4_000; i += 1) {
      clock.ms += 0.5;
      expect((await ask(accounts, key, budget, 100)).ok).toBe(false);
    }
    expect(store.writes.length).toBeLessThanOrEqual(2);
    expect(store.reads).toBeLessThanOrEqual(10);
  });

  test('guarantee C4: while there is room a request costs one write and no read', async () => {
    const [key] = keysOf(1) as [KeyRecord];
    const store = countingStore(temp.store);
    const accounts = accountsOn(store);
    const budget = { dayMicros: 1_000_000, monthMicros: 1_000_000 };
    await ask(accounts, key, budget, 10);
    [store.writes, store.reads] = [[], 0];
    for (let n = 0; n < 900; n += 1) expect((await ask(accounts, key, budget, 10)).ok).toBe(true);
    expect([store.writes.length, store.reads]).toEqual([900, 0]);
  });

  test('the key\'s own budget still refuses first, in its own name', async () => {
    const [key] = keysOf(1, { dailyUsd: 0.0001 }) as [KeyRecord];
    const accounts = accountsOn(temp.store);
    expect((await ask(accounts, key, { dayMicros: 1_000_000, monthMicros: null }, 100)).ok).toBe(true);
    const refused = await ask(accounts, key, { dayMicros: 1_000_000, monthMicros: null }, 1);
    expect(refused).toMatchObject({ ok: false, denial: { code: 'budget_exceeded' } });
    expect(refused.ok === false && refused.denial.ofTenant).toBeUndefined();
  });

  test('of what was drawn the tenant\'s item knows: never less than its keys have', async () => {
    const keys = keysOf(3);
    const budget = { dayMicros: 50_000, monthMicros: null };
    const accounts = accountsOn(temp.store);
    for (let n = 0; n < 60; n += 1) await ask(accounts, keys[n % 3] ?? testKey(), budget, 500);
    const allowed = (await Promise.all(keys.map((key) => limiterItem(temp.store, key)))).reduce((sum, item) => sum + Number(item['gDay']), 0);
    expect((await temp.store.get(budgetKey(keys[0]?.tenantId ?? '')))?.['dayDrawn']).toBe(allowed);
  });
});

needs('java')('the shared budget on DynamoDB', () => {
  let dynamo: DynamoDbLocal;
  let store: Store;
  beforeAll(async () => {
    dynamo = await startDynamoDbLocal();
    store = openDynamoStore({ client: dynamo.newClient(), tableNames: dynamo.tableNames });
  }, 120_000);
  afterAll(async () => {
    await store.close();
    await dynamo.stop();
  });

  test('guarantee C4: on DynamoDB too, three processes and five keys never hold more than the budget, and reach it', async () => {
    await expectExact(store, full(400, 200));
  }, 120_000);
});

