import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Clock } from '../../functions/core/clock.ts';
import { fileSpool, layeredSpool, memorySpool, type Spooled } from '../../functions/adapters/store/spool.ts';
import { call, chat } from '../support/call.ts';
import { figure } from '../support/figure.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';
import { stallableStore, type StallableStore } from '../support/stallable-store.ts';

let nowMs = 0;
const clock: Clock = { now: () => nowMs, elapsed: () => performance.now() };
let gateway: TestGateway;
let upstream: ScriptedUpstream;
let store: StallableStore;
beforeEach(async () => {
  nowMs = Date.now();
  store = stallableStore();
  upstream = await scriptedUpstream();
  gateway = await testGateway({ clock, store: store.wrap });
  await gateway.addModel({ id: 'cheap', baseUrl: upstream.baseUrl, price: { input: 1, output: 2 } });
});
afterEach(async () => {
  store.away = false;
  await gateway.close();
  await upstream.close();
});
const ask = (key: string, extra: object = {}) => call(gateway.origin, '/v1/chat/completions', { key, body: chat('cheap', extra) });

describe('guarantee C7: the store is down for 60 s', () => {
  test('keys with a budget are refused, others served up to their limit here, and every answer is in the ledger afterwards', async () => {
    const { key: free } = await gateway.addKey({ rpm: 10, tpm: null });
    const { key: budgeted } = await gateway.addKey({ rpm: 1000, monthlyUsd: 5 });
    const { key: warned } = await gateway.addKey({ rpm: 1000, monthlyUsd: 5, budgetAction: 'warn' });
    for (const key of [free, budgeted, warned]) expect((await ask(key)).status).toBe(200);
    nowMs += 61_000;
    for (const key of [free, budgeted, warned]) expect((await ask(key)).status).toBe(200);
    const before = (await gateway.ledgerAll()).length;
    store.away = true;
    const served: string[] = [];
    for (let second = 0; second < 60; second += 4) {
      const answer = await ask(free);
      if (answer.status === 200) served.push(answer.headers.get('x-request-id') ?? '');
      else expect(answer).toMatchObject({ status: 429, json: { error: { code: 'rate_limit_exceeded' } } });
      const refused = await ask(budgeted);
      expect(refused).toMatchObject({ status: 503, json: { error: { code: 'store_unavailable' } } });
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      nowMs += 4_000;
    }
    expect(served.length).toBe(10);
    const other = await ask(warned);
    expect(other.status).toBe(200);
    store.away = false;
    nowMs += 1_001;
    expect((await ask(budgeted)).status).toBe(200);
    expect(await gateway.edition.recoverSpool()).toBeGreaterThanOrEqual(0);
    const ids = (await gateway.ledgerAll()).map(({ requestId }) => requestId);
    expect(ids).toEqual(expect.arrayContaining([...served, other.headers.get('x-request-id')]));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBe(before + served.length + 2);
    // Both ways to go on are counted for whoever watches.
    const metrics = gateway.edition.ports.metrics?.text('default') ?? '';
    const counted = (series: string): number => Number(metrics.split('\n').find((line) => line.startsWith(series))?.split(' ').at(-1) ?? 0);
    const [away, closed] = [counted('bsgateway_store_away_total{what="admission"}'), counted('bsgateway_refusals_total{code="store_unavailable"}')];
    expect(closed).toBe(15);
    expect(away).toBeGreaterThanOrEqual(closed + served.length + 1);
    figure('C7', `60 s down: with a budget 503, without one ${served.length} of a limit of 10, ${served.length + 2} entries and no double afterwards; served again after 1 s; metrics: ${away} admissions without the store, ${closed} of them refused`);
  });

  test('a request that was admitted before the store went is settled after it came back, and its lease ends with the sweep', async () => {
    const { key } = await gateway.addKey({ rpm: 10, monthlyUsd: 5 });
    upstream.script(async (_received, response) => {
      store.away = true;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ id: 'c', object: 'chat.completion', created: 1, model: 'm', choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }], usage: { prompt_tokens: 1000, completion_tokens: 500, total_tokens: 1500 } }));
    });
    const answer = await ask(key);
    expect(answer.status).toBe(200);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
    store.away = false;
    expect(await gateway.edition.recoverSpool()).toBe(1);
    const entry = await gateway.ledger(answer.headers.get('x-request-id') ?? '');
    expect(entry).toMatchObject({ costMicros: 2000, usage: 'measured' });
    nowMs += 600_000 + 61_000;
    expect(await gateway.edition.sweepExpired()).toBe(1);
    expect((await gateway.ledgerAll()).filter(({ requestId }) => requestId === entry.requestId)).toEqual([entry]);
  });

  test('a key that nobody knows is not let in because the store is away', async () => {
    const { key } = await gateway.addKey({ rpm: 10 });
    store.away = true;
    expect((await ask(key)).status).toBe(503);
  });

  test('what was known serves for five minutes of an outage, not longer', async () => {
    const { key } = await gateway.addKey({ rpm: 1000 });
    await ask(key);
    store.away = true;
    nowMs += 290_000;
    expect((await ask(key)).status).toBe(200);
    nowMs += 20_000;
    expect((await ask(key)).status).toBe(503);
  });
});

