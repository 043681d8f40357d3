import { describe, expect, test } from '@jest/globals';
import { codecs } from '../../../functions/core/dialects/dialect.ts';
import { failure, type Failure, type FailureCode, type FailureOptions } from '../../../functions/core/errors.ts';
import { eventsOf, partsOf } from '../../support/stream-grammar.ts';

const openai = codecs['openai-chat'];
const anthropic = codecs['anthropic-messages'];

/** What the one event of an in-band error says. */
function eventOf(codec: typeof openai, cause: Failure): { event: string | undefined; body: unknown } {
  const events = eventsOf(codec.errorEvent(cause, 'r1'));
  expect(events).toHaveLength(1);
  return { event: events[0]?.event, body: JSON.parse(events[0]?.data ?? '') };
}

describe('our failures in the caller\'s dialect', () => {
  test('translation D104 (whole): OpenAI shape', () => {
    expect(openai.errorBody(failure('invalid_request', 'Bad.', { param: 'n' }), 'r1')).toEqual({ error: { message: 'Bad.', type: 'invalid_request_error', param: 'n', code: 'invalid_request' } });
    expect(openai.errorBody(failure('upstream_error', 'x'), 'r1')).toEqual({ error: { message: 'x', type: 'api_error', param: null, code: 'upstream_error' } });
  });

  test('translation D104 (whole): Anthropic shape', () => {
    expect(anthropic.errorBody(failure('invalid_request', 'Bad.'), 'r1')).toEqual({ type: 'error', error: { type: 'invalid_request_error', message: 'Bad.' }, request_id: 'r1' });
  });

  test('translation D104 (streamed): an error inside a stream is one event with the same body, in each dialect\'s framing', () => {
    const cause = failure('upstream_error', 'Broken.', { param: 'n' });
    const body = { error: { message: 'Broken.', type: 'api_error', param: 'n', code: 'upstream_error' } };
    expect(eventOf(openai, cause)).toEqual({ event: undefined, body });
    expect(eventOf(codecs['openai-responses'], cause)).toEqual({ event: 'error', body: { type: 'error', sequence_number: 0, code: 'upstream_error', message: 'Broken.', param: 'n', ...body } });
    expect(eventOf(anthropic, cause)).toEqual({ event: 'error', body: { type: 'error', error: { type: 'api_error', message: 'Broken.' }, request_id: 'r1' } });
  });

  test.each<[FailureCode, FailureOptions, number, string, number, string]>([
    ['invalid_request', {}, 400, 'invalid_request_error', 400, 'invalid_request_error'],
    ['invalid_api_key', {}, 401, 'authentication_error', 401, 'authentication_error'],
    ['upstream_error', { status: 402 }, 402, 'billing_error', 402, 'billing_error'],
    ['model_not_allowed', {}, 403, 'permission_error', 403, 'permission_error'],
    ['model_not_found', {}, 404, 'not_found_error', 404, 'not_found_error'],
    ['request_too_large', {}, 413, 'request_too_large', 413, 'request_too_large'],
    ['unsupported_media_type', {}, 415, 'invalid_request_error', 415, 'invalid_request_error'],
    ['rate_limit_exceeded', {}, 429, 'rate_limit_exceeded', 429, 'rate_limit_error'],
    ['budget_exceeded', {}, 429, 'budget_exceeded', 429, 'rate_limit_error'],
    ['internal_error', {}, 500, 'api_error', 500, 'api_error'],
    ['upstream_error', {}, 502, 'api_error', 502, 'api_error'],
    ['upstream_error', { status: 503 }, 503, 'api_error', 529, 'overloaded_error'],
    ['no_healthy_model', {}, 503, 'api_error', 503, 'api_error'],
    ['upstream_timeout', {}, 504, 'timeout_error', 504, 'timeout_error'],
  ])('translation D105 (whole, streamed): %s %j', (code, options, chatStatus, chatType, messagesStatus, messagesType) => {
    const cause = failure(code, 'x', options);
    expect([openai.errorStatus(cause), openai.errorBody(cause, 'r')]).toMatchObject([chatStatus, { error: { type: chatType, code } }]);
    expect([anthropic.errorStatus(cause), anthropic.errorBody(cause, 'r')]).toMatchObject([messagesStatus, { error: { type: messagesType } }]);
    for (const codec of [openai, anthropic]) expect(eventOf(codec, cause).body).toEqual(codec.errorBody(cause, 'r1'));
  });

  test('the OpenAI 429 body is exactly the documented one', () => {
    const cause = failure('rate_limit_exceeded', 'Rate limit exceeded. Please retry after 12 seconds.', { retryAfterSeconds: 12 });
    expect(JSON.stringify(openai.errorBody(cause, 'r'))).toBe('{"error":{"type":"rate_limit_exceeded","code":"rate_limit_exceeded","message":"Rate limit exceeded. Please retry after 12 seconds.","retry_after":12}}');
  });

  test('translation D107 (whole, streamed): context overflow has the words each client looks for', () => {
    const cause = failure('context_length_exceeded', 'The request needs 300000 tokens.');
    expect(openai.errorBody(cause, 'r')).toMatchObject({ error: { code: 'context_length_exceeded' } });
    expect(anthropic.errorBody(cause, 'r')).toMatchObject({ error: { type: 'invalid_request_error', message: 'prompt is too long: The request needs 300000 tokens.' } });
    expect(anthropic.errorStatus(cause)).toBe(400);
    for (const codec of [openai, anthropic]) expect(eventOf(codec, cause).body).toEqual(codec.errorBody(cause, 'r1'));
  });

  test('internal detail never shows', () => {
    const cause = failure('internal_error', 'Public.', { internal: 'SECRET-DETAIL' });
    for (const codec of [openai, anthropic]) expect(JSON.stringify(codec.errorBody(cause, 'r')) + codec.errorEvent(cause, 'r')).not.toContain('SECRET');
  });

  test('guarantee E9: an error event is one event whatever its message holds', () => {
    const cause = failure('invalid_request', 'a\n\ndata: [DONE]\r\n\r\nevent: x\rdata: y');
    for (const dialect of ['openai-chat', 'anthropic-messages'] as const) {
      const parts = partsOf(dialect, [Buffer.from(codecs[dialect].errorEvent(cause, 'r'))]);
      expect(parts).toMatchObject([{ type: 'error' }]);
    }
  });
});

