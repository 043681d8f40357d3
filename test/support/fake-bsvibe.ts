import { createHmac, generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selfSigned } from './self-signed.ts';

export interface SigningPair { readonly kid: string; readonly publicKey: KeyObject; readonly privateKey: KeyObject }
export interface TokenChange {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  /** How the signature is made; default: ES256 by the current key. */
  readonly signature?: (input: string) => string;
  readonly pair?: SigningPair;
}

/** A BSVibe that is no OpenID provider: a sign-in page that redirects with tokens in the fragment, and the key set of its tokens. */
export interface FakeBsvibe {
  /** `https://localhost:PORT/auth`. */
  readonly origin: string;
  readonly issuer: string;
  readonly jwksUri: string;
  readonly certificateFile: string;
  /** Where the sign-in page sends people back to; others are told so by BSVibe itself. */
  readonly allowed: Set<string>;
  /** Who is at the keyboard. */
  person: Readonly<Record<string, unknown>>;
  current(): SigningPair;
  /** The key set: as many keys as are published. */
  readonly published: SigningPair[];
  newPair(): SigningPair;
  /** An access token as BSVibe signs them, changed as said. */
  token(change?: TokenChange): string;
  /** What the sign-in page does with an address, when somebody has signed in. */
  signIn(loginUrl: string): { readonly location: string } | { readonly refused: string };
  readonly refreshTokens: string[];
  /** How often the key set was asked for. */
  readonly asked: string[];
  close(): Promise<void>;
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const es256 = (key: KeyObject) => (input: string): string => sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
export const hs256 = (secret: string | Buffer) => (input: string): string => createHmac('sha256', secret).update(input).digest('base64url');

export async function fakeBsvibe(): Promise<FakeBsvibe> {
  const newPair = (): SigningPair => ({ kid: randomUUID(), ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) });
  const published = [newPair()];
  const [asked, refreshTokens]: [string[], string[]] = [[], []];
  const { key, cert } = selfSigned('localhost');
  const certificateFile = join(tmpdir(), `bsg-bsvibe-${process.pid}-${Date.now()}.pem`);
  await writeFile(certificateFile, cert);
  const server = createServer({ key, cert }, (request, response) => {
    asked.push(request.url ?? '');
    if (request.url?.startsWith('/auth/login?') === true) {
      const back = bsvibe.signIn(`${new URL(issuer).origin}${request.url}`);
      return 'refused' in back ? response.writeHead(400).end(back.refused) : response.writeHead(302, { location: back.location }).end();
    }
    if (request.url !== '/auth/.well-known/jwks.json') return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': 'application/json' });
    return response.end(JSON.stringify({ keys: published.map(({ kid, publicKey }) => ({ ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' })) }));
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const issuer = `https://localhost:${(server.address() as AddressInfo).port}/auth`;
  const current = (): SigningPair => {
    const last = published.at(-1);
    if (last === undefined) throw new Error('no key is published');
    return last;
  };
  const bsvibe: FakeBsvibe = {
    origin: issuer, issuer, jwksUri: `${issuer}/.well-known/jwks.json`, certificateFile, allowed: new Set(), published, asked, refreshTokens, current, newPair,
    person: { sub: '7b0c2a6e-5d3f-4f1e-9a57-0c8f4b8f2d11', email: 'ann@example.com', user_metadata: { full_name: 'Ann Example', email_verified: true } },
    token({ claims = {}, header = {}, pair = current(), signature = es256(pair.privateKey) } = {}) {
      const now = Math.floor(Date.now() / 1000);
      const input = `${part({ alg: 'ES256', typ: 'JWT', kid: pair.kid, ...header })}.${part({
        iss: issuer, aud: 'authenticated', role: 'authenticated', iat: now, exp: now + 3600, session_id: randomUUID(), is_anonymous: false, ...bsvibe.person, ...claims,
      })}`;
      return `${input}.${signature(input)}`;
    },
    signIn(loginUrl) {
      const url = new URL(loginUrl);
      const back = url.searchParams.get('redirect_uri') ?? '';
      if (`${url.origin}${url.pathname}` !== `${issuer}/login` || !bsvibe.allowed.has(back)) return { refused: 'This address may not sign people in.' };
      const refreshToken = `refresh-${randomUUID()}`;
      refreshTokens.push(refreshToken);
      const fragment = new URLSearchParams({ access_token: bsvibe.token(), refresh_token: refreshToken, expires_in: '3600', token_type: 'bearer', state: url.searchParams.get('state') ?? '' });
      return { location: `${back}#${fragment}` };
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => { server.close(() => resolve()); });
    },
  };
  return bsvibe;
}