describe('the spool', () => {
  const record = (id: string): Spooled => ({ tenantId: 't', entry: { requestId: id } as Spooled['entry'] });
  let dir = '';
  beforeEach(() => { dir = mkdtempSync(join(tmpdir(), 'bsg-spool-')); });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  test('keeps what was appended across processes, for its owner only, and forgets it when done', () => {
    const path = join(dir, 'spool.jsonl');
    fileSpool(path).append(record('a'));
    fileSpool(path).append(record('b'));
    expect(statSync(path).mode & 0o077).toBe(0);
    const spool = fileSpool(path);
    expect(spool.isEmpty).toBe(false);
    const batch = spool.take();
    spool.append(record('c'));
    expect(batch.records).toEqual([record('a'), record('b')]);
    batch.done();
    expect(spool.isEmpty).toBe(false);
    const rest = spool.take();
    expect(rest.records).toEqual([record('c')]);
    rest.done();
    expect([spool.isEmpty, fileSpool(path).isEmpty]).toEqual([true, true]);
  });

  test('a batch that was taken by a process that died is taken again; half a line at the end is left out', () => {
    const path = join(dir, 'spool.jsonl');
    fileSpool(path).append(record('a'));
    fileSpool(path).take();
    expect(fileSpool(path).take().records).toEqual([record('a')]);
    writeFileSync(`${path}.taken`, `${readFileSync(`${path}.taken`, 'utf8')}{"tenantId":"t","ent`);
    expect(fileSpool(path).take().records).toEqual([record('a')]);
  });

  test('in memory it has a bound, room for what had begun before, and what comes while a batch is out stays', () => {
    const spool = memorySpool(2);
    spool.append(record('a'));
    const batch = spool.take();
    expect(spool.isFull).toBe(false);
    for (const id of ['b', 'c', 'd']) spool.append(record(id));
    expect(spool.isFull).toBe(true);
    expect(() => spool.append(record('e'))).toThrow();
    batch.done();
    expect(spool.take().records).toEqual([record('b'), record('c'), record('d')]);
  });

  test('what a file cannot take waits in memory, is taken with the rest, and goes to the file when that can take it', () => {
    const path = join(dir, 'spool.jsonl');
    const file = fileSpool(path);
    let isBroken = false;
    const spool = layeredSpool({ ...file, get isEmpty() { return file.isEmpty; }, append(each) { if (isBroken) throw new Error('no space'); file.append(each); } }, memorySpool(2));
    spool.append(record('a'));
    isBroken = true;
    spool.append(record('b'));
    expect([spool.isEmpty, spool.isFull, spool.persist()]).toEqual([false, false, 1]);
    spool.append(record('c'));
    expect(spool.isFull).toBe(true);
    expect(spool.take().records).toEqual([record('a'), record('b'), record('c')]);
    isBroken = false;
    expect(spool.persist()).toBe(0);
    const later = fileSpool(path);
    const found: string[] = [];
    while (!later.isEmpty) {
      const { records, done } = later.take();
      found.push(...records.map(({ entry }) => entry.requestId));
      done();
    }
    expect(found).toEqual(['a', 'b', 'c']);
  });

  test('half a line, left by a disk that was full or a process that was killed, spoils no line after it', () => {
    const path = join(dir, 'spool.jsonl');
    const spool = fileSpool(path);
    spool.append(record('a'));
    writeFileSync(path, `${readFileSync(path, 'utf8')}{"tenantId":"t","ent`);
    spool.append(record('b'));
    expect(spool.take().records).toEqual([record('a'), record('b')]);
  });
});
