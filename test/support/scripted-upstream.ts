import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: Buffer;
  readonly body: Record<string, unknown>;
}
export type Script = (received: Received, response: ServerResponse) => void | Promise<void>;

/** A real HTTP server that answers as scripted and remembers what it got. */
export interface ScriptedUpstream {
  /** With the version segment: `http://127.0.0.1:PORT/v1`. */
  readonly baseUrl: string;
  readonly port: number;
  readonly received: Received[];
  /** The script of the next and all later requests. */
  script(script: Script): void;
  close(): Promise<void>;
}

export async function scriptedUpstream(initial: Script = sayHello): Promise<ScriptedUpstream> {
  let current = initial;
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const bytes = Buffer.concat(chunks);
      let body: Record<string, unknown> = {};
      try {
        body = JSON.parse(bytes.toString('utf8'));
      } catch { /* a test may look at the bytes */ }
      const entry: Received = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, bytes, body };
      received.push(entry);
      void current(entry, response);
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    port,
    received,
    script(next) {
      current = next;
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => { server.close(() => resolve()); });
    },
  };
}

export function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** Sends SSE text piece by piece; each piece is one write, `gapMs` apart (0 = one event-loop turn). */
export async function sse(response: ServerResponse, pieces: readonly string[], options: { gapMs?: number; end?: 'clean' | 'destroy' } = {}): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const piece of pieces) {
    if (response.destroyed) return;
    response.write(piece);
    await new Promise((resolve) => { if (options.gapMs) setTimeout(resolve, options.gapMs); else setImmediate(resolve); });
  }
  if (options.end === 'destroy') response.socket?.destroy();
  else response.end();
}

/** OpenAI chat chunks of a text answer, one event a piece. */
export function chatEvents(words: readonly string[], options: { model?: string; usage?: boolean; finish?: string } = {}): string[] {
  const chunk = (delta: unknown, finish: string | null = null, extra: object = {}): string =>
    `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_700_000_000, model: options.model ?? 'up-model', choices: [{ index: 0, delta, finish_reason: finish }], ...extra })}\n\n`;
  const usage = `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_700_000_000, model: options.model ?? 'up-model', choices: [], usage: { prompt_tokens: 10, completion_tokens: words.length, total_tokens: 10 + words.length } })}\n\n`;
  return [chunk({ role: 'assistant', content: '' }), ...words.map((content) => chunk({ content })), chunk({}, options.finish ?? 'stop'), ...(options.usage === false ? [] : [usage]), 'data: [DONE]\n\n'];
}

export function chatAnswer(content: string, model = 'up-model'): unknown {
  return {
    id: 'chatcmpl-1', object: 'chat.completion', created: 1_700_000_000, model,
    choices: [{ index: 0, message: { role: 'assistant', content, refusal: null }, logprobs: null, finish_reason: 'stop' }],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  };
}

/** Anthropic events of a text answer, one event a piece. */
export function messageEvents(words: readonly string[], options: { model?: string } = {}): string[] {
  const event = (type: string, body: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...body })}\n\n`;
  return [
    event('message_start', { message: { id: 'msg_1', type: 'message', role: 'assistant', model: options.model ?? 'up-model', content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 10, output_tokens: 1 } } }),
    event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    ...words.map((text) => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })),
    event('content_block_stop', { index: 0 }),
    event('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: words.length } }),
    event('message_stop', {}),
  ];
}

export function messageAnswer(text: string, model = 'up-model'): unknown {
  return { id: 'msg_1', type: 'message', role: 'assistant', model, content: [{ type: 'text', text }], stop_reason: 'end_turn', stop_sequence: null, usage: { input_tokens: 10, output_tokens: 5 } };
}

/** The default script: a short answer in whatever dialect and mode is asked for. */
export const sayHello: Script = (received, response) => {
  const streaming = received.body['stream'] === true;
  const model = String(received.body['model'] ?? 'up-model');
  if (received.path.includes('/messages')) {
    if (streaming) return sse(response, messageEvents(['Hel', 'lo'], { model }));
    return json(response, 200, messageAnswer('Hello', model));
  }
  if (streaming) return sse(response, chatEvents(['Hel', 'lo'], { model }));
  return json(response, 200, chatAnswer('Hello', model));
};
