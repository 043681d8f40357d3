import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Clock } from '../../functions/core/clock.ts';
import { openBreakers, type Breakers } from '../../functions/adapters/store/breaker.ts';
import { openDynamoStore } from '../../functions/adapters/store/dynamo.ts';
import type { Store } from '../../functions/adapters/store/port.ts';
import { StoreError } from '../../functions/adapters/store/port.ts';
import { call, chat, messages } from '../support/call.ts';
import { startDynamoDbLocal, throttled } from '../support/dynamodb-local.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { needs } from '../support/optional.ts';
import { json, messageAnswer, sayHello, scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';
import { tempStore } from '../support/store.ts';
import { figure } from '../support/figure.ts';

const TENANT = 'default';
let nowMs = Date.UTC(2026, 0, 1);
const clock: Clock = { now: () => nowMs, elapsed: () => nowMs };
const settled = async (all: readonly Breakers[]): Promise<void> => { for (const breakers of all) await breakers.settled(); };
const isOpen = (breakers: Breakers, model: string): boolean => breakers.open(TENANT).has(model);

function suite(name: string, open: () => Promise<{ store: Store; close: () => Promise<void> }>): void {
  let world: { store: Store; close: () => Promise<void> };
  let instances: Breakers[];
  beforeAll(async () => {
    world = await open();
    instances = Array.from({ length: 50 }, () => openBreakers({ store: world.store, clock }));
  }, 120_000);
  afterAll(() => world.close());

  /** What the instances do with one request each: the number that call the upstream, which answers as told. */
  async function round(model: string, outcome: 'healthy' | 'failed'): Promise<number> {
    const calling = instances.filter((breakers) => !isOpen(breakers, model) && breakers.begin(TENANT, model));
    for (const breakers of calling) breakers.ended(TENANT, model, outcome);
    await settled(instances);
    return calling.length;
  }

  test('opens within five failures, whoever sees them, and every instance knows within two seconds', async () => {
    for (let failure = 0; failure < 5; failure += 1) {
      expect(isOpen(instances[failure] as Breakers, 'm')).toBe(false);
      instances[failure]?.ended(TENANT, 'm', 'failed');
      await settled(instances);
    }
    nowMs += 1_000;
    for (const breakers of instances) breakers.open(TENANT);
    await settled(instances);
    expect(instances.filter((breakers) => !isOpen(breakers, 'm'))).toHaveLength(0);
  });

  test('exactly one probe for each half-open lease, and a failed one opens it again', async () => {
    for (let lease = 0; lease < 3; lease += 1) {
      nowMs += 2_001;
      let probes = 0;
      for (let requests = 0; requests < 4; requests += 1) {
        probes += await round('m', 'failed');
        nowMs += 100;
      }
      expect(probes).toBe(1);
    }
  });

  test('a probe whose caller left says nothing: the next request is the probe', async () => {
    nowMs += 2_001;
    for (const breakers of instances) breakers.open(TENANT);
    await settled(instances);
    const [holder] = instances.filter((breakers) => !isOpen(breakers, 'm') && breakers.begin(TENANT, 'm'));
    expect(holder).toBeDefined();
    expect(isOpen(holder as Breakers, 'm')).toBe(true);
    holder?.ended(TENANT, 'm', 'unknown');
    expect(holder?.begin(TENANT, 'm')).toBe(true);
    holder?.ended(TENANT, 'm', 'failed');
    await settled(instances);
  });

  test('closes within two seconds of a successful probe, everywhere', async () => {
    nowMs += 2_001;
    await round('m', 'healthy');
    expect(await round('m', 'healthy')).toBeGreaterThanOrEqual(1);
    nowMs += 2_000;
    for (const breakers of instances) breakers.open(TENANT);
    await settled(instances);
    expect(await round('m', 'healthy')).toBe(50);
  });

  test('failures that are spread out, and successes, open nothing', async () => {
    for (let failure = 0; failure < 12; failure += 1) {
      instances[failure]?.ended(TENANT, 'slow', 'failed');
      nowMs += 10_000;
      await settled(instances);
    }
    for (const breakers of instances) breakers.open(TENANT);
    await settled(instances);
    expect(instances.filter((breakers) => isOpen(breakers, 'slow'))).toHaveLength(0);
  });

  /** Half a minute of fifty calls a second, of which every fiftieth fails. */
  async function noise(model: string): Promise<number> {
    let opened = 0;
    for (let one = 0; one < 1_500; one += 1) {
      nowMs += 20;
      const breakers = instances[(one * 7 + Math.floor(one / 50)) % 50] as Breakers;
      if (isOpen(breakers, model)) opened += 1;
      breakers.ended(TENANT, model, one % 50 === 0 ? 'failed' : 'healthy');
      if (one % 50 === 0) await breakers.settled();
    }
    await settled(instances);
    return opened;
  }

  test('a share of faults in much traffic opens nothing, however many they are, and failing altogether opens within five failures all the same', async () => {
    expect(await noise('busy')).toBe(0);
    for (let failure = 0; failure < 5; failure += 1) {
      expect(isOpen(instances[failure * 9] as Breakers, 'busy')).toBe(false);
      nowMs += 1;
      instances[failure * 9]?.ended(TENANT, 'busy', 'failed');
      await settled(instances);
    }
    nowMs += 1_000;
    for (const breakers of instances) breakers.open(TENANT);
    await settled(instances);
    expect(instances.filter((breakers) => !isOpen(breakers, 'busy'))).toHaveLength(0);
    figure('I-3', 'two faults of a hundred in 1,500 calls of 50 instances open nothing; failing altogether opens at the fifth failure');
  });

  test('failures that are at once with many others, after healthy calls, open it as well', async () => {
    await noise('burst');
    nowMs += 1;
    for (let failure = 0; failure < 8; failure += 1) instances[failure % 3]?.ended(TENANT, 'burst', 'failed');
    await settled(instances);
    nowMs += 1_000;
    for (const breakers of instances) breakers.open(TENANT);
    await settled(instances);
    expect(instances.filter((breakers) => !isOpen(breakers, 'burst'))).toHaveLength(0);
  });

  test('every other call failing opens it, every third does not', async () => {
    for (const [model, every] of [['half', 2], ['third', 3]] as const) {
      for (let one = 0; one < 60; one += 1) {
        nowMs += 20;
        instances[0]?.ended(TENANT, model, one % every === 0 ? 'failed' : 'healthy');
        await instances[0]?.settled();
      }
    }
    expect(['half', 'third'].map((model) => isOpen(instances[0] as Breakers, model))).toEqual([true, false]);
  });

  test('another tenant\'s model of the same name has a breaker of its own', async () => {
    for (let failure = 0; failure < 5; failure += 1) instances[0]?.ended('other', 'm', 'failed');
    await settled(instances);
    expect(instances[0]?.open('other').has('m')).toBe(true);
    expect(isOpen(instances[0] as Breakers, 'm')).toBe(false);
    figure('I-3', `50 instances on ${name}: open after 5 failures, 1 probe per lease, closed everywhere 2 s after recovery`);
  });
}

describe('guarantee I-3: fifty instances share a breaker on SQLite', () => {
  suite('SQLite', async () => {
    const temp = await tempStore();
    return { store: temp.store, close: () => temp.cleanup() };
  });
});

needs('java')('guarantee I-3: fifty instances share a breaker on DynamoDB Local', () => {
  suite('DynamoDB Local', async () => {
    const dynamo = await startDynamoDbLocal();
    const store = throttled(openDynamoStore({ client: dynamo.newClient(), tableNames: dynamo.tableNames }), 32);
    return { store, close: async () => { await store.close(); await dynamo.stop(); } };
  });
});

test('guarantee I-4: with the store away every call proceeds', async () => {
  const away = async (): Promise<never> => { throw new StoreError('unavailable', 'away'); };
  const store: Store = { get: away, query: away, write: away, close: async () => {} };
  const breakers = openBreakers({ store, clock });
  for (let failure = 0; failure < 20; failure += 1) {
    expect(breakers.open(TENANT).size).toBe(0);
    expect(breakers.begin(TENANT, 'm')).toBe(true);
    breakers.ended(TENANT, 'm', 'failed');
    await breakers.settled();
    nowMs += 100;
  }
  figure('I-4', '20 calls without the store: 20 proceed');
});

describe('guarantee I-3: in the gateway', () => {
  let gateway: TestGateway;
  let bad: ScriptedUpstream;
  let good: ScriptedUpstream;
  beforeAll(async () => {
    [bad, good] = [await scriptedUpstream((_received, response) => json(response, 500, { error: { message: 'broken' } })), await scriptedUpstream()];
    gateway = await testGateway({ clock: { now: () => nowMs, elapsed: () => performance.now() } });
    await gateway.addModel({ id: 'flaky', baseUrl: bad.baseUrl, price: { input: 1, output: 2 } });
    for (const id of ['plain', 'gone']) await gateway.addModel({ id, baseUrl: bad.baseUrl, price: { input: 1, output: 2 } });
    await gateway.addModel({ id: 'claude', provider: 'anthropic', baseUrl: bad.baseUrl, price: { input: 1, output: 2 }, facts: { maxOutput: 1000 } });
    await gateway.addModel({ id: 'steady', baseUrl: good.baseUrl, price: { input: 2, output: 4 } });
    await gateway.route({ patterns: [{ id: 'p', priority: 1, glob: 'any', target: 'model:flaky', fallbacks: ['steady'] }] });
  });
  afterAll(async () => {
    await gateway.close();
    await bad.close();
    await good.close();
  });
  const ask = (model: string) => call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat(model) });

  test('a model that keeps failing is passed over, tried once, and used again when it works', async () => {
    for (let request = 0; request < 8; request += 1) expect((await ask('any')).headers.get('x-bsg-model')).toBe('steady');
    expect(bad.received).toHaveLength(5);
    const skipped = await call(gateway.origin, '/v1/route', { key: gateway.key, body: chat('any') });
    expect(skipped.json).toMatchObject({ route: ['steady'], inputs: { breakerOpen: ['flaky'] }, candidates: [{ model: 'flaky', excluded: 'breaker_open' }, { model: 'steady', excluded: null }] });
    expect((await ask('flaky'))).toMatchObject({ status: 503, json: { error: { code: 'no_healthy_model' } } });
    bad.script(sayHello);
    nowMs += 2_001;
    await ask('any');
    await gateway.edition.ports.breakers.settled();
    expect((await ask('any')).headers.get('x-bsg-model')).toBe('flaky');
    expect((await ask('any')).headers.get('x-bsg-model')).toBe('flaky');
  });

  const call404 = (message: string, param: string | null = null) => ({ error: { message, type: 'invalid_request_error', param, code: null } });
  const badCall = { id: 'c', object: 'chat.completion', created: 1, model: 'm', choices: [{ index: 0, finish_reason: 'tool_calls', message: { role: 'assistant', content: null, tool_calls: [{ id: 'x', type: 'function', function: { name: 'f', arguments: '{"a":' } }] } }] };
  test.each<[string, number, unknown, string, object, number]>([
    ['for JSON where none comes', 200, messageAnswer('No JSON today.'), '/v1/chat/completions', chat('claude', { response_format: { type: 'json_object' } }), 502],
    ['that end in tool arguments that are no JSON', 200, badCall, '/v1/messages', messages('plain'), 502],
    ['with items that the provider did not keep', 404, call404("Item with id 'rs_1' not found.", 'input'), '/v1/chat/completions', chat('plain'), 400],
    ['with files that are not there', 404, call404('No such File object: file-1'), '/v1/chat/completions', chat('plain'), 400],
    ['for a path that this server has not', 404, 'Not Found', '/v1/chat/completions', chat('plain'), 502],
  ])('a caller\'s requests %s take the model from nobody else', async (_name, upstreamStatus, answer, path, body, status) => {
    bad.script((_received, response) => json(response, upstreamStatus, answer));
    for (let request = 0; request < 7; request += 1) {
      expect((await call(gateway.origin, path, { key: gateway.key, body })).status).toBe(status);
      await gateway.edition.ports.breakers.settled();
    }
    bad.script(sayHello);
    expect((await call(gateway.origin, path, { key: gateway.key, body: path === '/v1/messages' ? messages('plain') : chat((body as { model: string }).model) })).status).toBe(200);
  });

  test('a model that its provider does not know is passed over all the same', async () => {
    bad.script((_received, response) => json(response, 404, call404('The model `gone` does not exist or you do not have access to it.')));
    for (let request = 0; request < 5; request += 1) {
      expect((await ask('gone')).status).toBe(502);
      await gateway.edition.ports.breakers.settled();
    }
    expect((await ask('gone')).status).toBe(503);
  });
});
