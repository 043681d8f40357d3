import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ModelConfig, ProviderKind } from '../../../functions/contract/index.ts';
import { get, type Fetched } from '../../support/http-client.ts';
import { chatEvents, json, scriptedUpstream, sse, type ScriptedUpstream } from '../../support/scripted-upstream.ts';
import { testGateway, type TestGateway } from '../../support/gateway.ts';

/** What each provider does otherwise than OpenAI: seen on the wire, through the whole gateway, in both directions. */
let upstream: ScriptedUpstream;
let gateway: TestGateway;
const KINDS: readonly ProviderKind[] = ['openai', 'anthropic', 'google', 'mistral', 'groq', 'deepseek', 'openrouter', 'ollama', 'openai-compatible'];
const whole = (message: object, more: object = {}, finish = 'stop'): object => ({ id: 'c1', object: 'chat.completion', created: 1, model: 'up', choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish }], usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }, ...more });

beforeAll(async () => {
  upstream = await scriptedUpstream();
  gateway = await testGateway({ breakers: 'always-closed' });
  for (const kind of KINDS) await add(kind, { id: kind });
  await add('google', { id: 'gemini-3', upstreamModel: 'gemini-3.1-pro-preview' });
  await add('google', { id: 'gemini-2.5', upstreamModel: 'gemini-2.5-flash' });
  await add('openai', { id: 'gpt-5', upstreamModel: 'gpt-5' });
  await add('anthropic', { id: 'claude', upstreamModel: 'claude-sonnet-4-5' });
  await add('anthropic', { id: 'claude-new', upstreamModel: 'claude-opus-5-5' });
  const azure = upstream.baseUrl.replace('/v1', '/openai');
  await add('azure', { id: 'azure', baseUrl: azure, apiVersion: '2024-10-21' });
  await add('azure', { id: 'azure-early', baseUrl: azure, apiVersion: '2024-06-01' });
  await add('azure', { id: 'azure-undated', baseUrl: `${azure}/v1` });
});
beforeEach(() => { upstream.script((received, response) => (received.path.includes('/messages') ? json(response, 200, { id: 'm', type: 'message', role: 'assistant', model: 'up', content: [{ type: 'text', text: 'hi' }], stop_reason: 'end_turn', usage: { input_tokens: 10, output_tokens: 5 } }) : json(response, 200, whole({ content: 'hi' })))); });
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const add = (provider: ProviderKind, model: Partial<ModelConfig> & { id: string }): Promise<void> => gateway.addModel({ provider, baseUrl: upstream.baseUrl, ...model });
const post = (path: string, body: object, headers: Record<string, string> = {}): Promise<Fetched> =>
  get(Number(new URL(gateway.origin).port), path, { headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });

