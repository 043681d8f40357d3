import { createDecipheriv } from 'node:crypto';
import { Secret } from '../../core/secret.ts';
import { additionalData, OpenError } from './context.ts';
import type { OpeningKeys, SealContext, SealedRecord } from './vault.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Opens a sealed credential. Rejects with `OpenError`, always the same words, when any bit of the record or any field of
 * the context differs from when it was sealed. The data key and the clear bytes are zeroed afterwards.
 */
export async function openCredential(keys: OpeningKeys, context: SealContext, record: SealedRecord): Promise<Secret> {
  try {
    return await open(keys, context, record);
  } catch {
    throw new OpenError();
  }
}

async function open(keys: OpeningKeys, context: SealContext, record: SealedRecord): Promise<Secret> {
  const nonce = bytesOf(record.nonce);
  const tag = bytesOf(record.tag);
  // Node accepts shorter tags unless told otherwise, and a short tag can be forged by trying.
  if (record.v !== 1 || nonce.length !== NONCE_BYTES || tag.length !== TAG_BYTES) throw new OpenError();
  const ciphertext = bytesOf(record.ciphertext);
  const dataKey = await keys.decryptDataKey(bytesOf(record.encryptedKey), context);
  try {
    const decipher = createDecipheriv('aes-256-gcm', dataKey, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(additionalData(record.v, context));
    decipher.setAuthTag(tag);
    const clear = decipher.update(ciphertext);
    try {
      decipher.final();
      return new Secret(clear.toString());
    } finally {
      clear.fill(0);
    }
  } finally {
    dataKey.fill(0);
  }
}

/** Decodes base64 and refuses every spelling but the canonical one: Node's decoder skips what it does not know. */
function bytesOf(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw new OpenError();
  return bytes;
}
