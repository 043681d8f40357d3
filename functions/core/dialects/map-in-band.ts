import { failure, type Failure } from '../errors.ts';
import { textIn, type Fields } from './fields.ts';
import { whatIsMissing } from './what-is-missing.ts';

/** Text that could carry a key, an address or an account id; such a message is replaced by our own words. */
const UNSAFE = /https?:|www\.|[A-Za-z0-9_+/=-]{24,}|@|\b(?:sk|org|acct|proj|req|key)[-_]/i;
const CONTEXT = /prompt is too long|context[_ ]length|maximum context|context window|too many (?:input )?tokens/i;

/**
 * An error that an upstream reports inside a 200 (Anthropic's `error` event, `{"error": …}` lines of OpenAI-like servers)
 * as our failure, by its type, code or numeric status (types of both SDKs). Its own words travel only where they tell the
 * caller what to change and hold nothing that looks like a secret.
 */
export function mapInBandError(error: Fields): Failure {
  const type = textIn(error, 'type') ?? '';
  const code = textIn(error, 'code') ?? '';
  const status = typeof error['code'] === 'number' ? error['code'] : typeof error['status'] === 'number' ? error['status'] : 0;
  const message = textIn(error, 'message') ?? '';
  const internal = `in-band ${[type, code, status === 0 ? '' : String(status)].join(' ').trim().slice(0, 80)}`;
  const has = (...words: string[]): boolean => words.includes(type) || words.includes(code);
  const again = { retryable: true, internal };
  if (code === 'context_length_exceeded' || CONTEXT.test(message)) {
    return failure('context_length_exceeded', words(message, 'The prompt is too long for this model.'), { internal });
  }
  if (has('authentication_error', 'permission_error', 'billing_error', 'invalid_api_key', 'insufficient_quota', 'permission_denied') || [401, 402, 403].includes(status)) {
    return failure('upstream_credentials_rejected', "The upstream provider rejected the gateway's credential for this model.", again);
  }
  if (has('rate_limit_error', 'rate_limit_exceeded', 'rate_limited', 'requests', 'tokens') || status === 429) {
    return failure('rate_limit_exceeded', 'The upstream provider is limiting requests.', { ...again, retryAfterSeconds: 5 });
  }
  if (has('overloaded_error', 'overloaded', 'engine_overloaded', 'server_overloaded') || status === 503 || status === 529) {
    return failure('upstream_error', 'The upstream provider is overloaded.', { ...again, status: 503, retryAfterSeconds: 5 });
  }
  if (has('not_found_error', 'model_not_found') || status === 404) {
    const missing = whatIsMissing({ type, code, param: textIn(error, 'param'), message });
    if (missing === 'input') return failure('invalid_request', words(message, 'The upstream provider does not have something that the request refers to.'), { internal });
    return failure('upstream_model_not_found', 'The upstream provider does not know this model.', { ...again, ...(missing === undefined && { blameless: true }) });
  }
  if (has('request_too_large') || status === 413) return failure('request_too_large', 'The upstream provider finds this request too large.', { internal });
  if (has('timeout_error', 'timeout') || status === 504) return failure('upstream_timeout', 'The upstream provider timed out.', again);
  if (has('invalid_request_error', 'invalid_request', 'BadRequestError') || status === 400 || status === 422) {
    return failure('invalid_request', words(message, 'The upstream provider rejected the request.'), { internal });
  }
  return failure('upstream_error', 'The upstream provider failed.', again);
}

function words(message: string, otherwise: string): string {
  const bounded = message.slice(0, 2_048);
  return bounded === '' || UNSAFE.test(bounded) ? otherwise : bounded;
}

export function truncated(): Failure {
  return failure('upstream_truncated', 'The upstream closed the connection before the answer was complete.', { retryable: true });
}

export function unreadable(): Failure {
  return failure('upstream_invalid_response', 'The upstream sent an answer that could not be read.', { retryable: true });
}

/** A stream event's data as an object; undefined when it is no JSON object. */
export function parseData(data: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}
