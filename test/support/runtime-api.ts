import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
const CLIENT = join(ROOT, 'node_modules', 'aws-lambda-ric', 'index.mjs');
const TRANSPORT = join(ROOT, 'test', 'support', 'runtime-transport.mjs');
const PRELUDE_TYPE = 'application/vnd.awslambda.http-integration-response';
const DELIMITER = Buffer.alloc(8);

/** What a function answered, as the service sees it arrive. */
export interface Invocation {
  readonly requestId: string;
  /** The JSON prelude of a streamed HTTP answer; rejects when the invocation fails before one came. */
  readonly prelude: Promise<{ readonly statusCode: number; readonly headers: Readonly<Record<string, string>> }>;
  /** The next bytes of the body; undefined at its end. Rejects when the answer broke off. */
  next(): Promise<Uint8Array | undefined>;
  /** The rest of the body. */
  text(): Promise<string>;
  /** Resolves when the whole answer was taken over, with the error that trailers named, if any. */
  readonly finished: Promise<{ readonly errorType: string | undefined }>;
  /** Bytes of the answer are not taken from the function any more until `resume`. */
  pause(): void;
  resume(): void;
}

export interface Runtime {
  readonly child: ChildProcess;
  /** Hands an event to the function, which must be idle or still starting. */
  invoke(event: unknown, options?: { timeoutMs?: number }): Invocation;
  /** Resolves when the function asks for its next event, as it does after initialisation and after each answer. */
  idle(): Promise<void>;
  /** Everything printed so far, both streams. */
  output(): string;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
}

