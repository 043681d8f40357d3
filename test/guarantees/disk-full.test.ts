import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { LedgerEntry } from '../../functions/contract/ledger.ts';
import { newKey } from '../../functions/core/keys/virtual-key.ts';
import { call, chat, type Answer } from '../support/call.ts';
import { figure } from '../support/figure.ts';
import { needs } from '../support/optional.ts';
import { chatEvents, sayHello, scriptedUpstream, sse, type ScriptedUpstream } from '../support/scripted-upstream.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { smallDisk, type SmallDisk } from '../support/small-disk.ts';

const [free, budgeted] = [newKey('test', randomBytes).key, newKey('test', randomBytes).key];
const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });

needs('mount')('a full disk', () => {
  let dir: string;
  let disk: SmallDisk;
  let upstream: ScriptedUpstream;
  let server: ServerProcess | undefined;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bsg-full-'));
    disk = smallDisk(dir, 4);
    upstream = await scriptedUpstream();
    await mkdir(join(disk.folder, 'data'));
  });
  afterEach(async () => {
    disk.free();
    await server?.kill();
    server = undefined;
    await upstream.close();
    disk.unmount();
    await rm(dir, { recursive: true, force: true });
  });

  const config = (): object => ({
    version: 1, models: [{ id: 'm', provider: 'openai-compatible', upstreamModel: 'up', baseUrl: upstream.baseUrl, apiKeyEnv: 'UP', price: { input: 1, output: 2 } }],
    keys: [{ name: 'free', keyEnv: 'FREE', rpm: null, tpm: null }, { name: 'budgeted', keyEnv: 'BUDGETED', rpm: null, tpm: null, monthlyUsd: 1000 }],
  });
  const env = { UP: 'sk-x', FREE: free, BUDGETED: budgeted };
  const start = async (): Promise<ServerProcess> => (server = await startServer({ dataDir: join(disk.folder, 'data'), configFile: join(dir, 'config.json'), config: config(), env }));
  const ask = (origin: string, key: string, extra: object = {}): Promise<Answer> => call(origin, '/v1/chat/completions', { key, body: chat('m', extra) });

  async function ledger(origin: string): Promise<LedgerEntry[]> {
    const token = (await readFile(join(disk.folder, 'data', 'admin-token'), 'utf8')).trim();
    const entries: LedgerEntry[] = [];
    for (let cursor = ''; ;) {
      const { json } = await call(origin, `/admin/requests?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`, { headers: { authorization: `Bearer ${token}` } });
      entries.push(...json['items'] as LedgerEntry[]);
      if (typeof json['nextCursor'] !== 'string') return entries;
      cursor = json['nextCursor'];
    }
  }

  test('guarantee D6: on a full disk keys with a budget get a 503, others are served, and when there is space again every answer is in the ledger, measured and once, without a restart', async () => {
    const { origin } = await start();
    const served: (string | null)[] = [];
    for (const key of [free, budgeted]) served.push((await ask(origin, key)).headers.get('x-request-id'));
    // Streams that were admitted while there was space and end while there is none.
    upstream.script((_received, response) => sse(response, chatEvents(Array.from({ length: 30 }, (_, i) => `w${i} `)), { gapMs: 50 }));
    const streams = [free, budgeted, budgeted].map((key) => ask(origin, key, { stream: true }));
    while (upstream.received.length < 5) await pause(5);
    disk.fill();
    upstream.script(sayHello);
    let refused = await ask(origin, budgeted);
    for (let tries = 0; tries < 200 && refused.status === 200; tries += 1) {
      served.push(refused.headers.get('x-request-id'));
      refused = await ask(origin, budgeted);
    }
    expect(refused).toMatchObject({ status: 503, json: { error: { code: 'store_unavailable' } } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    for (let i = 0; i < 20; i += 1) {
      const answer = await ask(origin, free);
      expect(answer.status).toBe(200);
      served.push(answer.headers.get('x-request-id'));
    }
    for (const stream of await Promise.all(streams)) {
      expect(stream.text.trimEnd().endsWith('data: [DONE]')).toBe(true);
      served.push(stream.headers.get('x-request-id'));
    }
    expect((await call(origin, '/health')).status).toBe(200);
    disk.free();
    const until = Date.now() + 30_000;
    let back = await ask(origin, budgeted);
    while (back.status !== 200 && Date.now() < until) {
      await pause(200);
      back = await ask(origin, budgeted);
    }
    expect(back.status).toBe(200);
    served.push(back.headers.get('x-request-id'));
    let entries = await ledger(origin);
    while (entries.length < served.length && Date.now() < until) {
      await pause(200);
      entries = await ledger(origin);
    }
    expect(entries.map(({ requestId }) => requestId).toSorted()).toEqual(served.toSorted());
    expect(entries.filter(({ usage, status }) => usage !== 'measured' || status !== 200)).toEqual([]);
    expect(await server?.stop()).toBe(0);
  }, 120_000);

  test('guarantee D6: a stop while the disk is full loses nothing that a little space, given back meanwhile, could hold', async () => {
    const { origin } = await start();
    await ask(origin, budgeted);
    disk.fill();
    const served: (string | null)[] = [];
    let last = await ask(origin, budgeted);
    for (let tries = 0; tries < 200 && last.status === 200; tries += 1) last = await ask(origin, budgeted);
    expect(last.status).toBe(503);
    for (let i = 0; i < 5; i += 1) served.push((await ask(origin, free)).headers.get('x-request-id'));
    disk.free();
    expect(await server?.stop()).toBe(0);
    const again = await start();
    const ids = (await ledger(again.origin)).map(({ requestId }) => requestId);
    expect(ids).toEqual(expect.arrayContaining(served));
    expect(new Set(ids).size).toBe(ids.length);
    figure('D6', 'a real full disk: 0 settlements lost, 0 double, recovery without a restart, also when it is stopped meanwhile');
  }, 120_000);

  test('guarantee D6: a log that goes to the full disk does not end the gateway', async () => {
    const log = openSync(join(disk.folder, 'gateway.log'), 'a');
    const configFile = join(dir, 'config.json');
    const { writeFile } = await import('node:fs/promises');
    await writeFile(configFile, JSON.stringify(config()));
    const child = spawn(process.execPath, [join(import.meta.dirname, '..', '..', 'dist', 'server.mjs'), '--json', '--port', '0', '--data', join(disk.folder, 'data'), '--config', configFile], { env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: ['ignore', 'pipe', log] });
    closeSync(log);
    try {
      const line = await new Promise<string>((resolve, reject) => { child.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString())); child.once('exit', () => reject(new Error('ended'))); });
      const { origin } = new URL((JSON.parse(line) as { baseUrl: string }).baseUrl);
      disk.fill();
      for (let i = 0; i < 20; i += 1) {
        await pause(60);
        expect((await ask(origin, free)).status).toBe(200);
      }
      disk.free();
      await pause(200);
      expect((await ask(origin, budgeted)).status).toBe(200);
      await pause(200);
      expect(await readFile(join(disk.folder, 'gateway.log'), 'utf8')).toMatch(/"event":"request"/);
      expect(child.exitCode).toBeNull();
    } finally {
      const gone = new Promise((resolve) => { child.once('exit', resolve); });
      if (child.exitCode === null) {
        child.kill('SIGTERM');
        await gone;
      }
    }
  }, 120_000);

  test('a start on a full disk says so in one sentence', async () => {
    disk.fill();
    const child = spawn(process.execPath, [join(import.meta.dirname, '..', '..', 'dist', 'server.mjs'), '--port', '0', '--data', join(disk.folder, 'data')], { stdio: ['ignore', 'ignore', 'pipe'] });
    let words = '';
    child.stderr.on('data', (chunk: Buffer) => { words += chunk.toString(); });
    expect(await new Promise((resolve) => { child.once('exit', resolve); })).toBe(1);
    expect(words.trim().split('\n')).toHaveLength(1);
    expect(words).toMatch(/is full/);
  });
});
