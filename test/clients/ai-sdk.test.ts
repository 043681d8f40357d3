import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { generateObject, generateText, stepCountIs, streamText, tool, type LanguageModel } from 'ai';
import * as z from 'zod';
import { FORECAST, MODELS, openWorld, RECIPE, WEATHER, type ClientWorld } from './world.ts';

let world: ClientWorld;
beforeAll(async () => { world = await openWorld(); });
afterAll(() => world.close());

const PROVIDERS: Readonly<Record<string, (model: string) => LanguageModel>> = {
  'openai (responses)': (model) => createOpenAI({ baseURL: `${world.origin}/v1`, apiKey: world.key }).responses(model),
  'openai (chat)': (model) => createOpenAI({ baseURL: `${world.origin}/v1`, apiKey: world.key }).chat(model),
  'anthropic': (model) => createAnthropic({ baseURL: `${world.origin}/v1`, apiKey: world.key })(model),
};
const EVERY = Object.keys(PROVIDERS).flatMap((provider) => MODELS.map((model) => [provider, model] as const));

describe.each(EVERY)('the ai package through its %s provider with %s', (provider, name) => {
  const model = (): LanguageModel => PROVIDERS[provider]?.(name) ?? name;
  const called: unknown[] = [];
  const tools = { get_weather: tool({ description: 'Weather of a city', inputSchema: z.object({ city: z.string() }), execute: async (input) => { called.push(input); return '7'; } }) };

  test('generateText', async () => {
    const { text, finishReason, usage } = await generateText({ model: model(), prompt: 'hello', maxRetries: 0 });
    expect([text, finishReason]).toEqual(['Hello from the mock.', 'stop']);
    expect(usage).toMatchObject({ inputTokens: 11, outputTokens: 6 });
  });

  test('streamText', async () => {
    let text = '';
    const stream = streamText({ model: model(), prompt: 'hello', maxRetries: 0 });
    for await (const piece of stream.textStream) text += piece;
    expect([text, await stream.finishReason]).toEqual(['Hello from the mock.', 'stop']);
  });

  test('tools, whole and streaming', async () => {
    called.length = 0;
    const whole = await generateText({ model: model(), prompt: 'the weather?', tools, stopWhen: stepCountIs(3), maxRetries: 0 });
    const streamed = streamText({ model: model(), prompt: 'the weather?', tools, stopWhen: stepCountIs(3), maxRetries: 0 });
    expect([whole.text, await streamed.text, called]).toEqual([FORECAST, FORECAST, [WEATHER, WEATHER]]);
  });

  test('generateObject', async () => {
    const { object } = await generateObject({ model: model(), prompt: 'a recipe', schema: z.object({ dish: z.string(), minutes: z.number() }), maxRetries: 0 });
    expect(object).toEqual(RECIPE);
  });
});
