import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { call } from '../support/call.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { chatEvents, json, messageEvents, sayHello, scriptedUpstream, sse, type ScriptedUpstream } from '../support/scripted-upstream.ts';

type Fields = Record<string, unknown>;
let gateway: TestGateway;
let upstream: ScriptedUpstream;
let openai: OpenAI;
beforeAll(async () => {
  upstream = await scriptedUpstream();
  gateway = await testGateway();
  await gateway.addModel({ id: 'compatible', baseUrl: upstream.baseUrl, upstreamModel: 'up-model', price: { input: 1, output: 2 } });
  await gateway.addModel({ id: 'native', provider: 'openai', baseUrl: upstream.baseUrl, upstreamModel: 'gpt-up', price: { input: 1, output: 2 } });
  await gateway.addModel({ id: 'thinker', provider: 'openai', baseUrl: upstream.baseUrl, upstreamModel: 'gpt-up', price: { input: 1, output: 2 }, facts: { reasoning: true } });
  await gateway.addModel({ id: 'claude', provider: 'anthropic', baseUrl: upstream.baseUrl, upstreamModel: 'claude-up', facts: { maxOutput: 4096, thinking: 'budget', reasoning: true } });
  openai = new OpenAI({ baseURL: `${gateway.origin}/v1`, apiKey: gateway.key, maxRetries: 0 });
});
beforeEach(() => {
  upstream.script(sayHello);
  upstream.received.length = 0;
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const fixture = (name: string): string[] => readFileSync(join(import.meta.dirname, '../fixtures/openai-responses', `${name}.sse`), 'utf8').split(/(?<=\n\n)/);
const sent = (): Fields => upstream.received.at(-1)?.body ?? {};
const TOOL = { type: 'function' as const, name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } }, strict: false };

