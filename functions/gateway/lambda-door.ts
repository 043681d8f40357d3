import createMiddy from '@middy/core';
import { executionModeStreamifyResponse } from '@middy/core/executionModeStreamifyResponse';
import { doorError } from './http-reply.ts';
import { LambdaBody } from './lambda-body.ts';
import { isProxyEvent, LambdaRequest, type LambdaContext } from './lambda-request.ts';
import type { GatewayRequest, GatewayResponse } from './ports.ts';

/** Handlers end by themselves 10 s before the deadline; what still runs this long before it is closed by the door. */
const CUT_MARGIN_MS = 5_000;
/** Servers begin to close idle connections after about 5 s; a process that was frozen for longer wakes with dead ones. */
const MAX_IDLE_MS = 4_000;

export interface LambdaDoorOptions {
  readonly handle: (request: GatewayRequest) => Promise<GatewayResponse>;
  readonly maxBodyBytes: number;
  /** Called before an invocation that follows more than 4 s of idleness: connections of before are dead. */
  readonly dropConnections: () => void;
  /** Epoch ms: the monotonic clock may stand still while a process is frozen. */
  readonly now: () => number;
  /** Awaited before an invocation ends, when its answer has gone out: what cannot wait until the process runs again. */
  readonly beforeFreeze?: () => Promise<void>;
  /** Answers, with JSON, an invocation that came from no API; without it such an invocation is refused. */
  readonly direct?: (event: unknown) => Promise<unknown>;
}

/** What middy streams: status and headers go out as the prelude, the body as it comes. */
interface ProxyAnswer { readonly statusCode: number; readonly headers: Record<string, string>; readonly body: LambdaBody }
export type LambdaHandler = (event: unknown, context: LambdaContext) => Promise<unknown>;

const INTERNAL = doorError(500, 'api_error', 'internal_error', 'The gateway failed to handle this request.');

/**
 * The Lambda door: a streaming handler for a REST API whose integration is in STREAM mode. Every request gets exactly
 * one answer: the handler's, or a constant 500 if it throws. The invocation ends only when the answer's body has closed,
 * so what it does in its `finally` is done before the process may be frozen. Needs the runtime's global `awslambda`.
 */
export function lambdaDoor(options: LambdaDoorOptions): LambdaHandler {
  const connections = new IdleWatch(options);
  /** When all is done that belongs to the invocation of an answer. */
  const over = new WeakMap<LambdaBody, Promise<void>>();
  const run = async (event: unknown, context: LambdaContext): Promise<ProxyAnswer | string> => {
    connections.enter();
    if (!isProxyEvent(event)) return answerDirectly(options, event, connections);
    const tasks: (() => Promise<void>)[] = [];
    const answer = await answerTo(options, new LambdaRequest(event, context, options.maxBodyBytes, (task) => tasks.push(task)));
    const body = new LambdaBody(answer.body, context.getRemainingTimeInMillis() - CUT_MARGIN_MS);
    over.set(body, body.settled.then(() => afterwards(tasks)).then(() => connections.leave()));
    return { statusCode: answer.status, headers: carriable(answer.headers), body };
  };
  return createMiddy(run, {
    executionMode: executionModeStreamifyResponse,
    // Ending in time is the handlers' own affair: they know the caller's dialect and have an account to settle.
    timeoutEarlyInMillis: 0,
    // Runs when the body was piped or the pipe broke. The caller has its whole answer; the invocation lives on until the
    // account is settled and what was put off until after the answer is done.
    requestEnd: async ({ response }: { response: ProxyAnswer | string | undefined }) => {
      if (typeof response === 'object') await over.get(response.body);
      await options.beforeFreeze?.();
    },
  } as object) as unknown as LambdaHandler;
}

/** One after the other, each whatever became of the one before. */
async function afterwards(tasks: readonly (() => Promise<void>)[]): Promise<void> {
  for (const task of tasks) await task().catch(() => undefined);
}

async function answerTo({ handle }: LambdaDoorOptions, request: GatewayRequest): Promise<GatewayResponse> {
  try {
    return await handle(request);
  } catch {
    return INTERNAL;
  }
}

async function answerDirectly({ direct }: LambdaDoorOptions, event: unknown, connections: IdleWatch): Promise<string> {
  try {
    if (direct === undefined) throw new Error('This function answers a REST API only.');
    return JSON.stringify(await direct(event));
  } finally {
    connections.leave();
  }
}

/** Set by the API from the body it relays; a length of ours would contradict its framing. */
const FRAMING = new Set(['content-length', 'transfer-encoding', 'connection']);

/** Every value as printable ASCII: what an HTTP header cannot carry is percent-encoded, or the API would refuse the whole answer. */
function carriable(headers: Record<string, string>): Record<string, string> {
  const list: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && !FRAMING.has(name)) list[name] = /[^\x20-\x7e]/.test(value) ? value.toWellFormed().replace(/[^\x20-\x7e]/gu, encodeURIComponent) : value;
  }
  return list;
}

/** Sees whether the process lay idle, and perhaps frozen, before an invocation. */
class IdleWatch {
  readonly #options: LambdaDoorOptions;
  #running = 0;
  #idleSince: number | undefined;

  constructor(options: LambdaDoorOptions) {
    this.#options = options;
  }

  enter(): void {
    if (this.#running === 0 && this.#idleSince !== undefined) {
      const idleMs = this.#options.now() - this.#idleSince;
      if (idleMs > MAX_IDLE_MS || idleMs < 0) this.#options.dropConnections();
    }
    this.#running += 1;
  }

  leave(): void {
    this.#running -= 1;
    this.#idleSince = this.#options.now();
  }
}
