import { randomBytes } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newKey } from '../../functions/core/keys/virtual-key.ts';
import { chat, messages } from '../support/call.ts';
import { figure } from '../support/figure.ts';
import { full } from '../support/full.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';

const { key } = newKey('test', randomBytes);
const MIB = 1024 * 1024;
const EVENT_BYTES = 16 * 1024;
const SECONDS = full(60);
const SLOW_SECONDS = SECONDS / 3;
/** Of the fast part, the first seconds, in which dead buffers gather, and the others. */
const WARM_SECONDS = Math.max(4, SECONDS / 6);
const FAST_SECONDS = Math.max(3, SECONDS - SLOW_SECONDS - WARM_SECONDS);
const SLOW_BYTES_PER_SECOND = 64 * 1024;
/** Of each stream's fast part: over 40 s more than 1 GiB in all. A test that took all it could get would slow down those beside it. */
const FAST_BYTES_PER_SECOND = 16 * MIB;
const TICK_MS = 20;
const MAX_GROWTH_BYTES = 32 * MIB;
/**
 * V8 lets up to 64 MiB of dead network buffers gather before it cleans (`kExternalAllocationSoftLimit`) and keeps its young
 * generation: a process that moves much data is so much larger than one at rest, however little is alive, and stays so.
 */
const CEILING_BYTES = 256 * MIB;

const chunk = (content: string): string => `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'up', choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }] })}\n\n`;
const EVENT = Buffer.from(chunk('x'.repeat(EVENT_BYTES - chunk('').length)));

/** An upstream that sends as fast as it is read, without end, and counts what has left it for each model. */
interface Flood { readonly port: number; sent(model: string): number; close(): Promise<void> }
async function flood(): Promise<Flood> {
  const streams = new Map<string, { written: number; response: ServerResponse }>();
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => { body += piece; });
    request.on('end', () => {
      const stream = { written: 0, response };
      streams.set(String(JSON.parse(body).model), stream);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const more = (): void => {
        while (!response.destroyed) {
          stream.written += EVENT.length;
          // After a pause only in another turn, so that a fast reader does not hold this process for itself.
          if (!response.write(EVENT)) return void response.once('drain', () => setImmediate(more));
        }
      };
      more();
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    port: (server.address() as AddressInfo).port,
    sent(model) {
      const stream = streams.get(model);
      // What still waits in this process has not left.
      return stream === undefined ? 0 : stream.written - stream.response.writableLength;
    },
    close: () => new Promise((resolve) => { server.closeAllConnections(); server.close(() => resolve()); }),
  };
}

let dir: string;
let upstream: Flood;
let server: ServerProcess;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bsg-slow-'));
  upstream = await flood();
  const model = (id: string): object => ({ id, provider: 'openai-compatible', upstreamModel: id, baseUrl: `http://127.0.0.1:${upstream.port}/v1`, apiKeyEnv: 'UP_KEY' });
  server = await startServer({
    dataDir: join(dir, 'data'), env: { UP_KEY: 'sk-upstream', BSG_KEY: key },
    config: { version: 1, models: [model('passed'), model('translated')], keys: [{ name: 'k', keyEnv: 'BSG_KEY', rpm: null, tpm: null }] },
  });
}, 60_000);
afterAll(async () => {
  await server.kill();
  await upstream.close();
  await rm(dir, { recursive: true, force: true });
});

/** Resident bytes of the gateway's process. */
function residentBytes(pid: number): number {
  const status = `/proc/${pid}/status`;
  const kib = existsSync(status) ? /VmRSS:\s+(\d+) kB/.exec(readFileSync(status, 'utf8'))?.[1] : spawnSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
  return Number(kib) * 1024;
}

/**
 * Bytes that wait in the kernel's own buffers of all connections through these ports; undefined where it does not tell. What is sent
 * and not yet acknowledged may be counted on both sides, for a few milliseconds.
 */
function kernelBytes(ports: ReadonlySet<number>): number | undefined {
  if (!existsSync('/proc/net/tcp')) return undefined;
  let bytes = 0;
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1)) {
    const [, local = '', remote = '', , queues = ''] = line.trim().split(/\s+/);
    if (![local, remote].some((address) => ports.has(Number.parseInt(address.split(':')[1] ?? '', 16)))) continue;
    const [sending = '0', received = '0'] = queues.split(':');
    bytes += Number.parseInt(sending, 16) + Number.parseInt(received, 16);
  }
  return bytes;
}

