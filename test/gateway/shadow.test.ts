import { deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readCells } from '../../functions/adapters/store/evidence.ts';
import { overheadOfDay, readOverhead, type OverheadRow } from '../../functions/adapters/store/overhead.ts';
import { readUsage } from '../../functions/admin/usage/read-usage.ts';
import type { Cell } from '../../functions/core/routing/evidence/cell.ts';
import { call, chat, messages, type Answer } from '../support/call.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { usageOf } from '../support/roll-up.ts';
import { scriptedJudge, type Asked } from '../support/scripted-judge.ts';
import { chatAnswer, chatEvents, json, messageAnswer, messageEvents, scriptedUpstream, sse, type Received, type ScriptedUpstream } from '../support/scripted-upstream.ts';

const PRICES = { cheap: { input: 10, output: 20 }, mid: { input: 100, output: 200 }, strong: { input: 1_000, output: 2_000 }, judge: { input: 100, output: 200 } };
/** What one scripted answer costs: 10 tokens in, 5 out. */
const COST = { cheap: 200, mid: 2_000, strong: 20_000, judge: 2_000 } as const;
const COMPLEX = 'Architect a scalable payment system with trade-offs for consistency and latency';

let gateway: TestGateway;
let upstream: ScriptedUpstream;
let judge: Awaited<ReturnType<typeof scriptedJudge>>;
let verdict: (asked: Asked) => number | string;
/** What chance says next: whether to compare (below 0.05), check or pair (from 0.1), whom, which order (below 0.5 = swapped). */
let chance: number[];
const DRAWN = [0, 0.5, 0];
const FIRST = 0.9;
const SWAPPED = 0.1;

const auto = (more: object = {}): object => ({
  auto: { strategy: 'static', judgeModel: 'judge', tiers: { simple: ['cheap'], moderate: ['mid'], complex: ['strong'] }, agentFloor: null, shadow: { enabled: true, dailyUsd: 100 }, ...more },
});
const textOf = (model: unknown): string => `answer-of-${String(model)}`;

/** Every model says its name, in whatever dialect it is asked. */
const sayName = (received: Received, response: Parameters<typeof json>[0]): void | Promise<void> => {
  const text = textOf(received.body['model']);
  const model = String(received.body['model']);
  if (received.path.includes('/messages')) return received.body['stream'] === true ? sse(response, messageEvents([text], { model })) : json(response, 200, messageAnswer(text, model));
  return received.body['stream'] === true ? sse(response, chatEvents([text, '', '', '', ''], { model })) : json(response, 200, chatAnswer(text, model));
};

beforeEach(async () => {
  verdict = () => 1;
  chance = [];
  upstream = await scriptedUpstream(sayName);
  judge = await scriptedJudge((asked) => verdict(asked));
  gateway = await testGateway({ breakers: 'always-closed', random: () => chance.shift() ?? 0.999 });
  for (const [id, price] of Object.entries(PRICES)) await gateway.addModel({ id, upstreamModel: id, baseUrl: id === 'judge' ? judge.baseUrl : upstream.baseUrl, price, maxOutputTokens: 1_000 });
  await gateway.route(auto());
});
afterEach(async () => {
  await gateway.close();
  await Promise.all([upstream.close(), judge.close()]);
});

const ask = (text = 'Hello!', { path = '/v1/chat/completions', stream = false, key = gateway.key, model = 'auto' } = {}): Promise<Answer> =>
  call(gateway.origin, path, { key, body: path === '/v1/responses' ? { model, input: text, stream } : (path === '/v1/messages' ? messages : chat)(model, { messages: [{ role: 'user', content: text }], stream }) });
const idOf = (answer: Answer): string => answer.headers.get('x-request-id') ?? '';
/** Waits for the settlement and for all that is learned afterwards. */
async function learned(answer: Answer): Promise<void> {
  await gateway.ledger(idOf(answer));
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
  await gateway.edition.ports.learning.settled();
}
const cells = (): Promise<Cell[]> => readCells(gateway.edition.store, 'default', Date.now());
async function overhead(): Promise<OverheadRow[]> {
  const rows: OverheadRow[] = [];
  for await (const row of readOverhead(gateway.edition.store, 'default', Date.now() - 86_400_000, Date.now() + 60_000)) rows.push(row);
  return rows;
}
const sent = (): string[] => upstream.received.map(({ body }) => String(body['model']));
const weightOf = ({ a, b }: Cell): number => a.sumW + b.sumW;
const meanOf = ({ a, b }: Cell): number => (a.sumWd + b.sumWd) / (a.sumW + b.sumW);

