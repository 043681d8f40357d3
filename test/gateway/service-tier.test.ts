import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { LedgerEntry } from '../../functions/contract/ledger.ts';
import { call, chat, messages } from '../support/call.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { chatAnswer, chatEvents, json, messageAnswer, sse, scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';

let gateway: TestGateway;
let upstream: ScriptedUpstream;
const PRICE = { input: 1, output: 10 };
/** 100,000 input and 10,000 output tokens at the plain price. */
const PLAIN_MICROS = 200_000;
const FAST = { 'anthropic-beta': 'fast-mode-2026-02-01', 'anthropic-version': '2023-06-01' };

beforeAll(async () => {
  upstream = await scriptedUpstream();
  gateway = await testGateway({ breakers: 'always-closed' });
  await gateway.addModel({ id: 'tiered', provider: 'openai', baseUrl: upstream.baseUrl, price: { ...PRICE, tiers: { priority: 2, flex: 0.5 } }, facts: { maxOutput: 16_000 } });
  await gateway.addModel({ id: 'plain', provider: 'openai', baseUrl: upstream.baseUrl, price: PRICE, facts: { maxOutput: 16_000 } });
  await gateway.addModel({ id: 'fast', provider: 'anthropic', baseUrl: upstream.baseUrl, price: { ...PRICE, tiers: { fast: 6 } }, facts: { maxOutput: 16_000 } });
  await gateway.addModel({ id: 'unhurried', provider: 'anthropic', baseUrl: upstream.baseUrl, price: PRICE, facts: { maxOutput: 16_000 } });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

/** Upstreams that serve at `tier`, whatever was asked; undefined = they do not say. */
function serving(tier: string | undefined): void {
  upstream.script((received, response) => {
    const usage = { prompt_tokens: 100_000, completion_tokens: 10_000, total_tokens: 110_000 };
    if (received.path.includes('/messages')) {
      const speed = tier === 'fast' ? { speed: 'fast', service_tier: 'standard' } : { speed: 'standard', service_tier: tier };
      return json(response, 200, { ...(messageAnswer('x') as object), usage: { input_tokens: 100_000, output_tokens: 10_000, ...speed } });
    }
    if (received.path.includes('/responses')) {
      return json(response, 200, {
        id: 'resp_1', object: 'response', status: 'completed', model: 'up-model', service_tier: tier, usage: { input_tokens: 100_000, output_tokens: 10_000, total_tokens: 110_000 },
        output: [{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: 'x', annotations: [] }] }],
      });
    }
    if (received.body['stream'] !== true) return json(response, 200, { ...(chatAnswer('x') as object), service_tier: tier, usage });
    const last = `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', service_tier: tier, choices: [], usage })}\n\n`;
    return sse(response, [...chatEvents(['x'], { usage: false }).slice(0, -1), last, 'data: [DONE]\n\n']);
  });
}

interface Outcome { readonly entry: LedgerEntry; readonly sent: Record<string, unknown>; readonly lost: string | null }
async function asked(path: string, body: object, key = gateway.key): Promise<Outcome> {
  const answer = await call(gateway.origin, path, { key, body, headers: path.endsWith('messages') ? FAST : {} });
  expect(answer.status).toBe(200);
  return { entry: await gateway.ledger(answer.headers.get('x-request-id') ?? ''), sent: upstream.received.at(-1)?.body ?? {}, lost: answer.headers.get('x-bsg-translation') };
}
const ask = (model: string, extra: object, key?: string): Promise<Outcome> => asked('/v1/chat/completions', chat(model, extra), key);

describe('an answer is booked at the price of the tariff it was served at', () => {
  test.each([
    ['priority', 'priority', 2], ['flex', 'flex', 0.5], ['priority', 'default', 1], ['default', 'priority', 2], ['priority', undefined, 2], [undefined, undefined, 1],
  ])('asked for %s, served at %s', async (wish, served, times) => {
    serving(served);
    for (const stream of [false, true]) {
      const { entry, sent, lost } = await ask('tiered', { stream, ...(wish && { service_tier: wish }) });
      expect([entry.costMicros, entry.usage, sent['service_tier'], lost]).toEqual([PLAIN_MICROS * times, 'measured', wish, null]);
    }
  });
  test('in the Responses API', async () => {
    serving('priority');
    const { entry } = await asked('/v1/responses', { model: 'tiered', input: 'Hello!', service_tier: 'priority' });
    expect([entry.costMicros, entry.usage]).toEqual([PLAIN_MICROS * 2, 'measured']);
  });
  test.each([['fast', 6], ['standard', 1]])('in the messages API, speed %s', async (served, times) => {
    serving(served);
    const { entry, sent } = await asked('/v1/messages', messages('fast', { speed: 'fast' }));
    expect([entry.costMicros, entry.usage, sent['speed']]).toEqual([PLAIN_MICROS * times, 'measured', 'fast']);
  });
});

describe('a tariff that the model has no price for', () => {
  test.each([['warn', 5], ['block', null]] as const)('passes for a key whose budget does not refuse (%s, %s), and its account is a guess', async (budgetAction, dailyUsd) => {
    serving('priority');
    const { key } = await gateway.addKey({ rpm: null, tpm: null, dailyUsd, budgetAction });
    const { entry, sent, lost } = await ask('plain', { service_tier: 'priority' }, key);
    expect([entry.costMicros, entry.usage, sent['service_tier'], lost]).toEqual([PLAIN_MICROS, 'estimated', 'priority', null]);
  });

  test('is not asked for where a budget would have to hold it, and that is said', async () => {
    const { key } = await gateway.addKey({ rpm: null, tpm: null, dailyUsd: 5 });
    serving('default');
    const first = await ask('plain', { service_tier: 'priority' }, key);
    expect([first.sent['service_tier'], first.lost, first.entry.usage]).toEqual(['auto', 'dropped=service_tier', 'measured']);
    const second = await asked('/v1/messages', messages('unhurried', { speed: 'fast' }), key);
    expect([second.sent['speed'], second.lost]).toEqual(['standard', 'dropped=speed']);
  });

  test('is refused to a strict key with a budget', async () => {
    const { key } = await gateway.addKey({ rpm: null, tpm: null, dailyUsd: 5, strict: true });
    const answer = await call(gateway.origin, '/v1/chat/completions', { key, body: chat('plain', { service_tier: 'priority' }) });
    expect([answer.status, (answer.json['error'] as { code?: string }).code]).toEqual([400, 'unsupported_parameter']);
  });
});

test.each([['priority', 429], ['flex', 200], ['default', 200]])('a budget holds the dearest that the request may be served at (%s: %s)', async (tier, status) => {
  serving('default');
  const { key } = await gateway.addKey({ rpm: null, tpm: null, dailyUsd: 0.15 });
  // 10,000 tokens of output: $0.10, or $0.20 at twice the price; strict keys are not given less instead.
  const answer = await call(gateway.origin, '/v1/chat/completions', { key, body: chat('tiered', { max_tokens: 10_000, service_tier: tier }), headers: { 'x-bsg-strict': 'true' } });
  expect(answer.status).toBe(status);
});
