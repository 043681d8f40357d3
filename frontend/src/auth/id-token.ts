import { readTokens } from './tokens.ts';

/** What an issuer says of whoever signed in. Nobody verifies it here: it is good for what their own page shows and does, and for nothing that is allowed. */
export interface IdClaims { readonly sub?: unknown; readonly email?: unknown; readonly iat?: unknown }

/** undefined = there is no payload. Throws where it cannot be read. */
export function claimsOf(idToken: string): IdClaims | undefined {
  const [, payload] = idToken.split('.');
  if (payload === undefined) return undefined;
  const bytes = Uint8Array.from(atob(payload.replaceAll('-', '+').replaceAll('_', '/')), (sign) => sign.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes)) as IdClaims;
}

/** Of this tab's session; empty where it has no ID token, or one that cannot be read. */
export function ownClaims(): IdClaims {
  try {
    return claimsOf(readTokens()?.id ?? '') ?? {};
  } catch {
    return {};
  }
}
