import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as client from 'openid-client';
import { openSignIns, SIGN_INS, signInKey } from '../../functions/adapters/store/sign-ins.ts';
import { bridgeWorld, Browser, CLIENT_ID, CLIENT_SECRET, ISSUER, OTHER_RETURN_TO, RETURN_TO, type BridgeWorld } from '../support/bridge-world.ts';
import { hs256, type TokenChange } from '../support/fake-bsvibe.ts';
import { OidcClient, throughBsvibe, type Asked } from '../support/oidc-client.ts';
import { needs } from '../support/optional.ts';

let bridge: BridgeWorld;
let oidc: OidcClient;

const fragmentOf = (location: string): URLSearchParams => new URLSearchParams(new URL(location).hash.slice(1));

/** A sign-in up to the callback page: what it would post. */
async function arrived(change: Readonly<Record<string, string>> = {}): Promise<{ readonly browser: Browser; readonly asked: Asked; readonly token: string; readonly state: string }> {
  const browser = new Browser(bridge);
  const asked = await oidc.ask(change);
  const fragment = fragmentOf(await throughBsvibe(bridge, browser, asked));
  return { browser, asked, token: fragment.get('access_token') ?? '', state: fragment.get('state') ?? '' };
}

const post = (browser: Browser, token: string, state: string, headers: Readonly<Record<string, string>> = {}) => browser.post(JSON.stringify({ access_token: token, state }), headers);
const continuesTo = async (answer: Response): Promise<string> => ((await answer.json()) as { continue: string }).continue;

/** A whole sign-in up to the code that the client gets. */
async function withCode(change: Readonly<Record<string, string>> = {}): Promise<{ readonly asked: Asked; readonly returned: string; readonly code: string }> {
  const { browser, asked, token, state } = await arrived(change);
  const returned = await continuesTo(await post(browser, token, state));
  return { asked, returned, code: new URL(returned).searchParams.get('code') ?? '' };
}

const form = (fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}, query = '') => bridge.send(`${ISSUER}/token${query}`, {
  method: 'POST', body: new URLSearchParams(fields).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
});
const exchange = (code: string, change: Readonly<Record<string, string>> = {}) => form({ grant_type: 'authorization_code', code, redirect_uri: RETURN_TO, client_id: CLIENT_ID, client_secret: CLIENT_SECRET, ...change });

/** A refusal: its status and the protocol's word, and no code, token or way onwards in it. */
async function refused(answer: Response, status: number, error: string): Promise<void> {
  const text = await answer.text();
  expect([answer.status, (JSON.parse(text) as { error: string }).error]).toEqual([status, error]);
  expect(text).not.toMatch(/"(?:continue|code|access_token|id_token)"/);
  expect(answer.headers.get('location')).toBeNull();
}

/** A refusal that is reported to the client at its registered address. */
function reported(answer: Response, error: string, state: string | null): void {
  const location = new URL(answer.headers.get('location') ?? '');
  expect([answer.status, `${location.origin}${location.pathname}`, location.hash]).toEqual([302, RETURN_TO, '']);
  expect(Object.fromEntries(location.searchParams)).toEqual({ error, ...(state !== null && { state }) });
}

/** Posts a token that BSVibe would not have issued, or not to us, in a sign-in that is fine. */
async function refusesToken(change: TokenChange): Promise<void> {
  const { browser, state } = await arrived();
  await refused(await post(browser, bridge.bsvibe.token(change), state), 403, 'access_denied');
  // The same sign-in with an honest token still goes through: it was the token that was refused.
  expect((await post(browser, bridge.bsvibe.token(), state)).status).toBe(200);
}

