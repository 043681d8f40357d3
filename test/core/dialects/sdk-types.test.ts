import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { codecs, type AnswerEnvelope } from '../../../functions/core/dialects/dialect.ts';
import type { StreamPart } from '../../../functions/core/stream-part.ts';
import { ALL_FIXTURES, eventsOf, fixture, partsOf } from '../../support/stream-grammar.ts';

type Fields = Record<string, unknown>;
type TypeName = 'Chat.ChatCompletion' | 'Chat.ChatCompletionChunk' | 'Responses.Response' | 'Responses.ResponseStreamEvent';
interface Sample { readonly type: TypeName; readonly value: unknown }

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const ROOT = join(import.meta.dirname, '..', '..', '..');
const TOOL = { type: 'function', name: 'get_weather', description: 'Weather', parameters: { type: 'object', properties: { city: { type: 'string' } } }, strict: false };
/** Every setting that the Responses API repeats in its answer, in each of its forms. */
const REQUESTS: readonly Fields[] = [
  { input: 'Hi' },
  { input: 'Hi', instructions: 'Be brief.', max_output_tokens: 50, temperature: 0.5, top_p: 0.9, metadata: { a: 'b' }, parallel_tool_calls: false, reasoning: { effort: 'low' }, tools: [TOOL, { type: 'custom', name: 'apply_patch', description: 'Patches' }], tool_choice: 'required' },
  { input: 'Hi', tools: [TOOL], tool_choice: { type: 'function', name: 'get_weather' }, text: { format: { type: 'json_object' } } },
  { input: 'Hi', tools: [TOOL], tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'get_weather' }] }, text: { format: { type: 'json_schema', name: 'x', schema: { type: 'object' }, strict: true } } },
];
/** What no recorded stream holds: free text for a custom tool, and every count there is. */
const MADE: readonly StreamPart[] = [
  { type: 'start' }, { type: 'tool-start', index: 0, name: 'apply_patch' }, { type: 'tool-delta', index: 0, json: '{"input":"x"}' }, { type: 'tool-end', index: 0 },
  { type: 'usage', usage: { input: 1, cacheRead: 2, cacheWrite5m: 3, cacheWrite1h: 4, output: 5, reasoning: 1 } }, { type: 'finish', reason: 'tool_calls', raw: 'tool_use' },
];

const envelope = (request?: Fields): AnswerEnvelope & { includeUsage: boolean } => ({
  requestId: '01TEST', model: 'served', created: 1_760_000_000, includeUsage: true, ...(request && { conversation: codecs['openai-responses'].readRequest({ model: 'm', ...request }) }),
});

/** The answers and events that our writers make of `parts`, as they go over the wire. */
function written(parts: readonly StreamPart[], request: Fields): Sample[] {
  const samples: Sample[] = [];
  for (const [dialect, whole, streamed] of [['openai-chat', 'Chat.ChatCompletion', 'Chat.ChatCompletionChunk'], ['openai-responses', 'Responses.Response', 'Responses.ResponseStreamEvent']] as const) {
    const around = envelope(request);
    const writer = codecs[dialect].writeStream(around);
    const events = eventsOf(parts.map((part) => writer.write(part)).join('')).filter(({ data }) => data !== '[DONE]').map(({ data }): unknown => JSON.parse(data));
    // Chat completions have no type for the error that may end a stream.
    samples.push(...events.filter((event) => dialect !== 'openai-chat' || !('error' in (event as Fields))).map((value) => ({ type: streamed, value })));
    if (parts.at(-1)?.type === 'finish') samples.push({ type: whole, value: JSON.parse(JSON.stringify(codecs[dialect].writeAnswer(parts, around))) });
  }
  return samples;
}

/**
 * The members that we add to OpenAI's own on purpose, by the object that has them: everything else of an answer must be in the
 * official types. Of a response the SDK makes `output_text` itself, so no wire has it; `store` the API says and the types leave out.
 */
function official({ type, value }: Sample): Sample {
  const body = structuredClone(value) as Fields;
  const response = type === 'Responses.Response' ? body : body['response'];
  if (isFields(response)) {
    Object.assign(response, { output_text: '' });
    delete response['store'];
  }
  if (type === 'Responses.ResponseStreamEvent') {
    if (body['type'] === 'error') delete body['error'];
  } else if (type !== 'Responses.Response') {
    for (const choice of body['choices'] as Fields[]) {
      delete choice['native_finish_reason'];
      const said = (choice['message'] ?? choice['delta']) as Fields;
      for (const name of ['reasoning_content', 'thinking_blocks', ...(type === 'Chat.ChatCompletionChunk' ? ['annotations'] : [])]) delete said[name];
    }
  }
  return { type, value: body };
}

const line = ({ type, value }: Sample): string => `(${JSON.stringify(value)}) satisfies OpenAI.${type};`;
const module = (lines: readonly string[]): string => `import type OpenAI from 'openai';\n${lines.join('\n')}\n`;

