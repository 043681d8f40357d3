import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { call, chat, messages, type Answer } from '../support/call.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { chatAnswer, chatEvents, json, messageAnswer, sayHello, scriptedUpstream, sse, type ScriptedUpstream } from '../support/scripted-upstream.ts';

let gateway: TestGateway;
let upstream: ScriptedUpstream;
let nowMs = Date.now();
const clock = { now: () => nowMs, elapsed: () => performance.now() };
const COMPLEX = 'Architect a scalable payment system with trade-offs for consistency and latency';

beforeEach(async () => {
  nowMs = Date.now();
  upstream = await scriptedUpstream();
  gateway = await testGateway({ clock });
  await gateway.addModel({ id: 'cheap', baseUrl: upstream.baseUrl, price: { input: 1, output: 2 }, maxOutputTokens: 500 });
  await gateway.addModel({ id: 'strong', baseUrl: upstream.baseUrl, price: { input: 10, output: 20 } });
  await gateway.route({ auto: { strategy: 'static', tiers: { simple: ['cheap'], moderate: ['cheap'], complex: ['strong'] }, agentFloor: null } });
});
afterEach(async () => {
  await gateway.close();
  await upstream.close();
});

/** Recorded vetoes: model → kinds that were counted. */
async function vetoes(answer: Answer): Promise<Record<string, string[]>> {
  await gateway.ledger(answer.headers.get('x-request-id') ?? '');
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
  await gateway.edition.ports.learning.settled();
  const { rows } = await gateway.edition.store.query({ table: 'usage', pk: 'T#default#EVIDENCE-VETO', limit: 100 });
  const found: Record<string, string[]> = {};
  for (const { sk, item } of rows) {
    const kinds = ['structural', 'feedback', 'retry'].flatMap((kind) => Array.from({ length: Math.round(Number(item[kind] ?? 0) / scaleOf(item)) }, () => kind));
    (found[sk.split('#')[1] ?? ''] ??= []).push(...kinds);
  }
  return found;
}
/** All vetoes of a test are of one moment, so each weighs the same. */
const scaleOf = (item: Record<string, unknown>): number => ['structural', 'feedback', 'retry'].reduce((sum, kind) => sum + Number(item[kind] ?? 0), 0) / Number(item['count']);
const post = (body: object, { key = gateway.key, path = '/v1/chat/completions', headers = {} } = {}): Promise<Answer> => call(gateway.origin, path, { key, body, headers });
const tool = { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: { a: { type: 'integer' } } } } };
const schema = { type: 'json_schema', json_schema: { name: 'city', schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false } } };
const toolAnswer = (args: string): unknown => ({ ...(chatAnswer('') as object), choices: [{ index: 0, message: { role: 'assistant', content: null, tool_calls: [{ id: 't', type: 'function', function: { name: 'f', arguments: args } }] }, finish_reason: 'tool_calls' }] });
const cut = (answer: unknown): unknown => ({ ...(answer as { choices: object[] }), choices: [{ ...(answer as { choices: object[] }).choices[0], finish_reason: 'length' }] });
const answers = (answer: unknown) => upstream.script((_received, response) => json(response, 200, answer));

describe('what is plainly wrong with an answer is a veto', () => {
  test.each([
    ['an empty answer', {}, chatAnswer('')],
    ['a refusal', {}, { ...(chatAnswer('') as object), choices: [{ index: 0, message: { role: 'assistant', content: null, refusal: 'I will not.' }, finish_reason: 'stop' }] }],
    ['an answer cut at the model\'s own limit', {}, cut(chatAnswer('half an'))],
    ['prose where a schema was asked for', { response_format: schema }, chatAnswer('The city is Paris.')],
    ['JSON that does not meet the schema', { response_format: schema }, chatAnswer('{"town":"Paris"}')],
    ['tool arguments that are no JSON', { tools: [tool] }, toolAnswer('{"a":')],
  ])('%s', async (_name, extra, answer) => {
    answers(answer);
    expect(await vetoes(await post(chat('auto', extra)))).toEqual({ cheap: ['structural'] });
  });

  test('also in a stream, in Anthropic\'s dialect and translated', async () => {
    upstream.script((_received, response) => void sse(response, chatEvents(['{"town":', '"Paris"}'])));
    expect(await vetoes(await post(chat('auto', { stream: true, response_format: schema })))).toEqual({ cheap: ['structural'] });
    upstream.script((received, response) => json(response, 200, received.path.includes('/messages') ? messageAnswer('') : chatAnswer('')));
    expect(await vetoes(await post(messages('auto'), { path: '/v1/messages' }))).toEqual({ cheap: ['structural', 'structural'] });
  });

  test.each([
    ['a good answer', {}, chatAnswer('Paris')],
    ['JSON that meets the schema', { response_format: schema }, chatAnswer('{"city":"Paris"}')],
    ['a tool call', { tools: [tool] }, toolAnswer('{"a":1}')],
    ['an answer cut at the caller\'s limit', { max_tokens: 5 }, cut(chatAnswer('half an'))],
  ])('%s is none', async (_name, extra, answer) => {
    answers(answer);
    expect(await vetoes(await post(chat('auto', extra)))).toEqual({});
  });

  test('the baseline\'s own answer, a named model\'s and a failed one are none', async () => {
    answers(chatAnswer(''));
    expect(await vetoes(await post(chat('auto', { messages: [{ role: 'user', content: COMPLEX }] })))).toEqual({});
    expect(await vetoes(await post(chat('cheap')))).toEqual({});
    upstream.script((_received, response) => json(response, 400, { error: { message: 'no' } }));
    expect(await vetoes(await post(chat('auto')))).toEqual({});
  });
});

