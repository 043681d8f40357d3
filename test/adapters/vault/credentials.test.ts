import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { credentialContext } from '../../../functions/adapters/vault/context.ts';
import { openCredentials } from '../../../functions/adapters/vault/credentials.ts';
import { localKeys } from '../../../functions/adapters/vault/local-key.ts';
import { sealCredential } from '../../../functions/adapters/vault/seal.ts';
import type { SealedRecord } from '../../../functions/adapters/vault/vault.ts';

/** A vault with one sealed credential per id, that counts how often the key service is asked. */
async function vault(ids: readonly string[]) {
  const keys = localKeys(randomBytes(32));
  const state = { now: 0, decrypts: 0, loads: 0 };
  const records = new Map<string, SealedRecord>();
  for (const id of ids) records.set(id, await sealCredential(keys, credentialContext('t', id), `sk-${id}`));
  const credentials = openCredentials({
    keys: { decryptDataKey: async (...args) => { state.decrypts++; return keys.decryptDataKey(...args); } },
    load: async (_, id) => { state.loads++; return records.get(id); },
    clock: { now: () => state.now, elapsed: () => state.now },
  });
  return { keys, state, records, credentials };
}

test('concurrent openings share one call, and later ones within five minutes none', async () => {
  const { state, credentials } = await vault(['a']);
  const opened = await Promise.all(Array.from({ length: 50 }, () => credentials.open('t', 'a', 1)));
  state.now = 299_999;
  opened.push(await credentials.open('t', 'a', 1));
  expect(new Set(opened.map((secret) => secret.reveal()))).toEqual(new Set(['sk-a']));
  expect([state.decrypts, state.loads]).toEqual([1, 1]);
  state.now = 300_000;
  await credentials.open('t', 'a', 1);
  expect(state.decrypts).toBe(2);
});

test('a new version is opened at once, and a replaced record serves its old value for at most five minutes', async () => {
  const { keys, state, records, credentials } = await vault(['a']);
  await credentials.open('t', 'a', 1);
  records.set('a', await sealCredential(keys, credentialContext('t', 'a'), 'sk-new'));
  expect((await credentials.open('t', 'a', 1)).reveal()).toBe('sk-a');
  expect((await credentials.open('t', 'a', 2)).reveal()).toBe('sk-new');
  state.now = 300_000;
  expect((await credentials.open('t', 'a', 1)).reveal()).toBe('sk-new');
});

test('another tenant never gets what is cached for this one', async () => {
  const { credentials } = await vault(['a']);
  await credentials.open('t', 'a', 1);
  await expect(credentials.open('u', 'a', 1)).rejects.toMatchObject({ name: 'OpenError' });
});

test('at most 100 are held, and the least recently used goes first', async () => {
  const ids = Array.from({ length: 101 }, (_, i) => `c${i}`);
  const { state, credentials } = await vault(ids);
  for (const id of ids.slice(0, 100)) await credentials.open('t', id, 1);
  await credentials.open('t', 'c0', 1);
  await credentials.open('t', 'c100', 1);
  expect(state.decrypts).toBe(101);
  await credentials.open('t', 'c0', 1);
  expect(state.decrypts).toBe(101);
  await credentials.open('t', 'c1', 1);
  expect(state.decrypts).toBe(102);
});

test('a failure is not held: the next opening tries again', async () => {
  const { records, credentials, keys } = await vault([]);
  await expect(credentials.open('t', 'a', 1)).rejects.toMatchObject({ name: 'OpenError' });
  records.set('a', await sealCredential(keys, credentialContext('t', 'a'), 'sk-a'));
  await expect(credentials.open('t', 'a', 1)).resolves.toMatchObject({});
});

test('a clock that went back makes nothing live longer', async () => {
  const { state, credentials } = await vault(['a']);
  state.now = 1_000_000;
  await credentials.open('t', 'a', 1);
  state.now = 999_999;
  await credentials.open('t', 'a', 1);
  expect(state.decrypts).toBe(2);
});
