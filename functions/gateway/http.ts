import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { readBody } from './http-body.ts';
import { doorError, Reply } from './http-reply.ts';
import type { GatewayRequest, GatewayResponse } from './ports.ts';

/** Headers must be complete after 10 s; with the check below a silent socket is cut within 12 s. */
const HEADERS_TIMEOUT_MS = 10_000;
/**
 * The whole request, body included. Long, because 32 MiB over a slow line are honest; a body that crawls is cut much
 * earlier, by its pace (`http-body.ts`).
 */
const REQUEST_TIMEOUT_MS = 300_000;
const TIMEOUT_CHECK_MS = 2_000;
/** Longer than the usual 60 s of load balancers, so that it is never we who close under a request on its way. */
const KEEP_ALIVE_MS = 65_000;
/** No byte moved in either direction: a client that stopped reading. An answer being waited for sends a heartbeat every 15 s. */
const SILENCE_MS = 300_000;
/** Node's 16 KiB would answer a long credential with 431; it is to be a 401. */
const MAX_HEADER_BYTES = 128 * 1024;
/** How long the rest of a refused body may flow away, so that the client gets to read the refusal. */
const DISCARD_MS = 5_000;
const SETTLE_MS = 5_000;

export interface HttpDoorOptions {
  readonly handle: (request: GatewayRequest) => Promise<GatewayResponse>;
  readonly maxBodyBytes: number;
  /** Judges the `host` header as it came (undefined = none); others get a 403. Guards against DNS rebinding. */
  readonly allowedHosts?: (host: string | undefined) => boolean;
  /** Says who the client is where a proxy stands before the door; by default whoever connects. For the audit record only. */
  readonly clientAddress?: (message: IncomingMessage) => string | undefined;
  /** What begins with `prefix` and is answered by somebody who wants Node's own request and response. */
  readonly raw?: { readonly prefix: string; readonly handle: (message: IncomingMessage, response: ServerResponse) => void };
}

export interface HttpDoor {
  readonly server: Server;
  /** Takes no new connections, lets running requests end and settle for at most `timeoutMs`, then cuts what is left. */
  drain(timeoutMs: number): Promise<void>;
}

const INTERNAL = doorError(500, 'api_error', 'internal_error', 'The gateway failed to handle this request.');
const WRONG_HOST = doorError(403, 'permission_error', 'invalid_request', 'This server does not answer to that host name.');

/**
 * The node:http door. Every request gets exactly one answer: the handler's, or a constant 500 if it throws. When the
 * client leaves, `signal` aborts and a streaming body gets `return()`, once each.
 */
export function createHttpDoor(options: HttpDoorOptions): HttpDoor {
  let active = 0;
  let draining = false;
  let onIdle: (() => void) | undefined;
  const closing = (): boolean => draining;
  const server = createServer({
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    noDelay: true,
    insecureHTTPParser: false,
    // Repeated headers come joined with a comma: a second `authorization` or `host` makes both invalid, none wins.
    joinDuplicateHeaders: true,
  });
  server.timeout = SILENCE_MS;
  const enter = (message: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void => {
    active += 1;
    const leave = (): void => {
      active -= 1;
      if (draining) server.closeIdleConnections();
      if (active === 0) onIdle?.();
    };
    if (options.raw !== undefined && message.url?.startsWith(options.raw.prefix) === true && options.allowedHosts?.(message.headers.host) !== false) {
      response.on('close', leave);
      options.raw.handle(message, response);
      return;
    }
    attend(options, new DoorRequest(message, response, options, awaitsContinue), response, closing, leave);
  };
  server.on('request', (message, response) => enter(message, response, false));
  server.on('checkContinue', (message, response) => enter(message, response, true));
  server.on('clientError', refuseBytes);
  return {
    server,
    async drain(timeoutMs) {
      draining = true;
      const closed = new Promise<void>((resolve) => { server.close(() => resolve()); });
      server.closeIdleConnections();
      if (active > 0) await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        onIdle = () => { clearTimeout(timer); resolve(); };
      });
      server.closeAllConnections();
      // Those that were cut still settle; whoever drains closes the store next.
      if (active > 0) await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, SETTLE_MS);
        onIdle = () => { clearTimeout(timer); resolve(); };
      });
      await closed;
    },
  };
}

