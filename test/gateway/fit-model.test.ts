import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ProviderKind } from '../../functions/contract/index.ts';
import { call } from '../support/call.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { json, scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';

let gateway: TestGateway;
let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await scriptedUpstream(({ path }, response) => json(response, 200, path.endsWith('/messages')
    ? { id: 'm', type: 'message', role: 'assistant', model: 'up', content: [{ type: 'text', text: 'hi' }], stop_reason: 'end_turn', usage: { input_tokens: 1, output_tokens: 1 } }
    : path.endsWith('/responses') ? { id: 'r', object: 'response', status: 'completed', model: 'up', output: [], usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 } }
      : { id: 'c', object: 'chat.completion', created: 1, model: 'up', choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }));
  gateway = await testGateway({ breakers: 'always-closed' });
  const add = (id: string, provider: ProviderKind, upstreamModel: string): Promise<void> => gateway.addModel({ id, provider, upstreamModel, baseUrl: upstream.baseUrl });
  await add('reasoner', 'openai', 'gpt-5');
  await add('plain', 'openai', 'gpt-4o');
  await add('opus', 'anthropic', 'claude-opus-5-5');
  await add('sonnet', 'anthropic', 'claude-sonnet-4-5');
  await gateway.route({ aliases: ['reasoner', 'plain', 'opus', 'sonnet'].map((id) => ({ name: `my-${id}`, target: `model:${id}` })), auto: { strategy: 'static', tiers: { simple: ['reasoner'], moderate: [], complex: [] }, agentFloor: null } });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});
async function sent(path: string, body: object): Promise<{ body: Record<string, unknown>; lost: string | null; status: number; bytes: string }> {
  const answer = await call(gateway.origin, path, { key: gateway.key, body });
  const last = upstream.received.at(-1);
  return { body: last?.body ?? {}, lost: answer.headers.get('x-bsg-translation'), status: answer.status, bytes: last?.bytes.toString() ?? '' };
}
const chat = (model: string, more: object) => sent('/v1/chat/completions', { model, messages: [{ role: 'user', content: 'hello' }], ...more });
const messages = (model: string, more: object) => sent('/v1/messages', { model, max_tokens: 4_000, messages: [{ role: 'user', content: 'hello' }], ...more });

describe('a model that the caller did not name', () => {
  test.each(['auto', 'my-reasoner'])('%s: a reasoning model gets no sampling, and the caller is told', async (model) => {
    const { body, lost } = await chat(model, { temperature: 0.2, top_p: 0.9, stop: ['x'], frequency_penalty: 0.5 });
    expect([Object.keys(body).toSorted(), lost]).toEqual([['messages', 'model'], 'dropped=temperature,top_p,stop,frequency_penalty']);
  });
  test('values that it has anyway are left out without a word', async () => { expect(await chat('auto', { temperature: 1, top_p: 1, frequency_penalty: 0 })).toMatchObject({ lost: null, status: 200 }); });
  test('its output limit goes under the name that it knows', async () => {
    const { body, lost } = await chat('auto', { max_tokens: 50 });
    expect([body['max_completion_tokens'], 'max_tokens' in body, lost]).toEqual([50, false, null]);
  });
  test('a model that does not reason gets no effort', async () => { expect(await chat('my-plain', { reasoning_effort: 'high', temperature: 0.2 })).toMatchObject({ body: { temperature: 0.2 }, lost: 'dropped=reasoning_effort' }); });
  test('the same in the Responses dialect', async () => {
    expect(await sent('/v1/responses', { model: 'auto', input: 'hello', temperature: 0.2 })).toMatchObject({ lost: 'dropped=temperature' });
    expect('temperature' in (await sent('/v1/responses', { model: 'auto', input: 'hello', temperature: 0.2 })).body).toBe(false);
    expect(await sent('/v1/responses', { model: 'my-plain', input: 'hello', reasoning: { effort: 'high' } })).toMatchObject({ lost: 'dropped=reasoning' });
  });
  test('a newer Anthropic model gets no sampling', async () => { expect(await messages('my-opus', { temperature: 0.2, top_k: 5 })).toMatchObject({ lost: 'dropped=temperature,top_k' }); });
  test('a thinking budget becomes an effort, and an effort a budget', async () => {
    expect((await messages('my-opus', { thinking: { type: 'enabled', budget_tokens: 2_000 } })).body).toMatchObject({ thinking: { type: 'adaptive' }, output_config: { effort: 'low' }, max_tokens: 4_000 });
    const { body } = await messages('my-sonnet', { thinking: { type: 'adaptive' } });
    expect(body['thinking']).toMatchObject({ type: 'enabled', budget_tokens: expect.any(Number) });
    expect(Number((body['thinking'] as Record<string, unknown>)['budget_tokens'])).toBeLessThan(Number(body['max_tokens']));
  });
  test('a body that fits stays as it came, byte for byte', async () => {
    const raw = { model: 'my-plain', temperature: 0.2, messages: [{ role: 'user', content: 'hello' }] };
    expect((await sent('/v1/chat/completions', raw)).bytes).toBe(JSON.stringify(raw).replace('my-plain', 'gpt-4o'));
  });
  test('strict callers get 400 rather than a loss', async () => {
    const answer = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: { model: 'auto', temperature: 0.2, messages: [{ role: 'user', content: 'hello' }] }, headers: { 'x-bsg-strict': 'true' } });
    expect(answer.status).toBe(400);
  });
});

test('whoever names the model gets its own opinion', async () => {
  expect(await chat('reasoner', { temperature: 0.2, max_tokens: 5 })).toMatchObject({ body: { temperature: 0.2, max_tokens: 5 }, lost: null });
  expect(await messages('opus', { temperature: 0.2 })).toMatchObject({ body: { temperature: 0.2 }, lost: null });
});
