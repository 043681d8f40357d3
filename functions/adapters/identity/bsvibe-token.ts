import { JwtBaseError } from 'aws-jwt-verify/error';
import type { Jwks } from 'aws-jwt-verify/jwk';
import { verifyJwtSync } from 'aws-jwt-verify/jwt-verifier';
import { StoreError } from '../store/port.ts';

/** What a token of BSVibe says, once it is known to be one. Times in epoch seconds. */
export interface BsvibeClaims {
  readonly sub: string;
  readonly email: string | undefined;
  /** The issuer's own word; what people may write into their profile does not count. */
  readonly emailVerified: boolean;
  readonly name: string | undefined;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** What was signed: the same in every copy, while an ECDSA signature has two forms. */
  readonly signed: string;
}

export interface BsvibeVerifierOptions {
  /** Compared with `iss`, exactly. */
  readonly issuer: string;
  readonly jwksUri: string;
  /** Gets the text of the key set. */
  readonly fetchText: (url: string) => Promise<ArrayBuffer>;
  /** Epoch ms. */
  readonly now: () => number;
}

const AUDIENCE = 'authenticated';
/** People sign in rarely: the key set is asked for nearly every time, so that a key that was withdrawn counts no longer. */
const KEYS_LIVE_MS = 5_000;
/** How far the clocks of both sides may differ. */
const SKEW_SECONDS = 5;
const MAX_TOKEN_LENGTH = 8_192;

/**
 * Verifies access tokens of BSVibe: ES256 by a key of its set, `iss`, audience `authenticated`, `exp`, `nbf`, `iat`, and a
 * person behind it. Gives undefined for any other token. Throws `StoreError('unavailable')` when the key set cannot be had.
 */
export function bsvibeVerifier(options: BsvibeVerifierOptions): (token: string) => Promise<BsvibeClaims | undefined> {
  const keys = freshKeys(options);
  return async (token) => {
    if (token.length > MAX_TOKEN_LENGTH) return undefined;
    const set = await keys();
    try {
      const payload = verifyJwtSync(token, set, {
        issuer: options.issuer, audience: AUDIENCE, graceSeconds: 0,
        customJwtCheck: ({ header }) => {
          if (header.alg !== 'ES256' || header['crit'] !== undefined) throw new HeaderError('not an ES256 token');
        },
      });
      return claimsOf(payload, token, Math.floor(options.now() / 1_000));
    } catch (error) {
      if (error instanceof JwtBaseError || error instanceof HeaderError || error instanceof SyntaxError || error instanceof TypeError) return undefined;
      throw error;
    }
  };
}

class HeaderError extends Error {}

function freshKeys({ jwksUri, fetchText, now }: BsvibeVerifierOptions): () => Promise<Jwks> {
  let fetched: { readonly at: number; readonly set: Promise<Jwks> } | undefined;
  return async () => {
    const age = fetched === undefined ? Infinity : now() - fetched.at;
    // A clock that was set back must not make a set live longer.
    if (fetched === undefined || age > KEYS_LIVE_MS || age < 0) fetched = { at: now(), set: fetchText(jwksUri).then(readSet) };
    try {
      return await fetched.set;
    } catch (cause) {
      throw new StoreError('unavailable', 'the keys of BSVibe cannot be fetched', { cause });
    }
  };
}

function readSet(text: ArrayBuffer): Jwks {
  const set = JSON.parse(Buffer.from(text).toString('utf8')) as Partial<Jwks> | null;
  if (!Array.isArray(set?.keys)) throw new Error('not a key set');
  // Keys of no other kind can sign what is accepted here, so none is ever tried, least of all as the key of an HMAC.
  return { keys: set.keys.filter((key) => key.kty === 'EC' && key['crv'] === 'P-256') };
}

function claimsOf(payload: Readonly<Record<string, unknown>>, token: string, now: number): BsvibeClaims | undefined {
  const { sub, exp, iat, email } = payload;
  if (typeof sub !== 'string' || sub === '' || sub.length > 200 || payload['is_anonymous'] === true) return undefined;
  if (typeof exp !== 'number' || exp <= now || typeof iat !== 'number' || iat > now + SKEW_SECONDS) return undefined;
  return {
    sub, issuedAt: iat, expiresAt: exp, signed: token.slice(0, token.lastIndexOf('.')),
    email: typeof email === 'string' && /^[^\s@]{1,64}@[^\s@]{1,190}$/.test(email) ? email : undefined,
    emailVerified: payload['email_verified'] === true,
    name: nameOf(payload['user_metadata']) ?? nameOf(payload),
  };
}

function nameOf(claims: unknown): string | undefined {
  if (typeof claims !== 'object' || claims === null) return undefined;
  const { full_name: full, name } = claims as Record<string, unknown>;
  const found = typeof full === 'string' && full !== '' ? full : name;
  return typeof found === 'string' && found !== '' ? found.slice(0, 128).toWellFormed() : undefined;
}
