import { expect } from '@jest/globals';
import { call, chat, messages } from '../call.ts';
import { chatEvents, json, messageEvents, sayHello, sse } from '../scripted-upstream.ts';
import { fixture, meteredOf } from '../stream-grammar.ts';
import { anthropicReadsStreams, fixtures, openaiReadsResponses, openaiReadsStreams, sdkErrorsCarryStatuses, sdksWorkAcrossDialects } from './sdk-checks.ts';
import type { Subject } from './subject.ts';

const CHAT = '/v1/chat/completions';
const MESSAGES = '/v1/messages';
const RESPONSES = '/v1/responses';
const ANTHROPIC = { 'anthropic-version': '2023-06-01' };
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const KOREAN = '한국어 답변 🙂 '.repeat(50);

async function piecesArriveAsWritten({ origin, key, upstream }: Subject): Promise<void> {
  const gates = [0, 1, 2].map(() => Promise.withResolvers<void>());
  upstream.script(async (_received, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const [at, event] of chatEvents(['one', 'two', 'three']).entries()) {
      await gates[at - 2]?.promise;
      response.write(event);
    }
    response.end();
  });
  const answer = await fetch(`${origin}${CHAT}`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` }, body: JSON.stringify(chat('cheap', { stream: true })) });
  expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of answer.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    // Each word is there before the upstream has written the next one.
    if (text.includes('"one"') && !text.includes('"two"')) gates[0]?.resolve();
    if (text.includes('"two"') && !text.includes('"three"')) gates[1]?.resolve();
    if (text.includes('"three"')) gates[2]?.resolve();
  }
  expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true);
  upstream.script(sayHello);
}

async function bytesPass({ origin, key, upstream }: Subject): Promise<void> {
  for (const name of fixtures('openai-chat').map((file) => file.replace('.sse', ''))) {
    const recorded = fixture('openai-chat', name);
    upstream.script((_received, response) => sse(response, [recorded.toString('utf8')]));
    const { text } = await call(origin, CHAT, { key, body: chat('cheap', { stream: true }) });
    expect({ name, text }).toEqual({ name, text: meteredOf('openai-chat', [recorded]).forward });
  }
  const body = chat('cheap', { temperature: 0.3, seed: 7, messages: [{ role: 'user', content: KOREAN }] });
  upstream.script(sayHello);
  await call(origin, CHAT, { key, body });
  expect(upstream.received.at(-1)?.bytes.toString('utf8')).toBe(JSON.stringify(body).replace('"cheap"', '"up-model"'));
}

async function wordsOfOtherAlphabets({ origin, key, upstream }: Subject): Promise<void> {
  const words = KOREAN.match(/.{1,3}/gsu) ?? [];
  upstream.script((received, response) => sse(response, received.path.includes('messages') ? messageEvents(words) : chatEvents(words)));
  for (const model of ['cheap', 'claude']) {
    const chatted = await call(origin, CHAT, { key, body: chat(model, { stream: true }) });
    const said = [...chatted.text.matchAll(/^data: (\{.*\})$/gm)].map(([, data]) => JSON.parse(String(data)) as { choices: { delta?: { content?: string } }[] });
    expect(said.map(({ choices }) => choices[0]?.delta?.content ?? '').join('')).toBe(KOREAN);
    const told = await call(origin, MESSAGES, { key, headers: ANTHROPIC, body: messages(model, { stream: true }) });
    expect([...told.text.matchAll(/"text_delta","text":("(?:[^"\\]|\\.)*")/g)].map(([, text]) => JSON.parse(String(text)) as string).join('')).toBe(KOREAN);
  }
  upstream.script(sayHello);
}

async function errorsBeforeAndAfterTheFirstPart(subject: Subject): Promise<void> {
  const { origin, key, upstream } = subject;
  upstream.script((_received, response) => json(response, 400, { error: { message: 'max_tokens is too large', type: 'invalid_request_error' } }));
  expect((await call(origin, CHAT, { key, body: chat('cheap', { stream: true }) })).status).toBe(400);
  expect(await call(origin, MESSAGES, { key, headers: ANTHROPIC, body: messages('cheap', { stream: true }) })).toMatchObject({ status: 400, json: { type: 'error', error: { type: 'invalid_request_error' } } });
  upstream.script((_received, response) => json(response, 500, {}));
  expect(await call(origin, CHAT, { key, body: chat('cheap') })).toMatchObject({ status: 502, json: { error: { code: 'upstream_error' } } });
  upstream.script((_received, response) => json(response, 401, { error: { message: 'bad key' } }));
  expect(await call(origin, CHAT, { key, body: chat('cheap') })).toMatchObject({ status: 502, json: { error: { code: 'upstream_credentials_rejected' } } });
  // Cut after output: one error in the stream, never a clean end, and the account says so.
  upstream.script((_received, response) => sse(response, chatEvents(['Hel', 'lo']).slice(0, 2), { end: 'destroy' }));
  const cut = await call(origin, CHAT, { key, body: chat('cheap', { stream: true }) });
  expect([cut.status, cut.text.includes('[DONE]'), cut.text.split('"error":').length]).toEqual([200, false, 2]);
  expect(await subject.ledger(cut.headers.get('x-request-id') ?? '')).toMatchObject({ finish: { unified: 'upstream_truncated' } });
  const told = await call(origin, MESSAGES, { key, headers: ANTHROPIC, body: messages('cheap', { stream: true }) });
  expect([told.status, told.text.includes('message_stop'), told.text.split('event: error').length]).toEqual([200, false, 2]);
  upstream.script(sayHello);
}

async function anotherModelTakesOver(subject: Subject): Promise<void> {
  const { origin, key, upstream } = subject;
  upstream.script((received, response) => (received.body['model'] === 'down' ? json(response, 500, {}) : sayHello(received, response)));
  const { status, headers, text } = await call(origin, CHAT, { key, body: chat('fall/back', { stream: true }) });
  expect([status, headers.get('x-bsg-model'), headers.get('x-bsg-stage'), headers.get('x-bsg-rule')]).toEqual([200, 'cheap', 'pattern', 'fall']);
  expect(Number(headers.get('x-bsg-attempts'))).toBeGreaterThan(1);
  expect(text).toContain('[DONE]');
  expect(await subject.ledger(headers.get('x-request-id') ?? '')).toMatchObject({ servedModel: 'cheap', requestedModel: 'fall/back', attempts: expect.arrayContaining([expect.objectContaining({ model: 'failing', status: 502 }), expect.objectContaining({ model: 'cheap', status: 200 })]) });
  upstream.script(sayHello);
}

async function headersAndAccount(subject: Subject): Promise<void> {
  const { origin, key } = subject;
  for (const stream of [false, true]) {
    const { headers } = await call(origin, CHAT, { key, body: chat('cheap', { stream }) });
    const id = headers.get('x-request-id') ?? '';
    expect(id).toMatch(ULID);
    expect([headers.get('request-id'), headers.get('x-bsg-model'), headers.get('x-bsg-stage'), headers.get('x-bsg-attempts')]).toEqual([id, 'cheap', 'passthrough', '1']);
    expect(headers.get('server-timing')).toMatch(/^auth;dur=[\d.]+, route;dur=[\d.]+, upstream;dur=[\d.]+/);
    expect(await subject.ledger(id)).toMatchObject({ requestId: id, status: 200, usage: 'measured', servedModel: 'cheap', tokens: { input: 10 }, finish: { unified: 'stop' } });
  }
  const classified = await call(origin, CHAT, { key, body: chat('auto') });
  expect([classified.headers.get('x-bsg-tier'), Number(classified.headers.get('x-bsg-score'))]).toEqual(['simple', expect.any(Number)]);
}

async function refusals({ origin, key, upstream }: Subject): Promise<void> {
  const before = upstream.received.length;
  const codeOf = async (path: string, options: Parameters<typeof call>[2]): Promise<unknown[]> => {
    const { status, json: body, headers } = await call(origin, path, options);
    expect(headers.get('x-request-id')).toMatch(ULID);
    return [status, (body['error'] as { code?: string; type?: string } | undefined)?.code ?? (body['error'] as { type?: string } | undefined)?.type];
  };
  expect(await codeOf(CHAT, { body: chat('cheap') })).toEqual([401, 'invalid_api_key']);
  expect(await codeOf(MESSAGES, { body: messages('cheap'), headers: ANTHROPIC })).toEqual([401, expect.stringMatching(/authentication_error|invalid_api_key/)]);
  expect(await codeOf(CHAT, { key, body: chat('nothing') })).toEqual([404, 'model_not_found']);
  expect(await codeOf('/v1/nowhere', { key })).toEqual([404, 'not_found']);
  expect((await codeOf(CHAT, { key }))[0]).toBe(405);
  expect((await codeOf(CHAT, { key, raw: 'model=cheap', headers: { 'content-type': 'text/plain' } }))[0]).toBe(415);
  expect((await codeOf(CHAT, { key, raw: Buffer.alloc(4 * 1024 * 1024 + 1, 32) }))[0]).toBe(413);
  for (const raw of ['{"model":', '[]', `{"a":${'['.repeat(100)}${']'.repeat(100)}}`, '{"model":"cheap","messages":[],"api_base":"http://evil.example"}']) expect((await codeOf(CHAT, { key, raw }))[0]).toBe(400);
  expect((await codeOf(CHAT, { key, body: chat('cheap'), headers: { 'x-upstream-host': 'evil.example' } }))[0]).toBe(400);
  expect(upstream.received.length).toBe(before);
}

async function otherEndpoints(subject: Subject): Promise<void> {
  const { origin, key } = subject;
  const models = await call(origin, '/v1/models', { key });
  expect((models.json['data'] as { id: string }[]).map(({ id }) => id)).toEqual(expect.arrayContaining(['cheap', 'claude', 'auto']));
  const decision = await call(origin, '/v1/route', { key, body: chat('auto') });
  expect(decision).toMatchObject({ status: 200, json: { stage: 'auto', route: expect.arrayContaining(['cheap']) } });
  const counted = await call(origin, '/v1/messages/count_tokens', { key, headers: ANTHROPIC, body: { model: 'cheap', messages: [{ role: 'user', content: 'Hello!' }] } });
  expect(counted).toMatchObject({ status: 200, json: { input_tokens: expect.any(Number) } });
  const { headers } = await call(origin, CHAT, { key, body: chat('cheap') });
  // A settlement is written after the answer's end.
  await subject.ledger(headers.get('x-request-id') ?? '');
  expect((await call(origin, '/v1/feedback', { key, body: { request_id: headers.get('x-request-id'), rating: 'up' } })).status).toBe(202);
  expect((await call(origin, RESPONSES, { key, body: { model: 'cheap', input: 'Hello!', previous_response_id: 'resp_1' } })).status).toBe(400);
  expect([(await call(origin, '/health')).status, (await call(origin, '/health/ready')).status]).toEqual([200, 200]);
}

async function limits(subject: Subject): Promise<void> {
  const key = await subject.newKey({ rpm: 2 });
  const statuses = [];
  for (let at = 0; at < 4; at += 1) statuses.push(await call(subject.origin, CHAT, { key, body: chat('cheap') }));
  expect(statuses.map(({ status }) => status)).toEqual([200, 200, 429, 429]);
  const [last] = statuses.slice(-1);
  expect(Number(last?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect(last?.json['error']).toMatchObject({ type: 'rate_limit_exceeded', code: 'rate_limit_exceeded', retry_after: Number(last?.headers.get('retry-after')) });
}

/** What must hold behind every door, by name. */
export const CHECKS: readonly (readonly [string, (subject: Subject) => Promise<unknown>])[] = [
  ['the openai SDK reads every recorded chat stream as it does directly', openaiReadsStreams],
  ['the openai SDK reads every recorded stream of the Responses API as it does directly', openaiReadsResponses],
  ['the anthropic SDK reads every recorded stream as it does directly', anthropicReadsStreams],
  ['both SDKs work across dialects, streaming and not, with auto and by name', sdksWorkAcrossDialects],
  ['the SDKs\' own error classes carry our statuses', sdkErrorsCarryStatuses],
  ['pieces arrive as they are written, each before the next', piecesArriveAsWritten],
  ['a stream of the caller\'s own dialect passes byte for byte, and so does its request, but for the model', bytesPass],
  ['words of other alphabets arrive unharmed in both dialects', wordsOfOtherAlphabets],
  ['a failure before the first part is a status, and after it one error in the stream', errorsBeforeAndAfterTheFirstPart],
  ['another model takes over before the first part', anotherModelTakesOver],
  ['headers and the account tell the same story', headersAndAccount],
  ['what the caller did wrong is refused in its dialect without an upstream call', refusals],
  ['models, dry runs, counting, feedback and health answer', otherEndpoints],
  ['a limit admits as many as it says', limits],
];
