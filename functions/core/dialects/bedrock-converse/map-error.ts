import type { Failure } from '../../errors.ts';
import { textIn, type Fields } from '../fields.ts';
import { mapInBandError } from '../map-in-band.ts';
import { ERROR, EXCEPTION } from './event-stream.ts';

/** Bedrock's exceptions (API reference, "ConverseStream") by the words that the other dialects have for the same. */
const WORDS: Readonly<Record<string, string>> = {
  throttlingexception: 'rate_limit_error',
  servicequotaexceededexception: 'rate_limit_error',
  serviceunavailableexception: 'overloaded_error',
  modelnotreadyexception: 'overloaded_error',
  modeltimeoutexception: 'timeout_error',
  accessdeniedexception: 'permission_error',
  resourcenotfoundexception: 'not_found_error',
  validationexception: 'invalid_request_error',
};

/** The name of the exception or error of an event; undefined for an event of any other kind. */
export function exceptionOf(event: string): string | undefined {
  if (event.startsWith(EXCEPTION)) return event.slice(EXCEPTION.length);
  return event.startsWith(ERROR) ? event.slice(ERROR.length) : undefined;
}

/**
 * An exception inside a stream as our failure. Only a `validationException` brings its words along: a throttled account hears
 * "Too many tokens", which must not be taken for a prompt that is too long.
 */
export function mapException(name: string, data: Fields | undefined): Failure {
  const type = WORDS[name.toLowerCase()] ?? 'api_error';
  const message = type === 'invalid_request_error' ? plainer(textIn(data, 'message') ?? '') : '';
  return { ...mapInBandError({ type, message }), internal: `in-band ${name.replace(/[^A-Za-z]/g, '').slice(0, 64)}` };
}

/** Bedrock's own sentence about an overlong prompt, in the words that agents look for. */
function plainer(message: string): string {
  return /input is too long/i.test(message) ? `prompt is too long: ${message}` : message;
}
