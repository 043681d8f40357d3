import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { limiterKey } from '../../functions/adapters/store/limiter.ts';
import { call, chat, messages } from '../support/call.ts';
import { figure } from '../support/figure.ts';
import { full } from '../support/full.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { chatEvents, messageEvents, scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';
import { eventsOf } from '../support/sse-events.ts';

let gateway: TestGateway;
let upstream: ScriptedUpstream;
let key = { key: '', keyId: '' };
beforeAll(async () => {
  upstream = await scriptedUpstream();
  gateway = await testGateway({ breakers: 'always-closed' });
  await gateway.addModel({ id: 'chat', baseUrl: upstream.baseUrl, price: { input: 1, output: 2 } });
  await gateway.addModel({ id: 'claude', provider: 'anthropic', baseUrl: upstream.baseUrl, price: { input: 1, output: 2 }, facts: { maxOutput: 1000 } });
  const made = await gateway.addKey({ rpm: null, tpm: null, monthlyUsd: 1000 });
  key = { key: made.key, keyId: made.record.keyId };
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const good = fc.constantFrom(...chatEvents(['Hel', 'lo']), ...messageEvents(['Hel', 'lo']));
const hostile = fc.oneof(
  { weight: 3, arbitrary: good },
  fc.constantFrom('\r', '\n\n', '\r\r', '\uFEFF', '\0', 'data', 'data: {}\n\n', 'data: null\n\n', 'data: [DONE]\n\n', ': x\n\n', 'event: error\ndata: {}\n\n', 'data: {"error":{"message":"no","type":"server_error"}}\n\n',
    'event: message_start\ndata: {"type":"message_start"}\n\n', 'event: message_stop\ndata: {"type":"message_stop"}\n\n', 'data: {"choices":[null,1,{"delta":{"tool_calls":[null,{"index":"x"},{"index":-1,"function":{"arguments":5}}]}}]}\n\n',
    'event: nobody\ndata: {"type":"nobody"}\n\n', `data: ${'['.repeat(100_000)}\n\n`, 'data: {"choices":[{"index":0,"delta":{"content":"\\ud800"}}]}\n\n', `data: ${'x'.repeat(2 * 1024 * 1024)}`),
  fc.jsonValue().map((value) => `data: ${JSON.stringify(value)}\n\n`),
  fc.jsonValue().map((value) => `data: {"id":"c","choices":[{"index":0,"delta":${JSON.stringify(value)}}]}\n\n`),
  fc.uint8Array({ minLength: 1, maxLength: 60 }),
);
const answers = fc.record({
  // How many events of a good answer come first: most hostile bytes are to meet a stream that has begun.
  begins: fc.constantFrom(0, 3, 4, 5),
  pieces: fc.array(hostile, { maxLength: 10 }), end: fc.constantFrom('clean', 'cut'), type: fc.constantFrom('text/event-stream', 'text/event-stream', 'text/event-stream', 'application/json', 'text/html', ''), status: fc.constantFrom(200, 200, 200, 200, 500, 429, 204),
  model: fc.constantFrom('chat', 'claude'), path: fc.constantFrom('/v1/chat/completions', '/v1/messages', '/v1/responses'), stream: fc.constantFrom(true, true, true, false),
});

/** How many ends an answer has, good or bad, as a client of its dialect sees it. */
function endsOf(path: string, text: string): number {
  const ends = eventsOf(text).filter(({ event, data }) => {
    // Garbage before it may have taken an event its name; its data still say what it is.
    if (path === '/v1/messages') return event === 'message_stop' || event === 'error' || data.startsWith('{"type":"message_stop"');
    if (path === '/v1/responses') return /^(?:error|response\.(?:completed|incomplete|failed))$/.test(event ?? '');
    return data === '[DONE]' || data.startsWith('{"error":');
  }).length;
  // A chat upstream may leave out `[DONE]` after its finish; then so does what passes through.
  return ends === 0 && path === '/v1/chat/completions' && text.includes('"finish_reason":"') ? 1 : ends;
}

test('guarantee E8: whatever an upstream sends, the caller gets one end in its dialect, the request one settled entry, and nothing hangs or breaks', async () => {
  const statuses = new Map<number, number>();
  const seed = Math.floor(Math.random() * 2 ** 31);
  const samples = fc.sample(answers, { numRuns: full(2_000), seed });
  for (const [at, { begins, pieces, end, type, status, model, path, stream }] of samples.entries()) {
    upstream.script((_received, response) => {
      response.on('error', () => {});
      response.writeHead(status, type === '' ? {} : { 'content-type': type });
      const opening = (model === 'claude' ? messageEvents : chatEvents)(['Hel', 'lo', '!']).slice(0, begins);
      for (const piece of [...opening, ...pieces]) response.write(piece);
      if (end === 'clean') response.end();
      else setImmediate(() => response.socket?.destroy());
    });
    const body = path === '/v1/responses' ? { model, input: 'Hello!', stream } : path === '/v1/messages' ? messages(model, { stream }) : chat(model, { stream });
    const answer = await call(gateway.origin, path, { key: key.key, body });
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    const about = { seed, at, path, model, stream, status: answer.status };
    // 500 is a fault of ours; the others are the upstream's, told as such.
    expect({ ...about, isKnown: [200, 400, 413, 422, 429, 502, 503, 504, 529].includes(answer.status) }).toEqual({ ...about, isKnown: true });
    expect({ ...about, leaks: /\bat .*\.(?:ts|js|mjs):\d+|sk-upstream/.test(answer.text) }).toEqual({ ...about, leaks: false });
    if (answer.status === 200 && stream) expect({ ...about, ends: endsOf(path, answer.text) }).toEqual({ ...about, ends: 1 });
    else expect({ ...about, isJson: typeof answer.json === 'object' && Object.keys(answer.json).length > 0 }).toEqual({ ...about, isJson: true });
    const entry = await gateway.ledger(answer.headers.get('x-request-id') ?? '');
    expect({ ...about, booked: entry.requestId }).toEqual({ ...about, booked: answer.headers.get('x-request-id') });
  }
  const limiter = await gateway.edition.store.get(limiterKey('default', key.keyId));
  expect(Object.keys(limiter ?? {}).filter((name) => name.startsWith('r_'))).toEqual([]);
  expect(limiter?.['open']).toBe(0);
  figure('E8', `${samples.length.toLocaleString('en')} hostile answers through the gateway: statuses ${JSON.stringify(Object.fromEntries([...statuses].toSorted()))}, one end and one settled entry each`);
}, 240_000);