describe('a compared answer', () => {
  test.each([
    ['/v1/chat/completions', false], ['/v1/chat/completions', true], ['/v1/messages', false], ['/v1/messages', true], ['/v1/responses', false], ['/v1/responses', true],
  ])('%s (stream: %s): the baseline answers too, the judge sees both, and one label, one cost and no word is kept', async (path, stream) => {
    chance = [...DRAWN, FIRST];
    const answer = await ask('PROMPT-CANARY', { path, stream });
    expect(answer.headers.get('x-bsg-model')).toBe('cheap');
    await learned(answer);
    expect(sent()).toEqual(['cheap', 'strong']);
    const [, other] = upstream.received;
    expect(other?.body['stream'] ?? false).toBe(false);
    expect(JSON.stringify(other?.body)).toContain('PROMPT-CANARY');
    expect(judge.asked).toHaveLength(1);
    expect([...(judge.asked[0]?.fenced ?? [])]).toEqual([['request', expect.stringContaining('PROMPT-CANARY')], ['answer 1', textOf('cheap')], ['answer 2', textOf('strong')]]);
    const [cell, ...more] = await cells();
    expect(more).toEqual([]);
    expect(cell).toMatchObject({ model: 'cheap', baseline: 'strong', labels: 1 });
    if (cell === undefined) return;
    expect(meanOf(cell)).toBeCloseTo(0.5);
    // Sampled at 5 %, the model that served has half of the pairs, and 1 in 10 of the sample judges the judge.
    expect(weightOf(cell)).toBeCloseTo(1 / (0.05 * 0.5 * 0.9), 2);
    expect(await overhead()).toMatchObject([{ requestId: idOf(answer), micros: COST.strong + COST.judge, state: 'spent', dims: ['cheap', expect.any(String), 'none', 'simple', 'auto', '200'] }]);
    expect(gateway.logs.join('')).not.toContain('CANARY');
    const stored = await gateway.edition.store.query({ table: 'usage', pk: 'T#default#EVIDENCE', limit: 100 });
    expect(JSON.stringify([stored, await overhead(), await gateway.ledgerAll()])).not.toMatch(/CANARY|answer-of/);
  });

  test('the order is drawn, and the verdict is on the model either way', async () => {
    verdict = ({ fenced }) => (fenced.get('answer 1') === textOf('strong') ? 2 : -2);
    for (const order of [SWAPPED, FIRST]) {
      chance = [...DRAWN, order];
      await learned(await ask());
    }
    expect(judge.asked.map(({ fenced }) => fenced.get('answer 1'))).toEqual([textOf('strong'), textOf('cheap')]);
    const [cell] = await cells();
    expect(cell?.labels).toBe(2);
    expect(cell && meanOf(cell)).toBeCloseTo(-1);
  });

  test('where the baseline served, a cheaper model answers; where neither did, both do', async () => {
    chance = [...DRAWN, FIRST];
    const served = await ask(COMPLEX);
    expect(served.headers.get('x-bsg-model')).toBe('strong');
    await learned(served);
    expect(sent()).toEqual(['strong', 'cheap']);
    expect(await overhead()).toMatchObject([{ micros: COST.cheap + COST.judge }]);
    upstream.received.length = 0;
    // The model that serves has half of the shares, and stands behind `cheap`.
    chance = [...DRAWN, FIRST];
    const between = await ask('Implement quicksort in Python and explain step by step how it works');
    expect(between.headers.get('x-bsg-model')).toBe('mid');
    await learned(between);
    expect(sent().toSorted()).toEqual(['cheap', 'mid', 'strong']);
    expect((await overhead()).map(({ micros }) => micros)).toEqual([COST.cheap + COST.judge, COST.cheap + COST.strong + COST.judge]);
    expect((await cells()).map(({ model, baseline, labels }) => [model, baseline, labels])).toEqual([['cheap', 'strong', 2]]);
  });

  test('tool calls are compared by what they call, and a thinking model keeps its own limit', async () => {
    const toolAnswer = (city: string): unknown => ({ ...(chatAnswer('') as object), choices: [{ index: 0, message: { role: 'assistant', content: null, tool_calls: [{ id: 't', type: 'function', function: { name: 'weather', arguments: `{"city":"${city}"}` } }] }, finish_reason: 'tool_calls' }] });
    upstream.script((received, response) => json(response, 200, toolAnswer(String(received.body['model']))));
    await gateway.addModel({ id: 'thinker', upstreamModel: 'thinker', baseUrl: upstream.baseUrl, price: PRICES.strong, maxOutputTokens: 9_000, facts: { reasoning: true } });
    await gateway.route(auto({ tiers: { simple: ['cheap'], moderate: [], complex: ['thinker'] } }));
    chance = [...DRAWN, FIRST];
    await learned(await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('auto', { tools: [{ type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } } }], temperature: 0.5 }) }));
    expect(sent()).toEqual(['cheap', 'thinker']);
    expect(upstream.received[1]?.body).toMatchObject({ max_completion_tokens: 9_000, tools: [{ type: 'function' }] });
    expect(upstream.received[1]?.body['temperature']).toBeUndefined();
    expect([judge.asked[0]?.fenced.get('answer 1'), judge.asked[0]?.fenced.get('answer 2')]).toEqual(['[calls weather with {"city":"cheap"}]', '[calls weather with {"city":"thinker"}]']);
    expect((await cells())[0]).toMatchObject({ model: 'cheap', baseline: 'thinker', labels: 1 });
  });

  test('another answer that only our own bound cut is not held against it, one that its own limit cut is', async () => {
    const long = (finish: string): unknown => ({ ...(chatAnswer('half') as object), choices: [{ index: 0, message: { role: 'assistant', content: 'half' }, finish_reason: finish }] });
    upstream.script((received, response) => json(response, 200, received.body['model'] === 'strong' ? long('length') : chatAnswer('whole')));
    chance = [...DRAWN, FIRST];
    await learned(await ask());
    expect((await cells())[0]).toMatchObject({ labels: 1 });
    await gateway.addModel({ id: 'wide', upstreamModel: 'strong', baseUrl: upstream.baseUrl, price: PRICES.strong, maxOutputTokens: 50_000 });
    await gateway.route(auto({ tiers: { simple: ['cheap'], moderate: ['mid'], complex: ['wide'] } }));
    chance = [...DRAWN, FIRST];
    await learned(await ask('Hello again!'));
    expect(upstream.received.at(-1)?.body).toMatchObject({ model: 'strong', max_tokens: 2_048 });
    expect((await cells()).map(({ baseline }) => baseline)).toEqual(['strong']);
    expect(await overhead()).toMatchObject([{ micros: COST.strong + COST.judge }, { micros: COST.strong }]);
  });

  test('the caller has its answer before anybody else is asked', async () => {
    const gate = Promise.withResolvers<void>();
    upstream.script(async (received, response) => {
      if (received.body['model'] === 'strong') await gate.promise;
      await sayName(received, response);
    });
    for (const stream of [false, true]) {
      chance = [...DRAWN, FIRST];
      const answer = await ask('Hello!', { stream });
      expect(answer.text).toContain(textOf('cheap'));
      expect((await gateway.ledger(idOf(answer))).overheadMicros).toBe(0);
      expect(judge.asked).toHaveLength(0);
    }
    gate.resolve();
    await gateway.edition.ports.learning.settled();
    expect(judge.asked).toHaveLength(2);
  });

  test('what it cost is taken off the savings of usage reports, where the request is counted, and not off the key\'s budget', async () => {
    chance = [...DRAWN, FIRST];
    const { key, record } = await gateway.addKey({ dailyUsd: 100 });
    const answer = await ask('Hello!', { key });
    await learned(answer);
    const entry = await gateway.ledger(idOf(answer));
    const spent = COST.strong + COST.judge;
    const report = await readUsage(gateway.edition.store, 'default', usageOf(Date.now() - 3_600_000, Date.now() + 60_000, Date.now()));
    expect(report.totals).toMatchObject({ requests: 1, costMicros: COST.cheap, baselineMicros: COST.strong, overheadMicros: spent, savedMicros: (entry.savedMicros ?? 0) - spent });
    expect(report.breakdown).toMatchObject([{ id: 'cheap', requests: 1, overheadMicros: spent }]);
    expect(report.series.reduce((sum, point) => sum + point.overheadMicros, 0)).toBe(spent);
    expect(gateway.edition.ports.accounts.peek(record)?.spendTodayMicros).toBe(COST.cheap);
  });
});

