import { createHmac, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { displayKey, formatKey, hashSecret, KEY_SCANNER_REGEX, newKey, parseKey, secretMatches } from '../../../functions/core/keys/virtual-key.ts';

/** The published vector, in pieces so that scanning this repository for keys finds nothing. */
const VECTOR = ['bsg', 'test', 'AAAAAAAAAAAA', '003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf3OlJFf'].join('_');
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const VECTOR_BYTES = Uint8Array.from({ length: 32 }, (_, i) => i);

/** The first 65 characters of a key with the checksum that they would have. */
function withChecksum(body: string): string {
  let [rest, text] = [crc32(body), ''];
  for (let i = 0; i < 6; i += 1) {
    text = DIGITS.charAt(rest % 62) + text;
    rest = Math.floor(rest / 62);
  }
  return body + text;
}

describe('the format', () => {
  test('writes the published vector from its bytes', () => {
    expect(formatKey({ env: 'test', keyId: 'AAAAAAAAAAAA', secretBytes: VECTOR_BYTES })).toBe(VECTOR);
  });

  test('reads the published vector and shows it shortened', () => {
    expect(parseKey(VECTOR)).toEqual({
      env: 'test', keyId: 'AAAAAAAAAAAA', secret: '003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf', display: 'bsg_test_AAAAAAAAAAAA…lJFf',
    });
    expect(displayKey(VECTOR)).toBe('bsg_test_AAAAAAAAAAAA…lJFf');
  });

  test('the checksum is the CRC-32 of zlib, at both ends of its range of digits', () => {
    fc.assert(fc.property(fc.constantFrom('live' as const, 'test' as const), fc.stringMatching(/^[0-9A-Za-z]{12}$/), fc.uint8Array({ minLength: 32, maxLength: 32 }), (env, keyId, secretBytes) => {
      const key = formatKey({ env, keyId, secretBytes });
      const value = Array.from(key.slice(65)).reduce((sum, digit) => sum * 62 + DIGITS.indexOf(digit), 0);
      expect(value).toBe(crc32(key.slice(0, 65)));
      expect(parseKey(key)).toEqual({ env, keyId, secret: key.slice(22, 65), display: `bsg_${env}_${keyId}…${key.slice(-4)}` });
    }));
  });

  test.each([
    ['short id', 'AAAAAAAAAAA', 32, 'a key id is 12 base62 digits'],
    ['long id', 'AAAAAAAAAAAAA', 32, 'a key id is 12 base62 digits'],
    ['id outside the alphabet', 'AAAAAAAAAA_A', 32, 'a key id is 12 base62 digits'],
    ['short secret', 'AAAAAAAAAAAA', 31, 'a key secret is 32 bytes'],
    ['long secret', 'AAAAAAAAAAAA', 33, 'a key secret is 32 bytes'],
  ])('refuses to write a key with a %s and says what it should be', (_, keyId, size, sentence) => {
    expect(() => formatKey({ env: 'live', keyId, secretBytes: new Uint8Array(size) })).toThrow(new RangeError(sentence));
  });

  test('a right checksum makes no key of what is otherwise none: every character that the format fixes is looked at', () => {
    expect(parseKey(withChecksum(VECTOR.slice(0, 65)))?.env).toBe('test');
    // `test` may become `live` as a whole, which is another key and not an edit of one character.
    for (const at of [0, 1, 2, 3, 4, 5, 6, 7, 8, 21]) {
      for (const other of ['A', '0', '-', '_', 'l']) {
        if (VECTOR[at] === other) continue;
        expect([at, other, parseKey(withChecksum(VECTOR.slice(0, at) + other + VECTOR.slice(at + 1, 65)))]).toEqual([at, other, undefined]);
      }
    }
    expect(parseKey(withChecksum(VECTOR.slice(0, 65).replace('test', 'prod')))).toBeUndefined();
    expect(parseKey(withChecksum(VECTOR.slice(0, 65).replace('test', 'live')))?.env).toBe('live');
  });

  test.each<[string, unknown]>([
    ['nothing', ''],
    ['undefined', undefined],
    ['a list', [VECTOR]],
    ['another environment', VECTOR.replace('test', 'prod')],
    ['the other environment with the same checksum', VECTOR.replace('test', 'live')],
    ['an upper-case prefix', VECTOR.replace('bsg', 'BSG')],
    ['a leading blank', ` ${VECTOR}`],
    ['a trailing newline', `${VECTOR}\n`],
    ['a blank instead of the last character', `${VECTOR.slice(0, -1)} `],
    ['one character less', VECTOR.slice(0, -1)],
    ['a full-width digit', `${VECTOR.slice(0, 30)}１${VECTOR.slice(31)}`],
    ['a character beyond ASCII whose low byte is a digit', `${VECTOR.slice(0, 22)}\u0130${VECTOR.slice(23)}`],
    ['another separator', `${VECTOR.slice(0, 21)}-${VECTOR.slice(22)}`],
    ['a checksum beyond 32 bits', `${VECTOR.slice(0, -6)}zzzzzz`],
  ])('reads %s as no key', (_, text) => {
    expect(parseKey(text)).toBeUndefined();
  });
});

describe('new keys', () => {
  test('come from the given random bytes alone: 16 for the id, 32 for the secret', () => {
    const asked: number[] = [];
    const made = newKey('test', (size) => {
      asked.push(size);
      return VECTOR_BYTES.subarray(0, size);
    });
    expect(asked).toEqual([16, 32]);
    expect(made.secret).toBe('003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf');
    expect(parseKey(made.key)).toEqual({ env: made.env, keyId: made.keyId, secret: made.secret, display: made.display });
    expect(made.last4).toBe(made.key.slice(-4));
  });

  test('bytes at both extremes give keys of full length', () => {
    for (const byte of [0, 255]) expect(newKey('live', (size) => new Uint8Array(size).fill(byte)).key).toHaveLength(71);
  });

  test('every digit of the alphabet turns up in ids', () => {
    const seen = new Set(Array.from({ length: 200 }, () => newKey('live', randomBytes).keyId).join(''));
    expect(seen.size).toBe(62);
  });
});

test('the scanner regex finds a key inside other text and needs no look-around', () => {
  expect(KEY_SCANNER_REGEX.exec(`BSG_KEY="${VECTOR}" # do not commit`)?.[0]).toBe(VECTOR);
  expect(KEY_SCANNER_REGEX.source).not.toContain('(?<');
  expect(KEY_SCANNER_REGEX.flags).toBe('');
});

describe('stored hashes', () => {
  const pepper = randomBytes(32);

  test('are HMAC-SHA-256 of the secret under the pepper, in base64', () => {
    expect(hashSecret(pepper, 'abc')).toBe(createHmac('sha256', pepper).update('abc').digest('base64'));
  });

  test('match their own secret only, under their own pepper only', () => {
    const stored = hashSecret(pepper, 'abc');
    expect(secretMatches(pepper, 'abc', stored)).toBe(true);
    expect(secretMatches(pepper, 'abd', stored)).toBe(false);
    expect(secretMatches(randomBytes(32), 'abc', stored)).toBe(false);
  });

  test('an unknown id and a damaged hash never match and never throw', () => {
    for (const damaged of [undefined, '', 'AAAA', 'not base64 at all', `AAAA${hashSecret(pepper, 'abc')}`, hashSecret(pepper, 'abc').slice(0, -4)]) {
      expect(secretMatches(pepper, 'abc', damaged)).toBe(false);
    }
  });
});
