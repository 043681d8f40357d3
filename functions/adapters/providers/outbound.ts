import { lookup as systemLookup } from 'node:dns';
import { Agent, request as httpRequest, type ClientRequest, type ClientRequestArgs, type IncomingMessage } from 'node:http';
import { connect as connectTcp, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { parseUpstreamUrl, type SafeUrl } from '../../core/safe-url.ts';
import { blocked, connectFailure, connectTimeout, exchangeFailure, guardedLookup, mayConnect, type Resolve } from './address.ts';
import { DEAD_WITHIN_MS, DeadConnectionError, OutboundError, type Outbound, type OutboundRequest, type OutboundResponse } from './outbound-port.ts';
import { ResponseBody } from './response-body.ts';

const MAX_POOLS = 256;
const MAX_PARSED_URLS = 1_024;
/** Servers begin to close idle connections after about 5 s; a frozen host wakes with dead ones. */
const MAX_IDLE_MS = 4_000;
const TCP_KEEP_ALIVE_MS = 30_000;

export interface OutboundOptions {
  /** `HOST` or `HOST:PORT` that may be private and may speak plain http. */
  readonly allowHosts: readonly string[];
  readonly allowLoopback: boolean;
  /** This deployment's id, sent as `via: bsgateway/<id>` so that a loop can be told. */
  readonly via: string;
  /** Resolves a name to all its addresses; the system's resolver unless a test says otherwise. */
  readonly lookup?: Resolve;
  /** Connections per origin and credential; more requests wait for one. Unbounded by default: admission limits requests. */
  readonly maxSockets?: number;
  readonly maxIdleMs?: number;
  /** Monotonic milliseconds. */
  readonly elapsed?: () => number;
}

/**
 * Opens the only door to the network. Every call parses and checks its URL, every name's answers and every connection's
 * peer are checked before a byte is sent, redirects are refused, no proxy of the environment is used, and connections
 * are shared only within one credential and origin. Errors are `OutboundError`s whose text is constant.
 */
export function openOutbound(options: OutboundOptions): Outbound {
  const pools = new PoolTable(options);
  const parsed = new Map<string, SafeUrl>();
  const targetOf = (text: string): SafeUrl => {
    const known = parsed.get(text);
    if (known !== undefined) return known;
    const result = parseUpstreamUrl(text, options);
    if (!result.ok) {
      if (result.code === 'private_address') throw blocked();
      throw new OutboundError('invalid_url', 'The URL of the upstream is not allowed.', true);
    }
    if (parsed.size >= MAX_PARSED_URLS) parsed.clear();
    parsed.set(text, result.url);
    return result.url;
  };
  return {
    async send(request) {
      if (request.signal.aborted) throw new OutboundError('aborted', 'The call was dropped.', true);
      const target = targetOf(request.url);
      const pool = pools.of(request.poolKey, target);
      const headers = headerList(request, target, options.via);
      try {
        return await exchange(request, target, pool, headers);
      } catch (error) {
        if (!(error instanceof DeadConnectionError)) throw error;
        pool.dropIdle();
        if (request.onDead === 'throw') throw error;
      }
      if (request.signal.aborted) throw new OutboundError('aborted', 'The call was dropped.', false);
      return exchange(request, target, pool, headers);
    },
    close: () => pools.close(),
  };
}

const OWN_HEADERS = new Set(['host', 'content-length', 'connection', 'transfer-encoding', 'via']);

/** Flat name-value list, which node:http writes without a second pass. */
function headerList(request: OutboundRequest, target: SafeUrl, via: string): string[] {
  const list = ['host', target.authority];
  for (const name in request.headers) {
    const value = request.headers[name];
    if (value !== undefined && !OWN_HEADERS.has(name.toLowerCase())) list.push(name, value);
  }
  list.push('via', `bsgateway/${via}`);
  if (request.body !== undefined || request.method === 'POST') list.push('content-length', String(request.body?.length ?? 0));
  return list;
}

function exchange(request: OutboundRequest, target: SafeUrl, pool: Pool, headers: string[]): Promise<OutboundResponse> {
  return new Promise((resolve, reject) => {
    let outgoing: ClientRequest;
    const args: PooledRequest = { agent: pool, protocol: target.protocol, host: target.host, port: target.port, method: request.method, path: target.path, headers, servername: '', setDefaultHeaders: false, connectTimeoutMs: request.connectTimeoutMs };
    try {
      outgoing = httpRequest(args);
    } catch {
      // Only a header that HTTP cannot carry gets here; Node's text would quote its name.
      reject(new OutboundError('protocol', 'A header of the call cannot be sent.', true));
      return;
    }
    follow(outgoing, request, pool.elapsed, resolve, reject);
    outgoing.end(request.body);
  });
}

/** Listens to one request until its headers arrived or it failed, whichever is first. */
function follow(outgoing: ClientRequest, request: OutboundRequest, elapsed: () => number, resolve: (response: OutboundResponse) => void, reject: (error: OutboundError) => void): void {
  let socket: Socket | undefined;
  let bytesBefore = 0;
  let sentAtMs = 0;
  let open = true;
  let body: ResponseBody | undefined;
  const settle = (): void => {
    open = false;
    clearTimeout(timer);
  };
  const fail = (error: OutboundError): void => {
    if (!open) return;
    settle();
    request.signal.removeEventListener('abort', onAbort);
    reject(error);
    outgoing.destroy();
  };
  const onAbort = (): void => {
    const error = new OutboundError('aborted', 'The call was dropped.', socket === undefined);
    if (body === undefined) fail(error);
    else body.destroy(error);
  };
  const timer = request.headersTimeoutMs === undefined ? undefined
    : setTimeout(() => fail(new OutboundError('headers_timeout', 'The upstream did not answer in time.', socket === undefined)), request.headersTimeoutMs);
  request.signal.addEventListener('abort', onAbort);
  outgoing.on('socket', (assigned) => {
    socket = assigned;
    bytesBefore = assigned.bytesRead;
    sentAtMs = elapsed();
    request.onSent?.();
  });
  // Stays after the answer came: an answer that only the connection's end delimits must not end well on a reset.
  outgoing.on('error', (error) => {
    if (body !== undefined) body.broke(exchangeFailure(error));
    const dead = outgoing.reusedSocket && socket !== undefined && socket.bytesRead === bytesBefore && elapsed() - sentAtMs <= DEAD_WITHIN_MS;
    fail(dead && !(error instanceof OutboundError) ? new DeadConnectionError() : exchangeFailure(error));
  });
  outgoing.on('close', () => {
    if (open) fail(exchangeFailure(undefined));
  });
  outgoing.on('response', (message: IncomingMessage) => {
    if (!open) return;
    const status = message.statusCode ?? 0;
    if (status >= 300 && status < 400) {
      fail(new OutboundError('redirect', 'The upstream answered with a redirect.', false));
      return;
    }
    settle();
    body = new ResponseBody(message, () => request.signal.removeEventListener('abort', onAbort));
    resolve(new Answer(status, message, body));
  });
  if (request.signal.aborted) onAbort();
}

class Answer implements OutboundResponse {
  readonly status: number;
  readonly body: ResponseBody;
  readonly #message: IncomingMessage;
  #headers: Readonly<Record<string, string>> | undefined;

  constructor(status: number, message: IncomingMessage, body: ResponseBody) {
    this.status = status;
    this.body = body;
    this.#message = message;
  }

  get headers(): Readonly<Record<string, string>> {
    this.#headers ??= joined(this.#message.headers);
    return this.#headers;
  }

  abort(): void {
    this.body.drop();
  }
}

/** Node joins all repeated headers but `set-cookie`, which nothing here reads but which must keep the type. */
function joined(headers: IncomingMessage['headers']): Readonly<Record<string, string>> {
  const cookies = headers['set-cookie'];
  return (cookies === undefined ? headers : { ...headers, 'set-cookie': cookies.join(', ') }) as Record<string, string>;
}

interface PooledRequest extends ClientRequestArgs {
  readonly connectTimeoutMs: number;
  readonly servername: string;
}

/** The connections of one credential to one origin. Connects by itself, so that no check can be left out. */
class Pool extends Agent {
  readonly #target: SafeUrl;
  readonly #lookup: ReturnType<typeof guardedLookup>;
  readonly #maxIdleMs: number;
  readonly #sockets: Set<Socket>;
  readonly elapsed: () => number;
  #tlsSession: Buffer | undefined;
  #idleSinceMs = 0;
  #retired = false;

  constructor(target: SafeUrl, sockets: Set<Socket>, options: OutboundOptions) {
    super({ keepAlive: true, maxSockets: options.maxSockets ?? Number.POSITIVE_INFINITY, maxFreeSockets: 1_024, scheduling: 'lifo', protocol: target.protocol });
    this.#target = target;
    this.#sockets = sockets;
    this.#lookup = guardedLookup(target.reach, options.lookup ?? resolveAll);
    this.#maxIdleMs = options.maxIdleMs ?? MAX_IDLE_MS;
    this.elapsed = options.elapsed ?? (() => performance.now());
  }

  /** One origin per pool: every connection fits every request. */
  override getName(): string {
    return 'one';
  }

  override createConnection(options: ClientRequestArgs, done: (error: Error | null, socket: Duplex) => void): undefined {
    const { host, port, reach, protocol } = this.#target;
    const socket = connectTcp({ host, port, lookup: this.#lookup, noDelay: true, keepAlive: true, keepAliveInitialDelay: TCP_KEEP_ALIVE_MS });
    this.#sockets.add(socket);
    let open = true;
    const fail = (error: unknown): void => {
      if (!open) return;
      open = false;
      clearTimeout(timer);
      socket.destroy();
      done(connectFailure(error), socket);
    };
    const timer = setTimeout(() => fail(connectTimeout()), (options as PooledRequest).connectTimeoutMs);
    const ready = (finished: Socket): void => {
      if (!open) return;
      open = false;
      clearTimeout(timer);
      finished.off('error', fail);
      done(null, finished);
    };
    socket.once('close', () => {
      this.#sockets.delete(socket);
      fail(undefined);
    });
    socket.once('error', fail);
    socket.once('connect', () => {
      if (!mayConnect(reach, socket.remoteAddress)) fail(blocked());
      else if (protocol === 'http:') ready(socket);
      else this.#secure(socket, ready, fail);
    });
  }

  #secure(socket: Socket, ready: (socket: Socket) => void, fail: (error: unknown) => void): void {
    const { host, literal } = this.#target;
    // Certificates are checked whatever NODE_TLS_REJECT_UNAUTHORIZED says.
    const secure = connectTls({ socket, host, servername: literal ? '' : host, ALPNProtocols: ['http/1.1'], rejectUnauthorized: true, ...(this.#tlsSession && { session: this.#tlsSession }) });
    secure.on('session', (session) => { this.#tlsSession = session; });
    secure.once('error', fail);
    secure.once('secureConnect', () => ready(secure));
  }

  /** `true` keeps the connection for the next request, for at most `maxIdleMs`. */
  override keepSocketAlive(socket: Duplex): boolean {
    if (this.#retired || !(socket instanceof Socket)) return false;
    socket.setTimeout(this.#maxIdleMs);
    socket.unref();
    this.#idleSinceMs = this.elapsed();
    return true;
  }

  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    super.reuseSocket(socket, request);
    if (socket instanceof Socket) socket.setTimeout(0);
  }

  /** After a pause of the whole process timers have not fired yet: whatever lay idle too long goes before it is used. */
  dropStale(): void {
    if (this.#idleSinceMs > 0 && this.elapsed() - this.#idleSinceMs > this.#maxIdleMs) this.dropIdle();
  }

  dropIdle(): void {
    for (const sockets of Object.values(this.freeSockets)) {
      for (const socket of sockets ?? []) socket.destroy();
    }
  }

  /** Takes no connection back any more; the busy ones end with their requests. */
  retire(): void {
    this.#retired = true;
    this.dropIdle();
  }
}

function resolveAll(host: string, done: Parameters<Resolve>[1]): void {
  systemLookup(host, { all: true }, (error, answers) => done(error, answers ?? []));
}

/** At most 256 pools; the one unused for longest is retired for a new one. */
class PoolTable {
  readonly #pools = new Map<string, Pool>();
  readonly #sockets = new Set<Socket>();
  readonly #options: OutboundOptions;

  constructor(options: OutboundOptions) {
    this.#options = options;
  }

  of(poolKey: string, target: SafeUrl): Pool {
    const key = `${poolKey} ${target.origin}`;
    const known = this.#pools.get(key);
    if (known === undefined) return this.#open(key, target);
    known.dropStale();
    // Order of use matters only when something may have to go.
    if (this.#pools.size > MAX_POOLS / 2) {
      this.#pools.delete(key);
      this.#pools.set(key, known);
    }
    return known;
  }

  #open(key: string, target: SafeUrl): Pool {
    const oldest = this.#pools.size < MAX_POOLS ? undefined : this.#pools.keys().next().value;
    if (oldest !== undefined) {
      this.#pools.get(oldest)?.retire();
      this.#pools.delete(oldest);
    }
    const pool = new Pool(target, this.#sockets, this.#options);
    this.#pools.set(key, pool);
    return pool;
  }

  close(): void {
    for (const pool of this.#pools.values()) pool.retire();
    for (const socket of this.#sockets) socket.destroy();
    this.#pools.clear();
  }
}
