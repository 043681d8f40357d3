import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bsvibeVerifier } from '../../../functions/adapters/identity/bsvibe-token.ts';
import { StoreError } from '../../../functions/adapters/store/port.ts';
import { fakeBsvibe, type FakeBsvibe } from '../../support/fake-bsvibe.ts';

let bsvibe: FakeBsvibe;
beforeAll(async () => { bsvibe = await fakeBsvibe(); });
afterAll(() => bsvibe.close());

/** A verifier on a clock of its own, over a key set that the test holds. */
function verifier() {
  const world = { now: Date.now(), asked: 0, set: undefined as string | undefined };
  const verify = bsvibeVerifier({
    issuer: bsvibe.issuer, jwksUri: 'https://keys.example', now: () => world.now,
    fetchText: async () => {
      world.asked += 1;
      if (world.set === undefined) throw new Error('no connection');
      return new Uint8Array(Buffer.from(world.set)).buffer;
    },
  });
  const publish = (...more: object[]): void => { world.set = JSON.stringify({ keys: [...bsvibe.published.map(({ kid, publicKey }) => ({ ...publicKey.export({ format: 'jwk' }), kid })), ...more] }); };
  publish();
  return { world, verify, publish };
}

describe('tokens of BSVibe', () => {
  test('say who somebody is; what people wrote themselves is a name and never a verified address', async () => {
    const { verify } = verifier();
    const token = bsvibe.token();
    expect(await verify(token)).toMatchObject({ sub: bsvibe.person['sub'], email: 'ann@example.com', emailVerified: false, name: 'Ann Example', signed: token.slice(0, token.lastIndexOf('.')) });
    expect(await verify(bsvibe.token({ claims: { email_verified: true, user_metadata: null } }))).toMatchObject({ emailVerified: true, name: undefined });
    for (const email of ['ann', 'a b@example.com', '', 7, null]) expect(await verify(bsvibe.token({ claims: { email } }))).toMatchObject({ email: undefined });
  });

  test('are checked against a key set that is at most 5 s old, asked for once however many come at once, and again when the clock was set back', async () => {
    const { world, verify } = verifier();
    await Promise.all([1, 2, 3].map(() => verify(bsvibe.token())));
    world.now += 5_000;
    await verify(bsvibe.token());
    expect(world.asked).toBe(1);
    world.now += 1;
    await verify(bsvibe.token());
    expect(world.asked).toBe(2);
    world.now -= 3_600_000;
    await verify(bsvibe.token({ claims: { iat: Math.floor(world.now / 1000) } }));
    expect(world.asked).toBe(3);
  });

  test('cannot be judged while the set cannot be had or read, which is said as such and not remembered for long', async () => {
    const { world, verify, publish } = verifier();
    for (const set of [undefined, 'null', '{"keys":7}', '<html>']) {
      world.set = set;
      world.now += 6_000;
      await expect(verify(bsvibe.token())).rejects.toThrow(StoreError);
    }
    publish();
    world.now += 6_000;
    expect(await verify(bsvibe.token({ claims: { iat: Math.floor(world.now / 1000) } }))).toBeDefined();
  });

  test('are no tokens when a key of another kind is published under their id, or the text is none', async () => {
    const { verify, publish } = verifier();
    publish({ kty: 'oct', k: Buffer.from('a shared secret of some length').toString('base64url'), kid: 'shared', alg: 'HS256' });
    expect(await verify(bsvibe.token({ header: { kid: 'shared' } }))).toBeUndefined();
    for (const text of ['', '.', '..', 'a.b.c', 'x'.repeat(9_000), `${bsvibe.token()}.x`, bsvibe.token().replace('.', '')]) expect(await verify(text)).toBeUndefined();
    for (const header of [{ crit: ['exp'] }, { alg: 'ES384' }, { alg: 'RS256' }]) expect(await verify(bsvibe.token({ header }))).toBeUndefined();
  });
});
