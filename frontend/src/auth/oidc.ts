import { config } from '../app/config.ts';
import { claimsOf } from './id-token.ts';
import type { Tokens } from './tokens.ts';

/** OpenID Connect Core 1.0 with PKCE (RFC 7636, S256): what a public client in a browser needs of it, and no more. */
interface Endpoints { readonly authorization_endpoint: string; readonly token_endpoint: string; readonly revocation_endpoint?: string; readonly end_session_endpoint?: string }

/** What is remembered between leaving for the issuer and coming back. */
interface Transaction {
  readonly state: string;
  readonly verifier: string;
  readonly returnTo: string;
  readonly startedAt: number;
  /** Whether the issuer was told to show nothing. */
  readonly isSilent: boolean;
  /** Whether another tab waits for the result. */
  readonly forOtherTab: boolean;
}

export type SignInFailure = 'cancelled' | 'sign_in_needed' | 'stale' | 'misconfigured' | 'unreachable' | 'clock';

export class SignInError extends Error {
  readonly failure: SignInFailure;
  readonly detail: string;
  constructor(failure: SignInFailure, detail = '') {
    super(`sign-in: ${failure}`);
    this.name = 'SignInError';
    this.failure = failure;
    this.detail = detail;
  }
}

const STORED = 'bsg.signin';
/** A code is good for a minute; somebody who looks for a password takes longer before it is made. */
const TRANSACTION_MS = 30 * 60_000;
const SKEW_MS = 5 * 60_000;
const EARLY_MS = 30_000;
let endpoints: Promise<Endpoints> | undefined;

