import { expect, test } from '@jest/globals';
import { credentialContext } from '../../../functions/adapters/vault/context.ts';
import { kmsOpeningKeys, kmsPepperKeys, kmsSealingKeys } from '../../../functions/adapters/vault/kms.ts';
import { openCredential } from '../../../functions/adapters/vault/open.ts';
import { sealCredential } from '../../../functions/adapters/vault/seal.ts';
import { fakeKms, MAC_KEY, VAULT_KEY } from './fake-kms.ts';

const context = credentialContext('t1', 'c1');

test('the control plane seals with GenerateDataKey alone, the data plane opens with Decrypt alone', async () => {
  const kms = fakeKms();
  const record = await sealCredential(kmsSealingKeys({ client: kms.as('kms:GenerateDataKey'), keyId: VAULT_KEY }), context, 'sk-upstream');
  const opened = await openCredential(kmsOpeningKeys({ client: kms.as('kms:Decrypt'), keyId: VAULT_KEY }), context, record);
  expect(opened.reveal()).toBe('sk-upstream');
  expect(kms.calls).toEqual(['kms:GenerateDataKey', 'kms:Decrypt']);
  expect(kms.issued.map((key) => key.every((byte) => byte === 0))).toEqual([true, true]);
});

test('a role with the other right is refused, and opening says no more than that it failed', async () => {
  const kms = fakeKms();
  await expect(sealCredential(kmsSealingKeys({ client: kms.as('kms:Decrypt'), keyId: VAULT_KEY }), context, 'x')).rejects.toThrow('AccessDenied');
  const record = await sealCredential(kmsSealingKeys({ client: kms.as('kms:GenerateDataKey'), keyId: VAULT_KEY }), context, 'x');
  const opening = openCredential(kmsOpeningKeys({ client: kms.as('kms:GenerateDataKey'), keyId: VAULT_KEY }), context, record);
  await expect(opening).rejects.toMatchObject({ name: 'OpenError', message: 'sealed credential could not be opened' });
  await expect(opening).rejects.not.toHaveProperty('cause');
});

test.each([
  ['tenant', credentialContext('t2', 'c1')],
  ['credential', credentialContext('t1', 'c2')],
  ['purpose', { ...context, purpose: 'other' }],
  ['app', { ...context, app: 'other' }],
])('the key service itself refuses a data key under another %s', async (_, other) => {
  const kms = fakeKms();
  const { encrypted } = await kmsSealingKeys({ client: kms.as('kms:GenerateDataKey'), keyId: VAULT_KEY }).generateDataKey(context);
  await expect(kmsOpeningKeys({ client: kms.as('kms:Decrypt'), keyId: VAULT_KEY }).decryptDataKey(encrypted, other)).rejects.toThrow();
});

test('the pepper is a MAC over a fixed label: 32 bytes, the same for both planes', async () => {
  const kms = fakeKms();
  const keys = () => kmsPepperKeys({ client: kms.as('kms:GenerateMac'), keyId: MAC_KEY });
  const [one, two] = [await keys().pepper(), await keys().pepper()];
  expect(one).toHaveLength(32);
  expect(Buffer.from(one).equals(two)).toBe(true);
});

test('an answer without a full key is an error, never a short key', async () => {
  const send = async () => ({ Plaintext: new Uint8Array(16), CiphertextBlob: new Uint8Array(60), Mac: new Uint8Array(16) });
  const client = { send } as unknown as Parameters<typeof kmsPepperKeys>[0]['client'];
  await expect(kmsPepperKeys({ client, keyId: MAC_KEY }).pepper()).rejects.toThrow('length');
  await expect(kmsSealingKeys({ client, keyId: VAULT_KEY }).generateDataKey(context)).rejects.toThrow('length');
  await expect(kmsOpeningKeys({ client, keyId: VAULT_KEY }).decryptDataKey(new Uint8Array(60), context)).rejects.toThrow('length');
});
