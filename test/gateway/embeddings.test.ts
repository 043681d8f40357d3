import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { call } from '../support/call.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { json, scriptedUpstream, type Script, type ScriptedUpstream } from '../support/scripted-upstream.ts';

/** One vector per input, in the encoding asked for, as OpenAI answers. */
const embed: Script = ({ body }, response) => {
  const inputs = Array.isArray(body['input']) && typeof body['input'][0] !== 'number' ? body['input'] : [body['input']];
  const vector = [0.25, -0.5, 1];
  const embedding = body['encoding_format'] === 'base64' ? Buffer.from(new Float32Array(vector).buffer).toString('base64') : vector;
  json(response, 200, { object: 'list', model: body['model'], data: inputs.map((_input, index) => ({ object: 'embedding', index, embedding })), usage: { prompt_tokens: 7, total_tokens: 7 } });
};

let gateway: TestGateway;
let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await scriptedUpstream(embed);
  gateway = await testGateway({ breakers: 'always-closed' });
  await gateway.addModel({ id: 'vectors', baseUrl: upstream.baseUrl, upstreamModel: 'up-vectors', price: { input: 0.02, output: 0 }, facts: { embeddings: true } });
  await gateway.addModel({ id: 'cheap', baseUrl: upstream.baseUrl, upstreamModel: 'up-cheap', price: { input: 1, output: 2 }, facts: { embeddings: false } });
  await gateway.addModel({ id: 'claude', provider: 'anthropic', baseUrl: upstream.baseUrl, upstreamModel: 'up-claude' });
  await gateway.route({
    aliases: [{ name: 'search', target: 'model:vectors' }, { name: 'smart', target: 'auto' }],
    patterns: [{ id: 'embed-rule', priority: 10, glob: 'text-embedding-*', target: 'model:vectors', fallbacks: [] }],
    auto: { strategy: 'static', tiers: { simple: ['cheap'], moderate: [], complex: [] }, agentFloor: null },
  });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});
const ask = (body: object, key = gateway.key): ReturnType<typeof call> => call(gateway.origin, '/v1/embeddings', { key, body });

describe('embeddings', () => {
  test.each([['vectors', 'passthrough'], ['search', 'alias'], ['text-embedding-3-small', 'pattern']])('%s is decided by %s and served under its own name', async (model, stage) => {
    const answer = await ask({ model, input: 'a text' });
    expect([answer.status, answer.headers.get('x-bsg-stage'), answer.headers.get('x-bsg-model'), answer.json['model']]).toEqual([200, stage, 'vectors', 'vectors']);
    expect(upstream.received.at(-1)).toMatchObject({ path: '/v1/embeddings', body: { model: 'up-vectors', input: 'a text' } });
  });

  test('the official client reads what it would read from OpenAI, base64 and all', async () => {
    const openai = new OpenAI({ baseURL: `${gateway.origin}/v1`, apiKey: gateway.key, maxRetries: 0 });
    const { data, usage } = await openai.embeddings.create({ model: 'search', input: ['one', 'two'] });
    expect(data.map(({ embedding }) => [...embedding])).toEqual([[0.25, -0.5, 1], [0.25, -0.5, 1]]);
    expect(usage.prompt_tokens).toBe(7);
    expect((await openai.embeddings.create({ model: 'search', input: 'one', encoding_format: 'float' })).data[0]?.embedding).toEqual([0.25, -0.5, 1]);
  });

  test('the account shows the measured tokens at the input price and nothing for output', async () => {
    const answer = await ask({ model: 'vectors', input: [[1, 2, 3], [4, 5]], dimensions: 3 });
    expect(await gateway.ledger(answer.headers.get('x-request-id') ?? '')).toMatchObject({
      dialect: 'openai-embeddings', servedModel: 'vectors', tokens: { input: 7, output: 0 }, usage: 'measured', finish: { unified: 'stop' }, status: 200, decision: { inputs: { inputTokens: 5 } },
    });
  });

  test('tokens per minute count the input alone', async () => {
    const { key } = await gateway.addKey({ tpm: 10 });
    expect((await ask({ model: 'vectors', input: [1, 2, 3] }, key)).headers.get('x-ratelimit-remaining-tokens')).toBe('7');
  });

  test.each(['auto', 'smart'])('%s is refused: vectors of two models do not compare', async (model) => {
    const before = upstream.received.length;
    const answer = await ask({ model, input: 'x' });
    expect([answer.status, answer.json]).toMatchObject([400, { error: { code: 'invalid_request', param: 'model' } }]);
    expect(upstream.received.length).toBe(before);
  });

  test('a model that makes no embeddings is a 400, and one that makes nothing else answers no chat', async () => {
    for (const model of ['claude', 'cheap']) expect((await ask({ model, input: 'x' })).json).toMatchObject({ error: { code: 'invalid_request', message: expect.stringContaining('dialect') } });
    const chat = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: { model: 'vectors', messages: [{ role: 'user', content: 'x' }] } });
    expect(chat.status).toBe(400);
  });

  test.each([
    [{ model: 'vectors' }, 'input'], [{ model: 'vectors', input: '' }, 'input'], [{ model: 'vectors', input: [] }, 'input'], [{ model: 'vectors', input: ['a', 1] }, 'input[1]'],
    [{ model: 'vectors', input: [1, 'a'] }, 'input'], [{ model: 'vectors', input: [[]] }, 'input[0]'], [{ model: 'vectors', input: [[1, -1]] }, 'input[0]'], [{ model: 'vectors', input: ['a', ''] }, 'input[1]'],
    [{ model: 'vectors', input: Array.from({ length: 2049 }, () => 'a') }, 'input'], [{ model: 'vectors', input: 'a', encoding_format: 'hex' }, 'encoding_format'],
    [{ model: 'vectors', input: 'a', dimensions: 0 }, 'dimensions'], [{ input: 'a' }, 'model'],
  ])('%# a malformed body is a 400 that names the member', async (body, param) => {
    const answer = await ask(body);
    expect([answer.status, answer.json['error']]).toMatchObject([400, { code: 'invalid_request', param }]);
  });

  test('an upstream that answers something else is a 502 and a settled account', async () => {
    upstream.script((_received, response) => { json(response, 200, { hello: 'world' }); });
    const answer = await ask({ model: 'vectors', input: 'x' });
    upstream.script(embed);
    expect([answer.status, answer.json]).toMatchObject([502, { error: { code: 'upstream_invalid_response' } }]);
    expect((await gateway.ledger(answer.headers.get('x-request-id') ?? '')).errorCode).toBe('upstream_invalid_response');
  });
});
