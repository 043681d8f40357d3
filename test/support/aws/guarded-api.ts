import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Properties } from '../../infra/synthesized.ts';

export interface GuardedApiTemplate {
  /** The methods of one REST API, resolved. */
  readonly methods: readonly Properties[];
  readonly responses: readonly Properties[];
  /** Of the pool whose tokens the authorizer takes. */
  readonly issuer: string;
  /** The function behind it. */
  readonly door: (message: IncomingMessage, response: ServerResponse, path: string) => Promise<void>;
}

const STAGE = '/prod';
const bare = (quoted: string): string => quoted.replace(/^'|'$/g, '');

/** A REST API with a user pool as its authorizer: preflights and errors are the template's, everything else is the function's. */
export function guardedApi({ methods, responses, issuer, door }: GuardedApiTemplate): (message: IncomingMessage, response: ServerResponse, url: URL) => Promise<void> {
  const guarded = methods.find(({ AuthorizationType }) => AuthorizationType === 'COGNITO_USER_POOLS');
  const scopes = guarded?.['AuthorizationScopes'] as readonly string[];
  const preflight = methods.find(({ HttpMethod }) => HttpMethod === 'OPTIONS')?.['Integration'] as { IntegrationResponses: readonly { StatusCode: string; ResponseParameters: Record<string, string> }[] };

  function own(response: ServerResponse, type: string): void {
    const found = responses.find(({ ResponseType }) => ResponseType === type) as { StatusCode: string; ResponseParameters: Record<string, string>; ResponseTemplates: Record<string, string> };
    const headers = Object.entries(found.ResponseParameters).map(([name, value]) => [name.replace('gatewayresponse.header.', ''), bare(value)] as const);
    response.writeHead(Number(found.StatusCode), { 'content-type': 'application/json', ...Object.fromEntries(headers) }).end(found.ResponseTemplates['application/json']);
  }

  /** The authorizer looks at the pool, the end and the scopes; the signature is looked at by the function here. */
  function allows(authorization: string | undefined): boolean {
    const claims = JSON.parse(Buffer.from(/^Bearer [^.]+\.([^.]+)\.[^.]+$/.exec(authorization ?? '')?.[1] ?? '', 'base64url').toString() || '{}') as { iss?: string; exp?: number; scope?: string };
    return claims.iss === issuer && (claims.exp ?? 0) * 1000 > Date.now() && (claims.scope ?? '').split(' ').some((scope) => scopes.includes(scope));
  }

  return async (message, response, url) => {
    if (!url.pathname.startsWith(`${STAGE}/`)) return own(response, 'MISSING_AUTHENTICATION_TOKEN');
    if (message.method === 'OPTIONS') {
      const [answer] = preflight.IntegrationResponses;
      const headers = Object.entries(answer?.ResponseParameters ?? {}).map(([name, value]) => [name.replace('method.response.header.', ''), bare(value)]);
      return void response.writeHead(Number(answer?.StatusCode), Object.fromEntries(headers)).end();
    }
    if (!allows(message.headers.authorization)) return own(response, 'UNAUTHORIZED');
    return door(message, response, `${url.pathname.slice(STAGE.length)}${url.search}`);
  };
}
