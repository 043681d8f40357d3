import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { failure, GatewayError } from '../core/errors.ts';
import type { GatewayRequest } from './ports.ts';

/** What Lambda passes a handler, as far as it is used here. */
export type LambdaContext = Pick<Context, 'getRemainingTimeInMillis'>;

/** Whether an invocation is a REST API's proxy request; anything else was sent by somebody who may invoke the function. */
export function isProxyEvent(event: unknown): event is APIGatewayProxyEvent {
  const { httpMethod, path, requestContext } = (event ?? {}) as Partial<APIGatewayProxyEvent>;
  return typeof httpMethod === 'string' && typeof path === 'string' && typeof requestContext === 'object';
}

/**
 * A REST API's proxy event as the handlers see requests: lower-case header names, repeated headers joined by a comma
 * (as the other door does), the path without stage and without a custom domain's base path. The body is decoded when it
 * is asked for. That a client left cannot be seen here: the runtime is never told.
 */
export class LambdaRequest implements GatewayRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly sourceIp: string | undefined;
  readonly afterwards: (task: () => Promise<void>) => void;
  readonly #event: APIGatewayProxyEvent;
  readonly #context: LambdaContext;
  readonly #maxBodyBytes: number;
  #query: URLSearchParams | undefined;
  #signal: AbortSignal | undefined;

  constructor(event: APIGatewayProxyEvent, context: LambdaContext, maxBodyBytes: number, afterwards: (task: () => Promise<void>) => void) {
    this.#event = event;
    this.#context = context;
    this.#maxBodyBytes = maxBodyBytes;
    this.afterwards = afterwards;
    this.method = event.httpMethod;
    this.path = pathOf(event);
    this.headers = headersOf(event);
    this.sourceIp = event.requestContext.identity?.sourceIp;
  }

  get query(): URLSearchParams {
    this.#query ??= queryOf(this.#event);
    return this.#query;
  }

  get signal(): AbortSignal {
    this.#signal ??= new AbortController().signal;
    return this.#signal;
  }

  async body(): Promise<Uint8Array> {
    const { body, isBase64Encoded } = this.#event;
    if (body === null || body === undefined) return Buffer.alloc(0);
    // Judged before it is decoded; base64 is at most this much larger than what it holds.
    if (isBase64Encoded && body.length > Math.ceil(this.#maxBodyBytes / 3) * 4) throw tooLarge(this.#maxBodyBytes);
    const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
    if (bytes.length > this.#maxBodyBytes) throw tooLarge(this.#maxBodyBytes);
    return bytes;
  }

  remainingMs(): number {
    return this.#context.getRemainingTimeInMillis();
  }
}

function tooLarge(maxBytes: number): GatewayError {
  return new GatewayError(failure('request_too_large', `The request body is larger than this gateway accepts (${Math.round(maxBytes / 10_485.76) / 100} MiB).`));
}

/** `event.path` names no stage but, behind a custom domain, its base path; what the resource's `{proxy+}` caught has neither. */
function pathOf({ path, resource, pathParameters }: APIGatewayProxyEvent): string {
  const proxy = pathParameters?.['proxy'];
  const mark = resource?.indexOf('{proxy+}') ?? -1;
  if (proxy === undefined || mark < 0) return path;
  const caught = resource.slice(0, mark) + proxy;
  // Where the two spell a character differently the path as sent is kept.
  return path.endsWith(caught) ? caught : path;
}

function headersOf({ multiValueHeaders, headers }: APIGatewayProxyEvent): Record<string, string | undefined> {
  const found = Object.create(null) as Record<string, string | undefined>;
  const add = (name: string, value: string): void => {
    const lower = name.toLowerCase();
    const before = found[lower];
    found[lower] = before === undefined ? value : `${before}, ${value}`;
  };
  if (multiValueHeaders === null || multiValueHeaders === undefined) {
    for (const [name, value] of Object.entries(headers ?? {})) if (value !== undefined) add(name, value);
  } else {
    for (const [name, values] of Object.entries(multiValueHeaders)) for (const value of values ?? []) add(name, value);
  }
  return found;
}

function queryOf({ multiValueQueryStringParameters, queryStringParameters }: APIGatewayProxyEvent): URLSearchParams {
  const query = new URLSearchParams();
  if (multiValueQueryStringParameters === null || multiValueQueryStringParameters === undefined) {
    for (const [name, value] of Object.entries(queryStringParameters ?? {})) query.append(name, value ?? '');
  } else {
    for (const [name, values] of Object.entries(multiValueQueryStringParameters)) for (const value of values ?? []) query.append(name, value);
  }
  return query;
}
