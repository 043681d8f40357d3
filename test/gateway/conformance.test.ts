import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { call } from '../support/call.ts';
import { CHECKS } from '../support/conformance/checks.ts';
import { httpSubject, lambdaSubject, webSubject, type OpenSubject, type WebSubject } from '../support/conformance/doors.ts';
import { needs } from '../support/optional.ts';
import { chatEvents } from '../support/scripted-upstream.ts';

const STREAMS = 64;

function conforms(open: () => Promise<OpenSubject>): void {
  let subject: OpenSubject;
  beforeAll(async () => { subject = await open(); }, 120_000);
  afterAll(async () => { await subject?.close(); });
  test.each(CHECKS)('%s', async (_name, check) => { await check(subject); });
}

describe('conformance: the http door of one machine', () => conforms(httpSubject));

needs('java')('conformance: the Lambda function behind API Gateway', () => conforms(lambdaSubject));

needs('java')(`conformance: the web function of compute=web, with ${STREAMS} streams open in its process all the while`, () => {
  let subject: WebSubject;
  const until = new AbortController();
  const release = (): void => until.abort();
  let running: Promise<Awaited<ReturnType<typeof call>>[]>;
  let open = 0;
  let most = 0;

  /** A stream of its own words, one every 250 ms until it is released. */
  async function holdStreams(): Promise<void> {
    const all = Promise.withResolvers<void>();
    subject.other.script(async (received, response) => {
      const [{ content: name = '' } = {}] = received.body['messages'] as { content?: string }[];
      const [first = '', word = '', ...rest] = chatEvents([`${name} `]);
      open += 1;
      most = Math.max(most, open);
      if (most === STREAMS) all.resolve();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(first);
      while (!until.signal.aborted) {
        response.write(word);
        await new Promise((resolve) => { setTimeout(resolve, 250); });
      }
      open -= 1;
      response.end(rest.join(''));
    });
    running = Promise.all(Array.from({ length: STREAMS }, (_, at) => call(subject.origin, '/v1/chat/completions', { key: subject.key, body: { model: 'other', stream: true, messages: [{ role: 'user', content: `stream-${at}` }] } })));
    await all.promise;
  }

  beforeAll(async () => {
    subject = await webSubject();
    await holdStreams();
  }, 120_000);
  afterAll(async () => {
    release();
    await subject?.close();
  });

  test.each(CHECKS)('%s', async (_name, check) => {
    await check(subject);
    expect(open).toBe(STREAMS);
  });

  test(`the ${STREAMS} streams end whole, each with its own words and nothing of another, and each is settled as measured`, async () => {
    expect([open, most]).toEqual([STREAMS, STREAMS]);
    release();
    const answers = await running;
    for (const [at, { status, text, headers }] of answers.entries()) {
      expect([status, text.trimEnd().endsWith('data: [DONE]')]).toEqual([200, true]);
      const words = new Set([...text.matchAll(/"content":"(stream-\d+) "/g)].map(([, name]) => name));
      expect([...words]).toEqual([`stream-${at}`]);
      expect(await subject.ledger(headers.get('x-request-id') ?? '')).toMatchObject({ status: 200, usage: 'measured', servedModel: 'other' });
    }
    expect(new Set(answers.map(({ headers }) => headers.get('x-request-id'))).size).toBe(STREAMS);
  }, 120_000);
});
