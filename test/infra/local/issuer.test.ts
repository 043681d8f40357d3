import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { request, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { passwordGate } from '../../../infra/local/issuer/password.ts';
import { startServer, type ServerProcess } from '../../support/server-process.ts';

let dir: string;
let server: ServerProcess;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bsg-issuer-'));
  server = await startServer({ dataDir: join(dir, 'data') });
});
afterAll(async () => {
  await server?.stop();
  await rm(dir, { recursive: true, force: true });
});

interface Reply { readonly status: number; readonly headers: Headers; readonly text: string; readonly json: Record<string, unknown> }

/** Name and value of a `set-cookie` line. */
function pairOf(line: string): [string, string] {
  const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
  return [name, value];
}

/** A browser as far as sign-in needs one: it keeps cookies and follows redirects when told. */
class Browser {
  readonly #cookies = new Map<string, string>();

  async go(url: string, init: RequestInit = {}): Promise<Reply> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', ...init, headers: { ...(cookie !== '' && { cookie }), ...init.headers } });
    for (const line of response.headers.getSetCookie()) {
      const [name, value] = pairOf(line);
      if (value === '') this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    const text = await response.text();
    let json: Record<string, unknown> = {};
    try {
      json = JSON.parse(text);
    } catch { /* a page */ }
    return { status: response.status, headers: response.headers, text, json };
  }

  /** Follows redirects until one leads to `stop` or no more come. */
  async follow(url: string, stop: string): Promise<{ url: string; reply: Reply }> {
    for (let at = url, hops = 0; ; hops += 1) {
      const reply = await this.go(at);
      const next = reply.headers.get('location');
      if (next === null || hops > 8) return { url: at, reply };
      at = new URL(next, at).href;
      if (at.startsWith(stop)) return { url: at, reply };
    }
  }
}

const pkce = () => {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
};
const authorizeUrl = (challenge: string, change: Record<string, string> = {}): string =>
  `${server.origin}/oidc/auth?${new URLSearchParams({ client_id: 'dashboard', response_type: 'code', redirect_uri: `${server.origin}/callback`, scope: 'openid bsgateway/admin', state: 's', code_challenge: challenge, code_challenge_method: 'S256', ...change })}`;
const exchange = (body: Record<string, string>): Promise<Reply> => new Browser().go(`${server.origin}/oidc/token`, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ client_id: 'dashboard', ...body }).toString() });
const newLink = async (): Promise<string> => {
  const token = (await readFile(server.ready.adminTokenFile, 'utf8')).trim();
  return String((await new Browser().go(`${server.origin}/oidc/links`, { method: 'POST', headers: { authorization: `Bearer ${token}` } })).json['url']);
};
async function signedIn(): Promise<Browser> {
  const browser = new Browser();
  expect((await browser.go(await newLink())).status).toBe(303);
  return browser;
}
async function code(browser: Browser, challenge: string): Promise<string> {
  const { url } = await browser.follow(authorizeUrl(challenge), `${server.origin}/callback`);
  return new URL(url).searchParams.get('code') ?? '';
}
async function tokens(): Promise<Record<string, unknown>> {
  const { verifier, challenge } = pkce();
  const { json } = await exchange({ grant_type: 'authorization_code', code: await code(await signedIn(), challenge), redirect_uri: `${server.origin}/callback`, code_verifier: verifier });
  return json;
}
const me = async (token: unknown): Promise<number> => (await fetch(`${server.origin}/admin/me`, { headers: { authorization: `Bearer ${String(token)}` } })).status;

