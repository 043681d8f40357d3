import { hash } from 'node:crypto';
import { fromItem, partition, toItem } from './entity.ts';
import type { Item, Key, Op, Store } from './port.ts';

/** A sign-in that was sent to BSVibe and has not come back. Times in epoch seconds. */
export interface StartedSignIn {
  readonly redirectUri: string;
  /** What the client wants back with its code. */
  readonly clientState: string;
  readonly nonce?: string;
  /** What the client's verifier must hash to (RFC 7636, S256); absent where the client sends none. */
  readonly challenge?: string;
  readonly scopes: readonly string[];
  /** SHA-256 of the value that the browser holds as a cookie. */
  readonly browser: string;
  readonly startedAt: number;
}

/** Who has signed in, as far as the client is told. */
export interface Person { readonly sub: string; readonly email: string; readonly emailVerified: boolean; readonly name?: string }

/** What a code stands for. */
export interface Grant {
  readonly redirectUri: string;
  readonly nonce?: string;
  readonly challenge?: string;
  readonly scopes: readonly string[];
  readonly person: Person;
  readonly signedInAt: number;
}

export interface Arrival {
  readonly state: string;
  /** What is the same in every copy of the token that was shown: each may be shown once. */
  readonly token: string;
  readonly tokenExpiresAt: number;
  readonly code: string;
  readonly grant: Grant;
  readonly codeExpiresAt: number;
}

/** The bridge's records. All ids are secrets of somebody, so only their hashes are stored; every expiry is compared here. */
export interface SignIns {
  start(state: string, signIn: StartedSignIn, expiresAt: number): Promise<void>;
  /** undefined for a state that was never given out, has been used, or has expired. */
  started(state: string, now: number): Promise<StartedSignIn | undefined>;
  /** One atomic write: the state and the token are used up and the code exists, or nothing has happened. */
  arrive(arrival: Arrival): Promise<'arrived' | 'state_used' | 'token_used'>;
  /**
   * Uses a code up for an access token. undefined when it does not exist, has expired, was issued for another redirect
   * address, does not fit the verifier or was used before; in the last case the access token of the first use ends too
   * (RFC 6749, 4.1.2).
   */
  exchange(code: string, redirectUri: string, access: { readonly token: string; readonly expiresAt: number }, now: number, verifier?: string): Promise<Grant | undefined>;
  /** Whom an access token is about and what it may show. */
  granted(accessToken: string, now: number): Promise<Grant | undefined>;
}

/** Of the closed list of lookups that name no tenant: somebody who signs in has none yet. The bridge's role reaches these partitions only. */
export const SIGN_INS = 'BR';
type Kind = 'state' | 'token' | 'code' | 'access';
export const signInKey = (kind: Kind, id: string): Key => ({ table: 'tenants', pk: partition(SIGN_INS, kind, sha256(id)), sk: kind });

const sha256 = (text: string): string => hash('sha256', text, 'hex');
const isOver = (item: Item, now: number): boolean => typeof item['expiresAt'] !== 'number' || item['expiresAt'] <= now;

/** A verifier without a challenge fits as little as the reverse: somebody has taken the challenge out on its way (RFC 9700, 4.8). */
function fits(challenge: string | undefined, verifier: string | undefined): boolean {
  if (challenge === undefined || verifier === undefined) return challenge === verifier;
  return /^[A-Za-z0-9._~-]{43,128}$/.test(verifier) && hash('sha256', verifier, 'base64url') === challenge;
}

export function openSignIns(store: Store): SignIns {
  return {
    async start(state, signIn, expiresAt) {
      await store.write([{ put: signInKey('state', state), item: { ...toItem(signIn), expiresAt }, guards: [{ absent: true }] }]);
    },
    async started(state, now) {
      const item = await store.get(signInKey('state', state));
      return item === undefined || isOver(item, now) ? undefined : withoutExpiry<StartedSignIn>(item);
    },
    async arrive({ state, token, tokenExpiresAt, code, grant, codeExpiresAt }) {
      const result = await store.write([
        { delete: signInKey('state', state), guards: [{ present: true }] },
        { put: signInKey('token', token), item: { expiresAt: tokenExpiresAt }, guards: [{ absent: true }] },
        { put: signInKey('code', code), item: { ...toItem(grant), expiresAt: codeExpiresAt }, guards: [{ absent: true }] },
      ]);
      if (result.ok) return 'arrived';
      return result.index === 0 ? 'state_used' : 'token_used';
    },
    async exchange(code, redirectUri, access, now, verifier) {
      const key = signInKey('code', code);
      const item = await store.get(key);
      if (item === undefined) return undefined;
      if (typeof item['usedFor'] === 'string') return endAccess(store, item['usedFor']);
      const grant = withoutExpiry<Grant>(item);
      if (isOver(item, now) || grant.redirectUri !== redirectUri || !fits(grant.challenge, verifier)) return undefined;
      const result = await store.write(exchangeOps(key, item, grant, access));
      if (result.ok) return grant;
      // Somebody was faster with the same code: one of the two has stolen it.
      const usedFor = (await store.get(key))?.['usedFor'];
      return typeof usedFor === 'string' ? endAccess(store, usedFor) : undefined;
    },
    async granted(accessToken, now) {
      const item = await store.get(signInKey('access', accessToken));
      return item === undefined || isOver(item, now) ? undefined : withoutExpiry<Grant>(item);
    },
  };
}

/** The used code stays until its time is over, without the person, so that a second use is recognised. */
function exchangeOps(key: Key, item: Item, grant: Grant, access: { readonly token: string; readonly expiresAt: number }): readonly Op[] {
  const usedFor = signInKey('access', access.token).pk;
  return [
    { put: key, item: { usedFor, expiresAt: item['expiresAt'] }, guards: [{ present: true }, { attr: 'usedFor', absent: true }] },
    { put: signInKey('access', access.token), item: { ...toItem(grant), expiresAt: access.expiresAt }, guards: [{ absent: true }] },
  ];
}

async function endAccess(store: Store, pk: string): Promise<undefined> {
  await store.write([{ delete: { table: 'tenants', pk, sk: 'access' } }]);
  return undefined;
}

function withoutExpiry<T>({ expiresAt: _expiresAt, ...rest }: Item): T {
  return fromItem<T>(rest);
}