describe('nothing is compared', () => {
  const none = async (answer: Answer): Promise<void> => {
    await learned(answer);
    expect(judge.received).toHaveLength(0);
    expect(await overhead()).toEqual([]);
    expect(await cells()).toEqual([]);
  };
  const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } };

  test('where it is switched off, has no money or no judge: not one call more', async () => {
    for (const more of [{ shadow: { enabled: false, dailyUsd: 100 } }, { shadow: { enabled: true, dailyUsd: 0 } }, { judgeModel: null }]) {
      await gateway.route(auto(more));
      chance = [0, 0.5, 0, 0.9];
      upstream.received.length = 0;
      await none(await ask());
      expect(sent()).toEqual(['cheap']);
      expect(chance).toHaveLength(4);
    }
  });

  test('where the key forbids it', async () => {
    const { key } = await gateway.addKey({ shadow: false });
    chance = [...DRAWN];
    await none(await ask('Hello!', { key }));
    expect(sent()).toEqual(['cheap']);
    expect(chance).toHaveLength(3);
  });

  test('for a named model, an image, several choices, a sample that was not drawn, or a single priced model', async () => {
    chance = [...DRAWN];
    await none(await ask('Hello!', { model: 'cheap' }));
    await none(await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('auto', { messages: [{ role: 'user', content: [image] }] }) }));
    await none(await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat('auto', { n: 2 }) }));
    expect(chance).toEqual(DRAWN);
    chance = [0.06];
    await none(await ask());
    await gateway.addModel({ id: 'unpriced', baseUrl: upstream.baseUrl });
    await gateway.route(auto({ tiers: { simple: ['unpriced'], moderate: [], complex: ['strong'] } }));
    chance = [...DRAWN];
    await none(await ask());
    expect(chance).toEqual(DRAWN);
  });

  test('for an answer that failed or that its client did not wait for', async () => {
    chance = [...DRAWN];
    upstream.script((_received, response) => json(response, 400, { error: { message: 'no' } }));
    await none(await ask());
    chance = [...DRAWN];
    upstream.script((_received, response) => void sse(response, chatEvents(['a', 'b', 'c', 'd']), { gapMs: 200 }));
    const controller = new AbortController();
    const response = await fetch(`${gateway.origin}/v1/chat/completions`, { method: 'POST', signal: controller.signal, headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' }, body: JSON.stringify(chat('auto', { stream: true })) });
    controller.abort();
    const entry = await gateway.ledger(response.headers.get('x-request-id') ?? '');
    expect(entry.status).toBe(499);
    await gateway.edition.ports.learning.settled();
    expect(judge.received).toHaveLength(0);
  });
});

