import { describe, expect, test } from '@jest/globals';
import { secretText } from '../../../functions/adapters/aws/secret-text.ts';

function reader(...answers: (string | undefined | Error)[]) {
  const world = { now: 0, asked: 0 };
  const send = async (): Promise<object> => {
    const answer = answers[Math.min(world.asked, answers.length - 1)];
    world.asked += 1;
    if (answer instanceof Error) throw answer;
    return answer === undefined ? {} : { SecretString: answer };
  };
  return { world, read: secretText({ send: send as never }, 'id', () => world.now) };
}

describe('a text in Secrets Manager', () => {
  test('is read once for all who ask within 5 minutes, then anew, also when the clock was set back', async () => {
    const { world, read } = reader('first-secret-of-sixteen', 'second-secret-of-sixteen', 'third-secret-of-sixteen');
    const [one, other] = await Promise.all([read(), read()]);
    world.now = 299_999;
    expect([one?.reveal(), other?.reveal(), (await read()).reveal(), world.asked]).toEqual(['first-secret-of-sixteen', 'first-secret-of-sixteen', 'first-secret-of-sixteen', 1]);
    world.now = 300_000;
    expect((await read()).reveal()).toBe('second-secret-of-sixteen');
    world.now = 0;
    expect((await read()).reveal()).toBe('third-secret-of-sixteen');
  });

  test('cannot be printed, and a failure or an empty secret is not remembered', async () => {
    const { read } = reader(new Error('away'), undefined, 'short', 'a-secret-of-sixteen-or-more');
    await expect(read()).rejects.toThrow('away');
    await expect(read()).rejects.toThrow('not a text of at least 16 characters');
    await expect(read()).rejects.toThrow('not a text of at least 16 characters');
    expect(`${await read()} ${JSON.stringify(await read())}`).not.toContain('sixteen');
  });
});
