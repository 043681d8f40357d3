import { constants, createCipheriv, createDecipheriv, createHmac, generateKeyPairSync, privateEncrypt, randomBytes } from 'node:crypto';
import { DecryptCommand, GenerateDataKeyCommand, GenerateMacCommand, GetPublicKeyCommand, SignCommand, type KMSClient } from '@aws-sdk/client-kms';

export type KmsRight = 'kms:GenerateDataKey' | 'kms:Decrypt' | 'kms:GenerateMac' | 'kms:Sign' | 'kms:GetPublicKey';
export const VAULT_KEY = 'arn:aws:kms:eu-central-1:000000000000:key/vault';
export const MAC_KEY = 'arn:aws:kms:eu-central-1:000000000000:key/pepper';
export const SIGNING_KEY = 'arn:aws:kms:eu-central-1:000000000000:key/issuer';
/** DigestInfo of SHA-256 (RFC 8017, 9.2): what PKCS #1 v1.5 puts before a digest. */
const DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex');
const CONTEXT_FIELDS = ['app', 'credentialId', 'purpose', 'tenantId'];

class KmsRefusal extends Error {
  constructor(name: string) {
    super(name);
    this.name = name;
  }
}

/** The parts of the key service that matter here: rights per role, exactly the four context fields, blobs that open only under their own context. */
export function fakeKms() {
  const master = randomBytes(32);
  let pair: ReturnType<typeof newPair> | undefined;
  const issuer = () => (pair ??= newPair());
  const calls: KmsRight[] = [];
  const issued: Uint8Array[] = [];

  const contextOf = (context: Record<string, string> | undefined): Buffer => {
    const names = Object.keys(context ?? {}).sort();
    if (names.join() !== CONTEXT_FIELDS.join() || context?.['app'] !== 'bsgateway') throw new KmsRefusal('AccessDeniedException');
    return Buffer.from(JSON.stringify(names.map((name) => [name, context[name]])));
  };
  const key = (bytes: Uint8Array): Uint8Array => {
    const copy = Uint8Array.from(bytes);
    issued.push(copy);
    return copy;
  };

  const answer = (command: unknown): unknown => {
    if (command instanceof GenerateDataKeyCommand) {
      if (command.input.KeyId !== VAULT_KEY || command.input.KeySpec !== 'AES_256') throw new KmsRefusal('ValidationException');
      const [dataKey, nonce] = [randomBytes(32), randomBytes(12)];
      const cipher = createCipheriv('aes-256-gcm', master, nonce).setAAD(contextOf(command.input.EncryptionContext));
      return { Plaintext: key(dataKey), CiphertextBlob: Buffer.concat([nonce, cipher.update(dataKey), cipher.final(), cipher.getAuthTag()]) };
    }
    if (command instanceof DecryptCommand) {
      const blob = Buffer.from(command.input.CiphertextBlob ?? []);
      if (command.input.KeyId !== VAULT_KEY || blob.length !== 60) throw new KmsRefusal('InvalidCiphertextException');
      const decipher = createDecipheriv('aes-256-gcm', master, blob.subarray(0, 12)).setAAD(contextOf(command.input.EncryptionContext)).setAuthTag(blob.subarray(44));
      return { Plaintext: key(Buffer.concat([decipher.update(blob.subarray(12, 44)), decipher.final()])) };
    }
    if (command instanceof GenerateMacCommand) {
      if (command.input.KeyId !== MAC_KEY || command.input.MacAlgorithm !== 'HMAC_SHA_256') throw new KmsRefusal('ValidationException');
      return { Mac: Uint8Array.from(createHmac('sha256', master).update(Buffer.from(command.input.Message ?? [])).digest()) };
    }
    if (command instanceof GetPublicKeyCommand) {
      if (command.input.KeyId !== SIGNING_KEY) throw new KmsRefusal('NotFoundException');
      return { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY', PublicKey: Uint8Array.from(issuer().publicKey.export({ format: 'der', type: 'spki' })) };
    }
    if (command instanceof SignCommand) {
      const { KeyId, Message, MessageType, SigningAlgorithm } = command.input;
      if (KeyId !== SIGNING_KEY) throw new KmsRefusal('NotFoundException');
      if (MessageType !== 'DIGEST' || Message?.length !== 32 || SigningAlgorithm !== 'RSASSA_PKCS1_V1_5_SHA_256') throw new KmsRefusal('ValidationException');
      return { SigningAlgorithm, Signature: Uint8Array.from(privateEncrypt({ key: issuer().privateKey, padding: constants.RSA_PKCS1_PADDING }, Buffer.concat([DIGEST_INFO, Message]))) };
    }
    throw new KmsRefusal('UnsupportedOperationException');
  };

  return {
    calls,
    /** Every clear data key that left this service, so that a test can see whether it was zeroed. */
    issued,
    /** A client whose role has these rights only. */
    as(...rights: KmsRight[]): Pick<KMSClient, 'send'> {
      const send = async (command: object): Promise<unknown> => {
        const right = `kms:${command.constructor.name.replace('Command', '')}` as KmsRight;
        if (!rights.includes(right)) throw new KmsRefusal('AccessDeniedException');
        calls.push(right);
        return answer(command);
      };
      return { send } as unknown as Pick<KMSClient, 'send'>;
    },
  };
}

const newPair = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
