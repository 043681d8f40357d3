import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { getModel, putModel } from '../../functions/adapters/store/models.ts';
import { AWS, converseAnswer, frames, signatureFault, signedOnly } from '../support/bedrock-upstream.ts';
import { call, chat, messages } from '../support/call.ts';
import { answerOf, corrupted, event, exception, rechunked, textBlock, toolBlock } from '../support/event-stream.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { chatEvents, json, scriptedUpstream, sse, type ScriptedUpstream, type Script } from '../support/scripted-upstream.ts';

const REGION = 'eu-central-1';
const MODEL_ID = 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0';
const PNG = 'iVBORw0KGgo=';
let gateway: TestGateway;
let upstream: ScriptedUpstream;
let spare: ScriptedUpstream;
let openai: OpenAI;
let anthropic: Anthropic;

const answer = (script: Script): void => upstream.script(signedOnly(REGION, script));
const stream = (pieces: readonly Uint8Array[], end?: 'clean' | 'destroy'): void => answer((_received, response) => frames(response, pieces, end));
const whole = (...args: Parameters<typeof converseAnswer>): void => answer((_received, response) => json(response, 200, converseAnswer(...args)));
const sent = (): Record<string, unknown> => upstream.received.at(-1)?.body ?? {};

beforeAll(async () => {
  upstream = await scriptedUpstream();
  spare = await scriptedUpstream((_received, response) => sse(response, chatEvents(['spare'])));
  gateway = await testGateway({ credential: JSON.stringify(AWS) });
  const price = { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 };
  const bedrock = { provider: 'bedrock' as const, baseUrl: `http://127.0.0.1:${upstream.port}`, region: REGION, upstreamModel: MODEL_ID, price };
  await gateway.addModel({ id: 'claude', ...bedrock, facts: { maxOutput: 64_000, thinking: 'budget' } });
  await gateway.addModel({ id: 'br/*', ...bedrock, upstreamModel: '*' });
  await gateway.addModel({ id: 'spare', baseUrl: spare.baseUrl, price });
  await gateway.route({ aliases: [], patterns: [{ id: 'safe', priority: 10, glob: 'safe/*', target: 'model:claude', fallbacks: ['spare'] }], auto: { strategy: 'static', tiers: { simple: ['claude'], moderate: [], complex: [] }, agentFloor: null } });
  const shared = { apiKey: gateway.key, maxRetries: 0 };
  openai = new OpenAI({ ...shared, baseURL: `${gateway.origin}/v1` });
  anthropic = new Anthropic({ ...shared, baseURL: gateway.origin });
});
afterEach(() => { upstream.received.length = 0; });
afterAll(async () => {
  await gateway.close();
  await Promise.all([upstream.close(), spare.close()]);
});

describe('a signed call', () => {
  test('goes to the model’s path and says who calls; the signature is right for the bytes that arrive', async () => {
    whole([{ text: 'Hello' }]);
    const { status } = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('claude') });
    expect(status).toBe(200);
    const received = upstream.received.at(-1);
    expect(received?.path).toBe('/model/eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse');
    expect(received && signatureFault(received, REGION)).toBeUndefined();
    expect(received?.headers).toMatchObject({ 'x-amz-security-token': AWS.sessionToken, 'content-type': 'application/json' });
    expect(received && signatureFault({ ...received, bytes: Buffer.from('{}') }, REGION)).toBe('wrong signature');
    expect(received && signatureFault({ ...received, path: `${received.path}-stream` }, REGION)).toBe('wrong signature');
    expect(received && signatureFault(received, 'us-east-1')).toBe('wrong scope');
  });

  test('an ARN by a wildcard model is one path segment, and signed as such', async () => {
    whole([{ text: 'Hello' }]);
    const { status } = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('br/arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.x') });
    expect([status, upstream.received.at(-1)?.path]).toEqual([200, '/model/arn%3Aaws%3Abedrock%3Aeu-central-1%3A123456789012%3Ainference-profile%2Feu.x/converse']);
  });

  test('nothing of the credential is in answers or logs', async () => {
    upstream.script((_received, response) => json(response, 403, { message: `secret ${AWS.secretAccessKey} ${AWS.sessionToken} ${AWS.accessKeyId}` }, { 'x-amzn-errortype': 'AccessDeniedException' }));
    const refused = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('claude') });
    expect([refused.status, refused.json['error']]).toMatchObject([502, { code: 'upstream_credentials_rejected' }]);
    expect(`${refused.text}${gateway.logs.join('')}`).not.toMatch(/canary|AKIAEXAMPLE/);
  });
});

