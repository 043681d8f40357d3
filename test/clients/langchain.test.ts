import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ChatAnthropic } from '@langchain/anthropic';
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { AIMessage, HumanMessage, ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import * as z from 'zod';
import { FORECAST, MODELS, openWorld, RECIPE, WEATHER, type ClientWorld } from './world.ts';

let world: ClientWorld;
beforeAll(async () => { world = await openWorld(); });
afterAll(() => world.close());

const CLIENTS: Readonly<Record<string, (model: string) => BaseChatModel>> = {
  '@langchain/openai': (model) => new ChatOpenAI({ model, apiKey: world.key, configuration: { baseURL: `${world.origin}/v1` }, maxRetries: 0 }),
  '@langchain/anthropic': (model) => new ChatAnthropic({ model, apiKey: world.key, anthropicApiUrl: world.origin, maxRetries: 0, maxTokens: 200 }),
};
const EVERY = Object.keys(CLIENTS).flatMap((client) => MODELS.map((model) => [client, model] as const));
const weather = tool(async () => '7', { name: 'get_weather', description: 'Weather of a city', schema: z.object({ city: z.string() }) });

describe.each(EVERY)('%s with %s', (client, name) => {
  const model = (): BaseChatModel => {
    const made = CLIENTS[client]?.(name);
    if (made === undefined) throw new Error('no such client');
    return made;
  };

  test('invoke', async () => {
    const answer = await model().invoke([new HumanMessage('hello')]);
    expect(answer.text).toBe('Hello from the mock.');
    expect(answer.usage_metadata).toMatchObject({ input_tokens: 11, output_tokens: 6 });
  });

  test('stream', async () => {
    let text = '';
    for await (const chunk of await model().stream([new HumanMessage('hello')])) text += chunk.text;
    expect(text).toBe('Hello from the mock.');
  });

  test('a tool loop', async () => {
    const bound = model().bindTools?.([weather]);
    const question = new HumanMessage('the weather?');
    const first = (await bound?.invoke([question])) as AIMessage;
    expect(first.tool_calls).toMatchObject([{ name: 'get_weather', args: WEATHER }]);
    const second = await bound?.invoke([question, first, new ToolMessage({ content: '7', tool_call_id: first.tool_calls?.[0]?.id ?? '' })]);
    expect(second?.text).toBe(FORECAST);
  });
});

test.each(MODELS)('@langchain/openai with %s: structured output', async (name) => {
  const structured = CLIENTS['@langchain/openai']?.(name).withStructuredOutput(z.object({ dish: z.string(), minutes: z.number() }), { method: 'jsonSchema' });
  expect(await structured?.invoke([new HumanMessage('a recipe')])).toEqual(RECIPE);
});
