import type { Clock } from '../../core/clock.ts';
import { failure, type Failure, type FailureCode, type FailureOptions } from '../../core/errors.ts';
import { whatIsMissing } from '../../core/dialects/what-is-missing.ts';
import { retryAfterSeconds, saidRetryAfterSeconds } from './retry-after.ts';
import { scrub } from './scrub.ts';

/**
 * Upstream status and error body → our failure. Our own misconfiguration (credential, billing, model
 * name) never looks like the caller's mistake, and its wording never travels; the caller's own mistakes keep their
 * status and the upstream's scrubbed words. `body` is the parsed JSON, or text where it was none.
 */
export function mapUpstreamError(status: number, body: unknown, headers: Readonly<Record<string, string>>, clock: Clock): Failure {
  const said = readError(body);
  const internal = `upstream ${status}${said.type === undefined ? '' : ` ${said.type}`}${said.code === undefined ? '' : ` ${said.code}`}`;
  const make = (code: FailureCode, message: string, options: FailureOptions = {}): Failure => failure(code, message, { ...options, internal });
  const words = (otherwise: string): string => (said.message === '' ? otherwise : scrub(said.message));
  const again = { retryable: true } as const;

  if (status === 401 || status === 403 || (status === 400 && isCredentialProblem(said))) {
    return make('upstream_credentials_rejected', "The upstream provider rejected the gateway's credential for this model.", again);
  }
  if (status === 402 || (status === 400 && isBillingProblem(said))) {
    return make('upstream_error', "The upstream provider refused the request because of the gateway account's billing.", again);
  }
  if (status === 410) return make('upstream_model_not_found', words('The upstream provider does not know this model.'), again);
  if (status === 404) {
    const missing = whatIsMissing(said);
    if (missing === 'input') return callersMistake(400, said, words, make);
    return make('upstream_model_not_found', words('The upstream provider does not know this model.'), { ...again, ...(missing === undefined && { blameless: true }) });
  }
  if (status === 400 || status === 413 || status === 422) return callersMistake(status, said, words, make);
  if (status === 429) {
    return make('rate_limit_exceeded', words('The upstream provider is limiting requests.'), { ...again, retryAfterSeconds: retryAfterSeconds(headers, clock) });
  }
  if (status === 503 || status === 529 || said.type === 'overloaded_error') {
    return make('upstream_error', 'The upstream provider is overloaded.', { ...again, status: 503, retryAfterSeconds: retryAfterSeconds(headers, clock) });
  }
  // Here a wait is only known where the upstream names one; a short one is worth waiting for on the same model.
  const seconds = saidRetryAfterSeconds(headers, clock);
  const waiting = seconds !== undefined && { retryAfterSeconds: seconds };
  if (status === 504) return make('upstream_timeout', 'The upstream provider timed out.', { ...again, ...waiting });
  const mayPass = status >= 500 || status === 408 || status === 409;
  return make('upstream_error', `The upstream provider failed with status ${status}.`, { retryable: mayPass, ...(mayPass && waiting) });
}

function callersMistake(status: 400 | 413 | 422, said: UpstreamError, words: (otherwise: string) => string, make: (code: FailureCode, message: string, options: FailureOptions) => Failure): Failure {
  const options = { status, ...(said.param !== undefined && { param: said.param }) };
  if (isContextOverflow(said)) return make('context_length_exceeded', words("The request is longer than the model's context window."), options);
  if (status === 413) return make('request_too_large', words('The request is larger than the upstream provider accepts.'), options);
  return make('invalid_request', words('The upstream provider found the request invalid.'), options);
}

interface UpstreamError {
  readonly message: string;
  /** Lower-case identifiers only, so that they may be logged. */
  readonly type?: string;
  readonly code?: string;
  readonly param?: string;
}

/**
 * Finds message, type, code and parameter in the error bodies that providers send: `{error:{…}}` (OpenAI, Anthropic, Azure,
 * Groq …), the same in a list (Google), `{error:"…"}` (Ollama), flat `{message,type,code}` (Mistral, vLLM),
 * `{detail: "…" | [{loc,msg}]}` (FastAPI servers), or plain text.
 */
function readError(body: unknown): UpstreamError {
  const outer = Array.isArray(body) ? body[0] : body;
  if (typeof outer === 'string') return { message: looksLikeMarkup(outer) ? '' : outer };
  if (!isObject(outer)) return { message: '' };
  const inner = isObject(outer['error']) ? outer['error'] : outer;
  const message = [inner['message'], outer['error'], outer['message'], outer['detail'], inner['detail']].map(sentence).find((text) => text !== '') ?? '';
  const type = identifier(inner['type']) ?? identifier(inner['status']);
  const code = identifier(inner['code']) ?? reasonOf(inner['details']);
  const param = typeof inner['param'] === 'string' && /^[\w.[\]-]{1,128}$/.test(inner['param']) ? scrub(inner['param']) : undefined;
  return { message, ...(type !== undefined && { type }), ...(code !== undefined && { code }), ...(param !== undefined && { param }) };
}

function sentence(value: unknown): string {
  if (typeof value === 'string') return value;
  if (isObject(value) && 'detail' in value) return sentence(value['detail']);
  if (!Array.isArray(value)) return '';
  return value.slice(0, 10).filter(isObject).map((item) => `${Array.isArray(item['loc']) ? `${item['loc'].join('.')}: ` : ''}${sentence(item['msg'])}`).join('; ');
}

function identifier(value: unknown): string | undefined {
  return typeof value === 'string' && /^[A-Za-z][A-Za-z_.]{0,63}$/.test(value) ? value.toLowerCase() : undefined;
}

/** Google names the reason in `details[].reason`. */
function reasonOf(details: unknown): string | undefined {
  return Array.isArray(details) ? details.filter(isObject).map((item) => identifier(item['reason'])).find((reason) => reason !== undefined) : undefined;
}

function isContextOverflow({ code, type, message }: UpstreamError): boolean {
  if (code === 'context_length_exceeded' || type === 'exceed_context_size_error') return true;
  return /prompt is too long|input is too long|maximum context length|context length exceeded|exceeds? the (?:model's |available )?(?:maximum )?context|exceeds the maximum number of tokens allowed|input length and `?max_tokens`? exceed context limit|reduce the length of the (?:messages|prompt)/i.test(message);
}

/** Google answers a wrong key with 400. */
function isCredentialProblem({ code, message }: UpstreamError): boolean {
  return code === 'api_key_invalid' || code === 'invalid_api_key' || /^API key (?:not valid|expired)/i.test(message);
}

/** Anthropic answers an empty account with 400. */
function isBillingProblem({ type, message }: UpstreamError): boolean {
  return type === 'billing_error' || /^your credit balance is too low/i.test(message);
}

/** An HTML page of some proxy tells a caller nothing. */
function looksLikeMarkup(text: string): boolean {
  return /^\s{0,100}</.test(text);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