describe('the openai client', () => {
  test('a whole answer: text, usage, finish, and what the ledger keeps', async () => {
    whole([{ text: 'Hello' }], 'max_tokens', { inputTokens: 3, outputTokens: 5, totalTokens: 108, cacheReadInputTokens: 100 });
    const { data, response } = await openai.chat.completions.create({ model: 'claude', messages: [{ role: 'user', content: 'Hi' }] }).withResponse();
    expect(data).toMatchObject({ model: 'claude', choices: [{ message: { content: 'Hello' }, finish_reason: 'length' }], usage: { prompt_tokens: 103, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 100 } } });
    const entry = await gateway.ledger(response.headers.get('x-request-id') ?? '');
    expect(entry).toMatchObject({ provider: 'bedrock', upstreamModel: MODEL_ID, usage: 'measured', tokens: { input: 3, cacheRead: 100, output: 5 }, finish: { unified: 'length', raw: 'max_tokens' }, costMicros: 3 * 3 + 30 + 75 });
  });

  test('a streamed answer in chunks of any size', async () => {
    for (const size of [1, 7, 64, 100_000]) {
      stream(rechunked(Buffer.concat(answerOf(textBlock(['Hel', 'lo, ', 'wörld 🌍']))), [size]));
      const chunks = [];
      for await (const chunk of await openai.chat.completions.create({ model: 'claude', messages: [{ role: 'user', content: 'Hi' }], stream: true, stream_options: { include_usage: true } })) chunks.push(chunk);
      expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('Hello, wörld 🌍');
      expect(chunks.at(-1)?.usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 5 });
      expect(upstream.received.at(-1)?.path).toMatch(/\/converse-stream$/);
      expect(sent()).not.toHaveProperty('stream');
    }
  });

  test('runTools: a call, its result, the answer', async () => {
    const replies = [answerOf(toolBlock('add', ['{"a":1', ',"b":2}']), { stopReason: 'tool_use' }), answerOf(textBlock(['3']))];
    answer((_received, response) => frames(response, replies.shift() ?? []));
    const runner = openai.chat.completions.runTools({
      model: 'claude', stream: true, messages: [{ role: 'user', content: '1+2?' }],
      tools: [{ type: 'function', function: { name: 'add', description: 'Adds.', parameters: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } } }, parse: JSON.parse, function: ({ a, b }: { a: number; b: number }) => String(a + b) } }],
    });
    expect(await runner.finalContent()).toBe('3');
    expect(sent()['messages']).toEqual([
      { role: 'user', content: [{ text: '1+2?' }] }, { role: 'assistant', content: [{ toolUse: { toolUseId: 'tooluse_0', name: 'add', input: { a: 1, b: 2 } } }] },
      { role: 'user', content: [{ toolResult: { toolUseId: 'tooluse_0', content: [{ text: '3' }] } }] },
    ]);
  });

  test('an image goes along as bytes; one by address is the caller’s 400, before anything is sent', async () => {
    whole([{ text: 'A dot.' }]);
    const show = (url: string) => openai.chat.completions.create({ model: 'claude', messages: [{ role: 'user', content: [{ type: 'text', text: 'What?' }, { type: 'image_url', image_url: { url } }] }] });
    expect((await show(`data:image/png;base64,${PNG}`)).choices[0]?.message.content).toBe('A dot.');
    expect(sent()['messages']).toEqual([{ role: 'user', content: [{ text: 'What?' }, { image: { format: 'png', source: { bytes: PNG } } }] }]);
    upstream.received.length = 0;
    await expect(show('https://example.com/dot.png')).rejects.toMatchObject({ status: 400, code: 'unsupported_parameter' });
    expect(upstream.received).toEqual([]);
  });

  test('the Responses API, streamed', async () => {
    stream(answerOf(textBlock(['Hel', 'lo'])));
    let text = '';
    for await (const one of await openai.responses.create({ model: 'claude', input: 'Hi', stream: true })) if (one.type === 'response.output_text.delta') text += one.delta;
    expect(text).toBe('Hello');
  });
});

