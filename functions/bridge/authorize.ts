import { redirect, refuse, withParameters } from './answer.ts';
import { browserOf, setCookie } from './browser-cookie.ts';
import { secondsOf, secretId, SCOPES, SIGN_IN_SECONDS, type BridgePorts, type GatewayRequest, type GatewayResponse } from './ports.ts';

const MAX_LENGTH = 2_048;

/**
 * The authorization endpoint (OpenID Connect Core, 3.1.2). A request that names another client or another redirect
 * address gets an answer of our own and is sent nowhere; every other fault is reported to the client. A good one goes to
 * BSVibe's sign-in page, with a state that only this browser can bring back.
 */
export async function authorize({ query }: GatewayRequest, ports: BridgePorts): Promise<GatewayResponse> {
  const only = (name: string): string | undefined => (query.getAll(name).length > 1 ? undefined : query.get(name) ?? undefined);
  const [clientId, redirectUri] = [only('client_id'), only('redirect_uri')];
  if (clientId !== ports.client.id) refuse(400, 'invalid_client', 'client', 'This sign-in was not started by a client that is known here.');
  if (redirectUri === undefined || !ports.client.redirectUris.includes(redirectUri)) refuse(400, 'invalid_request', 'redirect_uri', 'This sign-in would lead to an address that is not registered.');
  const state = only('state') ?? '';
  const fault = faultOf(query);
  if (fault !== undefined) {
    ports.log.warn('sign-in refused', { route: '/authorize', code: fault });
    return redirect(withParameters(redirectUri, { error: fault, ...(state.length <= MAX_LENGTH && state !== '' && { state }) }));
  }
  return begin(ports, { redirectUri, clientState: state, scopes: scopesOf(query), nonce: query.get('nonce') ?? undefined, challenge: query.get('code_challenge') ?? undefined });
}

/** The protocol's word for what is wrong; undefined for a request that is fine. */
function faultOf(query: URLSearchParams): string | undefined {
  const names = [...query.keys()];
  const state = query.get('state') ?? '';
  if (new Set(names).size < names.length || state === '' || state.length > MAX_LENGTH || (query.get('nonce')?.length ?? 0) > MAX_LENGTH) return 'invalid_request';
  if (query.has('request')) return 'request_not_supported';
  if (query.has('request_uri')) return 'request_uri_not_supported';
  if (!isChallengeFine(query) || (query.get('response_mode') ?? 'query') !== 'query') return 'invalid_request';
  if (query.get('response_type') !== 'code') return 'unsupported_response_type';
  const scopes = scopesOf(query);
  if (!scopes.includes('openid') || scopes.some((scope) => !(SCOPES as readonly string[]).includes(scope))) return 'invalid_scope';
  return query.get('prompt')?.split(' ').includes('none') === true ? 'login_required' : undefined;
}

/** None, or one that can be checked (RFC 7636): `plain`, which is also what no method means, would show the verifier itself. */
function isChallengeFine(query: URLSearchParams): boolean {
  const [challenge, method] = [query.get('code_challenge'), query.get('code_challenge_method')];
  return challenge === null ? method === null : method === 'S256' && /^[A-Za-z0-9_-]{43}$/.test(challenge);
}

const scopesOf = (query: URLSearchParams): string[] => (query.get('scope') ?? '').split(' ').filter((scope) => scope !== '');

interface Beginning { readonly redirectUri: string; readonly clientState: string; readonly scopes: readonly string[]; readonly nonce: string | undefined; readonly challenge: string | undefined }

async function begin(ports: BridgePorts, { nonce, challenge, ...rest }: Beginning): Promise<GatewayResponse> {
  const [state, cookie, startedAt] = [secretId(ports), secretId(ports), secondsOf(ports.now())];
  await ports.signIns.start(state, { ...rest, ...(nonce !== undefined && { nonce }), ...(challenge !== undefined && { challenge }), browser: browserOf(cookie), startedAt }, startedAt + SIGN_IN_SECONDS);
  const login = withParameters(ports.loginUrl, { redirect_uri: `${ports.issuer}/callback`, state });
  return redirect(login, { 'set-cookie': setCookie(state, cookie) });
}
