import { createHash, generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Properties } from '../../infra/synthesized.ts';

/** What a template says of a user pool's one public client and its one foreign provider, resolved. */
export interface PoolTemplate {
  readonly issuer: string;
  /** Scheme and host of the sign-in pages. */
  readonly signInOrigin: string;
  readonly clientId: string;
  readonly client: Properties;
  readonly provider: { readonly ProviderName: string; readonly AttributeMapping: Readonly<Record<string, string>>; readonly ProviderDetails: Readonly<Record<string, string>> };
  /** What the reference to the provider's client secret stands for. */
  readonly providerSecret: string;
}

/** Server to server: what the pool sends to a provider does not pass through a browser. */
export type Send = (url: string, sent: { method?: string; headers?: Record<string, string>; body?: string }) => Promise<Response>;

interface Person { readonly sub: string; readonly username: string; readonly email: string; readonly emailVerified: boolean }
interface Ask { readonly redirectUri: string; readonly state: string; readonly scope: string; readonly challenge: string }
interface Grant extends Ask { readonly person: Person; readonly endsAt: number }

/** A user pool with managed login on Cognito's paths (docs.aws.amazon.com/cognito, "User pool endpoints and managed login reference"). */
export interface UserPool {
  /** Native users: password by address. */
  readonly users: Map<string, string>;
  /** Every request: `GET host/path`, without what stands in queries. */
  readonly asked: string[];
  /** What browsers were refused, in words. */
  readonly refused: string[];
  attend(message: IncomingMessage, response: ServerResponse, url: URL): Promise<void>;
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const random = (): string => randomBytes(24).toString('base64url');
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
const cookieOf = (message: IncomingMessage): string => /(?:^|; )cognito=([\w-]+)/.exec(message.headers.cookie ?? '')?.[1] ?? '';
const CODE_MS = 5 * 60_000;
const SESSION = 'cognito={value}; Path=/; Secure; HttpOnly; SameSite=Lax';

class Refusal extends Error {}

export function userPool(template: PoolTemplate, send: Send): UserPool {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const [codes, sessions, refreshing, leaving] = [new Map<string, Grant>(), new Map<string, Person>(), new Map<string, Grant>(), new Map<string, Ask>()];
  const people = new Map<string, Person>();
  const listOf = (name: string): readonly string[] => template.client[name] as readonly string[];

  const person = (username: string, email: string, emailVerified: boolean): Person => {
    const known = people.get(username) ?? { sub: randomUUID(), username, email, emailVerified };
    people.set(username, known);
    return known;
  };

  /** Wrong here is a page of the pool's own: an address that is not registered gets nothing. */
  function askOf(query: URLSearchParams): Ask {
    const [redirectUri, scope, challenge, state] = ['redirect_uri', 'scope', 'code_challenge', 'state'].map((name) => query.get(name) ?? '') as [string, string, string, string];
    if (query.get('client_id') !== template.clientId) throw new Refusal('the client is unknown');
    if (!listOf('CallbackURLs').includes(redirectUri)) throw new Refusal(`redirect_mismatch ${redirectUri}`);
    if (query.get('response_type') !== 'code' || !listOf('AllowedOAuthFlows').includes('code')) throw new Refusal('the response type is not allowed');
    if (scope.split(' ').some((each) => !listOf('AllowedOAuthScopes').includes(each))) throw new Refusal(`invalid_scope ${scope}`);
    if (query.get('code_challenge_method') !== 'S256' || challenge.length !== 43) throw new Refusal('there is no challenge');
    return { redirectUri, scope, challenge, state };
  }

  const back = (response: ServerResponse, { redirectUri, state }: Ask, parameters: Record<string, string>, headers: Record<string, string> = {}): void => {
    response.writeHead(302, { location: `${redirectUri}?${new URLSearchParams({ ...parameters, state })}`, ...headers }).end();
  };
  function arrive(response: ServerResponse, ask: Ask, who: Person): void {
    const [code, session] = [random(), random()];
    codes.set(code, { ...ask, person: who, endsAt: Date.now() + CODE_MS });
    sessions.set(session, who);
    back(response, ask, { code }, { 'set-cookie': SESSION.replace('{value}', session) });
  }

  function authorize(message: IncomingMessage, response: ServerResponse, query: URLSearchParams): void {
    const ask = askOf(query);
    const [prompt, provider] = [query.get('prompt'), query.get('identity_provider')];
    const known = sessions.get(cookieOf(message));
    if (known !== undefined && prompt !== 'login') return arrive(response, ask, known);
    if (prompt === 'none') return back(response, ask, { error: 'login_required' });
    if (provider === null) return void response.writeHead(302, { location: `/login?${query}` }).end();
    if (!listOf('SupportedIdentityProviders').includes(provider) || provider !== template.provider.ProviderName) throw new Refusal(`there is no provider ${provider}`);
    const { ProviderDetails: details } = template.provider;
    const state = random();
    leaving.set(state, ask);
    const parameters = new URLSearchParams({ client_id: details['client_id'] ?? '', redirect_uri: `${template.signInOrigin}/oauth2/idpresponse`, scope: details['authorize_scopes'] ?? '', response_type: 'code', state });
    return void response.writeHead(302, { location: `${details['authorize_url']}?${parameters}` }).end();
  }

  /** The managed login page: the providers, and the pool's own form. */
  function loginPage(response: ServerResponse, query: URLSearchParams, problem = ''): void {
    askOf(query);
    const name = template.provider.ProviderName;
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(`<!doctype html><html lang="en"><title>Sign in</title><h1>Sign in to the pool</h1><p>${problem}</p>`
      + `<a href="/oauth2/authorize?${escaped(query.toString())}&amp;identity_provider=${name}">Continue with ${name}</a>`
      + `<form method="post" action="/login?${escaped(query.toString())}"><input name="username" aria-label="Email"><input name="password" type="password" aria-label="Password"><button>Continue</button></form>`);
  }

  /** The provider sends people back here; the pool exchanges the code as it does with providers of type OIDC. */
  async function providerAnswered(response: ServerResponse, query: URLSearchParams): Promise<void> {
    const { ProviderDetails: details, AttributeMapping: mapping, ProviderName: name } = template.provider;
    const ask = leaving.get(query.get('state') ?? '');
    leaving.delete(query.get('state') ?? '');
    if (ask === undefined) throw new Refusal('the state is unknown');
    const form = new URLSearchParams({ grant_type: 'authorization_code', code: query.get('code') ?? '', redirect_uri: `${template.signInOrigin}/oauth2/idpresponse`, client_id: details['client_id'] ?? '', client_secret: template.providerSecret });
    const answer = await send(details['token_url'] ?? '', { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: form.toString() });
    const { access_token: token = '', id_token: idToken } = (await answer.json()) as { access_token?: string; id_token?: string };
    if (!answer.ok || idToken === undefined) return back(response, ask, { error: 'invalid_request', error_description: `${name} Error - ${answer.status} error getting token` });
    const claims = (await (await send(details['attributes_url'] ?? '', { headers: { authorization: `Bearer ${token}` } })).json()) as Record<string, unknown>;
    const email = String(claims[mapping['email'] ?? '']);
    arrive(response, ask, person(`${name}_${String(claims['sub'])}`, email, claims[mapping['email_verified'] ?? ''] === true));
  }

  function tokens({ person: who, scope }: Grant, refresh: string | undefined): object {
    const iat = Math.floor(Date.now() / 1000);
    const common = { sub: who.sub, iss: template.issuer, iat, auth_time: iat, exp: iat + 900, jti: randomUUID(), origin_jti: randomUUID(), event_id: randomUUID() };
    const signed = (claims: object): string => {
      const input = `${part({ alg: 'RS256', kid: 'of-the-pool' })}.${part(claims)}`;
      return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
    };
    return {
      access_token: signed({ ...common, client_id: template.clientId, token_use: 'access', scope, version: 2, username: who.username }),
      id_token: signed({ ...common, aud: template.clientId, token_use: 'id', 'cognito:username': who.username, email: who.email, email_verified: who.emailVerified }),
      token_type: 'Bearer', expires_in: 900, ...(refresh !== undefined && { refresh_token: refresh }),
    };
  }

  function token(response: ServerResponse, form: URLSearchParams): void {
    const json = (status: number, body: object): void => void response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...OPEN }).end(JSON.stringify(body));
    if (form.get('client_id') !== template.clientId) return json(400, { error: 'invalid_client' });
    if (form.get('grant_type') === 'refresh_token') {
      const grant = refreshing.get(form.get('refresh_token') ?? '');
      // Refresh tokens do not rotate here.
      return grant === undefined ? json(400, { error: 'invalid_grant' }) : json(200, tokens(grant, undefined));
    }
    const code = form.get('code') ?? '';
    const grant = codes.get(code);
    codes.delete(code);
    const challenge = createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url');
    if (grant === undefined || grant.endsAt < Date.now() || grant.redirectUri !== form.get('redirect_uri') || grant.challenge !== challenge) return json(400, { error: 'invalid_grant' });
    const refresh = random();
    refreshing.set(refresh, grant);
    return json(200, tokens(grant, refresh));
  }

  function userInfo(message: IncomingMessage, response: ServerResponse): void {
    const { sub = '' } = JSON.parse(Buffer.from(message.headers.authorization?.split('.')[1] ?? '', 'base64url').toString() || '{}') as { sub?: string };
    const who = [...people.values()].find((each) => each.sub === sub);
    response.writeHead(who === undefined ? 401 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(who === undefined ? { error: 'invalid_token' } : { sub, username: who.username, email: who.email, email_verified: String(who.emailVerified) }));
  }

  function logout(message: IncomingMessage, response: ServerResponse, query: URLSearchParams): void {
    const to = query.get('logout_uri') ?? '';
    if (query.get('client_id') !== template.clientId || !listOf('LogoutURLs').includes(to)) throw new Refusal(`the sign-out address ${to} is not registered`);
    sessions.delete(cookieOf(message));
    response.writeHead(302, { location: to, 'set-cookie': `${SESSION.replace('{value}', '')}; Max-Age=0` }).end();
  }

  const discovery = (): object => {
    const at = (path: string): string => `${template.signInOrigin}${path}`;
    return {
      issuer: template.issuer, authorization_endpoint: at('/oauth2/authorize'), token_endpoint: at('/oauth2/token'), userinfo_endpoint: at('/oauth2/userInfo'), revocation_endpoint: at('/oauth2/revoke'),
      end_session_endpoint: at('/logout'), jwks_uri: `${template.issuer}/.well-known/jwks.json`, id_token_signing_alg_values_supported: ['RS256'], response_types_supported: ['code', 'token'], subject_types_supported: ['public'],
    };
  };

  async function answer(message: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const json = (body: object): void => void response.writeHead(200, { 'content-type': 'application/json', ...OPEN }).end(JSON.stringify(body));
    if (url.href === `${template.issuer}/.well-known/openid-configuration`) return json(discovery());
    if (url.href === `${template.issuer}/.well-known/jwks.json`) return json({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'of-the-pool', use: 'sig', alg: 'RS256' }] });
    const { searchParams: query } = url;
    switch (url.origin === template.signInOrigin ? `${message.method} ${url.pathname}` : '') {
      case 'GET /oauth2/authorize': return authorize(message, response, query);
      case 'GET /login': return loginPage(response, query);
      case 'POST /login': {
        const form = await formOf(message);
        const email = form.get('username') ?? '';
        const isRight = users.get(email) === form.get('password');
        return isRight ? arrive(response, askOf(query), person(email, email, true)) : loginPage(response, query, 'Incorrect username or password.');
      }
      case 'GET /oauth2/idpresponse': return providerAnswered(response, query);
      case 'POST /oauth2/token': return token(response, await formOf(message));
      case 'POST /oauth2/revoke': {
        refreshing.delete((await formOf(message)).get('token') ?? '');
        return void response.writeHead(200, OPEN).end();
      }
      case 'GET /oauth2/userInfo': return userInfo(message, response);
      case 'GET /logout': return logout(message, response, query);
      case 'GET /favicon.ico': return void response.writeHead(204).end();
      default: return void response.writeHead(404).end();
    }
  }

  const users = new Map<string, string>();
  const [asked, refused]: [string[], string[]] = [[], []];
  return {
    users, asked, refused,
    async attend(message, response, url) {
      asked.push(`${message.method} ${url.host}${url.pathname}`);
      try {
        await answer(message, response, url);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        refused.push(error.message);
        response.writeHead(400, { 'content-type': 'text/html' }).end(`<title>Error</title><h1>An error was encountered with the requested page.</h1><p>${escaped(error.message)}</p>`);
      }
    },
  };
}

/** The endpoints that public clients in browsers use answer every origin. */
const OPEN = { 'access-control-allow-origin': '*' };

async function formOf(message: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return new URLSearchParams(Buffer.concat(chunks).toString());
}