describe('no label comes of', () => {
  test.each([
    ['a judge that answers in prose', (): void => { verdict = () => 'The first one.'; }, COST.strong + COST.judge],
    ['a judge that obeys the answers', (): void => { verdict = ({ fenced }) => fenced.get('answer 1') ?? ''; }, COST.strong + COST.judge],
    ['a judge that is down', (): void => judge.script((_received, response) => json(response, 500, {})), COST.strong],
    ['another model that is down', (): void => upstream.script((received, response) => (received.body['model'] === 'strong' ? json(response, 500, {}) : sayName(received, response))), 0],
  ])('%s, but its cost is counted', async (_name, arrange, micros) => {
    arrange();
    chance = [...DRAWN, FIRST];
    const answer = await ask();
    expect(answer.status).toBe(200);
    await learned(answer);
    expect(await cells()).toEqual([]);
    expect(await overhead()).toMatchObject([{ micros, state: 'spent' }]);
  });

  test('a shutdown: what is under way is dropped, and what it may have cost is written down', async () => {
    judge.script(() => {});
    chance = [...DRAWN, FIRST];
    const answer = await ask();
    await gateway.ledger(idOf(answer));
    while (judge.received.length === 0) await new Promise((resolve) => { setTimeout(resolve, 2); });
    await gateway.edition.ports.learning.stop();
    const [row] = await overhead();
    expect(row).toMatchObject({ state: 'spent' });
    expect(row?.micros).toBeGreaterThan(COST.strong);
    expect(await cells()).toEqual([]);
    chance = [...DRAWN, FIRST];
    await learned(await ask());
    expect(await overhead()).toHaveLength(1);
  });
});

