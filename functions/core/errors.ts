/**
 * The closed set of failures. Each is made here once and knows its status, whether another attempt may help,
 * and the text a caller may see. Internal detail never travels in `message`.
 */

/** The codes and their statuses; the string is what callers find in `error.code`. */
const STATUS = {
  invalid_request: 400,
  context_length_exceeded: 400,
  unsupported_parameter: 400,
  invalid_api_key: 401,
  model_not_allowed: 403,
  model_not_found: 404,
  not_found: 404,
  method_not_allowed: 405,
  request_too_large: 413,
  unsupported_media_type: 415,
  rate_limit_exceeded: 429,
  tokens_exceeded: 429,
  concurrency_exceeded: 429,
  budget_exceeded: 429,
  internal_error: 500,
  not_implemented: 501,
  upstream_error: 502,
  upstream_credentials_rejected: 502,
  upstream_model_not_found: 502,
  upstream_invalid_response: 502,
  upstream_truncated: 502,
  no_healthy_model: 503,
  gateway_paused: 503,
  store_unavailable: 503,
  upstream_timeout: 504,
  loop_detected: 508,
} as const;

export type FailureCode = keyof typeof STATUS;

/** The status of a code as it was written down somewhere; 400 for one that this version does not know. */
export const statusOf = (code: string): number => STATUS[code as FailureCode] ?? 400;

export interface Failure {
  readonly code: FailureCode;
  /** HTTP status before the commit point; in-band after it. An upstream 4xx keeps its own status. */
  readonly status: number;
  /** Shown to the caller, in the caller's dialect. Never holds credentials, URLs or internals. */
  readonly message: string;
  /** The offending field (OpenAI's `param`), when one is known. */
  readonly param?: string;
  readonly retryAfterSeconds?: number;
  /** True where another attempt, on this or another model, could succeed. */
  readonly retryable: boolean;
  /** It says nothing against the upstream, which may serve the next request well: no circuit breaker counts it. */
  readonly blameless?: boolean;
  /** For logs only: a constant sentence plus codes, never a body. */
  readonly internal?: string;
}

export interface FailureOptions {
  readonly blameless?: boolean;
  readonly status?: number;
  readonly param?: string;
  readonly retryAfterSeconds?: number;
  readonly retryable?: boolean;
  readonly internal?: string;
}

/** Makes a failure; `status` defaults to the code's own, `retryable` to false. */
export function failure(code: FailureCode, message: string, options: FailureOptions = {}): Failure {
  return { retryable: false, ...options, code, message, status: options.status ?? STATUS[code] };
}

/** Carries a `Failure` through `throw`. Everything else that is thrown is a bug and becomes `internal_error`. */
export class GatewayError extends Error {
  readonly failure: Failure;
  constructor(cause: Failure) {
    super(cause.internal ?? cause.message);
    this.name = 'GatewayError';
    this.failure = cause;
  }
}

/** Shorthand for `throw new GatewayError(failure(…))`. */
export function fail(code: FailureCode, message: string, options?: FailureOptions): never {
  throw new GatewayError(failure(code, message, options));
}