export interface RuntimeOptions {
  /** Folder with `index.mjs`, whose export is `handler`. */
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * A function under the documented Runtime API: the real runtime client in a process of its own, talking HTTP to this
 * process as it would to the service, one invocation at a time.
 */
export async function startRuntime({ folder, env = {} }: RuntimeOptions): Promise<Runtime> {
  const api = new RuntimeApi();
  const port = await api.listen();
  const child = spawn(process.execPath, ['--import', TRANSPORT, CLIENT, 'index.handler'], {
    cwd: folder, stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'] ?? '', AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`, LAMBDA_TASK_ROOT: folder, _HANDLER: 'index.handler',
      AWS_LAMBDA_FUNCTION_NAME: 'under-test', AWS_LAMBDA_FUNCTION_VERSION: '$LATEST', AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1024',
      AWS_LAMBDA_LOG_GROUP_NAME: 'group', AWS_LAMBDA_LOG_STREAM_NAME: 'stream', AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x', AWS_REGION: 'eu-central-1', ...env,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { output += chunk.toString(); });
  const exited = once(child, 'exit');
  child.once('exit', () => api.close(new Error(`the function's process ended: ${output}`)));
  return {
    child,
    invoke: (event, { timeoutMs = 60_000 } = {}) => api.invoke(event, timeoutMs),
    idle: () => api.idle(),
    output: () => output,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** A plain REST proxy event, as API Gateway sends it for `{proxy+}`. */
export function proxyEvent(method: string, path: string, options: { headers?: Record<string, string>; body?: unknown } = {}): Record<string, unknown> {
  const headers = { host: 'abc.execute-api.eu-central-1.amazonaws.com', ...(options.body !== undefined && { 'Content-Type': 'application/json' }), ...options.headers };
  const [pathname = path, search = ''] = path.split('?');
  const query = [...new URLSearchParams(search)];
  return {
    resource: '/{proxy+}', path: pathname, httpMethod: method, pathParameters: { proxy: pathname.slice(1) }, stageVariables: null,
    headers, multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    queryStringParameters: query.length === 0 ? null : Object.fromEntries(query),
    multiValueQueryStringParameters: query.length === 0 ? null : Object.fromEntries(query.map(([name]) => [name, query.filter(([other]) => other === name).map(([, value]) => value)])),
    requestContext: { stage: 'prod', path: `/prod${pathname}`, httpMethod: method, identity: { sourceIp: '203.0.113.7' } },
    body: options.body === undefined ? null : Buffer.from(JSON.stringify(options.body)).toString('base64'),
    isBase64Encoded: options.body !== undefined,
  };
}

/** The service's side of the protocol. */
class RuntimeApi {
  readonly #server: Server = createServer((request, response) => { void this.#attend(request, response); });
  readonly #invocations = new Map<string, Answer>();
  #waiting: ServerResponse | undefined;
  #pending: { readonly id: string; readonly event: unknown; readonly timeoutMs: number } | undefined;
  #idlers: (() => void)[] = [];
  #count = 0;

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => { this.#server.listen(0, '127.0.0.1', resolve); });
    return (this.#server.address() as AddressInfo).port;
  }

  close(reason: Error): void {
    for (const answer of this.#invocations.values()) answer.fail(reason);
    this.#server.closeAllConnections();
    this.#server.close();
  }

  invoke(event: unknown, timeoutMs: number): Answer {
    this.#count += 1;
    const id = `invocation-${this.#count}`;
    const answer = new Answer(id);
    this.#invocations.set(id, answer);
    this.#pending = { id, event, timeoutMs };
    this.#handOver();
    return answer;
  }

  idle(): Promise<void> {
    if (this.#waiting !== undefined) return Promise.resolve();
    return new Promise((resolve) => { this.#idlers.push(resolve); });
  }

  #handOver(): void {
    const response = this.#waiting;
    const pending = this.#pending;
    if (response === undefined || pending === undefined) return;
    this.#waiting = undefined;
    this.#pending = undefined;
    response.writeHead(200, {
      'content-type': 'application/json', 'lambda-runtime-aws-request-id': pending.id,
      'lambda-runtime-deadline-ms': String(Date.now() + pending.timeoutMs),
      'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:eu-central-1:000000000000:function:under-test',
    });
    response.end(JSON.stringify(pending.event));
  }

  async #attend(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, id = '', what = ''] = /^\/2018-06-01\/runtime\/(?:invocation\/)?([^/]+)(?:\/([a-z]+))?$/.exec(request.url ?? '') ?? [];
    if (request.method === 'GET' && id === 'next') {
      this.#waiting = response;
      for (const idler of this.#idlers.splice(0)) idler();
      this.#handOver();
      return;
    }
    const answer = id === 'init' ? undefined : this.#invocations.get(id);
    if (what === 'response') await answer?.take(request);
    else {
      const failure = new Error(`the function failed: ${await textOf(request)}`);
      for (const each of answer === undefined ? this.#invocations.values() : [answer]) each.fail(failure);
    }
    response.writeHead(202).end();
  }
}

class Answer implements Invocation {
  readonly requestId: string;
  readonly prelude: Invocation['prelude'];
  readonly finished: Invocation['finished'];
  readonly #prelude = Promise.withResolvers<Awaited<Invocation['prelude']>>();
  readonly #finished = Promise.withResolvers<{ readonly errorType: string | undefined }>();
  readonly #ready: Uint8Array[] = [];
  #request: IncomingMessage | undefined;
  #wake: () => void = () => {};
  #ended = false;
  #error: Error | undefined;
  #head: Buffer | undefined = Buffer.alloc(0);

  constructor(requestId: string) {
    this.requestId = requestId;
    this.prelude = this.#prelude.promise;
    this.finished = this.#finished.promise;
    for (const promise of [this.prelude, this.finished]) promise.catch(() => {});
  }

  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const chunk = this.#ready.shift();
      if (chunk !== undefined) return chunk;
      if (this.#error !== undefined) throw this.#error;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => { this.#wake = resolve; });
    }
  }

  async text(): Promise<string> {
    const chunks: Uint8Array[] = [];
    for (let chunk = await this.next(); chunk !== undefined; chunk = await this.next()) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  }

  pause(): void {
    this.#request?.pause();
  }

  resume(): void {
    this.#request?.resume();
  }

  fail(error: Error): void {
    if (this.#ended) return;
    this.#error = error;
    this.#prelude.reject(error);
    this.#finished.reject(error);
    this.#wake();
  }

  /** Reads the function's POST; a streamed HTTP answer begins with its prelude, 8 NUL bytes and then the body. */
  async take(request: IncomingMessage): Promise<void> {
    this.#request = request;
    if (request.headers['content-type'] !== PRELUDE_TYPE) this.#head = undefined;
    request.on('data', (chunk: Buffer) => this.#arrived(chunk));
    try {
      await once(request, 'end');
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error('the answer broke off'));
      return;
    }
    this.#ended = true;
    this.#prelude.reject(new Error('the answer has no prelude'));
    const errorType = request.trailers['lambda-runtime-function-error-type'];
    this.#finished.resolve({ errorType });
    this.#wake();
  }

  #arrived(chunk: Buffer): void {
    let body: Buffer = chunk;
    if (this.#head !== undefined) {
      this.#head = Buffer.concat([this.#head, chunk]);
      const mark = this.#head.indexOf(DELIMITER);
      if (mark < 0) return;
      this.#prelude.resolve(JSON.parse(this.#head.subarray(0, mark).toString()));
      body = this.#head.subarray(mark + DELIMITER.length);
      this.#head = undefined;
    }
    if (body.length > 0) this.#ready.push(body);
    this.#wake();
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
