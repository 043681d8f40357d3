import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Provider } from 'oidc-provider';
import { tokenVerifier, type TokenSubject } from '../../functions/adapters/identity/verify-token.ts';
import { ADMIN_SCOPE } from '../../functions/adapters/identity/scope.ts';
import type { Store } from '../../functions/adapters/store/port.ts';
import type { AdminToken } from './admin-token.ts';
import { OPERATOR } from './default-tenant.ts';
import { IssuerAdapter } from './issuer/adapter.ts';
import { openSignIn } from './issuer/links.ts';
import { escaped, PAGE_HEADERS, signInPage } from './issuer/page.ts';
import type { PasswordGate } from './issuer/password.ts';
import { CLIENT_ID, MOUNT, openProvider } from './issuer/provider.ts';
import { openSigningKey } from './issuer/signing-key.ts';

export interface LocalIssuerOptions {
  readonly store: Store;
  readonly signingKeyFile: string;
  readonly adminToken: AdminToken;
  /** Origins that the dashboard may have; the first one is the issuer's own. Known once the server listens. */
  readonly origins: () => readonly [string, ...string[]];
  /** Set where the server can be reached from other machines. */
  readonly password?: PasswordGate;
  /** Who sends a request. */
  readonly clientAddress: (message: IncomingMessage) => string | undefined;
  readonly now?: () => number;
}

export interface LocalIssuer {
  readonly prefix: string;
  issuer(): string;
  /** A link that signs its first user in as this machine's operator, for 15 minutes. */
  link(): string;
  handle(message: IncomingMessage, response: ServerResponse): void;
  /** Whose access token this is; undefined when it is none of ours, or not valid any more. */
  verify(token: string): Promise<TokenSubject | undefined>;
}

const COOKIE = 'bsg_operator';
/** The provider's own, by its default name. */
const PROVIDER_COOKIE = '_session';
const SESSION_SECONDS = 12 * 3_600;
const HOW = 'On the machine that runs the gateway, <code>npm run -s signin</code> prints a link that signs you in; so does every start.';

