import { JwtVerifier } from 'aws-jwt-verify';
import { JwksNotAvailableInCacheError, JwtBaseError, WaitPeriodNotYetEndedJwkError } from 'aws-jwt-verify/error';
import { SimpleJwksCache, type Jwks } from 'aws-jwt-verify/jwk';
import { StoreError } from '../store/port.ts';

/** Whom a token is about, and to which of the clients it was given. Nothing else of it counts: tenants and roles are our own records. */
export interface TokenSubject { readonly sub: string; readonly name: string; readonly clientId: string }

export interface VerifierOptions {
  /** Compared with `iss`, exactly. */
  readonly issuer: string;
  /** One of them must be `client_id`. */
  readonly clientIds: readonly string[];
  /** One of the words of `scope`. */
  readonly scope: string;
  readonly jwksUri: string;
  /** The key set where it is at hand; else it is fetched. */
  readonly jwks?: Jwks;
  /** Gets the text of the key set. */
  readonly fetchText: (url: string) => Promise<ArrayBuffer>;
  /** Epoch ms. */
  readonly now: () => number;
}

/** An unknown key id may mean that keys were rotated, and anybody can make one up: the set is asked for this often at most. */
const FETCH_EVERY_MS = 60_000;
const RETRY_AFTER_MS = 5_000;

/**
 * Verifies access tokens in Amazon Cognito's form (docs.aws.amazon.com/cognito, "Verifying JSON web tokens"): RS256 by a
 * key of the issuer's set, `iss`, `client_id`, `token_use`, `scope`, `exp` and `nbf`. Gives undefined for a token that is
 * not valid, whatever is wrong with it. Throws `StoreError('unavailable')` when no key set could be fetched yet.
 */
export function tokenVerifier(options: VerifierOptions): (token: string) => Promise<TokenSubject | undefined> {
  const jwksCache = new SimpleJwksCache({ fetcher: rarely(options), penaltyBox: NO_PENALTY });
  const verifier = JwtVerifier.create({ issuer: options.issuer, audience: null, jwksUri: options.jwksUri }, { jwksCache });
  if (options.jwks !== undefined) verifier.cacheJwks(options.jwks);
  return async (token) => {
    try {
      const payload = await verifier.verify(token, { customJwtCheck: ({ header, payload: claims }) => requireClaims(header, claims, options) });
      return { sub: String(payload.sub), name: typeof payload['username'] === 'string' ? payload['username'] : String(payload.sub), clientId: String(payload['client_id']) };
    } catch (error) {
      if (error instanceof UnreachableError || error instanceof JwksNotAvailableInCacheError) throw new StoreError('unavailable', 'the keys of the identity provider cannot be fetched', { cause: error });
      if (error instanceof JwtBaseError || error instanceof SyntaxError || error instanceof ClaimError || error instanceof TypeError) return undefined;
      throw error;
    }
  };
}

class ClaimError extends Error {}
class UnreachableError extends Error {}

function requireClaims(header: { readonly alg?: unknown; readonly crit?: unknown }, claims: Readonly<Record<string, unknown>>, { clientIds, scope, now }: VerifierOptions): void {
  const isRight = header.alg === 'RS256' && header.crit === undefined && claims['token_use'] === 'access'
    && typeof claims['client_id'] === 'string' && clientIds.includes(claims['client_id'])
    && typeof claims['sub'] === 'string' && claims['sub'] !== '' && claims['sub'].length <= 256
    && typeof claims['exp'] === 'number' && claims['exp'] * 1000 > now()
    && typeof claims['scope'] === 'string' && claims['scope'].split(' ').includes(scope);
  if (!isRight) throw new ClaimError('not an access token for this API');
}

/** Our own clock decides how often the key set is fetched; the library's box would forget failures of the network. */
const NO_PENALTY = { wait: async () => {}, registerFailedAttempt: () => {}, registerSuccessfulAttempt: () => {} };

function rarely({ fetchText, now }: VerifierOptions): { readonly fetch: (uri: string) => Promise<ArrayBuffer> } {
  let notBefore = -Infinity;
  let hasKeys = false;
  return {
    fetch: async (uri) => {
      if (now() < notBefore) throw hasKeys ? new WaitPeriodNotYetEndedJwkError('the key set was fetched a moment ago') : new UnreachableError('the key set could not be fetched a moment ago');
      notBefore = now() + FETCH_EVERY_MS;
      try {
        const text = await fetchText(uri);
        hasKeys = true;
        return text;
      } catch (error) {
        notBefore = now() + RETRY_AFTER_MS;
        throw hasKeys ? new WaitPeriodNotYetEndedJwkError('the key set cannot be fetched right now') : new UnreachableError('the key set cannot be fetched', { cause: error });
      }
    },
  };
}