describe('the Responses API over other wire formats', () => {
  test.each(['compatible', 'claude'])('%s answers the openai SDK, whole and streamed, with usage and a ledger entry', async (model) => {
    const { data: whole, response } = await openai.responses.create({ model, input: 'Hello!' }).withResponse();
    expect(whole).toMatchObject({ object: 'response', status: 'completed', model, store: false, output_text: 'Hello', usage: { input_tokens: 10, output_tokens: 5, total_tokens: 15 } });
    const entry = await gateway.ledger(response.headers.get('x-request-id') ?? '');
    expect(entry).toMatchObject({ dialect: 'openai-responses', servedModel: model, tokens: { input: 10, output: 5 }, usage: 'measured', finish: { unified: 'stop' } });
    const stream = openai.responses.stream({ model, input: 'Hello!' });
    const types: string[] = [];
    for await (const event of stream) types.push(event.type);
    expect((await stream.finalResponse()).output_text).toBe('Hello');
    expect(types).toEqual([
      'response.created', 'response.in_progress', 'response.output_item.added', 'response.content_part.added', 'response.output_text.delta', 'response.output_text.delta',
      'response.output_text.done', 'response.content_part.done', 'response.output_item.done', 'response.completed',
    ]);
  });

  test('instructions, developer messages, images and settings reach the upstream in its own words', async () => {
    await openai.responses.create({
      model: 'compatible', instructions: 'Be terse.', max_output_tokens: 50, temperature: 0.5,
      input: [{ role: 'developer', content: 'No jokes.' }, { role: 'user', content: [{ type: 'input_text', text: 'What is it?' }, { type: 'input_image', image_url: 'https://example.com/a.png', detail: 'low' }] }],
      text: { format: { type: 'json_schema', name: 'answer', schema: { type: 'object', properties: {}, required: [], additionalProperties: false }, strict: true } },
    });
    expect(sent()).toMatchObject({
      model: 'up-model', max_tokens: 50, temperature: 0.5,
      messages: [{ role: 'system', content: 'Be terse.\n\nNo jokes.' }, { role: 'user', content: [{ type: 'text', text: 'What is it?' }, { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } }] }],
      response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true } },
    });
  });

  test('a tool loop: calls come as items, results go back as one turn, parallel calls stay together', async () => {
    upstream.script((_received, response) => sse(response, [
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { tool_calls: [{ index: 0, id: 'call_A', type: 'function', function: { name: 'get_weather', arguments: '{"city":' } }] }, finish_reason: null }] })}\n\n`,
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: '"Paris"}' } }] }, finish_reason: null }] })}\n\n`,
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] })}\n\n`, 'data: [DONE]\n\n',
    ]));
    const first = await openai.responses.stream({ model: 'compatible', input: 'Weather?', tools: [TOOL] }).finalResponse();
    const [item] = first.output;
    expect(item).toMatchObject({ type: 'function_call', call_id: 'call_A', name: 'get_weather', arguments: '{"city":"Paris"}', status: 'completed' });
    upstream.script(sayHello);
    await openai.responses.create({ model: 'compatible', tools: [TOOL], input: [
      { role: 'user', content: 'Weather?' }, { type: 'function_call', call_id: 'call_A', name: 'get_weather', arguments: '{"city":"Paris"}' }, { type: 'function_call', call_id: 'call_B', name: 'get_weather', arguments: '{"city":"Rome"}' },
      { type: 'function_call_output', call_id: 'call_A', output: 'sunny' }, { type: 'function_call_output', call_id: 'call_B', output: 'rain' },
    ] });
    expect(sent()['messages']).toMatchObject([
      { role: 'user' }, { role: 'assistant', content: null, tool_calls: [{ id: 'call_A' }, { id: 'call_B' }] }, { role: 'tool', tool_call_id: 'call_A', content: 'sunny' }, { role: 'tool', tool_call_id: 'call_B', content: 'rain' },
    ]);
  });

  test('a custom tool takes free text on both sides of an upstream that only knows functions', async () => {
    const patch = '*** Begin Patch\n"quoted"\n*** End Patch';
    upstream.script((_received, response) => sse(response, messageEvents([]).flatMap((event) => (event.includes('content_block_start') ? [
      `event: content_block_start\ndata: ${JSON.stringify({ type: 'content_block_start', index: 0, content_block: { type: 'tool_use', id: 'toolu_1', name: 'apply_patch', input: {} } })}\n\n`,
      ...[JSON.stringify({ input: patch }).slice(0, 9), JSON.stringify({ input: patch }).slice(9)].map((partial_json) => `event: content_block_delta\ndata: ${JSON.stringify({ type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json } })}\n\n`),
    ] : [event.replace('end_turn', 'tool_use')]))));
    const events: Fields[] = [];
    const stream = await openai.responses.create({ model: 'claude', input: 'Patch it', stream: true, tools: [{ type: 'custom', name: 'apply_patch', description: 'Applies a patch.' }] });
    for await (const event of stream) events.push(event as unknown as Fields);
    expect(events.find(({ type }) => type === 'response.custom_tool_call_input.done')).toMatchObject({ input: patch });
    expect(events.at(-1)).toMatchObject({ type: 'response.completed', response: { output: [{ type: 'custom_tool_call', call_id: 'toolu_1', name: 'apply_patch', input: patch }] } });
    expect(sent()['tools']).toMatchObject([{ name: 'apply_patch', input_schema: { required: ['input'] } }]);
    upstream.script(sayHello);
    await openai.responses.create({ model: 'claude', tools: [{ type: 'custom', name: 'apply_patch' }], input: [{ role: 'user', content: 'x' }, { type: 'custom_tool_call', call_id: 'toolu_1', name: 'apply_patch', input: patch }, { type: 'custom_tool_call_output', call_id: 'toolu_1', output: 'done' }] });
    expect(sent()['messages']).toMatchObject([{}, { content: [{ type: 'tool_use', id: 'toolu_1', input: { input: patch } }] }, { content: [{ type: 'tool_result', tool_use_id: 'toolu_1' }] }]);
  });

  test('translation D114 (whole): the signature of thinking travels in encrypted_content and comes back to its own provider', async () => {
    upstream.script((_received, response) => json(response, 200, { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [{ type: 'thinking', thinking: 'Hm.', signature: 'sig==' }, { type: 'redacted_thinking', data: 'opaque' }, { type: 'text', text: '42' }], stop_reason: 'end_turn', stop_sequence: null, usage: { input_tokens: 1, output_tokens: 2 } }));
    const first = await openai.responses.create({ model: 'claude', input: 'x', reasoning: { effort: 'low' }, max_output_tokens: 3000 });
    expect(first.output.map(({ type }) => type)).toEqual(['reasoning', 'reasoning', 'message']);
    const history = first.output as OpenAI.Responses.ResponseInputItem[];
    upstream.script(sayHello);
    await openai.responses.create({ model: 'claude', reasoning: { effort: 'low' }, max_output_tokens: 3000, input: [{ role: 'user', content: 'x' }, ...history, { role: 'user', content: 'And?' }] });
    expect(sent()['messages']).toMatchObject([{}, { role: 'assistant', content: [{ type: 'thinking', thinking: 'Hm.', signature: 'sig==' }, { type: 'redacted_thinking', data: 'opaque' }, { type: 'text', text: '42' }] }, {}]);
    await openai.responses.create({ model: 'compatible', input: [{ role: 'user', content: 'x' }, ...history, { role: 'user', content: 'And?' }] });
    expect(JSON.stringify(sent())).not.toContain('sig==');
  });

  test('an answer that breaks off is never a clean end: the SDK throws', async () => {
    upstream.script((_received, response) => sse(response, chatEvents(['Hel', 'lo']).slice(0, 2), { end: 'destroy' }));
    const read = async (): Promise<void> => {
      for await (const _event of await openai.responses.create({ model: 'compatible', input: 'x', stream: true })) { /* read to the end */ }
    };
    await expect(read()).rejects.toThrow(/before the answer was complete/);
  });
});

describe('the Responses API at OpenAI itself', () => {
  test('bytes pass but the model, and nothing is stored at the provider', async () => {
    upstream.script((_received, response) => sse(response, fixture('text')));
    const body = '{ "model":"native","input" : "hi", "stream":true,"brand_new":[1, 2] }';
    const answer = await call(gateway.origin, '/v1/responses', { key: gateway.key, raw: body });
    expect(upstream.received[0]?.path).toBe('/v1/responses');
    expect(upstream.received[0]?.bytes.toString()).toBe('{"store":false, "model":"gpt-up","input" : "hi", "stream":true,"brand_new":[1, 2] }');
    expect(answer.text).toBe(fixture('text').join('').replaceAll('gpt-5-mini-2025-08-07', 'native'));
    expect(await gateway.ledger(answer.headers.get('x-request-id') ?? '')).toMatchObject({ tokens: { input: 16, cacheRead: 8, output: 19 }, usage: 'measured' });
    await call(gateway.origin, '/v1/responses', { key: gateway.key, body: { model: 'native', input: 'hi', store: true } });
    expect(upstream.received[1]?.body).toEqual({ model: 'gpt-up', input: 'hi', store: false });
  });

  test('the usual loop of a reasoning model: what it thought goes back though nobody stored it', async () => {
    const reasoning = { type: 'reasoning', id: 'rs_1', summary: [] };
    upstream.script(({ body: { include, input } }, response) => {
      // As OpenAI does with store: false: an item that it did not keep and that brings no content of its own is not found.
      const lost = Array.isArray(input) && input.some((item: Fields) => item['type'] === 'reasoning' && item['encrypted_content'] === undefined);
      if (lost) return json(response, 404, { error: { message: "Item with id 'rs_1' not found.", type: 'invalid_request_error', param: 'input', code: null } });
      const asked = (include as string[] | undefined)?.includes('reasoning.encrypted_content') === true;
      return json(response, 200, { id: 'resp_1', object: 'response', status: 'completed', model: 'gpt-up', output: [{ ...reasoning, ...(asked && { encrypted_content: 'gAAAA' }) }, { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'get_weather', arguments: '{}', status: 'completed' }], usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 } });
    });
    const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: 'Weather?' }];
    const first = await openai.responses.create({ model: 'thinker', input, tools: [TOOL] });
    expect(sent()).toMatchObject({ store: false, include: ['reasoning.encrypted_content'] });
    input.push(...first.output as OpenAI.Responses.ResponseInputItem[], { type: 'function_call_output', call_id: 'call_1', output: 'sunny' });
    const { response } = await openai.responses.create({ model: 'thinker', input, tools: [TOOL] }).withResponse();
    expect([sent()['input'], response.headers.get('x-bsg-translation')]).toEqual([input, null]);
  });

  test.each([
    ['added to what is asked for', { include: ['message.output_text.logprobs'] }, ['message.output_text.logprobs', 'reasoning.encrypted_content']],
    ['there once', { include: ['reasoning.encrypted_content'], store: null }, ['reasoning.encrypted_content']],
    ['the caller\'s matter where it keeps nothing itself', { store: false }, undefined],
  ])('the encrypted content of thoughts is %s', async (_name, members, include) => {
    await call(gateway.origin, '/v1/responses', { key: gateway.key, body: { model: 'thinker', input: 'hi', ...members } });
    expect([sent()['include'], sent()['store']]).toEqual([include, false]);
  });

  test('models that do not reason are not asked for it', async () => {
    await call(gateway.origin, '/v1/responses', { key: gateway.key, body: { model: 'native', input: 'hi' } });
    expect(sent()).not.toHaveProperty('include');
    await call(gateway.origin, '/v1/responses', { key: gateway.key, body: { model: 'native', input: 'hi', reasoning: { effort: 'low' } } });
    expect(sent()['include']).toEqual(['reasoning.encrypted_content']);
  });

  test('translation D114 (whole): thoughts that nobody kept and that bring no content of their own are left out and told', async () => {
    upstream.script((_received, response) => json(response, 200, { id: 'resp_1', object: 'response', status: 'completed', model: 'gpt-up', output: [] }));
    const kept = { type: 'reasoning', id: 'rs_2', summary: [], encrypted_content: 'gAAAA' };
    const input = [{ role: 'user', content: 'x' }, { type: 'reasoning', id: 'rs_1', summary: [] }, kept, { role: 'user', content: 'And?' }];
    const answer = await call(gateway.origin, '/v1/responses', { key: gateway.key, body: { model: 'thinker', input, store: false } });
    expect([sent()['input'], answer.headers.get('x-bsg-translation')]).toEqual([[input[0], kept, input[3]], 'dropped=reasoning_item']);
    const strict = await call(gateway.origin, '/v1/responses', { key: gateway.key, body: { model: 'thinker', input }, headers: { 'x-bsg-strict': 'true' } });
    expect([strict.status, strict.json]).toMatchObject([400, { error: { code: 'unsupported_parameter' } }]);
  });

  test.each(['thinker', 'claude'])('a client that refers to what the model thought goes on without it, and is told: %s', async (model) => {
    const call1 = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'run', arguments: '{}' };
    const input = [{ role: 'user', content: 'x' }, { type: 'item_reference', id: 'rs_1' }, call1, { type: 'function_call_output', call_id: 'call_1', output: '7' }];
    const tools = [{ type: 'function', name: 'run', parameters: { type: 'object', properties: {} } }];
    if (model === 'thinker') upstream.script((_received, response) => json(response, 200, { id: 'resp_1', object: 'response', status: 'completed', model: 'gpt-up', output: [] }));
    const answer = await call(gateway.origin, '/v1/responses', { key: gateway.key, body: { model, input, tools } });
    expect(answer.headers.get('x-bsg-translation')).toContain(model === 'thinker' ? 'dropped=reasoning_item' : 'dropped=');
    expect(JSON.stringify(upstream.received.at(-1)?.body)).not.toContain('rs_1');
    expect(upstream.received).toHaveLength(1);
  });

  test('an error before the first output is a status, after it one error event', async () => {
    upstream.script((_received, response) => sse(response, fixture('error-first')));
    expect((await call(gateway.origin, '/v1/responses', { key: gateway.key, body: { model: 'native', input: 'hi', stream: true } })).status).toBe(429);
    upstream.script((_received, response) => sse(response, fixture('error-mid-stream')));
    const { text } = await call(gateway.origin, '/v1/responses', { key: gateway.key, body: { model: 'native', input: 'hi', stream: true } });
    expect(text.match(/^event: error$/gm)).toHaveLength(1);
    expect(text).toContain('"error":{"message"');
  });
});

describe('what needs stored state is refused with a sentence', () => {
  test.each([
    ['previous_response_id', { previous_response_id: 'resp_1' }], ['conversation', { conversation: 'conv_1' }], ['background', { background: true }],
    ['item references', { input: [{ type: 'item_reference', id: 'msg_1' }] }], ['prompt', { prompt: { id: 'pmpt_1' } }],
  ])('%s', async (_name, members) => {
    const answer = await call(gateway.origin, '/v1/responses', { key: gateway.key, body: { model: 'compatible', input: 'x', ...members } });
    expect([answer.status, answer.json]).toMatchObject([400, { error: { code: 'unsupported_parameter' } }]);
    expect(upstream.received).toEqual([]);
  });

  test('a hosted tool at a model of another provider', async () => {
    const answer = await call(gateway.origin, '/v1/responses', { key: gateway.key, body: { model: 'claude', input: 'x', tools: [{ type: 'web_search' }] } });
    expect([answer.status, answer.json]).toMatchObject([400, { error: { code: 'unsupported_parameter', param: 'tools' } }]);
  });

  test('errors are in OpenAI\'s shape', async () => {
    await expect(openai.responses.create({ model: 'nope', input: 'x' })).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    expect((await call(gateway.origin, '/v1/responses', { key: gateway.key, body: { model: 'compatible' } })).json).toMatchObject({ error: { param: 'input' } });
  });
});
