import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { call, chat, messages, type Answer } from '../support/call.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { chatAnswer, chatEvents, json, messageAnswer, messageEvents, sayHello, scriptedUpstream, sse, type Received, type ScriptedUpstream } from '../support/scripted-upstream.ts';
import { checkChatStream, checkMessagesStream, eventsOf } from '../support/stream-grammar.ts';

type Fields = Record<string, unknown>;
const FORMS = [['whole', false], ['streamed', true]] as const;
const CREDENTIAL = 'sk-upstream-credential-canary';
const CHAT = '/v1/chat/completions', MESSAGES = '/v1/messages';

let gateway: TestGateway;
let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await scriptedUpstream();
  gateway = await testGateway({ breakers: 'always-closed', credential: CREDENTIAL });
  const { baseUrl } = upstream;
  const price = { input: 1, output: 2 };
  await gateway.addModel({ id: 'claude', provider: 'anthropic', baseUrl, upstreamModel: 'up-claude', price, facts: { maxOutput: 4096, thinking: 'budget', reasoning: true } });
  await gateway.addModel({ id: 'cheap', baseUrl, upstreamModel: 'up-cheap', price });
  await gateway.addModel({ id: 'native', provider: 'openai', baseUrl, upstreamModel: 'gpt-up', price });
  await gateway.addModel({ id: 'small', baseUrl, upstreamModel: 'up-small', price, facts: { contextWindow: 1_000 } });
  await gateway.addModel({ id: 'priced', provider: 'anthropic', baseUrl, upstreamModel: 'up-priced', price: { input: 1, output: 1_000, cacheRead: 10, cacheWrite: 100, cacheWrite1h: 200 }, facts: { maxOutput: 4096 } });
  await gateway.addModel({ id: 'mute', baseUrl, upstreamModel: 'up-mute', price, facts: { streamUsage: false } });
  await gateway.addModel({ id: 'deep', provider: 'deepseek', baseUrl, upstreamModel: 'deep-up', price, facts: { reasoningReplay: true } });
  await gateway.route({ patterns: [
    { id: 'p1', priority: 1, glob: 'claude-first', target: 'model:claude', fallbacks: ['cheap'] },
    { id: 'p2', priority: 2, glob: 'cheap-first', target: 'model:cheap', fallbacks: ['claude'] },
  ] });
});
beforeEach(() => {
  upstream.script(sayHello);
  upstream.received.length = 0;
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const bodyFor = (path: string, model: string, extra: object = {}): object => (path === MESSAGES ? messages(model, extra) : path === CHAT ? chat(model, extra) : { model, input: 'Hello!', ...extra });
const ask = (path: string, model: string, extra: object = {}, headers: Record<string, string> = {}, key = gateway.key): Promise<Answer> =>
  call(gateway.origin, path, { key, body: bodyFor(path, model, extra), headers });
const sent = (): Received => upstream.received.at(-1) ?? (() => { throw new Error('nothing was sent'); })();
const entryOf = (answer: Answer) => gateway.ledger(answer.headers.get('x-request-id') ?? '');
const codeOf = (answer: Answer): unknown => (answer.json['error'] as Fields | undefined)?.['code'];
const fixture = (dialect: string, name: string): string => readFileSync(join(import.meta.dirname, '../fixtures', dialect, `${name}.sse`), 'utf8');
const pieces = (dialect: string, name: string): string[] => fixture(dialect, name).split(/(?<=\n\n)/);
const chunk = (delta: unknown, finish: string | null = null): string => `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
/** The text of an answer of either dialect and form. */
function textOf(path: string, answer: Answer, stream: boolean): unknown {
  if (path === CHAT) return ((stream ? checkChatStream(answer.text, false) : (answer.json['choices'] as Fields[])[0] ?? {})['message'] as Fields)['content'];
  return ((stream ? checkMessagesStream(answer.text) : answer.json)['content'] as Fields[]).map((block) => block['text']).join('');
}

describe('requests', () => {
  const BROKEN = [{ role: 'user', content: 'Hi' }, { role: 'assistant', content: null, tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }] }, { role: 'tool', tool_call_id: 'zz', content: 'lost' }, { role: 'user', content: 'go' }];

  test.each(FORMS)('translation D8, D9 (%s): unpaired results are repaired only on request, which is disclosed and which strict callers cannot have', async (_form, stream) => {
    const refused = await ask(CHAT, 'claude', { messages: BROKEN, stream });
    expect([refused.status, codeOf(refused), upstream.received.length]).toEqual([400, 'invalid_request', 0]);
    const repaired = await ask(CHAT, 'claude', { messages: BROKEN, stream }, { 'x-bsg-repair': 'true' });
    expect([repaired.status, repaired.headers.get('x-bsg-translation')]).toEqual([200, 'clamped=tool_results']);
    expect(sent().body['messages']).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'f', input: {} }] },
      { role: 'user', content: [
        { type: 'tool_result', tool_use_id: 'c1', content: [{ type: 'text', text: '[no result: this tool call was never answered]' }], is_error: true },
        { type: 'text', text: '[tool result without a call]\nlost' }, { type: 'text', text: 'go' },
      ] },
    ]);
    expect((await entryOf(repaired)).translation).toBe('clamped=tool_results');
    const strict = await ask(CHAT, 'claude', { messages: BROKEN, stream }, { 'x-bsg-repair': 'true', 'x-bsg-strict': 'true' });
    expect([strict.status, codeOf(strict)]).toEqual([400, 'unsupported_parameter']);
    expect(upstream.received).toHaveLength(1);
  });

  test.each(FORMS)('translation D31 (%s): what was dropped is in a header, and strict callers are refused instead', async (_form, stream) => {
    const lossy = { seed: 7, logit_bias: { 1: 2 }, stream };
    const answer = await ask(CHAT, 'claude', lossy);
    expect([answer.status, answer.headers.get('x-bsg-translation')]).toEqual([200, 'dropped=seed,logit_bias']);
    const strict = await ask(CHAT, 'claude', lossy, { 'x-bsg-strict': 'true' });
    expect([strict.status, codeOf(strict), upstream.received.length]).toEqual([400, 'unsupported_parameter', 1]);
  });

  test('translation D33 (whole): an answer that is not the JSON object asked for is an upstream fault, which the fallback mends', async () => {
    const format = { response_format: { type: 'json_object' } };
    const says = (text: string, more: object = {}) => upstream.script((received, response) => (received.path === '/v1/messages' ? json(response, 200, { ...(messageAnswer(text) as object), ...more }) : json(response, 200, chatAnswer('{"from":"fallback"}'))));
    says(' {"a":[1]}\n');
    expect(textOf(CHAT, await ask(CHAT, 'claude', format), false)).toBe(' {"a":[1]}\n');
    says('```json\n{"a":1}\n```');
    expect(textOf(CHAT, await ask(CHAT, 'claude', format), false)).toBe('{"a":1}');
    for (const text of ['Sure! {"a":1}', '[1]', '"x"', '', '```json\nnope\n```']) {
      says(text);
      const answer = await ask(CHAT, 'claude', format);
      expect([text, answer.status, codeOf(answer)]).toEqual([text, 502, 'upstream_invalid_response']);
    }
    expect(textOf(CHAT, await ask(CHAT, 'claude-first', format), false)).toBe('{"from":"fallback"}');
    says('{"a":', { stop_reason: 'max_tokens' });
    expect((await ask(CHAT, 'claude', format)).json).toMatchObject({ choices: [{ message: { content: '{"a":' }, finish_reason: 'length' }] });
    says('plain words');
    expect((await ask(CHAT, 'claude')).status).toBe(200);
  });

  test.each(FORMS)('translation D41 (%s): Anthropic gets the pinned version and allowed betas, other upstreams none of it', async (_form, stream) => {
    const headers = { 'anthropic-version': '2026-10-21', 'anthropic-beta': 'context-1m-2025-08-07, oauth-2025-04-20,made-up-2025-01-01', 'x-stainless-lang': 'js', 'openai-organization': 'org-1', 'openai-project': 'p' };
    const OWN = ['x-api-key', 'anthropic-version', 'anthropic-beta', 'user-agent', 'accept', 'content-type', 'content-length', 'host', 'connection', 'via', 'transfer-encoding', 'authorization'];
    const named = (): Fields => Object.fromEntries(Object.entries(sent().headers).filter(([name]) => /anthropic|openai|stainless/.test(name)));
    await ask(CHAT, 'claude', { stream }, headers);
    expect(named()).toEqual({ 'anthropic-version': '2023-06-01', 'anthropic-beta': 'context-1m-2025-08-07' });
    await ask(MESSAGES, 'claude', { stream }, headers);
    expect(named()).toEqual({ 'anthropic-version': '2026-10-21', 'anthropic-beta': 'context-1m-2025-08-07' });
    for (const [path, model] of [[MESSAGES, 'cheap'], [CHAT, 'cheap'], [MESSAGES, 'native']] as const) {
      await ask(path, model, { stream }, headers);
      expect(named()).toEqual({});
    }
    for (const { headers: all } of upstream.received) expect(Object.keys(all).filter((name) => !OWN.includes(name))).toEqual([]);
  });

  test.each(FORMS)('translation D48 (%s): a DeepSeek-like model gets the reasoning of its tool loop back', async (_form, stream) => {
    const loop = { messages: [{ role: 'user', content: 'Hi' }, { role: 'assistant', content: [{ type: 'thinking', thinking: 'hm', signature: 'SIG' }, { type: 'tool_use', id: 't1', name: 'f', input: {} }] }, { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'r' }] }], stream };
    const answer = await ask(MESSAGES, 'deep', loop);
    expect([answer.status, answer.headers.get('x-bsg-translation'), sent().path]).toEqual([200, null, '/v1/chat/completions']);
    expect(sent().body['messages']).toEqual([
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: null, reasoning_content: 'hm', tool_calls: [{ id: 't1', type: 'function', function: { name: 'f', arguments: '{}' } }] },
      { role: 'tool', tool_call_id: 't1', content: 'r' },
    ]);
    const other = await ask(MESSAGES, 'cheap', loop);
    expect(other.headers.get('x-bsg-translation')).toBe('dropped=thinking');
    expect(sent().bytes.toString()).not.toMatch(/SIG|hm/);
  });

  test.each(FORMS)('translation D58 (%s): a tool name that had to be shortened comes back in full', async (_form, stream) => {
    const name = `mcp__${'server_'.repeat(8)}__and_a_tool_with_a_long_name`;
    let short = '';
    upstream.script((received, response) => {
      short = (received.body['tools'] as { function: { name: string } }[])[0]?.function.name ?? '';
      const called = { index: 0, id: 'c1', type: 'function', function: { name: short, arguments: '{"a":1}' } };
      if (stream) return sse(response, [chunk({ role: 'assistant', tool_calls: [called] }), chunk({}, 'tool_calls'), 'data: [DONE]\n\n']);
      return json(response, 200, { ...(chatAnswer('') as object), choices: [{ index: 0, message: { role: 'assistant', content: null, tool_calls: [called] }, finish_reason: 'tool_calls' }] });
    });
    const answer = await ask(MESSAGES, 'cheap', { tools: [{ name, input_schema: { type: 'object' } }], stream });
    expect([short.length <= 64, short === name]).toEqual([true, false]);
    expect(stream ? checkMessagesStream(answer.text) : answer.json).toMatchObject({ content: [{ type: 'tool_use', id: 'c1', name, input: { a: 1 } }], stop_reason: 'tool_use' });
    expect(answer.text).not.toContain(short);
  });

  test('translation D60 (streamed): where the server cannot count, tokens are estimated and the row says so', async () => {
    upstream.script((_received, response) => sse(response, chatEvents(['Hel', 'lo'], { usage: false })));
    const answer = await ask(MESSAGES, 'mute', { stream: true });
    expect(sent().body).toEqual({ model: 'up-mute', messages: [{ role: 'user', content: 'Hello!' }], max_tokens: 256, stream: true });
    expect(await entryOf(answer)).toMatchObject({ usage: 'estimated', tokens: { input: 2, output: 2 } });
    upstream.script(sayHello);
    expect(await entryOf(await ask(MESSAGES, 'cheap', { stream: true }))).toMatchObject({ usage: 'measured' });
    expect(sent().body).toMatchObject({ stream_options: { include_usage: true } });
  });
});

describe('answers', () => {
  /** A short answer of an Anthropic upstream in the form asked for, with its own ending and usage. */
  const answers = (stopReason: string, usage: Fields) => upstream.script((received, response) => {
    if (received.body['stream'] !== true) return json(response, 200, { ...(messageAnswer('Hello') as Fields), stop_reason: stopReason, usage });
    const said = messageEvents(['Hel', 'lo']).map((event) => event.replace('end_turn', stopReason).replace('"usage":{"input_tokens":10,"output_tokens":1}', `"usage":${JSON.stringify(usage)}`));
    return sse(response, said);
  });

  test.each(FORMS)('translation D66 (%s): a reason that nobody knows is a stop whose word is in the answer and in the ledger', async (_form, stream) => {
    for (const reason of ['pause_turn', 'brand_new_reason']) {
      answers(reason, { input_tokens: 10, output_tokens: 2 });
      const answer = await ask(CHAT, 'claude', { stream });
      expect(stream ? checkChatStream(answer.text, false) : (answer.json['choices'] as Fields[])[0]).toMatchObject({ finish_reason: 'stop', native_finish_reason: reason });
      expect(await entryOf(answer)).toMatchObject({ status: 200, finish: { unified: 'stop', raw: reason } });
    }
  });

  test.each(FORMS)('translation D68 (%s): the ledger keeps each class of tokens, and the price is made of those alone', async (_form, stream) => {
    answers('end_turn', { input_tokens: 1_000, cache_read_input_tokens: 2_000, cache_creation_input_tokens: 7_000, cache_creation: { ephemeral_5m_input_tokens: 3_000, ephemeral_1h_input_tokens: 4_000 }, output_tokens: 2 });
    for (const path of [CHAT, MESSAGES]) {
      const entry = await entryOf(await ask(path, 'priced', { stream }));
      expect([entry.tokens, entry.costMicros]).toEqual([{ input: 1_000, cacheRead: 2_000, cacheWrite5m: 3_000, cacheWrite1h: 4_000, output: 2 }, 1_000 + 20_000 + 300_000 + 800_000 + 2_000]);
    }
  });

  test.each(FORMS)('translation D75 (%s): ids are ours, the model is the one that served, and no account of the upstream shows', async (_form, stream) => {
    upstream.script((received, response) => {
      for (const name of ['openai-organization', 'openai-project', 'anthropic-organization-id', 'x-account-id', 'set-cookie', 'server', 'cf-ray']) response.setHeader(name, 'org-canary');
      return sayHello(received, response);
    });
    for (const [path, model, id] of [[CHAT, 'claude-first', /^chatcmpl-[0-9A-Z]{26}$/], [MESSAGES, 'cheap-first', /^msg_[0-9A-Z]{26}$/], ['/v1/responses', 'cheap-first', /^resp_[0-9A-Z]{26}$/]] as const) {
      const answer = await ask(path, model, { stream });
      const served = model.replace('-first', '');
      const named = [...answer.text.matchAll(/"model":"([^"]*)"/g)].map(([, name]) => name);
      expect([new Set(named), answer.headers.get('x-bsg-model')]).toEqual([new Set([served]), served]);
      expect(/"id":"([^"]*)"/.exec(answer.text)?.[1]).toMatch(id);
      expect(answer.text + JSON.stringify([...answer.headers])).not.toMatch(/canary|up-cheap|up-claude|chatcmpl-1"|msg_1"/);
    }
  });
});

describe('streams', () => {
  test('translation D72 (streamed): a call that cannot be run ends in an error event, and the account says what happened', async () => {
    upstream.script((_received, response) => sse(response, [chunk({ role: 'assistant', tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '{"path":' } }] }), chunk({}, 'tool_calls'), 'data: [DONE]\n\n']));
    const answer = await ask(MESSAGES, 'cheap', { stream: true });
    expect(checkMessagesStream(answer.text)).toMatchObject({ error: { type: 'api_error' } });
    expect(answer.text).not.toMatch(/message_stop|stop_reason":"tool_use/);
    expect(await entryOf(answer)).toMatchObject({ status: 502, errorCode: 'upstream_invalid_response', finish: { unified: 'error' } });
  });

  test('translation D82 (streamed): a ping of the upstream is a comment for an OpenAI caller and a ping for an Anthropic caller', async () => {
    const events = messageEvents(['Hel', 'lo']);
    const pinged = [...events.slice(0, 3), 'event: ping\ndata: {"type": "ping"}\n\n', ...events.slice(3)];
    upstream.script((_received, response) => sse(response, pinged));
    const answer = await ask(CHAT, 'claude', { stream: true });
    expect(answer.text).toMatch(/"content":"Hel"[^\n]*\n\n: keepalive\n\ndata: .*"content":"lo"/);
    expect(textOf(CHAT, answer, true)).toBe('Hello');
    const same = await ask(MESSAGES, 'claude', { stream: true });
    expect(same.text).toBe(pinged.join('').replaceAll('up-model', 'claude'));
  });

  test.each([[CHAT, 'cheap'], [CHAT, 'claude']])('translation D85 (streamed): %s by %s: usage that was not asked for is metered and not shown', async (path, model) => {
    const quiet = await ask(path, model, { stream: true });
    expect(quiet.text).not.toContain('usage');
    expect(await entryOf(quiet)).toMatchObject({ usage: 'measured', tokens: { input: 10, output: 2 } });
    const asked = await ask(path, model, { stream: true, stream_options: { include_usage: true } });
    expect(asked.text).toMatch(/"choices":\[\],"usage":\{"prompt_tokens":10,"completion_tokens":2,"total_tokens":12/);
  });

  test.each([[CHAT, 503, 'api_error'], [MESSAGES, 529, 'overloaded_error']])('translation D87 (streamed): %s: an error before content is a status, or the fallback, which is held back alike', async (path, status, type) => {
    upstream.script((_received, response) => sse(response, pieces('anthropic-messages', 'error-first')));
    const alone = await ask(path, 'claude', { stream: true });
    expect([alone.status, alone.headers.get('content-type')]).toEqual([status, 'application/json']);
    expect(alone.json['error']).toMatchObject({ type });
    const opening = messageEvents(['x']).slice(0, 2);
    const failing = [...opening, pieces('anthropic-messages', 'error-first').find((piece) => piece.startsWith('event: error')) ?? ''];
    upstream.script((received, response) => (received.path === '/v1/messages' ? sse(response, failing) : sse(response, chatEvents(['from ', 'the fallback']))));
    const mended = await ask(path, 'claude-first', { stream: true });
    expect([mended.status, mended.headers.get('x-bsg-model'), mended.headers.get('x-bsg-attempts'), textOf(path, mended, true)]).toEqual([200, 'cheap', '2', 'from the fallback']);
    expect(mended.text.match(path === CHAT ? /"role":"assistant"/g : /event: message_start/g)).toHaveLength(1);
    upstream.script((received, response) => (received.path === '/v1/messages' ? sse(response, failing) : sse(response, [chunk({ role: 'assistant', content: '' }), 'data: {"error":{"message":"overloaded","type":"overloaded_error","code":503}}\n\n'])));
    expect((await ask(path, 'claude-first', { stream: true })).status).toBe(status);
  });

  test.each([CHAT, MESSAGES])('translation D88 (streamed): %s: a stream that breaks off is an error at its end, and its usage is partial', async (path) => {
    upstream.script((_received, response) => sse(response, messageEvents(['Hel', 'lo']).slice(0, 4)));
    const answer = await ask(path, 'claude', { stream: true });
    expect(path === CHAT ? checkChatStream(answer.text, false) : checkMessagesStream(answer.text)).toMatchObject({ error: { type: 'api_error' } });
    expect(answer.text).not.toMatch(/\[DONE\]|message_stop/);
    expect(await entryOf(answer)).toMatchObject({ status: 502, errorCode: 'upstream_truncated', usage: 'estimated', finish: { unified: 'upstream_truncated' } });
  });

  test('translation D100 (streamed): the first event shows our estimate of the input, the last one the truth', async () => {
    const answer = await ask(MESSAGES, 'cheap', { messages: [{ role: 'user', content: 'x'.repeat(400) }], stream: true });
    const events = eventsOf(answer.text).map(({ data }) => JSON.parse(data) as { message?: { usage: Fields }; usage?: Fields });
    expect(events[0]?.message?.usage).toMatchObject({ input_tokens: 100, output_tokens: 0 });
    expect(events.at(-2)?.usage).toEqual({ input_tokens: 10, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 2 });
  });

  test('translation D101 (streamed): an error line inside a 200 is a status or the fallback before content, and an error event after it', async () => {
    upstream.script((_received, response) => sse(response, pieces('openai-chat', 'error-first')));
    const alone = await ask(MESSAGES, 'cheap', { stream: true });
    expect([alone.status, alone.json]).toMatchObject([529, { type: 'error', error: { type: 'overloaded_error' } }]);
    upstream.script((received, response) => (received.path === '/v1/messages' ? sayHello(received, response) : sse(response, pieces('openai-chat', 'error-first'))));
    expect(textOf(MESSAGES, await ask(MESSAGES, 'cheap-first', { stream: true }), true)).toBe('Hello');
    upstream.script((_received, response) => sse(response, pieces('openai-chat', 'error-mid-stream')));
    const late = await ask(MESSAGES, 'cheap-first', { stream: true });
    expect([late.status, checkMessagesStream(late.text)]).toMatchObject([200, { error: { type: 'api_error' } }]);
    expect(late.text).not.toContain('message_stop');
    // Whole answers can hold an error under a 200 as well.
    upstream.script((_received, response) => json(response, 200, { error: { message: 'out of memory', type: 'server_error', code: 500 } }));
    expect((await ask(MESSAGES, 'cheap')).status).toBe(502);
  });

  test.each([[CHAT, 'claude'], [MESSAGES, 'cheap'], [CHAT, 'cheap']])('translation D103 (streamed): %s by %s: a client that leaves stops the upstream and is billed for what arrived', async (path, model) => {
    const words = Array.from({ length: 1_000 }, (_, at) => `w${at} `);
    const dropped = new Promise<void>((resolve) => {
      upstream.script((received, response) => {
        response.on('close', resolve);
        return sse(response, received.path === '/v1/messages' ? messageEvents(words) : chatEvents(words), { gapMs: 5 });
      });
    });
    const controller = new AbortController();
    const response = await fetch(`${gateway.origin}${path}`, {
      method: 'POST', signal: controller.signal, headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' }, body: JSON.stringify(bodyFor(path, model, { stream: true })),
    });
    await response.body?.getReader().read();
    controller.abort();
    await dropped;
    const entry = await gateway.ledger(response.headers.get('x-request-id') ?? '');
    expect(entry).toMatchObject({ status: 499, errorCode: 'client_closed', usage: 'estimated', finish: { unified: 'cancelled' }, servedModel: model });
    expect([entry.tokens.output ?? 0, entry.costMicros ?? 0].every((count) => count > 0 && count < 500)).toBe(true);
  });
});

describe('errors, ids and headers', () => {
  test.each(FORMS)('translation D106 (%s): a credential of ours that is rejected is a 502 of its own code, and shows neither key nor address', async (_form, stream) => {
    for (const status of [401, 403]) {
      for (const [path, model] of [[CHAT, 'cheap'], [CHAT, 'claude'], [MESSAGES, 'cheap'], [MESSAGES, 'claude']] as const) {
        upstream.script((_received, response) => json(response, status, { error: { type: 'authentication_error', message: `Incorrect API key provided: ${CREDENTIAL} at ${upstream.baseUrl}` } }));
        const answer = await ask(path, model, { stream });
        expect(answer.status).toBe(502);
        expect(answer.json).toMatchObject(path === CHAT ? { error: { code: 'upstream_credentials_rejected', type: 'api_error' } } : { type: 'error', error: { type: 'api_error' } });
        const shown = answer.text + JSON.stringify([...answer.headers]);
        for (const secret of [CREDENTIAL, upstream.baseUrl, '127.0.0.1', 'Incorrect']) expect(shown).not.toContain(secret);
        expect((await entryOf(answer)).errorCode).toBe('upstream_credentials_rejected');
      }
    }
  });

  test.each(FORMS)('translation D107 (%s): a prompt that is too long is refused before it is sent where the window is known, and told in the client\'s words where the upstream finds it', async (_form, stream) => {
    const long = { messages: [{ role: 'user', content: 'x'.repeat(8_000) }], stream };
    const told = (path: string, answer: Answer): void => {
      expect(answer.status).toBe(400);
      if (path === CHAT) expect(answer.json).toMatchObject({ error: { type: 'invalid_request_error', code: 'context_length_exceeded' } });
      else expect(answer.json).toMatchObject({ type: 'error', error: { type: 'invalid_request_error', message: expect.stringMatching(/prompt is too long/) } });
    };
    for (const path of [CHAT, MESSAGES]) told(path, await ask(path, 'small', long));
    expect(upstream.received).toEqual([]);
    const words: [string, Fields][] = [
      ['cheap', { error: { message: "This model's maximum context length is 8192 tokens.", type: 'invalid_request_error', param: 'messages', code: 'context_length_exceeded' } }],
      ['claude', { type: 'error', error: { type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens > 200000 maximum' } }],
    ];
    for (const [model, body] of words) {
      upstream.script((_received, response) => json(response, 400, body));
      for (const path of [CHAT, MESSAGES]) told(path, await ask(path, model, { stream }));
    }
  });

  test.each(FORMS)('translation D108 (%s): retry-after is the upstream\'s or ours, always in whole seconds', async (_form, stream) => {
    const afterUpstream = async (status: number, headers: Record<string, string>): Promise<[number, string | null]> => {
      upstream.script((_received, response) => json(response, status, { error: { message: 'slow down', type: 'x', code: null } }, headers));
      const answer = await ask(CHAT, 'cheap', { stream });
      return [answer.status, answer.headers.get('retry-after')];
    };
    expect(await afterUpstream(429, { 'retry-after': '7' })).toEqual([429, '7']);
    expect(await afterUpstream(429, { 'retry-after-ms': '6400' })).toEqual([429, '7']);
    expect(await afterUpstream(429, {})).toEqual([429, '5']);
    expect(await afterUpstream(503, { 'retry-after': '31' })).toEqual([503, '31']);
    const [status, seconds] = await afterUpstream(429, { 'retry-after': new Date(Date.now() + 40_000).toUTCString() });
    expect(status).toBe(429);
    expect(Number(seconds)).toBeGreaterThanOrEqual(38);
    expect(Number(seconds)).toBeLessThanOrEqual(40);
    upstream.script(sayHello);
    const { key } = await gateway.addKey({ rpm: 1 });
    expect((await ask(CHAT, 'cheap', { stream }, {}, key)).status).toBe(200);
    for (const path of [CHAT, MESSAGES]) {
      const own = await ask(path, 'cheap', { stream }, {}, key);
      expect([own.status, own.headers.get('retry-after')]).toEqual([429, expect.stringMatching(/^(?:[1-9]|[1-5]\d|6[0-5])$/)]);
    }
  });

  test.each(FORMS)('translation D108 (%s): when every target is cooling down, that has a retry-after too', async (_form, stream) => {
    const { breakers } = gateway.edition.ports;
    const { open } = breakers;
    breakers.open = () => new Set(['cheap', 'claude']);
    try {
      const answer = await ask(CHAT, 'cheap-first', { stream });
      expect([answer.status, codeOf(answer), answer.headers.get('retry-after')]).toEqual([503, 'no_healthy_model', expect.stringMatching(/^[1-9]\d*$/)]);
    } finally {
      breakers.open = open;
    }
    expect(upstream.received).toEqual([]);
  });

  test.each(FORMS)('translation D109 (%s): our limits are told in the caller\'s dialect, of the upstream\'s only the unified ones pass, and only among Anthropic', async (_form, stream) => {
    const UNIFIED = { 'anthropic-ratelimit-unified-status': 'allowed_warning', 'anthropic-ratelimit-unified-reset': '1760000000', 'anthropic-ratelimit-unified-5h-utilization': '0.42' };
    const theirs = { ...UNIFIED, 'anthropic-ratelimit-requests-limit': '4321', 'anthropic-ratelimit-tokens-remaining': '4321', 'x-ratelimit-limit-requests': '4321', 'x-ratelimit-remaining-tokens': '4321' };
    upstream.script((received, response) => {
      for (const [name, value] of Object.entries(theirs)) response.setHeader(name, value);
      return sayHello(received, response);
    });
    const { key } = await gateway.addKey({ rpm: 50, tpm: 90_000 });
    const limits = (answer: Answer): Fields => Object.fromEntries([...answer.headers].filter(([name]) => name.includes('ratelimit')));
    const left = expect.stringMatching(/^\d+$/);
    const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/), duration = expect.stringMatching(/^\d+s$/);
    const anthropic = {
      'anthropic-ratelimit-requests-limit': '50', 'anthropic-ratelimit-requests-remaining': left, 'anthropic-ratelimit-requests-reset': instant,
      'anthropic-ratelimit-tokens-limit': '90000', 'anthropic-ratelimit-tokens-remaining': left, 'anthropic-ratelimit-tokens-reset': instant,
    };
    const openai = {
      'x-ratelimit-limit-requests': '50', 'x-ratelimit-remaining-requests': left, 'x-ratelimit-reset-requests': duration,
      'x-ratelimit-limit-tokens': '90000', 'x-ratelimit-remaining-tokens': left, 'x-ratelimit-reset-tokens': duration,
    };
    expect(limits(await ask(MESSAGES, 'claude', { stream }, {}, key))).toEqual({ ...anthropic, ...UNIFIED });
    expect(limits(await ask(MESSAGES, 'cheap', { stream }, {}, key))).toEqual(anthropic);
    expect(limits(await ask(CHAT, 'claude', { stream }, {}, key))).toEqual(openai);
    expect(limits(await ask(CHAT, 'cheap', { stream }, {}, key))).toEqual(openai);
    upstream.script((_received, response) => json(response, 429, { type: 'error', error: { type: 'rate_limit_error', message: 'x' } }, { ...theirs, 'retry-after': '9' }));
    expect(limits(await ask(MESSAGES, 'claude', { stream }, {}, key))).toEqual(UNIFIED);
    expect(limits(await ask(CHAT, 'claude', { stream }, {}, key))).toEqual({});
  });

  test.each(FORMS)('translation D110 (%s): our id is in both headers and in Anthropic errors, the upstream\'s in a header and a record of its own', async (_form, stream) => {
    const ULID = /^[0-9A-HJKMNP-TV-Z]{26}$/;
    const withId = (id: string) => upstream.script((received, response) => {
      response.setHeader(received.path === '/v1/messages' ? 'request-id' : 'x-request-id', id);
      return sayHello(received, response);
    });
    for (const [path, model] of [[CHAT, 'cheap'], [CHAT, 'claude'], [MESSAGES, 'claude']] as const) {
      withId('req_011CUpstream');
      const answer = await ask(path, model, { stream }, { 'x-request-id': 'mine-7' });
      const id = answer.headers.get('x-request-id');
      expect([id, answer.headers.get('request-id'), answer.headers.get('x-bsg-upstream-request-id')]).toEqual([expect.stringMatching(ULID), id, 'req_011CUpstream']);
      expect(answer.text).not.toContain('req_011CUpstream');
      expect(await entryOf(answer)).toMatchObject({ requestId: id, clientRequestId: 'mine-7', attempts: [{ model, status: 200, upstreamRequestId: 'req_011CUpstream' }] });
    }
    withId('<script> not an id');
    expect((await ask(CHAT, 'cheap', { stream })).headers.get('x-bsg-upstream-request-id')).toBeNull();
    upstream.script((_received, response) => json(response, 500, { type: 'error', error: { type: 'api_error', message: 'x' }, request_id: 'req_body' }, { 'request-id': 'req_022CUpstream' }));
    const failed = await ask(MESSAGES, 'claude', { stream });
    expect(failed.json).toEqual({ type: 'error', error: { type: 'api_error', message: expect.any(String) }, request_id: failed.headers.get('request-id') });
    expect(failed.headers.get('x-bsg-upstream-request-id')).toBe('req_022CUpstream');
    expect((await entryOf(failed)).attempts).toMatchObject([{ status: 502, upstreamRequestId: 'req_022CUpstream' }]);
  });

  test.each(FORMS)('translation D111 (%s): a used-up budget is a 429 with the seconds to the end of its window', async (_form, stream) => {
    const { key } = await gateway.addKey({ dailyUsd: 0.000_001 });
    const midnight = new Date();
    midnight.setUTCHours(24, 0, 0, 0);
    for (const path of [CHAT, MESSAGES]) {
      const left = (midnight.getTime() - Date.now()) / 1_000;
      const answer = await ask(path, 'cheap', { stream }, {}, key);
      expect(answer.status).toBe(429);
      expect(answer.json).toMatchObject(path === CHAT ? { error: { code: 'budget_exceeded', type: 'budget_exceeded' } } : { type: 'error', error: { type: 'rate_limit_error' } });
      const seconds = Number(answer.headers.get('retry-after'));
      expect(Math.abs(seconds - left)).toBeLessThan(5);
    }
    expect(upstream.received).toEqual([]);
  });

  test.each(FORMS)('translation D112 (%s): the key is taken from each of three headers, contradictions are refused, and no key of a caller travels on', async (_form, stream) => {
    const other = (await gateway.addKey()).key;
    const { key } = gateway;
    const post = (headers: Record<string, string>, path = CHAT): Promise<Answer> => call(gateway.origin, path, { body: bodyFor(path, path === CHAT ? 'cheap' : 'claude', { stream }), headers });
    const accepted: Record<string, string>[] = [{ authorization: `Bearer ${key}` }, { authorization: `bearer ${key}` }, { 'x-api-key': key }, { 'api-key': key }, { authorization: `Bearer ${key}`, 'x-api-key': key, 'api-key': key }];
    for (const headers of accepted) for (const path of [CHAT, MESSAGES]) expect((await post(headers, path)).status).toBe(200);
    expect(upstream.received).toHaveLength(10);
    for (const { headers, path, bytes } of upstream.received) {
      expect(JSON.stringify(headers) + bytes.toString()).not.toContain(key);
      expect([headers['authorization'], headers['x-api-key'], headers['api-key']]).toEqual(path === '/v1/messages' ? [undefined, CREDENTIAL, undefined] : [`Bearer ${CREDENTIAL}`, undefined, undefined]);
    }
    const refused: Record<string, string>[] = [{ authorization: `Bearer ${key}`, 'x-api-key': other }, { 'x-api-key': key, 'api-key': other }, { authorization: `Bearer ${key}`, 'api-key': 'nonsense' }, { authorization: `Basic ${key}` }, { authorization: `Basic ${key}`, 'x-api-key': key }, {}];
    for (const headers of refused) {
      const answer = await post(headers);
      expect([answer.status, codeOf(answer)]).toEqual([401, 'invalid_api_key']);
    }
    expect(upstream.received).toHaveLength(10);
  });

  test.each(FORMS)('translation D113 (%s): the caller\'s own mistakes are tried once, what may pass elsewhere moves on, and no model is asked twice', async (_form, stream) => {
    const tried = async (status: number): Promise<[number, string[]]> => {
      upstream.received.length = 0;
      upstream.script((received, response) => (received.path === '/v1/messages' ? sayHello(received, response) : json(response, status, { error: { message: 'no', type: 'invalid_request_error', code: null } }, { 'retry-after': '9' })));
      const answer = await ask(CHAT, 'cheap-first', { stream });
      return [answer.status, upstream.received.map(({ body }) => String(body['model']))];
    };
    for (const status of [400, 413, 422]) expect(await tried(status)).toEqual([status, ['up-cheap']]);
    for (const status of [405, 418]) expect(await tried(status)).toEqual([502, ['up-cheap']]);
    for (const status of [408, 409, 429]) expect(await tried(status)).toEqual([200, ['up-cheap', 'up-claude']]);
    // Our own configuration's fault is not the request's: another model may serve it, the same one is not asked again.
    for (const status of [401, 403, 404]) expect(await tried(status)).toEqual([200, ['up-cheap', 'up-claude']]);
  });

  test('translation D113 (streamed): once bytes have reached the client no other model takes over', async () => {
    upstream.script((received, response) => (received.path === '/v1/messages' ? sayHello(received, response) : sse(response, chatEvents(['Hel', 'lo']).slice(0, 2), { end: 'destroy' })));
    for (const path of [CHAT, MESSAGES]) {
      upstream.received.length = 0;
      const answer = await ask(path, 'cheap-first', { stream: true });
      expect(path === CHAT ? checkChatStream(answer.text, false) : checkMessagesStream(answer.text)).toHaveProperty('error');
      expect(upstream.received.map(({ body }) => body['model'])).toEqual(['up-cheap']);
    }
  });

  describe('state that a provider signed', () => {
    const THOUGHT = [{ type: 'thinking', thinking: 'Let me think.', signature: 'EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pk' }, { type: 'redacted_thinking', data: 'EmwKAhgBEgy3va3pzix' }];
    const thinks = (): void => upstream.script((_received, response: ServerResponse) => sse(response, pieces('anthropic-messages', 'thinking')));
    const SECRETS = /EqQBCgI|EmwKAhg|bsg1\.|Let me think/;

    test('translation D114 (streamed): blocks of a chat stream go back to their signer word for word, and to nobody else', async () => {
      thinks();
      const stream = await ask(CHAT, 'claude', { stream: true, reasoning_effort: 'low' });
      const message = checkChatStream(stream.text, false)['message'] as Fields;
      expect(message['thinking_blocks']).toEqual(THOUGHT);
      upstream.script(sayHello);
      const follow = { stream: true, messages: [{ role: 'user', content: 'x' }, message, { role: 'user', content: 'And?' }] };
      await ask(CHAT, 'claude', follow);
      expect((sent().body['messages'] as Fields[])[1]).toEqual({ role: 'assistant', content: [...THOUGHT, { type: 'text', text: 'The answer is 42.' }] });
      const foreign = await ask(CHAT, 'native', follow);
      expect([foreign.status, foreign.headers.get('x-bsg-translation')]).toEqual([200, 'dropped=thinking']);
      expect(sent().body['messages']).toEqual([{ role: 'user', content: 'x' }, { role: 'assistant', content: 'The answer is 42.', refusal: null }, { role: 'user', content: 'And?' }]);
      const deep = await ask(CHAT, 'deep', follow);
      expect([deep.headers.get('x-bsg-translation'), (sent().body['messages'] as Fields[])[1]]).toEqual(['dropped=thinking', { role: 'assistant', content: 'The answer is 42.', reasoning_content: 'Let me think.' }]);
      const strict = await ask(CHAT, 'native', follow, { 'x-bsg-strict': 'true' });
      expect([strict.status, codeOf(strict)]).toEqual([400, 'unsupported_parameter']);
      // A compatible server may be a gateway to Anthropic itself: its bytes are its own.
      await ask(CHAT, 'cheap', follow);
      expect((sent().body['messages'] as Fields[])[1]).toEqual(message);
    });

    test.each(FORMS)('translation D114 (%s): reasoning items of the Responses API carry their origin, and are left out and disclosed elsewhere', async (_form, stream) => {
      thinks();
      const first = await ask('/v1/responses', 'claude', { stream: true, reasoning: { effort: 'low' }, max_output_tokens: 3000 });
      const { response } = JSON.parse(eventsOf(first.text).at(-1)?.data ?? '') as { response: { output: Fields[] } };
      expect(response.output.map(({ type }) => type)).toEqual(['reasoning', 'reasoning', 'message']);
      upstream.script(sayHello);
      const input = [{ role: 'user', content: 'x' }, ...response.output, { role: 'user', content: 'And?' }];
      if (!stream) await ask('/v1/responses', 'claude', { input, max_output_tokens: 3000 });
      else await ask('/v1/responses', 'claude', { input, stream, max_output_tokens: 3000 });
      expect((sent().body['messages'] as Fields[])[1]).toEqual({ role: 'assistant', content: [...THOUGHT, { type: 'text', text: 'The answer is 42.' }] });
      upstream.script((_received, target) => (stream ? sse(target, pieces('openai-responses', 'text')) : json(target, 200, { id: 'resp_1', object: 'response', created_at: 1, model: 'gpt-up', status: 'completed', output: [], usage: null })));
      const native = await ask('/v1/responses', 'native', { input, stream });
      expect([native.status, native.headers.get('x-bsg-translation')]).toEqual([200, 'dropped=thinking']);
      expect((sent().body['input'] as Fields[]).map((item) => item['type'] ?? item['role'])).toEqual(['user', 'message', 'user']);
      expect(sent().bytes.toString()).not.toMatch(SECRETS);
      upstream.script(sayHello);
      const other = await ask('/v1/responses', 'cheap', { input, stream });
      expect(other.headers.get('x-bsg-translation')).toBe('dropped=thinking');
      expect(sent().bytes.toString()).not.toMatch(SECRETS);
      // OpenAI's own items, whose content only OpenAI can read, go to OpenAI untouched and are left out and disclosed at Anthropic.
      const theirs = [{ role: 'user', content: 'x' }, { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAAA_opaque' }, { role: 'assistant', content: 'a' }, { role: 'user', content: 'b' }];
      await ask('/v1/responses', 'native', { input: theirs });
      expect(sent().body['input']).toEqual(theirs);
      const claude = await ask('/v1/responses', 'claude', { input: theirs, stream });
      expect(claude.headers.get('x-bsg-translation')).toBe('dropped=reasoning_content');
      expect(sent().bytes.toString()).not.toMatch(/gAAAA|rs_1/);
    });
  });

  test.each(FORMS)('translation D115 (%s): unknown members and blocks pass untouched to their own protocol, and are dropped and disclosed elsewhere', async (_form, stream) => {
    const unknown = { brand_new: { a: [1, 2.5, null] }, messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }, { type: 'hologram', data: [1] }] }], stream };
    const same = await ask(MESSAGES, 'claude', unknown);
    expect([same.status, same.headers.get('x-bsg-translation'), sent().body]).toEqual([200, null, { model: 'up-claude', max_tokens: 256, ...unknown }]);
    const other = await ask(MESSAGES, 'cheap', unknown);
    expect([other.status, other.headers.get('x-bsg-translation'), sent().body['messages']]).toEqual([200, 'dropped=brand_new,hologram', [{ role: 'user', content: 'Hi' }]]);
    expect(sent().body).not.toHaveProperty('brand_new');
  });

  test('translation D115 (whole): unknown blocks and members of an answer pass untouched, and are left out elsewhere', async () => {
    const answer = { ...(messageAnswer('Hello', 'up-claude') as Fields), brand_new: 1, content: [{ type: 'hologram', data: [1] }, { type: 'text', text: 'Hello', shiny: true }] };
    upstream.script((_received, response) => json(response, 200, answer));
    expect((await ask(MESSAGES, 'claude')).json).toEqual({ ...answer, model: 'claude' });
    expect((await ask(CHAT, 'claude')).json['choices']).toEqual([{ index: 0, message: { role: 'assistant', content: 'Hello', refusal: null }, logprobs: null, finish_reason: 'stop', native_finish_reason: 'end_turn' }]);
  });

  test('translation D115 (streamed): unknown events, blocks and deltas pass byte for byte, and are passed over elsewhere', async () => {
    upstream.script((_received, response) => sse(response, pieces('anthropic-messages', 'unknown-event')));
    const same = await ask(MESSAGES, 'claude', { stream: true });
    expect(same.text).toBe(fixture('anthropic-messages', 'unknown-event').replaceAll('claude-sonnet-4-5-20250929', 'claude'));
    expect(textOf(CHAT, await ask(CHAT, 'claude', { stream: true }), true)).toBe('Hello');
  });
});
