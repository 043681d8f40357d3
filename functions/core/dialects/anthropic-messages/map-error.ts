import type { Failure } from '../../errors.ts';

const OVERLOADED = 529;

/** The failure's own status, but an overloaded upstream is Anthropic's 529 (translation cases D105). */
export function errorStatus(failure: Failure): number {
  return isOverloaded(failure) ? OVERLOADED : failure.status;
}

/** `{type: "error", error: {type, message}, request_id}` (types of `@anthropic-ai/sdk`). */
export function errorBody(failure: Failure, requestId: string): unknown {
  return { type: 'error', error: { type: errorType(failure), message: messageOf(failure) }, request_id: requestId };
}

export function errorEvent(failure: Failure, requestId: string): string {
  return `event: error\ndata: ${JSON.stringify(errorBody(failure, requestId))}\n\n`;
}

function isOverloaded({ code, status }: Failure): boolean {
  return code === 'upstream_error' && (status === 503 || status === OVERLOADED);
}

/** Agents compact their history when they read these words (D107). */
function messageOf({ code, message }: Failure): string {
  return code === 'context_length_exceeded' && !/prompt is too long/i.test(message) ? `prompt is too long: ${message}` : message;
}

function errorType(failure: Failure): string {
  if (isOverloaded(failure)) return 'overloaded_error';
  switch (failure.status) {
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
    case 429:
      return 'rate_limit_error';
    case 504:
      return 'timeout_error';
    default:
      return failure.status < 500 ? 'invalid_request_error' : 'api_error';
  }
}