async function discover(): Promise<Endpoints> {
  const { issuer } = config();
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`).catch(() => undefined);
  if (response?.ok !== true) throw new SignInError('unreachable', issuer);
  return (await response.json()) as Endpoints;
}

async function found(): Promise<Endpoints> {
  endpoints ??= discover();
  try {
    return await endpoints;
  } catch (error) {
    endpoints = undefined;
    throw error;
  }
}

const base64url = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
const random = (): string => base64url(crypto.getRandomValues(new Uint8Array(32)));
const redirectUri = (): string => `${location.origin}/callback`;

export interface SignIn {
  /** Path, search and hash to come back to. */
  readonly returnTo: string;
  readonly isSilent?: boolean;
  readonly forOtherTab?: boolean;
  readonly asSomebodyElse?: boolean;
  /** A provider of a user pool, whose page is opened instead of the pool's own (Cognito's `identity_provider`). */
  readonly provider?: string | undefined;
}

/** Leaves for the issuer. */
export async function beginSignIn({ returnTo, isSilent = false, forOtherTab = false, asSomebodyElse = false, provider }: SignIn): Promise<void> {
  const { authorization_endpoint } = await found();
  // `crypto.subtle` exists on https and loopback only; without it the verifier is its own challenge (RFC 7636, plain), which our issuers refuse.
  if (crypto.subtle === undefined) throw new SignInError('misconfigured', 'https');
  const verifier = random();
  const challenge = base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))));
  const transaction: Transaction = { state: random(), verifier, returnTo, startedAt: Date.now(), isSilent, forOtherTab };
  sessionStorage.setItem(STORED, JSON.stringify(transaction));
  const { clientId, scope } = config();
  const url = new URL(authorization_endpoint);
  const parameters = { response_type: 'code', client_id: clientId, redirect_uri: redirectUri(), scope, state: transaction.state, code_challenge: challenge, code_challenge_method: 'S256', ...(isSilent && { prompt: 'none' }), ...(asSomebodyElse && { prompt: 'login' }), ...(provider !== undefined && { identity_provider: provider }) };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  location.replace(url);
}

export interface SignedIn { readonly tokens: Tokens; readonly returnTo: string; readonly forOtherTab: boolean }

/** Ends a sign-in at `/callback`. Throws `SignInError`; each answer of the issuer is used once. */
export async function endSignIn(search: string): Promise<SignedIn> {
  const answer = new URLSearchParams(search);
  const transaction = JSON.parse(sessionStorage.getItem(STORED) ?? 'null') as Transaction | null;
  sessionStorage.removeItem(STORED);
  const error = answer.get('error');
  if (error !== null) throw new SignInError(failureOf(error, transaction?.isSilent === true), answer.get('error_description') ?? error);
  const code = answer.get('code');
  if (transaction === null || code === null || answer.get('state') !== transaction.state || Date.now() - transaction.startedAt > TRANSACTION_MS) throw new SignInError('stale');
  const tokens = await exchange({ grant_type: 'authorization_code', code, redirect_uri: redirectUri(), code_verifier: transaction.verifier });
  return { tokens, returnTo: transaction.returnTo, forOtherTab: transaction.forOtherTab };
}

function failureOf(error: string, isSilent: boolean): SignInFailure {
  if (isSilent || error === 'login_required' || error === 'interaction_required' || error === 'consent_required') return 'sign_in_needed';
  if (error === 'access_denied') return 'cancelled';
  return 'misconfigured';
}

/** New tokens for a refresh token. Throws `SignInError` where it is not good any more, another error where nobody answered. */
export async function renew({ refresh, id }: Tokens): Promise<Tokens> {
  if (refresh === null) throw new SignInError('sign_in_needed');
  const renewed = await exchange({ grant_type: 'refresh_token', refresh_token: refresh });
  return { ...renewed, refresh: renewed.refresh ?? refresh, id: renewed.id ?? id };
}

interface TokenAnswer { readonly access_token?: string; readonly refresh_token?: string; readonly id_token?: string; readonly expires_in?: number; readonly error?: string; readonly error_description?: string }

async function exchange(parameters: Readonly<Record<string, string>>): Promise<Tokens> {
  const { token_endpoint } = await found();
  const response = await fetch(token_endpoint, { method: 'POST', body: new URLSearchParams({ client_id: config().clientId, ...parameters }) }).catch(() => undefined);
  if (response === undefined || response.status >= 500) throw new SignInError('unreachable', token_endpoint);
  const answer = (await response.json().catch(() => ({}))) as TokenAnswer;
  if (!response.ok || answer.access_token === undefined) throw new SignInError(parameters['grant_type'] === 'refresh_token' || answer.error === 'invalid_grant' ? 'sign_in_needed' : 'misconfigured', answer.error_description ?? answer.error ?? '');
  checkClock(answer.id_token);
  return { access: answer.access_token, refresh: answer.refresh_token ?? null, id: answer.id_token ?? null, expiresAt: Date.now() + (answer.expires_in ?? 900) * 1000 - EARLY_MS };
}

/** A clock that is far off makes every token look old to somebody; better said at once. */
function checkClock(idToken: string | undefined): void {
  const { iat } = claimsOf(idToken ?? '') ?? {};
  if (typeof iat === 'number' && Math.abs(Date.now() - iat * 1000) > SKEW_MS) throw new SignInError('clock');
}

/** Ends the session at the issuer too, and leaves for it where it wants to be asked. */
export async function endSession({ refresh, id }: Tokens): Promise<void> {
  const { revocation_endpoint, end_session_endpoint } = await found();
  const { clientId, edition, issuer } = config();
  if (revocation_endpoint !== undefined && refresh !== null) await fetch(revocation_endpoint, { method: 'POST', body: new URLSearchParams({ client_id: clientId, token: refresh, token_type_hint: 'refresh_token' }) }).catch(() => undefined);
  // This machine's own issuer is told without a question in between.
  if (edition === 'local') await fetch(`${issuer}/signout`, { method: 'POST' }).catch(() => undefined);
  if (edition === 'local' || end_session_endpoint === undefined) return location.replace('/login?signed_out=1');
  const url = new URL(end_session_endpoint);
  const home = `${location.origin}/`;
  for (const [name, value] of Object.entries({ client_id: clientId, post_logout_redirect_uri: home, logout_uri: home, ...(id !== null && { id_token_hint: id }) })) url.searchParams.set(name, value);
  location.replace(url);
}
