import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { LedgerEntry } from '../../functions/contract/ledger.ts';
import { newKey } from '../../functions/core/keys/virtual-key.ts';
import { chat, messages } from '../support/call.ts';
import { figure, percentile } from '../support/figure.ts';
import { full } from '../support/full.ts';
import { chatEvents, scriptedUpstream, sse, type ScriptedUpstream } from '../support/scripted-upstream.ts';
import { entriesOf, expectBooksToBalance } from '../support/server-books.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';

const { key } = newKey('test', randomBytes);
/** More than 13 KB over half a second in either dialect: every offset that is drawn lies well before its end. */
const EVENTS = chatEvents(Array.from({ length: 120 }, (_, i) => `w${i} `));
const MAX_OFFSET = 9_000;

/** What the upstream knows of a call, by the mark in its prompt. */
interface Seen { readonly arrived: PromiseWithResolvers<void>; readonly gone: PromiseWithResolvers<number>; finished: boolean }
const calls = new Map<string, Seen>();
const seenOf = (mark: string): Seen => {
  const known = calls.get(mark) ?? { arrived: Promise.withResolvers<void>(), gone: Promise.withResolvers<number>(), finished: false };
  calls.set(mark, known);
  return known;
};

let dir: string;
let upstream: ScriptedUpstream;
let server: ServerProcess;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bsg-leaves-'));
  upstream = await scriptedUpstream(async (received, response) => {
    const mark = /mark-\d+-(?:silent|talks)/.exec(JSON.stringify(received.body))?.[0] ?? '';
    const seen = seenOf(mark);
    response.on('close', () => { seen.finished = response.writableFinished; seen.gone.resolve(performance.now()); });
    seen.arrived.resolve();
    // One that never answers: its caller leaves before the first byte.
    if (mark.endsWith('talks')) await sse(response, EVENTS, { gapMs: 4 });
  });
  server = await startServer({
    dataDir: join(dir, 'data'), env: { UP_KEY: 'sk-upstream', BSG_KEY: key },
    config: {
      version: 1,
      models: [{ id: 'm', provider: 'openai-compatible', upstreamModel: 'up', baseUrl: upstream.baseUrl, apiKeyEnv: 'UP_KEY', price: { input: 1, output: 2 } }],
      keys: [{ name: 'k', keyEnv: 'BSG_KEY', rpm: null, tpm: null, monthlyUsd: 1000 }],
    },
  });
}, 60_000);
afterAll(async () => {
  await server.kill();
  await upstream.close();
  await rm(dir, { recursive: true, force: true });
});

/** Sends one request, destroys the socket after `offset` bytes of the answer, and says how long the upstream kept its call after that. */
async function leaveAfter(offset: number, mark: string, path: string, body: object): Promise<number> {
  const text = JSON.stringify(body);
  const socket = connect(Number(new URL(server.origin).port), '127.0.0.1');
  socket.on('error', () => {});
  let read = 0;
  const enough = new Promise<void>((resolve) => { socket.on('data', (chunk) => { if ((read += chunk.length) >= offset) resolve(); }); });
  socket.write(`POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  await seenOf(mark).arrived.promise;
  if (offset > 0) await enough;
  const leftAt = performance.now();
  socket.destroy();
  return await seenOf(mark).gone.promise - leftAt;
}

/** All entries once there are as many as that; the last settlements may still be under way. */
async function settled(count: number): Promise<LedgerEntry[]> {
  for (let tries = 0; ; tries += 1) {
    const entries = await entriesOf(server);
    if (entries.length >= count || tries > 100) return entries;
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}

test('guarantee D4: a client socket destroyed at any offset ends the upstream call within 100 ms, and every account is settled', async () => {
  const count = full(100);
  const delays: number[] = [];
  for (let at = 0; at < count; at += 1) {
    // One in ten leaves before the answer begins; of these every second had asked for a whole answer.
    const isSilent = at % 10 === 9;
    const mark = `mark-${at}-${isSilent ? 'silent' : 'talks'}`;
    const stream = !isSilent || at % 20 === 9;
    const prompt = { stream, messages: [{ role: 'user', content: mark }] };
    const [path, body] = at % 2 === 0 ? ['/v1/chat/completions', chat('m', prompt)] as const : ['/v1/messages', messages('m', prompt)] as const;
    delays.push(await leaveAfter(isSilent ? 0 : 1 + Math.floor(Math.random() * MAX_OFFSET), mark, path, body));
  }
  expect([...calls.values()].filter(({ finished }) => finished)).toEqual([]);
  // On an idle machine it takes a millisecond; the median is immune to a pause of the whole machine, the ceiling catches what hangs.
  expect(percentile(delays, 50)).toBeLessThan(100);
  expect(Math.max(...delays)).toBeLessThan(1_000);
  const entries = await settled(count);
  expect(entries).toHaveLength(count);
  expect(new Set(entries.map(({ requestId }) => requestId)).size).toBe(count);
  for (const entry of entries) expect(entry).toMatchObject({ status: 499, errorCode: 'client_closed', usage: 'estimated', finish: { unified: 'cancelled' }, costMicros: expect.any(Number) });
  expect(entries.every(({ costMicros }) => (costMicros ?? 0) > 0)).toBe(true);
  expect(await server.stop()).toBe(0);
  await expectBooksToBalance(join(dir, 'data'), key, entries);
  figure('D4', `${count} sockets destroyed at random offsets: upstream gone after p50 ${percentile(delays, 50).toFixed(1)} ms, p99 ${percentile(delays, 99).toFixed(1)} ms, settled ${entries.length}/${count} (Lambda cannot see a client leave: D3 bounds it)`);
}, 120_000);
