import { generateKeyPairSync, sign } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selfSigned } from './self-signed.ts';

/** The documented face of a user pool over TLS: a key set and the userInfo endpoint. */
export interface IdentityProvider {
  /** `https://localhost:PORT`. */
  readonly origin: string;
  readonly issuer: string;
  readonly clientId: string;
  /** File of the certificate, for `NODE_EXTRA_CA_CERTS`. */
  readonly certificateFile: string;
  readonly asked: string[];
  /** An access token of a person as the pool signs them. */
  token(sub: string, change?: object): string;
  /** The address that userInfo gives for a `sub`. */
  emails: Map<string, { readonly email: string; readonly verified: boolean }>;
  /** Another status makes the userInfo endpoint fail with it. */
  readonly userInfo: { status: number };
  close(): Promise<void>;
}

export async function identityProvider(): Promise<IdentityProvider> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { key, cert } = selfSigned('localhost');
  const certificateFile = join(tmpdir(), `bsg-identity-${process.pid}-${Date.now()}.pem`);
  await writeFile(certificateFile, cert);
  const emails: IdentityProvider['emails'] = new Map();
  const asked: string[] = [];
  const userInfo = { status: 200 };
  const server: Server = createServer({ key, cert }, (request, response) => {
    asked.push(request.url ?? '');
    const json = (body: object): void => { response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body)); };
    if (request.url?.endsWith('/jwks.json')) return json({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'RS256' }] });
    const claims = JSON.parse(Buffer.from(request.headers.authorization?.split('.')[1] ?? '', 'base64url').toString('utf8') || '{}') as { sub?: string; scope?: string };
    // As the pool does with tokens that do not carry the scope.
    if (userInfo.status !== 200 || !(claims.scope ?? '').split(' ').includes('openid')) return void response.writeHead(userInfo.status === 200 ? 401 : userInfo.status, { 'content-type': 'application/json' }).end('{"error":"invalid_token"}');
    const known = emails.get(claims.sub ?? '');
    return json({ sub: claims.sub, ...(known && { email: known.email, email_verified: String(known.verified) }) });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const origin = `https://localhost:${(server.address() as AddressInfo).port}`;
  const issuer = `${origin}/eu-central-1_abc`;
  const clientId = 'dashboard-client';
  return {
    origin, issuer, clientId, certificateFile, asked, emails, userInfo,
    token(sub, change = {}) {
      const now = Math.floor(Date.now() / 1000);
      const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
      const input = `${part({ alg: 'RS256', kid: 'k1' })}.${part({ sub, iss: issuer, client_id: clientId, token_use: 'access', scope: 'openid email bsgateway/admin', exp: now + 900, iat: now, username: sub, ...change })}`;
      return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => { server.close(() => resolve()); });
    },
  };
}
