import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Failure } from '../../../functions/core/errors.ts';
import { mapUpstreamError } from '../../../functions/adapters/providers/map-error.ts';
import { openProviders } from '../../../functions/adapters/providers/registry.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const clock = { now: () => NOW, elapsed: () => 0 };
const map = (status: number, body?: unknown, headers: Record<string, string> = {}): Failure => mapUpstreamError(status, body, headers, clock);
const openai = (message: string, code: string | null = null, param: string | null = null, type = 'invalid_request_error') => ({ error: { message, type, param, code } });
const anthropic = (type: string, message: string) => ({ type: 'error', error: { type, message }, request_id: 'req_1' });

describe('status and code', () => {
  test.each<[string, number, unknown, number, Failure['code'], boolean]>([
    ['wrong key', 401, openai('Incorrect API key provided: sk-abcd***wxyz'), 502, 'upstream_credentials_rejected', true],
    ['forbidden', 403, anthropic('permission_error', 'no access'), 502, 'upstream_credentials_rejected', true],
    ['wrong key, as Google says it', 400, [{ error: { code: 400, message: 'API key not valid. Please pass a valid API key.', status: 'INVALID_ARGUMENT', details: [{ reason: 'API_KEY_INVALID' }] } }], 502, 'upstream_credentials_rejected', true],
    ['no credit', 402, openai('Insufficient Balance'), 502, 'upstream_error', true],
    ['no credit, as Anthropic says it', 400, anthropic('invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'), 502, 'upstream_error', true],
    ['unknown model', 404, openai('The model `x` does not exist', 'model_not_found'), 502, 'upstream_model_not_found', true],
    ['retired model', 410, undefined, 502, 'upstream_model_not_found', true],
    ['an item that was not kept', 404, { error: { message: "Item with id 'rs_1' not found.", type: 'invalid_request_error', param: 'input', code: null } }, 400, 'invalid_request', false],
    ['a file that is not there', 404, anthropic('not_found_error', 'File not found: file_011'), 400, 'invalid_request', false],
    ['a file with a telling name', 404, openai('No such File object: the-model.pdf'), 400, 'invalid_request', false],
    ['a model with a telling name', 404, openai('The model `file-sorter` does not exist'), 502, 'upstream_model_not_found', true],
    ['a path that is not there', 404, 'Not Found', 502, 'upstream_model_not_found', true],
    ['bad request', 400, openai('bad temperature'), 400, 'invalid_request', false],
    ['too large', 413, anthropic('request_too_large', 'Request exceeds the maximum size'), 413, 'request_too_large', false],
    ['unprocessable', 422, { detail: [{ loc: ['body', 'top_p'], msg: 'too big', type: 'x' }] }, 422, 'invalid_request', false],
    ['timeout of the request', 408, undefined, 502, 'upstream_error', true],
    ['conflict', 409, undefined, 502, 'upstream_error', true],
    ['teapot', 418, undefined, 502, 'upstream_error', false],
    ['method not allowed', 405, undefined, 502, 'upstream_error', false],
    ['limited', 429, openai('slow down', 'rate_limit_exceeded'), 429, 'rate_limit_exceeded', true],
    ['quota used up', 429, openai('You exceeded your current quota', 'insufficient_quota'), 429, 'rate_limit_exceeded', true],
    ['server error', 500, openai('oops'), 502, 'upstream_error', true],
    ['bad gateway', 502, '<html>bad gateway</html>', 502, 'upstream_error', true],
    ['unavailable', 503, undefined, 503, 'upstream_error', true],
    ['overloaded', 529, anthropic('overloaded_error', 'Overloaded'), 503, 'upstream_error', true],
    ['overloaded behind another status', 500, anthropic('overloaded_error', 'Overloaded'), 503, 'upstream_error', true],
    ['gateway timeout', 504, undefined, 504, 'upstream_timeout', true],
    ['a status of some network', 522, undefined, 502, 'upstream_error', true],
  ])('%s: %i → as tabled', (_, status, body, mapped, code, retryable) => {
    const failed = map(status, body);
    expect({ status: failed.status, code: failed.code, retryable: failed.retryable }).toEqual({ status: mapped, code, retryable });
  });

  test.each([
    ['OpenAI', 400, openai('whatever it says', 'context_length_exceeded')],
    ['OpenAI, words only', 400, openai("This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.")],
    ['Anthropic', 400, anthropic('invalid_request_error', 'prompt is too long: 210331 tokens > 200000 maximum')],
    ['Anthropic, with the output', 400, anthropic('invalid_request_error', 'input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000')],
    ['vLLM', 400, { object: 'error', message: "This model's maximum context length is 4096 tokens.", type: 'BadRequestError', code: 400 }],
    ['llama.cpp', 400, { error: { code: 400, message: 'the request exceeds the available context size', type: 'exceed_context_size_error' } }],
    ['Google', 400, [{ error: { code: 400, message: 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).', status: 'INVALID_ARGUMENT' } }]],
    ['Mistral', 400, { object: 'error', message: 'Prompt contains 40000 tokens, too large for model with 32768 maximum context length', type: 'invalid_request_error', code: '3051' }],
    ['Groq', 413, openai('Please reduce the length of the messages or completion.', 'context_length_exceeded')],
    ['a server with 422', 422, { detail: 'Input is too long for requested model.' }],
  ])('an overlong prompt is recognised from %s and keeps its status', (_, status, body) => {
    expect(map(status, body)).toMatchObject({ code: 'context_length_exceeded', status, retryable: false });
  });
});

describe('words', () => {
  test.each<[string, number, unknown, string]>([
    ['OpenAI', 400, openai('Bad field.'), 'Bad field.'],
    ['Anthropic', 400, anthropic('invalid_request_error', 'max_tokens: Field required'), 'max_tokens: Field required'],
    ['Google', 400, [{ error: { code: 400, message: 'Bad.', status: 'INVALID_ARGUMENT' } }], 'Bad.'],
    ['Ollama', 404, { error: 'model "x" not found' }, 'model "x" not found'],
    ['Mistral', 422, { object: 'error', message: { detail: [{ loc: ['body', 'n'], msg: 'must be 1' }] } }, 'body.n: must be 1'],
    ['FastAPI', 422, { detail: [{ loc: ['body', 'a'], msg: 'one' }, { loc: ['body', 'b'], msg: 'two' }] }, 'body.a: one; body.b: two'],
    ['Azure', 404, { error: { code: 'DeploymentNotFound', message: 'The API deployment for this resource does not exist.' } }, 'The API deployment for this resource does not exist.'],
    ['an API gateway', 429, { statusCode: 429, message: 'Try later.' }, 'Try later.'],
    ['plain text', 400, 'model is required', 'model is required'],
  ])('%s: the message reaches the caller', (_, status, body, message) => {
    expect(map(status, body).message).toBe(message);
  });

  test.each([undefined, null, '', 7, true, [], {}, { error: {} }, { error: { message: 7 } }, '<!doctype html><p>blocked by proxy 10.0.0.1</p>'])('a body of %j gives a sentence of our own', (body) => {
    for (const status of [400, 401, 404, 413, 422, 429, 500, 503]) expect(map(status, body).message).toMatch(/^The .*upstream provider.*\.$/);
  });

  test('nothing an upstream says about credentials, billing or its own trouble reaches the caller', () => {
    for (const status of [401, 402, 403, 408, 409, 500, 502, 503, 504, 529]) {
      const failed = map(status, openai('canary words', 'canary words'));
      expect(JSON.stringify(failed)).not.toContain('canary');
    }
  });

  test('messages are scrubbed and bounded', () => {
    const failed = map(400, openai(`Rejected for org-Ab12Cd34 with key sk-abcdefghijkl at https://internal.example/x ${'word '.repeat(2_000)}`));
    expect(failed.message).toMatch(/^Rejected for \[redacted\] with key \[redacted\] at \[redacted\] word/);
    expect(Buffer.byteLength(failed.message)).toBeLessThanOrEqual(2_048);
  });

  test('the offending field is passed on when it looks like one', () => {
    expect(map(400, openai('bad', null, 'messages[0].content')).param).toBe('messages[0].content');
    for (const param of ['a b', 'x'.repeat(200), '', null, '"']) expect(map(400, openai('bad', null, param))).not.toHaveProperty('param');
  });

  test('logs get status, type and code, never words', () => {
    expect(map(400, openai('secret words', 'bad_value')).internal).toBe('upstream 400 invalid_request_error bad_value');
    expect(map(500, { error: { message: 'm', type: 'two words', code: 'sk-abc123' } }).internal).toBe('upstream 500');
  });
});

describe('retry-after', () => {
  test.each<[string, Record<string, string>, number]>([
    ['seconds', { 'retry-after': '12' }, 12],
    ['zero is one', { 'retry-after': '0' }, 1],
    ['fractions go up', { 'retry-after': '1.2' }, 2],
    ['milliseconds win', { 'retry-after-ms': '1500', 'retry-after': '60' }, 2],
    ['an HTTP date', { 'retry-after': 'Sun, 01 Mar 2026 12:00:30 GMT' }, 30],
    ['the RFC 850 form', { 'retry-after': 'Sunday, 01-Mar-26 12:00:30 GMT' }, 30],
    ['the asctime form, which is GMT too', { 'retry-after': 'Sun Mar  1 12:00:30 2026' }, 30],
    ['a date in the past', { 'retry-after': 'Sun, 01 Mar 2026 11:00:00 GMT' }, 1],
    ['a day far away is capped at a week', { 'retry-after': '99999999' }, 604_800],
    ['nothing', {}, 5],
    ['negative', { 'retry-after': '-5' }, 5],
    ['words', { 'retry-after': 'soon' }, 5],
    ['a weekday and no date', { 'retry-after': 'Sunday' }, 5],
    ['infinite', { 'retry-after': '1e999' }, 5],
  ])('%s', (_, headers, seconds) => {
    expect(map(429, undefined, headers).retryAfterSeconds).toBe(seconds);
    expect(map(503, undefined, headers).retryAfterSeconds).toBe(seconds);
  });

  test('is told with other failures only where waiting may help and the upstream named a time', () => {
    for (const status of [400, 401, 404]) expect(map(status, undefined, { 'retry-after': '9' })).not.toHaveProperty('retryAfterSeconds');
    for (const status of [408, 409, 500, 502, 504]) {
      expect(map(status, undefined, { 'retry-after': '9' }).retryAfterSeconds).toBe(9);
      expect(map(status, undefined, { 'retry-after': 'soon' })).not.toHaveProperty('retryAfterSeconds');
      expect(map(status, undefined, {})).not.toHaveProperty('retryAfterSeconds');
    }
  });
});

test('whatever an upstream answers becomes one well-formed failure that is never a 401, 402, 403 or 404', () => {
  fc.assert(fc.property(fc.integer({ min: 300, max: 999 }), fc.anything(), fc.string(), (status, body, retryAfter) => {
    const failed = map(status, body, { 'retry-after': retryAfter });
    expect([400, 413, 422, 429, 502, 503, 504]).toContain(failed.status);
    expect(typeof failed.message === 'string' && failed.message.length > 0 && Buffer.byteLength(failed.message) <= 2_048).toBe(true);
    if (failed.retryAfterSeconds !== undefined) expect(Number.isSafeInteger(failed.retryAfterSeconds) && failed.retryAfterSeconds >= 1).toBe(true);
  }));
});

test('every provider maps errors alike', () => {
  const providers = openProviders({ clock });
  for (const kind of ['openai', 'anthropic', 'azure', 'google', 'ollama'] as const) {
    expect(providers.of(kind).mapError(429, openai('slow'), { 'retry-after': 'Sun, 01 Mar 2026 12:00:30 GMT' })).toMatchObject({ code: 'rate_limit_exceeded', retryAfterSeconds: 30, message: 'slow' });
  }
});
