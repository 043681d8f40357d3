import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call, chat, messages } from '../support/call.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { chatAnswer, json, messageAnswer, sayHello, scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';

let gateway: TestGateway;
let upstream: ScriptedUpstream;
const price = { input: 1, output: 10 };
beforeAll(async () => {
  // An upstream that uses up whatever it is allowed, and 60,000 tokens where nothing is said.
  upstream = await scriptedUpstream((received, response) => {
    const { max_tokens: maxTokens, max_completion_tokens: maxCompletion } = received.body;
    const output = Number(maxTokens ?? maxCompletion ?? 60_000);
    json(response, 200, { ...(chatAnswer('long') as object), usage: { prompt_tokens: 10, completion_tokens: output, total_tokens: 10 + output } });
  });
  gateway = await testGateway();
  await gateway.addModel({ id: 'unknown-cap', baseUrl: upstream.baseUrl, price });
  await gateway.addModel({ id: 'thinker', baseUrl: upstream.baseUrl, price, maxOutputTokens: 8_192, facts: { reasoning: true } });
  await gateway.addModel({ id: 'budgeted', provider: 'anthropic', baseUrl: upstream.baseUrl, price: { input: 1, cacheWrite: 1.25, cacheWrite1h: 2, output: 100 }, facts: { maxOutput: 64_000, thinking: 'budget', reasoning: true } });
  await gateway.addModel({ id: 'vectors', baseUrl: upstream.baseUrl, price: { input: 1, output: 0 }, facts: { embeddings: true } });
  await gateway.addModel({ id: 'claude', provider: 'anthropic', baseUrl: upstream.baseUrl, price: { input: 1, output: 100 }, maxOutputTokens: 4_000 });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

test.each([
  ['asks for 100,000 tokens of', { max_tokens: 100_000 }],
  ['asks for nothing of', {}],
  ['names both limits, a small and a large one, to', { max_completion_tokens: 10, max_tokens: 100_000 }],
])('a caller that %s a model whose maximum nobody knows does not spend more than its budget', async (_name, wish) => {
  const { key } = await gateway.addKey({ rpm: null, tpm: null, dailyUsd: 0.2 });
  const answer = await call(gateway.origin, '/v1/chat/completions', { key, body: chat('unknown-cap', wish) });
  if (answer.status === 429 || answer.status === 400) return;
  const { costMicros } = await gateway.ledger(answer.headers.get('x-request-id') ?? '');
  // The upstream counts 10 input tokens; the estimate's error is far below a cent.
  expect(costMicros).toBeLessThanOrEqual(210_000);
});

test('a Responses caller without a limit is given the one that was held against its budget', async () => {
  const { key } = await gateway.addKey({ rpm: null, tpm: null, dailyUsd: 0.2 });
  const answer = await call(gateway.origin, '/v1/responses', { key, body: { model: 'unknown-cap', input: 'Hello!' } });
  const { costMicros } = await gateway.ledger(answer.headers.get('x-request-id') ?? '');
  expect([answer.status, upstream.received.at(-1)?.body['max_tokens']]).toEqual([200, 16_384]);
  expect(costMicros).toBeLessThanOrEqual(200_000);
});

test('input that may be written to the cache for an hour is held at the price of that', async () => {
  const body = (ttl: string): object => messages('budgeted', { max_tokens: 10, system: [{ type: 'text', text: 'a'.repeat(400_000), cache_control: { type: 'ephemeral', ttl } }] });
  const { key } = await gateway.addKey({ rpm: null, tpm: null, dailyUsd: 0.15 });
  // 100,000 tokens: $0.125 at the price of five minutes, $0.20 at that of an hour.
  expect((await call(gateway.origin, '/v1/messages', { key, body: body('1h') })).status).toBe(429);
  upstream.script((_received, response) => json(response, 200, messageAnswer('x')));
  expect((await call(gateway.origin, '/v1/messages', { key, body: body('5m') })).status).toBe(200);
});

test.each([[0.03, 256], [0.2, 1_280]])('a limit that grows for thinking grows only as far as a budget of $%s holds', async (dailyUsd, sent) => {
  upstream.script((received, response) => json(response, 200, { ...(messageAnswer('x') as object), usage: { input_tokens: 1, output_tokens: Number(received.body['max_tokens']) } }));
  const { key } = await gateway.addKey({ rpm: null, tpm: null, dailyUsd });
  const answer = await call(gateway.origin, '/v1/chat/completions', { key, body: chat('budgeted', { max_tokens: 256, reasoning_effort: 'high' }) });
  const { costMicros } = await gateway.ledger(answer.headers.get('x-request-id') ?? '');
  expect([answer.status, upstream.received.at(-1)?.body['max_tokens']]).toEqual([200, sent]);
  expect(costMicros).toBeLessThanOrEqual(dailyUsd * 1e6);
});

test('more output than any model writes, of one whose maximum nobody knows, is the caller\'s mistake and no failure of the store', async () => {
  const answer = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('unknown-cap', { max_tokens: Number.MAX_SAFE_INTEGER }) });
  expect([answer.status, answer.json['error']]).toEqual([400, expect.objectContaining({ type: 'invalid_request_error', param: 'max_tokens' })]);
});