/** One request from its headers to the last byte of its answer and the end of its stream; then `leave`. */
function attend(options: HttpDoorOptions, request: DoorRequest, response: ServerResponse, closing: () => boolean, leave: () => void): void {
  const reply = new Reply(response, () => closing() || request.unwanted);
  let open = 2;
  const part = (): void => {
    open -= 1;
    if (open === 0) leave();
  };
  response.on('close', () => {
    if (!response.writableFinished) {
      request.leave();
      reply.leave();
    }
    request.discardRest();
    part();
  });
  answerTo(options, request).then((answer) => reply.send(answer)).then(part, part);
}

async function answerTo(options: HttpDoorOptions, request: DoorRequest): Promise<GatewayResponse> {
  try {
    if (options.allowedHosts?.(request.headers['host']) === false) return WRONG_HOST;
    return await options.handle(request);
  } catch {
    return INTERNAL;
  }
}

/** Nobody adds to what a caller sent. */
const NO_QUERY = new URLSearchParams();

/** What the handler sees. Costly members are made when first read. */
class DoorRequest implements GatewayRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly #message: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #options: Pick<HttpDoorOptions, 'maxBodyBytes' | 'clientAddress'>;
  readonly #search: string;
  #awaitsContinue: boolean;
  #query: URLSearchParams | undefined;
  #controller: AbortController | undefined;
  #left = false;
  #body: Promise<Uint8Array> | undefined;

  constructor(message: IncomingMessage, response: ServerResponse, options: Pick<HttpDoorOptions, 'maxBodyBytes' | 'clientAddress'>, awaitsContinue: boolean) {
    const url = originForm(message.url ?? '/');
    const mark = url.indexOf('?');
    this.method = message.method ?? 'GET';
    this.path = mark < 0 ? url : url.slice(0, mark);
    this.#search = mark < 0 ? '' : url.slice(mark + 1);
    // Only `set-cookie` is ever a list, and no client sends it.
    this.headers = message.headers as Record<string, string | undefined>;
    this.#message = message;
    this.#response = response;
    this.#options = options;
    this.#awaitsContinue = awaitsContinue;
  }

  get query(): URLSearchParams {
    this.#query ??= this.#search === '' ? NO_QUERY : new URLSearchParams(this.#search);
    return this.#query;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#left) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  /** The client waits for our word before it sends its body, and nobody gave it: its connection cannot be used again. */
  get unwanted(): boolean {
    return this.#awaitsContinue;
  }

  body(): Promise<Uint8Array> {
    this.#body ??= this.#read();
    return this.#body;
  }

  get sourceIp(): string | undefined {
    return this.#options.clientAddress === undefined ? this.#message.socket.remoteAddress : this.#options.clientAddress(this.#message);
  }

  remainingMs(): number {
    return Number.POSITIVE_INFINITY;
  }

  leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#controller?.abort();
  }

  /** After the answer: an unread rest of the body may flow for a while, so that the client sees the answer. */
  discardRest(): void {
    const { socket, complete } = this.#message;
    if (complete || socket.destroyed) return;
    const timer = setTimeout(() => socket.destroy(), DISCARD_MS);
    this.#message.once('close', () => clearTimeout(timer));
    this.#message.resume();
  }

  #read(): Promise<Uint8Array> {
    if (this.#awaitsContinue && Number(this.headers['content-length'] ?? 0) <= this.#options.maxBodyBytes) {
      this.#awaitsContinue = false;
      this.#response.writeContinue();
    }
    return readBody(this.#message, this.#options.maxBodyBytes);
  }
}

/** A target may come with scheme and authority (RFC 9112 §3.2.2); only the path counts. */
function originForm(target: string): string {
  if (target.startsWith('/')) return target;
  const [, rest = target] = /^https?:\/\/[^/?]*(.*)$/i.exec(target) ?? [];
  return rest.startsWith('/') ? rest : rest === target ? target : `/${rest}`;
}

/** Bytes that are no HTTP request get a constant answer, if one can still be written, and the connection ends. */
function refuseBytes(error: NodeJS.ErrnoException, socket: Socket & { _httpMessage?: ServerResponse }): void {
  if (!socket.writable || error.code === 'ECONNRESET' || socket._httpMessage?.headersSent === true) {
    socket.destroy();
    return;
  }
  const [status, line] = error.code === 'HPE_HEADER_OVERFLOW' ? [431, 'Request Header Fields Too Large']
    : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? [408, 'Request Timeout'] : [400, 'Bad Request'];
  const { body } = doorError(status, 'invalid_request_error', 'invalid_request', `${line}.`);
  if (!(body instanceof Uint8Array)) return;
  socket.end(`HTTP/1.1 ${status} ${line}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${Buffer.from(body).toString()}`);
}
