import { fetch as get, SimpleFetcher } from 'aws-jwt-verify/https';
import { NonRetryableFetchError } from 'aws-jwt-verify/error';
import { ADMIN_SCOPE } from '../identity/scope.ts';
import { tokenVerifier, type TokenSubject } from '../identity/verify-token.ts';
import { StoreError } from '../store/port.ts';
import { variable } from './environment.ts';

const TIMEOUT_MS = 3_000;
/** How the library says it; it gives the status nowhere else. */
const REFUSED = /\bStatus code is 40[13],/;

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The verifier of the stack's user pool (`BSG_ISSUER`, its provider URL), for tokens of people (`BSG_USER_POOL_CLIENT_ID`) and of programs
 * (`BSG_MACHINE_CLIENT_ID`, client credentials). Throws when a variable is missing.
 */
export function cognitoVerifier(env: Env): (token: string) => Promise<TokenSubject | undefined> {
  const issuer = variable(env, 'BSG_ISSUER');
  const fetcher = new SimpleFetcher();
  return tokenVerifier({
    issuer, clientIds: [variable(env, 'BSG_USER_POOL_CLIENT_ID'), variable(env, 'BSG_MACHINE_CLIENT_ID')], scope: ADMIN_SCOPE,
    jwksUri: `${issuer}/.well-known/jwks.json`, fetchText: (url) => fetcher.fetch(url), now: () => Date.now(),
  });
}

/**
 * The e-mail address of the person behind an access token, which names none itself; undefined when there is none, it was not
 * verified, or the endpoint refuses the token: revoked, or without the scope `openid` (docs.aws.amazon.com/cognito, "userInfo endpoint"). Throws `StoreError('unavailable')` when the endpoint cannot be asked.
 */
export async function verifiedEmail(signInOrigin: string, token: string): Promise<string | undefined> {
  const answer = await get(`${signInOrigin}/oauth2/userInfo`, { headers: { authorization: `Bearer ${token}` }, timeout: TIMEOUT_MS, responseTimeout: TIMEOUT_MS })
    .catch((cause: unknown) => {
      if (cause instanceof NonRetryableFetchError && REFUSED.test(cause.message)) return undefined;
      throw new StoreError('unavailable', 'the identity provider cannot be asked for the address', { cause });
    });
  if (answer === undefined) return undefined;
  const info: unknown = JSON.parse(Buffer.from(answer).toString('utf8'));
  if (typeof info !== 'object' || info === null || !('email' in info) || typeof info.email !== 'string') return undefined;
  // Cognito writes booleans of this answer as text.
  return 'email_verified' in info && (info.email_verified === true || info.email_verified === 'true') ? info.email : undefined;
}
