import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';

/**
 * Virtual keys: `bsg_<env>_<key id>_<secret><checksum>`, 71 ASCII characters. The secret is 32 random
 * bytes as 43 base62 digits, big-endian; the checksum is the CRC-32 (zlib polynomial) of every character before it as
 * 6 base62 digits. The key id is the lookup name and may be logged; the secret is only ever stored as a keyed hash.
 */

export type KeyEnv = 'live' | 'test';

export interface ParsedKey {
  readonly env: KeyEnv;
  /** 12 base62 digits. */
  readonly keyId: string;
  /** The 43 base62 digits that `hashSecret` takes; the checksum is no part of it. */
  readonly secret: string;
  /** What may be shown: everything up to the key id, an ellipsis, the last four characters. */
  readonly display: string;
}

export interface NewKey extends ParsedKey {
  /** The whole key in clear: shown once, never stored. */
  readonly key: string;
  readonly last4: string;
}

/** Finds keys inside any text. No anchors, look-arounds or flags, so that it works in RE2-based secret scanners too. */
export const KEY_SCANNER_REGEX = /bsg_(?:live|test)_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}/;

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const KEY_LENGTH = 71;
const ID_START = 9;
const ID_LENGTH = 12;
const SECRET_START = 22;
const SECRET_DIGITS = 43;
const CHECKSUM_START = 65;
const CHECKSUM_DIGITS = 6;
const SECRET_BYTES = 32;

/** ASCII code → base62 value, 255 = not a digit. */
const DIGIT = new Uint8Array(128).fill(255);
for (let value = 0; value < 62; value++) DIGIT[ALPHABET.charCodeAt(value)] = value;

/** CRC-32 table of the reflected polynomial 0xEDB88320 (RFC 1952, section 8). A loop over it beats a native call at this length. */
const CRC_TABLE = new Int32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  CRC_TABLE[byte] = crc;
}

/** Unsigned CRC-32 of the first `length` characters of an ASCII string. */
function crc32(text: string, length: number): number {
  let crc = -1;
  for (let i = 0; i < length; i++) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ text.charCodeAt(i)) & 255] ?? 0);
  return (crc ^ -1) >>> 0;
}

function base62(value: bigint, digits: number): string {
  let text = '';
  for (let rest = value, i = 0; i < digits; i++, rest /= 62n) text = ALPHABET.charAt(Number(rest % 62n)) + text;
  return text;
}

function toBigInt(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`);
}

function areDigits(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if ((DIGIT[text.charCodeAt(i)] ?? 255) === 255) return false;
  return true;
}

/** Writes a key. Throws `RangeError` for anything but a 12-digit base62 id and exactly 32 secret bytes. */
export function formatKey(parts: { readonly env: KeyEnv; readonly keyId: string; readonly secretBytes: Uint8Array }): string {
  if (parts.keyId.length !== ID_LENGTH || !areDigits(parts.keyId, 0, ID_LENGTH)) throw new RangeError('a key id is 12 base62 digits');
  if (parts.secretBytes.length !== SECRET_BYTES) throw new RangeError('a key secret is 32 bytes');
  const body = `bsg_${parts.env}_${parts.keyId}_${base62(toBigInt(parts.secretBytes), SECRET_DIGITS)}`;
  return body + base62(BigInt(crc32(body, CHECKSUM_START)), CHECKSUM_DIGITS);
}

/**
 * Reads a key, or gives undefined for whatever is not exactly one: wrong length, alphabet or checksum, surrounding
 * blanks, no string at all. Does no I/O, never throws, and looks at no more than 71 characters.
 */
export function parseKey(text: unknown): ParsedKey | undefined {
  if (typeof text !== 'string' || text.length !== KEY_LENGTH) return undefined;
  const env = text.startsWith('bsg_live_') ? 'live' : text.startsWith('bsg_test_') ? 'test' : undefined;
  if (env === undefined || text.charCodeAt(SECRET_START - 1) !== 95) return undefined;
  if (!areDigits(text, ID_START, SECRET_START - 1) || !areDigits(text, SECRET_START, KEY_LENGTH)) return undefined;
  let checksum = 0;
  for (let i = CHECKSUM_START; i < KEY_LENGTH; i++) checksum = checksum * 62 + (DIGIT[text.charCodeAt(i)] ?? 0);
  if (checksum !== crc32(text, CHECKSUM_START)) return undefined;
  return {
    env,
    keyId: text.slice(ID_START, ID_START + ID_LENGTH),
    secret: text.slice(SECRET_START, CHECKSUM_START),
    display: displayKey(text),
  };
}

/** The form in which a well-formed key may be shown and logged. */
export function displayKey(key: string): string {
  return `${key.slice(0, ID_START + ID_LENGTH)}…${key.slice(-4)}`;
}

/**
 * A new key from a source of random bytes (`randomBytes(n)` gives n of them). The id takes 16 bytes modulo 62^12, so
 * its digits are uniform to within 2^-56; the secret takes 32 bytes unchanged.
 */
export function newKey(env: KeyEnv, randomBytes: (size: number) => Uint8Array): NewKey {
  const keyId = base62(toBigInt(randomBytes(16)), ID_LENGTH);
  const key = formatKey({ env, keyId, secretBytes: randomBytes(SECRET_BYTES) });
  return { key, env, keyId, secret: key.slice(SECRET_START, CHECKSUM_START), display: displayKey(key), last4: key.slice(-4) };
}

/** base64 of HMAC-SHA-256(pepper, secret): the only form in which a secret is stored. */
export function hashSecret(pepper: Uint8Array, secret: string): string {
  return hmac(pepper, secret).toString('base64');
}

/** A prepared key per pepper: from bare bytes each HMAC costs five times as much. A pepper's bytes never change. */
const prepared = new WeakMap<Uint8Array, KeyObject>();

function hmac(pepper: Uint8Array, secret: string): Buffer {
  let key = prepared.get(pepper);
  if (key === undefined) {
    key = createSecretKey(pepper);
    prepared.set(pepper, key);
  }
  return createHmac('sha256', key).update(secret).digest();
}

/** Compared against when there is no record, so that an unknown id costs what a wrong secret costs. */
const DUMMY_HASH = Buffer.alloc(32, 0x5a).toString('base64');

/**
 * Whether `secret` belongs to `storedHash`. Constant time in the contents of both: the same HMAC and the same
 * comparison of 32 bytes run for a wrong secret, an unknown id (`storedHash` undefined) and a damaged hash.
 */
export function secretMatches(pepper: Uint8Array, secret: string, storedHash: string | undefined): boolean {
  const presented = hmac(pepper, secret);
  const stored = Buffer.from(storedHash ?? DUMMY_HASH, 'base64');
  const comparable = stored.length === presented.length;
  const equal = timingSafeEqual(presented, comparable ? stored : Buffer.from(DUMMY_HASH, 'base64'));
  return equal && comparable && storedHash !== undefined;
}
