import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { KeyRecord } from '../../functions/adapters/store/keys.ts';
import { limiterKey } from '../../functions/adapters/store/limiter.ts';
import { listTenants, putTenant } from '../../functions/adapters/store/tenants.ts';
import { countingStore, limiterItem } from '../support/accounts.ts';
import { call, chat } from '../support/call.ts';
import { figure } from '../support/figure.ts';
import { addTenant, testGateway, type TestGateway } from '../support/gateway.ts';
import { messageEvents, scriptedUpstream, sse, type Received, type ScriptedUpstream } from '../support/scripted-upstream.ts';
import { stallableStore } from '../support/stallable-store.ts';

/** A micro-USD a token written, nothing for tokens read: an answer is held at 1,000 and costs what it reports. */
const price = { input: 0, output: 1 };
const maxOutputTokens = 1_000;
/** With what it has written so far, as Anthropic reports it first. */
const start = (tokens: number): string => `event: message_start\ndata: ${JSON.stringify({ type: 'message_start', message: { id: 'm', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 10, output_tokens: tokens } } })}\n\n`;

const store = stallableStore();
let counted: ReturnType<typeof countingStore>;
let gateway: TestGateway;
let upstream: ScriptedUpstream;
const asked = (): unknown[] => upstream.received.map(({ body }) => body['model']);
beforeAll(async () => {
  upstream = await scriptedUpstream();
  gateway = await testGateway({ breakers: 'always-closed', store: (inner) => (counted = countingStore(store.wrap(inner))) });
  for (const id of ['first', 'second', 'third']) await gateway.addModel({ id, provider: 'anthropic', baseUrl: upstream.baseUrl, upstreamModel: id, price, maxOutputTokens });
  await gateway.addModel({ id: 'small', provider: 'anthropic', baseUrl: upstream.baseUrl, upstreamModel: 'small', price, maxOutputTokens: 100 });
  await gateway.route({ patterns: [
    { id: 'all', priority: 1, glob: 'all', target: 'model:first', fallbacks: ['second', 'third'] },
    { id: 'down', priority: 1, glob: 'down', target: 'model:first', fallbacks: ['small'] },
  ] });
});
beforeEach(() => {
  upstream.received.length = 0;
  upstream.script(answers());
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

/** The named models break off after they have reported that they wrote 900 tokens; the others write all they may. */
const answers = (broken: readonly string[] = ['first']) => ({ body }: Received, response: Parameters<typeof sse>[0]): Promise<void> => (
  broken.includes(String(body['model']))
    ? sse(response, [start(900)], { end: 'destroy' })
    : sse(response, [start(1), ...messageEvents(['Hello']).slice(1).map((event) => event.replace(/"output_tokens":\d+/, `"output_tokens":${body['max_tokens']}`))])
);
const ask = (key: string, name = 'all') => call(gateway.origin, '/v1/chat/completions', { key, body: chat(name, { stream: true }) });
/** Its answer may be there before its account is closed. */
async function settledAll(record: KeyRecord): Promise<void> {
  while (Number((await limiterItem(gateway.edition.store, record))['open']) > 0) await new Promise((resolve) => { setTimeout(resolve, 5); });
}
const spentBy = async (keyId: string): Promise<number> => (await gateway.ledgerAll()).filter((entry) => entry.keyId === keyId).reduce((sum, { costMicros }) => sum + (costMicros ?? 0), 0);

test('guarantee C4: after an attempt that may have been billed a further one needs room for both, else the caller gets the upstream\'s failure', async () => {
  for (const limitMicros of [1_000, 1_899, 1_900]) {
    upstream.received.length = 0;
    const { key, record } = await gateway.addKey({ rpm: null, tpm: null, dailyUsd: limitMicros / 1e6 });
    const answer = await ask(key);
    const fits = limitMicros === 1_900;
    expect([limitMicros, asked()]).toEqual([limitMicros, fits ? ['first', 'second'] : ['first']]);
    expect(answer).toMatchObject(fits ? { status: 200 } : { status: 502, json: { error: { code: 'upstream_error' } } });
    await settledAll(record);
    const spent = await spentBy(record.keyId);
    expect([spent, spent <= limitMicros]).toEqual([fits ? 1_900 : 900, true]);
    expect(await limiterItem(gateway.edition.store, record)).toMatchObject({ dayMicros: spent, monthMicros: spent, open: 0 });
  }
  figure('C4', 'a fallback after a billed attempt, below, at and above what the budget has room for');
});

test('guarantee C4: two billed attempts need room twice', async () => {
  upstream.script(answers(['first', 'second']));
  const { key, record } = await gateway.addKey({ rpm: null, tpm: null, monthlyUsd: 0.0028 });
  expect((await ask(key)).status).toBe(200);
  expect([asked(), await spentBy(record.keyId)]).toEqual([['first', 'second', 'third'], 2_800]);
  expect(await limiterItem(gateway.edition.store, record)).toMatchObject({ monthMicros: 2_800, open: 0 });
  upstream.received.length = 0;
  const { key: less, record: other } = await gateway.addKey({ rpm: null, tpm: null, monthlyUsd: 0.002799 });
  expect((await ask(less)).status).toBe(502);
  expect([asked(), await spentBy(other.keyId)]).toEqual([['first', 'second'], 1_800]);
});

test('guarantee C4: a further attempt that fits into what is held needs no more', async () => {
  const { key, record } = await gateway.addKey({ rpm: null, tpm: null, dailyUsd: 0.001 });
  expect((await ask(key, 'down')).status).toBe(200);
  expect([asked(), await spentBy(record.keyId)]).toEqual([['first', 'small'], 1_000]);
});

test('guarantee C4: while the store is away there is no further attempt for a key with a budget, and what was held is settled exactly', async () => {
  const { key, record } = await gateway.addKey({ rpm: null, tpm: null, dailyUsd: 1 });
  upstream.script(async (received, response) => {
    store.away = true;
    await answers()(received, response);
  });
  expect((await ask(key)).status).toBe(502);
  store.away = false;
  await gateway.edition.recoverSpool();
  expect([asked(), await spentBy(record.keyId)]).toEqual([['first'], 900]);
  expect(await limiterItem(gateway.edition.store, record)).toMatchObject({ dayMicros: 900, open: 0 });
});

test('guarantee C4: what nobody has counted is never reckoned above what the model was allowed to write', async () => {
  const { key, record } = await gateway.addKey({ rpm: null, tpm: null, dailyUsd: 0.001 });
  upstream.script((_received, response) => sse(response, [start(1), ...messageEvents(['x'.repeat(9_000)]).slice(1, 3)], { end: 'destroy' }));
  expect((await ask(key)).status).toBe(200);
  expect(await spentBy(record.keyId)).toBe(1_000);
});

test('guarantee C4: where no budget refuses, a further attempt costs no write', async () => {
  const { key, record } = await gateway.addKey({ rpm: null, tpm: null, dailyUsd: 0.001, budgetAction: 'warn' });
  counted.writes.length = 0;
  const answer = await ask(key);
  expect([answer.status, asked()]).toEqual([200, ['first', 'second']]);
  await settledAll(record);
  const own = counted.writes.flat().filter((op) => JSON.stringify(op).includes(limiterKey(record.tenantId, record.keyId).pk));
  expect(own).toHaveLength(2);
});

test('guarantee C4: the budget that a tenant\'s keys share holds a further attempt back too', async () => {
  await addTenant(gateway.edition, 'shared');
  const tenant = (await listTenants(gateway.edition.store)).find(({ tenantId }) => tenantId === 'shared');
  if (tenant === undefined) throw new Error('no tenant');
  await putTenant(gateway.edition.store, { ...tenant, dailyUsd: 0.0037, budgetAction: 'block', version: 2 }, 1);
  for (const id of ['first', 'second']) await gateway.addModel({ id, provider: 'anthropic', baseUrl: upstream.baseUrl, upstreamModel: id, price, maxOutputTokens }, 'shared');
  await gateway.route({ patterns: [{ id: 'all', priority: 1, glob: 'all', target: 'model:first', fallbacks: ['second'] }] }, 'shared');
  gateway.edition.caches.invalidate();
  const keys = [await gateway.addKey({ rpm: null, tpm: null }, 'shared'), await gateway.addKey({ rpm: null, tpm: null }, 'shared')] as const;
  const statuses: number[] = [];
  for (const { key, record } of keys) {
    statuses.push((await ask(key)).status);
    await settledAll(record);
  }
  expect([statuses, asked()]).toEqual([[200, 502], ['first', 'second', 'first']]);
  const spent = (await gateway.ledgerAll('shared')).reduce((sum, { costMicros }) => sum + (costMicros ?? 0), 0);
  expect(spent).toBe(2_800);
});
