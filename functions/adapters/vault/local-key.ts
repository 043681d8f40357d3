import { createCipheriv, createDecipheriv, hkdfSync, randomBytes as systemRandom } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { additionalData } from './context.ts';
import type { OpeningKeys, PepperKeys, SealContext, SealingKeys } from './vault.ts';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const WRAP_VERSION = 1;
const HEADER_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

type RandomBytes = (size: number) => Uint8Array;

/** The master key file cannot be used; the message is one sentence for the operator and holds no key material. */
export class MasterKeyError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MasterKeyError';
  }
}

/**
 * The master key of the one-machine edition: 32 bytes in `path`, as base64 or hex. A missing file is created
 * exclusively, readable by its owner only (`created` is true then). Throws `MasterKeyError` when others may read the
 * file or when it holds anything else. Synchronous: it runs once, before the server listens.
 */
export function readOrCreateMasterKey(path: string, randomBytes: RandomBytes = systemRandom): { key: Uint8Array; created: boolean } {
  try {
    return { key: readMasterKey(path), created: false };
  } catch (error) {
    if (error instanceof MasterKeyError) throw error;
    if (!hasCode(error, 'ENOENT')) throw new MasterKeyError(`The master key file ${path} could not be read.`, { cause: error });
  }
  try {
    return { key: createMasterKey(path, randomBytes), created: true };
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw new MasterKeyError(`The master key file ${path} could not be written.`, { cause: error });
    return { key: readMasterKey(path), created: false };
  }
}

function readMasterKey(path: string): Uint8Array {
  const file = openSync(path, 'r');
  try {
    // Windows has no such bits and reports them all as set.
    if (process.platform !== 'win32' && (fstatSync(file).mode & 0o077) !== 0) {
      throw new MasterKeyError(`The master key file ${path} is open to other users; run "chmod 600 ${path}" first.`);
    }
    return decode(readFileSync(file, 'latin1').trim(), path);
  } finally {
    closeSync(file);
  }
}

function decode(text: string, path: string): Uint8Array {
  const encoding = text.length === KEY_BYTES * 2 ? 'hex' : 'base64';
  const key = Buffer.from(text, encoding);
  if (key.length !== KEY_BYTES || key.toString(encoding) !== (encoding === 'hex' ? text.toLowerCase() : text)) {
    throw new MasterKeyError(`The master key file ${path} does not hold 32 bytes as base64 or hex; restore it from a backup.`);
  }
  return key;
}

function createMasterKey(path: string, randomBytes: RandomBytes): Uint8Array {
  const key = randomBytes(KEY_BYTES);
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, `${Buffer.from(key).toString('base64')}\n`);
    fsyncSync(file);
  } catch (error) {
    // Half a key file would refuse every later start.
    unlinkSync(path);
    throw error;
  } finally {
    closeSync(file);
  }
  return key;
}

/** All three halves; who gets which is a matter of the type it is handed over as. */
export type LocalKeys = SealingKeys & OpeningKeys & PepperKeys & {
  /** Tells this master key from any other and nothing else about it: 32 hex digits of a subkey that serves nothing else. */
  readonly fingerprint: string;
};

/**
 * The embedded key service: data keys are wrapped with AES-256-GCM under one HKDF-SHA-256 subkey of the master key,
 * with the sealing context as additional data; the pepper and the fingerprint are other subkeys (RFC 5869, one label each).
 */
export function localKeys(masterKey: Uint8Array, randomBytes: RandomBytes = systemRandom): LocalKeys {
  if (masterKey.length !== KEY_BYTES) throw new RangeError('a master key is 32 bytes');
  const wrapKey = subkey(masterKey, 'bsgateway/data-key-wrap/v1');
  const pepper = subkey(masterKey, 'bsgateway/key-pepper/v1');
  return {
    generateDataKey: async (context) => {
      const plaintext = Uint8Array.from(randomBytes(KEY_BYTES));
      return { plaintext, encrypted: wrap(wrapKey, plaintext, context, randomBytes(NONCE_BYTES)) };
    },
    decryptDataKey: async (encrypted, context) => unwrap(wrapKey, encrypted, context),
    pepper: async () => pepper,
    fingerprint: Buffer.from(subkey(masterKey, 'bsgateway/master-key-fingerprint/v1')).toString('hex', 0, 16),
  };
}

function subkey(masterKey: Uint8Array, label: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', masterKey, new Uint8Array(0), label, KEY_BYTES));
}

/** Layout: version byte, nonce, tag, wrapped key. */
function wrap(wrapKey: Uint8Array, dataKey: Uint8Array, context: SealContext, nonce: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', wrapKey, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(additionalData(WRAP_VERSION, context));
  const wrapped = Buffer.concat([cipher.update(dataKey), cipher.final()]);
  return Buffer.concat([Uint8Array.of(WRAP_VERSION), nonce, cipher.getAuthTag(), wrapped]);
}

function unwrap(wrapKey: Uint8Array, encrypted: Uint8Array, context: SealContext): Uint8Array {
  if (encrypted.length !== HEADER_BYTES + KEY_BYTES || encrypted[0] !== WRAP_VERSION) throw new Error('not a wrapped data key');
  const decipher = createDecipheriv('aes-256-gcm', wrapKey, encrypted.subarray(1, 1 + NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(additionalData(WRAP_VERSION, context));
  decipher.setAuthTag(encrypted.subarray(1 + NONCE_BYTES, HEADER_BYTES));
  const dataKey = decipher.update(encrypted.subarray(HEADER_BYTES));
  try {
    decipher.final();
  } catch (error) {
    dataKey.fill(0);
    throw error;
  }
  return dataKey;
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
