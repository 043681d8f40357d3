import { ADMIN_SCOPE } from '../../functions/adapters/identity/scope.ts';
import type { GatewayResponse } from '../../functions/gateway/ports.ts';
import { CLIENT_ID } from './issuer/provider.ts';

export interface PublicConfig { readonly issuer: string; readonly version: string; readonly demo: boolean }

/** `GET /config.json`: what the dashboard must know before anybody signed in. The same shape in both editions, no secrets. */
export function publicConfig({ issuer, version, demo }: PublicConfig): GatewayResponse {
  const body = { edition: 'local', apiBaseUrl: '', issuer, clientId: CLIENT_ID, scope: `openid ${ADMIN_SCOPE}`, signInLabel: 'Sign in', version, demo };
  return { status: 200, headers: { 'content-type': 'application/json', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }, body: new TextEncoder().encode(JSON.stringify(body)) };
}
