import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { bsvibeVerifier } from '../../functions/adapters/identity/bsvibe-token.ts';
import { openSignIns } from '../../functions/adapters/store/sign-ins.ts';
import { kmsIssuerKey } from '../../functions/adapters/vault/kms.ts';
import type { BridgePorts } from '../../functions/bridge/ports.ts';
import { serveBridge } from '../../functions/bridge/serve-bridge.ts';
import { Secret } from '../../functions/core/secret.ts';
import { fakeKms, SIGNING_KEY } from '../adapters/vault/fake-kms.ts';
import { fakeBsvibe, type FakeBsvibe } from '../support/fake-bsvibe.ts';
import { needs } from '../support/optional.ts';
import { selfSigned } from '../support/self-signed.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { launchBrowser } from './browser.ts';

const ISSUER = 'https://bridge.example/prod';
const RETURN_TO = 'https://pool.example/oauth2/idpresponse';
const AUTHORIZE = `${ISSUER}/authorize?${new URLSearchParams({ client_id: 'cognito', redirect_uri: RETURN_TO, response_type: 'code', scope: 'openid email', state: 'of-the-pool' })}`;

needs('chromium')('signing in with BSVibe in a browser', () => {
  let server: Server;
  let browser: Browser;
  let bsvibe: FakeBsvibe;
  let temp: TempStore;
  const reasons: string[] = [];
  /** What reached the bridge's host and its neighbours, as a server sees it. */
  const received: { readonly url: string; readonly referer: string | undefined; readonly cookie: string | undefined; readonly body: string }[] = [];

  beforeAll(async () => {
    [bsvibe, temp] = await Promise.all([fakeBsvibe(), tempStore()]);
    bsvibe.allowed.add(`${ISSUER}/callback`);
    const { kid, publicKey } = bsvibe.current();
    const set = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid }] });
    const ports: BridgePorts = {
      issuer: ISSUER, loginUrl: `${bsvibe.origin}/login`, client: { id: 'cognito', secret: async () => new Secret('a-secret-of-sixteen'), redirectUris: [RETURN_TO] },
      signIns: openSignIns(temp.store), key: kmsIssuerKey({ client: fakeKms().as('kms:Sign', 'kms:GetPublicKey'), keyId: SIGNING_KEY }), emailsAreVerified: false,
      verify: bsvibeVerifier({ issuer: bsvibe.issuer, jwksUri: bsvibe.jwksUri, fetchText: async () => new Uint8Array(Buffer.from(set)).buffer, now: () => Date.now() }),
      now: () => Date.now(), randomBytes: (size) => randomBytes(size),
      log: { info: () => {}, warn: (_event, fields) => { reasons.push(String(fields?.code)); }, error: (_event, fields) => { reasons.push(String(fields?.where)); } },
    };
    server = createServer(selfSigned('bridge.example'), (request, response) => { void attend(request, response, ports); });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    browser = await launchBrowser({ more: [`--host-resolver-rules=MAP *.example:443 127.0.0.1:${(server.address() as AddressInfo).port}`] });
  });
  afterAll(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
    await Promise.all([bsvibe?.close(), temp?.cleanup()]);
  });

  /** What API Gateway does for the bridge; every other host is a bare page. */
  async function attend(request: IncomingMessage, response: ServerResponse, ports: BridgePorts): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const url = new URL(request.url ?? '/', `https://${request.headers.host}`);
    const { referer, cookie } = request.headers;
    received.push({ url: url.href, referer, cookie, body: body.toString() });
    if (url.host !== 'bridge.example') return void response.writeHead(200, { 'content-type': 'text/html' }).end('<title>elsewhere</title>');
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]));
    const answer = await serveBridge({
      method: request.method ?? 'GET', path: url.pathname.replace(/^\/prod/, ''), query: url.searchParams, headers, body: async () => body, signal: new AbortController().signal, remainingMs: () => Infinity,
    }, ports);
    response.writeHead(answer.status, answer.headers);
    for await (const chunk of Symbol.asyncIterator in answer.body ? answer.body : [answer.body]) response.write(chunk);
    return void response.end();
  }

  async function tab(): Promise<{ readonly context: BrowserContext; readonly page: Page; readonly faults: string[] }> {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('console', (message) => { if (message.type() === 'error' || /Content Security|Trusted/.test(message.text())) faults.push(message.text()); });
    page.on('pageerror', (error) => { faults.push(error.message); });
    return { context, page, faults };
  }

  test('leads to the pool with a code; the tokens reach no address, no referrer and no history, the refresh token no request at all', async () => {
    received.length = 0;
    const { context, page, faults } = await tab();
    await page.goto(AUTHORIZE);
    await page.waitForURL(`${RETURN_TO}**`);
    const { searchParams, hash } = new URL(page.url());
    expect([searchParams.get('state'), hash]).toEqual(['of-the-pool', '']);
    expect(searchParams.get('code')).toMatch(/^[\w-]{43}$/);
    expect(faults).toEqual([]);
    expect(await context.cookies()).toEqual([]);
    const posted = received.filter(({ body }) => body !== '');
    expect(posted.map(({ url, body, cookie }) => [url, Object.keys(JSON.parse(body) as object), /^__Host-bsg-[0-9a-f]{16}=[\w-]{43}$/.test(cookie ?? '')])).toEqual([[`${ISSUER}/callback`, ['access_token', 'state'], true]]);
    const token = (JSON.parse(posted[0]?.body ?? '{}') as { access_token: string }).access_token;
    for (const { url, referer } of received) expect(`${url} ${referer}`).not.toContain(token);
    expect(JSON.stringify(received)).not.toContain(String(bsvibe.refreshTokens.at(-1)));
    await page.goBack().catch(() => null);
    expect(page.url()).not.toContain('access_token');
    await context.close();
  });

  test('a page that got no token says what the operator must do', async () => {
    const { context, page, faults } = await tab();
    await page.goto(`${ISSUER}/callback#error=access_denied`);
    await page.getByText('BSVibe has not signed you in here.').waitFor();
    expect(await page.getByText(/the operator must have BSVibe \(https:\/\/localhost:\d+\) allow/).isVisible()).toBe(true);
    expect([page.url(), faults]).toEqual([`${ISSUER}/callback`, []]);
    await context.close();
  });

  test('attack: somebody else\'s tokens in a link (login CSRF) lead nowhere', async () => {
    const attacker = await tab();
    let link = '';
    attacker.page.on('response', (response) => { if (response.status() === 302 && response.url().includes('/login')) link = response.headers()['location'] ?? ''; });
    await attacker.page.route('**/callback.js', (route) => route.abort());
    await attacker.page.goto(AUTHORIZE);
    expect(link).toContain('#access_token=');
    const victim = await tab();
    await victim.page.goto(link);
    await victim.page.getByText(/started in another browser/).waitFor();
    expect([victim.page.url(), reasons.at(-1)]).toEqual([`${ISSUER}/callback`, 'cookie']);
    await Promise.all([attacker.context.close(), victim.context.close()]);
  });

  test('attack: a page elsewhere that posts for somebody who is signing in has no cookie with it and is refused', async () => {
    const { context, page } = await tab();
    await page.route('**/callback.js', (route) => route.abort());
    await page.goto(AUTHORIZE);
    const fragment = new URLSearchParams(new URL(page.url()).hash.slice(1));
    expect((await context.cookies()).map(({ httpOnly, secure, sameSite }) => ({ httpOnly, secure, sameSite }))).toEqual([{ httpOnly: true, secure: true, sameSite: 'Strict' }]);
    received.length = 0;
    await page.goto('https://evil.example/');
    const body = JSON.stringify({ access_token: fragment.get('access_token'), state: fragment.get('state') });
    await page.evaluate(async ([url, text]) => fetch(String(url), { method: 'POST', mode: 'no-cors', credentials: 'include', body: text ?? '' }).then(() => null), [`${ISSUER}/callback`, body]);
    expect(received.map(({ url, cookie }) => [url, cookie]).at(-1)).toEqual([`${ISSUER}/callback`, undefined]);
    expect(reasons.at(-1)).toBe('origin');
    await context.close();
  });
});