const USER = { role: 'user', content: 'hello' };
interface Sent { readonly body: Record<string, unknown>; readonly path: string; readonly headers: Record<string, unknown>; readonly lost: string; readonly status: number; readonly text: string }
/** What the provider got of a chat-completions request, and what the caller was told of it. */
async function chat(model: string, more: object = {}, headers: Record<string, string> = {}): Promise<Sent> {
  return sent(await post('/v1/chat/completions', { model, messages: [USER], ...more }, headers));
}
async function messages(model: string, more: object = {}): Promise<Sent> {
  return sent(await post('/v1/messages', { model, max_tokens: 100, messages: [USER], ...more }));
}
function sent(answer: Fetched): Sent {
  const last = upstream.received.at(-1);
  upstream.received.length = 0;
  return { body: last?.body ?? {}, path: last?.path ?? '', headers: last?.headers ?? {}, lost: String(answer.headers['x-bsg-translation'] ?? ''), status: answer.status, text: answer.text };
}
const first = (value: unknown): Record<string, unknown> => (value as Record<string, unknown>[])[0] ?? {};
const CALL = { id: 'call_abcdefghij', type: 'function', function: { name: 'f', arguments: '{}' } };
const LOOP = [USER, { role: 'assistant', content: null, tool_calls: [CALL] }, { role: 'tool', tool_call_id: CALL.id, content: 'done' }];
const TOOLS = [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }];
const SCHEMA = { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object', properties: { it: { type: 'string' } } } } };
const IMAGE = (url: string) => [{ role: 'user', content: [{ type: 'text', text: 'what' }, { type: 'image_url', image_url: { url } }] }];
const PIXEL = 'data:image/png;base64,iVBORw0KGgo=';

describe('Mistral', () => {
  test('1: the output limit is max_tokens', async () => { expect(await chat('mistral', { max_completion_tokens: 7 })).toMatchObject({ body: { max_tokens: 7 }, lost: '' }); });
  test('2: of two limits max_completion_tokens counts, and goes as the one it knows', async () => {
    const { body } = await chat('mistral', { max_completion_tokens: 7, max_tokens: 9 });
    expect([body['max_tokens'], 'max_completion_tokens' in body]).toEqual([7, false]);
  });
  test('3: seed is called random_seed', async () => {
    const { body, lost } = await chat('mistral', { seed: 5 });
    expect([body['random_seed'], 'seed' in body, lost]).toEqual([5, false, '']);
  });
  test('4: members its schema does not have are left out, and said so', async () => {
    const { body, lost, status } = await chat('mistral', { user: 'u', store: true, metadata: { a: 'b' }, logprobs: true, top_logprobs: 2, logit_bias: { 5: 1 } });
    expect([Object.keys(body).toSorted(), status]).toEqual([['messages', 'model'], 200]);
    expect(lost.split('=')[1]?.split(',').toSorted()).toEqual(['logit_bias', 'logprobs', 'metadata', 'store', 'top_logprobs', 'user']);
  });
  test('5: what asked for nothing is left out without a word', async () => { expect((await chat('mistral', { store: false, logprobs: false, metadata: null })).lost).toBe(''); });
  test('6: stream_options is left out, since usage always comes', async () => {
    upstream.script((_received, response) => sse(response, chatEvents(['hi'])));
    const { body, status } = await chat('mistral', { stream: true, stream_options: { include_usage: true } });
    expect([status, 'stream_options' in body]).toEqual([200, false]);
  });
  test('7: developer messages are system messages', async () => { expect(first((await chat('mistral', { messages: [{ role: 'developer', content: 'be' }, USER] })).body['messages'])).toEqual({ role: 'system', content: 'be' }); });
  test('8: ids of calls have nine letters and digits, results follow, and the same id is always rewritten alike', async () => {
    const ids = async (): Promise<unknown[]> => {
      const [, assistant, result] = (await chat('mistral', { messages: LOOP, tools: TOOLS })).body['messages'] as { tool_calls?: { id: string }[]; tool_call_id?: string }[];
      return [assistant?.tool_calls?.[0]?.id, result?.tool_call_id];
    };
    const [call, result] = await ids();
    expect(call).toMatch(/^[a-z0-9]{9}$/);
    expect(result).toBe(call);
    expect(await ids()).toEqual([call, call]);
  });
  test('9: an id that fits stays as it is', async () => {
    const { body } = await chat('mistral', { messages: JSON.parse(JSON.stringify(LOOP).replaceAll(CALL.id, 'abcDEF123')), tools: TOOLS });
    expect(JSON.stringify(body)).toContain('"tool_call_id":"abcDEF123"');
  });
  test('10: reasoning of the history and names of speakers are not sent', async () => {
    const { body, lost } = await chat('mistral', { messages: [{ ...USER, name: 'ann' }, { role: 'assistant', content: 'x', reasoning_content: 'hm', refusal: null }, USER] });
    expect([JSON.stringify(body).includes('hm'), JSON.stringify(body).includes('ann'), lost]).toEqual([false, false, 'dropped=name']);
  });
  test('11: an empty list of tools is left out', async () => { expect('tools' in (await chat('mistral', { tools: [] })).body).toBe(false); });
  test('12: of an answer whose content is a list with thinking a messages caller gets the text; unsigned thinking could not be replayed (D74)', async () => {
    upstream.script((_received, response) => json(response, 200, whole({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }, { type: 'text', text: 'yes' }] })));
    const { text } = await messages('mistral');
    expect(JSON.parse(text).content).toEqual([{ type: 'text', text: 'yes' }]);
  });
  test('13: the flat error body of a 422 is readable', async () => {
    upstream.script((_received, response) => json(response, 422, { object: 'error', message: { detail: [{ loc: ['body', 'x'], msg: 'Extra inputs are not permitted' }] }, type: 'invalid_request_error' }));
    const { status, text } = await chat('mistral');
    expect([status, JSON.parse(text).error.message]).toEqual([422, 'body.x: Extra inputs are not permitted']);
  });
});

