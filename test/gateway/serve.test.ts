import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { call, chat, messages } from '../support/call.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { chatAnswer, json, sayHello, scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';

let gateway: TestGateway;
let upstream: ScriptedUpstream;

beforeAll(async () => {
  upstream = await scriptedUpstream();
  gateway = await testGateway({ breakers: 'always-closed' });
  const price = { input: 1, output: 2 };
  await gateway.addModel({ id: 'cheap', baseUrl: upstream.baseUrl, upstreamModel: 'up-cheap', price });
  await gateway.addModel({ id: 'strong', baseUrl: upstream.baseUrl, upstreamModel: 'up-strong', price: { input: 10, output: 20 } });
  await gateway.addModel({ id: 'claude', provider: 'anthropic', baseUrl: upstream.baseUrl, upstreamModel: 'up-claude', price, facts: { maxOutput: 4096 } });
  await gateway.addModel({ id: 'off', baseUrl: upstream.baseUrl, enabled: false });
  await gateway.route({
    aliases: [{ name: 'fast', target: 'model:cheap' }],
    patterns: [{ id: 'code-rule', priority: 10, glob: 'code/*', target: 'tier:complex', fallbacks: ['cheap'] }],
    auto: { strategy: 'static', tiers: { simple: ['cheap'], moderate: ['claude'], complex: ['strong'] }, agentFloor: null },
  });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

describe('the four stages, live', () => {
  test.each([
    ['cheap', 'passthrough', 'cheap', 'up-cheap'],
    ['fast', 'alias', 'cheap', 'up-cheap'],
    ['code/x', 'pattern', 'strong', 'up-strong'],
    ['auto', 'auto', 'cheap', 'up-cheap'],
  ])('%s is decided by %s and served by %s', async (model, stage, served, upstreamModel) => {
    const answer = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat(model) });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-bsg-stage')).toBe(stage);
    expect(answer.headers.get('x-bsg-model')).toBe(served);
    expect(answer.headers.get('x-bsg-attempts')).toBe('1');
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(answer.headers.get('server-timing')).toMatch(/auth;dur=[\d.]+, route;dur=[\d.]+, upstream;dur=[\d.]+/);
    expect(answer.json['model']).toBe(served);
    expect(upstream.received.at(-1)?.body['model']).toBe(upstreamModel);
    if (stage === 'pattern') expect(answer.headers.get('x-bsg-rule')).toBe('code-rule');
    if (stage === 'auto') expect(answer.headers.get('x-bsg-tier')).toBe('simple');
  });

  test('an unknown name is 404 model_not_found in each dialect', async () => {
    const openai = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('nope') });
    expect(openai.status).toBe(404);
    expect(openai.json['error']).toMatchObject({ code: 'model_not_found' });
    const anthropic = await call(gateway.origin, '/v1/messages', { key: gateway.key, body: messages('nope') });
    expect(anthropic.status).toBe(404);
    expect(anthropic.json).toMatchObject({ type: 'error', error: { type: 'not_found_error' }, request_id: anthropic.headers.get('request-id') });
  });

  test('a disabled model is not served and the refusal says so', async () => {
    const answer = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('off') });
    expect(answer.status).toBe(404);
    expect(answer.text).toContain('disabled');
  });

  test('POST /v1/route gives the decision of live traffic without calling upstream', async () => {
    const before = upstream.received.length;
    const dry = await call(gateway.origin, '/v1/route', { key: gateway.key, body: chat('auto') });
    expect(upstream.received.length).toBe(before);
    const live = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('auto') });
    const entry = await gateway.ledger(live.headers.get('x-request-id') ?? '');
    expect(dry.json).toEqual(entry.decision);
    expect(dry.json['route']).toEqual(['cheap', 'claude']);
  });
});

