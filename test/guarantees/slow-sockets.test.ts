import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newKey } from '../../functions/core/keys/virtual-key.ts';
import { call, chat } from '../support/call.ts';
import { figure, percentile } from '../support/figure.ts';
import { full } from '../support/full.ts';
import { raw } from '../support/http-client.ts';
import { scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';
import { entriesOf } from '../support/server-books.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';

const { key } = newKey('test', randomBytes);
const POST = `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\n`;
/** How each kind begins, what it drips once a second, and what it is told when it is cut. */
const KINDS = [
  ['slow headers', 'GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: ', 'a', '408'],
  ['a slow request line', 'POST /v1/', 'a', '408'],
  ['a slow body', `${POST}content-length: 100000\r\n\r\n`, ' ', '408'],
  ['a slow body in chunks', `${POST}transfer-encoding: chunked\r\n\r\n`, '1\r\n \r\n', '408'],
  ['a silent body', `${POST}content-length: 100000\r\n\r\n{`, '', '408'],
  ['silence', '', '', '408'],
] as const;

let dir: string;
let upstream: ScriptedUpstream;
let server: ServerProcess;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bsg-sockets-'));
  upstream = await scriptedUpstream();
  server = await startServer({
    dataDir: join(dir, 'data'), env: { UP_KEY: 'sk-upstream', BSG_KEY: key },
    config: { version: 1, models: [{ id: 'm', provider: 'openai-compatible', upstreamModel: 'up', baseUrl: upstream.baseUrl, apiKeyEnv: 'UP_KEY' }], keys: [{ name: 'k', keyEnv: 'BSG_KEY', rpm: null, tpm: null }] },
  });
}, 60_000);
afterAll(async () => {
  await server.kill();
  await upstream.close();
  await rm(dir, { recursive: true, force: true });
});

async function servedWithin(): Promise<number> {
  const before = performance.now();
  expect((await call(server.origin, '/v1/chat/completions', { key, body: chat('m') })).status).toBe(200);
  return performance.now() - before;
}

test('guarantee G5: sockets that dawdle, in their headers, their body or from the start, are cut within 15 s while others are served', async () => {
  const port = Number(new URL(server.origin).port);
  const alone: number[] = [];
  for (let i = 0; i < 50; i += 1) alone.push(await servedWithin());
  const began = performance.now();
  const slow = Array.from({ length: full(200) }, async (_, at) => {
    const [kind, start, drop, told] = KINDS[at % KINDS.length] ?? KINDS[0];
    const client = raw(port);
    if (start !== '') client.socket.write(start);
    const drip = setInterval(() => { if (drop !== '') client.socket.write(drop); }, 1_000);
    await client.closed;
    clearInterval(drip);
    return { kind, told, got: client.text().slice(9, 12), ms: performance.now() - began };
  });
  const state = { open: true };
  const all = Promise.all(slow).finally(() => { state.open = false; });
  const beside: number[] = [];
  while (state.open) {
    beside.push(await servedWithin());
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
  const cut = await all;
  expect(cut.filter(({ got, told }) => got !== told)).toEqual([]);
  const last = Math.max(...cut.map(({ ms }) => ms));
  // The timers are at 10 to 14 s; a machine that is busy with other things runs them late.
  expect(last).toBeLessThan(20_000);
  expect(percentile(cut.map(({ ms }) => ms), 50)).toBeLessThan(15_000);
  expect(beside.length).toBeGreaterThan(20);
  expect(percentile(beside, 50)).toBeLessThan(1_000);
  // None of them was admitted.
  expect(await entriesOf(server)).toHaveLength(alone.length + beside.length);
  figure('G5', `${cut.length} sockets of ${KINDS.length} kinds: all cut within ${(last / 1000).toFixed(1)} s; ${beside.length} requests beside them served, p50 ${percentile(beside, 50).toFixed(1)} ms (${percentile(alone, 50).toFixed(1)} ms alone)`);
}, 60_000);