describe('Groq', () => {
  for (const [at, [name, value]] of Object.entries({ logprobs: true, top_logprobs: 2, logit_bias: { 5: 1 }, n: 2, store: true, metadata: { a: 'b' } }).entries()) {
    test(`${at + 1}: ${name} is a 400 there, so it is left out and said so`, async () => {
      const { body, lost } = await chat('groq', { [name]: value });
      expect([name in body, lost]).toEqual([false, `dropped=${name}`]);
    });
  }
  test('7: n of one is left out without a word', async () => { expect(await chat('groq', { n: 1 })).toMatchObject({ lost: '' }); });
  test('8: names of speakers are left out', async () => {
    const { body, lost } = await chat('groq', { messages: [{ ...USER, name: 'ann' }] });
    expect([body['messages'], lost]).toEqual([[USER], 'dropped=name']);
  });
  test('9: usage that comes in x_groq only is counted', async () => {
    const events = [...chatEvents(['hi'], { usage: false }).slice(0, 2), `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'up', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], x_groq: { usage: { prompt_tokens: 21, completion_tokens: 2, total_tokens: 23 } } })}\n\n`, 'data: [DONE]\n\n'];
    upstream.script((_received, response) => sse(response, events));
    const answer = await post('/v1/messages', { model: 'groq', max_tokens: 9, stream: true, messages: [USER] });
    expect(await gateway.ledger(String(answer.headers['x-request-id']))).toMatchObject({ tokens: { input: 21, output: 2 }, usage: 'measured' });
  });
  test('10: reasoning in its own field is kept apart from the answer (D74)', async () => {
    upstream.script((_received, response) => json(response, 200, whole({ content: 'yes', reasoning: 'hm' })));
    expect(JSON.parse((await messages('groq')).text).content).toEqual([{ type: 'text', text: 'yes' }]);
  });
  test('11: a tool call that it could not make is the model\'s failure in the caller\'s words', async () => {
    upstream.script((_received, response) => json(response, 400, { error: { message: 'Failed to call a function.', type: 'invalid_request_error', code: 'tool_use_failed', failed_generation: '<function' } }));
    const { status, text } = await messages('groq');
    expect([status, JSON.parse(text).error]).toEqual([400, { type: 'invalid_request_error', message: 'Failed to call a function.' }]);
  });
});

describe('DeepSeek', () => {
  test('1: the output limit is max_tokens', async () => { expect((await chat('deepseek', { max_completion_tokens: 7 })).body).toMatchObject({ max_tokens: 7 }); });
  test('2: developer messages are system messages', async () => { expect(first((await chat('deepseek', { messages: [{ role: 'developer', content: 'be' }, USER] })).body['messages'])).toEqual({ role: 'system', content: 'be' }); });
  test('3: content of several texts is one text', async () => { expect(first((await chat('deepseek', { messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }, { type: 'text', text: 'b' }] }] })).body['messages'])).toEqual({ role: 'user', content: 'a\n\nb' }); });
  test('4: a JSON schema becomes json_object and an instruction, and is said to be weaker', async () => {
    const { body, lost } = await chat('deepseek', { response_format: SCHEMA });
    expect([body['response_format'], lost]).toEqual([{ type: 'json_object' }, 'clamped=response_format']);
    expect(String(first(body['messages'])['content'])).toContain('"it"');
  });
  test('5: strict callers get 400 instead', async () => {
    upstream.received.length = 0;
    const { status, text } = await chat('deepseek', { response_format: SCHEMA }, { 'x-bsg-strict': 'true' });
    expect([status, JSON.parse(text).error.code, upstream.received.length]).toEqual([400, 'unsupported_parameter', 0]);
  });
  test('6: json_object stays', async () => { expect((await chat('deepseek', { response_format: { type: 'json_object' } })).body['response_format']).toEqual({ type: 'json_object' }); });
  test('7: inside a tool loop the reasoning goes back, of a caller of the other dialect too (D48)', async () => {
    const turns = [{ role: 'user', content: 'go' }, { role: 'assistant', content: [{ type: 'thinking', thinking: 'first f', signature: 'x' }, { type: 'tool_use', id: 't1', name: 'f', input: {} }] }, { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'done' }] }];
    const { body } = await messages('deepseek', { messages: turns, tools: [{ name: 'f', input_schema: { type: 'object' } }] });
    expect((body['messages'] as object[])[1]).toMatchObject({ reasoning_content: 'first f', tool_calls: [{ id: 't1' }] });
    expect(JSON.stringify(body)).not.toContain('"signature"');
  });
  test('8: after the next question the reasoning stays behind', async () => {
    const turns = [{ role: 'user', content: 'go' }, { role: 'assistant', content: [{ type: 'thinking', thinking: 'old', signature: 'x' }, { type: 'text', text: 'a' }] }, { role: 'user', content: 'and?' }];
    const { body, lost } = await messages('deepseek', { messages: turns });
    expect([JSON.stringify(body).includes('old'), lost]).toEqual([false, 'dropped=thinking']);
  });
  test('9: the reasoning of the history of its own dialect passes', async () => { expect(JSON.stringify((await chat('deepseek', { messages: [USER, { role: 'assistant', content: null, reasoning_content: 'hm', tool_calls: [CALL] }, LOOP[2]] })).body)).toContain('"reasoning_content":"hm"'); });
  test('10: cache hits at the top of usage are counted', async () => {
    upstream.script((_received, response) => json(response, 200, whole({ content: 'x' }, { usage: { prompt_tokens: 100, completion_tokens: 5, total_tokens: 105, prompt_cache_hit_tokens: 80, prompt_cache_miss_tokens: 20 } })));
    const answer = await post('/v1/chat/completions', { model: 'deepseek', messages: [USER] });
    expect((await gateway.ledger(String(answer.headers['x-request-id']))).tokens).toMatchObject({ input: 20, cacheRead: 80, output: 5 });
  });
  test('11: n and seed are not heeded, and said so', async () => { expect((await chat('deepseek', { n: 2, seed: 1 })).lost).toBe('dropped=n,seed'); });
});

