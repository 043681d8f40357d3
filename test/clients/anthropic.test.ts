import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FORECAST, MODELS, openWorld, WEATHER, type ClientWorld } from './world.ts';

let world: ClientWorld;
let anthropic: Anthropic;
beforeAll(async () => {
  world = await openWorld();
  anthropic = new Anthropic({ baseURL: world.origin, apiKey: world.key, maxRetries: 0 });
});
afterAll(() => world.close());

const UPSTREAM = { gpt: '/v1/chat/completions', claude: '/v1/messages' } as const;
const say = (content: string): Anthropic.MessageParam[] => [{ role: 'user', content }];
const tools: Anthropic.Tool[] = [{ name: 'get_weather', description: 'Weather of a city', input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } }];

describe.each(MODELS)('the @anthropic-ai/sdk package with %s', (model) => {
  test('messages.create', async () => {
    world.asked();
    const answer = await anthropic.messages.create({ model, max_tokens: 100, messages: say('hello') });
    expect(answer).toMatchObject({ type: 'message', role: 'assistant', model, stop_reason: 'end_turn', content: [{ type: 'text', text: 'Hello from the mock.' }] });
    expect(answer.usage).toMatchObject({ input_tokens: 11, output_tokens: 6 });
    expect(world.asked()).toEqual([UPSTREAM[model]]);
  });

  test('messages.create with stream: every event of a message, once and in order', async () => {
    const types: string[] = [];
    for await (const event of await anthropic.messages.create({ model, max_tokens: 100, messages: say('hello'), stream: true })) if (types.at(-1) !== event.type) types.push(event.type);
    expect(types).toEqual(['message_start', 'content_block_start', 'content_block_delta', 'content_block_stop', 'message_delta', 'message_stop']);
  });

  test('.stream() accumulates the same message', async () => {
    const stream = anthropic.messages.stream({ model, max_tokens: 100, messages: say('hello') });
    expect(await stream.finalText()).toBe('Hello from the mock.');
  });

  test.each([['whole', false], ['streaming', true]] as const)('a tool loop, %s', async (_name, isStreaming) => {
    const ask = (messages: Anthropic.MessageParam[]): Promise<Anthropic.Message> => {
      const body = { model, max_tokens: 100, tools, messages };
      return isStreaming ? anthropic.messages.stream(body).finalMessage() : anthropic.messages.create(body);
    };
    const first = await ask(say('the weather?'));
    expect(first.stop_reason).toBe('tool_use');
    const call = first.content.find((block) => block.type === 'tool_use');
    expect(call).toMatchObject({ name: 'get_weather', input: WEATHER });
    const second = await ask([...say('the weather?'), { role: 'assistant', content: first.content }, { role: 'user', content: [{ type: 'tool_result', tool_use_id: call?.id ?? '', content: '7' }] }]);
    expect(second.content).toMatchObject([{ type: 'text', text: FORECAST }]);
  });

  test('count_tokens', async () => {
    expect((await anthropic.messages.countTokens({ model, messages: say('hello') })).input_tokens).toBeGreaterThan(0);
  });
});

describe('the @anthropic-ai/sdk package, the rest', () => {
  test('models', async () => {
    const ids: string[] = [];
    for await (const { id } of anthropic.models.list()) ids.push(id);
    expect(ids).toEqual(expect.arrayContaining(['auto', ...MODELS]));
  });

  test('errors are its own classes', async () => {
    await expect(anthropic.messages.create({ model: 'nobody', max_tokens: 1, messages: say('hello') })).rejects.toBeInstanceOf(Anthropic.NotFoundError);
    await expect(new Anthropic({ baseURL: world.origin, apiKey: 'x', maxRetries: 0 }).messages.create({ model: 'gpt', max_tokens: 1, messages: say('hello') })).rejects.toBeInstanceOf(Anthropic.AuthenticationError);
  });
});
