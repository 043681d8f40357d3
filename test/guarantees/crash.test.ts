import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { LedgerEntry } from '../../functions/contract/ledger.ts';
import { newKey } from '../../functions/core/keys/virtual-key.ts';
import { figure } from '../support/figure.ts';
import { full } from '../support/full.ts';
import { chatEvents, scriptedUpstream, sse, type ScriptedUpstream } from '../support/scripted-upstream.ts';
import { entriesOf, expectBooksToBalance } from '../support/server-books.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';

const STREAMS_PER_KILL = 4;
const { key } = newKey('test', randomBytes);
let dir: string;
let upstream: ScriptedUpstream;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bsg-crash-'));
  upstream = await scriptedUpstream((_received, response) => sse(response, chatEvents(Array.from({ length: 200 }, (_, i) => `w${i} `)), { gapMs: 2 }));
});
afterEach(async () => {
  await upstream.close();
  await rm(dir, { recursive: true, force: true });
});

function start(): Promise<ServerProcess> {
  return startServer({
    dataDir: join(dir, 'data'),
    env: { UP_KEY: 'sk-upstream', BSG_KEY: key },
    config: {
      version: 1,
      models: [{ id: 'm', provider: 'openai-compatible', upstreamModel: 'up', baseUrl: upstream.baseUrl, apiKeyEnv: 'UP_KEY', price: { input: 1, output: 2 } }],
      keys: [{ name: 'k', keyEnv: 'BSG_KEY', rpm: null, tpm: null, monthlyUsd: 1000 }],
    },
  });
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });

/** One stream read until the server dies or it ends; the id as soon as the first byte is there. */
async function stream(origin: string, seen: Map<string, { bytes: number; done: boolean }>): Promise<void> {
  try {
    const response = await fetch(`${origin}/v1/chat/completions`, {
      method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'count' }] }),
    });
    const record = { bytes: 0, done: false };
    seen.set(response.headers.get('x-request-id') ?? '', record);
    for await (const chunk of response.body ?? []) record.bytes += chunk.length;
    record.done = true;
  } catch { /* the kill */ }
}

test('guarantee D1: SIGKILL at random points of streams loses no admitted request and counts none twice', async () => {
  const kills = full(25, 3);
  const seen = new Map<string, { bytes: number; done: boolean }>();
  await mkdir(join(dir, 'data'));
  for (let kill = 0; kill < kills; kill += 1) {
    const server = await start();
    const known = seen.size;
    const streams = Array.from({ length: STREAMS_PER_KILL }, () => stream(server.origin, seen));
    // Every third kill may come before the first byte; the others come while a client is reading, however slow the machine.
    if (kill % 3 !== 2) while (![...seen.values()].slice(known).some(({ bytes }) => bytes > 0)) await pause(2);
    await pause(Math.random() * 400);
    await server.kill();
    await Promise.all(streams);
  }
  const server = await start();
  const entries = await entriesOf(server);
  await server.stop();
  const witnessed = [...seen].filter(([, record]) => record.bytes > 0);
  expect(witnessed.length).toBeGreaterThanOrEqual(Math.floor((kills * 2) / 3));
  const rows = new Map<string, LedgerEntry[]>();
  for (const entry of entries) rows.set(entry.requestId, [...(rows.get(entry.requestId) ?? []), entry]);
  expect(witnessed.filter(([id]) => !rows.has(id))).toEqual([]);
  expect([...rows.values()].filter((list) => list.length !== 1)).toEqual([]);
  // A kill between the reservation and the call leaves an entry without a call; never a call without an entry.
  expect(upstream.received.length).toBeLessThanOrEqual(entries.length);
  const killed = witnessed.filter(([, record]) => !record.done).map(([id]) => rows.get(id)?.[0]);
  expect(killed.length).toBeGreaterThan(0);
  expect(killed.every((entry) => entry?.usage === 'estimated' && entry.finish.unified === 'upstream_truncated')).toBe(true);
  await expectBooksToBalance(join(dir, 'data'), key, entries);
  figure('D1', `${kills} kills x ${STREAMS_PER_KILL} streams: ${entries.length} requests admitted, ${witnessed.length} seen by clients, 0 lost, 0 double`);
}, 180_000);
