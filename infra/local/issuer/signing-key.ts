import { generateKeyPairSync, randomBytes, type JsonWebKey } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { StartError } from '../command-line.ts';

export interface SigningKey { readonly kid: string; readonly privateJwk: JsonWebKey; readonly publicJwk: JsonWebKey }

/**
 * The key under which this machine's issuer signs tokens: made once, kept in `path` for its owner only, so that tokens
 * outlive a restart. Throws `StartError` when the file holds something else.
 */
export function openSigningKey(path: string): SigningKey {
  let text: string | undefined;
  try {
    text = readFileSync(path, 'utf8');
  } catch { /* the first start */ }
  try {
    const stored = text === undefined ? makeKey() : (JSON.parse(text) as JsonWebKey);
    if (text === undefined) {
      writeFileSync(path, JSON.stringify(stored), { mode: 0o600, flag: 'wx' });
      chmodSync(path, 0o600);
    }
    const { kty, n, e, kid } = stored;
    if (kty !== 'RSA' || typeof n !== 'string' || typeof e !== 'string' || typeof kid !== 'string' || typeof stored.d !== 'string') throw new Error('not a key');
    return { kid, privateJwk: { ...stored, use: 'sig', alg: 'RS256' }, publicJwk: { kty, n, e, kid, use: 'sig', alg: 'RS256' } };
  } catch (error) {
    throw new StartError(`The signing key ${path} could not be used; delete it and everybody signs in anew.`, { cause: error });
  }
}

function makeKey(): JsonWebKey {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: randomBytes(8).toString('hex') };
}
