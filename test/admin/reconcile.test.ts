import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ulid } from 'ulidx';
import { ledgerOp } from '../../functions/adapters/store/ledger.ts';
import { limiterKey } from '../../functions/adapters/store/limiter.ts';
import { holdOverhead, spendOverhead } from '../../functions/adapters/store/overhead.ts';
import type { Op } from '../../functions/adapters/store/port.ts';
import { getTenant, type TenantRecord } from '../../functions/adapters/store/tenants.ts';
import { reconcile, type Reconciled } from '../../functions/admin/reconcile.ts';
import { call } from '../support/call.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { chatEvents, json, scriptedUpstream, sse, type ScriptedUpstream } from '../support/scripted-upstream.ts';

let gateway: TestGateway;
let upstream: ScriptedUpstream;
let keyId: string;
let key: string;
beforeEach(async () => {
  upstream = await scriptedUpstream((_received, response) => json(response, 200, { id: 'c', object: 'chat.completion', created: 1, model: 'up', choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }], usage: { prompt_tokens: 100, completion_tokens: 50, total_tokens: 150 } }));
  gateway = await testGateway();
  await gateway.addModel({ id: 'm', baseUrl: upstream.baseUrl, price: { input: 3, output: 7 } });
  const made = await gateway.addKey({ rpm: null, tpm: null, dailyUsd: 100 });
  [key, keyId] = [made.key, made.record.keyId];
});
afterEach(async () => {
  await gateway.close();
  await upstream.close();
});

const tenant = async (): Promise<TenantRecord> => {
  const record = await getTenant(gateway.edition.store, 'default');
  if (record === undefined) throw new Error('no tenant');
  return record;
};
const check = async (): Promise<Reconciled> => reconcile(gateway.edition.store, await tenant(), Date.now());
const ask = (stream = false) => call(gateway.origin, '/v1/chat/completions', { key, body: { model: 'm', stream, messages: [{ role: 'user', content: 'x' }] } });
const settle = async (count: number): Promise<void> => { while ((await gateway.ledgerAll()).length < count) await new Promise((resolve) => { setTimeout(resolve, 5); }); };
const tamper = async (change: (at: { readonly table: 'usage'; readonly pk: string; readonly sk: string }) => Op): Promise<void> => { await gateway.edition.store.write([change(limiterKey('default', keyId) as never)]); };

describe('reconciliation', () => {
  test('agrees after traffic, whole and streamed, and with nothing at all', async () => {
    expect(await check()).toEqual({ keys: 2, requests: 0, open: 0, differences: [] });
    await Promise.all(Array.from({ length: 20 }, () => ask()));
    upstream.script((_received, response) => sse(response, chatEvents(['hi'])));
    await Promise.all(Array.from({ length: 10 }, () => ask(true)));
    await settle(30);
    expect(await check()).toEqual({ keys: 2, requests: 30, open: 0, differences: [] });
  });

  test('agrees in the midst of requests, whose reservations count', async () => {
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => { release = resolve; });
    upstream.script(async (_received, response) => { await gate; json(response, 500, {}); });
    const waiting = Array.from({ length: 5 }, () => ask());
    while (upstream.received.length < 5) await new Promise((resolve) => { setTimeout(resolve, 5); });
    expect(await check()).toEqual({ keys: 2, requests: 0, open: 5, differences: [] });
    release();
    await Promise.all(waiting);
  });

  test('agrees while requests come and go', async () => {
    const going = new AbortController();
    const traffic = Promise.all(Array.from({ length: 4 }, async () => { while (!going.signal.aborted) await ask(); }));
    for (let n = 0; n < 10; n += 1) expect((await check()).differences).toEqual([]);
    going.abort();
    await traffic;
  });

  test('names what was taken, added, forgotten or left open', async () => {
    await Promise.all(Array.from({ length: 4 }, () => ask()));
    await settle(4);
    const [entry] = await gateway.ledgerAll();
    if (entry === undefined) throw new Error('no entry');
    const cost = entry.costMicros ?? 0;
    const spent = 4 * cost;
    expect(cost).toBe(100 * 3 + 50 * 7);
    await tamper((update) => ({ update, add: { dayMicros: -1 } }));
    expect((await check()).differences).toEqual([{ keyId, what: 'dayMicros', counted: spent - 1, expected: spent }]);
    await tamper((update) => ({ update, add: { dayMicros: 1, open: 1 } }));
    expect((await check()).differences).toEqual([{ keyId, what: 'open', counted: 1, expected: 0 }]);
    await tamper((update) => ({ update, add: { open: -1, rqSum: 2 } }));
    expect((await check()).differences).toEqual([{ keyId, what: 'requests in the window', counted: 6, expected: 4 }]);
    await tamper((update) => ({ update, add: { rqSum: -2 } }));
    // A row that nobody counted: money that a budget does not know of.
    await gateway.edition.store.write([ledgerOp('default', { ...entry, requestId: `${entry.requestId.slice(0, -4)}ZZZZ` })]);
    expect((await check()).differences).toEqual([{ keyId, what: 'dayMicros', counted: spent, expected: spent + cost }, { keyId, what: 'monthMicros', counted: spent, expected: spent + cost }]);
  });
});

describe('reconciliation of shadow judging', () => {
  const row = (micros: number, ms = Date.now()) => ({ id: ulid(ms), requestId: ulid(ms), dims: [], day: new Date(ms).toISOString().slice(0, 10), micros });

  test('agrees with what is held and with what was spent, today and yesterday, and tells a counter that is not its rows', async () => {
    const { store } = gateway.edition;
    const [today, yesterday] = [row(500), row(300, Date.now() - 86_400_000)];
    for (const each of [today, yesterday, row(700)]) expect(await holdOverhead(store, 'default', each, 1e6)).toBe(true);
    await spendOverhead(store, 'default', today, 200);
    expect((await check()).differences).toEqual([]);
    await store.write([{ update: { table: 'usage', pk: 'T#default#SHADOW', sk: today.day }, add: { micros: 5 } }]);
    expect((await check()).differences).toEqual([{ keyId: null, what: `shadow judging of ${today.day}`, counted: 905, expected: 900 }]);
  });
});