describe('dialects', () => {
  test.each([
    ['chat → openai-compatible', '/v1/chat/completions', 'cheap', '/v1/chat/completions'],
    ['chat → anthropic', '/v1/chat/completions', 'claude', '/v1/messages'],
    ['messages → anthropic', '/v1/messages', 'claude', '/v1/messages'],
    ['messages → openai-compatible', '/v1/messages', 'cheap', '/v1/chat/completions'],
  ])('%s, streaming and not, says the same', async (_name, path, model, upstreamPath) => {
    const body = path.includes('messages') ? messages(model) : chat(model);
    const whole = await call(gateway.origin, path, { key: gateway.key, body });
    expect(whole.status).toBe(200);
    expect(whole.text).toContain('Hello');
    expect(whole.json['model']).toBe(model);
    expect(upstream.received.at(-1)?.path).toBe(upstreamPath);
    const streamed = await call(gateway.origin, path, { key: gateway.key, body: { ...body, stream: true } });
    expect(streamed.status).toBe(200);
    expect(streamed.headers.get('content-type')).toContain('text/event-stream');
    expect(streamed.text).toContain('Hel');
    expect(streamed.text).toContain('lo');
    expect(streamed.text).toContain(`"model":"${model}"`);
    expect(streamed.text).not.toContain('up-');
    expect(streamed.text.trimEnd().endsWith(path.includes('messages') ? '{"type":"message_stop"}' : 'data: [DONE]')).toBe(true);
    const entry = await gateway.ledger(streamed.headers.get('x-request-id') ?? '');
    expect(entry).toMatchObject({ status: 200, usage: 'measured', servedModel: model, finish: { unified: 'stop' }, tokens: { input: 10, output: 2 } });
  });

  test('same-dialect bodies go upstream byte for byte but for model and the usage flag', async () => {
    const raw = '{ "messages":[{"role":"user","content":"caf\\u00e9 ☕"}],\n  "model" : "cheap" , "unknown_field":{"a":[1,2.50,null]}, "stream":true}';
    await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, raw });
    expect(upstream.received.at(-1)?.bytes.toString()).toBe(
      '{"stream_options":{"include_usage":true}, "messages":[{"role":"user","content":"caf\\u00e9 ☕"}],\n  "model" : "up-cheap" , "unknown_field":{"a":[1,2.50,null]}, "stream":true}',
    );
  });

  test('the usage chunk that the caller did not ask for is metered but not relayed', async () => {
    const quiet = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('cheap', { stream: true }) });
    expect(quiet.text).not.toContain('prompt_tokens');
    const asked = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('cheap', { stream: true, stream_options: { include_usage: true } }) });
    expect(asked.text).toContain('"prompt_tokens":10');
  });
});

describe('ledger', () => {
  test('an entry is complete and its money adds up', async () => {
    const answer = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('auto'), headers: { 'x-request-id': 'client-7', 'x-session-id': 's1' } });
    const entry = await gateway.ledger(answer.headers.get('x-request-id') ?? '');
    expect(entry).toMatchObject({
      clientRequestId: 'client-7', dialect: 'openai-chat', requestedModel: 'auto', servedModel: 'cheap', upstreamModel: 'up-cheap', provider: 'openai-compatible',
      attempts: [{ model: 'cheap', status: 200 }], tokens: { input: 10, output: 5 }, usage: 'measured', costMicros: 20, baselineMicros: 200, overheadMicros: 0, savedMicros: 180,
      source: 'live', status: 200, finish: { unified: 'stop', raw: 'stop' },
    });
    expect(entry.sessionId).toMatch(/^s_/);
    expect(entry.features?.v).toBe(1);
    expect(entry.decision?.policyVersion).toBe(1);
    expect(entry.ttftMs).not.toBeNull();
  });

  test('no secret and no prompt appears in ledger or log', async () => {
    await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('cheap', { messages: [{ role: 'user', content: 'PROMPT-CANARY' }] }) });
    const stored = JSON.stringify(await gateway.ledgerAll()) + gateway.logs.join('');
    for (const secret of ['PROMPT-CANARY', 'sk-upstream-credential-canary', gateway.key]) expect(stored).not.toContain(secret);
  });
});

