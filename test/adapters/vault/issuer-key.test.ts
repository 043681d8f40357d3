import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { publicJwkOf, signedJwt } from '../../../functions/adapters/vault/issuer-key.ts';
import { kmsIssuerKey } from '../../../functions/adapters/vault/kms.ts';
import { fakeKms, SIGNING_KEY } from './fake-kms.ts';

describe('the key of the bridge', () => {
  test('is known by its thumbprint: the example of RFC 7638, 3.1', () => {
    const n = '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw';
    const spki = createPublicKey({ key: { kty: 'RSA', n, e: 'AQAB' }, format: 'jwk' }).export({ format: 'der', type: 'spki' });
    expect(publicJwkOf(spki)).toEqual({ kty: 'RSA', n, e: 'AQAB', use: 'sig', alg: 'RS256', kid: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs' });
  });

  test('signs what its public half verifies, asks for that half once, and is an RSA key or none', async () => {
    const kms = fakeKms();
    const key = kmsIssuerKey({ client: kms.as('kms:Sign', 'kms:GetPublicKey'), keyId: SIGNING_KEY });
    const [one, other] = await Promise.all([signedJwt(key, { sub: 'a' }), signedJwt(key, { sub: 'é' })]);
    for (const token of [one, other]) {
      const [header = '', payload = '', signature = ''] = token.split('.');
      expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({ alg: 'RS256', typ: 'JWT', kid: (await key.publicJwk()).kid });
      const publicKey = createPublicKey({ key: { ...(await key.publicJwk()) }, format: 'jwk' });
      expect(verify('sha256', Buffer.from(`${header}.${payload}`), publicKey, Buffer.from(signature, 'base64url'))).toBe(true);
    }
    expect(kms.calls.filter((call) => call === 'kms:GetPublicKey')).toHaveLength(1);
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(() => publicJwkOf(publicKey.export({ format: 'der', type: 'spki' }))).toThrow('not an RSA key');
  });

  test('a failure to read it is not remembered', async () => {
    const kms = fakeKms();
    let fails = true;
    const client = kms.as('kms:GetPublicKey');
    const key = kmsIssuerKey({ client: { send: ((command: never) => (fails ? Promise.reject(new Error('away')) : client.send(command))) as typeof client.send }, keyId: SIGNING_KEY });
    await expect(key.publicJwk()).rejects.toThrow('away');
    fails = false;
    expect((await key.publicJwk()).kty).toBe('RSA');
  });
});