describe('Google', () => {
  test('1: names its schema does not have are left out, and said so', async () => {
    const { body, lost } = await chat('gemini-2.5', { store: true, metadata: { a: 'b' }, user: 'u', logit_bias: { 5: 1 }, frequency_penalty: 1 });
    expect([Object.keys(body).toSorted(), lost.startsWith('dropped=')]).toEqual([['messages', 'model'], true]);
  });
  test('2: the SDK\'s own store: false is left out without a word', async () => { expect(await chat('gemini-2.5', { store: false })).toMatchObject({ lost: '' }); });
  test('3: parallel_tool_calls is not known', async () => { expect('parallel_tool_calls' in (await chat('gemini-2.5', { tools: TOOLS, parallel_tool_calls: true })).body).toBe(false); });
  test('4: a call of the history without a signature gets the word that stands for one', async () => {
    const { body } = await chat('gemini-3', { messages: LOOP, tools: TOOLS });
    expect((body['messages'] as object[])[1]).toMatchObject({ tool_calls: [{ id: CALL.id, extra_content: { google: { thought_signature: 'skip_thought_signature_validator' } } }] });
  });
  test('5: so does one of the other dialect', async () => {
    const turns = [USER, { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'f', input: {} }] }, { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'done' }] }];
    expect(JSON.stringify((await messages('gemini-3', { messages: turns, tools: [{ name: 'f', input_schema: { type: 'object' } }] })).body)).toContain('skip_thought_signature_validator');
  });
  test('6: its own signature goes back untouched', async () => {
    const signed = { ...CALL, extra_content: { google: { thought_signature: 'c2lnbmVk' } } };
    const { body } = await chat('gemini-3', { messages: [USER, { role: 'assistant', content: null, tool_calls: [signed, { ...CALL, id: 'call_2' }] }, LOOP[2], { ...LOOP[2], tool_call_id: 'call_2' }], tools: TOOLS });
    expect(JSON.stringify(body)).toContain('c2lnbmVk');
    expect(JSON.stringify(body)).not.toContain('skip_thought');
  });
  test('7: models before that get none', async () => { expect(JSON.stringify((await chat('gemini-2.5', { messages: LOOP, tools: TOOLS })).body)).not.toContain('extra_content'); });
  test('8: an error that comes as a list is readable', async () => {
    upstream.script((_received, response) => json(response, 400, [{ error: { code: 400, message: 'Unknown name "x": Cannot find field.', status: 'INVALID_ARGUMENT' } }]));
    const { status, text } = await chat('gemini-2.5');
    expect([status, JSON.parse(text).error.message]).toEqual([400, 'Unknown name "x": Cannot find field.']);
  });
  test('9: a wrong key, which is a 400 there, is a fault of the gateway', async () => {
    upstream.script((_received, response) => json(response, 400, [{ error: { code: 400, message: 'API key not valid. Please pass a valid API key.', status: 'INVALID_ARGUMENT', details: [{ reason: 'API_KEY_INVALID' }] } }]));
    expect(JSON.parse((await chat('gemini-2.5')).text).error.code).toBe('upstream_credentials_rejected');
  });
  test('10: calls in parallel, whole and all under index 0, are told apart', async () => {
    const delta = (id: string, name: string): string => `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'up', choices: [{ index: 0, delta: { role: 'assistant', tool_calls: [{ index: 0, id, type: 'function', function: { name, arguments: '{"a":1}' } }] }, finish_reason: null }] })}\n\n`;
    upstream.script((_received, response) => sse(response, [delta('x1', 'f'), delta('x2', 'g'), ...chatEvents([]).slice(-3)]));
    const { text } = await messages('gemini-2.5', { stream: true, tools: [{ name: 'f', input_schema: { type: 'object' } }, { name: 'g', input_schema: { type: 'object' } }] });
    expect([...text.matchAll(/"type":"tool_use","id":"(\w+)","name":"(\w)"/g)].map(([, id, name]) => [id, name])).toEqual([['x1', 'f'], ['x2', 'g']]);
    expect(text).toContain('"stop_reason":"tool_use"');
  });
});

