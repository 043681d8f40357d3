import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Clock } from '../../functions/core/clock.ts';
import { jsonLog } from '../../functions/adapters/observe/log.ts';
import { openAccounts } from '../../functions/adapters/store/accounts.ts';
import { StoreError } from '../../functions/adapters/store/port.ts';
import { resilientAccounts } from '../../functions/adapters/store/resilient-accounts.ts';
import { reconcile } from '../../functions/admin/reconcile.ts';
import { listTenants } from '../../functions/adapters/store/tenants.ts';
import { newBootId, openEdition } from '../../infra/local/edition.ts';
import { limiterItem, openLeases, testKey, wishOf } from '../support/accounts.ts';
import { fileSpool, layeredSpool, memorySpool, type Spooled } from '../../functions/adapters/store/spool.ts';
import { call, chat } from '../support/call.ts';
import { figure } from '../support/figure.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { chatEvents, sayHello, scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';
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
const expectBooksToBalance = async (): Promise<void> => {
  const [tenant] = await listTenants(gateway.edition.store);
  if (tenant === undefined) throw new Error('there is no tenant');
  expect((await reconcile(gateway.edition.store, tenant, nowMs)).differences).toEqual([]);
};
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

  test('a request that was admitted before the store went is settled after it came back, and its lease ends with it', async () => {
    const { key, record } = await gateway.addKey({ rpm: 10, monthlyUsd: 5, maxParallel: 1 });
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
    expect(openLeases(await limiterItem(gateway.edition.store, record))).toEqual([]);
    await expectBooksToBalance();
    // Its one place at once is free again.
    upstream.script(sayHello);
    expect((await ask(key)).status).toBe(200);
    nowMs += 600_000 + 61_000;
    expect(await gateway.edition.sweepExpired()).toBe(0);
    expect((await gateway.ledgerAll()).filter(({ requestId }) => requestId === entry.requestId)).toEqual([entry]);
  });

  test('what was served without the store is in the counters afterwards, each request once', async () => {
    const { key, record } = await gateway.addKey({ rpm: null, tpm: null });
    const { key: fresh } = await gateway.addKey({ rpm: null, tpm: null });
    await ask(key);
    await ask(fresh);
    store.away = true;
    for (const caller of [key, fresh, key]) expect((await ask(caller)).status).toBe(200);
    store.away = false;
    expect(await gateway.edition.recoverSpool()).toBe(3);
    expect(await gateway.edition.recoverSpool()).toBe(0);
    const rows = (await gateway.ledgerAll()).filter(({ keyId }) => keyId === record.keyId);
    expect(rows.length).toBe(3);
    expect((await limiterItem(gateway.edition.store, record))['monthMicros']).toBe(rows.reduce((sum, { costMicros }) => sum + (costMicros ?? 0), 0));
    await expectBooksToBalance();
  });

  test('what is served without the store counts on the day on which it was served', async () => {
    const { key, record } = await gateway.addKey({ rpm: null, tpm: null });
    nowMs = Math.ceil(nowMs / 86_400_000) * 86_400_000 - 60_000;
    await ask(key);
    await ask(key);
    store.away = true;
    await ask(key);
    nowMs += 90_000;
    await ask(key);
    store.away = false;
    expect(await gateway.edition.recoverSpool()).toBe(2);
    const rows = (await gateway.ledgerAll()).filter(({ keyId }) => keyId === record.keyId);
    const cost = rows[0]?.costMicros ?? 0;
    expect([rows.length, cost > 0]).toEqual([4, true]);
    expect(await limiterItem(gateway.edition.store, record)).toMatchObject({ day: new Date(nowMs).toISOString().slice(0, 10), dayMicros: cost, open: 0 });
    await expectBooksToBalance();
  });

  test('a process that dies while it serves without the store leaves an entry for each request, and only one', async () => {
    const { key, record } = await gateway.addKey({ rpm: null, tpm: null });
    await ask(key);
    let release = (): void => {};
    upstream.script(async (_received, response) => {
      const [first = '', ...rest] = chatEvents(['Hel', 'lo']);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`${first}${rest[0]}`);
      await new Promise<void>((resolve) => { release = resolve; });
      response.end(rest.slice(1).join(''));
    });
    store.away = true;
    const response = await fetch(`${gateway.origin}/v1/chat/completions`, { method: 'POST', headers: { 'authorization': `Bearer ${key}`, 'content-type': 'application/json' }, body: JSON.stringify(chat('cheap', { stream: true })) });
    const reader = response.body?.getReader();
    expect((await reader?.read())?.value?.length).toBeGreaterThan(0);
    const requestId = response.headers.get('x-request-id') ?? '';
    store.away = false;
    // Its own process knows that it is still running.
    expect(await gateway.edition.recoverSpool()).toBe(0);
    // The next one, on the same folder, can only know that it was begun.
    const next = await openEdition({ store: gateway.edition.store, keys: gateway.keys, allowHosts: [], log: jsonLog(() => {}, Date.now), bootId: newBootId(), spoolFile: gateway.spoolFile, clock });
    expect(await next.recoverSpool()).toBe(1);
    expect((await gateway.ledgerAll()).filter((row) => row.requestId === requestId)).toMatchObject([{ keyId: record.keyId, usage: 'estimated', finish: { unified: 'upstream_truncated' }, servedModel: 'cheap' }]);
    await expectBooksToBalance();
    release();
    while ((await reader?.read())?.done === false) { /* to its end */ }
    await gateway.edition.recoverSpool();
    expect((await gateway.ledgerAll()).filter((row) => row.requestId === requestId).length).toBe(1);
    await expectBooksToBalance();
  });

  test('while not even that can be written down, what is served waits in memory and is in the ledger once', async () => {
    const { key, record } = await gateway.addKey({ rpm: null, tpm: null });
    await ask(key);
    // A name that leads nowhere: no file can be made of it.
    symlinkSync(join(gateway.spoolFile, '..', 'nowhere', 'spool'), gateway.spoolFile);
    store.away = true;
    expect((await ask(key)).status).toBe(200);
    unlinkSync(gateway.spoolFile);
    store.away = false;
    expect(await gateway.edition.recoverSpool()).toBe(1);
    expect((await gateway.ledgerAll()).filter(({ keyId }) => keyId === record.keyId)).toMatchObject([{ usage: 'measured' }, { usage: 'measured' }]);
    await expectBooksToBalance();
  });

  test('nobody is admitted without the store where neither a beginning nor a settlement could be kept', async () => {
    const away = stallableStore();
    const [broken, owner, log] = [away.wrap(gateway.edition.store), 'boot', jsonLog(() => {}, Date.now)];
    const accounts = resilientAccounts({ accounts: openAccounts({ store: broken, clock, owner, random: () => 0.5 }), store: broken, clock, owner, log, spool: fileSpool(dirname(gateway.spoolFile)) });
    away.away = true;
    await expect(accounts.reserve(wishOf(testKey({ rpm: 10 })))).rejects.toMatchObject({ kind: 'unavailable' });
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

  test('a record that the store will never take is said to be lost, and what came after it is written', async () => {
    const { record: key } = await gateway.addKey();
    const spool = memorySpool();
    const logs: string[] = [];
    const booked: string[] = [];
    const accounts = {
      ...openAccounts({ store: gateway.edition.store, clock, random: Math.random, owner: 'p' }),
      async book(_key: unknown, _timezone: string, { requestId }: Spooled['entry']) {
        if (requestId === 'bad') throw new StoreError('invalid', 'the item is larger than 400 KB');
        booked.push(requestId);
      },
    };
    const resilient = resilientAccounts({ accounts, store: gateway.edition.store, spool, clock, owner: 'p', log: jsonLog((line) => logs.push(line), Date.now) });
    for (const id of ['first', 'bad', 'last']) spool.append({ tenantId: 'default', entry: { requestId: id, keyId: key.keyId } as Spooled['entry'] });
    expect(await resilient.recover()).toBe(2);
    expect([booked, spool.isEmpty, logs.filter((line) => line.includes('settlement lost') && line.includes('bad')).length]).toEqual([['first', 'last'], true, 1]);
  });

  test('a batch that was taken by a process that died is taken again; half a line at the end is left out', () => {
    const path = join(dir, 'spool.jsonl');
    fileSpool(path).append(record('a'));
    fileSpool(path).take();
    expect(fileSpool(path).take().records).toEqual([record('a')]);
    writeFileSync(`${path}.taken`, `${readFileSync(`${path}.taken`, 'utf8')}{"tenantId":"t","ent`);
    expect(fileSpool(path).take().records).toEqual([record('a')]);
  });

  test('what came after a process died is taken together with what it had taken, half a line between them notwithstanding', () => {
    const path = join(dir, 'spool.jsonl');
    fileSpool(path).append(record('a'));
    fileSpool(path).take();
    appendFileSync(`${path}.taken`, '{"tenantId":"t","ent');
    fileSpool(path).append(record('b'));
    const { records, done } = fileSpool(path).take();
    expect(records).toEqual([record('a'), record('b')]);
    done();
    expect(fileSpool(path).isEmpty).toBe(true);
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