describe('the Anthropic client', () => {
  const ask = { model: 'claude', max_tokens: 100, messages: [{ role: 'user' as const, content: 'Hi' }] };

  test('a whole answer with a tool call and cache classes', async () => {
    whole([{ text: 'Let me see.' }, { toolUse: { toolUseId: 't1', name: 'f', input: { a: 1 } } }], 'tool_use', { inputTokens: 3, outputTokens: 5, cacheReadInputTokens: 7, cacheWriteInputTokens: 11 });
    const message = await anthropic.messages.create({ ...ask, tools: [{ name: 'f', input_schema: { type: 'object' } }] });
    expect(message).toMatchObject({
      model: 'claude', stop_reason: 'tool_use', content: [{ type: 'text', text: 'Let me see.' }, { type: 'tool_use', id: 't1', name: 'f', input: { a: 1 } }],
      usage: { input_tokens: 3, output_tokens: 5, cache_read_input_tokens: 7, cache_creation_input_tokens: 11 },
    });
  });

  test('a streamed answer with thinking, and thinking shown again in the next turn', async () => {
    const thought = [
      event('contentBlockDelta', { contentBlockIndex: 0, delta: { reasoningContent: { text: 'hm' } } }), event('contentBlockDelta', { contentBlockIndex: 0, delta: { reasoningContent: { signature: 'c2ln' } } }), event('contentBlockStop', { contentBlockIndex: 0 }),
    ];
    stream(answerOf([...thought, ...toolBlock('f', [], 1)], { stopReason: 'tool_use' }));
    const tools = [{ name: 'f', input_schema: { type: 'object' as const } }];
    const thinking = { type: 'enabled' as const, budget_tokens: 1_024 };
    const first = await anthropic.messages.stream({ ...ask, max_tokens: 2_000, thinking, tools }).finalMessage();
    expect(first.content).toMatchObject([{ type: 'thinking', thinking: 'hm', signature: 'c2ln' }, { type: 'tool_use', id: 'tooluse_1', name: 'f', input: {} }]);
    expect(sent()['additionalModelRequestFields']).toEqual({ thinking });
    stream(answerOf(textBlock(['done'])));
    const again = await anthropic.messages.stream({ ...ask, max_tokens: 2_000, thinking, tools, messages: [...ask.messages, { role: 'assistant', content: first.content }, { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'tooluse_1', content: 'ok' }] }] }).finalText();
    expect(again).toBe('done');
    expect(sent()).toMatchObject({ additionalModelRequestFields: { thinking }, messages: [{}, { content: [{ reasoningContent: { reasoningText: { text: 'hm', signature: 'c2ln' } } }, { toolUse: { toolUseId: 'tooluse_1' } }] }, {}] });
  });
});

