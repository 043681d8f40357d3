import { createPublicKey, hash } from 'node:crypto';

/** The public half of an issuer's key, as a key set shows it (RFC 7517). */
export interface PublicJwk { readonly kty: 'RSA'; readonly n: string; readonly e: string; readonly kid: string; readonly use: 'sig'; readonly alg: 'RS256' }

/** A key that signs ID tokens and cannot be read. */
export interface IssuerKey {
  publicJwk(): Promise<PublicJwk>;
  /** RSASSA-PKCS1-v1_5 over a SHA-256 digest. */
  sign(digest: Uint8Array): Promise<Uint8Array>;
}

/** From a SubjectPublicKeyInfo in DER; the id is the key's thumbprint (RFC 7638), so another key never has the same. Throws for anything but RSA. */
export function publicJwkOf(spki: Uint8Array): PublicJwk {
  const { kty, n, e } = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }).export({ format: 'jwk' });
  if (kty !== 'RSA' || n === undefined || e === undefined) throw new Error('the key of the issuer is not an RSA key');
  return { kty, n, e, kid: hash('sha256', JSON.stringify({ e, kty, n }), 'base64url'), use: 'sig', alg: 'RS256' };
}

/** A JSON Web Signature in compact form (RFC 7515): RS256, with the key's id. */
export async function signedJwt(key: IssuerKey, claims: object): Promise<string> {
  const { kid } = await key.publicJwk();
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${part({ alg: 'RS256', typ: 'JWT', kid })}.${part(claims)}`;
  const signature = await key.sign(hash('sha256', input, 'buffer'));
  return `${input}.${Buffer.from(signature).toString('base64url')}`;
}
