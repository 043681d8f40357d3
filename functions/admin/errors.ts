/** The closed set of the admin API's own failures; what is none of these is a bug and shows nothing of itself. */
const STATUS = {
  invalid_request: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  internal_error: 500,
  store_unavailable: 503,
} as const;

export type AdminErrorCode = keyof typeof STATUS;

export class AdminError extends Error {
  readonly code: AdminErrorCode;
  readonly status: number;
  /** The query parameter or body field at fault. */
  readonly field: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  constructor(code: AdminErrorCode, message: string, options: { readonly field?: string; readonly headers?: Readonly<Record<string, string>> } = {}) {
    super(message);
    this.name = 'AdminError';
    this.code = code;
    this.status = STATUS[code];
    this.field = options.field;
    this.headers = options.headers ?? {};
  }
}
