import { json, refuse } from './answer.ts';
import { personClaims } from './claims.ts';
import { secondsOf, type BridgePorts, type GatewayRequest, type GatewayResponse } from './ports.ts';

/** The userinfo endpoint (OpenID Connect Core, 5.3) for the access tokens that the token endpoint gave out, by header only. */
export async function userinfo({ headers, query }: GatewayRequest, ports: BridgePorts): Promise<GatewayResponse> {
  const [, accessToken] = /^Bearer ([A-Za-z0-9_-]{43})$/i.exec(headers['authorization'] ?? '') ?? [];
  const grant = accessToken === undefined || query.size > 0 ? undefined : await ports.signIns.granted(accessToken, secondsOf(ports.now()));
  if (grant === undefined) refuse(401, 'invalid_token', 'access_token', 'An access token of this issuer is required.', { 'www-authenticate': 'Bearer error="invalid_token"' });
  return json(200, personClaims(grant));
}
