/** What the admin API says when it refuses (`error` of its answers), or what kept us from hearing it. */
export class ApiError extends Error {
  /** Of the API, or `offline`, `unreachable`, `broken_off`, `session_ended`. */
  readonly code: string;
  readonly status: number | null;
  /** Query parameter, or JSON pointer into the body. */
  readonly field: string | undefined;
  readonly requestId: string | undefined;
  /** What stands beside `error`, such as both documents of a conflict or `usedBy`. */
  readonly details: Readonly<Record<string, unknown>>;
  constructor({ code, message, status = null, field, requestId, details = {} }: { code: string; message: string; status?: number | null; field?: string | undefined; requestId?: string | undefined; details?: Readonly<Record<string, unknown>> }) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.status = status;
    this.field = field;
    this.requestId = requestId;
    this.details = details;
  }
}

/** Whether asking again may help by itself. */
export const isPassing = (error: unknown): boolean => error instanceof ApiError && (error.status === null ? error.code === 'unreachable' : error.status >= 500);
