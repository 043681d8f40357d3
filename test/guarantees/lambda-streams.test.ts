import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decodeLease, encodeLease, leaseAttr } from '../../functions/adapters/store/lease.ts';
import { getLedgerEntry, queryLedger } from '../../functions/adapters/store/ledger.ts';
import { limiterKey } from '../../functions/adapters/store/limiter.ts';
import type { KeyRecord } from '../../functions/adapters/store/keys.ts';
import { chat, messages } from '../support/call.ts';
import { figure } from '../support/figure.ts';
import { full } from '../support/full.ts';
import { lambdaWorld, type LambdaWorld } from '../support/lambda-world.ts';
import { needs } from '../support/optional.ts';
import { proxyEvent, type Invocation, type Runtime } from '../support/runtime-api.ts';
import { chatEvents, sayHello, scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';

/** Reads until the body so far contains `mark`; the answer's end before that is a failure. */
async function until(call: Invocation, mark: string): Promise<string> {
  let text = '';
  while (!text.includes(mark)) {
    const chunk = await call.next();
    if (chunk === undefined) throw new Error(`the answer ended before ${mark}: ${text}`);
    text += Buffer.from(chunk).toString();
  }
  return text;
}

/** An upstream answer whose events leave one at a time, each when it is released. */
function gated(events: readonly string[]): { script: Parameters<ScriptedUpstream['script']>[0]; release: () => void } {
  const turns = events.map(() => Promise.withResolvers<void>());
  let next = 0;
  return {
    release() {
      turns[next]?.resolve();
      next += 1;
    },
    script: async (_received, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      for (const [at, event] of events.entries()) {
        await turns[at]?.promise;
        if (response.destroyed) return;
        response.write(event);
      }
      response.end();
    },
  };
}

needs('java')('the gateway as a streaming Lambda function', () => {
  let world: LambdaWorld;
  let upstream: ScriptedUpstream;
  let runtime: Runtime;
  let owner: { key: string; record: KeyRecord };
  const startGateway = (): Promise<Runtime> => world.start('gateway', 'gateway', { ALLOW_UPSTREAMS: `127.0.0.1:${upstream.port}` });
  const send = (to: Runtime, path: string, body: unknown, timeoutMs = 120_000): Invocation =>
    to.invoke(proxyEvent('POST', path, { headers: { Authorization: `Bearer ${owner.key}` }, body }), { timeoutMs });
  const requestIdOf = async (call: Invocation): Promise<string> => (await call.prelude).headers['x-request-id'] ?? '';
  const leases = async (): Promise<string[]> =>
    Object.keys((await world.store.get(limiterKey('default', owner.record.keyId))) ?? {}).filter((attr) => attr.startsWith('r_'));

  beforeAll(async () => {
    [world, upstream] = await Promise.all([lambdaWorld(), scriptedUpstream()]);
    await world.addModel({ id: 'cheap', baseUrl: upstream.baseUrl });
    await world.addModel({ id: 'claude', baseUrl: upstream.baseUrl, provider: 'anthropic' });
    owner = await world.addKey();
    runtime = await startGateway();
    await runtime.idle();
  });
  afterAll(async () => {
    await Promise.all([world?.close(), upstream?.close()]);
  });

  for (const [dialect, path, body] of [['its own', '/v1/chat/completions', chat], ['another', '/v1/messages', messages]] as const) {
    test(`every part reaches a caller in ${dialect} dialect before the upstream sends the next one`, async () => {
      const words = Array.from({ length: full(200) }, (_, at) => `word-${at};`);
      const events = chatEvents(words);
      const { script, release } = gated(events);
      upstream.script(script);
      const call = send(runtime, path, body('cheap', { stream: true, stream_options: undefined }));
      // The role comes first and is no output yet; the first word commits.
      release();
      for (const word of words) {
        release();
        await until(call, word);
      }
      for (let left = words.length + 1; left < events.length; left += 1) release();
      expect((await call.prelude).statusCode).toBe(200);
      expect(await call.text()).toContain(path === '/v1/messages' ? 'message_stop' : '[DONE]');
      await runtime.idle();
      expect(await getLedgerEntry(world.store, 'default', await requestIdOf(call))).toMatchObject({ status: 200, usage: 'measured', tokens: { input: 10, output: words.length } });
    });
  }

  test('guarantee D3: a slow stream ends with an error in the caller\'s dialect and a settled account, 10 s before the function\'s deadline', async () => {
    for (const [path, body, mark] of [['/v1/chat/completions', chat, '"code":"upstream_timeout"'], ['/v1/messages', messages, 'event: error']] as const) {
      const { script, release } = gated(chatEvents(['begun', 'never']));
      upstream.script(script);
      const startedAt = Date.now();
      const call = send(runtime, path, body('cheap', { stream: true }), 13_000);
      release();
      release();
      await until(call, 'begun');
      expect(await call.text()).toContain(mark);
      expect(await call.finished).toEqual({ errorType: undefined });
      // Asking for the next event means that the invocation is over: what is not settled now may never be.
      await runtime.idle();
      expect(Date.now() - startedAt).toBeLessThan(8_000);
      expect(await getLedgerEntry(world.store, 'default', await requestIdOf(call))).toMatchObject({ status: 504, errorCode: 'upstream_timeout', usage: 'estimated', servedModel: 'cheap' });
      expect(await leases()).toEqual([]);
    }
    figure('D3', 'ended 10 s before the deadline with an error in either dialect, settled, on DynamoDB Local');
  });

  test('guarantee D3: an answer that never began is a 504 with a settled account', async () => {
    upstream.script(() => {});
    const call = send(runtime, '/v1/chat/completions', chat('cheap'), 10_300);
    expect((await call.prelude).statusCode).toBe(504);
    expect(JSON.parse(await call.text())).toMatchObject({ error: { code: 'upstream_timeout' } });
    await runtime.idle();
    expect(await getLedgerEntry(world.store, 'default', await requestIdOf(call))).toMatchObject({ status: 504 });
    expect(await leases()).toEqual([]);
  });

  test('guarantee D5: what killed processes left open is swept once by two sweepers at once, as estimated, and never before its time', async () => {
    const victims: string[] = [];
    for (let count = full(10, 2); count > 0; count -= 1) {
      const { script, release } = gated(chatEvents(['seen', 'unseen']));
      upstream.script(script);
      const victim = await startGateway();
      const call = send(victim, '/v1/chat/completions', chat('cheap', { stream: true }));
      release();
      release();
      await until(call, 'seen');
      await victim.kill();
      await expect(call.next()).rejects.toThrow();
      victims.push(await requestIdOf(call));
    }
    const sweeper = await world.start('sweep-reservations', 'gateway');
    const sweep = async (to: Runtime): Promise<unknown> => {
      const call = to.invoke({ source: 'aws.events' });
      return JSON.parse(await call.text());
    };
    expect(await sweep(sweeper)).toMatchObject({ swept: 0, failed: 0, complete: true });
    const at = limiterKey('default', owner.record.keyId);
    for (const requestId of victims) {
      const attr = leaseAttr(requestId);
      const lease = decodeLease((await world.store.get(at))?.[attr]);
      if (lease === undefined) throw new Error(`no lease of ${requestId}`);
      await world.store.write([{ update: at, set: { [attr]: encodeLease({ ...lease, deadlineAt: Date.now() - 61_000 }) } }]);
    }
    const second = await world.start('sweep-reservations', 'gateway');
    await Promise.all([sweeper.idle(), second.idle()]);
    const results = (await Promise.all([sweep(sweeper), sweep(second)])) as { swept: number; failed: number }[];
    expect(results.reduce((sum, { swept }) => sum + swept, 0)).toBe(victims.length);
    expect(await sweep(sweeper)).toMatchObject({ swept: 0, failed: 0 });
    expect(await leases()).toEqual([]);
    for (const requestId of victims) expect(await getLedgerEntry(world.store, 'default', requestId)).toMatchObject({ usage: 'estimated', errorCode: 'upstream_truncated' });
    const page = await queryLedger(world.store, 'default', { from: new Date(Date.now() - 3_600_000).toISOString(), to: new Date(Date.now() + 60_000).toISOString(), limit: 1000 });
    for (const requestId of victims) expect(page.items.filter((entry) => entry.requestId === requestId)).toHaveLength(1);
    figure('D5', `${victims.length} killed functions swept once by two sweepers`);
  });

  test('a warm request costs at most three single-item writes, one of them before the first byte, no read and no call to the key service', async () => {
    upstream.script(sayHello);
    const warm = await startGateway();
    const once = async (path: string, body: object): Promise<{ operations: string[]; kms: number }> => {
      await warm.idle();
      world.dynamo.operations.length = 0;
      const kmsBefore = world.kms.calls.length;
      const call = send(warm, path, body);
      await call.text();
      expect((await call.prelude).statusCode).toBe(200);
      await warm.idle();
      return { operations: [...world.dynamo.operations], kms: world.kms.calls.length - kmsBefore };
    };
    const requests = [
      ['/v1/chat/completions', chat('cheap', { stream: true })], ['/v1/chat/completions', chat('cheap')], ['/v1/messages', messages('cheap', { stream: true })],
    ] as const;
    const slotNow = (): number => Math.floor(Date.now() / 5_000);
    const [first] = requests;
    await once(first[0], first[1]);
    let slot = slotNow();
    let measured = 0;
    let reads = 0;
    const began = Date.now();
    for (let turn = 0; measured < 6 && turn < 20; turn += 1) {
      const [path, body] = requests[turn % requests.length] ?? first;
      const cost = await once(path, body);
      const slotAfter = slotNow();
      expect(cost.kms).toBe(0);
      // What the breakers of the tenant are is known for a second; on a slow machine one outlives it between two requests.
      reads += cost.operations.filter((name) => name === 'Query').length;
      cost.operations = cost.operations.filter((name) => name !== 'Query');
      // The bucket's rotation, once in 5 s and key, is not part of a request's budget.
      if (slotAfter === slot) {
        expect(cost.operations).toEqual(['UpdateItem', 'PutItem', 'UpdateItem']);
        measured += 1;
      } else expect(cost.operations.filter((name) => !['UpdateItem', 'PutItem'].includes(name))).toEqual([]);
      slot = slotAfter;
    }
    expect(measured).toBe(6);
    expect(reads).toBeLessThanOrEqual((Date.now() - began) / 1_000);
    const dryRun = await once('/v1/route', chat('cheap'));
    expect(dryRun.operations.filter((name) => name !== 'UpdateItem' && name !== 'Query')).toEqual([]);
  });

  test('guarantee B4: a function whose role may not open credentials serves nobody, leaks nothing and settles', async () => {
    upstream.script(sayHello);
    const before = upstream.received.length;
    const wrong = await world.start('gateway', 'admin', { ALLOW_UPSTREAMS: `127.0.0.1:${upstream.port}` });
    const call = send(wrong, '/v1/chat/completions', chat('cheap', { stream: true }));
    expect((await call.prelude).statusCode).toBe(502);
    expect(JSON.parse(await call.text())).toMatchObject({ error: { code: 'upstream_credentials_rejected' } });
    await wrong.idle();
    expect(upstream.received.length).toBe(before);
    expect(world.kms.calls).toContainEqual({ role: 'admin', action: 'Decrypt', allowed: false });
    expect(await leases()).toEqual([]);
  });
});
