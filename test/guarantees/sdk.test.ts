import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { sayHello, scriptedUpstream, sse, type ScriptedUpstream } from '../support/scripted-upstream.ts';
import { figure } from '../support/figure.ts';

const FIXTURES = join(import.meta.dirname, '..', 'fixtures');
let gateway: TestGateway;
let upstream: ScriptedUpstream;
let openai: OpenAI;
let anthropic: Anthropic;
beforeAll(async () => {
  upstream = await scriptedUpstream();
  gateway = await testGateway();
  await gateway.addModel({ id: 'cheap', baseUrl: upstream.baseUrl, upstreamModel: 'up-model', price: { input: 1, output: 2 } });
  await gateway.addModel({ id: 'native', provider: 'openai', baseUrl: upstream.baseUrl, upstreamModel: 'up-model', price: { input: 1, output: 2 } });
  await gateway.addModel({ id: 'claude', provider: 'anthropic', baseUrl: upstream.baseUrl, upstreamModel: 'up-model', facts: { maxOutput: 4096 } });
  await gateway.route({ auto: { strategy: 'static', tiers: { simple: ['cheap'], moderate: ['cheap'], complex: ['claude'] } } });
  openai = new OpenAI({ baseURL: `${gateway.origin}/v1`, apiKey: gateway.key, maxRetries: 0 });
  anthropic = new Anthropic({ baseURL: gateway.origin, apiKey: gateway.key, maxRetries: 0 });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const fixtures = (dialect: string): string[] => readdirSync(join(FIXTURES, dialect)).filter((file) => file.endsWith('.sse')).toSorted();
const pieces = (dialect: string, file: string): string[] => readFileSync(join(FIXTURES, dialect, file), 'utf8').split(/(?<=\n\n|\r\n\r\n)/);

/** What an SDK makes of a stream: its final object without the model's name, or the kind of error it threw. */
async function outcome(read: () => Promise<unknown>): Promise<unknown> {
  try {
    return JSON.parse(JSON.stringify(await read(), (name, value: unknown) => (name === 'model' ? '<model>' : value)));
  } catch (error) {
    return error instanceof Error ? `${error.constructor.name}` : 'error';
  }
}

test('guarantee E4: the openai SDK reads every recorded stream through the gateway as it does directly', async () => {
  const direct = new OpenAI({ baseURL: upstream.baseUrl, apiKey: 'sk-direct', maxRetries: 0 });
  const run = (client: OpenAI, model: string) => outcome(() => client.chat.completions.stream({ model, messages: [{ role: 'user', content: 'hi' }], stream_options: { include_usage: true } }).finalChatCompletion());
  for (const file of fixtures('openai-chat').filter((name) => !name.includes('error') && !name.includes('truncated'))) {
    upstream.script((_received, response) => sse(response, pieces('openai-chat', file)));
    const [through, expected] = [await run(openai, 'cheap'), await run(direct, 'up-model')];
    expect({ file, answer: through }).toEqual({ file, answer: expected });
  }
  upstream.script(sayHello);
  figure('E4', `openai: ${fixtures('openai-chat').length} recorded streams`);
});

test('guarantee E4: the openai SDK reads every recorded stream of the Responses API through the gateway as it does directly', async () => {
  const direct = new OpenAI({ baseURL: upstream.baseUrl, apiKey: 'sk-direct', maxRetries: 0 });
  const run = (client: OpenAI, model: string) => outcome(() => client.responses.stream({ model, input: 'hi' }).finalResponse());
  const files = fixtures('openai-responses').filter((name) => !/error|truncated|failed/.test(name));
  expect(files.length).toBeGreaterThan(5);
  for (const file of files) {
    upstream.script((_received, response) => sse(response, pieces('openai-responses', file)));
    const [through, expected] = [await run(openai, 'native'), await run(direct, 'up-model')];
    expect(expected).not.toEqual(expect.stringMatching(/rror/));
    expect({ file, answer: through }).toEqual({ file, answer: expected });
  }
  upstream.script(sayHello);
  figure('E4', `openai, Responses API: ${files.length} recorded streams`);
});

test('guarantee E4: the anthropic SDK reads every recorded stream through the gateway as it does directly', async () => {
  const direct = new Anthropic({ baseURL: upstream.baseUrl.replace('/v1', ''), apiKey: 'sk-direct', maxRetries: 0 });
  const run = (client: Anthropic, model: string) => outcome(() => client.messages.stream({ model, max_tokens: 1024, messages: [{ role: 'user', content: 'hi' }] }).finalMessage());
  for (const file of fixtures('anthropic-messages').filter((name) => !name.includes('error') && !name.includes('truncated'))) {
    upstream.script((_received, response) => sse(response, pieces('anthropic-messages', file)));
    const [through, expected] = [await run(anthropic, 'claude'), await run(direct, 'up-model')];
    expect({ file, answer: through }).toEqual({ file, answer: expected });
  }
  upstream.script(sayHello);
  figure('E4', `anthropic: ${fixtures('anthropic-messages').length} recorded streams`);
});

test('guarantee E4: both SDKs work across dialects, streaming and not, with auto and by name', async () => {
  for (const model of ['auto', 'cheap', 'claude']) {
    const whole = await openai.chat.completions.create({ model, messages: [{ role: 'user', content: 'Hello!' }] });
    expect(whole.choices[0]?.message.content).toBe('Hello');
    expect(whole.usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 });
    const streamed = await openai.chat.completions.stream({ model, messages: [{ role: 'user', content: 'Hello!' }] }).finalChatCompletion();
    expect(streamed.choices[0]?.message.content).toBe('Hello');
    const message = await anthropic.messages.create({ model, max_tokens: 100, messages: [{ role: 'user', content: 'Hello!' }] });
    expect(message.content).toMatchObject([{ type: 'text', text: 'Hello' }]);
    expect(message.usage).toMatchObject({ input_tokens: 10, output_tokens: 5 });
    const final = await anthropic.messages.stream({ model, max_tokens: 100, messages: [{ role: 'user', content: 'Hello!' }] }).finalMessage();
    expect(final.content).toMatchObject([{ type: 'text', text: 'Hello' }]);
    expect(final.stop_reason).toBe('end_turn');
  }
});

test('guarantee E4: the SDKs\' own error classes carry our statuses', async () => {
  await expect(openai.chat.completions.create({ model: 'nope', messages: [{ role: 'user', content: 'x' }] })).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  await expect(anthropic.messages.create({ model: 'nope', max_tokens: 10, messages: [{ role: 'user', content: 'x' }] })).rejects.toBeInstanceOf(Anthropic.NotFoundError);
  const wrong = new OpenAI({ baseURL: `${gateway.origin}/v1`, apiKey: 'bsg_wrong', maxRetries: 0 });
  await expect(wrong.models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
  const { key } = await gateway.addKey({ rpm: 1 });
  const limited = new OpenAI({ baseURL: `${gateway.origin}/v1`, apiKey: key, maxRetries: 0 });
  await limited.models.list();
  await expect(limited.models.list()).rejects.toBeInstanceOf(OpenAI.RateLimitError);
});