describe('Ollama', () => {
  test('1: without a credential in the registry nothing is asked for one', async () => { expect((await chat('ollama')).status).toBe(200); });
  test('2: an image by URL is a clear 400 before anything is sent', async () => {
    upstream.received.length = 0;
    const { status, text } = await chat('ollama', { messages: IMAGE('https://example.com/a.png') });
    expect([status, JSON.parse(text).error.code, upstream.received.length]).toEqual([400, 'unsupported_parameter', 0]);
  });
  test('3: an image as base64 passes', async () => { expect(JSON.stringify((await chat('ollama', { messages: IMAGE(PIXEL) })).body)).toContain(PIXEL); });
  test('4: a tool choice that it does not heed is said to be lost', async () => { expect((await chat('ollama', { tools: TOOLS, tool_choice: 'required' })).lost).toBe('dropped=tool_choice'); });
  test('5: auto loses nothing', async () => { expect((await chat('ollama', { tools: TOOLS, tool_choice: 'auto' })).lost).toBe(''); });
  test('6: several answers are said to be lost', async () => { expect((await chat('ollama', { n: 3 })).lost).toBe('dropped=n'); });
  test('7: the output limit is max_tokens', async () => { expect((await chat('ollama', { max_completion_tokens: 7 })).body).toMatchObject({ max_tokens: 7 }); });
  test('8: an error that is a bare text is readable', async () => {
    upstream.script((_received, response) => json(response, 404, { error: 'model "x" not found, try pulling it first' }));
    expect(JSON.parse((await chat('ollama')).text).error).toMatchObject({ code: 'upstream_model_not_found', message: 'model "x" not found, try pulling it first' });
  });
  test('9: a whole call in one delta is opened, filled and closed', async () => {
    const delta = `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'up', choices: [{ index: 0, delta: { role: 'assistant', content: '', tool_calls: [{ id: 'x1', index: 0, type: 'function', function: { name: 'f', arguments: '{"a":1}' } }] }, finish_reason: null }] })}\n\n`;
    upstream.script((_received, response) => sse(response, [delta, ...chatEvents([]).slice(-3)]));
    const { text } = await messages('ollama', { stream: true, tools: [{ name: 'f', input_schema: { type: 'object' } }] });
    expect(text.indexOf('"input":{}')).toBeLessThan(text.indexOf('"partial_json":"{\\"a\\":1}"'));
    expect(text).toContain('"stop_reason":"tool_use"');
  });
});