describe('a client that asks the very same again was not content', () => {
  const session = { headers: { 'x-session-id': 'session-1' } };

  test('within some minutes of the answer, once per repetition', async () => {
    expect(await vetoes(await post(chat('auto'), session))).toEqual({});
    nowMs += 60_000;
    expect(await vetoes(await post(chat('auto'), session))).toEqual({ cheap: ['retry'] });
    expect(await vetoes(await post(chat('auto', { messages: [{ role: 'user', content: 'Something else' }] }), session))).toEqual({ cheap: ['retry'] });
    nowMs += 6 * 60_000;
    expect(await vetoes(await post(chat('auto', { messages: [{ role: 'user', content: 'Something else' }] }), session))).toEqual({ cheap: ['retry'] });
  });

  test('by the name of a stronger model too, and in a conversation that has no name but a history', async () => {
    await vetoes(await post(chat('auto'), session));
    expect(await vetoes(await post(chat('strong'), session))).toEqual({ cheap: ['retry'] });
    const history = { messages: [{ role: 'user', content: 'Hello!' }, { role: 'assistant', content: 'Hi!' }, { role: 'user', content: 'Go on' }] };
    await vetoes(await post(chat('auto', history)));
    expect(await vetoes(await post(chat('auto', history)))).toEqual({ cheap: ['retry', 'retry'] });
  });

  test('not where two programs may ask the same, where nothing was answered, in another session, or further on in a tool loop', async () => {
    await vetoes(await post(chat('auto')));
    expect(await vetoes(await post(chat('auto')))).toEqual({});
    upstream.script((_received, response) => json(response, 500, { error: { message: 'down' } }));
    await vetoes(await post(chat('auto'), session));
    upstream.script(sayHello);
    expect(await vetoes(await post(chat('auto'), session))).toEqual({});
    expect(await vetoes(await post(chat('auto'), { headers: { 'x-session-id': 'session-2' } }))).toEqual({});
    const { key } = await gateway.addKey();
    expect(await vetoes(await post(chat('auto'), { ...session, key }))).toEqual({});
    const loop = chat('auto', { tools: [tool], messages: [{ role: 'user', content: 'Hello!' }, { role: 'assistant', content: null, tool_calls: [{ id: 't', type: 'function', function: { name: 'f', arguments: '{}' } }] }, { role: 'tool', tool_call_id: 't', content: 'done' }] });
    expect(await vetoes(await post(loop, session))).toEqual({});
  });

  test('an answer of the baseline that is asked for again is none', async () => {
    const body = chat('auto', { messages: [{ role: 'user', content: COMPLEX }] });
    await vetoes(await post(body, session));
    expect(await vetoes(await post(body, session))).toEqual({});
  });
});