/** A client that reads what it is allowed to and nothing more. */
interface Reader { readonly socket: Socket; readonly model: string; read(): number; allow(bytes: number): void }
function reader(model: string, path: string, body: object): Reader {
  const text = JSON.stringify(body);
  let [read, allowance] = [0, 0];
  const socket = connect({ port: Number(new URL(server.origin).port), host: '127.0.0.1' });
  socket.on('error', () => {});
  socket.pause();
  const take = (): void => {
    while (allowance > 0) {
      const piece = socket.read(Math.min(allowance, socket.readableLength)) as Buffer | null;
      if (piece === null || piece.length === 0) return;
      read += piece.length;
      allowance -= piece.length;
    }
  };
  socket.on('readable', take);
  socket.write(`POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  return { socket, model, read: () => read, allow(bytes) { allowance = bytes; take(); } };
}

interface Measured { readonly read: number; readonly mostHeld: number | undefined; readonly mostResident: number }
/** Reads for so long at that rate from each, looking all the while at memory and at what the gateway has taken and not passed on. */
async function phase(clients: readonly Reader[], seconds: number, bytesPerSecond: number): Promise<Measured> {
  const pid = server.child.pid ?? 0;
  const ports = new Set([upstream.port, Number(new URL(server.origin).port)]);
  const total = (): number => clients.reduce((sum, client) => sum + client.read(), 0);
  const before = clients.map((client) => client.read());
  const readBefore = total();
  const began = performance.now();
  let mostResident = 0;
  let mostHeld: number | undefined;
  for (let tick = 0; performance.now() - began < seconds * 1000; tick += 1) {
    const due = ((performance.now() - began) / 1000) * bytesPerSecond;
    for (const [at, client] of clients.entries()) client.allow(Math.max(0, Math.floor(due - (client.read() - (before[at] ?? 0)))));
    if (tick % 5 === 0) {
      mostResident = Math.max(mostResident, residentBytes(pid));
      const inKernel = kernelBytes(ports);
      const sent = clients.reduce((sum, { model }) => sum + upstream.sent(model), 0);
      const waiting = clients.reduce((sum, { socket }) => sum + socket.readableLength, 0);
      if (inKernel !== undefined) mostHeld = Math.max(mostHeld ?? 0, sent - total() - waiting - inKernel);
    }
    await new Promise((resolve) => { setTimeout(resolve, TICK_MS); });
  }
  for (const client of clients) client.allow(0);
  return { read: total() - readBefore, mostHeld, mostResident };
}
const mib = (bytes: number): string => (bytes / MIB).toFixed(1);

test('guarantee E5: a slow reader pauses the upstream, and memory does not grow, neither then nor when it reads fast', async () => {
  const restBytes = residentBytes(server.child.pid ?? 0);
  const clients = [reader('passed', '/v1/chat/completions', chat('passed', { stream: true })), reader('translated', '/v1/messages', messages('translated', { stream: true }))];
  // What the connections take once, all of the kernel's; from there on nothing more may be under way.
  const settling = await phase(clients, SLOW_SECONDS / 4, SLOW_BYTES_PER_SECOND);
  const [sentBefore, readBefore] = [clients.map(({ model }) => upstream.sent(model)), clients.map((client) => client.read())];
  const slow = await phase(clients, (SLOW_SECONDS * 3) / 4, SLOW_BYTES_PER_SECOND);
  const gained = Math.max(...clients.map((client, at) => upstream.sent(client.model) - (sentBefore[at] ?? 0) - (client.read() - (readBefore[at] ?? 0))));
  const warming = await phase(clients, WARM_SECONDS, FAST_BYTES_PER_SECOND);
  const fast = await phase(clients, FAST_SECONDS, FAST_BYTES_PER_SECOND);
  for (const { socket } of clients) socket.destroy();
  expect(slow.read).toBeGreaterThan(SLOW_BYTES_PER_SECOND * SLOW_SECONDS);
  const [fastBytes, wished] = [warming.read + fast.read, 2 * FAST_BYTES_PER_SECOND * (WARM_SECONDS + FAST_SECONDS)];
  // A machine that cannot keep the pace shows the same with less, within reason.
  expect(fastBytes).toBeGreaterThan(wished / 4);
  // Where the kernel does not tell what it holds, at least no more than that comes under way once its buffers are full.
  expect(slow.mostHeld ?? gained * 2).toBeLessThan(clients.length * MIB);
  const growth = { slow: slow.mostResident - settling.mostResident, fast: fast.mostResident - warming.mostResident, all: Math.max(warming.mostResident, fast.mostResident) - restBytes };
  expect(growth.slow).toBeLessThan(MAX_GROWTH_BYTES);
  // In the short run the heap is still finding its size when the fast reading begins; the ceiling holds there too.
  if (full(10) === 10) expect(growth.fast).toBeLessThan(MAX_GROWTH_BYTES);
  expect(restBytes + growth.all).toBeLessThan(CEILING_BYTES);
  figure('E5', `${SECONDS} s of 16 KiB events, one stream passed through and one translated. At 64 KiB/s: the gateway holds at most ${slow.mostHeld === undefined ? '?' : mib(slow.mostHeld)} MiB of both, under way grows by ${mib(gained)} MiB, RSS by ${mib(growth.slow)} MiB. `
    + `Then ${(fastBytes / 1024 / MIB).toFixed(2)} GiB fast: RSS +${mib(growth.fast)} MiB after its first ${WARM_SECONDS} s, ${mib(restBytes + growth.all)} MiB in all (${mib(restBytes)} at rest)`);
}, 180_000);