test('a budget adds no limit of output to a request for embeddings', async () => {
  const { key } = await gateway.addKey({ rpm: null, tpm: null, dailyUsd: 0.2 });
  upstream.script((_received, response) => json(response, 200, { object: 'list', model: 'm', data: [{ object: 'embedding', index: 0, embedding: [1] }], usage: { prompt_tokens: 1, total_tokens: 1 } }));
  await call(gateway.origin, '/v1/embeddings', { key, body: { model: 'vectors', input: 'a text' } });
  expect(upstream.received.at(-1)?.body).toEqual({ model: 'up-model', input: 'a text' });
});

test('a clamp to the rest of a budget is disclosed across dialects too', async () => {
  const { key } = await gateway.addKey({ rpm: null, tpm: null, dailyUsd: 0.2 });
  upstream.script((_received, response) => json(response, 200, { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [{ type: 'text', text: 'x' }], stop_reason: 'end_turn', stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 } }));
  const answer = await call(gateway.origin, '/v1/chat/completions', { key, body: chat('claude') });
  expect(Number(upstream.received.at(-1)?.body['max_tokens'])).toBeLessThan(4_000);
  expect([answer.status, answer.headers.get('x-bsg-translation')]).toEqual([200, 'clamped=max_tokens']);
});

test('an upstream sees one model name: a repeated member does not travel beside the one that was decided', async () => {
  const text = '{"model":"someone-elses-model","messages":[{"role":"user","content":"hi"}],"max_tokens":5,"model":"unknown-cap"}';
  upstream.script((_received, response) => json(response, 200, chatAnswer('x')));
  const before = upstream.received.length;
  const answer = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, raw: text });
  if (answer.status === 400) return;
  expect(upstream.received.length).toBe(before + 1);
  expect(upstream.received.at(-1)?.bytes.toString()).not.toContain('someone-elses-model');
});

test('a cap that the gateway adds for a reasoning model is named as such models demand', async () => {
  upstream.script((_received, response) => json(response, 200, chatAnswer('x')));
  await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('thinker') });
  const { max_tokens: maxTokens, max_completion_tokens: maxCompletion } = upstream.received.at(-1)?.body ?? {};
  expect([maxTokens, maxCompletion]).toEqual([undefined, 8_192]);
});

test('the usage flag is added to the stream options that the caller sent, not put in their place', async () => {
  upstream.script(sayHello);
  await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('unknown-cap', { stream: true, stream_options: { include_obfuscation: false } }) });
  expect(upstream.received.at(-1)?.body['stream_options']).toEqual({ include_obfuscation: false, include_usage: true });
});