let dir: string;
beforeAll(async () => {
  const cache = join(ROOT, 'node_modules', '.cache');
  await mkdir(cache, { recursive: true });
  // Inside the project, so that the module finds the package.
  dir = await mkdtemp(join(cache, 'sdk-types-'));
});
afterAll(async () => { await rm(dir, { recursive: true, force: true }); });

/** The type errors of the given modules as `file:line`, found by the real compiler. */
async function errorsIn(files: Readonly<Record<string, readonly string[]>>): Promise<string[]> {
  const names = Object.keys(files);
  for (const name of names) await writeFile(join(dir, name), module(files[name] ?? []));
  const compilerOptions = { target: 'es2024', lib: ['es2024', 'dom'], module: 'nodenext', moduleResolution: 'nodenext', types: ['node'], strict: true, skipLibCheck: true, noEmit: true };
  await writeFile(join(dir, 'package.json'), '{"type":"module"}');
  await writeFile(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: names }));
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', dir, '--pretty', 'false'], { cwd: dir, maxBuffer: 64 * 1024 * 1024, env: { ...process.env, NODE_OPTIONS: '' } }, (error, stdout, stderr) => {
      // Anything but "no errors" and "errors found" is a compiler that did not do its work.
      resolve(error === null || stdout.includes('error TS') ? stdout : `the compiler failed: ${error.message} ${stderr}`);
    });
  });
  return output.split('\n').filter((text) => text !== '' && !text.startsWith(' ')).map((text) => /^(?:.*\/)?([^/]+)\((\d+),\d+\): error (.*)$/.exec(text)?.slice(1).join(':') ?? text);
}

describe('the official types of the openai package', () => {
  const samples = [...ALL_FIXTURES.map(([dialect, name]) => partsOf(dialect, [fixture(dialect, name)])), MADE]
    .flatMap((parts) => REQUESTS.flatMap((request) => written(parts, request))).map(official);
  const good = [...new Set(samples.map(line))];

  test('there is a sample of every kind of answer and event', () => {
    const types = new Set(samples.map(({ type, value }) => (type === 'Responses.ResponseStreamEvent' ? (value as { type: string }).type : type)));
    expect([...types].toSorted()).toEqual([
      'Chat.ChatCompletion', 'Chat.ChatCompletionChunk', 'Responses.Response', 'error', 'response.completed', 'response.content_part.added', 'response.content_part.done', 'response.created',
      'response.custom_tool_call_input.delta', 'response.custom_tool_call_input.done', 'response.function_call_arguments.delta', 'response.function_call_arguments.done', 'response.in_progress',
      'response.incomplete', 'response.output_item.added', 'response.output_item.done', 'response.output_text.annotation.added', 'response.output_text.delta', 'response.output_text.done',
      'response.reasoning_summary_part.added', 'response.reasoning_summary_part.done', 'response.reasoning_summary_text.delta', 'response.reasoning_summary_text.done', 'response.refusal.delta', 'response.refusal.done',
    ]);
  });

  test('translation D104 (whole, streamed): every answer and event that we write fits them, and the check finds each planted fault', async () => {
    const [whole, chunk, response, event] = (['Chat.ChatCompletion', 'Chat.ChatCompletionChunk', 'Responses.Response', 'Responses.ResponseStreamEvent'] as const).map((type) => good.find((text) => text.endsWith(` OpenAI.${type};`)) ?? '');
    const wrong = (text: string | undefined, from: RegExp, to: string): string => {
      const changed = (text ?? '').replace(from, to);
      if (changed === text) throw new Error(`nothing to change by ${String(from)}`);
      return changed;
    };
    const planted = [
      wrong(whole, /"finish_reason":"\w+"/, '"finish_reason":"done"'), wrong(whole, /"created":\d+/, '"created":"now"'), wrong(whole, /"object":/, '"brand_new":1,"object":'), wrong(whole, /"role":"assistant",/, ''),
      wrong(chunk, /"object":"chat.completion.chunk"/, '"object":"chat.completion"'), wrong(chunk, /"index":0,"delta"/, '"delta"'),
      wrong(response, /"status":"completed"/, '"status":"done"'), wrong(response, /"parallel_tool_calls":true,/, ''),
      wrong(event, /"sequence_number":\d+,/, ''), wrong(event, /"type":"response\.created"/, '"type":"response.made"'),
    ];
    expect(good.length).toBeGreaterThan(500);
    const errors = await errorsIn({ 'good.ts': good, 'planted.ts': planted });
    // Line 1 is the import.
    const unplanted = errors.filter((text) => !text.startsWith('planted.ts:'));
    expect(unplanted.slice(0, 5).map((text) => `${text} in ${good[Number(text.split(':')[1]) - 2] ?? ''}`)).toEqual([]);
    expect([...new Set(errors.map((text) => Number(text.split(':')[1])))]).toEqual(planted.map((_, at) => at + 2));
  }, 120_000);
});
