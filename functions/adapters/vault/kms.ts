import { DecryptCommand, GenerateDataKeyCommand, GenerateMacCommand, GetPublicKeyCommand, KMSClient, SignCommand, type KMSClientConfig } from '@aws-sdk/client-kms';
import { publicJwkOf, type IssuerKey, type PublicJwk } from './issuer-key.ts';
import type { OpeningKeys, PepperKeys, SealContext, SealingKeys } from './vault.ts';

/** The fixed message under the pepper's HMAC key; another label would be another pepper. */
const PEPPER_LABEL = new TextEncoder().encode('bsgateway/key-pepper/v1');
const KEY_BYTES = 32;

export interface KmsOptions {
  readonly client: Pick<KMSClient, 'send'>;
  /** ARN or id of the vault key; for the pepper, of the HMAC_256 key. */
  readonly keyId: string;
}

export interface KmsClientOptions {
  /** undefined = the SDK's own chain. */
  readonly credentials?: KMSClientConfig['credentials'];
}

/** A client with kept-alive sockets and short timeouts; all calls made here may be repeated, so the SDK retries them. */
export function kmsClient(options: KmsClientOptions = {}): KMSClient {
  const agent = { keepAlive: true, maxSockets: 64 };
  return new KMSClient({
    ...(options.credentials !== undefined && { credentials: options.credentials }),
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true, httpAgent: agent, httpsAgent: agent },
  });
}

/** Data keys from `kms:GenerateDataKey` with the four context fields: all that the control plane's role may call. */
export function kmsSealingKeys({ client, keyId }: KmsOptions): SealingKeys {
  return {
    generateDataKey: async (context) => {
      const answer = await client.send(new GenerateDataKeyCommand({ KeyId: keyId, KeySpec: 'AES_256', EncryptionContext: fields(context) }));
      if (answer.CiphertextBlob === undefined) throw new Error('the key service gave no wrapped data key');
      return { plaintext: keyOf(answer.Plaintext), encrypted: answer.CiphertextBlob };
    },
  };
}

/** Unwraps data keys with `kms:Decrypt`, the data plane's right. The key id is sent too, so that a blob of another key is refused. */
export function kmsOpeningKeys({ client, keyId }: KmsOptions): OpeningKeys {
  return {
    decryptDataKey: async (encrypted, context) => {
      const answer = await client.send(new DecryptCommand({ KeyId: keyId, CiphertextBlob: encrypted, EncryptionContext: fields(context) }));
      return keyOf(answer.Plaintext);
    },
  };
}

/** The pepper is `kms:GenerateMac` (HMAC-SHA-256) over a fixed label: it exists nowhere but in memory. One call per use; wrap in `pepperOnce`. */
export function kmsPepperKeys({ client, keyId }: KmsOptions): PepperKeys {
  return {
    pepper: async () => {
      const answer = await client.send(new GenerateMacCommand({ KeyId: keyId, MacAlgorithm: 'HMAC_SHA_256', Message: PEPPER_LABEL }));
      return keyOf(answer.Mac);
    },
  };
}

/**
 * The bridge's RSA_2048 key: `kms:GetPublicKey` once per process (a failure is not remembered), `kms:Sign` per ID token,
 * over a digest, because KMS takes at most 4 KB of a message.
 */
export function kmsIssuerKey({ client, keyId }: KmsOptions): IssuerKey {
  let read: Promise<PublicJwk> | undefined;
  const publicJwk = async (): Promise<PublicJwk> => {
    const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId: keyId }));
    return publicJwkOf(PublicKey ?? new Uint8Array());
  };
  return {
    publicJwk: () => {
      read ??= publicJwk().catch((error: unknown) => {
        read = undefined;
        throw error;
      });
      return read;
    },
    sign: async (digest) => {
      const { Signature } = await client.send(new SignCommand({ KeyId: keyId, Message: digest, MessageType: 'DIGEST', SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256' }));
      if (Signature === undefined) throw new Error('the key service gave no signature');
      return Signature;
    },
  };
}

function keyOf(bytes: Uint8Array | undefined): Uint8Array {
  if (bytes?.length !== KEY_BYTES) throw new Error('the key service gave a key of the wrong length');
  return bytes;
}

function fields(context: SealContext): Record<string, string> {
  return { app: context.app, tenantId: context.tenantId, credentialId: context.credentialId, purpose: context.purpose };
}
