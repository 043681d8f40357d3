import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Anthropic, * as anthropicErrors from '@anthropic-ai/sdk';
import OpenAI, * as openaiErrors from 'openai';
import { sampleOf } from '../../../infra/local/demo-answer.ts';
import { startDemoUpstream, type DemoUpstream } from '../../../infra/local/demo-upstream.ts';

const API_KEY = 'demo-upstream-key';
const TOOL_SCHEMA = { type: 'object', properties: { city: { type: 'string' }, unit: { type: 'string', enum: ['celsius', 'kelvin'] }, days: { type: 'integer', minimum: 3 } }, required: ['city', 'unit', 'days'] };
const TOOL_INPUT = { city: 'simulated', unit: 'celsius', days: 3 };
const ask = [{ role: 'user' as const, content: 'What is the capital of France?' }];

let upstream: DemoUpstream;
let openai: OpenAI;
let anthropic: Anthropic;
beforeAll(async () => {
  upstream = await startDemoUpstream({ apiKey: API_KEY, wordDelayMs: 0 });
  openai = new OpenAI({ baseURL: upstream.baseUrl, apiKey: API_KEY, maxRetries: 0 });
  anthropic = new Anthropic({ baseURL: upstream.baseUrl.replace(/\/v1$/, ''), apiKey: API_KEY, maxRetries: 0 });
});
afterAll(() => upstream.close());

describe('the simulated provider, through the openai SDK', () => {
  test('answers each model differently, says that it is simulated and reports usage', async () => {
    const [cheap, strong] = await Promise.all(['demo-cheap', 'demo-strong'].map((model) => openai.chat.completions.create({ model, messages: ask })));
    expect(cheap?.choices[0]?.message.content).toMatch(/^\[simulated: demo-cheap\].*capital of France/);
    expect(strong?.choices[0]?.message.content).toMatch(/^\[simulated: demo-strong\].*capital of France/);
    expect(cheap?.usage?.completion_tokens).toBeLessThan(strong?.usage?.completion_tokens ?? 0);
    expect(cheap?.usage?.prompt_tokens).toBeGreaterThan(0);
  });

  test('streams in several pieces the very answer that it gives at once, with usage when asked for', async () => {
    const whole = await openai.chat.completions.create({ model: 'demo-cheap', messages: ask });
    const pieces: string[] = [];
    const stream = openai.chat.completions.stream({ model: 'demo-cheap', messages: ask, stream_options: { include_usage: true } });
    stream.on('content', (piece) => pieces.push(piece));
    const streamed = await stream.finalChatCompletion();
    expect(pieces.length).toBeGreaterThan(5);
    expect(streamed.choices[0]?.message.content).toBe(whole.choices[0]?.message.content);
    expect(streamed.usage).toEqual(whole.usage);
    expect(streamed.choices[0]?.finish_reason).toBe('stop');
  });

  test('calls a tool when it has to, with arguments of the schema, streamed or not, and goes on after its result', async () => {
    const tools = [{ type: 'function' as const, function: { name: 'other' } }, { type: 'function' as const, function: { name: 'weather', parameters: TOOL_SCHEMA } }];
    const body = { model: 'demo-strong', messages: ask, tools, tool_choice: { type: 'function' as const, function: { name: 'weather' } } };
    const whole = await openai.chat.completions.create(body);
    const streamed = await openai.chat.completions.stream(body).finalChatCompletion();
    for (const completion of [whole, streamed]) {
      const [call] = completion.choices[0]?.message.tool_calls ?? [];
      expect(completion.choices[0]?.finish_reason).toBe('tool_calls');
      expect(call).toMatchObject({ type: 'function', function: { name: 'weather' } });
      expect(JSON.parse(call?.type === 'function' ? call.function.arguments : '')).toEqual(TOOL_INPUT);
    }
    const answer = whole.choices[0]?.message;
    if (answer === undefined) throw new Error('no answer');
    const after = await openai.chat.completions.create({ ...body, messages: [...ask, answer, { role: 'tool', tool_call_id: answer.tool_calls?.[0]?.id ?? '', content: '21 degrees' }] });
    expect(after.choices[0]?.message.content).toContain('21 degrees');
    expect((await openai.chat.completions.create({ model: 'demo-cheap', messages: ask, tools })).choices[0]?.finish_reason).toBe('stop');
  });

  test('keeps to a JSON schema and to the output limit', async () => {
    const structured = await openai.chat.completions.create({ model: 'demo-cheap', messages: ask, response_format: { type: 'json_schema', json_schema: { name: 'x', schema: TOOL_SCHEMA } } });
    expect(JSON.parse(structured.choices[0]?.message.content ?? '')).toEqual(TOOL_INPUT);
    const cut = await openai.chat.completions.create({ model: 'demo-cheap', messages: ask, max_completion_tokens: 3 });
    expect(cut.choices[0]?.finish_reason).toBe('length');
    expect(cut.usage?.completion_tokens).toBe(3);
  });

  test('refuses a wrong key, an unknown model and a broken body as the official API does', async () => {
    const stranger = new OpenAI({ baseURL: upstream.baseUrl, apiKey: 'wrong', maxRetries: 0 });
    await expect(stranger.chat.completions.create({ model: 'demo-cheap', messages: ask })).rejects.toBeInstanceOf(openaiErrors.AuthenticationError);
    await expect(openai.chat.completions.create({ model: 'gpt-5', messages: ask })).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
    await expect(openai.chat.completions.create({ model: 'demo-cheap', messages: [] })).rejects.toBeInstanceOf(openaiErrors.BadRequestError);
    await expect(openai.embeddings.create({ model: 'demo-cheap', input: 'x' })).rejects.toBeInstanceOf(openaiErrors.NotFoundError);
    const broken = await fetch(`${upstream.baseUrl}/chat/completions`, { method: 'POST', headers: { authorization: `Bearer ${API_KEY}` }, body: '{' });
    expect([broken.status, await broken.json()]).toMatchObject([400, { error: { type: 'invalid_request_error' } }]);
  });
});

