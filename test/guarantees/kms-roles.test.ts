import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DecryptCommand, EncryptCommand, GenerateDataKeyCommand, GenerateMacCommand, ReEncryptCommand } from '@aws-sdk/client-kms';
import { credentialContext } from '../../functions/adapters/vault/context.ts';
import { kmsOpeningKeys, kmsSealingKeys } from '../../functions/adapters/vault/kms.ts';
import { openCredential } from '../../functions/adapters/vault/open.ts';
import { sealCredential } from '../../functions/adapters/vault/seal.ts';
import { MAC_KEY, VAULT_KEY } from '../adapters/vault/fake-kms.ts';
import { kmsServer, type KmsServer } from '../support/kms-server.ts';
import { figure } from '../support/figure.ts';

describe('the key service over its own protocol', () => {
  let kms: KmsServer;
  const context = credentialContext('default', 'cred_1');
  const EncryptionContext = { ...context };
  beforeAll(async () => { kms = await kmsServer(); });
  afterAll(async () => { await kms.close(); });

  test('guarantee B4: the control plane\'s role seals what the data plane\'s opens, and may neither decrypt nor encrypt nor re-encrypt', async () => {
    const admin = kms.client('admin');
    const record = await sealCredential(kmsSealingKeys({ client: admin, keyId: VAULT_KEY }), context, 'sk-secret');
    const opened = await openCredential(kmsOpeningKeys({ client: kms.client('gateway'), keyId: VAULT_KEY }), context, record);
    expect(opened.reveal()).toBe('sk-secret');
    const CiphertextBlob = Buffer.from(record.encryptedKey, 'base64');
    for (const command of [
      new DecryptCommand({ KeyId: VAULT_KEY, CiphertextBlob, EncryptionContext }),
      new EncryptCommand({ KeyId: VAULT_KEY, Plaintext: Buffer.from('x'), EncryptionContext }),
      new ReEncryptCommand({ CiphertextBlob, DestinationKeyId: VAULT_KEY, SourceEncryptionContext: EncryptionContext }),
    ]) await expect(admin.send(command as DecryptCommand)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(kms.client('gateway').send(new GenerateDataKeyCommand({ KeyId: VAULT_KEY, KeySpec: 'AES_256', EncryptionContext }))).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  test('guarantee B4: a context that differs in any field opens nothing', async () => {
    const record = await sealCredential(kmsSealingKeys({ client: kms.client('admin'), keyId: VAULT_KEY }), context, 'sk-secret');
    const gateway = kms.client('gateway');
    const CiphertextBlob = Buffer.from(record.encryptedKey, 'base64');
    const others: Record<string, string>[] = [
      { ...EncryptionContext, tenantId: 'other' }, { ...EncryptionContext, credentialId: 'cred_2' }, { ...EncryptionContext, purpose: 'other' }, { ...EncryptionContext, more: 'x' }, { app: 'bsgateway' }, {},
    ];
    for (const other of others) await expect(gateway.send(new DecryptCommand({ KeyId: VAULT_KEY, CiphertextBlob, EncryptionContext: other }))).rejects.toThrow();
    expect((await gateway.send(new DecryptCommand({ KeyId: VAULT_KEY, CiphertextBlob, EncryptionContext }))).Plaintext).toHaveLength(32);
    figure('B4', `the sealing role: 3 x denied; ${others.length} other contexts: all refused`);
  });

  test('both roles get the same pepper', async () => {
    const command = { KeyId: MAC_KEY, MacAlgorithm: 'HMAC_SHA_256', Message: Buffer.from('label') } as const;
    const [one, other] = await Promise.all((['admin', 'gateway'] as const).map((role) => kms.client(role).send(new GenerateMacCommand(command))));
    expect(Buffer.from(one?.Mac ?? []).toString('hex')).toBe(Buffer.from(other?.Mac ?? []).toString('hex'));
    expect(one?.Mac).toHaveLength(32);
  });
});