describe('what goes wrong', () => {
  const streamed = (path: string, body: object) => call(gateway.origin, path, { key: gateway.key, body: { ...body, stream: true } });

  test.each([['checksum', -6], ['prelude', 2]])('a wrong %s after the first part is an in-band error, and the account is settled', async (_what, at) => {
    const pieces = answerOf(textBlock(['Hel', 'lo', '!']));
    stream(pieces.map((piece, index) => (index === 2 ? corrupted(piece, at) : piece)));
    const answered = await streamed('/v1/chat/completions', chat('claude'));
    expect(answered.status).toBe(200);
    expect(answered.text).toContain('"Hel"');
    expect(answered.text).not.toMatch(/"lo"|\[DONE\]/);
    expect(answered.text.match(/"error":\{/g)).toHaveLength(1);
    expect(answered.text).toContain('"code":"upstream_invalid_response"');
    expect(await gateway.ledger(answered.headers.get('x-request-id') ?? '')).toMatchObject({ errorCode: 'upstream_invalid_response', usage: 'estimated' });
  });

  test('a wrong checksum in the first frame is a real status', async () => {
    stream(answerOf(textBlock(['x'])).map((piece, index) => (index === 0 ? corrupted(piece, -1) : piece)));
    expect(await streamed('/v1/messages', messages('claude'))).toMatchObject({ status: 502, json: { type: 'error', error: { type: 'api_error' } } });
  });

  test.each([['clean', 3], ['destroy', 3], ['clean', 2.5]] as const)('a stream that ends (%s) after %f frames is upstream_truncated', async (end, count) => {
    const pieces = answerOf(textBlock(['Hel', 'lo', '!']));
    const part = count % 1 === 0 ? [] : [pieces[Math.floor(count)]?.subarray(0, 20) ?? Buffer.alloc(0)];
    stream([...pieces.slice(0, Math.floor(count)), ...part], end);
    const answered = await streamed('/v1/chat/completions', chat('claude'));
    expect(answered.text).toContain('"code":"upstream_truncated"');
    expect(answered.text).not.toContain('[DONE]');
  });

  test('an exception before any content is its status, after content an in-band error', async () => {
    const throttled = exception('throttlingException', { message: 'Too many tokens, please wait before trying again.' });
    stream([throttled]);
    const early = await streamed('/v1/chat/completions', chat('claude'));
    expect([early.status, early.headers.get('retry-after'), early.json['error']]).toMatchObject([429, '5', { code: 'rate_limit_exceeded' }]);
    stream([...answerOf(textBlock(['Hel'])).slice(0, 2), throttled]);
    const late = await streamed('/v1/messages', messages('claude'));
    expect(late.status).toBe(200);
    expect(late.text).toMatch(/event: error\ndata: \{"type":"error","error":\{"type":"rate_limit_error"/);
    expect(late.text).not.toContain('message_stop');
  });

  test('a broken first frame falls back to the next model of the route', async () => {
    stream([corrupted(answerOf([])[0] ?? Buffer.alloc(0), -1)]);
    const answered = await streamed('/v1/chat/completions', chat('safe/x'));
    expect([answered.status, answered.headers.get('x-bsg-model')]).toEqual([200, 'spare']);
    expect(answered.text).toContain('spare');
  });

  test('an overlong prompt, an unknown model and a refusal of the account are told apart', async () => {
    const refuse = async (status: number, type: string, message: string) => {
      answer((_received, response) => json(response, status, { message }, { 'x-amzn-errortype': `${type}:http://internal.amazon.com/coral/` }));
      return call(gateway.origin, '/v1/messages', { key: gateway.key, body: messages('claude') });
    };
    expect(await refuse(400, 'ValidationException', 'Input is too long for requested model.')).toMatchObject({ status: 400, json: { error: { type: 'invalid_request_error', message: expect.stringContaining('prompt is too long') } } });
    expect(await refuse(400, 'ValidationException', 'The provided model identifier is invalid.')).toMatchObject({ status: 502 });
    expect(await refuse(403, 'AccessDeniedException', 'User: arn:aws:iam::123456789012:user/bob is not authorized')).toMatchObject({ status: 502, text: expect.not.stringContaining('bob') });
  });
});

describe('without a usable credential', () => {
  test.each(['none at all', 'one that is not of its shape'])('%s: on one machine the failure says what is missing, and nothing is sent', async (which) => {
    const plain = await testGateway({ credential: 'not-json' });
    try {
      await plain.addModel({ id: 'claude', provider: 'bedrock', baseUrl: `http://127.0.0.1:${upstream.port}`, region: REGION, upstreamModel: MODEL_ID });
      if (which === 'none at all') {
        const stored = await getModel(plain.edition.store, 'default', 'claude');
        if (stored === undefined) throw new Error('the model is not stored');
        await putModel(plain.edition.store, { ...stored, credentials: [], version: stored.version + 1 }, stored.version);
        plain.edition.caches.invalidate();
      }
      const refused = await call(plain.origin, '/v1/chat/completions', { key: plain.key, body: chat('claude') });
      expect([refused.status, refused.json['error']]).toMatchObject([502, { code: 'upstream_credentials_rejected', message: expect.stringContaining('AWS credential') }]);
      expect(upstream.received).toEqual([]);
    } finally {
      await plain.close();
    }
  });
});