describe('POST /v1/feedback', () => {
  const rate = (body: unknown, key = gateway.key): Promise<Answer> => call(gateway.origin, '/v1/feedback', { key, body });
  const asked = async (extra: object = {}, key = gateway.key): Promise<string> => (await post(chat('auto', extra), { key })).headers.get('x-request-id') ?? '';
  const feedbackOf = async (requestId: string): Promise<unknown> => (await gateway.edition.ports.learning.quality.entry('default', requestId))?.feedback;

  test.each(['up', 'down', 1, 2, 3, 4, 5])('%j is stored on the ledger entry and answered with 202 {}', async (rating) => {
    const requestId = await asked();
    const answer = await rate({ request_id: requestId, rating });
    expect([answer.status, answer.text]).toEqual([202, '{}']);
    expect(await feedbackOf(requestId)).toEqual({ rating, at: expect.stringMatching(/Z$/), hasComment: false });
    expect(await vetoes(answer.headers.get('x-request-id') === null ? answer : { ...answer, headers: new Headers({ 'x-request-id': requestId }) })).toEqual([1, 2, 'down'].includes(rating) ? { cheap: ['feedback'] } : {});
  });

  test('the latest rating counts, and the same request is vetoed once', async () => {
    const requestId = await asked();
    for (const rating of ['down', 'down', 5, 4] as const) expect((await rate({ request_id: requestId, rating })).status).toBe(202);
    expect(await feedbackOf(requestId)).toMatchObject({ rating: 4 });
    expect(await vetoes({ headers: new Headers({ 'x-request-id': requestId }) } as Answer)).toEqual({ cheap: ['feedback'] });
  });

  test('what the baseline or a named model answered may be rated, and is no veto', async () => {
    const strong = await asked({ messages: [{ role: 'user', content: COMPLEX }] });
    const named = (await post(chat('cheap'))).headers.get('x-request-id') ?? '';
    for (const requestId of [strong, named]) expect((await rate({ request_id: requestId, rating: 'down' })).status).toBe(202);
    expect(await vetoes({ headers: new Headers({ 'x-request-id': strong }) } as Answer)).toEqual({});
  });

  test('unknown, malformed and another key\'s ids are one and the same 404', async () => {
    const other = await gateway.addKey();
    const foreign = await asked({}, other.key);
    const bodies = await Promise.all([foreign, '01ARZ3NDEKTSV4RRFFQ69G5FAV', 'x', '', `${foreign} `].map((requestId) => rate({ request_id: requestId, rating: 'up' })));
    expect(bodies.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
    expect(new Set(bodies.map(({ json: body }) => JSON.stringify(body))).size).toBe(1);
    expect(await feedbackOf(foreign)).toBeUndefined();
  });

  test('a comment is kept only where the key logs content, and a later rating without one takes it away', async () => {
    const logging = await gateway.addKey({ logContent: true });
    const [silent, loud] = [await asked(), await asked({}, logging.key)];
    await rate({ request_id: silent, rating: 'down', comment: 'COMMENT-CANARY' });
    await rate({ request_id: loud, rating: 'down', comment: 'kept words' }, logging.key);
    expect([await feedbackOf(silent), await feedbackOf(loud)]).toMatchObject([{ hasComment: false }, { hasComment: true }]);
    const comment = async (): Promise<unknown> => (await gateway.edition.store.get({ table: 'usage', pk: `LC#default#${loud}`, sk: 'comment' }))?.['comment'];
    expect(await comment()).toBe('kept words');
    await rate({ request_id: loud, rating: 'up' }, logging.key);
    expect([await comment(), await feedbackOf(loud)]).toMatchObject([undefined, { rating: 'up', hasComment: false }]);
    expect(gateway.logs.join('')).not.toMatch(/CANARY|kept words/);
  });

  test.each([
    [{}, 'request_id'], [{ request_id: 1, rating: 'up' }, 'request_id'], [{ request_id: 'x' }, 'rating'], [{ request_id: 'x', rating: 0 }, 'rating'], [{ request_id: 'x', rating: 6 }, 'rating'],
    [{ request_id: 'x', rating: 2.5 }, 'rating'], [{ request_id: 'x', rating: 'good' }, 'rating'], [{ request_id: 'x', rating: 'up', more: 1 }, 'more'],
    [{ request_id: 'x', rating: 'up', comment: 'c'.repeat(501) }, 'comment'], [{ request_id: 'x', rating: 'up', comment: 5 }, 'comment'],
  ])('%j is a 400 about %s', async (body, param) => {
    const answer = await rate(body);
    expect([answer.status, (answer.json['error'] as { param: string }).param]).toEqual([400, param]);
  });

  test('needs a key, POST and JSON, and counts against requests per minute', async () => {
    expect((await call(gateway.origin, '/v1/feedback', { body: {} })).status).toBe(401);
    expect((await call(gateway.origin, '/v1/feedback', { key: gateway.key })).status).toBe(405);
    expect((await call(gateway.origin, '/v1/feedback', { key: gateway.key, raw: '[', })).status).toBe(400);
    const { key } = await gateway.addKey({ rpm: 2 });
    const requestId = await asked({}, key);
    expect((await rate({ request_id: requestId, rating: 'up' }, key)).status).toBe(202);
    expect((await rate({ request_id: requestId, rating: 'up' }, key)).status).toBe(429);
  });
});
