import * as client from 'openid-client';
import { CLIENT_ID, CLIENT_SECRET, ISSUER, RETURN_TO, type Browser, type BridgeWorld } from './bridge-world.ts';

/** An authorization under way, as a client remembers it. */
export interface Asked { readonly url: string; readonly state: string; readonly nonce: string; readonly redirectUri: string }
export interface SignedIn { readonly claims: client.IDToken; readonly accessToken: string; readonly idToken: string }

/**
 * An independent OpenID Connect client (openid-client) that does what a user pool does with a provider of type OIDC: code
 * grant, `client_secret_post`, PKCE where a verifier is given, then userinfo. It also checks the ID token's signature against the key set.
 */
export class OidcClient {
  readonly #bridge: BridgeWorld;
  #config: client.Configuration | undefined;

  constructor(bridge: BridgeWorld) {
    this.#bridge = bridge;
  }

  /** With another secret, or another way to show it. */
  async configuration(authentication: client.ClientAuth = client.ClientSecretPost(CLIENT_SECRET)): Promise<client.Configuration> {
    const send: client.CustomFetch = (url, { method, headers, body }) => this.#bridge.send(url, { method, headers, ...(body !== undefined && body !== null && { body: String(body) }) });
    const config = await client.discovery(new URL(ISSUER), CLIENT_ID, undefined, authentication, { [client.customFetch]: send });
    client.enableNonRepudiationChecks(config);
    return config;
  }

  async #ready(): Promise<client.Configuration> {
    this.#config ??= await this.configuration();
    return this.#config;
  }

  async ask(change: Readonly<Record<string, string>> = {}): Promise<Asked> {
    const [state, nonce] = [client.randomState(), client.randomNonce()];
    const parameters = { redirect_uri: RETURN_TO, scope: 'openid email profile', state, nonce, ...change };
    return { url: client.buildAuthorizationUrl(await this.#ready(), parameters).href, state, nonce, redirectUri: parameters.redirect_uri };
  }

  /** Exchanges what came back; with another configuration where one is given. */
  async exchange({ state, nonce }: Asked, returned: string, config?: client.Configuration, verifier?: string): Promise<SignedIn> {
    const answer = await client.authorizationCodeGrant(config ?? (await this.#ready()), new URL(returned), { expectedState: state, expectedNonce: nonce, idTokenExpected: true, ...(verifier !== undefined && { pkceCodeVerifier: verifier }) });
    const claims = answer.claims();
    if (claims === undefined || answer.id_token === undefined) throw new Error('the answer has no ID token');
    return { claims, accessToken: answer.access_token, idToken: answer.id_token };
  }

  async userinfo(accessToken: string, subject: string): Promise<client.UserInfoResponse> {
    return client.fetchUserInfo(await this.#ready(), accessToken, subject);
  }
}

/** Opens an authorization and signs in at BSVibe; gives the address of the callback page with its fragment. */
export async function throughBsvibe(bridge: BridgeWorld, browser: Browser, asked: Asked): Promise<string> {
  const login = await browser.open(asked.url);
  const back = bridge.bsvibe.signIn(login.headers.get('location') ?? '');
  if ('refused' in back) throw new Error(back.refused);
  return back.location;
}
