import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Decision } from '../../functions/contract/index.ts';
import { getModel, putModel } from '../../functions/adapters/store/models.ts';
import { call, type Answer } from '../support/call.ts';
import { countingStore } from '../support/accounts.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { json, scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';

type Fields = Record<string, unknown>;
type Message = Fields & { role: string };
const TOOLS = [{ type: 'function', function: { name: 'run', parameters: { type: 'object', properties: {} } } }];
const CALL = { id: 'call_1', type: 'function', function: { name: 'run', arguments: '{}' } };
const HARD = 'Architect a scalable payment system with trade-offs for consistency and latency';

let gateway: TestGateway;
let upstream: ScriptedUpstream;
let counted: ReturnType<typeof countingStore>;
/** What the upstream answers: a call of the tool or a text, and how many tokens the prompt had. */
let next = { calls: false, promptTokens: 100 };
let failing: string | undefined;
const script = (received: { body: Fields }, response: Parameters<typeof json>[0]): void => {
  if (received.body['model'] === failing) return json(response, 500, { error: { message: 'no' } });
  json(response, 200, {
    id: 'c', object: 'chat.completion', created: 1, model: 'up', choices: [{ index: 0, finish_reason: next.calls ? 'tool_calls' : 'stop', message: { role: 'assistant', content: next.calls ? null : 'done', ...(next.calls && { tool_calls: [CALL] }) } }],
    usage: { prompt_tokens: next.promptTokens, completion_tokens: 20, total_tokens: next.promptTokens + 20 },
  });
};
beforeAll(async () => {
  upstream = await scriptedUpstream(script);
});
beforeEach(async () => {
  gateway = await testGateway({ store: (inner) => (counted = countingStore(inner)) });
  const facts = { contextWindow: 400_000, tools: true };
  for (const [id, usd] of [['cheap', 1], ['mid', 2], ['strong', 3]] as const) await gateway.addModel({ id, baseUrl: upstream.baseUrl, upstreamModel: id, facts, price: { input: usd, cacheRead: usd / 10, output: usd * 4 } });
  await gateway.route({ auto: { strategy: 'static', tiers: { simple: ['cheap'], moderate: ['mid'], complex: ['strong', 'mid'] } } });
  next = { calls: false, promptTokens: 100 };
  failing = undefined;
});
afterEach(() => gateway.close());
afterAll(() => upstream.close());

const ask = (messages: Message[], extra: Fields = {}, headers: Record<string, string> = {}): Promise<Answer> =>
  call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: { model: 'auto', messages, ...extra }, headers });
const user = (content: string): Message => ({ role: 'user', content });
const TOOL_TURN: Message[] = [{ role: 'assistant', content: null, tool_calls: [CALL] }, { role: 'tool', tool_call_id: 'call_1', content: 'ok' }];
const chosen = (answer: Answer): string[] => [answer.headers.get('x-bsg-model') ?? '', answer.headers.get('x-bsg-reason') ?? ''];
const decisionOf = async (answer: Answer): Promise<Decision> => {
  const { decision } = await gateway.ledger(answer.headers.get('x-request-id') ?? '');
  if (decision === null) throw new Error('no decision');
  return decision;
};