describe('the simulated provider, through the anthropic SDK', () => {
  test('answers, and streams the very same answer', async () => {
    const body = { model: 'demo-strong', max_tokens: 500, messages: ask };
    const whole = await anthropic.messages.create(body);
    const pieces: string[] = [];
    const stream = anthropic.messages.stream(body);
    stream.on('text', (piece) => pieces.push(piece));
    const streamed = await stream.finalMessage();
    expect(whole.content[0]).toMatchObject({ type: 'text', text: expect.stringMatching(/^\[simulated: demo-strong\]/) });
    expect(pieces.length).toBeGreaterThan(5);
    expect(streamed.content.map((block) => (block.type === 'text' ? block.text : ''))).toEqual(whole.content.map((block) => (block.type === 'text' ? block.text : '')));
    expect([streamed.stop_reason, streamed.usage.output_tokens]).toEqual(['end_turn', whole.usage.output_tokens]);
  });

  test('calls a tool when it has to and goes on after its result', async () => {
    const body = { model: 'demo-cheap', max_tokens: 500, messages: ask, tools: [{ name: 'weather', input_schema: { ...TOOL_SCHEMA, type: 'object' as const } }], tool_choice: { type: 'any' as const } };
    for (const message of [await anthropic.messages.create(body), await anthropic.messages.stream(body).finalMessage()]) {
      expect(message.stop_reason).toBe('tool_use');
      expect(message.content[0]).toMatchObject({ type: 'tool_use', name: 'weather', input: TOOL_INPUT });
    }
    const after = await anthropic.messages.create({ ...body, messages: [...ask, { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'weather', input: {} }] }, { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'rain' }] }] });
    expect(after.content[0]).toMatchObject({ type: 'text', text: expect.stringContaining('rain') });
  });

  test('counts tokens, cuts at max_tokens, and refuses as the official API does', async () => {
    expect((await anthropic.messages.countTokens({ model: 'demo-cheap', messages: ask })).input_tokens).toBeGreaterThan(0);
    expect(await anthropic.messages.create({ model: 'demo-cheap', max_tokens: 2, messages: ask })).toMatchObject({ stop_reason: 'max_tokens', usage: { output_tokens: 2 } });
    const stranger = new Anthropic({ baseURL: upstream.baseUrl.replace(/\/v1$/, ''), apiKey: 'wrong', maxRetries: 0 });
    await expect(stranger.messages.create({ model: 'demo-cheap', max_tokens: 2, messages: ask })).rejects.toBeInstanceOf(anthropicErrors.AuthenticationError);
    await expect(anthropic.messages.create({ model: 'claude', max_tokens: 2, messages: ask })).rejects.toBeInstanceOf(anthropicErrors.NotFoundError);
  });
});

test.each<[unknown, unknown]>([
  [{ const: 7 }, 7], [{ type: ['string', 'null'] }, 'simulated'], [{ type: 'array', items: { type: 'boolean' }, minItems: 2 }, [true, true]], [{ anyOf: [{ type: 'null' }] }, null],
  [{ properties: { a: { type: 'number', maximum: -2 }, b: {} }, required: ['a'] }, { a: -2 }], [{ type: 'string', format: 'date' }, '2026-01-01'], [true, 'simulated'],
])('a sample of the schema %j is %j', (schema, expected) => {
  expect(sampleOf(schema)).toEqual(expected);
});
