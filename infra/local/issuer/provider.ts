import { randomBytes } from 'node:crypto';
import type { Configuration, KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Store } from '../../../functions/adapters/store/port.ts';
import { ADMIN_SCOPE } from '../../../functions/adapters/identity/scope.ts';
import { OPERATOR } from '../default-tenant.ts';
import { IssuerAdapter } from './adapter.ts';
import { escaped, PAGE_HEADERS, signInPage } from './page.ts';
import type { SigningKey } from './signing-key.ts';

export const CLIENT_ID = 'dashboard';
export const MOUNT = '/oidc';
/** Name of what the tokens are for, where OAuth asks for one (RFC 8707). */
const RESOURCE = 'urn:bsgateway:admin';
const MINUTE = 60;
const DAY = 86_400;

export interface IssuerSettings {
  /** `http://127.0.0.1:8787/oidc`. */
  readonly issuer: string;
  /** Where the dashboard may be, without a slash at the end. */
  readonly origins: readonly string[];
  readonly key: SigningKey;
  readonly store: Store;
}

/**
 * A certified OpenID Connect provider (`oidc-provider`) with one public client: code with PKCE (S256), access tokens in the
 * form of Amazon Cognito's for 15 minutes, refresh tokens that rotate at each use and end their family when used twice.
 * Loaded when first needed: it is larger than the gateway.
 */
export async function openProvider(settings: IssuerSettings): Promise<Provider> {
  const { default: OidcProvider } = await import('oidc-provider');
  const provider = new OidcProvider(settings.issuer, configuration(settings));
  // Behind a proxy that ends TLS the scheme is what the proxy says.
  provider.proxy = settings.issuer.startsWith('https:');
  return provider;
}

function configuration({ issuer, origins, key, store }: IssuerSettings): Configuration {
  return {
    adapter: (name: string) => new IssuerAdapter(name, store) as never,
    clients: [{
      client_id: CLIENT_ID, token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'],
      redirect_uris: origins.flatMap((origin) => [`${origin}/`, `${origin}/callback`]), post_logout_redirect_uris: origins.map((origin) => `${origin}/`),
    }],
    jwks: { keys: [key.privateJwk as never] },
    cookies: { keys: [randomBytes(32).toString('hex')], long: { httpOnly: true, sameSite: 'lax', path: MOUNT, signed: true }, short: { httpOnly: true, sameSite: 'lax', path: MOUNT, signed: true } },
    claims: { openid: ['sub', 'name'] },
    scopes: ['openid', 'offline_access'],
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true, allowedPolicy: async (_ctx, client, token) => token.clientId === client.clientId },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: async (ctx, form) => show(ctx, { title: 'Sign out of the dashboard?', lines: [], form: `${form}<button type="submit" form="op.logoutForm" name="logout" value="yes">Sign out</button><button type="submit" form="op.logoutForm">Stay signed in</button>` }),
        postLogoutSuccessSource: async (ctx) => show(ctx, { title: 'You are signed out', lines: [BACK] }),
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: async () => RESOURCE,
        useGrantedResource: async () => true,
        getResourceServerInfo: async () => ({ scope: ADMIN_SCOPE, audience: RESOURCE, accessTokenTTL: 15 * MINUTE, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } }),
      },
    },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: async () => true,
    expiresWithSession: async () => false,
    clientBasedCORS: (_ctx, origin) => origins.includes(origin),
    extraTokenClaims: async () => ({ token_use: 'access', username: OPERATOR.name }),
    findAccount: async (_ctx, accountId) => ({ accountId, claims: async () => ({ sub: accountId, name: OPERATOR.name }) }),
    interactions: { url: (_ctx, { uid }) => `${new URL(issuer).pathname}/interaction/${uid}` },
    loadExistingGrant: grantAll,
    renderError: async (ctx, { error, error_description: description }) => show(ctx, { title: 'That did not work', lines: [escaped(description ?? error), BACK] }),
    ttl: { AuthorizationCode: MINUTE, AccessToken: 15 * MINUTE, Interaction: 15 * MINUTE, Session: 12 * 60 * MINUTE, Grant: 14 * DAY, RefreshToken: 14 * DAY, IdToken: 15 * MINUTE },
  };
}

const BACK = '<a href="/">Back to the dashboard</a>';

/** In the place of the library's own pages, which load a font from another host. */
function show(ctx: KoaContextWithOIDC, page: Parameters<typeof signInPage>[0]): void {
  ctx.set(PAGE_HEADERS);
  ctx.body = signInPage(page);
}

/** Our own dashboard asks nobody for consent. */
async function grantAll(ctx: KoaContextWithOIDC): Promise<InstanceType<Provider['Grant']> | undefined> {
  const { client, session, provider } = ctx.oidc;
  if (client === undefined || session?.accountId === undefined) return undefined;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope('openid offline_access');
  grant.addResourceScope(RESOURCE, ADMIN_SCOPE);
  await grant.save();
  return grant;
}
