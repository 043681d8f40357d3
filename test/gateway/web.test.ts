import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call, chat } from '../support/call.ts';
import { webSubject, type WebSubject } from '../support/conformance/doors.ts';
import { needs } from '../support/optional.ts';
import { sayHello } from '../support/scripted-upstream.ts';

// What it answers, with 64 streams at once, is the matter of conformance.test.ts.
needs('java')('the process of a Lambda web function', () => {
  let subject: WebSubject;
  beforeAll(async () => { subject = await webSubject(); });
  afterAll(async () => { await subject?.close(); });

  test('keeps an access log of its own, which nothing before it does: a line for each answer, with what was matched and nothing that was sent', async () => {
    const { upstream, origin, key, lines } = subject;
    upstream.script(sayHello);
    expect((await call(origin, '/v1/chat/completions', { key, body: chat('cheap', {}) })).status).toBe(200);
    expect((await call(origin, '/v1/chat/completions', { key: 'bsg_live_none', body: chat('cheap', {}) })).status).toBe(401);
    const seen = () => lines().filter(({ event, route }) => event === 'request' && route === '/v1/chat/completions');
    for (let tries = 0; tries < 100 && seen().length < 2; tries += 1) await new Promise((resolve) => { setTimeout(resolve, 50); });
    expect(seen().map(({ status, ms }) => [status, typeof ms])).toEqual([[200, 'number'], [401, 'number']]);
    expect(JSON.stringify(lines())).not.toContain('bsg_live_none');
  });

  test('SIGTERM lets a running stream end, and then the process', async () => {
    const { upstream, origin, key, child } = subject;
    let go = (): void => {};
    const asked = new Promise<void>((resolve) => {
      upstream.script((received, response) => {
        go = () => sayHello(received, response);
        resolve();
      });
    });
    const answer = call(origin, '/v1/chat/completions', { key, body: chat('cheap', { stream: true }) });
    await asked;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    go();
    expect(await answer).toMatchObject({ status: 200, text: expect.stringContaining('[DONE]') });
    expect(await ended).toEqual([0, null]);
  });
});