describe('OpenRouter', () => {
  test('1: nothing of a request is taken away', async () => { expect(await chat('openrouter', { seed: 1, logprobs: true, user: 'u', provider: { order: ['x'] }, transforms: [] })).toMatchObject({ body: { seed: 1, logprobs: true, user: 'u', provider: { order: ['x'] }, transforms: [] }, lost: '' }); });
  test('2: its comments while it waits are no events', async () => {
    upstream.script((_received, response) => sse(response, [': OPENROUTER PROCESSING\n\n', ': OPENROUTER PROCESSING\n\n', ...chatEvents(['hi'])]));
    const { text } = await messages('openrouter', { stream: true });
    expect([text.includes('"text":"hi"'), text.includes('OPENROUTER'), text.includes('message_stop')]).toEqual([true, false, true]);
  });
  test('3: an error inside a 200 before the first word is a status', async () => {
    upstream.script((_received, response) => json(response, 200, { error: { code: 502, message: 'Provider returned error' } }));
    expect((await chat('openrouter')).status).toBe(502);
  });
  test('4: an error in the midst of a stream ends it as an error', async () => {
    upstream.script((_received, response) => sse(response, [...chatEvents(['hi']).slice(0, 2), `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'up', error: { code: 502, message: 'Provider disconnected' }, choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }] })}\n\n`, 'data: [DONE]\n\n']));
    const { text } = await messages('openrouter', { stream: true });
    expect([text.match(/event: error/g)?.length, text.includes('message_stop')]).toEqual([1, false]);
  });
  test('5: reasoning in its own field is kept apart from the answer (D74)', async () => {
    upstream.script((_received, response) => json(response, 200, whole({ content: 'yes', reasoning: 'hm', reasoning_details: [{ type: 'reasoning.text', text: 'hm' }] })));
    expect(JSON.parse((await messages('openrouter')).text).content).toEqual([{ type: 'text', text: 'yes' }]);
  });
  test('6: its raw finish stays visible to its own dialect', async () => {
    upstream.script((_received, response) => json(response, 200, { ...whole({ content: 'x' }), choices: [{ index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: 'stop', native_finish_reason: 'STOP' }] }));
    expect(JSON.parse((await chat('openrouter')).text)).toMatchObject({ choices: [{ native_finish_reason: 'STOP' }] });
  });
  test('7: no credit left there is a fault of the gateway\'s account', async () => {
    upstream.script((_received, response) => json(response, 402, { error: { code: 402, message: 'Insufficient credits' } }));
    const { status, text } = await chat('openrouter');
    expect([status, text.includes('Insufficient')]).toEqual([502, false]);
  });
  test('8: a 429 keeps its seconds', async () => {
    upstream.script((_received, response) => json(response, 429, { error: { code: 429, message: 'Rate limited' } }, { 'retry-after': '7' }));
    const answer = await post('/v1/chat/completions', { model: 'openrouter', messages: [USER] });
    expect([answer.status, answer.headers['retry-after']]).toEqual([429, '7']);
  });
});

describe('Azure OpenAI', () => {
  test('1: the deployment and the dated version are in the address, the key has its own header', async () => {
    const { path, headers } = await chat('azure');
    expect([path, headers['api-key'], headers['authorization']]).toEqual(['/openai/deployments/up-model/chat/completions?api-version=2024-10-21', 'sk-upstream-credential-canary', undefined]);
  });
  test('2: the undated API takes the deployment as model', async () => {
    const { path, body, headers } = await chat('azure-undated');
    expect([path, body['model'], headers['api-key']]).toEqual(['/openai/v1/chat/completions', 'up-model', 'sk-upstream-credential-canary']);
  });
  test('3: dated versions do not know the newest members', async () => { expect(await chat('azure', { safety_identifier: 's', prompt_cache_key: 'k', verbosity: 'low' })).toMatchObject({ lost: 'dropped=safety_identifier,prompt_cache_key,verbosity' }); });
  test('4: the undated API does', async () => { expect(await chat('azure-undated', { safety_identifier: 's' })).toMatchObject({ body: { safety_identifier: 's' }, lost: '' }); });
  test('5: early versions know no stream_options; tokens are estimated then', async () => {
    upstream.script((_received, response) => sse(response, chatEvents(['hi'], { usage: false })));
    const answer = await post('/v1/chat/completions', { model: 'azure-early', stream: true, messages: [USER] });
    expect('stream_options' in (upstream.received.at(-1)?.body ?? {})).toBe(false);
    expect((await gateway.ledger(String(answer.headers['x-request-id']))).usage).toBe('estimated');
  });
  test('6: early versions know max_tokens and system messages only', async () => {
    const { body } = await chat('azure-early', { max_completion_tokens: 7, messages: [{ role: 'developer', content: 'be' }, USER] });
    expect([body['max_tokens'], first(body['messages'])['role']]).toEqual([7, 'system']);
  });
  test('7: the filter results that come before the first word are no answer yet', async () => {
    const filter = `data: ${JSON.stringify({ choices: [], created: 0, id: '', model: '', object: '', prompt_filter_results: [{ prompt_index: 0, content_filter_results: {} }] })}\n\n`;
    upstream.script((_received, response) => sse(response, [filter, ...chatEvents(['hi'])]));
    const { text } = await messages('azure', { stream: true });
    expect([text.match(/event: message_start/g)?.length, text.includes('"text":"hi"')]).toEqual([1, true]);
  });
  test('8: a refusal of its content filter is the caller\'s 400 with its words', async () => {
    upstream.script((_received, response) => json(response, 400, { error: { message: 'The response was filtered due to the prompt triggering the content management policy.', type: null, param: 'prompt', code: 'content_filter', status: 400, innererror: { code: 'ResponsibleAIPolicyViolation' } } }));
    const { status, text } = await chat('azure');
    expect([status, JSON.parse(text).error.message]).toEqual([400, expect.stringContaining('content management policy')]);
  });
  test('9: a deployment that is not there is no 404 of the caller', async () => {
    upstream.script((_received, response) => json(response, 404, { error: { code: 'DeploymentNotFound', message: 'The API deployment for this resource does not exist.' } }));
    expect(JSON.parse((await chat('azure')).text).error.code).toBe('upstream_model_not_found');
  });
});

