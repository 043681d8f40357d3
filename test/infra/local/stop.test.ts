import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { LedgerEntry } from '../../../functions/contract/ledger.ts';
import { newKey } from '../../../functions/core/keys/virtual-key.ts';
import { call, chat, messages, type Answer } from '../../support/call.ts';
import { chatAnswer, chatEvents, json, scriptedUpstream, sse, type ScriptedUpstream } from '../../support/scripted-upstream.ts';
import { figure } from '../../support/figure.ts';
import { startServer, type ServerProcess } from '../../support/server-process.ts';

const { key } = newKey('test', randomBytes);
const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });
let dir: string;
let upstream: ScriptedUpstream;
let server: ServerProcess;

const start = (): Promise<ServerProcess> => startServer({
  dataDir: join(dir, 'data'), env: { UP: 'sk-x', BSG_KEY: key },
  config: {
    version: 1, models: [{ id: 'm', provider: 'openai-compatible', upstreamModel: 'up', baseUrl: upstream.baseUrl, apiKeyEnv: 'UP', price: { input: 1, output: 2 } }],
    keys: [{ name: 'k', keyEnv: 'BSG_KEY', rpm: null, tpm: null, monthlyUsd: 1000 }],
  },
});
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bsg-stop-'));
  await mkdir(join(dir, 'data'));
  upstream = await scriptedUpstream(({ body }, response) => (body['stream'] === true
    ? sse(response, chatEvents(Array.from({ length: 20 }, (_, i) => `w${i} `)), { gapMs: 60 })
    : void setTimeout(() => json(response, 200, chatAnswer('Hello')), 900)));
  server = await start();
});
afterEach(async () => {
  await server.kill();
  await upstream.close();
  await rm(dir, { recursive: true, force: true });
});

async function ledger(): Promise<LedgerEntry[]> {
  server = await start();
  const token = (await readFile(server.ready.adminTokenFile, 'utf8')).trim();
  const { json: page } = await call(server.origin, '/admin/requests?limit=200', { headers: { authorization: `Bearer ${token}` } });
  return page['items'] as LedgerEntry[];
}

describe('SIGTERM', () => {
  test('guarantee D7: streams and whole answers that are under way end as if nothing had happened, new ones are not taken, everything is settled as measured, and the exit code is 0', async () => {
    const { origin } = server;
    const asked: Promise<Answer>[] = [];
    for (let i = 0; i < 4; i += 1) {
      asked.push(call(origin, '/v1/chat/completions', { key, body: chat('m', { stream: true }) }), call(origin, '/v1/messages', { key, body: messages('m', { stream: true }) }), call(origin, '/v1/chat/completions', { key, body: chat('m') }));
    }
    while (upstream.received.length < asked.length) await pause(5);
    await pause(100);
    const begun = performance.now();
    const stopped = server.stop();
    await pause(50);
    await expect(call(origin, '/health')).rejects.toThrow();
    const answers = await Promise.all(asked);
    expect(await stopped).toBe(0);
    expect(performance.now() - begun).toBeLessThan(30_000);
    for (const { status, text } of answers) {
      expect(status).toBe(200);
      expect(text).toMatch(/data: \[DONE\]\n*$|event: message_stop\n[^\n]*\n*$|"content":"Hello"/);
    }
    const entries = await ledger();
    expect(entries.map(({ requestId }) => requestId).toSorted()).toEqual(answers.map(({ headers }) => headers.get('x-request-id')).toSorted());
    expect(entries.filter(({ usage, status }) => usage !== 'measured' || status !== 200)).toEqual([]);
    figure('D7', `${answers.length} answers under way, in three forms: all whole, all settled as measured, exit 0`);
  }, 90_000);

  test('guarantee D7: connections that nobody uses, and one that never finishes its request, keep no server from stopping', async () => {
    const idle = request(`${server.origin}/v1/chat/completions`, { method: 'POST', headers: { 'authorization': `Bearer ${key}`, 'content-type': 'application/json', 'content-length': '1000' } });
    idle.on('error', () => {});
    idle.write('{"model":');
    expect((await call(server.origin, '/health')).status).toBe(200);
    await pause(50);
    expect(await server.stop()).toBe(0);
  }, 90_000);

  test('a second signal ends it at once', async () => {
    const asked = call(server.origin, '/v1/chat/completions', { key, body: chat('m', { stream: true }) }).catch(() => undefined);
    while (upstream.received.length === 0) await pause(5);
    const stopped = server.stop();
    await pause(50);
    server.child.kill('SIGTERM');
    expect(await stopped).toBe(1);
    await asked;
    const [entry] = await ledger();
    expect(entry).toMatchObject({ usage: 'estimated', errorCode: 'upstream_truncated' });
  }, 90_000);
});
