import { json } from './answer.ts';
import { SCOPES, type BridgePorts, type GatewayResponse } from './ports.ts';

/** OpenID Connect Discovery 1.0: what is here, and nothing that is not. */
export function discovery({ issuer }: BridgePorts): GatewayResponse {
  return json(200, {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    userinfo_endpoint: `${issuer}/userinfo`,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['client_secret_post'],
    scopes_supported: SCOPES,
    claims_supported: ['iss', 'sub', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'email', 'email_verified', 'name'],
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
  });
}

export async function keySet({ key }: BridgePorts): Promise<GatewayResponse> {
  // The user pool asks at every sign-in, and the key changes only with the stack.
  return json(200, { keys: [await key.publicJwk()] }, { 'cache-control': 'public, max-age=300' });
}
