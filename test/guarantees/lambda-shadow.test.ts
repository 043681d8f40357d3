import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { listEvidence } from '../../functions/adapters/store/evidence.ts';
import { putPlan } from '../../functions/adapters/store/evidence-plan.ts';
import { getLedgerEntry } from '../../functions/adapters/store/ledger.ts';
import { putModel, listModels } from '../../functions/adapters/store/models.ts';
import { readOverhead, type OverheadRow } from '../../functions/adapters/store/overhead.ts';
import { saveRouting } from '../../functions/adapters/store/routing.ts';
import { routing } from '../../functions/contract/routing.ts';
import { chat } from '../support/call.ts';
import { lambdaWorld, type LambdaWorld } from '../support/lambda-world.ts';
import { needs } from '../support/optional.ts';
import { proxyEvent, type Invocation, type Runtime } from '../support/runtime-api.ts';
import { scriptedJudge } from '../support/scripted-judge.ts';
import { sayHello, scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';

needs('java')('learning from answers in a Lambda function', () => {
  let world: LambdaWorld;
  let upstream: ScriptedUpstream;
  let judge: Awaited<ReturnType<typeof scriptedJudge>>;
  let runtime: Runtime;
  let key = '';
  const send = (body: unknown, timeoutMs: number, path = '/v1/chat/completions'): Invocation => runtime.invoke(proxyEvent('POST', path, { headers: { Authorization: `Bearer ${key}` }, body }), { timeoutMs });
  const idOf = async (call: Invocation): Promise<string> => (await call.prelude).headers['x-request-id'] ?? '';
  const overhead = async (): Promise<OverheadRow[]> => {
    const rows: OverheadRow[] = [];
    for await (const row of readOverhead(world.store, 'default', Date.now() - 86_400_000, Date.now() + 60_000)) rows.push(row);
    return rows;
  };
  /** Resolves with false once a second model is asked. */
  const asksAgain = async (): Promise<boolean> => {
    while (upstream.received.length < 2) await new Promise((resolve) => { setTimeout(resolve, 5).unref(); });
    return false;
  };
  const labels = async (): Promise<number> => (await listEvidence(world.store, 'default', Date.now(), { limit: 100 })).items.reduce((sum, cell) => sum + cell.labels, 0);

  beforeAll(async () => {
    [world, upstream, judge] = await Promise.all([lambdaWorld(), scriptedUpstream(), scriptedJudge(() => 1)]);
    for (const [id, usd] of [['cheap', 10], ['strong', 1_000], ['judge', 100]] as const) {
      await world.addModel({ id, baseUrl: id === 'judge' ? judge.baseUrl : upstream.baseUrl });
      const model = (await listModels(world.store, 'default')).find((one) => one.id === id);
      if (model !== undefined) await putModel(world.store, { ...model, price: { input: usd, output: 2 * usd }, maxOutputTokens: 500 }, 1);
    }
    await saveRouting(world.store, 'default', routing.parse({ auto: { strategy: 'static', judgeModel: 'judge', tiers: { simple: ['cheap'], moderate: ['cheap'], complex: ['strong'] }, agentFloor: null, shadow: { enabled: true, dailyUsd: 100 } } }), 0, { at: new Date().toISOString(), author: 'test' });
    ({ key } = await world.addKey());
    runtime = await world.start('gateway', 'gateway', { ALLOW_UPSTREAMS: `127.0.0.1:${upstream.port},127.0.0.1:${judge.port}` });
    await runtime.idle();
    const probe = send(chat('auto'), 60_000);
    await probe.text();
    const requestId = await idOf(probe);
    await runtime.idle();
    const entry = await getLedgerEntry(world.store, 'default', requestId);
    const templateKey = entry?.decision?.template?.key ?? '';
    const at = new Date().toISOString();
    await putPlan(world.store, 'default', {
      version: 0, decidedAt: at, baseline: 'strong', labels: 900, eps: 0.1, certified: null,
      assignments: { [templateKey]: { model: 'cheap', n: 500, mean: 0, se: 0.001, why: 'certified', since: at } },
      templates: { [templateKey]: { labels: 500, perDay: 1, models: [{ model: 'cheap', n: 500, mean: 0, se: 0.001, share: 1 }] } },
    }, undefined);
    await runtime.kill();
    runtime = await world.start('gateway', 'gateway', { ALLOW_UPSTREAMS: `127.0.0.1:${upstream.port},127.0.0.1:${judge.port}` });
    // The plan is read in the background of the first request that may be compared.
    await send(chat('auto'), 120_000).text();
    await runtime.idle();
  }, 120_000);
  afterAll(async () => {
    await Promise.all([world?.close(), upstream?.close(), judge?.close()]);
  });

  for (const stream of [false, true]) {
    test(`the caller has its whole answer (stream: ${stream}) while the comparison still runs, in the same invocation, which ends with the label written`, async () => {
      // One in ten times not the answer but the judge is judged, which asks no other model.
      for (let tries = 0; ; tries += 1) {
        expect(tries).toBeLessThan(20);
        const gate = Promise.withResolvers<void>();
        upstream.script(async (received, response) => {
          if (received.body['model'] === 'up-model' && received.headers['authorization'] !== undefined && upstream.received.length > 1) await gate.promise;
          await sayHello(received, response);
        });
        upstream.received.length = 0;
        const before = await labels();
        const call = send(chat('auto', { stream }), 120_000);
        const text = await call.text();
        expect(text).toContain(stream ? '[DONE]' : 'Hello');
        expect(await call.finished).toEqual({ errorType: undefined });
        const requestId = await idOf(call);
        expect(await getLedgerEntry(world.store, 'default', requestId)).toMatchObject({ status: 200, overheadMicros: 0, servedModel: 'cheap' });
        const idle = runtime.idle();
        if (await Promise.race([idle.then(() => true), asksAgain()])) continue;
        expect(await labels()).toBe(before);
        gate.resolve();
        await idle;
        expect(await labels()).toBe(before + 1);
        expect((await overhead()).filter((row) => row.requestId === requestId)).toMatchObject([{ state: 'spent' }]);
        return;
      }
    }, 60_000);
  }

  test('with 90 s or less to live nothing is compared', async () => {
    upstream.script(sayHello);
    const [before, asked] = [await overhead(), judge.received.length];
    for (let turn = 0; turn < 5; turn += 1) {
      await send(chat('auto'), 90_000).text();
      await runtime.idle();
    }
    expect([await overhead(), judge.received.length]).toEqual([before, asked]);
  });

  test('feedback with a low rating is answered at once and its veto written in the same invocation', async () => {
    upstream.script(sayHello);
    const call = send(chat('auto'), 60_000);
    await call.text();
    const requestId = await idOf(call);
    await runtime.idle();
    const rating = send({ request_id: requestId, rating: 'down' }, 60_000, '/v1/feedback');
    expect([await rating.text(), (await rating.prelude).statusCode]).toEqual(['{}', 202]);
    await runtime.idle();
    expect((await getLedgerEntry(world.store, 'default', requestId))?.feedback).toMatchObject({ rating: 'down' });
    const { rows } = await world.store.query({ table: 'usage', pk: 'T#default#EVIDENCE-VETO', limit: 10 });
    expect(rows.map(({ item }) => item['count'])).toEqual([1]);
  });
});