describe('OpenAI', () => {
  test('1: reasoning models get max_completion_tokens from a caller of the other dialect', async () => { expect((await messages('gpt-5', { max_tokens: 50 })).body).toMatchObject({ max_completion_tokens: 50 }); });
  test('2: and no sampling, which is said', async () => {
    const { body, lost } = await messages('gpt-5', { temperature: 0.5 });
    expect(['temperature' in body, lost]).toEqual([false, 'dropped=temperature']);
  });
  test('3: a stream is asked for its usage, and a caller who did not ask never sees it', async () => {
    upstream.script((_received, response) => sse(response, chatEvents(['hi'])));
    const { body, text } = await chat('openai', { stream: true });
    expect([body['stream_options'], text.includes('prompt_tokens')]).toEqual([{ include_usage: true }, false]);
  });
  test('4: options that a caller gave beside it stay', async () => {
    upstream.script((_received, response) => sse(response, chatEvents(['hi'])));
    expect((await chat('openai', { stream: true, stream_options: { include_obfuscation: false } })).body['stream_options']).toEqual({ include_obfuscation: false, include_usage: true });
  });
  test('5: tool names over 64 characters are shortened and come back whole', async () => {
    const name = `mcp__${'x'.repeat(80)}`;
    upstream.script((received, response) => json(response, 200, whole({ content: null, tool_calls: [{ id: 'c', type: 'function', function: { name: (first(received.body['tools'])['function'] as { name: string }).name, arguments: '{}' } }] }, {}, 'tool_calls')));
    const { body, text } = await messages('openai', { tools: [{ name, input_schema: { type: 'object' } }] });
    expect((first(body['tools'])['function'] as { name: string }).name.length).toBeLessThanOrEqual(64);
    expect(JSON.parse(text)).toMatchObject({ content: [{ type: 'tool_use', name }] });
  });
  test('6: four stop sequences at most', async () => { expect(await messages('openai', { stop_sequences: ['a', 'b', 'c', 'd', 'e'] })).toMatchObject({ body: { stop: ['a', 'b', 'c', 'd'] }, lost: 'clamped=stop' }); });
  test('7: nothing of a Responses caller is stored there', async () => {
    upstream.script((_received, response) => json(response, 200, { id: 'r', object: 'response', status: 'completed', model: 'up', output: [], usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 } }));
    await post('/v1/responses', { model: 'openai', input: 'x' });
    expect(upstream.received.at(-1)?.body['store']).toBe(false);
  });
  test('8: a schema that does not qualify is not sent as strict', async () => { expect(first((await messages('openai', { tools: [{ name: 'f', strict: true, input_schema: { type: 'object', properties: { a: { type: 'string' } } } }] })).body['tools'])).not.toMatchObject({ function: { strict: true } }); });
});

describe('Anthropic', () => {
  test('1: the version is always sent, the key in its own header', async () => { expect((await chat('claude')).headers).toMatchObject({ 'anthropic-version': '2023-06-01', 'x-api-key': 'sk-upstream-credential-canary' }); });
  test('2: without a limit the model\'s own maximum is asked for', async () => { expect(Number((await chat('claude')).body['max_tokens'])).toBeGreaterThanOrEqual(8_192); });
  test('3: temperatures over 1 are lowered, and said so', async () => { expect(await chat('claude', { temperature: 1.7 })).toMatchObject({ body: { temperature: 1 }, lost: 'clamped=temperature' }); });
  test('4: models that take no sampling get none', async () => {
    const { body, lost } = await chat('claude-new', { temperature: 0.5 });
    expect(['temperature' in body, lost]).toEqual([false, 'dropped=temperature']);
  });
  test('5: a prefill that the model would refuse is refused here', async () => { expect(await chat('claude-new', { messages: [USER, { role: 'assistant', content: 'So' }] })).toMatchObject({ status: 400 }); });
  test('6: ids of calls with other characters are rewritten, results alike', async () => {
    const { body } = await chat('claude', { messages: JSON.parse(JSON.stringify(LOOP).replaceAll(CALL.id, 'call:a/b')), tools: TOOLS });
    const text = JSON.stringify(body);
    const id = /"type":"tool_use","id":"([^"]+)"/.exec(text)?.[1] ?? '';
    expect(id).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(text).toContain(`"tool_use_id":"${id}"`);
  });
  test('7: an empty account, which is a 400 there, is a fault of the gateway', async () => {
    upstream.script((_received, response) => json(response, 400, { type: 'error', error: { type: 'invalid_request_error', message: 'Your credit balance is too low to access the Anthropic API.' } }));
    expect(JSON.parse((await chat('claude')).text).error.code).toBe('upstream_error');
  });
  test('8: 529 is 503 for callers of OpenAI\'s dialect and stays 529 for its own', async () => {
    upstream.script((_received, response) => json(response, 529, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }));
    expect([(await chat('claude')).status, (await messages('claude')).status]).toEqual([503, 529]);
  });
  test('9: several answers are a 400, never one', async () => { expect((await chat('claude', { n: 2 })).status).toBe(400); });
});

