import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { newKey } from '../../../functions/core/keys/virtual-key.ts';
import { call, chat } from '../../support/call.ts';
import { chatEvents, scriptedUpstream, sse } from '../../support/scripted-upstream.ts';
import { startServer } from '../../support/server-process.ts';

const BUNDLE = join(import.meta.dirname, '..', '..', '..', 'dist', 'server.mjs');
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bsg-server-'));
  await mkdir(join(dir, 'data'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** Runs the server to its end: what a person sees when it cannot start. */
async function failing(args: readonly string[], env: Record<string, string> = {}): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, [BUNDLE, ...args], { env: { PATH: process.env['PATH'] ?? '', ...env } });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString(); });
  const code = await new Promise<number | null>((resolve) => { child.on('exit', resolve); });
  return { code, stderr };
}

/** One sentence, no stack. */
function expectOneSentence({ code, stderr }: { code: number | null; stderr: string }, words: RegExp): void {
  expect(code).toBe(1);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toMatch(words);
  expect(stderr).not.toMatch(/\bat .*:\d+:\d+/);
}

test('the demo answers the OpenAI and the Anthropic SDK, with auto, streaming and not', async () => {
  const server = await startServer({ dataDir: join(dir, 'data'), args: ['--demo'] });
  try {
    const apiKey = server.ready.demoKey ?? '';
    const openai = new OpenAI({ baseURL: server.ready.baseUrl, apiKey });
    const { data: whole, response } = await openai.chat.completions.create({ model: 'auto', messages: [{ role: 'user', content: 'What is the capital of France?' }] }).withResponse();
    expect(whole.model).toBe('demo-cheap');
    expect(response.headers.get('x-bsg-tier')).toBe('simple');
    const hard = await openai.chat.completions.stream({ model: 'auto', messages: [{ role: 'user', content: 'Architect a scalable payment system with trade-offs for consistency and latency' }] }).finalChatCompletion();
    expect(hard.model).toBe('demo-strong');
    expect(hard.choices[0]?.message.content).not.toBe(whole.choices[0]?.message.content);
    const anthropic = new Anthropic({ baseURL: server.origin, apiKey });
    const message = await anthropic.messages.create({ model: 'auto', max_tokens: 200, messages: [{ role: 'user', content: 'Hello!' }] });
    expect(message.model).toBe('demo-cheap');
    const streamed = await anthropic.messages.stream({ model: 'demo-strong', max_tokens: 200, messages: [{ role: 'user', content: 'Hello!' }] }).finalMessage();
    expect(streamed.usage.output_tokens).toBeGreaterThan(0);

    const token = (await readFile(server.ready.adminTokenFile, 'utf8')).trim();
    expect((await stat(server.ready.adminTokenFile)).mode & 0o077).toBe(0);
    const admin = (path: string) => call(server.origin, path, { headers: { authorization: `Bearer ${token}` } });
    const usage = await admin('/admin/usage');
    expect((usage.json['totals'] as { requests: number }).requests).toBe(404);
    expect((await admin('/admin/requests?limit=5')).json['items']).toHaveLength(5);
    expect(JSON.stringify((await admin('/admin/config')).json)).toContain('demo-cheap');
    expect((await call(server.origin, '/admin/usage')).status).toBe(401);
    expect((await call(server.origin, '/health/ready')).json).toEqual({ status: 'ready' });
  } finally {
    expect(await server.stop()).toBe(0);
  }
});

test('a port in use, a second start on one folder, a bad option and a folder without permission are one sentence each', async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => { blocker.listen(0, '127.0.0.1', resolve); });
  const { port } = blocker.address() as { port: number };
  expectOneSentence(await failing(['--port', String(port), '--data', join(dir, 'data')]), /in use/);
  blocker.close();
  const server = await startServer({ dataDir: join(dir, 'data') });
  expectOneSentence(await failing(['--port', '0', '--data', join(dir, 'data')]), /in use/);
  await server.stop();
  expectOneSentence(await failing(['--prot', '1']), /prot/);
  expectOneSentence(await failing(['--data', '/proc/nothing-can-be-made-here']), /data folder/);
  await writeFile(join(dir, 'bad.json'), '{"version":1,"models":[{"id":"m","provider":"openai","upstreamModel":"x","apiKeyEnv":"NOT_SET_ANYWHERE"}]}');
  expectOneSentence(await failing(['--port', '0', '--data', join(dir, 'data'), '--config', join(dir, 'bad.json')]), /\/models\/0\/apiKeyEnv.*NOT_SET_ANYWHERE|NOT_SET_ANYWHERE.*\/models\/0\/apiKeyEnv/);
});

test('a master key that others may read is refused', async () => {
  const server = await startServer({ dataDir: join(dir, 'data') });
  await server.stop();
  await chmod(join(dir, 'data', 'master.key'), 0o644);
  expectOneSentence(await failing(['--port', '0', '--data', join(dir, 'data')]), /chmod 600/);
});

test('SIGTERM lets a running stream end, settles it and exits 0', async () => {
  const upstream = await scriptedUpstream((_received, response) => sse(response, chatEvents(['a', 'b', 'c', 'd']), { gapMs: 60 }));
  const { key } = newKey('test', (size) => new Uint8Array(size).fill(7));
  const options = {
    dataDir: join(dir, 'data'), env: { UP_KEY: 'sk-x', BSG_KEY: key },
    config: { version: 1, models: [{ id: 'm', provider: 'openai-compatible', upstreamModel: 'up', baseUrl: upstream.baseUrl, apiKeyEnv: 'UP_KEY' }], keys: [{ name: 'k', keyEnv: 'BSG_KEY' }] },
  };
  const server = await startServer(options);
  const answer = call(server.origin, '/v1/chat/completions', { key, body: chat('m', { stream: true }) });
  while (upstream.received.length === 0) await new Promise((resolve) => { setTimeout(resolve, 5); });
  const code = await server.stop();
  expect(code).toBe(0);
  const { text, headers } = await answer;
  expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true);
  const again = await startServer(options);
  const token = (await readFile(again.ready.adminTokenFile, 'utf8')).trim();
  const entry = await call(again.origin, `/admin/requests/${headers.get('x-request-id')}`, { headers: { authorization: `Bearer ${token}` } });
  expect(entry.json).toMatchObject({ usage: 'measured', status: 200, finish: { unified: 'stop' } });
  await again.stop();
  await upstream.close();
});

test('requests for a foreign host name are refused (DNS rebinding)', async () => {
  const server = await startServer({ dataDir: join(dir, 'data') });
  const { request } = await import('node:http');
  const status = await new Promise<number | undefined>((resolve) => {
    request(`${server.origin}/health`, { headers: { host: 'evil.example' } }, (response) => { response.resume(); resolve(response.statusCode); }).end();
  });
  expect(status).toBe(403);
  await server.stop();
});
