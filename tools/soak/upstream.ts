import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { between, pick, type Random } from './random.ts';
import type { Fault, UpstreamCall, Wire } from './records.ts';
import { SHAPES, type Answer } from './upstream-answers.ts';

/** A provider that counts what it serves, and of which a share of calls goes wrong. */
export interface Upstream {
  /** With the version segment. */
  readonly baseUrl: string;
  readonly calls: readonly UpstreamCall[];
  close(): Promise<void>;
}

export interface UpstreamOptions {
  readonly random: Random;
  /** Share of calls that go wrong. */
  readonly faults: number;
  /** Stands in every answer. */
  readonly answerCanary: string;
}

const FAULTS: readonly Fault[] = ['429', '500', '503', 'reset', 'reset-after-headers', 'cut', 'early-end', 'slow', 'garbage', 'error-event'];
/** The models that stream, or not, as they like: a whole answer cannot break after its first part. */
const OF_STREAMS: ReadonlySet<Fault> = new Set(['reset-after-headers', 'cut', 'early-end', 'error-event']);
/** Longer than the most patient model's time to its first part. */
const SLOW_MS = 4_000;
const TOKENS_PER_WORD = 3;
/** How a request says who it is. */
export const MARK = /\[soak (\d{7})\]/;

export async function startUpstream(options: UpstreamOptions): Promise<Upstream> {
  const calls: UpstreamCall[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => { void answer(options, calls, request, response, Buffer.concat(chunks).toString()); });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    calls,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => { server.close(() => resolve()); });
    },
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });
const wireOf = (path: string): Wire => (path.endsWith('/messages') ? 'messages' : path.endsWith('/responses') ? 'responses' : 'chat');

interface Body { readonly model?: string; readonly stream?: boolean; readonly stream_options?: { readonly include_usage?: boolean }; readonly max_tokens?: number; readonly max_completion_tokens?: number; readonly max_output_tokens?: number }

async function answer(options: UpstreamOptions, calls: UpstreamCall[], request: IncomingMessage, response: ServerResponse, text: string): Promise<void> {
  const { random } = options;
  const wire = wireOf(request.url ?? '');
  const body = JSON.parse(text) as Body;
  const stream = body.stream === true;
  const fault = random() < options.faults ? pick(random, FAULTS.filter((kind) => stream || !OF_STREAMS.has(kind))) : undefined;
  const { call, planned } = plan(options, body, text, fault);
  calls.push(call);
  response.on('close', () => { if (call.end === 'open') call.end = fault === undefined || response.writableFinished ? 'left' : 'broken'; });
  // It hides nothing: what it was sent comes back in its errors.
  const secret = String(request.headers['authorization'] ?? request.headers['x-api-key']);
  const { error, errorEvent, whole, pieces } = SHAPES[wire];
  const refuse = (status: number, type: string, headers: Record<string, string> = {}): void => {
    call.end = 'broken';
    response.writeHead(status, { 'content-type': 'application/json', 'x-echo': secret, ...headers });
    response.end(JSON.stringify(error(type, `${type} for ${secret}`)));
  };
  if (fault === '429') return refuse(429, 'rate_limit_error', { 'retry-after': pick(random, ['0', '1', '2', '30']) });
  if (fault === '500') return refuse(500, `server_error: ${text.slice(0, 500)}`);
  if (fault === '503') return refuse(wire === 'messages' ? 529 : 503, 'overloaded_error', { 'retry-after': '1' });
  if (fault === 'reset') return void response.socket?.destroy();
  await pause(fault === 'slow' ? SLOW_MS : between(random, 5, 150));
  if (response.destroyed) return;
  if (fault === 'garbage') {
    call.end = 'broken';
    return void response.writeHead(200, { 'content-type': 'text/html' }).end(`<html>${secret} ${text.slice(0, 500)}</html>`);
  }
  if (!stream) {
    call.end = 'whole';
    return void response.writeHead(200, { 'content-type': 'application/json', 'x-request-id': `up-${call.id}` }).end(JSON.stringify(whole(planned)));
  }
  response.writeHead(200, { 'content-type': 'text/event-stream', 'x-request-id': `up-${call.id}` });
  response.flushHeaders();
  if (fault === 'reset-after-headers') {
    await pause(between(random, 1, 50));
    return void response.socket?.destroy();
  }
  const { head, words, tail } = pieces(planned, wire !== 'chat' || body.stream_options?.include_usage === true);
  const stopAt = fault === 'cut' || fault === 'early-end' || fault === 'error-event' ? between(random, 0, words.length - 1) : words.length;
  const gapMs = between(random, 2, 40);
  response.write(head);
  for (const word of words.slice(0, stopAt)) {
    if (response.destroyed) return;
    response.write(word);
    await pause(gapMs);
  }
  if (response.destroyed) return;
  if (stopAt === words.length) {
    call.end = 'whole';
    response.end(tail);
    return;
  }
  call.end = 'broken';
  if (fault === 'cut') response.socket?.destroy();
  else response.end(fault === 'error-event' ? errorEvent(`overloaded, ${secret}`) : undefined);
}

/** How long the answer is and what is reported for it. The provider counts input by its own rule, near ours and seldom the same. */
function plan({ random, answerCanary }: UpstreamOptions, body: Body, text: string, fault: Fault | undefined): { call: UpstreamCall; planned: Answer } {
  const id = MARK.exec(text)?.[1] ?? 'unknown';
  const most = body.max_tokens ?? body.max_completion_tokens ?? body.max_output_tokens ?? Infinity;
  const wanted = between(random, 4, 60);
  const count = Math.max(1, Math.min(wanted, Math.floor(most / TOKENS_PER_WORD)));
  const words = Array.from({ length: count }, (_, i) => `${i === 0 ? `${answerCanary} ` : ''}${id}.${i} `);
  const all = Math.ceil((text.length / 4) * (0.75 + random() * 0.4));
  const cacheRead = random() < 0.2 ? Math.floor(all / 2) : 0;
  const tokens = { input: all - cacheRead, cacheRead, output: Math.min(count * TOKENS_PER_WORD, most) };
  const model = String(body.model);
  return {
    call: { id, at: Date.now(), model, fault, ...tokens, words: count, end: 'open' },
    planned: { model, words, ...tokens, cut: count < wanted },
  };
}
