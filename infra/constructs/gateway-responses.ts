import { ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway';

interface OwnError { readonly on: ResponseType; readonly status: string; readonly type: string; readonly code: string; readonly message: string }

const invalid = (on: ResponseType, message: string): OwnError => ({ on, status: '400', type: 'invalid_request_error', code: 'invalid_request', message });
const denied = (on: ResponseType, status: '401' | '403', message: string): OwnError =>
  ({ on, status, type: status === '401' ? 'authentication_error' : 'permission_error', code: status === '401' ? 'unauthorized' : 'forbidden', message });
const failed = (on: ResponseType, status: string, code: string, message: string): OwnError => ({ on, status, type: 'api_error', code, message });
const missing = (on: ResponseType): OwnError =>
  ({ on, status: '404', type: 'not_found_error', code: 'not_found', message: 'There is no such endpoint.' });

/** The errors that API Gateway answers itself, before or instead of a function. The first two stand for all others. */
const OWN_ERRORS: readonly OwnError[] = [
  invalid(ResponseType.DEFAULT_4XX, 'The request was refused.'),
  failed(ResponseType.DEFAULT_5XX, '500', 'internal_error', 'The gateway failed to answer.'),
  invalid(ResponseType.BAD_REQUEST_BODY, 'The body of the request is not valid.'),
  invalid(ResponseType.BAD_REQUEST_PARAMETERS, 'A parameter of the request is missing or not valid.'),
  denied(ResponseType.UNAUTHORIZED, '401', 'A valid access token is required.'),
  denied(ResponseType.EXPIRED_TOKEN, '401', 'The access token has expired.'),
  denied(ResponseType.ACCESS_DENIED, '403', 'The access token does not allow this.'),
  denied(ResponseType.WAF_FILTERED, '403', 'The request was blocked by the firewall.'),
  missing(ResponseType.MISSING_AUTHENTICATION_TOKEN),
  missing(ResponseType.RESOURCE_NOT_FOUND),
  { on: ResponseType.REQUEST_TOO_LARGE, status: '413', type: 'request_too_large', code: 'request_too_large', message: 'The request is too large.' },
  { on: ResponseType.UNSUPPORTED_MEDIA_TYPE, status: '415', type: 'invalid_request_error', code: 'invalid_request', message: 'The content type is not supported.' },
  { on: ResponseType.THROTTLED, status: '429', type: 'rate_limit_exceeded', code: 'rate_limit_exceeded', message: 'Rate limit exceeded. Please retry after 1 second.' },
  { on: ResponseType.QUOTA_EXCEEDED, status: '429', type: 'rate_limit_exceeded', code: 'rate_limit_exceeded', message: 'Rate limit exceeded. Please retry after 1 second.' },
  failed(ResponseType.INTEGRATION_FAILURE, '502', 'upstream_error', 'The gateway failed to answer.'),
  failed(ResponseType.INTEGRATION_TIMEOUT, '504', 'upstream_timeout', 'The gateway did not answer in time.'),
];

/** Callers of every dialect find their error where they look for it: these bodies cannot vary by path. */
export function dataPlaneResponses(api: RestApi): void {
  respond(api, {}, ({ status, type, code, message }) => ({ type: 'error', error: { type, code, message, ...(status === '429' && { retry_after: 1 }) } }));
}

/** The admin API's error shape, readable by the dashboard's origin only. */
export function controlPlaneResponses(api: RestApi, origin: string): void {
  const headers = { 'Access-Control-Allow-Origin': `'${origin}'`, Vary: "'Origin'", 'Cache-Control': "'no-store'" };
  respond(api, headers, ({ code, message }) => ({ error: { code, message, requestId: '$context.requestId' } }));
}

function respond(api: RestApi, headers: Readonly<Record<string, string>>, body: (error: OwnError) => object): void {
  for (const error of OWN_ERRORS) {
    const all = error.status === '429' ? { ...headers, 'Retry-After': "'1'" } : headers;
    // Through `addGatewayResponse`, which makes a changed body part of the next deployment.
    api.addGatewayResponse(`${error.on.responseType}Response`, {
      type: error.on,
      // The default types keep the status of what they stand for.
      ...(!error.on.responseType.startsWith('DEFAULT') && { statusCode: error.status }),
      responseHeaders: all,
      templates: { 'application/json': JSON.stringify(body(error)) },
    });
  }
}
