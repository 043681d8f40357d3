import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call, chat, messages } from '../support/call.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { chatAnswer, chatEvents, json, messageEvents, sayHello, scriptedUpstream, sse, type ScriptedUpstream } from '../support/scripted-upstream.ts';
import { figure } from '../support/figure.ts';

let gateway: TestGateway;
let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await scriptedUpstream();
  gateway = await testGateway({ breakers: 'always-closed' });
  await gateway.addModel({ id: 'first', baseUrl: upstream.baseUrl, upstreamModel: 'up-first' });
  await gateway.addModel({ id: 'first-anthropic', provider: 'anthropic', baseUrl: upstream.baseUrl, upstreamModel: 'up-first', facts: { maxOutput: 1000 } });
  await gateway.addModel({ id: 'second', baseUrl: upstream.baseUrl, upstreamModel: 'up-second' });
  await gateway.route({ patterns: [
    { id: 'chat', priority: 1, glob: 'chat', target: 'model:first', fallbacks: ['second'] },
    { id: 'anthropic', priority: 1, glob: 'anthropic', target: 'model:first-anthropic', fallbacks: ['second'] },
  ] });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const chatError = 'data: {"error":{"message":"overloaded","type":"server_error","code":null}}\n\n';
const anthropicError = 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n';

/** The first model fails after `index` of its events; the second answers well. */
function failAfter(index: number, events: readonly string[], how: 'error' | 'cut', errorEvent: string): void {
  upstream.script((received, response) => {
    if (received.body['model'] === 'up-second') return sse(response, chatEvents(['second ', 'answer']));
    return sse(response, [...events.slice(0, index), ...(how === 'error' ? [errorEvent] : [])], { end: how === 'cut' ? 'destroy' : 'clean' });
  });
}

test.each([
  ['chat', 'first', chatEvents(['first ', 'part', ' end']), 2, chatError],
  ['anthropic', 'first-anthropic', messageEvents(['first ', 'part', ' end']), 3, anthropicError],
] as const)('guarantee E3: %s upstream failing at every event index falls back before the first output part and never after', async (name, firstId, events, commit, errorEvent) => {
  for (const path of ['/v1/chat/completions', '/v1/messages', '/v1/responses']) {
    for (const how of ['error', 'cut'] as const) {
      // The last two events are after the real finish: an answer is then complete.
      for (let index = 0; index < events.length - 3; index += 1) {
        failAfter(index, events, how, errorEvent);
        const answer = await call(gateway.origin, path, { key: gateway.key, body: { ...(path === '/v1/messages' ? messages(name) : path === '/v1/responses' ? { model: name, input: 'Hello!' } : chat(name)), stream: true } });
        const entry = await gateway.ledger(answer.headers.get('x-request-id') ?? '');
        const about = { path, how, index };
        if (index < commit) {
          expect({ ...about, first: answer.text.includes('first '), second: answer.text.includes('second '), served: entry.servedModel }).toEqual({ ...about, first: false, second: true, served: 'second' });
        } else {
          expect({ ...about, first: answer.text.includes('first '), second: answer.text.includes('second '), served: entry.servedModel }).toEqual({ ...about, first: true, second: false, served: firstId });
          const errors = answer.text.match(/"error":\{/g) ?? [];
          expect({ ...about, errors: errors.length }).toEqual({ ...about, errors: 1 });
          expect(answer.text).not.toContain('"finish_reason":"stop"');
          expect(answer.text).not.toMatch(/message_stop|response\.completed/);
          expect(entry).toMatchObject({ usage: 'estimated', finish: { unified: how === 'cut' ? 'upstream_truncated' : 'error' } });
        }
      }
    }
  }
  upstream.script(sayHello);
  figure('E3', `${name}: ${events.length - 3} event indexes x {error, cut} x 3 dialects`);
}, 120_000);

test.each([['cut', undefined], ['followed by a line that is too long', `data: ${'x'.repeat(1_100_000)}`], ['followed by an error event', `${chatError}${anthropicError}`]] as const)('guarantee E2: an answer that is complete when its connection is %s stays complete: one end, booked as measured', async (_how, more) => {
  for (const [name, events] of [['first', chatEvents(['first ', 'answer'])], ['first-anthropic', messageEvents(['first ', 'answer'])]] as const) {
    for (const path of ['/v1/chat/completions', '/v1/messages', '/v1/responses']) {
      upstream.script((_received, response) => { response.on('error', () => {}); return sse(response, [...events, ...(more === undefined ? [] : [more])], { gapMs: 5, end: 'destroy' }); });
      const body = path === '/v1/responses' ? { model: name, input: 'Hello!', stream: true } : { ...(path === '/v1/messages' ? messages(name) : chat(name, { stream_options: { include_usage: true } })), stream: true };
      const answer = await call(gateway.origin, path, { key: gateway.key, body });
      const entry = await gateway.ledger(answer.headers.get('x-request-id') ?? '');
      const ends = { good: answer.text.match(/\[DONE\]|event: message_stop|event: response\.completed/g)?.length, bad: answer.text.match(/event: error|data: \{"error"/g)?.length };
      expect({ name, path, ...ends }).toEqual({ name, path, good: 1, bad: undefined });
      expect({ name, path, status: entry.status, usage: entry.usage, finish: entry.finish.unified }).toEqual({ name, path, status: 200, usage: 'measured', finish: 'stop' });
    }
  }
  upstream.script(sayHello);
});

test('guarantee E3: a failure that is the caller\'s own is not tried elsewhere', async () => {
  const before = upstream.received.length;
  upstream.script((_received, response) => json(response, 400, { error: { message: 'bad tool schema', type: 'invalid_request_error', code: null } }));
  const answer = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('chat') });
  expect(answer.status).toBe(400);
  expect(answer.text).toContain('bad tool schema');
  expect(upstream.received.length).toBe(before + 1);
  upstream.script(sayHello);
});

