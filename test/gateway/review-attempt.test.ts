import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { StoreError } from '../../functions/adapters/store/port.ts';
import { call, chat, messages } from '../support/call.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { chatEvents, json, sayHello, scriptedUpstream, sse, type ScriptedUpstream } from '../support/scripted-upstream.ts';

/** Of the model that fails first: long enough for a busy machine to tell one deadline from two. */
const DEADLINE_MS = 1_500;

let gateway: TestGateway;
let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await scriptedUpstream();
  gateway = await testGateway({ breakers: 'always-closed' });
  await gateway.addModel({ id: 'first', baseUrl: upstream.baseUrl, upstreamModel: 'up-first', facts: { firstPartTimeoutMs: DEADLINE_MS } });
  await gateway.addModel({ id: 'second', baseUrl: upstream.baseUrl, upstreamModel: 'up-second' });
  await gateway.addModel({ id: 'patient', baseUrl: upstream.baseUrl, upstreamModel: 'up-first' });
  await gateway.route({ patterns: [
    { id: 'chat', priority: 1, glob: 'chat', target: 'model:first', fallbacks: ['second'] },
    { id: 'patient-rule', priority: 1, glob: 'patient-*', target: 'model:patient', fallbacks: ['second'] },
  ] });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const codeOf = (answer: { json: Record<string, unknown> }): unknown => (answer.json['error'] as { code?: string } | undefined)?.code;

/** The first model does `script`, the second answers well. Runs `body`, then restores the default. */
async function whileFirst(script: Parameters<ScriptedUpstream['script']>[0], body: () => Promise<void>): Promise<void> {
  upstream.script((received, response) => (received.body['model'] === 'up-second' ? sayHello(received, response) : script(received, response)));
  try {
    await body();
  } finally {
    upstream.script(sayHello);
  }
}

test.each([['stream', true], ['whole answer', false]])('an upstream that begins an error and never ends it (%s) does not hold the request: the fallback serves', async (_name, stream) => {
  await whileFirst((_received, response) => {
    response.writeHead(500, { 'content-type': 'application/json' });
    response.write('{"error":{"message":"');
  }, async () => {
    const answer = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('chat', { stream }) });
    expect(answer.headers.get('x-bsg-model')).toBe('second');
  });
}, 7_000);

test('the first-part deadline is one deadline, not one for the headers and another for the part', async () => {
  let endedAfterMs = 0;
  await whileFirst((_received, response) => {
    const before = performance.now();
    response.on('close', () => { endedAfterMs = performance.now() - before; });
    // Headers shortly before the deadline, then silence.
    setTimeout(() => { response.writeHead(200, { 'content-type': 'text/event-stream' }); response.flushHeaders(); }, DEADLINE_MS * 0.8);
  }, async () => {
    const answer = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('chat', { stream: true }) });
    expect(answer.headers.get('x-bsg-model')).toBe('second');
    const [{ ms } = { ms: Infinity }] = (await gateway.ledger(answer.headers.get('x-request-id') ?? '')).attempts;
    // A deadline of its own for the part would end at 1.8 times.
    expect(ms).toBeLessThan(DEADLINE_MS * 1.6);
    expect(endedAfterMs).toBeLessThan(Infinity);
  });
});

test('a store that does not answer while a credential is opened is a 503 store_unavailable with retry-after', async () => {
  const { credentials } = gateway.edition.ports;
  const open = credentials.open.bind(credentials);
  credentials.open = async () => { throw new StoreError('unavailable', 'down'); };
  try {
    const answer = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('second') });
    expect([answer.status, codeOf(answer)]).toEqual([503, 'store_unavailable']);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  } finally {
    credentials.open = open;
  }
});

test('a failure that is the caller\'s own is not tried elsewhere when it is told inside the stream', async () => {
  const before = upstream.received.length;
  await whileFirst((_received, response) => sse(response, ['data: {"error":{"message":"bad tool schema","type":"invalid_request_error","code":null}}\n\n']), async () => {
    const answer = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('chat', { stream: true }) });
    expect(answer.status).toBe(400);
    expect(upstream.received.length).toBe(before + 1);
  });
});

test.each([['429', 'rate_limit_error', 429], ['503', 'overloaded_error', 503]])('an in-band %s before the first part is answered with retry-after', async (_name, type, status) => {
  await whileFirst((_received, response) => sse(response, [`data: {"error":{"message":"x","type":"${type}","code":null}}\n\n`]), async () => {
    const answer = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('first', { stream: true }) });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  });
});

test.each([
  'AKIAIOSFODNN7EXAMPLE', '10.20.30.40', 'db01.prod.internal:8443', 'AIzaSyA12345678901', 'gsk_1234567890abcdef', 'Bearer abcdef1234567',
])('an in-band error\'s words never carry %s', async (secret) => {
  for (const stream of [true, false]) {
    await whileFirst((_received, response) => {
      const error = { error: { message: `bad value near ${secret} here`, type: 'invalid_request_error', code: null } };
      return stream ? sse(response, [`data: ${JSON.stringify(error)}\n\n`]) : json(response, 200, error);
    }, async () => {
      const answer = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('first', { stream }) });
      expect(answer.status).toBe(400);
      expect(answer.text).not.toContain(secret);
    });
  }
});

test('an upstream\'s 400 in plain text reaches the caller in its words', async () => {
  await whileFirst((_received, response) => { response.writeHead(400, { 'content-type': 'text/plain' }).end('temperature must be at most 1'); }, async () => {
    const answer = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('first') });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('temperature must be at most 1');
  });
});

test('what an upstream sends before its first output part is bounded: a flood of comments falls back', async () => {
  await whileFirst((_received, response) => {
    response.on('error', () => {});
    return sse(response, [...Array.from({ length: 64 }, () => `: ${'x'.repeat(256 * 1024)}\n\n`), ...chatEvents(['first'])]);
  }, async () => {
    const answer = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('patient-x', { stream: true }) });
    expect(answer.headers.get('x-bsg-model')).toBe('second');
    expect(answer.text.length).toBeLessThan(4 * 1024 * 1024);
  });
});

test('refusals and failures after the routing decision name it: stage, model and attempts', async () => {
  await whileFirst((_received, response) => json(response, 500, {}), async () => {
    const failed = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('first') });
    expect(failed.status).toBe(502);
    expect([failed.headers.get('x-bsg-stage'), failed.headers.get('x-bsg-model'), failed.headers.get('x-bsg-attempts')]).toEqual(['passthrough', 'first', '1']);
  });
  const { key } = await gateway.addKey({ rpm: 1 });
  await call(gateway.origin, '/v1/chat/completions', { key, body: chat('second') });
  const limited = await call(gateway.origin, '/v1/messages', { key, body: messages('second') });
  expect(limited.status).toBe(429);
  expect(limited.headers.get('x-bsg-stage')).toBe('passthrough');
});
