import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import * as z from 'zod';
import { FORECAST, MODELS, openWorld, RECIPE, WEATHER, type ClientWorld } from './world.ts';

let world: ClientWorld;
let openai: OpenAI;
beforeAll(async () => {
  world = await openWorld();
  openai = new OpenAI({ baseURL: `${world.origin}/v1`, apiKey: world.key, maxRetries: 0 });
});
afterAll(() => world.close());

const UPSTREAM = { gpt: '/v1/chat/completions', claude: '/v1/messages' } as const;
const say = (content: string) => [{ role: 'user' as const, content }];
const TOOL = { type: 'function' as const, function: { name: 'get_weather', description: 'Weather of a city', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } } };
const Recipe = z.object({ dish: z.string(), minutes: z.number() });

describe.each(MODELS)('the openai package, chat completions, with %s', (model) => {
  test('create', async () => {
    world.asked();
    const answer = await openai.chat.completions.create({ model, messages: say('hello') });
    expect(answer).toMatchObject({ object: 'chat.completion', model, choices: [{ message: { role: 'assistant', content: 'Hello from the mock.' }, finish_reason: 'stop' }] });
    expect(answer.usage).toMatchObject({ prompt_tokens: 11, completion_tokens: 6, total_tokens: 17 });
    expect(world.asked()).toEqual([UPSTREAM[model]]);
  });

  test('create with stream: the pieces make the text, one finish, usage when asked for', async () => {
    let text = '';
    const finishes: string[] = [];
    let usage: unknown;
    for await (const chunk of await openai.chat.completions.create({ model, messages: say('hello'), stream: true, stream_options: { include_usage: true } })) {
      text += chunk.choices[0]?.delta.content ?? '';
      if (chunk.choices[0]?.finish_reason) finishes.push(chunk.choices[0].finish_reason);
      usage = chunk.usage ?? usage;
    }
    expect([text, finishes]).toEqual(['Hello from the mock.', ['stop']]);
    expect(usage).toMatchObject({ prompt_tokens: 11, completion_tokens: 6 });
  });

  test('.stream() accumulates the same message', async () => {
    const stream = openai.chat.completions.stream({ model, messages: say('hello') });
    expect((await stream.finalMessage()).content).toBe('Hello from the mock.');
  });

  test('.runTools() goes round the loop', async () => {
    const called: unknown[] = [];
    const runner = openai.chat.completions.runTools({
      model, messages: say('the weather?'),
      tools: [{ type: 'function', function: { ...TOOL.function, parse: JSON.parse, function: (input: unknown) => { called.push(input); return '7'; } } }],
    });
    expect([await runner.finalContent(), called]).toEqual([FORECAST, [WEATHER]]);
  });

  test('.runTools() goes round the loop while streaming', async () => {
    const called: unknown[] = [];
    const runner = openai.chat.completions.runTools({
      model, messages: say('the weather?'), stream: true,
      tools: [{ type: 'function', function: { ...TOOL.function, parse: JSON.parse, function: (input: unknown) => { called.push(input); return '7'; } } }],
    });
    expect([await runner.finalContent(), called]).toEqual([FORECAST, [WEATHER]]);
  });

  test('.parse() gives the typed object', async () => {
    const answer = await openai.chat.completions.parse({ model, messages: say('a recipe'), response_format: zodResponseFormat(Recipe, 'recipe') });
    expect(answer.choices[0]?.message.parsed).toEqual(RECIPE);
  });
});

describe.each(MODELS)('the openai package, responses, with %s', (model) => {
  test('create', async () => {
    const answer = await openai.responses.create({ model, input: 'hello' });
    expect([answer.output_text, answer.status, answer.model]).toEqual(['Hello from the mock.', 'completed', model]);
  });

  test('.stream() ends with the completed response', async () => {
    const stream = openai.responses.stream({ model, input: 'hello' });
    let text = '';
    stream.on('response.output_text.delta', ({ delta }) => { text += delta; });
    expect([(await stream.finalResponse()).output_text, text]).toEqual(['Hello from the mock.', 'Hello from the mock.']);
  });

  test('a function call and its output', async () => {
    const tools = [{ type: 'function' as const, name: 'get_weather', description: 'Weather', parameters: TOOL.function.parameters, strict: false }];
    const first = await openai.responses.create({ model, input: 'the weather?', tools });
    const call = first.output.find((item) => item.type === 'function_call');
    expect(JSON.parse(call?.arguments ?? '')).toEqual(WEATHER);
    const second = await openai.responses.create({ model, tools, input: [{ role: 'user', content: 'the weather?' }, ...(first.output as OpenAI.Responses.ResponseInputItem[]), { type: 'function_call_output', call_id: call?.call_id ?? '', output: '7' }] });
    expect(second.output_text).toBe(FORECAST);
  });
});

describe('the openai package, the rest', () => {
  test('embeddings', async () => {
    // The mock knows no base64, which this client asks for unless told otherwise; test/gateway/embeddings.test.ts has both.
    const { data } = await openai.embeddings.create({ model: 'vectors', input: ['one', 'two'], encoding_format: 'float' });
    expect(data.map(({ embedding }) => [...embedding])).toEqual([[0.5, -0.25, 1], [0.5, -0.25, 1]]);
  });

  test('models', async () => {
    const ids: string[] = [];
    for await (const { id } of openai.models.list()) ids.push(id);
    expect(ids).toEqual(expect.arrayContaining(['auto', ...MODELS, 'vectors']));
    expect((await openai.models.retrieve('gpt')).id).toBe('gpt');
  });

  test('errors are its own classes', async () => {
    await expect(openai.chat.completions.create({ model: 'nobody', messages: say('hello') })).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    await expect(new OpenAI({ baseURL: `${world.origin}/v1`, apiKey: 'x', maxRetries: 0 }).models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    await expect(openai.chat.completions.create({ model: 'gpt', messages: [] })).rejects.toBeInstanceOf(OpenAI.BadRequestError);
  });
});
