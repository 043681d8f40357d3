import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ulid } from 'ulidx';
import { openDynamoStore } from '../../../functions/adapters/store/dynamo.ts';
import { StoreError, type Store } from '../../../functions/adapters/store/port.ts';
import { openRefusalCounter, type Refused } from '../../../functions/adapters/store/refusal-counter.ts';
import { lastRefusals, readRefusals } from '../../../functions/adapters/store/refusals.ts';
import { countingStore } from '../../support/accounts.ts';
import { startDynamoDbLocal, type DynamoDbLocal } from '../../support/dynamodb-local.ts';
import { needs } from '../../support/optional.ts';
import { stallableStore } from '../../support/stallable-store.ts';
import { tempStore, type TempStore } from '../../support/store.ts';

const MINUTE_MS = 60_000;
/** Twelve minutes before a month ends. */
const START = Date.UTC(2026, 9, 31, 23, 48, 0);
const refused = (atMs: number, more: Partial<Refused> = {}): Refused =>
  ({ requestId: ulid(atMs), atMs, code: 'rate_limit_exceeded', status: 429, route: '/v1/chat/completions', dialect: 'openai-chat', ...more });
let tenants = 0;
const newTenant = (): string => `refused-${(tenants += 1)}`;

/** A counter whose time is moved by hand. */
function counterOn(store: Store, options: { random?: () => number; lost?: (count: number) => void } = {}) {
  const time = { ms: 0 };
  const counter = openRefusalCounter({ store, clock: { now: () => time.ms, elapsed: () => time.ms }, random: () => 0, timer: false, ...options });
  return Object.assign(counter, { time });
}

async function countsOf(store: Store, tenantId: string | undefined, fromMs: number, toMs: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  await readRefusals(store, tenantId, { fromMs, toMs }, ({ atMs, keyId, code, count }) => {
    const name = `${(atMs - START) / MINUTE_MS} ${keyId ?? 'unknown'} ${code}`;
    counts[name] = (counts[name] ?? 0) + count;
  });
  return counts;
}

function suite(open: () => Store): void {
  test('refusals of several processes add up by minute, key and code, over the end of a month, and a range takes its minutes', async () => {
    const store = open();
    const tenantId = newTenant();
    const [one, other] = [counterOn(store), counterOn(store)];
    for (let minute = 0; minute < 30; minute += 1) {
      for (const counter of [one, other]) counter.note(refused(START + minute * MINUTE_MS + 59_999, { tenantId, keyId: minute % 2 === 0 ? 'AAAAAAAAAAAA' : 'BBBBBBBBBBBB' }));
      one.note(refused(START + minute * MINUTE_MS, { tenantId, keyId: 'AAAAAAAAAAAA', code: 'invalid_api_key' }));
      await Promise.all([one.flush(), other.flush()]);
    }
    const counts = await countsOf(store, tenantId, START, START + 29 * MINUTE_MS);
    expect(Object.keys(counts)).toHaveLength(60);
    expect(counts).toMatchObject({ '0 AAAAAAAAAAAA rate_limit_exceeded': 2, '29 BBBBBBBBBBBB rate_limit_exceeded': 2, '29 AAAAAAAAAAAA invalid_api_key': 1 });
    expect(Object.keys(await countsOf(store, tenantId, START + 10 * MINUTE_MS, START + 13 * MINUTE_MS + 1)).toSorted()).toEqual([10, 11, 12, 13].flatMap((minute) => [
      expect.stringMatching(new RegExp(`^${minute} `)), expect.stringMatching(new RegExp(`^${minute} `)),
    ]));
    expect(await countsOf(store, newTenant(), START, START + 86_400_000)).toEqual({});
  });

  test('of unknown callers there is one list, and of each list the last twenty samples', async () => {
    const store = open();
    const tenantId = newTenant();
    const counter = counterOn(store, { random: () => 0.99 });
    const all = Array.from({ length: 45 }, (_, i) => refused(START + i * 30_000, { tenantId, requestedModel: `m-${i}` }));
    for (const [i, each] of all.entries()) {
      counter.note(each);
      if (i % 4 === 0) await counter.flush();
    }
    const { requestId, atMs, ...known } = refused(START, { code: 'invalid_api_key', status: 401 });
    counter.note({ requestId, atMs, ...known });
    await counter.flush();
    const samples = await lastRefusals(store, tenantId, { fromMs: START, toMs: START + 3_600_000 });
    expect(samples.map((sample) => sample.requestId)).toEqual(all.map((each) => each.requestId).toReversed().slice(0, 20));
    expect(samples[0]).toEqual({ requestId: all[44]?.requestId, at: new Date(START + 44 * 30_000).toISOString(), keyId: null, code: 'rate_limit_exceeded', status: 429, route: '/v1/chat/completions', dialect: 'openai-chat', requestedModel: 'm-44' });
    expect((await lastRefusals(store, undefined, { fromMs: START, toMs: START + 3_600_000 })).map((sample) => sample.requestId)).toEqual([requestId]);
    expect(await countsOf(store, undefined, START, START)).toEqual({ '0 unknown invalid_api_key': 1 });
    expect((await lastRefusals(store, tenantId, { fromMs: START, toMs: START + 60_000 })).length).toBeLessThanOrEqual(3);
  });

  test('very many keys and codes at once are written whole', async () => {
    const store = open();
    const tenantId = newTenant();
    const counter = counterOn(store);
    for (let i = 0; i < 300; i += 1) for (let times = 0; times <= i % 3; times += 1) counter.note(refused(START, { tenantId, keyId: `KEY${String(i).padStart(9, '0')}` }));
    await counter.flush();
    const counts = Object.values(await countsOf(store, tenantId, START, START));
    expect([counts.length, counts.reduce((sum, count) => sum + count, 0)]).toEqual([300, 600]);
  });
}