test.each(['{"version":1,"labels":5}', 'no JSON', '{"version":1,"labels":5,"baseline":"strong","assignments":{},"templates":{"tk_x":{"models":[null]}}}'])('no request notices a plan that makes no sense: %s', async (plan) => {
  const { store } = gateway.edition;
  await store.write([{ put: { table: 'usage', pk: 'T#default#EVIDENCE-PLAN', sk: 'plan' }, item: { version: 1, plan: deflateRawSync(plan).toString('base64') } }]);
  await learned(await ask());
  const answer = await ask();
  expect(answer.status).toBe(200);
  await learned(answer);
  expect((await gateway.ledgerAll()).map(({ status }) => status)).toEqual([200, 200]);
});

describe('judging the judge', () => {
  const checks = async (): Promise<Record<string, unknown>> => (await gateway.edition.store.get({ table: 'usage', pk: 'T#default#EVIDENCE-JUDGE', sk: 'judge' })) ?? {};

  test('the same answer twice: whoever prefers one of them is wrong, and no other model is asked', async () => {
    chance = [0, 0.01, FIRST];
    verdict = () => 0;
    await learned(await ask());
    expect(sent()).toEqual(['cheap']);
    expect([judge.asked[0]?.fenced.get('answer 1'), judge.asked[0]?.fenced.get('answer 2')]).toEqual([textOf('cheap'), textOf('cheap')]);
    expect(await checks()).toMatchObject({ count: 1 });
    expect((await checks())['aaWrong']).toBeUndefined();
    chance = [0, 0.01, FIRST];
    verdict = () => 1;
    await learned(await ask());
    expect(Number((await checks())['aaWrong'])).toBeGreaterThan(0);
    expect(await overhead()).toMatchObject([{ micros: COST.judge }, { micros: COST.judge }]);
    expect(await cells()).toEqual([]);
  });

  test('an answer against its own first half: whoever does not prefer the whole is wrong', async () => {
    const long = 'A long and good answer. '.repeat(20);
    upstream.script((_received, response) => json(response, 200, chatAnswer(long)));
    for (const [order, says] of [[SWAPPED, -2], [FIRST, 2], [FIRST, 0]] as const) {
      chance = [0, 0.07, order];
      verdict = () => says;
      await learned(await ask());
    }
    const [first] = judge.asked;
    expect(first?.fenced.get('answer 2')).toBe(long);
    expect(long.startsWith(first?.fenced.get('answer 1') ?? 'nothing')).toBe(true);
    expect(first?.fenced.get('answer 1')?.length).toBe(long.length / 2);
    const { plantedPairs, plantedWrong } = await checks();
    expect(Number(plantedWrong) / Number(plantedPairs)).toBeCloseTo(1 / 3);
  });
});

describe('the day\'s cap', () => {
  test('is never exceeded, however many answers end at once, and what was held and not spent is given back', async () => {
    await gateway.route(auto({ shadow: { enabled: true, dailyUsd: 5 } }));
    const { key } = await gateway.addKey({ rpm: null, tpm: null });
    let highest = 0;
    const look = async (): Promise<void> => { highest = Math.max(highest, await overheadOfDay(gateway.edition.store, 'default', today())); };
    const watching = setInterval(() => void look(), 1);
    const many = 30;
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(Array.from({ length: many }, async () => {
        chance.push(...DRAWN, FIRST);
        await ask('Hello!', { key });
      }));
    }
    await gateway.edition.ports.learning.settled();
    clearInterval(watching);
    const rows = await overhead();
    expect(rows.length).toBeGreaterThan(5);
    expect(rows.every(({ state }) => state === 'spent')).toBe(true);
    expect(highest).toBeLessThanOrEqual(5_000_000);
    expect(await overheadOfDay(gateway.edition.store, 'default', today())).toBe(rows.reduce((sum, { micros }) => sum + micros, 0));
  }, 60_000);

  test('ends comparing when it is used up, and serves on', async () => {
    // Less than one comparison may cost at most.
    await gateway.route(auto({ shadow: { enabled: true, dailyUsd: 0.01 } }));
    chance = [...DRAWN, FIRST];
    const answer = await ask();
    await learned(answer);
    expect(answer.status).toBe(200);
    expect(sent()).toEqual(['cheap']);
    expect(await overhead()).toEqual([]);
  });
});

const today = (): string => new Date().toISOString().slice(0, 10);
