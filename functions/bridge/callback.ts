import type { BsvibeClaims } from '../adapters/identity/bsvibe-token.ts';
import type { Person, StartedSignIn } from '../adapters/store/sign-ins.ts';
import { json, refuse, withParameters } from './answer.ts';
import { clearCookie, isSameBrowser } from './browser-cookie.ts';
import { CODE_SECONDS, secondsOf, secretId, SKEW_SECONDS, type BridgePorts, type GatewayRequest, type GatewayResponse } from './ports.ts';

const BEGIN_AGAIN = 'Go back to the dashboard and sign in again.';

/**
 * What the callback page posts: `{access_token, state}` and not one field more, from our own origin, by the browser that
 * began. The answer names where to go on, with a code that lives 60 seconds. A state and a token are good for one code.
 */
export async function callback(request: GatewayRequest, ports: BridgePorts): Promise<GatewayResponse> {
  requireOwnPage(request, ports);
  const { token, state } = await readPosted(request);
  const now = secondsOf(ports.now());
  const started = await ports.signIns.started(state, now);
  if (started === undefined) refuse(400, 'invalid_request', 'state', `This sign-in is unknown, was completed before, or has taken too long. ${BEGIN_AGAIN}`);
  if (!isSameBrowser(request.headers['cookie'], state, started.browser)) refuse(400, 'invalid_request', 'cookie', `This sign-in was started in another browser, or this one does not keep cookies. ${BEGIN_AGAIN}`);
  const claims = await ports.verify(token);
  if (claims === undefined) refuse(403, 'access_denied', 'token', `BSVibe's answer is not valid here. ${BEGIN_AGAIN}`);
  // What was issued before this sign-in began was issued for something else.
  if (claims.issuedAt < started.startedAt - SKEW_SECONDS) refuse(403, 'access_denied', 'token_age', `BSVibe's answer is older than this sign-in. ${BEGIN_AGAIN}`);
  const code = secretId(ports);
  const outcome = await ports.signIns.arrive({
    state, token: claims.signed, tokenExpiresAt: claims.expiresAt + SKEW_SECONDS, code, codeExpiresAt: now + CODE_SECONDS,
    grant: grantOf(started, personOf(claims, ports), now),
  });
  if (outcome !== 'arrived') refuse(400, 'invalid_request', outcome, `This sign-in was completed before. ${BEGIN_AGAIN}`);
  return json(200, { continue: withParameters(started.redirectUri, { code, state: started.clientState }) }, { 'set-cookie': clearCookie(state) });
}

/** A page elsewhere can make a browser post here, but not without saying where the page is from. */
function requireOwnPage({ headers, query }: GatewayRequest, { issuer }: BridgePorts): void {
  const site = headers['sec-fetch-site'];
  const isOurs = headers['origin'] === new URL(issuer).origin && (site === undefined || site === 'same-origin');
  if (!isOurs) refuse(403, 'access_denied', 'origin', 'This was not sent by the page that signs people in.');
  if (query.size > 0) refuse(400, 'invalid_request', 'query', 'The address of this request must have no parameters.');
  if (!/^application\/json(?:;|$)/i.test(headers['content-type'] ?? '')) refuse(415, 'invalid_request', 'content_type', 'The content type must be application/json.');
}

async function readPosted(request: GatewayRequest): Promise<{ readonly token: string; readonly state: string }> {
  const body = parsed(await request.body());
  if (typeof body !== 'object' || body === null || Array.isArray(body)) refuse(400, 'invalid_request', 'body', 'The body is not what the sign-in page sends.');
  const { access_token: token, state, ...rest } = body as Record<string, unknown>;
  // A refresh token would be a lasting key to somebody's account; it is not even read.
  if (Object.keys(rest).length > 0 || typeof token !== 'string' || typeof state !== 'string') refuse(400, 'invalid_request', 'fields', 'The body is not what the sign-in page sends.');
  return { token, state };
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}

function personOf({ sub, email, emailVerified, name }: BsvibeClaims, { emailsAreVerified }: BridgePorts): Person {
  if (email === undefined) refuse(403, 'access_denied', 'email', 'Your BSVibe account has no e-mail address, which the dashboard needs.');
  return { sub, email, emailVerified: emailVerified || emailsAreVerified, ...(name !== undefined && { name }) };
}

function grantOf({ redirectUri, nonce, challenge, scopes }: StartedSignIn, person: Person, signedInAt: number) {
  return { redirectUri, scopes, person, signedInAt, ...(nonce !== undefined && { nonce }), ...(challenge !== undefined && { challenge }) };
}
