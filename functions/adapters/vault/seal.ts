import { createCipheriv, randomFillSync } from 'node:crypto';
import { additionalData } from './context.ts';
import type { SealContext, SealedRecord, SealingKeys } from './vault.ts';

const NONCE_BYTES = 12;
type FillRandom = (bytes: Uint8Array) => unknown;

/**
 * Seals a provider credential with AES-256-GCM under a fresh data key of its own: the record opens only with the
 * same four context fields. The data key and the clear bytes are zeroed before this returns or throws. Rejects with the
 * key service's error, or `TypeError` for text with lone surrogates, which would not come back as it went in.
 */
export async function sealCredential(
  keys: SealingKeys, context: SealContext, plaintext: string, fillRandom: FillRandom = randomFillSync,
): Promise<SealedRecord> {
  if (!plaintext.isWellFormed()) throw new TypeError('a credential must be well-formed text');
  const dataKey = await keys.generateDataKey(context);
  const clear = Buffer.from(plaintext);
  try {
    const nonce = Buffer.alloc(NONCE_BYTES);
    fillRandom(nonce);
    const cipher = createCipheriv('aes-256-gcm', dataKey.plaintext, nonce, { authTagLength: 16 });
    cipher.setAAD(additionalData(1, context));
    const ciphertext = Buffer.concat([cipher.update(clear), cipher.final()]);
    return {
      v: 1,
      encryptedKey: base64(dataKey.encrypted),
      nonce: base64(nonce),
      ciphertext: base64(ciphertext),
      tag: base64(cipher.getAuthTag()),
    };
  } finally {
    dataKey.plaintext.fill(0);
    clear.fill(0);
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