describe('inside a tool loop', () => {
  test('the model that made the call gets its result, whatever it would have been given', async () => {
    next.calls = true;
    const first = await ask([user(HARD)], { tools: TOOLS });
    expect(chosen(first)).toEqual(['strong', 'tier']);
    await decisionOf(first);
    // By its text alone this would be the agent floor's: the loop is told by the session, which the caller names.
    const loop = [user(HARD), ...TOOL_TURN];
    const second = await ask(loop, { tools: TOOLS });
    expect(chosen(second)).toEqual(['strong', 'tool_loop']);
    expect(await decisionOf(second)).toMatchObject({ session: { pinned: true }, inputs: { session: { model: 'strong', requests: 1, contextTokens: 120, inLoop: true } } });
    await gateway.route({ auto: { strategy: 'static', tiers: { simple: ['cheap'], moderate: ['cheap'], complex: ['cheap'] } } });
    expect(chosen(await ask(loop, { tools: TOOLS }))).toEqual(['strong', 'tool_loop']);
  });

  test('a session that the caller names is one, however its turns begin', async () => {
    const headers = { 'x-session-id': 'job-7' };
    next.calls = true;
    const first = await ask([user(HARD)], { tools: TOOLS }, headers);
    await decisionOf(first);
    expect(chosen(await ask([user('go on'), ...TOOL_TURN], { tools: TOOLS }, headers))).toEqual(['strong', 'tool_loop']);
    expect(chosen(await ask([user('go on'), ...TOOL_TURN], { tools: TOOLS }))).toEqual(['mid', 'agent_floor']);
  });

  test('a model that is gone is replaced, and the record says so', async () => {
    next.calls = true;
    await decisionOf(await ask([user(HARD)], { tools: TOOLS }));
    const { store, caches } = gateway.edition;
    const strong = await getModel(store, 'default', 'strong');
    if (strong === undefined) throw new Error('no model');
    await putModel(store, { ...strong, enabled: false }, strong.version);
    caches.invalidate();
    const answer = await ask([user(HARD), ...TOOL_TURN], { tools: TOOLS });
    expect(chosen(answer)).toEqual(['mid', 'pinned_unavailable']);
    expect(await decisionOf(answer)).toMatchObject({ session: { pinned: false }, candidates: [{ model: 'strong', excluded: 'disabled' }, { model: 'mid', excluded: null }] });
  });

  test('one that fails in the loop falls back, and the loop goes on with who served', async () => {
    next.calls = true;
    await decisionOf(await ask([user('Implement quicksort in Python and explain step by step how it works')], { tools: TOOLS }));
    failing = 'mid';
    const start = user('Implement quicksort in Python and explain step by step how it works');
    const second = await ask([start, ...TOOL_TURN], { tools: TOOLS });
    expect([second.status, second.json['model'], second.headers.get('x-bsg-attempts')]).toEqual([200, 'strong', '2']);
    await decisionOf(second);
    failing = undefined;
    expect(chosen(await ask([start, ...TOOL_TURN, ...TOOL_TURN.map((turn) => ({ ...turn }))], { tools: TOOLS }))).toEqual(['strong', 'tool_loop']);
  });
});

describe('at a user turn', () => {
  const talk = (turns: number): Message[] => [user(HARD), ...Array.from({ length: turns }, () => [{ role: 'assistant', content: 'done' }, user('thanks!')]).flat()];

  test('a long context is not given up for one easy turn', async () => {
    next.promptTokens = 60_000;
    const long = user(`${HARD} ${'with every detail '.repeat(12_000)}`);
    await decisionOf(await ask([long], {}, { 'x-session-id': 'a' }));
    const second = await ask([long, { role: 'assistant', content: 'done' }, user('thanks!')], {}, { 'x-session-id': 'a' });
    expect(chosen(second)).toEqual(['strong', 'session_cache']);
    expect((await decisionOf(second)).tier).toBe('simple');
  });

  test('a short one is: there is hardly a cache to lose', async () => {
    await decisionOf(await ask([user(HARD)], {}, { 'x-session-id': 'b' }));
    expect(chosen(await ask(talk(1), {}, { 'x-session-id': 'b' }))).toEqual(['cheap', 'tier']);
  });

  test('a stronger model is taken as soon as it is needed', async () => {
    await decisionOf(await ask([user('Hello!')], {}, { 'x-session-id': 'c' }));
    expect(chosen(await ask([user('Hello!'), { role: 'assistant', content: 'Hi' }, user(HARD)], {}, { 'x-session-id': 'c' }))).toEqual(['strong', 'tier']);
  });
});

describe('what sessions cost', () => {
  const turn = async (...args: Parameters<typeof ask>): Promise<{ reads: number; writes: number }> => {
    await new Promise((resolve) => { setTimeout(resolve, 30); });
    counted.writes.length = 0;
    counted.reads = 0;
    const answer = await ask(...args);
    await decisionOf(answer).catch(() => undefined);
    const { reads } = counted;
    await new Promise((resolve) => { setTimeout(resolve, 30); });
    return { reads, writes: counted.writes.length };
  };

  test('a request that stands alone: no read, three writes; one of a session: one read, four writes', async () => {
    await ask([user('Hello!')]);
    await ask([user('Hello!')], {}, { 'x-session-id': 's' });
    const alone = await turn([user('What is the capital of France?')]);
    const within = await turn([user('Hello!'), { role: 'assistant', content: 'Hi' }, user('And of Italy?')], {}, { 'x-session-id': 's' });
    const named = await turn([user('Hello!'), { role: 'assistant', content: 'Hi' }, user('x')], { model: 'cheap' }, { 'x-session-id': 's' });
    // The test itself reads the ledger until the entry is there: only differences tell.
    expect([alone.writes, within.writes, named.writes]).toEqual([3, 4, 3]);
    expect(within.reads - alone.reads).toBe(1);
    expect(named.reads - alone.reads).toBe(0);
  });
});
