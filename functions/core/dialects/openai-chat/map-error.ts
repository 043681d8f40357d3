import type { Failure } from '../../errors.ts';

/** OpenAI callers see the failure's own status. */
export function errorStatus(failure: Failure): number {
  return failure.status;
}

/**
 * `{error: {message, type, param, code}}` (types of the `openai` package); a 429's body is our own: its type is its code and
 * which names the seconds to wait.
 */
export function errorBody(failure: Failure): { error: Record<string, unknown> } {
  const { code, message } = failure;
  if (failure.status === 429) {
    return { error: { type: code, code, message, ...(failure.retryAfterSeconds !== undefined && { retry_after: failure.retryAfterSeconds }) } };
  }
  return { error: { message, type: errorType(failure.status), param: failure.param ?? null, code } };
}

export function errorEvent(failure: Failure, _requestId: string): string {
  return `data: ${JSON.stringify(errorBody(failure))}\n\n`;
}

function errorType(status: number): string {
  switch (status) {
    case 401:
      return 'authentication_error';
    case 402:
      return 'billing_error';
    case 403:
      return 'permission_error';
    case 404:
      return 'not_found_error';
    case 413:
      return 'request_too_large';
    case 504:
      return 'timeout_error';
    default:
      return status < 500 ? 'invalid_request_error' : 'api_error';
  }
}
