import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { tokenVerifier } from '../../functions/adapters/identity/verify-token.ts';
import { bearerIdentity } from '../../functions/admin/people/person-token.ts';
import { ensureDefaultTenant } from '../../infra/local/default-tenant.ts';
import { ask } from '../admin/support.ts';
import { tempStore, type TempStore } from '../support/store.ts';
import { figure } from '../support/figure.ts';

const ISSUER = 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_abc';
const CLIENT = 'dashboard-client';
const SCOPE = 'bsgateway/admin';
const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 });
const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = (key: KeyObject, kid: string): object => ({ ...key.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' });
const JWKS = JSON.stringify({ keys: [jwk(pair.publicKey, 'k1')] });

const b64 = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const seconds = (): number => Math.floor(Date.now() / 1000);
const claims = (change: object = {}): object => ({ sub: 'local-operator', iss: ISSUER, client_id: CLIENT, token_use: 'access', scope: `openid ${SCOPE}`, exp: seconds() + 900, iat: seconds(), username: 'u', ...change });
const without = (name: string): object => Object.fromEntries(Object.entries(claims()).filter(([key]) => key !== name));

function token(payload: object = claims(), header: object = {}, key: KeyObject = pair.privateKey): string {
  const input = `${b64({ alg: 'RS256', kid: 'k1', typ: 'JWT', ...header })}.${b64(payload)}`;
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
}
const [HEADER, PAYLOAD, SIGNATURE] = token().split('.') as [string, string, string];
const hmac = (secret: string | Buffer): string => {
  const input = `${b64({ alg: 'HS256', kid: 'k1', typ: 'JWT' })}.${b64(claims())}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
};

let temp: TempStore;
let fetched = 0;
let now = Date.now();
let respond: () => string = () => JWKS;
let verify: ReturnType<typeof tokenVerifier>;
beforeAll(async () => {
  temp = await tempStore();
  await ensureDefaultTenant(temp.store, Date.now());
});
beforeEach(() => {
  [fetched, now, respond] = [0, Date.now(), () => JWKS];
  verify = tokenVerifier({
    issuer: ISSUER, clientIds: [CLIENT], scope: SCOPE, jwksUri: `${ISSUER}/.well-known/jwks.json`, now: () => now,
    fetchText: async () => {
      fetched += 1;
      return new TextEncoder().encode(respond()).buffer as ArrayBuffer;
    },
  });
});
afterAll(() => temp.cleanup());

const me = async (bearer: string, path = '/admin/me'): Promise<{ status: number; json: Record<string, unknown> }> => ask(temp.store, path, { token: bearer, ports: { identify: (text) => bearerIdentity({ store: temp.store, verify }, text) } });

const BAD: readonly (readonly [string, () => string])[] = [
  ['alg none, no signature', () => `${b64({ alg: 'none', kid: 'k1' })}.${b64(claims())}.`],
  ['alg none with a signature', () => `${b64({ alg: 'none', kid: 'k1' })}.${b64(claims())}.${SIGNATURE}`],
  ['alg None in other letters', () => `${b64({ alg: 'NoNe', kid: 'k1' })}.${b64(claims())}.`],
  ['no alg', () => `${b64({ kid: 'k1' })}.${b64(claims())}.${SIGNATURE}`],
  ['HS256 with the public key (PEM) as secret', () => hmac(pair.publicKey.export({ type: 'spki', format: 'pem' }))],
  ['HS256 with the public key (DER) as secret', () => hmac(pair.publicKey.export({ type: 'spki', format: 'der' }))],
  ['HS256 with the modulus as secret', () => hmac(String(pair.publicKey.export({ format: 'jwk' }).n))],
  ['HS256 with an empty secret', () => hmac('')],
  ['RS384 under an RS256 key', () => { const input = `${b64({ alg: 'RS384', kid: 'k1' })}.${b64(claims())}`; return `${input}.${sign('sha384', Buffer.from(input), pair.privateKey).toString('base64url')}`; }],
  ['RS512 under an RS256 key', () => { const input = `${b64({ alg: 'RS512', kid: 'k1' })}.${b64(claims())}`; return `${input}.${sign('sha512', Buffer.from(input), pair.privateKey).toString('base64url')}`; }],
  ['ES256 by a key of its own', () => { const input = `${b64({ alg: 'ES256', kid: 'k1' })}.${b64(claims())}`; return `${input}.${sign('sha256', Buffer.from(input), { key: elliptic.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`; }],
  ['signed by another key', () => token(claims(), {}, foreign.privateKey)],
  ['a key in the header (jwk)', () => token(claims(), { jwk: jwk(foreign.publicKey, 'k1') }, foreign.privateKey)],
  ['a key set in the header (jku)', () => token(claims(), { jku: 'https://evil.example/jwks.json' }, foreign.privateKey)],
  ['a certificate in the header (x5c)', () => token(claims(), { x5c: ['MIIB'] }, foreign.privateKey)],
  ['an unknown kid', () => token(claims(), { kid: 'k2' })],
  ['no kid', () => token(claims(), { kid: undefined })],
  ['a kid that is no text', () => token(claims(), { kid: 1 })],
  ['a kid that is a path', () => token(claims(), { kid: '../../../dev/null' })],
  ['another pool', () => token(claims({ iss: `${ISSUER}x` }))],
  ['another pool of the same beginning', () => token(claims({ iss: ISSUER.slice(0, -1) }))],
  ['no issuer', () => token(without('iss'))],
  ['issuer as a list', () => token(claims({ iss: [ISSUER] }))],
  ['another client', () => token(claims({ client_id: 'other' }))],
  ['no client', () => token(without('client_id'))],
  ['the client as audience only', () => token({ ...without('client_id'), aud: CLIENT })],
  ['an id token', () => token(claims({ token_use: 'id', aud: CLIENT }))],
  ['a refresh token', () => token(claims({ token_use: 'refresh' }))],
  ['token_use absent', () => token(without('token_use'))],
  ['expired', () => token(claims({ exp: seconds() - 1 }))],
  ['no expiry', () => token(without('exp'))],
  ['expiry as text', () => token(claims({ exp: String(seconds() + 900) }))],
  ['not valid yet', () => token(claims({ nbf: seconds() + 60 }))],
  ['without the scope', () => token(claims({ scope: 'openid' }))],
  ['with a scope that only begins like it', () => token(claims({ scope: `${SCOPE}s` }))],
  ['no subject', () => token(without('sub'))],
  ['an empty subject', () => token(claims({ sub: '' }))],
  ['a tampered group', () => `${HEADER}.${b64(claims({ 'cognito:groups': ['owner'] }))}.${SIGNATURE}`],
  ['a tampered subject', () => `${HEADER}.${b64(claims({ sub: 'somebody' }))}.${SIGNATURE}`],
  ['a cut signature', () => `${HEADER}.${PAYLOAD}.${SIGNATURE.slice(0, -4)}`],
  ['no signature', () => `${HEADER}.${PAYLOAD}`],
  ['an empty signature', () => `${HEADER}.${PAYLOAD}.`],
  ['four parts', () => `${HEADER}.${PAYLOAD}.${SIGNATURE}.x`],
  ['a payload that is no JSON', () => { const input = `${b64({ alg: 'RS256', kid: 'k1' })}.${b64('nope')}`; return `${input}.${sign('sha256', Buffer.from(input), pair.privateKey).toString('base64url')}`; }],
  ['a payload that is null', () => { const input = `${b64({ alg: 'RS256', kid: 'k1' })}.${b64('null')}`; return `${input}.${sign('sha256', Buffer.from(input), pair.privateKey).toString('base64url')}`; }],
  ['a critical extension', () => token(claims(), { crit: ['b64'], b64: false })],
  ['no token at all', () => 'x'],
];

describe('guarantee A7: hostile tokens', () => {
  test('there are at least 40, and a good one is let in', async () => {
    expect(BAD.length).toBeGreaterThanOrEqual(40);
    expect(await me(token())).toMatchObject({ status: 200, json: { user: { id: 'local-operator' }, role: 'owner' } });
    figure('A7', `${BAD.length} hostile tokens: ${BAD.length} x 401`);
  });

  test.each(BAD)('%s: 401, with the answer that everybody gets', async (_name, make) => {
    await me(token());
    const [bad, none] = [await me(make()), await me('nothing')];
    expect([bad.status, { ...(bad.json['error'] as object), requestId: '' }]).toEqual([401, { ...(none.json['error'] as object), requestId: '' }]);
    expect((await me(make(), '/admin/keys')).status).toBe(401);
  });

  test('a group or role in a valid token gives no right', async () => {
    const answer = await me(token(claims({ sub: 'nobody', 'cognito:groups': ['owner'], role: 'owner', tenantId: 'default' })));
    expect(answer).toMatchObject({ status: 200, json: { tenantId: null, role: null, tenants: [] } });
    expect((await me(token(claims({ sub: 'nobody', 'cognito:groups': ['owner'] })), '/admin/keys')).status).toBe(403);
  });
});

describe('guarantee A7: the key set', () => {
  test('is fetched at most once a minute under 1,000 unknown key ids, at once or one by one', async () => {
    expect((await me(token())).status).toBe(200);
    await Promise.all(Array.from({ length: 500 }, (_unused, at) => me(token(claims(), { kid: `x${at}` }))));
    for (let at = 0; at < 500; at += 1) await me(token(claims(), { kid: `y${at}` }));
    expect(fetched).toBe(1);
    now += 60_000;
    await Promise.all(Array.from({ length: 500 }, (_unused, at) => me(token(claims(), { kid: `z${at}` }))));
    expect(fetched).toBe(2);
    expect((await me(token())).status).toBe(200);
    figure('A7', `${fetched} fetches of the key set under 1,500 unknown key ids over a minute`);
  });

  test('rotated keys are found once the minute is over, and the old ones still hold', async () => {
    expect((await me(token())).status).toBe(200);
    respond = () => JSON.stringify({ keys: [jwk(pair.publicKey, 'k1'), jwk(foreign.publicKey, 'k2')] });
    now += 60_000;
    expect((await me(token(claims(), { kid: 'k2' }, foreign.privateKey))).status).toBe(200);
    expect((await me(token())).status).toBe(200);
  });

  test('that cannot be fetched is a 503, not a 401, and is asked for again after five seconds', async () => {
    respond = () => { throw new Error('unreachable'); };
    expect((await me(token())).status).toBe(503);
    expect((await me(token())).status).toBe(503);
    expect(fetched).toBe(1);
    respond = () => JWKS;
    now += 5_000;
    expect((await me(token())).status).toBe(200);
  });

  test('that breaks down later does not lock out who holds a token of a known key', async () => {
    expect((await me(token())).status).toBe(200);
    now += 60_000;
    respond = () => { throw new Error('unreachable'); };
    expect((await me(token(claims(), { kid: 'unknown' }))).status).toBe(401);
    expect((await me(token())).status).toBe(200);
  });
});
