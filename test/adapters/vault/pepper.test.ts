import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { hashSecret } from '../../../functions/core/keys/virtual-key.ts';
import { pepperOnce, secretVerifier } from '../../../functions/adapters/vault/pepper.ts';

const pepper = randomBytes(32);

test('the key service is asked once, however many ask at the same time', async () => {
  let asked = 0;
  const keys = pepperOnce({ pepper: async () => { asked++; return pepper; } });
  await Promise.all([keys.pepper(), keys.pepper()]);
  expect(Buffer.from(await keys.pepper()).equals(pepper)).toBe(true);
  expect(asked).toBe(1);
});

test('a failed call is not remembered', async () => {
  let asked = 0;
  const keys = pepperOnce({ pepper: async () => { if (asked++ === 0) throw new Error('away'); return pepper; } });
  await expect(keys.pepper()).rejects.toThrow('away');
  await expect(keys.pepper()).resolves.toBe(pepper);
});

test('a verifier says yes to the right secret only, and no to an unknown id', async () => {
  const verify = secretVerifier({ pepper: async () => pepper });
  const record = { hash: hashSecret(pepper, 'right') };
  expect(await Promise.all([verify(record, 'right'), verify(record, 'wrong'), verify(undefined, 'right')])).toEqual([true, false, false]);
});

test('a secret that was verified is still no one else\'s, nor of the same key once its hash is another', async () => {
  const verify = secretVerifier({ pepper: async () => pepper });
  const [mine, other] = [{ hash: hashSecret(pepper, 'mine') }, { hash: hashSecret(pepper, 'other') }];
  expect([await verify(mine, 'mine'), await verify(other, 'other'), await verify(mine, 'mine')]).toEqual([true, true, true]);
  expect([await verify(other, 'mine'), await verify(undefined, 'mine'), await verify({ hash: hashSecret(pepper, 'new') }, 'mine')]).toEqual([false, false, false]);
  expect(await verify(mine, 'mine')).toBe(true);
});
