import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call, chat } from '../support/call.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { chatAnswer, json, sayHello, scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';

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