describe('compatible servers', () => {
  test('1: reasoning counted beside the answer is part of the output', async () => {
    upstream.script((_received, response) => json(response, 200, whole({ content: 'x' }, { usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 22, completion_tokens_details: { reasoning_tokens: 7 } } })));
    const answer = await post('/v1/chat/completions', { model: 'openai-compatible', messages: [USER] });
    expect((await gateway.ledger(String(answer.headers['x-request-id']))).tokens).toMatchObject({ output: 12, reasoning: 7 });
  });
  test('2: arguments that are an object are a text for the caller', async () => {
    upstream.script((_received, response) => json(response, 200, whole({ content: null, tool_calls: [{ type: 'function', function: { name: 'f', arguments: { a: 1 } } }] }, {}, 'tool_calls')));
    expect(JSON.parse((await messages('openai-compatible')).text)).toMatchObject({ content: [{ type: 'tool_use', name: 'f', input: { a: 1 } }], stop_reason: 'tool_use' });
  });
  test('3: stop beside a tool call is a tool call', async () => {
    upstream.script((_received, response) => json(response, 200, whole({ content: null, tool_calls: [CALL] })));
    expect(JSON.parse((await messages('openai-compatible')).text)).toMatchObject({ stop_reason: 'tool_use' });
  });
  test('4: usage on every chunk counts once, the last one', async () => {
    const withUsage = chatEvents(['a', 'b'], { usage: false }).map((event, at) => (event.startsWith('data: {') ? event.replace('}\n\n', `,"usage":{"prompt_tokens":10,"completion_tokens":${at},"total_tokens":${10 + at}}}\n\n`) : event));
    upstream.script((_received, response) => sse(response, withUsage));
    const answer = await post('/v1/messages', { model: 'openai-compatible', max_tokens: 9, stream: true, messages: [USER] });
    expect((await gateway.ledger(String(answer.headers['x-request-id']))).tokens).toMatchObject({ input: 10, output: 3 });
  });
  test('5: [DONE] without a finish is no good end', async () => {
    upstream.script((_received, response) => sse(response, [...chatEvents(['a']).slice(0, 2), 'data: [DONE]\n\n']));
    expect((await messages('openai-compatible', { stream: true })).text).not.toContain('message_stop');
  });
  test('6: an error as a line inside a 200 stream, before content, is a status', async () => {
    upstream.script((_received, response) => sse(response, [`data: ${JSON.stringify({ error: { message: 'out of memory', code: 500 } })}\n\n`]));
    expect((await messages('openai-compatible', { stream: true })).status).toBeGreaterThanOrEqual(500);
  });
  test('7: lists of complaints in detail are readable', async () => {
    upstream.script((_received, response) => json(response, 422, { detail: [{ loc: ['body', 'messages'], msg: 'field required' }] }));
    expect(JSON.parse((await chat('openai-compatible')).text).error.message).toBe('body.messages: field required');
  });
  test('8: a page of some proxy is never shown', async () => {
    upstream.script((_received, response) => { response.writeHead(502, { 'content-type': 'text/html' }).end('<html>nginx secret-host</html>'); });
    expect((await chat('openai-compatible')).text).not.toContain('nginx');
  });
  test('9: its body is the caller\'s own, byte for byte, but for the model', async () => {
    const body = '{ "messages" : [{"role":"user","content":"\\u0068i"}] ,  "model":"openai-compatible", "seed": 1.0 }';
    await get(Number(new URL(gateway.origin).port), '/v1/chat/completions', { headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' }, body });
    expect(upstream.received.at(-1)?.bytes.toString()).toBe(body.replace('"openai-compatible"', '"up-model"'));
  });
});
