import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { getLedgerEntry } from '../../functions/adapters/store/ledger.ts';
import { call, chat, messages } from '../support/call.ts';
import { lambdaWorld, type LambdaWorld } from '../support/lambda-world.ts';
import { needs } from '../support/optional.ts';
import { sayHello, scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => { server.close(() => resolve()); });
  return port;
}

needs('java')('the gateway as a Lambda web function', () => {
  let world: LambdaWorld;
  let upstream: ScriptedUpstream;
  let child: ChildProcess;
  let origin = '';
  let key = '';

  beforeAll(async () => {
    [world, upstream] = await Promise.all([lambdaWorld(), scriptedUpstream()]);
    await world.addModel({ id: 'cheap', baseUrl: upstream.baseUrl });
    ({ key } = await world.addKey());
    const endpoint = `127.0.0.1:${await freePort()}`;
    origin = `http://${endpoint}`;
    child = spawn(process.execPath, [join(await world.bundle('gateway-web'), 'index.mjs')], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { PATH: process.env['PATH'], AWS_REGION: 'eu-central-1', AWS_LAMBDA_HTTP_ENDPOINT: endpoint, ...world.env('gateway', { ALLOW_UPSTREAMS: `127.0.0.1:${upstream.port}` }) },
    });
    for (let tries = 0; tries < 200; tries += 1) {
      if (await fetch(`${origin}/health`).then(({ ok }) => ok, () => false)) break;
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
  });
  afterAll(async () => {
    if (child?.exitCode === null) child.kill('SIGKILL');
    await Promise.all([world?.close(), upstream?.close()]);
  });

  test('answers in both dialects, with the credential opened through the key service, and refuses as at the other door', async () => {
    upstream.script(sayHello);
    expect(await call(origin, '/v1/chat/completions', { key, body: chat('cheap') })).toMatchObject({ status: 200, json: { model: 'cheap', choices: [{ message: { content: 'Hello' } }] } });
    expect(await call(origin, '/v1/messages', { key, body: messages('cheap'), headers: { 'anthropic-version': '2023-06-01' } })).toMatchObject({ status: 200, json: { type: 'message' } });
    expect((await call(origin, '/v1/chat/completions', { body: chat('cheap') })).status).toBe(401);
    expect((await call(origin, '/nowhere')).status).toBe(404);
    expect((await call(origin, '/v1/chat/completions', { key, raw: Buffer.alloc(4 * 1024 * 1024 + 1, 32) })).status).toBe(413);
    expect((await call(origin, '/health/ready')).status).toBe(200);
  });

  const entryOf = async (id: string): Promise<unknown> => {
    for (let tries = 0; tries < 300; tries += 1) {
      const entry = await getLedgerEntry(world.store, 'default', id);
      if (entry !== undefined) return entry;
      await new Promise((resolve) => { setTimeout(resolve, 100); });
    }
    return undefined;
  };

  test('64 streams run at once in one process, and each is settled as measured', async () => {
    let open = 0;
    let most = 0;
    let release = (): void => {};
    const together = new Promise<void>((resolve) => { release = resolve; });
    upstream.script((received, response) => {
      open += 1;
      most = Math.max(most, open);
      if (most === 64) release();
      void (async () => {
        await together;
        open -= 1;
        sayHello(received, response);
      })();
    });
    const answers = await Promise.all(Array.from({ length: 64 }, () => call(origin, '/v1/chat/completions', { key, body: chat('cheap', { stream: true }) })));
    expect(most).toBe(64);
    for (const { status, text } of answers) expect([status, text.trimEnd().endsWith('data: [DONE]')]).toEqual([200, true]);
    const ids = answers.map(({ headers }) => headers.get('x-request-id') ?? '');
    expect(new Set(ids).size).toBe(64);
    // A settlement is written after the answer's end.
    for (const id of ids) expect(await entryOf(id)).toMatchObject({ status: 200, usage: 'measured', servedModel: 'cheap' });
  });

  test('SIGTERM lets a running stream end, and then the process', async () => {
    let go = (): void => {};
    const asked = new Promise<void>((resolve) => {
      upstream.script((received, response) => {
        go = () => sayHello(received, response);
        resolve();
      });
    });
    const answer = call(origin, '/v1/chat/completions', { key, body: chat('cheap', { stream: true }) });
    await asked;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    go();
    expect(await answer).toMatchObject({ status: 200, text: expect.stringContaining('[DONE]') });
    expect(await ended).toEqual([0, null]);
  });
});
