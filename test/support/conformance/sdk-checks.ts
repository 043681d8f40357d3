import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { sayHello, sse } from '../scripted-upstream.ts';
import type { Subject } from './subject.ts';

const FIXTURES = join(import.meta.dirname, '..', '..', 'fixtures');
/** Recorded streams of a dialect that end well. */
export const fixtures = (dialect: string): string[] => readdirSync(join(FIXTURES, dialect)).filter((file) => file.endsWith('.sse') && !/error|truncated|failed/.test(file)).toSorted();
const pieces = (dialect: string, file: string): string[] => readFileSync(join(FIXTURES, dialect, file), 'utf8').split(/(?<=\n\n|\r\n\r\n)/);

const openaiOf = ({ origin, key }: Pick<Subject, 'origin' | 'key'>): OpenAI => new OpenAI({ baseURL: `${origin}/v1`, apiKey: key, maxRetries: 0 });
const anthropicOf = ({ origin, key }: Pick<Subject, 'origin' | 'key'>): Anthropic => new Anthropic({ baseURL: origin, apiKey: key, maxRetries: 0 });
const directly = ({ upstream }: Subject): { origin: string; key: string } => ({ origin: upstream.baseUrl.replace('/v1', ''), key: 'sk-direct' });

/** What an SDK makes of a stream: its final object without the model's name, or the kind of error it threw. */
async function outcome(read: () => Promise<unknown>): Promise<unknown> {
  try {
    return JSON.parse(JSON.stringify(await read(), (name, value: unknown) => (name === 'model' ? '<model>' : value)));
  } catch (error) {
    return error instanceof Error ? `${error.constructor.name}` : 'error';
  }
}

/** Every recorded stream of a dialect, read through the gateway and directly; gives how many there were. */
async function compare(subject: Subject, dialect: string, through: () => Promise<unknown>, direct: () => Promise<unknown>): Promise<number> {
  const files = fixtures(dialect);
  expect(files.length).toBeGreaterThan(4);
  for (const file of files) {
    subject.upstream.script((_received, response) => sse(response, pieces(dialect, file)));
    const [answer, expected] = [await outcome(through), await outcome(direct)];
    expect(expected).not.toEqual(expect.stringMatching(/rror$/));
    expect({ file, answer }).toEqual({ file, answer: expected });
  }
  subject.upstream.script(sayHello);
  return files.length;
}

export function openaiReadsStreams(subject: Subject): Promise<number> {
  const run = (client: OpenAI, model: string) => (): Promise<unknown> => client.chat.completions.stream({ model, messages: [{ role: 'user', content: 'hi' }], stream_options: { include_usage: true } }).finalChatCompletion();
  return compare(subject, 'openai-chat', run(openaiOf(subject), 'cheap'), run(openaiOf(directly(subject)), 'up-model'));
}

export function openaiReadsResponses(subject: Subject): Promise<number> {
  const run = (client: OpenAI, model: string) => (): Promise<unknown> => client.responses.stream({ model, input: 'hi' }).finalResponse();
  return compare(subject, 'openai-responses', run(openaiOf(subject), 'native'), run(openaiOf(directly(subject)), 'up-model'));
}

export function anthropicReadsStreams(subject: Subject): Promise<number> {
  const run = (client: Anthropic, model: string) => (): Promise<unknown> => client.messages.stream({ model, max_tokens: 1024, messages: [{ role: 'user', content: 'hi' }] }).finalMessage();
  return compare(subject, 'anthropic-messages', run(anthropicOf(subject), 'claude'), run(anthropicOf(directly(subject)), 'up-model'));
}

export async function sdksWorkAcrossDialects(subject: Subject): Promise<void> {
  const [openai, anthropic] = [openaiOf(subject), anthropicOf(subject)];
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
}

export async function sdkErrorsCarryStatuses(subject: Subject): Promise<void> {
  await expect(openaiOf(subject).chat.completions.create({ model: 'nope', messages: [{ role: 'user', content: 'x' }] })).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  await expect(anthropicOf(subject).messages.create({ model: 'nope', max_tokens: 10, messages: [{ role: 'user', content: 'x' }] })).rejects.toBeInstanceOf(Anthropic.NotFoundError);
  await expect(openaiOf({ ...subject, key: 'bsg_wrong' }).models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
  const limited = openaiOf({ ...subject, key: await subject.newKey({ rpm: 1 }) });
  await limited.models.list();
  await expect(limited.models.list()).rejects.toBeInstanceOf(OpenAI.RateLimitError);
}