test('an upstream that is refused, stalls, redirects or lies has a status before the commit point and a settled entry', async () => {
  const cases: [string, (received: { body: Record<string, unknown> }, response: import('node:http').ServerResponse) => void, number, string][] = [
    ['reset', (_r, response) => { response.socket?.destroy(); }, 502, 'upstream_error'],
    ['redirect', (_r, response) => { response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(); }, 502, 'upstream_error'],
    ['not JSON', (_r, response) => { response.writeHead(200, { 'content-type': 'application/json' }).end('<html>'); }, 502, 'upstream_invalid_response'],
    ['empty', (_r, response) => { response.writeHead(200, { 'content-type': 'application/json' }).end(); }, 502, 'upstream_invalid_response'],
    ['wrong shape', (_r, response) => { json(response, 200, { hello: 1 }); }, 502, 'upstream_invalid_response'],
    ['truncated JSON', (_r, response) => { response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' }); response.write(JSON.stringify(chatAnswer('x')).slice(0, 50)); setImmediate(() => response.socket?.destroy()); }, 502, 'upstream_error'],
  ];
  for (const [name, script, status, code] of cases) {
    upstream.script(script);
    const answer = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('first') });
    expect([name, answer.status, (answer.json['error'] as { code?: string } | undefined)?.code]).toEqual([name, status, code]);
    const entry = await gateway.ledger(answer.headers.get('x-request-id') ?? '');
    expect(entry).toMatchObject({ status, errorCode: code });
  }
  upstream.script(sayHello);
});

test('a client that leaves in mid-stream aborts the upstream and is settled as cancelled', async () => {
  let aborted: () => void = () => undefined;
  const upstreamAborted = new Promise<void>((resolve) => { aborted = resolve; });
  upstream.script((_received, response) => {
    response.on('close', aborted);
    return sse(response, chatEvents(Array.from({ length: 1000 }, (_, i) => `w${i} `)), { gapMs: 5 });
  });
  const controller = new AbortController();
  const response = await fetch(`${gateway.origin}/v1/chat/completions`, {
    method: 'POST', signal: controller.signal, headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' }, body: JSON.stringify(chat('first', { stream: true })),
  });
  await response.body?.getReader().read();
  controller.abort();
  await upstreamAborted;
  const entry = await gateway.ledger(response.headers.get('x-request-id') ?? '');
  expect(entry).toMatchObject({ status: 499, errorCode: 'client_closed', finish: { unified: 'cancelled' }, usage: 'estimated' });
  upstream.script(sayHello);
});
