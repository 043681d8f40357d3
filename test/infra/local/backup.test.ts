import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { newKey } from '../../../functions/core/keys/virtual-key.ts';
import { backUp, restore } from '../../../infra/local/backup.ts';
import { call } from '../../support/call.ts';
import { scriptedUpstream, json, type ScriptedUpstream } from '../../support/scripted-upstream.ts';
import { startServer, type ServerProcess } from '../../support/server-process.ts';

const { key } = newKey('test', randomBytes);
let dir: string;
let upstream: ScriptedUpstream;
const running: ServerProcess[] = [];
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'bsg-backup-'));
  upstream = await scriptedUpstream((_received, response) => json(response, 200, { id: 'c', object: 'chat.completion', created: 1, model: 'up', choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.kill()));
  await upstream.close();
  rmSync(dir, { recursive: true, force: true });
});

async function start(dataDir: string, config = true): Promise<ServerProcess> {
  const server = await startServer({ dataDir, env: { UP_KEY: 'sk-upstream', BSG_KEY: key }, ...(config && { config: {
    version: 1, models: [{ id: 'm', provider: 'openai-compatible', upstreamModel: 'up', baseUrl: upstream.baseUrl, apiKeyEnv: 'UP_KEY', price: { input: 1, output: 2 } }], keys: [{ name: 'k', keyEnv: 'BSG_KEY', rpm: null, tpm: null }],
  } }) });
  running.push(server);
  return server;
}
async function chat({ origin }: ServerProcess): Promise<string> {
  const answer = await call(origin, '/v1/chat/completions', { key, body: { model: 'm', messages: [{ role: 'user', content: 'x' }] } });
  expect(answer.status).toBe(200);
  return String(answer.headers.get('x-request-id'));
}
async function settled({ origin, ready }: ServerProcess): Promise<string[]> {
  const token = readFileSync(ready.adminTokenFile, 'utf8').trim();
  const page = await (await fetch(`${origin}/admin/requests?limit=200`, { headers: { authorization: `Bearer ${token}` } })).json() as { items: { requestId: string }[] };
  return page.items.map(({ requestId }) => requestId);
}

describe('backup and restore', () => {
  test('a copy made while requests are served holds everything settled until then, and a gateway over it serves on with the same key and credential', async () => {
    const first = await start(join(dir, 'one'));
    const before = await Promise.all(Array.from({ length: 20 }, () => chat(first)));
    while ((await settled(first)).length < before.length) await new Promise((resolve) => { setTimeout(resolve, 20); });
    const during = (async () => { for (let n = 0; n < 30; n += 1) await chat(first); })();
    const file = join(dir, 'copy.sqlite');
    const { bytes, spooled } = await backUp(join(dir, 'one'), file);
    await during;
    expect([bytes > 10_000, spooled, statSync(file).mode & 0o077]).toEqual([true, 0, 0]);
    await first.kill();

    mkdirSync(join(dir, 'two'), { mode: 0o700 });
    copyFileSync(join(dir, 'one', 'master.key'), join(dir, 'two', 'master.key'));
    restore(join(dir, 'two'), file);
    const second = await start(join(dir, 'two'), false);
    expect(await settled(second)).toEqual(expect.arrayContaining(before));
    await chat(second);
    expect(upstream.received.at(-1)?.headers.authorization).toBe('Bearer sk-upstream');
  }, 60_000);

  test('the copy holds no credential in clear, and nothing opens it without the master key', async () => {
    const server = await start(join(dir, 'one'));
    await chat(server);
    const file = join(dir, 'copy.sqlite');
    await backUp(join(dir, 'one'), file);
    expect(readFileSync(file).includes('sk-upstream')).toBe(false);
    expect(() => restore(join(dir, 'two'), file)).toThrow('master.key');
    expect(existsSync(join(dir, 'two', 'bsgateway.sqlite'))).toBe(false);
  }, 60_000);

  test('nothing is replaced: not a file, not a database, not a folder in use', async () => {
    const server = await start(join(dir, 'one'));
    const file = join(dir, 'copy.sqlite');
    await backUp(join(dir, 'one'), file);
    await expect(backUp(join(dir, 'one'), file)).rejects.toThrow('exists already');
    expect(() => restore(join(dir, 'one'), file)).toThrow('in use');
    await server.stop();
    expect(() => restore(join(dir, 'one'), file)).toThrow('has a database already');
  }, 60_000);

  test('what is no backup, or a damaged one, is refused', async () => {
    const server = await start(join(dir, 'one'));
    const file = join(dir, 'copy.sqlite');
    await backUp(join(dir, 'one'), file);
    await server.stop();
    const broken = join(dir, 'broken.sqlite');
    const bytes = readFileSync(file);
    bytes.fill(0x5a, 4_096, 16_384);
    writeFileSync(broken, bytes);
    writeFileSync(join(dir, 'text'), 'hello');
    for (const other of [broken, join(dir, 'text')]) expect(() => restore(join(dir, 'two'), other)).toThrow(/no backup of BSGateway|damaged/);
    expect(() => restore(join(dir, 'two'), join(dir, 'nowhere'))).toThrow('There is no file');
    await expect(backUp(join(dir, 'nowhere'), join(dir, 'x'))).rejects.toThrow('no database');
  }, 60_000);

  test('the commands say what they did, in a sentence each', async () => {
    const server = await start(join(dir, 'one'));
    const root = join(import.meta.dirname, '..', '..', '..');
    const run = (...args: string[]) => spawnSync(process.execPath, [join(root, 'tools/launch.mjs'), ...args], { cwd: dir, encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '' } });
    const made = run('backup', 'copy.sqlite', '--data', 'one');
    expect([made.status, made.stdout]).toEqual([0, expect.stringMatching(/^copy\.sqlite: \d+ bytes\. Keep one\/master\.key/)]);
    await server.stop();
    const refused = run('restore', 'copy.sqlite', '--data', 'one');
    expect([refused.status, refused.stderr.trim().split('\n').length]).toEqual([1, 1]);
  }, 60_000);
});