describe('refusals on SQLite', () => {
  let temp: TempStore;
  beforeAll(async () => { temp = await tempStore(); });
  afterAll(() => temp.cleanup());
  suite(() => temp.store);

  test('a flood costs one write a second', async () => {
    const store = countingStore(temp.store);
    const counter = counterOn(store);
    const tenantId = newTenant();
    for (let i = 0; i < 20_000; i += 1) {
      counter.time.ms += 0.5;
      counter.note(refused(START, { tenantId, keyId: 'AAAAAAAAAAAA' }));
      await counter.flushIfDue();
    }
    expect(store.writes.length).toBeLessThanOrEqual(10);
    expect(store.writes.length).toBeGreaterThanOrEqual(9);
    await counter.flush();
    expect(await countsOf(temp.store, tenantId, START, START)).toEqual({ '0 AAAAAAAAAAAA rate_limit_exceeded': 20_000 });
  });

  test('by itself it writes within about a second, and again when there is more', async () => {
    const tenantId = newTenant();
    const counter = openRefusalCounter({ store: temp.store, clock: { now: Date.now, elapsed: () => performance.now() }, random: () => 0, timer: true });
    for (const expected of [1, 2]) {
      counter.note(refused(START, { tenantId }));
      const until = Date.now() + 10_000;
      let counts = {};
      do {
        await new Promise((resolve) => { setTimeout(resolve, 50); });
        counts = await countsOf(temp.store, tenantId, START, START);
      } while (JSON.stringify(counts) !== JSON.stringify({ '0 unknown rate_limit_exceeded': expected }) && Date.now() < until);
      expect(counts).toEqual({ '0 unknown rate_limit_exceeded': expected });
    }
  });

  test('what a store that is away does not take is written when it is back; more than there is room for is told', async () => {
    const control = stallableStore();
    let lost = 0;
    const counter = counterOn(control.wrap(temp.store), { lost: (count) => { lost += count; } });
    const tenantId = newTenant();
    control.away = true;
    for (let i = 0; i < 6_000; i += 1) {
      counter.note(refused(START, { tenantId, keyId: `KEY${String(i % 5_500).padStart(9, '0')}` }));
      if (i % 1_000 === 0) await counter.flush();
    }
    await counter.flush();
    control.away = false;
    await counter.flush();
    const counts = Object.values(await countsOf(temp.store, tenantId, START, START));
    expect(counts.length).toBe(5_000);
    expect(counts.reduce((sum, count) => sum + count, 0) + lost).toBe(6_000);
    expect(lost).toBe(500);
  });

  test('an item that takes no more is given up, not tried for ever', async () => {
    let lost = 0;
    const full: Store = { ...temp.store, write: async () => { throw new StoreError('invalid', 'the item is larger than 400 KB'); } };
    const counter = counterOn(full, { lost: (count) => { lost += count; } });
    counter.note(refused(START, { tenantId: newTenant() }));
    await counter.flush();
    expect(lost).toBe(1);
  });

  test('a sample never holds a secret, a sentence or a line end where a model belongs', async () => {
    const counter = counterOn(temp.store);
    const tenantId = newTenant();
    const texts = ['bsg_live_AAAAAAAAAAAA_secret', 'sk-proj-abc', 'what is the capital of France', 'a\nb', 'x'.repeat(129), 'bsga_0000'];
    for (const [i, requestedModel] of [...texts, 'gpt-4o', 'openrouter/a:free'].entries()) counter.note(refused(START + i, { tenantId, requestedModel }));
    await counter.flush();
    expect((await lastRefusals(temp.store, tenantId, { fromMs: START, toMs: START + 60_000 })).map(({ requestedModel }) => requestedModel)).toEqual(['openrouter/a:free', 'gpt-4o', ...texts.map(() => null)]);
  });
});

needs('java')('refusals on DynamoDB', () => {
  let dynamo: DynamoDbLocal;
  let store: Store;
  beforeAll(async () => {
    dynamo = await startDynamoDbLocal();
    store = openDynamoStore({ client: dynamo.newClient(), tableNames: dynamo.tableNames });
  }, 60_000);
  afterAll(async () => {
    await store.close();
    await dynamo.stop();
  });
  suite(() => store);
});