describe('signing in on one machine', () => {
  test('the printed link, code and PKCE: the operator is owner, for fifteen minutes', async () => {
    const signInUrl = (server.ready as unknown as { signInUrl: string }).signInUrl;
    const browser = new Browser();
    const entered = await browser.go(signInUrl);
    expect([entered.status, entered.headers.get('location')]).toEqual([303, '/login?start=1']);
    expect(entered.headers.getSetCookie().join()).toMatch(/HttpOnly; SameSite=Lax/);
    expect((await new Browser().go(signInUrl)).status).toBe(410);
    const { verifier, challenge } = pkce();
    const { json } = await exchange({ grant_type: 'authorization_code', code: await code(browser, challenge), redirect_uri: `${server.origin}/callback`, code_verifier: verifier });
    expect(json).toMatchObject({ token_type: 'Bearer', expires_in: 900, access_token: expect.stringMatching(/^ey/), refresh_token: expect.any(String), id_token: expect.any(String) });
    const answer = await fetch(`${server.origin}/admin/me`, { headers: { authorization: `Bearer ${String(json['access_token'])}` } });
    expect(await answer.json()).toMatchObject({ user: { id: 'local-operator' }, tenantId: 'default', role: 'owner' });
    expect(await me(json['id_token'])).toBe(401);
  });

  test('without a session the browser is told how to get one', async () => {
    const { reply } = await new Browser().follow(authorizeUrl(pkce().challenge), `${server.origin}/callback`);
    expect(reply.status).toBe(401);
    expect(reply.text).toContain('npm run -s signin');
    expect(reply.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  test('a code works once, for its verifier and its redirect; used twice it ends what came of it', async () => {
    const browser = await signedIn();
    const { verifier, challenge } = pkce();
    const body = { grant_type: 'authorization_code', redirect_uri: `${server.origin}/callback`, code_verifier: verifier };
    expect((await exchange({ ...body, code: await code(browser, challenge), code_verifier: pkce().verifier })).json).toMatchObject({ error: 'invalid_grant' });
    expect((await exchange({ ...body, code: await code(browser, challenge), redirect_uri: `${server.origin}/` })).json).toMatchObject({ error: 'invalid_grant' });
    const used = await code(browser, challenge);
    const first = await exchange({ ...body, code: used });
    expect(first.status).toBe(200);
    expect((await exchange({ ...body, code: used })).json).toMatchObject({ error: 'invalid_grant' });
    expect((await exchange({ grant_type: 'refresh_token', refresh_token: String(first.json['refresh_token']) })).json).toMatchObject({ error: 'invalid_grant' });
  });

  test('a refresh token rotates; one that is used again ends its whole family', async () => {
    const first = await tokens();
    const refresh = (token: unknown): Promise<Reply> => exchange({ grant_type: 'refresh_token', refresh_token: String(token) });
    const second = await refresh(first['refresh_token']);
    expect(second.status).toBe(200);
    expect(second.json['refresh_token']).not.toBe(first['refresh_token']);
    expect(await me(second.json['access_token'])).toBe(200);
    expect((await refresh(first['refresh_token'])).json).toMatchObject({ error: 'invalid_grant' });
    expect((await refresh(second.json['refresh_token'])).json).toMatchObject({ error: 'invalid_grant' });
  });

  test.each([
    ['another client', { client_id: 'other' }], ['a foreign redirect', { redirect_uri: 'https://evil.example/callback' }], ['a redirect that only begins like ours', { redirect_uri: 'http://127.0.0.1:1/callback' }],
  ])('%s is refused without a redirect', async (_name, change) => {
    const reply = await (await signedIn()).go(authorizeUrl(pkce().challenge, change));
    expect(reply.status).toBe(400);
    expect(reply.headers.get('location')).toBeNull();
  });

  test.each([['no challenge', { code_challenge: '', code_challenge_method: '' }], ['a plain challenge', { code_challenge_method: 'plain' }], ['the implicit flow', { response_type: 'token' }]])('%s gives no code', async (_name, change) => {
    const { url } = await (await signedIn()).follow(authorizeUrl(pkce().challenge, change), `${server.origin}/callback`);
    expect(new URL(url).searchParams.get('code')).toBeNull();
  });

  test('pages of other sites and other host names are refused', async () => {
    expect((await fetch(`${server.origin}/oidc/token`, { method: 'POST', headers: { origin: 'https://evil.example' } })).status).toBe(403);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const { hostname, port } = new URL(server.origin);
      request({ hostname, port, path: '/oidc/.well-known/openid-configuration', headers: { host: 'rebound.example' } }, (response) => { response.resume(); resolve(response.statusCode); }).on('error', reject).end();
    });
    expect(status).toBe(403);
  });

  test('only the admin token makes links', async () => {
    for (const authorization of ['', 'Bearer x', 'Bearer bsga_0']) expect((await fetch(`${server.origin}/oidc/links`, { method: 'POST', headers: { authorization } })).status).toBe(401);
  });

  test.each([
    ['an error', '/oidc/auth?client_id=dashboard&redirect_uri=https%3A%2F%2Fevil.example%2F%22%3E', 400],
    ['signing out', '/oidc/session/end', 200], ['signed out', '/oidc/session/end/success', 200],
  ])('the page of %s is the gateway\'s own and loads nothing from anywhere', async (_name, path, status) => {
    const browser = await signedIn();
    await code(browser, pkce().challenge);
    const reply = await browser.go(`${server.origin}${path}`);
    expect([reply.status, reply.headers.get('content-security-policy')]).toEqual([status, expect.stringContaining("default-src 'none'")]);
    expect(reply.text).toContain('<html lang="en">');
    expect(reply.text).not.toMatch(/@import|https?:\/\/(?!127\.0\.0\.1)|<script/);
    expect(reply.text).not.toContain('">"');
  });

  test('says nothing on the terminal of what the library would like to be told', () => {
    expect(server.output()).not.toMatch(/oidc-provider|NOTICE|WARNING/);
  });

  test('the discovery document is that of the issuer in /config.json', async () => {
    const config = (await (await fetch(`${server.origin}/config.json`)).json()) as Record<string, string>;
    expect(config).toMatchObject({ edition: 'local', apiBaseUrl: '', issuer: `${server.origin}/oidc`, clientId: 'dashboard', scope: 'openid bsgateway/admin', demo: false });
    const discovered = (await (await fetch(`${config['issuer']}/.well-known/openid-configuration`)).json()) as Record<string, unknown>;
    expect(discovered).toMatchObject({ issuer: config['issuer'], authorization_endpoint: `${server.origin}/oidc/auth`, token_endpoint: `${server.origin}/oidc/token`, jwks_uri: `${server.origin}/oidc/jwks`, code_challenge_methods_supported: ['S256'] });
  });
});

test('a restart signs nobody out, and no token is stored in clear', async () => {
  const { port } = new URL(server.origin);
  const before = await tokens();
  await server.stop();
  for (const name of ['bsgateway.sqlite', 'signing-key.json']) {
    const bytes = await readFile(join(dir, 'data', name));
    for (const secret of [before['refresh_token'], before['access_token']]) expect(bytes.includes(String(secret))).toBe(false);
  }
  expect((await stat(join(dir, 'data', 'signing-key.json'))).mode & 0o077).toBe(0);
  server = await startServer({ dataDir: join(dir, 'data'), port });
  expect(await me(before['access_token'])).toBe(200);
  const after = await exchange({ grant_type: 'refresh_token', refresh_token: String(before['refresh_token']) });
  expect(after.status).toBe(200);
  expect(await me(after.json['access_token'])).toBe(200);
});

describe('beyond one machine', () => {
  const publicUrl = 'https://gateway.example';

  interface Passed { readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string; readonly cookies: readonly string[] }

  /** The way of one visitor through the TLS proxy on this machine, which keeps the visitor's cookies besides: what it saw itself is the last address. */
  function visitor({ origin }: ServerProcess, address: string): (path: string, form?: Readonly<Record<string, string>>) => Promise<Passed> {
    const jar = new Map<string, string>();
    return (path, form) => new Promise((resolve, reject) => {
      const headers = {
        'host': new URL(publicUrl).host, 'x-forwarded-proto': 'https', 'x-forwarded-for': `203.0.113.250, ${address}`, 'cookie': [...jar].map((pair) => pair.join('=')).join('; '),
        ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded', 'origin': publicUrl }),
      };
      request(`${origin}${path}`, { method: form === undefined ? 'GET' : 'POST', headers }, (response) => {
        const cookies = response.headers['set-cookie'] ?? [];
        for (const cookie of cookies) jar.set(...pairOf(cookie));
        let text = '';
        response.setEncoding('utf8').on('data', (part) => { text += part; }).on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text, cookies }));
      }).on('error', reject).end(form && new URLSearchParams(form).toString());
    });
  }

  test('without a password the server does not start; with one, the password signs in and five wrong ones make whoever sent them wait', async () => {
    const dataDir = join(dir, 'open', 'data');
    const args = ['--host', '127.0.0.1'];
    await expect(startServer({ dataDir, args, env: { BSG_PUBLIC_URL: 'https://gateway.example' } })).rejects.toThrow('BSG_ADMIN_PASSWORD');
    await expect(startServer({ dataDir, args, env: { BSG_PUBLIC_URL: 'https://gateway.example', BSG_ADMIN_PASSWORD: 'short' } })).rejects.toThrow('12 characters');
    const own = server;
    server = await startServer({ dataDir, args, env: { BSG_ADMIN_PASSWORD: 'correct horse battery' } });
    try {
      const attempt = async (password: string): Promise<Reply> => {
        const browser = new Browser();
        const { url, reply } = await browser.follow(authorizeUrl(pkce().challenge), `${server.origin}/callback`);
        expect(reply.text).toContain('type="password"');
        const posted = await browser.go(url, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded', origin: server.origin }, body: new URLSearchParams({ password }).toString() });
        if (posted.status !== 303) return posted;
        const done = await browser.follow(new URL(posted.headers.get('location') ?? '', url).href, `${server.origin}/callback`);
        expect(new URL(done.url).searchParams.get('code')).toBeTruthy();
        return posted;
      };
      expect((await attempt('correct horse battery')).status).toBe(303);
      for (let at = 0; at < 5; at += 1) expect((await attempt('wrong')).status).toBe(403);
      expect((await attempt('correct horse battery')).status).toBe(429);
    } finally {
      await server.stop();
      server = own;
    }
  });

  test('behind a proxy five wrong passwords keep out the address that they came from, and nobody else', async () => {
    const behind = await startServer({ dataDir: join(dir, 'guessed', 'data'), args: ['--host', '127.0.0.1'], env: { BSG_PUBLIC_URL: publicUrl, BSG_ADMIN_PASSWORD: 'correct horse battery' } });
    try {
      const attempt = async (password: string, address: string): Promise<number> => {
        const go = visitor(behind, address);
        const { pathname, search } = new URL(authorizeUrl(pkce().challenge, { redirect_uri: `${publicUrl}/callback` }));
        const form = new URL((await go(`${pathname}${search}`)).headers.location ?? '', publicUrl).pathname;
        expect((await go(form)).text).toContain('type="password"');
        const posted = await go(form, { password });
        expect(posted.headers['retry-after']).toBe(posted.status === 429 ? '60' : undefined);
        if (posted.status !== 303) return posted.status;
        const done = await go(new URL(posted.headers.location ?? '', publicUrl).pathname);
        expect(new URL(done.headers.location ?? '', publicUrl).searchParams.get('code')).toBeTruthy();
        return posted.status;
      };
      expect(await attempt('correct horse battery', '198.51.100.7')).toBe(303);
      for (let at = 0; at < 5; at += 1) expect(await attempt('wrong', '198.51.100.7')).toBe(403);
      expect(await attempt('correct horse battery', '198.51.100.7')).toBe(429);
      expect(await attempt('correct horse battery', '198.51.100.8')).toBe(303);
      for (let at = 0; at < 5; at += 1) expect(await attempt('wrong', `2001:db8:1:2::${at}`)).toBe(403);
      expect(await attempt('correct horse battery', '2001:db8:1:2:ffff::1')).toBe(429);
      expect(await attempt('correct horse battery', '2001:db8:1:3::1')).toBe(303);
    } finally {
      await behind.stop();
    }
  });

  test('sixty wrong passwords within a minute make everybody wait, wherever they came from, and a minute later nobody', async () => {
    let now = 1_000_000;
    const gate = passwordGate('correct horse battery', () => now);
    const attempt = (password: string, address: string): Promise<string> => gate.check(Readable.from([Buffer.from(`password=${encodeURIComponent(password)}`)]) as never, address);
    const verdicts = await Promise.all(Array.from({ length: 61 }, (_, at) => attempt('wrong', `198.51.100.${at}`)));
    expect(verdicts).toEqual([...Array.from({ length: 60 }, () => 'wrong'), 'wait']);
    expect(await attempt('correct horse battery', '192.0.2.1')).toBe('wait');
    now += 60_000;
    expect(await attempt('correct horse battery', '192.0.2.1')).toBe('right');
    // Right ones are no guesses.
    for (let at = 0; at < 7; at += 1) expect(await attempt('correct horse battery', '192.0.2.1')).toBe('right');
  });

  test('behind a public address its cookie stays under TLS, and nobody signs in to a page on their own computer', async () => {
    const behind = await startServer({ dataDir: join(dir, 'behind', 'data'), args: ['--host', '127.0.0.1'], env: { BSG_PUBLIC_URL: publicUrl, BSG_ADMIN_PASSWORD: 'correct horse battery' } });
    const go = visitor(behind, '198.51.100.7');
    try {
      const { signInUrl } = behind.ready as unknown as { signInUrl: string };
      expect(signInUrl.startsWith(`${publicUrl}/oidc/link/`)).toBe(true);
      const entered = await go(new URL(signInUrl).pathname);
      expect([entered.status, entered.cookies]).toEqual([303, [expect.stringMatching(/; Secure$/)]]);
      for (const origin of [publicUrl, 'http://localhost:5173', behind.origin, behind.origin.replace('127.0.0.1', 'localhost')]) {
        const { pathname, search } = new URL(authorizeUrl(pkce().challenge, { redirect_uri: `${origin}/callback` }));
        expect([origin, (await go(`${pathname}${search}`)).status]).toEqual([origin, origin === publicUrl ? 303 : 400]);
      }
    } finally {
      await behind.stop();
    }
  });
});
