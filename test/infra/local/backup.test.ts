import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { newKey } from '../../../functions/core/keys/virtual-key.ts';
import { openSqliteStore } from '../../../functions/adapters/store/sqlite.ts';
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
    await restore(join(dir, 'two'), file);
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
    await expect(restore(join(dir, 'two'), file)).rejects.toThrow('master.key');
    expect(existsSync(join(dir, 'two', 'bsgateway.sqlite'))).toBe(false);
  }, 60_000);

  test('another installation\'s master key is refused, at restoring and at starting, also where there is no credential to try', async () => {
    const config = { version: 1, keys: [{ name: 'k', keyEnv: 'BSG_KEY', rpm: null, tpm: null }] };
    const [one, other] = [join(dir, 'one'), join(dir, 'other')];
    for (const dataDir of [one, other]) await (await startServer({ dataDir, env: { BSG_KEY: key }, config })).stop();
    const file = join(dir, 'copy.sqlite');
    await backUp(one, file);
    mkdirSync(join(dir, 'two'), { mode: 0o700 });
    copyFileSync(join(other, 'master.key'), join(dir, 'two', 'master.key'));
    await expect(restore(join(dir, 'two'), file)).rejects.toThrow('does not belong to this backup');
    copyFileSync(join(other, 'master.key'), join(one, 'master.key'));
    await expect(startServer({ dataDir: one })).rejects.toThrow('does not belong to the database beside it');
  }, 60_000);

  test('nothing is replaced: not a file, not a database, not a folder in use', async () => {
    const server = await start(join(dir, 'one'));
    const file = join(dir, 'copy.sqlite');
    await backUp(join(dir, 'one'), file);
    await expect(backUp(join(dir, 'one'), file)).rejects.toThrow('exists already');
    await expect(restore(join(dir, 'one'), file)).rejects.toThrow('in use');
    await server.stop();
    await expect(restore(join(dir, 'one'), file)).rejects.toThrow('has a database already');
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
    for (const other of [broken, join(dir, 'text')]) await expect(restore(join(dir, 'two'), other)).rejects.toThrow(/no backup of BSGateway|damaged/);
    await expect(restore(join(dir, 'two'), join(dir, 'nowhere'))).rejects.toThrow('There is no file');
    await expect(backUp(join(dir, 'nowhere'), join(dir, 'x'))).rejects.toThrow('no database');
  }, 60_000);

  test('a copy of a database that somebody writes to all the time ends, and is whole', async () => {
    mkdirSync(join(dir, 'one'));
    const file = join(dir, 'one', 'bsgateway.sqlite');
    const temp = openSqliteStore(file);
    for (let i = 0; i < 400; i += 1) await temp.write(Array.from({ length: 100 }, (_, n) => ({ put: { table: 'usage' as const, pk: `p${i}`, sk: String(n) }, item: { text: 'x'.repeat(900) } })));
    // Both parts are of one transaction: a copy that has one and not the other is of no moment.
    const both = (n: number) => temp.write(['a', 'b'].map((pk) => ({ put: { table: 'audit' as const, pk, sk: String(n) }, item: {} })));
    let n = 0;
    for (; n < 20; n += 1) await both(n);
    const writing = setInterval(() => { void both(n += 1); }, 3);
    try {
      await backUp(join(dir, 'one'), join(dir, 'copy.sqlite'));
    } finally {
      clearInterval(writing);
      await temp.close();
    }
    const copy = openSqliteStore(join(dir, 'copy.sqlite'), { readOnly: true });
    const count = async (pk: string): Promise<number> => (await copy.query({ table: 'audit', pk, limit: 1000 })).rows.length;
    const [a, b] = [await count('a'), await count('b')];
    expect([a > 0, a]).toEqual([true, b]);
    await copy.close();
  }, 60_000);

  test('the key of another database, and what is left of another database, are refused, and nothing is left behind', async () => {
    const server = await start(join(dir, 'one'));
    const file = join(dir, 'copy.sqlite');
    await backUp(join(dir, 'one'), file);
    await server.stop();
    mkdirSync(join(dir, 'two'), { mode: 0o700 });
    writeFileSync(join(dir, 'two', 'master.key'), randomBytes(32).toString('base64'), { mode: 0o600 });
    await expect(restore(join(dir, 'two'), file)).rejects.toThrow('does not belong to this backup');
    copyFileSync(join(dir, 'one', 'master.key'), join(dir, 'two', 'master.key'));
    writeFileSync(join(dir, 'two', 'bsgateway.sqlite-wal'), 'left');
    await expect(restore(join(dir, 'two'), file)).rejects.toThrow('bsgateway.sqlite-wal is left of another database');
    rmSync(join(dir, 'two', 'bsgateway.sqlite-wal'));
    expect(readdirSync(join(dir, 'two')).filter((name) => name.startsWith('bsgateway'))).toEqual([]);
    await restore(join(dir, 'two'), file);
    expect(readdirSync(join(dir, 'two')).filter((name) => name.startsWith('bsgateway'))).toEqual(['bsgateway.sqlite']);
  }, 60_000);

  test('a gateway does not start with a database whose master key is missing or another one, and makes no new one', async () => {
    const server = await start(join(dir, 'one'));
    expect(server.output()).toMatch(/KEEP A COPY of .*master\.key/);
    await server.stop();
    const keyFile = join(dir, 'one', 'master.key');
    const real = readFileSync(keyFile);
    rmSync(keyFile);
    await expect(start(join(dir, 'one'), false)).rejects.toThrow(/has a database but no master\.key/);
    expect(existsSync(keyFile)).toBe(false);
    writeFileSync(keyFile, randomBytes(32).toString('base64'), { mode: 0o600 });
    await expect(start(join(dir, 'one'), false)).rejects.toThrow(/does not belong to the database/);
    writeFileSync(keyFile, real, { mode: 0o600 });
    const again = await start(join(dir, 'one'), false);
    expect(again.output()).not.toMatch(/KEEP A COPY/);
    await chat(again);
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