describe('models', () => {
  test('lists what the key may ask for, in both shapes', async () => {
    const { key } = await gateway.addKey({ allowedModels: ['cheap'] });
    const openai = await call(gateway.origin, '/v1/models', { key });
    expect((openai.json['data'] as { id: string }[]).map(({ id }) => id)).toEqual(['auto', 'fast', 'cheap']);
    const anthropic = await call(gateway.origin, '/v1/models', { key, headers: { 'anthropic-version': '2023-06-01' } });
    expect(anthropic.json['data']).toContainEqual({ type: 'model', id: 'cheap', display_name: 'cheap', created_at: '1970-01-01T00:00:00Z' });
    expect((await call(gateway.origin, '/v1/models/cheap', { key })).json['id']).toBe('cheap');
    expect((await call(gateway.origin, '/v1/models/strong', { key })).status).toBe(404);
    expect((await call(gateway.origin, '/v1/chat/completions', { key, body: chat('strong') })).status).toBe(403);
  });
});

describe('upstream failures before the commit point', () => {
  test.each([
    [400, 400, 'invalid_request'], [401, 502, 'upstream_credentials_rejected'], [403, 502, 'upstream_credentials_rejected'], [404, 502, 'upstream_model_not_found'],
    [429, 429, 'rate_limit_exceeded'], [500, 502, 'upstream_error'], [503, 503, 'upstream_error'],
  ])('upstream %d is answered as %d %s', async (status, expected, code) => {
    upstream.script((_received, response) => json(response, status, { error: { message: 'upstream says sk-upstream-credential-canary no', type: 'x', code: null } }, { 'retry-after': '7' }));
    const answer = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('cheap') });
    upstream.script(sayHello);
    expect(answer.status).toBe(expected);
    expect(answer.json['error']).toMatchObject({ code });
    expect(answer.text).not.toContain('canary');
    if (status === 429) expect(answer.headers.get('retry-after')).toBe('7');
    const entry = await gateway.ledger(answer.headers.get('x-request-id') ?? '');
    expect(entry).toMatchObject({ status: expected, errorCode: code, servedModel: null, costMicros: 0, finish: { unified: 'error' } });
  });

  test('a fallback serves when the first model of the route fails', async () => {
    upstream.script((received, response) => received.body['model'] === 'up-strong' ? json(response, 500, {}) : json(response, 200, chatAnswer('from the fallback', 'up-cheap')));
    const answer = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('code/x') });
    upstream.script(sayHello);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-bsg-model')).toBe('cheap');
    expect(answer.headers.get('x-bsg-attempts')).toBe('2');
    const entry = await gateway.ledger(answer.headers.get('x-request-id') ?? '');
    expect(entry.attempts).toMatchObject([{ model: 'strong', status: 502 }, { model: 'cheap', status: 200 }]);
  });
});

describe('whose request it was', () => {
  test('the ledger keeps the end user and the tag as the caller named them, bounded', async () => {
    const named = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('cheap', { user: 'u'.repeat(200) }), headers: { 'x-bsg-tag': 'team-a' } });
    expect(await gateway.ledger(named.headers.get('x-request-id') ?? '')).toMatchObject({ user: 'u'.repeat(128), tag: 'team-a' });
    const messaged = await call(gateway.origin, '/v1/messages', { key: gateway.key, body: messages('claude', { metadata: { user_id: 'ann' } }) });
    expect((await gateway.ledger(messaged.headers.get('x-request-id') ?? '')).user).toBe('ann');
    const plain = await gateway.ledger((await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('cheap') })).headers.get('x-request-id') ?? '');
    expect(['user' in plain, 'tag' in plain]).toEqual([false, false]);
  });
});
