import type { Clock } from '../../../core/clock.ts';
import { failure, type Failure } from '../../../core/errors.ts';
import { mapUpstreamError } from '../map-error.ts';
import { retryAfterSeconds } from '../retry-after.ts';

/** Validation messages that are about the model's registration or the account, which the caller can do nothing about. */
const UNKNOWN_MODEL = /model identifier is invalid|on-demand throughput isn.t supported|model version has reached the end of its life|invocation of model id/i;
const NOT_SUBSCRIBED = /^operation not allowed|model access is denied|not authorized to (?:invoke|perform)/i;

/**
 * Bedrock's status, error type and message → our failure (API reference, "Common errors" and "Converse"). The type stands in
 * `x-amzn-errortype`, sometimes with an address behind a colon, or in the body's `__type`; the message under `message` or, from the front of AWS,
 * `Message`. What is not Bedrock's own follows the rules of all providers.
 */
export function mapBedrockError(status: number, body: unknown, headers: Readonly<Record<string, string>>, clock: Clock): Failure {
  const said = typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Record<string, unknown>) : {};
  const type = typeOf(headers['x-amzn-errortype'] ?? said['__type']);
  const message = [said['message'], said['Message']].find((text) => typeof text === 'string') ?? '';
  const internal = `upstream ${status}${type === '' ? '' : ` ${type}`}`;
  const again = { retryable: true, internal };
  switch (type) {
    case 'UnrecognizedClientException':
    case 'IncompleteSignatureException':
    case 'InvalidSignatureException':
    case 'MissingAuthenticationTokenException':
    case 'ExpiredTokenException':
    case 'AccessDeniedException':
      return { ...mapUpstreamError(403, {}, headers, clock), internal };
    case 'ServiceQuotaExceededException':
      return { ...mapUpstreamError(429, { message }, headers, clock), internal };
    case 'ModelNotReadyException':
      return failure('upstream_error', 'The upstream provider is still loading this model.', { ...again, status: 503, retryAfterSeconds: retryAfterSeconds(headers, clock) });
    case 'ModelTimeoutException':
      return failure('upstream_timeout', 'The upstream provider timed out.', again);
    case 'ModelErrorException':
      return failure('upstream_error', 'The model failed at the upstream provider.', again);
    default:
      if (status === 400 && UNKNOWN_MODEL.test(message)) return failure('upstream_model_not_found', 'The upstream provider does not know this model in this region.', again);
      if (status === 400 && NOT_SUBSCRIBED.test(message)) return { ...mapUpstreamError(403, {}, headers, clock), internal };
      return { ...mapUpstreamError(status, message === '' ? body : { message }, headers, clock), internal };
  }
}

/** `com.amazon.coral.validate#ValidationException:http://…` → `ValidationException`. */
function typeOf(value: unknown): string {
  if (typeof value !== 'string') return '';
  return /(?:^|#)([A-Za-z]{1,64})(?::|$)/.exec(value.slice(0, 256))?.[1] ?? '';
}
