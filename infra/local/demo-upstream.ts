import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { demoReply, DEMO_MODELS, isRecord } from './demo-answer.ts';
import { anthropicMessages, DemoRefusal, openaiChat, type DemoDialect } from './demo-dialects.ts';

export interface DemoUpstreamOptions {
  /** The only credential it takes, as bearer token or `x-api-key`. */
  readonly apiKey: string;
  /** Between two words of a stream; 0 = none. */
  readonly wordDelayMs?: number;
}

export interface DemoUpstream {
  /** Version segment included: `http://127.0.0.1:PORT/v1`. */
  readonly baseUrl: string;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 64 * 1024 * 1024;
const GENERATE: Readonly<Record<string, DemoDialect>> = { '/v1/chat/completions': openaiChat, '/v1/messages': anthropicMessages };

/**
 * A provider that exists only to be looked at: OpenAI's chat completions and Anthropic's messages on a free loopback
 * port, with the models `demo-cheap` and `demo-strong`. Every answer says that it is simulated.
 */
export async function startDemoUpstream(options: DemoUpstreamOptions): Promise<DemoUpstream> {
  const expected = digest(options.apiKey);
  let answered = 0;
  const server = createServer((request, response) => {
    const dialect = pathOf(request).startsWith('/v1/messages') ? anthropicMessages : openaiChat;
    answered += 1;
    answer(request, response, { dialect, expected, id: `demo${answered}`, wordDelayMs: options.wordDelayMs ?? 15 }).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else refuse(response, dialect, error);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

interface Visit { readonly dialect: DemoDialect; readonly expected: Buffer; readonly id: string; readonly wordDelayMs: number }

async function answer(request: IncomingMessage, response: ServerResponse, visit: Visit): Promise<void> {
  const presented = request.headers['x-api-key'] ?? request.headers.authorization?.replace(/^Bearer /i, '');
  if (typeof presented !== 'string' || !timingSafeEqual(digest(presented), visit.expected)) throw new DemoRefusal(401, 'authentication_error', 'The simulated provider does not know this API key.');
  const path = pathOf(request);
  if (request.method === 'GET' && path === '/v1/models') return json(response, 200, { object: 'list', data: DEMO_MODELS.map((id) => ({ id, object: 'model', created: 0, owned_by: 'simulated' })) });
  const dialect = GENERATE[path];
  if (request.method !== 'POST' || (dialect === undefined && path !== '/v1/messages/count_tokens')) throw new DemoRefusal(404, 'not_found_error', 'The simulated provider has nothing at this path.');
  const body = await bodyOf(request);
  if (dialect === undefined) return json(response, 200, { input_tokens: anthropicMessages.readAsk(isRecord(body) ? { max_tokens: 1, ...body } : body).inputTokens });
  const ask = dialect.readAsk(body);
  const reply = demoReply(ask);
  const { stream, stream_options: streamOptions } = body as Record<string, unknown>;
  if (stream !== true) return json(response, 200, dialect.answer(ask, reply, visit.id, Date.now()));
  const includeUsage = isRecord(streamOptions) && streamOptions['include_usage'] === true;
  return streamWords(response, dialect.events(ask, reply, { id: visit.id, nowMs: Date.now(), includeUsage }), visit.wordDelayMs);
}

/** Word by word; stops when the client leaves. */
async function streamWords(response: ServerResponse, events: Iterable<string>, wordDelayMs: number): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  for (const event of events) {
    if (response.destroyed) return;
    response.write(event);
    if (wordDelayMs > 0) await sleep(wordDelayMs);
  }
  response.end();
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new DemoRefusal(413, 'invalid_request_error', 'The body is too large.');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new DemoRefusal(400, 'invalid_request_error', 'The body is not JSON.');
  }
}

const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split('?')[0] ?? '/';
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function refuse(response: ServerResponse, dialect: DemoDialect, error: unknown): void {
  const refusal = error instanceof DemoRefusal ? error : new DemoRefusal(500, 'invalid_request_error', 'The simulated provider failed.');
  json(response, refusal.status, dialect.error(refusal));
}
