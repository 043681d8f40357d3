import { describe, expect, test } from '@jest/globals';
import { GatewayError, type Failure } from '../../../functions/core/errors.ts';
import type { RegisteredModel } from '../../../functions/core/routing/policy.ts';
import { Secret } from '../../../functions/core/secret.ts';
import { mapBedrockError } from '../../../functions/adapters/providers/bedrock/map-error.ts';
import { signedHeaders, uriEncode, type AwsCredentials } from '../../../functions/adapters/providers/bedrock/sign.ts';
import { functionRole, openProviders } from '../../../functions/adapters/providers/registry.ts';

const clock = { now: () => 0, elapsed: () => 0 };
const SUITE: AwsCredentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const SUITE_AT = Date.parse('2015-08-30T12:36:00Z');
const model = (more: Partial<RegisteredModel> = {}): RegisteredModel => ({
  id: 'm', provider: 'bedrock', upstreamModel: 'anthropic.claude-v1:0', region: 'eu-central-1', enabled: true, price: null, facts: {}, credentials: [], ...more,
});

function failureOf(call: () => unknown): Failure {
  try {
    call();
  } catch (error) {
    if (error instanceof GatewayError) return error.failure;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('Signature Version 4', () => {
  const sign = (method: string, path: string, headers: Record<string, string> = {}, body = '', credentials = SUITE) =>
    signedHeaders({ method, url: new URL(`https://example.amazonaws.com${path}`), headers, body: Buffer.from(body) }, credentials, { region: 'us-east-1', service: 'service' }, SUITE_AT);
  const UNRESERVED = '-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const FORM = 'application/x-www-form-urlencoded';

  test.each<[string, string, string, Record<string, string>, string, string, string]>([
    ['get-vanilla', 'GET', '/', {}, '', 'host;x-amz-date', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    ['get-unreserved', 'GET', `/${UNRESERVED}`, {}, '', 'host;x-amz-date', '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f'],
    ['get-header-key-duplicate', 'GET', '/', { 'my-header1': 'value2,value2,value1' }, '', 'host;my-header1;x-amz-date', 'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea'],
    ['get-header-value-trim', 'GET', '/', { 'my-header1': ' value1', 'my-header2': ' "a   b   c"' }, '', 'host;my-header1;my-header2;x-amz-date', 'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736'],
    ['get-vanilla-empty-query-key', 'GET', '/?Param1=value1', {}, '', 'host;x-amz-date', 'a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb'],
    ['get-vanilla-query-order-key-case', 'GET', '/?Param2=value2&Param1=value1', {}, '', 'host;x-amz-date', 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500'],
    ['get-vanilla-query-unreserved', 'GET', `/?${UNRESERVED}=${UNRESERVED}`, {}, '', 'host;x-amz-date', '9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197'],
    ['get-vanilla-utf8-query', 'GET', '/?ሴ=bar', {}, '', 'host;x-amz-date', '2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04'],
    ['post-vanilla', 'POST', '/', {}, '', 'host;x-amz-date', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
    ['post-header-value-case', 'POST', '/', { 'my-header1': 'VALUE1' }, '', 'host;my-header1;x-amz-date', 'cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d'],
    ['post-vanilla-query', 'POST', '/?Param1=value1', {}, '', 'host;x-amz-date', '28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11'],
    ['post-x-www-form-urlencoded', 'POST', '/', { 'content-type': FORM }, 'Param1=value1', 'content-type;host;x-amz-date', 'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a'],
    ['post-x-www-form-urlencoded-parameters', 'POST', '/', { 'content-type': `${FORM}; charset=utf8` }, 'Param1=value1', 'content-type;host;x-amz-date', '1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe'],
  ])('agrees with %s of the published test suite', (_name, method, path, headers, body, signed, signature) => {
    expect(sign(method, path, headers, body)).toEqual({
      'x-amz-date': '20150830T123600Z',
      authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${signed}, Signature=${signature}`,
    });
  });

  test('agrees with post-sts-header-before: the session token is signed', () => {
    const sessionToken = 'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==';
    expect(sign('POST', '/', {}, '', { ...SUITE, sessionToken })).toMatchObject({
      'x-amz-security-token': sessionToken,
      authorization: expect.stringMatching(/SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead$/),
    });
  });

  test('the path of a request as it is sent is encoded once more, as the AWS SDK for JavaScript does', () => {
    const url = new URL('https://bedrock-runtime.eu-central-1.amazonaws.com/model/arn%3Aaws%3Abedrock%3Aeu-central-1%3A123456789012%3Ainference-profile%2Feu.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream');
    const headers = signedHeaders({ method: 'POST', url, headers: { 'content-type': 'application/json' }, body: Buffer.from('{"messages":[]}') }, { ...SUITE, sessionToken: 'SESSION' }, { region: 'eu-central-1', service: 'bedrock' }, SUITE_AT);
    expect(headers['authorization']).toBe('AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/eu-central-1/bedrock/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=a422f9c447bb8d68edf9641768278333038037fc173f6cf683235e4983010bf8');
  });

  test('the same request signed again is the same; body, path, time and key each change it', () => {
    const once = sign('POST', '/a', {}, 'x').authorization;
    expect(sign('POST', '/a', {}, 'x').authorization).toBe(once);
    const others = [sign('POST', '/a', {}, 'y'), sign('POST', '/b', {}, 'x'), sign('POST', '/a', {}, 'x', { ...SUITE, secretAccessKey: 'other' })];
    expect(new Set([once, ...others.map(({ authorization }) => authorization)]).size).toBe(4);
  });

  test('uriEncode leaves only unreserved characters and never throws', () => {
    expect(uriEncode(`${UNRESERVED}!'()* /:ሴ`)).toBe(`${UNRESERVED}%21%27%28%29%2A%20%2F%3A%E1%88%B4`);
    expect(uriEncode('\ud800')).toBe('%EF%BF%BD');
  });
});

describe('address and headers of every call', () => {
  const provider = openProviders({ clock, version: '9.8.7' }).of('bedrock');
  const call = (more: Partial<RegisteredModel>, stream = false) => provider.call(model(more), 'bedrock-converse', 'generate', undefined, { stream });

  test.each<[Partial<RegisteredModel>, boolean, string]>([
    [{}, false, 'https://bedrock-runtime.eu-central-1.amazonaws.com/model/anthropic.claude-v1%3A0/converse'],
    [{}, true, 'https://bedrock-runtime.eu-central-1.amazonaws.com/model/anthropic.claude-v1%3A0/converse-stream'],
    [{ region: 'cn-north-1' }, false, 'https://bedrock-runtime.cn-north-1.amazonaws.com.cn/model/anthropic.claude-v1%3A0/converse'],
    [{ upstreamModel: 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.x' }, true, 'https://bedrock-runtime.eu-central-1.amazonaws.com/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.x/converse-stream'],
    [{ baseUrl: 'http://127.0.0.1:9/' }, false, 'http://127.0.0.1:9/model/anthropic.claude-v1%3A0/converse'],
    [{ upstreamModel: '../../evil?x#y' }, false, 'https://bedrock-runtime.eu-central-1.amazonaws.com/model/..%2F..%2Fevil%3Fx%23y/converse'],
  ])('%j, streamed %s → %s', (more, stream, url) => {
    expect(call(more, stream)).toEqual({
      url, headers: { 'content-type': 'application/json', accept: stream ? 'application/vnd.amazon.eventstream' : 'application/json', 'user-agent': 'bsgateway/9.8.7' },
    });
    expect(new URL(url).href).toBe(url);
  });

  test.each([undefined, '', 'EU-central-1', 'a.b', 'x/../y', 'evil.example#', '-a', 'a'.repeat(64), 'eu-central-1\n'])('the region %j makes no host', (region) => {
    expect(failureOf(() => provider.call({ ...model(), ...(region === undefined ? { region: '' } : { region }) }, 'bedrock-converse', 'generate', undefined, {}))).toMatchObject({ code: 'upstream_error', internal: 'bedrock model has no usable region' });
  });

  test.each(['', '.', '..'])('the model name %j cannot walk out of its path', (upstreamModel) => {
    expect(failureOf(() => call({ upstreamModel })).code).toBe('invalid_request');
  });

  test('embeddings and token counting are a clear 501', () => {
    for (const operation of ['embed', 'count-tokens'] as const) expect(failureOf(() => provider.call(model(), 'bedrock-converse', operation, undefined, {}))).toMatchObject({ code: 'not_implemented', status: 501 });
    expect(failureOf(() => provider.call(model(), 'openai-chat', 'generate', undefined, {})).code).toBe('not_implemented');
  });
});

describe('credentials', () => {
  const ROLE = { accessKeyId: 'ASIAROLE', secretAccessKey: 'role-secret', sessionToken: 'role-token' };
  const signed = (credential: string | undefined, role?: AwsCredentials) => {
    const provider = openProviders({ clock, roleCredentials: () => role }).of('bedrock');
    const secret = credential === undefined ? undefined : new Secret(credential);
    const call = provider.call(model(), 'bedrock-converse', 'generate', secret, {});
    return provider.sign?.({ call, body: Buffer.from('{}'), model: model(), credential: secret, atMs: SUITE_AT }) ?? {};
  };

  test('the model’s own credential goes before the role of the process', () => {
    expect(signed(JSON.stringify(SUITE), ROLE)['authorization']).toContain('Credential=AKIDEXAMPLE/20150830/eu-central-1/bedrock/aws4_request');
    expect(signed(JSON.stringify(SUITE), ROLE)['x-amz-security-token']).toBeUndefined();
    expect(signed(JSON.stringify({ ...SUITE, sessionToken: 'own' }))['x-amz-security-token']).toBe('own');
    expect(signed(undefined, ROLE)).toMatchObject({ 'x-amz-security-token': 'role-token', authorization: expect.stringContaining('Credential=ASIAROLE/') });
  });

  test('without either the failure says what is missing', () => {
    expect(failureOf(() => signed(undefined))).toMatchObject({ code: 'upstream_credentials_rejected', status: 502, retryable: true, message: expect.stringContaining('needs an access key') });
  });

  test.each(['', 'sk-plain', '[]', 'null', '{}', '{"accessKeyId":"A"}', '{"accessKeyId":"A","secretAccessKey":""}', '{"accessKeyId":"A","secretAccessKey":"s","sessionToken":1}', '{"accessKeyId":"A\\r\\nx: y","secretAccessKey":"s3cr3t"}'])('%j is no credential, and nothing of it is shown', (text) => {
    const failed = failureOf(() => signed(text, ROLE));
    expect(failed.code).toBe('upstream_credentials_rejected');
    expect(JSON.stringify(failed)).not.toMatch(/s3cr3t|sk-plain|x: y/);
  });

  test('the role is that of a Lambda function; the same variables elsewhere are somebody’s own', () => {
    const env = { AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'S', AWS_SESSION_TOKEN: 'T' };
    expect(functionRole(env)).toBeUndefined();
    expect(functionRole({ ...env, AWS_LAMBDA_FUNCTION_NAME: 'f' })).toEqual({ accessKeyId: 'A', secretAccessKey: 'S', sessionToken: 'T' });
    expect(functionRole({ AWS_LAMBDA_FUNCTION_NAME: 'f' })).toBeUndefined();
  });
});

describe('errors', () => {
  const mapped = (status: number, type: string, message: string, headers: Record<string, string> = {}): Failure => mapBedrockError(status, { message }, { 'x-amzn-errortype': type, ...headers }, clock);

  test.each<[number, string, string, string, number, boolean]>([
    [403, 'AccessDeniedException', 'You don\'t have access to the model with the specified model ID.', 'upstream_credentials_rejected', 502, true],
    [403, 'UnrecognizedClientException', 'The security token included in the request is invalid.', 'upstream_credentials_rejected', 502, true],
    [403, 'ExpiredTokenException', 'The security token included in the request is expired', 'upstream_credentials_rejected', 502, true],
    [400, 'IncompleteSignatureException', 'x', 'upstream_credentials_rejected', 502, true],
    [404, 'ResourceNotFoundException', 'Could not resolve the foundation model', 'upstream_model_not_found', 502, true],
    [400, 'ValidationException', 'The provided model identifier is invalid.', 'upstream_model_not_found', 502, true],
    [400, 'ValidationException', 'Invocation of model ID x with on-demand throughput isn’t supported. Retry your request with an inference profile.', 'upstream_model_not_found', 502, true],
    [400, 'ValidationException', 'Operation not allowed', 'upstream_credentials_rejected', 502, true],
    [400, 'ValidationException', 'Input is too long for requested model.', 'context_length_exceeded', 400, false],
    [400, 'ValidationException', 'messages.0.content is empty', 'invalid_request', 400, false],
    [400, 'ServiceQuotaExceededException', 'Too many requests', 'rate_limit_exceeded', 429, true],
    [429, 'ThrottlingException', 'Too many tokens, please wait before trying again.', 'rate_limit_exceeded', 429, true],
    [429, 'ModelNotReadyException', 'x', 'upstream_error', 503, true],
    [408, 'ModelTimeoutException', 'x', 'upstream_timeout', 504, true],
    [424, 'ModelErrorException', 'x', 'upstream_error', 502, true],
    [500, 'InternalServerException', 'x', 'upstream_error', 502, true],
    [503, 'ServiceUnavailableException', 'x', 'upstream_error', 503, true],
  ])('%i %s %j is %s', (status, type, message, code, ours, retryable) => {
    expect(mapped(status, type, message)).toMatchObject({ code, status: ours, retryable, internal: `upstream ${status} ${type}` });
    // The type may carry an address, or stand in the body with a namespace; the front of AWS writes `Message`.
    expect(mapped(status, `${type}:http://internal.amazon.com/coral/`, message).code).toBe(code);
    expect(mapBedrockError(status, { __type: `com.amazon.coral.service#${type}`, Message: message }, {}, clock).code).toBe(code);
  });

  test('the caller’s mistake is told in the upstream’s words, without accounts and ARNs', () => {
    const { message } = mapped(400, 'ValidationException', 'Bad field for arn:aws:bedrock:us-east-1:123456789012:model/x in account 123456789012');
    expect(message).toContain('Bad field');
    expect(message).not.toMatch(/123456789012|arn:/);
  });

  test('what the account did wrong is not told at all', () => {
    expect(mapped(403, 'AccessDeniedException', 'User: arn:aws:iam::123456789012:user/bob is not authorized').message).not.toMatch(/bob|1234/);
  });

  test('a 429 brings the wait along; bodies of any shape map to something', () => {
    expect(mapped(429, 'ThrottlingException', 'x', { 'retry-after': '7' }).retryAfterSeconds).toBe(7);
    for (const body of [undefined, null, '', '<html>', [], { message: 5 }]) expect(mapBedrockError(502, body, {}, clock)).toMatchObject({ code: 'upstream_error', retryable: true });
  });
});
