import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { getTenant, putTenant, type TenantRecord } from '../../functions/adapters/store/tenants.ts';
import { call } from '../support/call.ts';
import { figure, percentile } from '../support/figure.ts';
import { full } from '../support/full.ts';
import { addTenant, testGateway, type TestGateway } from '../support/gateway.ts';
import { chatEvents, json, scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';

let gateway: TestGateway;
let upstream: ScriptedUpstream;
const answer = { id: 'c', object: 'chat.completion', created: 1, model: 'up', choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }], usage: { prompt_tokens: 100, completion_tokens: 50, total_tokens: 150 } };
beforeEach(async () => {
  upstream = await scriptedUpstream((_received, response) => json(response, 200, answer));
  gateway = await testGateway();
  await gateway.addModel({ id: 'm', baseUrl: upstream.baseUrl, price: { input: 10, output: 10 }, facts: { maxOutput: 1_000 } });
});
afterEach(async () => {
  await gateway.close();
  await upstream.close();
});

async function set(change: Partial<TenantRecord>): Promise<void> {
  const tenant = await getTenant(gateway.edition.store, 'default');
  if (tenant === undefined) throw new Error('no tenant');
  await putTenant(gateway.edition.store, { ...tenant, ...change }, tenant.version);
  gateway.edition.caches.invalidate();
}
const ask = (key: string, path = '/v1/chat/completions') => call(gateway.origin, path, { key, body: { model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'x' }] } });

describe('what the keys of a tenant share', () => {
  test('a used-up budget refuses every key of the tenant in the caller\'s dialect, with the time to wait, and no other tenant', async () => {
    // One request costs 1,500 micro-USD and holds somewhat more while it runs.
    await set({ dailyUsd: 0.005 });
    const keys = [await gateway.addKey({ rpm: null, tpm: null }), await gateway.addKey({ rpm: null, tpm: null })];
    const statuses: number[] = [];
    for (let n = 0; n < 8; n += 1) statuses.push((await ask(keys[n % 2]?.key ?? '')).status);
    expect([statuses[0], statuses.at(-1)]).toEqual([200, 429]);
    const spent = (await gateway.ledgerAll()).reduce((sum, { costMicros }) => sum + (costMicros ?? 0), 0);
    expect(spent).toBeLessThanOrEqual(5_000);
    for (const { key } of keys) {
      const refused = await ask(key);
      expect([refused.status, refused.json['error']]).toEqual([429, { type: 'budget_exceeded', code: 'budget_exceeded', message: expect.stringContaining('The budget of this organisation is used up.'), retry_after: expect.any(Number) }]);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await ask(key, '/v1/messages')).json).toMatchObject({ type: 'error', error: { type: 'rate_limit_error' } });
    }
  });

  test('a budget that only warns refuses nobody', async () => {
    await set({ dailyUsd: 0.000001, budgetAction: 'warn' });
    expect((await ask(gateway.key)).status).toBe(200);
  });

  test('a request is cut to what the budget still pays for, and says so', async () => {
    await set({ dailyUsd: 0.007 });
    const { status, headers } = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: { model: 'm', messages: [{ role: 'user', content: 'x' }] } });
    expect([status, headers.get('x-bsg-translation')]).toEqual([200, 'clamped=max_tokens']);
    expect(Number(upstream.received.at(-1)?.body['max_tokens'])).toBeLessThan(1_000);
  });

  test('a raised budget counts at once', async () => {
    await set({ dailyUsd: 0.000001 });
    expect((await ask(gateway.key)).status).toBe(429);
    await set({ dailyUsd: 1 });
    await new Promise((resolve) => { setTimeout(resolve, 1_050); });
    expect((await ask(gateway.key)).status).toBe(200);
  });

  test('guarantee G6: at most so many of its requests are with upstreams at once, over all keys; another tenant is served meanwhile', async () => {
    const [asked, cap] = [full(2_000, 400), 50];
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => { release = resolve; });
    upstream.script(async (_received, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const [first = '', ...rest] = chatEvents(['held', ' and let go']);
      response.write(first);
      await gate;
      response.end(rest.join(''));
    });
    await set({ maxParallel: cap });
    await addTenant(gateway.edition, 'other');
    const other = await scriptedUpstream((_received, response) => json(response, 200, answer));
    await gateway.addModel({ id: 'm', baseUrl: other.baseUrl }, 'other');
    const keys = await Promise.all(Array.from({ length: 4 }, () => gateway.addKey({ rpm: null, tpm: null })));
    const stranger = await gateway.addKey({ rpm: null, tpm: null }, 'other');
    const served = async (): Promise<number> => {
      const before = performance.now();
      expect((await ask(stranger.key)).status).toBe(200);
      return performance.now() - before;
    };
    const [alone, beside, after]: [number[], number[], number[]] = [[], [], []];
    for (let n = 0; n < 100; n += 1) alone.push(await served());
    const seen = { refused: 0 };
    const allButCap = (): boolean => seen.refused >= asked - cap;
    const all = Array.from({ length: asked }, (_, i) => call(gateway.origin, '/v1/chat/completions', { key: keys[i % 4]?.key ?? '', body: { model: 'm', stream: true, max_tokens: 100, messages: [{ role: 'user', content: 'x' }] } })
      .then((one) => { if (one.status === 429) seen.refused += 1; return one; }));
    for (let waits = 0; !allButCap() && waits < 600; waits += 1) await new Promise((resolve) => { setTimeout(resolve, 50); });
    expect(seen.refused).toBe(asked - cap);
    expect(upstream.received).toHaveLength(cap);
    // While all of them are held another tenant is served as if it were alone.
    for (let n = 0; n < 100; n += 1) beside.push(await served());
    release();
    expect((await Promise.all(all)).filter(({ status }) => status === 200)).toHaveLength(cap);
    // Alone again: a machine that others slow down is slow around the measurement as well.
    for (let n = 0; n < 100; n += 1) after.push(await served());
    expect(percentile(beside, 50)).toBeLessThan(Math.max(10, 1.5 * percentile(alone, 50), 1.5 * percentile(after, 50)));
    // Their places are free again.
    upstream.script((_received, response) => json(response, 200, answer));
    expect((await ask(keys[0]?.key ?? '')).status).toBe(200);
    await other.close();
    figure('G6', `${asked.toLocaleString('en')} streams at once over 4 keys, limit ${cap}: ${cap} upstream; another tenant meanwhile: p50 ${percentile(beside, 50).toFixed(1)} ms (${percentile(alone, 50).toFixed(1)} ms alone)`);
  }, 90_000);
});