/** Sign-in on one machine: plain OpenID Connect for the dashboard, and a one-time link instead of a password. */
export function openLocalIssuer(options: LocalIssuerOptions): LocalIssuer {
  const now = options.now ?? Date.now;
  const key = openSigningKey(options.signingKeyFile);
  const { links, sessions } = openSignIn(now);
  const issuer = (): string => `${options.origins()[0]}${MOUNT}`;
  const link = (): string => `${issuer()}/link/${links.make()}`;
  let provider: Promise<Provider> | undefined;
  const opened = (): Promise<Provider> => (provider ??= openProvider({ issuer: issuer(), origins: options.origins(), key, store: options.store }));
  let verifier: ReturnType<typeof tokenVerifier> | undefined;

  async function answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { origin } = message.headers;
    if (origin !== undefined && !options.origins().includes(origin)) return page(response, 403, 'Refused', ['Pages of other sites may not use this.']);
    const path = (message.url ?? '').slice(MOUNT.length).replace(/\?.*$/s, '');
    const [, what, argument = ''] = path.split('/');
    if (what === 'link' && message.method === 'GET') return enter(response, argument);
    if (what === 'links' && message.method === 'POST') return moreLinks(message, response);
    if (what === 'signout' && message.method === 'POST') return signOut(message, response);
    if (what === 'interaction') return signIn(message, response);
    // The provider routes by the path below its own mount point, and tells it from this pair as it would under any framework.
    Object.assign(message, { originalUrl: message.url, url: message.url?.slice(MOUNT.length) });
    (await opened()).callback()(message, response);
  }

  function enter(response: ServerResponse, secret: string): void {
    if (!links.take(secret)) return page(response, 410, 'This link is over', ['It was used, or is older than 15 minutes.', HOW]);
    // The dashboard begins the sign-in itself: only it can make the secret that the code is bound to.
    response.writeHead(303, { location: '/login?start=1', 'set-cookie': sessionCookie(), 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }).end();
  }

  /** The browser is nobody any more: both of its sessions end, here and not only in its cookies. */
  async function signOut(message: IncomingMessage, response: ServerResponse): Promise<void> {
    sessions.take(cookieOf(message, COOKIE) ?? '');
    const session = cookieOf(message, PROVIDER_COOKIE);
    if (session !== undefined) await new IssuerAdapter('Session', options.store).destroy(session);
    const gone = [COOKIE, ...[PROVIDER_COOKIE, '_interaction', '_interaction_resume'].flatMap((name) => [name, `${name}.sig`])].map((name) => `${name}=; Path=${MOUNT}; HttpOnly; SameSite=Lax; Max-Age=0`);
    response.writeHead(204, { 'set-cookie': gone, 'cache-control': 'no-store' }).end();
  }

  function moreLinks(message: IncomingMessage, response: ServerResponse): void {
    const isOperator = options.adminToken.matches(/^Bearer (\S+)$/i.exec(message.headers.authorization ?? '')?.[1] ?? '');
    response.writeHead(isOperator ? 201 : 401, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify(isOperator ? { url: link() } : { error: 'The admin token is needed.' }));
  }

  async function signIn(message: IncomingMessage, response: ServerResponse): Promise<void> {
    if (message.method === 'POST' && options.password !== undefined) {
      const verdict = await options.password.check(message, options.clientAddress(message) ?? '');
      if (verdict === 'wait') response.setHeader('retry-after', '60');
      if (verdict !== 'right') return page(response, verdict === 'wait' ? 429 : 403, 'Sign in', [verdict === 'wait' ? 'Too many attempts; wait a minute.' : 'That is not the password.'], passwordForm(message));
      response.setHeader('set-cookie', sessionCookie());
    } else if (!sessions.has(cookieOf(message, COOKIE) ?? '')) {
      return page(response, 401, 'Sign in', [HOW], options.password && passwordForm(message));
    }
    try {
      await (await opened()).interactionFinished(message, response, { login: { accountId: OPERATOR.sub } });
    } catch {
      page(response, 400, 'Please start again', ['This sign-in took too long, or began in another browser.', '<a href="/">Back to the dashboard</a>']);
    }
  }

  const sessionCookie = (): string => `${COOKIE}=${sessions.make()}; Path=${MOUNT}; HttpOnly; SameSite=Lax; Max-Age=${SESSION_SECONDS}${issuer().startsWith('https:') ? '; Secure' : ''}`;

  return {
    prefix: `${MOUNT}/`,
    issuer,
    link,
    handle(message, response) {
      answer(message, response).catch(() => {
        if (response.headersSent) response.destroy();
        else page(response, 500, 'That did not work', ['The sign-in failed; try again.']);
      });
    },
    verify(token) {
      verifier ??= tokenVerifier({
        issuer: issuer(), clientIds: [CLIENT_ID], scope: ADMIN_SCOPE, jwksUri: `${issuer()}/jwks`, jwks: { keys: [key.publicJwk as never] },
        fetchText: () => Promise.reject(new Error('the key set is at hand')), now,
      });
      return verifier(token);
    },
  };
}

function page(response: ServerResponse, status: number, title: string, lines: readonly string[], form?: string): void {
  const html = signInPage({ title, lines, ...(form !== undefined && { form }) });
  response.writeHead(status, PAGE_HEADERS).end(html);
}

const passwordForm = ({ url }: IncomingMessage): string =>
  `<form method="post" action="${escaped(url ?? '')}"><label for="p">Password of this gateway</label><input id="p" name="password" type="password" autocomplete="current-password" required autofocus><button>Sign in</button></form>`;

function cookieOf({ headers }: IncomingMessage, name: string): string | undefined {
  return headers.cookie?.split(';').map((pair) => pair.trim()).find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}
