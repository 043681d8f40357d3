/** The closed set of the admin API's own failures; what is none of these is a bug and shows nothing of itself. */
const STATUS = {
  invalid_request: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  in_use: 409,
  last_owner: 409,
  version_conflict: 412,
  request_too_large: 413,
  unsupported_media_type: 415,
  idempotency_mismatch: 422,
  version_required: 428,
  rate_limit_exceeded: 429,
  internal_error: 500,
  not_implemented: 501,
  store_unavailable: 503,
} as const;

export type AdminErrorCode = keyof typeof STATUS;

export interface AdminErrorOptions {
  /** The query parameter or header, or the body's field as a JSON pointer. */
  readonly field?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Members of the answer beside `error`, such as the record as it stands now. Never anything that the caller may not read. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export class AdminError extends Error {
  readonly code: AdminErrorCode;
  readonly status: number;
  readonly field: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly details: Readonly<Record<string, unknown>>;
  constructor(code: AdminErrorCode, message: string, options: AdminErrorOptions = {}) {
    super(message);
    this.name = 'AdminError';
    this.code = code;
    this.status = STATUS[code];
    this.field = options.field;
    this.headers = options.headers ?? {};
    this.details = options.details ?? {};
  }
}