describe('errors that upstreams report inside a stream', () => {
  const chat = (error: object) => partsOf('openai-chat', [Buffer.from(`data: ${JSON.stringify({ error })}\n\n`)])[0];
  const messages = (error: object) => partsOf('anthropic-messages', [Buffer.from(`event: error\ndata: ${JSON.stringify({ type: 'error', error })}\n\n`)])[0];

  test.each<[string, number, string, boolean]>([
    ['overloaded_error', 503, 'upstream_error', true], ['rate_limit_error', 429, 'rate_limit_exceeded', true], ['authentication_error', 502, 'upstream_credentials_rejected', true],
    ['permission_error', 502, 'upstream_credentials_rejected', true], ['not_found_error', 502, 'upstream_model_not_found', true], ['api_error', 502, 'upstream_error', true],
    ['timeout_error', 504, 'upstream_timeout', true], ['invalid_request_error', 400, 'invalid_request', false], ['request_too_large', 413, 'request_too_large', false], ['something_new', 502, 'upstream_error', true],
  ])('translation D106 (streamed): %s is %d %s', (type, status, code, retryable) => {
    for (const part of [chat({ type, message: 'Words.' }), messages({ type, message: 'Words.' })]) expect(part).toMatchObject({ type: 'error', failure: { status, code, retryable } });
  });

  test('numeric codes of compatible servers count as a status', () => {
    expect(chat({ code: 503, message: 'x' })).toMatchObject({ failure: { code: 'upstream_error', status: 503 } });
    expect(chat({ code: 400, type: 'BadRequestError', message: 'Bad value.' })).toMatchObject({ failure: { code: 'invalid_request', message: 'Bad value.' } });
  });

  test('a prompt that is too long is named as such, in whatever words', () => {
    for (const message of ['prompt is too long: 210000 tokens > 200000 maximum', "This model's maximum context length is 8192 tokens."]) {
      expect(messages({ type: 'invalid_request_error', message })).toMatchObject({ failure: { code: 'context_length_exceeded', status: 400, message } });
    }
  });

  test('words that could hold a key, an address or an account are replaced', () => {
    for (const secret of ['key sk-abc', 'see https://internal/x', 'org-42', 'mail a@b.c', 'token abcdefghijklmnopqrstuvwxyz']) {
      expect(messages({ type: 'invalid_request_error', message: `Bad: ${secret}` })).toMatchObject({ failure: { message: 'The upstream provider rejected the request.' } });
    }
    expect(JSON.stringify(chat({ type: 'server_error', message: 'at 10.0.0.1 stack trace' }))).not.toContain('stack');
  });
});
