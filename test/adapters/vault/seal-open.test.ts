import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { additionalData, credentialContext } from '../../../functions/adapters/vault/context.ts';
import { localKeys } from '../../../functions/adapters/vault/local-key.ts';
import { openCredential } from '../../../functions/adapters/vault/open.ts';
import { sealCredential } from '../../../functions/adapters/vault/seal.ts';
import type { SealedRecord } from '../../../functions/adapters/vault/vault.ts';

const keys = localKeys(randomBytes(32));
const context = credentialContext('t1', 'c1');

test('any well-formed text comes back as it went in', async () => {
  await fc.assert(fc.asyncProperty(fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()), async (text) => {
    expect((await openCredential(keys, context, await sealCredential(keys, context, text))).reveal()).toBe(text);
  }));
});

test('text with a lone surrogate is refused instead of being changed', async () => {
  await expect(sealCredential(keys, context, 'sk-\ud800')).rejects.toThrow(TypeError);
});

test('the opened value cannot be printed or serialised', async () => {
  const secret = await openCredential(keys, context, await sealCredential(keys, context, 'sk-plain'));
  expect(`${secret} ${JSON.stringify({ secret })}`).not.toContain('sk-plain');
});

test('a sealed record holds five fields and nothing of the plaintext', async () => {
  const record = await sealCredential(keys, context, 'sk-canary-canary-canary');
  expect(Object.keys(record).sort()).toEqual(['ciphertext', 'encryptedKey', 'nonce', 'tag', 'v']);
  expect(Buffer.from(record.nonce, 'base64')).toHaveLength(12);
  expect(Buffer.from(record.tag, 'base64')).toHaveLength(16);
  expect(JSON.stringify(record)).not.toContain('canary');
  expect(record.ciphertext).not.toContain(Buffer.from('sk-canary').toString('base64').slice(0, 8));
});

test('a nonce or tag of another length is refused before the key service is asked', async () => {
  let asked = 0;
  const counting = { decryptDataKey: async () => { asked++; return randomBytes(32); } };
  const record = await sealCredential(keys, context, 'x');
  const short = (text: string, bytes: number) => Buffer.from(text, 'base64').subarray(0, bytes).toString('base64');
  for (const broken of [{ nonce: short(record.nonce, 11) }, { nonce: `${record.nonce}AAAA` }, { tag: short(record.tag, 15) }, { tag: short(record.tag, 4) }, { tag: '' }]) {
    await expect(openCredential(counting, context, { ...record, ...broken })).rejects.toMatchObject({ name: 'OpenError' });
  }
  expect(asked).toBe(0);
});

test('a stored record of any other shape is refused in the same words', async () => {
  const record = await sealCredential(keys, context, 'x');
  const shapes: unknown[] = [undefined, null, {}, [], 'text', { ...record, v: 2 }, { ...record, v: '1' }, { ...record, tag: 7 }, { ...record, ciphertext: null }, { ...record, encryptedKey: {} }];
  for (const shape of shapes) {
    await expect(openCredential(keys, context, shape as SealedRecord)).rejects.toMatchObject({ name: 'OpenError', failure: { code: 'upstream_credentials_rejected', status: 502, retryable: true } });
  }
});

test('contexts that differ in any way have different additional data, wherever the border between fields lies', () => {
  const field = fc.oneof(fc.string({ unit: 'binary', maxLength: 6 }), fc.constantFrom('', '"', '","', '\\', 'a,b', '\u0000', '\ud800'));
  const some = fc.record({ app: field, tenantId: field, credentialId: field, purpose: field });
  fc.assert(fc.property(some, some, (left, right) => {
    const same = left.app === right.app && left.tenantId === right.tenantId && left.credentialId === right.credentialId && left.purpose === right.purpose;
    expect(Buffer.from(additionalData(1, left)).equals(additionalData(1, right))).toBe(same);
    expect(Buffer.from(additionalData(1, left)).equals(additionalData(2, left))).toBe(false);
  }), { numRuns: 500 });
});