needs('java')('the bridge as a Lambda function', () => {
  beforeAll(async () => {
    bridge = await bridgeWorld();
    oidc = new OidcClient(bridge);
  });
  afterAll(async () => { await bridge?.close(); });

  describe('signs in', () => {
    test('through an independent client: code, client_secret_post, no PKCE, a signature that its key set proves, userinfo', async () => {
      const browser = new Browser(bridge);
      const asked = await oidc.ask();
      const location = await throughBsvibe(bridge, browser, asked);
      const { wentTo, says } = await browser.runCallback(location);
      expect(says).toBe('');
      expect(wentTo?.startsWith(`${RETURN_TO}?code=`)).toBe(true);
      const { claims, accessToken } = await oidc.exchange(asked, wentTo ?? '');
      expect(claims).toMatchObject({ iss: ISSUER, aud: CLIENT_ID, sub: bridge.bsvibe.person['sub'], email: 'ann@example.com', name: 'Ann Example', nonce: asked.nonce });
      expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(300);
      expect(await oidc.userinfo(accessToken, claims.sub)).toEqual({ sub: claims.sub, email: 'ann@example.com', email_verified: false, name: 'Ann Example' });
      // The address bar was emptied, and the page has sent the access token and the state alone.
      expect(browser.history).toEqual(['/prod/callback']);
      expect(browser.posted.map((body) => Object.keys(JSON.parse(body) as object))).toEqual([['access_token', 'state']]);
      expect(browser.cookies.size).toBe(0);
    });

    test('with PKCE where the client sends a challenge, as discovery says', async () => {
      expect((await oidc.configuration()).serverMetadata().code_challenge_methods_supported).toEqual(['S256']);
      const verifier = client.randomPKCECodeVerifier();
      const { asked, returned } = await withCode({ code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' });
      expect((await oidc.exchange(asked, returned, undefined, verifier)).claims.sub).toBe(bridge.bsvibe.person['sub']);
    });

    test('what people write into their own profile does not verify their address; BSVibe\'s own word does', async () => {
      const { browser, asked, state } = await arrived();
      const returned = await continuesTo(await post(browser, bridge.bsvibe.token({ claims: { email_verified: true } }), state));
      expect((await oidc.exchange(asked, returned)).claims).toMatchObject({ email_verified: true });
    });

    test('a client learns what its scopes cover', async () => {
      const { asked, returned } = await withCode({ scope: 'openid' });
      const { claims, accessToken } = await oidc.exchange(asked, returned);
      expect(claims['email'] ?? claims['name']).toBeUndefined();
      expect(await oidc.userinfo(accessToken, claims.sub)).toEqual({ sub: claims.sub });
    });

    test('in two tabs at once, and as many times as one likes', async () => {
      const browser = new Browser(bridge);
      const asked = [await oidc.ask(), await oidc.ask()];
      const locations = [];
      for (const each of asked) locations.push(await throughBsvibe(bridge, browser, each));
      expect(browser.cookies.size).toBe(2);
      for (const [at, location] of [...locations.entries()].toReversed()) {
        const each = asked[at];
        if (each !== undefined) expect((await oidc.exchange(each, (await browser.runCallback(location)).wentTo ?? '')).claims.sub).toBe(bridge.bsvibe.person['sub']);
      }
    });

    test('and where BSVibe sends no token, the page says what the operator must do', async () => {
      bridge.bsvibe.allowed.delete(`${ISSUER}/callback`);
      await expect(arrived()).rejects.toThrow('This address may not sign people in.');
      bridge.bsvibe.allowed.add(`${ISSUER}/callback`);
      const page = await new Browser(bridge).runCallback(`${ISSUER}/callback#error=access_denied`);
      expect(page).toEqual({ wentTo: undefined, says: 'BSVibe has not signed you in here.', helps: true });
      expect(await (await bridge.send(`${ISSUER}/callback`)).text()).toContain(`must have BSVibe (${new URL(bridge.bsvibe.origin).origin}) allow <code>${ISSUER}/callback</code> as a redirect address`);
    });

    test('on a page that runs one script of its own and nothing else', async () => {
      const page = await bridge.send(`${ISSUER}/callback`);
      const text = await page.text();
      const policy = page.headers.get('content-security-policy') ?? '';
      expect(policy).toMatch(/^default-src 'none'; script-src 'self'; connect-src 'self';/);
      expect(policy).not.toMatch(/unsafe|\*|https?:/);
      expect(policy).toContain("frame-ancestors 'none'");
      expect([...text.matchAll(/<script/g)]).toHaveLength(1);
      expect(text).not.toMatch(/<script>|\son\w+=|style=/);
      expect(Object.fromEntries(page.headers)).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff' });
      expect((await bridge.send(`${ISSUER}/callback.js`)).headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    });
  });

  describe('refuses', () => {
    test('attack 1: a code that was replayed, whose first access token ends with it', async () => {
      const { asked, returned, code } = await withCode();
      const { accessToken, claims } = await oidc.exchange(asked, returned);
      await refused(await exchange(code), 400, 'invalid_grant');
      await expect(oidc.userinfo(accessToken, claims.sub)).rejects.toMatchObject({ status: 401 });
    });

    test('attack 1: of ten exchanges of one code at once, all but one', async () => {
      const { code } = await withCode();
      // As ten processes of the function would: one process exchanges one code after the other.
      const signIns = openSignIns(bridge.world.store);
      const now = Math.floor(Date.now() / 1000);
      const access = Array.from({ length: 10 }, (_, at) => ({ token: `access-${at}`, expiresAt: now + 300 }));
      const grants = await Promise.all(access.map((each) => signIns.exchange(code, RETURN_TO, each, now)));
      expect(grants.filter((grant) => grant !== undefined)).toHaveLength(1);
      // Nobody knows which of the ten was the thief.
      for (const { token } of access) expect(await signIns.granted(token, now)).toBeUndefined();
    });

    test('attack 2: a code that has expired', async () => {
      const { code } = await withCode();
      const item = await bridge.world.store.get(signInKey('code', code));
      const left = Number(item?.['expiresAt']) - Date.now() / 1000;
      expect(left).toBeGreaterThan(50);
      expect(left).toBeLessThanOrEqual(60);
      await bridge.world.store.write([{ put: signInKey('code', code), item: { ...item, expiresAt: Math.floor(Date.now() / 1000) - 1 } }]);
      await refused(await exchange(code), 400, 'invalid_grant');
    });

    test('attack 3: a foreign code, made up or issued for another address', async () => {
      await refused(await exchange('A'.repeat(43)), 400, 'invalid_grant');
      await refused(await exchange(''), 400, 'invalid_grant');
      const { code } = await withCode({ redirect_uri: OTHER_RETURN_TO });
      await refused(await exchange(code), 400, 'invalid_grant');
      expect((await exchange(code, { redirect_uri: OTHER_RETURN_TO })).status).toBe(200);
    });

    test('attack 4: a wrong state', async () => {
      const { browser, token } = await arrived();
      await refused(await post(browser, token, 'B'.repeat(43)), 400, 'invalid_request');
    });

    test('attack 5: a missing state, ours or the client\'s', async () => {
      const { browser, token } = await arrived();
      await refused(await post(browser, token, ''), 400, 'invalid_request');
      await refused(await browser.post(JSON.stringify({ access_token: token })), 400, 'invalid_request');
      reported(await bridge.send((await oidc.ask({ state: '' })).url), 'invalid_request', null);
    });

    test('attack 6: a state that was used before, and one that has taken too long', async () => {
      const { browser, token, state } = await arrived();
      const cookies = new Map(browser.cookies);
      expect((await post(browser, token, state)).status).toBe(200);
      for (const [name, value] of cookies) browser.cookies.set(name, value);
      await refused(await post(browser, bridge.bsvibe.token(), state), 400, 'invalid_request');
      const late = await arrived();
      const item = await bridge.world.store.get(signInKey('state', late.state));
      await bridge.world.store.write([{ put: signInKey('state', late.state), item: { ...item, expiresAt: Math.floor(Date.now() / 1000) - 1 } }]);
      await refused(await post(late.browser, late.token, late.state), 400, 'invalid_request');
    });

    test('attack 7: a state without its cookie, or with that of another sign-in (login CSRF)', async () => {
      const attacker = await arrived();
      const victim = new Browser(bridge);
      await refused(await post(victim, attacker.token, attacker.state), 400, 'invalid_request');
      const own = await arrived();
      await refused(await post(own.browser, attacker.token, attacker.state), 400, 'invalid_request');
      const [name = ''] = attacker.browser.cookies.keys();
      const [, value = ''] = [...own.browser.cookies].flat();
      victim.cookies.set(name, value);
      await refused(await post(victim, attacker.token, attacker.state), 400, 'invalid_request');
      expect((await bridge.send((await oidc.ask()).url)).headers.get('set-cookie')).toMatch(/^__Host-bsg-[0-9a-f]{16}=[\w-]{43}; Path=\/; Max-Age=600; Secure; HttpOnly; SameSite=Strict$/);
    });

    test('attack 8: a token for another audience', async () => {
      for (const aud of ['anon', ['service'], undefined, '']) await refusesToken({ claims: { aud } });
    });

    test('attack 9: a token of another issuer', async () => {
      for (const iss of ['https://evil.example/auth', `${bridge.bsvibe.issuer}/`, undefined]) await refusesToken({ claims: { iss } });
    });

    test('attack 10: a token under another key id, or another key under the right id', async () => {
      const other = bridge.bsvibe.newPair();
      await refusesToken({ pair: other });
      await refusesToken({ pair: other, header: { kid: bridge.bsvibe.current().kid } });
      await refusesToken({ header: { kid: undefined } });
      await refusesToken({ pair: other, header: { jwk: other.publicKey.export({ format: 'jwk' }) } });
    });

    test('attack 11: a token that has expired, or has no end', async () => {
      const now = Math.floor(Date.now() / 1000);
      for (const exp of [now - 1, undefined, 'never']) await refusesToken({ claims: { exp } });
    });

    test('attack 12: a token that is not yet valid, or from the future', async () => {
      const now = Math.floor(Date.now() / 1000);
      await refusesToken({ claims: { nbf: now + 60 } });
      await refusesToken({ claims: { iat: now + 60 } });
    });

    test('attack 13: a token that was issued before the sign-in began, shown twice, or of nobody', async () => {
      const now = Math.floor(Date.now() / 1000);
      await refusesToken({ claims: { iat: now - 30 } });
      await refusesToken({ claims: { iat: undefined } });
      await refusesToken({ claims: { is_anonymous: true } });
      await refusesToken({ claims: { sub: '' } });
      await refusesToken({ claims: { email: undefined } });
      const [first, second] = [await arrived(), await arrived()];
      expect((await post(first.browser, first.token, first.state)).status).toBe(200);
      await refused(await post(second.browser, first.token, second.state), 400, 'invalid_request');
      // The other signature that fits the same content is the same token.
      await refused(await post(second.browser, mirrored(first.token), second.state), 400, 'invalid_request');
    });

    test('attack 14: alg none', async () => {
      for (const alg of ['none', 'None', '']) await refusesToken({ header: { alg }, signature: () => '' });
      await refusesToken({ header: { alg: 'none' } });
    });

    test('attack 15: HS256 with the public key as its secret', async () => {
      const { publicKey } = bridge.bsvibe.current();
      for (const secret of [publicKey.export({ format: 'pem', type: 'spki' }), publicKey.export({ format: 'der', type: 'spki' }), JSON.stringify(publicKey.export({ format: 'jwk' }))]) {
        await refusesToken({ header: { alg: 'HS256' }, signature: hs256(secret) });
      }
    });

    test('attack 16: a wrong client secret, a missing one, another client', async () => {
      const { code } = await withCode();
      for (const [name, value] of [['client_secret', 'wrong'], ['client_secret', ''], ['client_secret', `${CLIENT_SECRET} `], ['client_id', 'other']] as const) await refused(await exchange(code, { [name]: value }), 401, 'invalid_client');
      expect((await exchange(code)).status).toBe(200);
    });

    test('attack 17: the client secret in the wrong place: a header or the address', async () => {
      const { asked, returned, code } = await withCode();
      await expect(oidc.exchange(asked, returned, await oidc.configuration(client.ClientSecretBasic(CLIENT_SECRET)))).rejects.toMatchObject({ status: 401 });
      const fields = { grant_type: 'authorization_code', code, redirect_uri: RETURN_TO, client_id: CLIENT_ID };
      await refused(await form(fields, {}, `?client_secret=${CLIENT_SECRET}`), 400, 'invalid_request');
      await refused(await form({ ...fields, client_secret: CLIENT_SECRET }, { authorization: `Basic ${Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64')}` }), 401, 'invalid_client');
      await refused(await bridge.send(`${ISSUER}/token?${new URLSearchParams({ ...fields, client_secret: CLIENT_SECRET })}`), 405, 'invalid_request');
      expect((await exchange(code)).status).toBe(200);
    });

    const redirects = async (...addresses: string[]): Promise<void> => {
      for (const address of addresses) await refused(await bridge.send((await oidc.ask({ redirect_uri: address })).url), 400, 'invalid_request');
    };
    test('attack 18: an open redirect by host', () => redirects(RETURN_TO.replace('bsgateway-1', 'evil'), 'https://evil.example/oauth2/idpresponse', `${new URL(RETURN_TO).origin}.evil.example/oauth2/idpresponse`, RETURN_TO.replace('https', 'http'), ''));
    test('attack 19: an open redirect by path', () => redirects(`${RETURN_TO}/`, `${RETURN_TO}/../../login`, RETURN_TO.replace('/oauth2', '/%6fauth2'), `${RETURN_TO}?x=1`, RETURN_TO.toUpperCase(), `${RETURN_TO};x`));
    test('attack 20: an open redirect by userinfo', () => redirects(RETURN_TO.replace('https://', 'https://evil@'), `https://${new URL(RETURN_TO).host}@evil.example/oauth2/idpresponse`, `https://evil.example\\@${new URL(RETURN_TO).host}/oauth2/idpresponse`));
    test('attack 21: an open redirect by fragment, or by a second address', async () => {
      await redirects(`${RETURN_TO}#`, `${RETURN_TO}#@evil.example`);
      await refused(await bridge.send(`${(await oidc.ask()).url}&redirect_uri=${encodeURIComponent('https://evil.example/')}`), 400, 'invalid_request');
    });

    test('attack 22: a callback that was posted from another origin', async () => {
      const { browser, token, state } = await arrived();
      for (const [name, value] of [['origin', 'https://evil.example'], ['origin', 'null'], ['origin', ''], ['origin', ISSUER], ['sec-fetch-site', 'cross-site'], ['sec-fetch-site', 'same-site']] as const) {
        await refused(await post(browser, token, state, { [name]: value }), 403, 'access_denied');
      }
      // What a plain form can send without a preflight.
      await refused(await post(browser, token, state, { 'content-type': 'text/plain' }), 415, 'invalid_request');
      expect((await bridge.send(`${ISSUER}/callback`)).headers.get('access-control-allow-origin')).toBeNull();
      expect((await post(browser, token, state)).status).toBe(200);
    });

    test('attack 23: an oversized token', async () => {
      const { browser, state } = await arrived();
      await refused(await post(browser, bridge.bsvibe.token({ claims: { filler: 'x'.repeat(9_000) } }), state), 403, 'access_denied');
      await refused(await post(browser, bridge.bsvibe.token({ claims: { filler: 'x'.repeat(100_000) } }), state), 413, 'invalid_request');
    });

    test('attack 24: a refresh token that was submitted, and it is stored and logged nowhere', async () => {
      const { browser, token, state } = await arrived();
      await refused(await browser.post(JSON.stringify({ access_token: token, state, refresh_token: 'refresh-canary' })), 400, 'invalid_request');
      await refused(await form({ grant_type: 'refresh_token', refresh_token: 'refresh-canary', client_id: CLIENT_ID, client_secret: CLIENT_SECRET }), 400, 'unsupported_grant_type');
      for (const secret of ['refresh-canary', CLIENT_SECRET, token, ...bridge.bsvibe.refreshTokens]) expect(bridge.runtime.output()).not.toContain(secret);
      expect(bridge.bsvibe.refreshTokens.length).toBeGreaterThan(20);
    });

    test('attack 25: an unknown scope, or none of OpenID', async () => {
      for (const scope of ['openid admin', 'email', '', 'openid offline_access']) {
        const asked = await oidc.ask({ scope });
        reported(await bridge.send(asked.url), 'invalid_scope', asked.state);
      }
    });

    test('attack 26: response_type token, and every other one that puts tokens into addresses', async () => {
      for (const response of ['token', 'id_token', 'code token', 'code id_token', '']) {
        const asked = await oidc.ask({ response_type: response });
        reported(await bridge.send(asked.url), 'unsupported_response_type', asked.state);
      }
      const asked = await oidc.ask({ response_mode: 'fragment' });
      reported(await bridge.send(asked.url), 'invalid_request', asked.state);
    });

    test('attack 27: a nonce that was dropped or changed on the way is seen by the client', async () => {
      for (const change of [(url: URL) => url.searchParams.delete('nonce'), (url: URL) => url.searchParams.set('nonce', 'another')]) {
        const browser = new Browser(bridge);
        const asked = await oidc.ask();
        const url = new URL(asked.url);
        change(url);
        const { wentTo } = await browser.runCallback(await throughBsvibe(bridge, browser, { ...asked, url: url.href }));
        await expect(oidc.exchange(asked, wentTo ?? '')).rejects.toMatchObject({ cause: { message: expect.stringContaining('nonce') } });
      }
    });

    test('attack 28: userinfo with an ID token, a token of BSVibe, a made-up one, none, or in the address', async () => {
      const { asked, returned } = await withCode();
      const { accessToken, idToken } = await oidc.exchange(asked, returned);
      for (const authorization of [`Bearer ${idToken}`, `Bearer ${bridge.bsvibe.token()}`, `Bearer ${'A'.repeat(43)}`, `Basic ${accessToken}`, '']) {
        const answer = await bridge.send(`${ISSUER}/userinfo`, { headers: { authorization } });
        expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
        await refused(answer, 401, 'invalid_token');
      }
      await refused(await bridge.send(`${ISSUER}/userinfo?access_token=${accessToken}`), 401, 'invalid_token');
    });

    test('attack 29: a token of a key that BSVibe has withdrawn while somebody was signing in', async () => {
      const { browser, state, token } = await arrived();
      const { bsvibe } = bridge;
      bsvibe.published.splice(0, 1, bsvibe.newPair());
      // A key set is at most 5 s old when it is used.
      await new Promise((resolve) => { setTimeout(resolve, 5_100); });
      await refused(await post(browser, token, state), 403, 'access_denied');
      expect((await post(browser, bsvibe.token(), state)).status).toBe(200);
    });
  });

  describe('refuses, where a client uses PKCE,', () => {
    const VERIFIER = 'v'.repeat(42);
    const challengeOf = (verifier: string): Record<string, string> => ({ code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256' });

    test('a code without its verifier, or with another; the right one still exchanges it, once', async () => {
      const verifier = `${VERIFIER}1`;
      const { code } = await withCode(challengeOf(verifier));
      for (const wrong of [undefined, '', `${VERIFIER}2`, challengeOf(verifier)['code_challenge'] ?? '', `${verifier}\n`]) await refused(await exchange(code, wrong === undefined ? {} : { code_verifier: wrong }), 400, 'invalid_grant');
      expect((await exchange(code, { code_verifier: verifier })).status).toBe(200);
      await refused(await exchange(code, { code_verifier: verifier }), 400, 'invalid_grant');
    });

    test('a verifier that is shorter or longer than the protocol allows, although it fits', async () => {
      for (const verifier of [VERIFIER, 'v'.repeat(129), `${VERIFIER}+`]) await refused(await exchange((await withCode(challengeOf(verifier))).code, { code_verifier: verifier }), 400, 'invalid_grant');
    });

    test('a verifier for a code that was asked for without a challenge: somebody has taken it away', async () => {
      const { code } = await withCode();
      await refused(await exchange(code, { code_verifier: `${VERIFIER}1` }), 400, 'invalid_grant');
      expect((await exchange(code)).status).toBe(200);
    });

    test('the method plain, by name or by leaving it out, an unknown one, and what is no challenge', async () => {
      const { code_challenge: challenge = '' } = challengeOf(`${VERIFIER}1`);
      const changes: readonly Readonly<Record<string, string>>[] = [
        { code_challenge: challenge, code_challenge_method: 'plain' }, { code_challenge: challenge }, { code_challenge: challenge, code_challenge_method: 's256' }, { code_challenge_method: 'S256' },
        { code_challenge: '', code_challenge_method: 'S256' }, { code_challenge: challenge.slice(1), code_challenge_method: 'S256' }, { code_challenge: `${challenge}=`, code_challenge_method: 'S256' },
      ];
      for (const change of changes) {
        const asked = await oidc.ask(change);
        reported(await bridge.send(asked.url), 'invalid_request', asked.state);
      }
      const asked = await oidc.ask(challengeOf(`${VERIFIER}1`));
      reported(await bridge.send(`${asked.url}&code_challenge=${challenge}`), 'invalid_request', asked.state);
    });
  });

  describe('keeps to itself', () => {
    test('it used its key to sign and to show the public half, and asked the key service for nothing else', () => {
      const actions = bridge.world.kms.calls.filter(({ role }) => role === 'bridge');
      expect(actions.every(({ allowed }) => allowed)).toBe(true);
      expect([...new Set(actions.map(({ action }) => action))].toSorted()).toEqual(['GetPublicKey', 'Sign']);
      expect(actions.filter(({ action }) => action === 'GetPublicKey')).toHaveLength(1);
    });

    test('every item that it stored lies under its own prefix, and holds no code, state, cookie or token in clear', async () => {
      const { asked, returned, code } = await withCode();
      const stored = await bridge.world.store.get(signInKey('code', code));
      expect(signInKey('code', code)).toEqual({ table: 'tenants', pk: `${SIGN_INS}#code#${createHash('sha256').update(code).digest('hex')}`, sk: 'code' });
      expect(stored).toEqual({ redirectUri: RETURN_TO, scopes: ['openid', 'email', 'profile'], nonce: asked.nonce, signedInAt: expect.any(Number), expiresAt: expect.any(Number), person: { sub: bridge.bsvibe.person['sub'], email: 'ann@example.com', emailVerified: false, name: 'Ann Example' } });
      await oidc.exchange(asked, returned);
      // Once used, nothing of the person is left with the code.
      expect(await bridge.world.store.get(signInKey('code', code))).toEqual({ usedFor: expect.stringMatching(/^BR#access#[0-9a-f]{64}$/), expiresAt: expect.any(Number) });
    });

    test('every refusal is logged by its reason', () => {
      const lines = bridge.runtime.output().split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ event }) => event === 'sign-in refused');
      const codes = new Set(lines.map(({ code }) => code));
      for (const code of ['state', 'cookie', 'token', 'token_age', 'token_used', 'origin', 'size', 'fields', 'client', 'redirect_uri', 'code', 'access_token', 'invalid_scope']) expect([code, codes.has(code)]).toEqual([code, true]);
      expect(lines.every((line) => Object.keys(line).every((name) => ['at', 'level', 'event', 'route', 'status', 'code'].includes(name)))).toBe(true);
    });

    test('other paths and methods are answered plainly', async () => {
      await refused(await bridge.send(`${ISSUER}/nowhere`), 404, 'not_found');
      await refused(await bridge.send(`${ISSUER}/constructor`), 404, 'not_found');
      const answer = await bridge.send(`${ISSUER}/authorize`, { method: 'POST', body: '' });
      expect(answer.headers.get('allow')).toBe('GET');
      await refused(answer, 405, 'invalid_request');
    });
  });
});

/** The other valid ECDSA signature of the same message: (r, n − s). */
function mirrored(token: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const s = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  return `${header}.${payload}.${Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]).toString('base64url')}`;
}
