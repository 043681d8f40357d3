import { hash, timingSafeEqual } from 'node:crypto';
import { signedJwt } from '../adapters/vault/issuer-key.ts';
import { json, refuse } from './answer.ts';
import { personClaims } from './claims.ts';
import { secondsOf, secretId, TOKEN_SECONDS, type BridgePorts, type GatewayRequest, type GatewayResponse } from './ports.ts';

/** The token endpoint (RFC 6749, 4.1.3): one grant, one client, its secret in the body and nowhere else. */
export async function token(request: GatewayRequest, ports: BridgePorts): Promise<GatewayResponse> {
  const form = await readForm(request);
  await requireClient(request, form, ports);
  if (form.get('grant_type') !== 'authorization_code') refuse(400, 'unsupported_grant_type', 'grant_type', 'Only authorization codes are exchanged here.');
  const [code, redirectUri] = [form.get('code') ?? '', form.get('redirect_uri') ?? ''];
  const now = secondsOf(ports.now());
  const access = secretId(ports);
  const grant = await ports.signIns.exchange(code, redirectUri, { token: access, expiresAt: now + TOKEN_SECONDS }, now, form.get('code_verifier') ?? undefined);
  if (grant === undefined) refuse(400, 'invalid_grant', 'code', 'The code is unknown, has expired, was used before, or belongs to another redirect address or verifier.');
  const idToken = await signedJwt(ports.key, {
    iss: ports.issuer, aud: ports.client.id, iat: now, exp: now + TOKEN_SECONDS, auth_time: grant.signedInAt,
    ...(grant.nonce !== undefined && { nonce: grant.nonce }),
    ...personClaims(grant),
  });
  return json(200, { access_token: access, token_type: 'Bearer', expires_in: TOKEN_SECONDS, scope: grant.scopes.join(' '), id_token: idToken }, { pragma: 'no-cache' });
}

async function readForm(request: GatewayRequest): Promise<URLSearchParams> {
  if (!/^application\/x-www-form-urlencoded(?:;|$)/i.test(request.headers['content-type'] ?? '')) refuse(415, 'invalid_request', 'content_type', 'The content type must be application/x-www-form-urlencoded.');
  // What stands in an address ends in logs.
  if (request.query.size > 0) refuse(400, 'invalid_request', 'query', 'The address of this request must have no parameters.');
  const form = new URLSearchParams(Buffer.from(await request.body()).toString('utf8'));
  if (new Set(form.keys()).size < form.size) refuse(400, 'invalid_request', 'repeated', 'Every parameter may be sent once.');
  return form;
}

async function requireClient({ headers }: GatewayRequest, form: URLSearchParams, { client }: BridgePorts): Promise<void> {
  const secret = (await client.secret()).reveal();
  const isRight = sameText(form.get('client_secret') ?? '', secret) && form.get('client_id') === client.id;
  if (headers['authorization'] !== undefined || !isRight) refuse(401, 'invalid_client', 'client', 'The client must authenticate with client_id and client_secret in the body.');
}

/** In a time that tells nothing about where the two differ. */
const sameText = (one: string, other: string): boolean => timingSafeEqual(hash('sha256', one, 'buffer'), hash('sha256', other, 'buffer'));
