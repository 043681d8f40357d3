import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { routing, type Decision, type LedgerEntry } from '../../functions/contract/index.ts';
import { runReplay } from '../../functions/admin/routing/run-replay.ts';
import { call } from '../support/call.ts';
import { full } from '../support/full.ts';
import { testGateway, type TestGateway } from '../support/gateway.ts';
import { json, scriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts';

type Fields = Record<string, unknown>;
const REQUESTS = full(2_000);
const PRICES = { cheap: { input: 0.13, cacheRead: 0.013, output: 0.71 }, mid: { input: 1.1, cacheRead: 0.11, output: 4.3 }, strong: { input: 1.4, cacheRead: 0.14, output: 5.3 }, blind: { input: 0.05, output: 0.3 } } as const;
const tiered = (strategy: string) => ({ strategy, tiers: { simple: ['blind', 'cheap'], moderate: ['mid'], complex: ['strong'] } });
const liveDocument = (strategy: string) => ({
  aliases: [{ name: 'fast', target: 'model:cheap' }, { name: 'smart', target: 'auto' }, { name: 'top', target: 'tier:complex' }],
  patterns: [
    { id: 'long', priority: 9, glob: '*', conditions: [{ field: 'input_tokens', op: 'gt', value: 9_000 }], target: 'tier:complex', fallbacks: ['mid'] },
    { id: 'words', priority: 8, conditions: [{ field: 'text', op: 'contains', value: 'urgent' }, { field: 'has_code', op: 'eq', value: true, negate: true }], target: 'tier:moderate' },
    { id: 'spread', priority: 5, glob: 'code/*', conditions: [], target: 'auto', fallbacks: ['cheap'] },
  ],
  auto: tiered(strategy),
});

let gateway: TestGateway;
let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await scriptedUpstream(({ bytes }, response) => json(response, 200, {
    id: 'c', object: 'chat.completion', created: 1, model: 'up', choices: [{ index: 0, message: { role: 'assistant', content: 'done' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: Math.ceil(bytes.length / 4), completion_tokens: 1 + (bytes.length % 700), total_tokens: 0, prompt_tokens_details: { cached_tokens: bytes.length % 40 } },
  }));
  gateway = await testGateway();
  for (const [id, price] of Object.entries(PRICES)) await gateway.addModel({ id, baseUrl: upstream.baseUrl, upstreamModel: id, price, facts: { contextWindow: id === 'blind' ? 2_000 : 200_000, vision: id !== 'blind', tools: id !== 'blind' } });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const words = fc.oneof(
  fc.constantFrom('Hello!', 'thanks!', 'What is the capital of France?', 'urgent: reply', 'Implement quicksort in Python', 'Architect a scalable payment system with trade-offs for consistency and latency', 'Prove that √2 is irrational and generalise to √p', '안녕하세요', 'function f() { return 1; }\nurgent'),
  fc.string({ maxLength: 200 }), fc.nat(2_500).map((n) => 'detail of the plan '.repeat(n)), fc.integer({ min: 600, max: 1_700 }).map((n) => `Architect a payment system with every ${'detail of the plan '.repeat(n)}`),
);
const picture = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'low' } };
const TOOLS = [{ type: 'function', function: { name: 'run', parameters: { type: 'object', properties: {} } } }];
const LOOP = [{ role: 'assistant', content: null, tool_calls: [{ id: 'c1', type: 'function', function: { name: 'run', arguments: '{}' } }] }, { role: 'tool', tool_call_id: 'c1', content: 'ok' }];
const request = fc.record({
  model: fc.constantFrom('auto', 'auto', 'auto', 'fast', 'smart', 'top', 'code/x', 'mid'),
  said: words, before: fc.option(words), image: fc.boolean(), tools: fc.boolean(), loop: fc.boolean(), maxTokens: fc.option(fc.integer({ min: 1, max: 4_000 })), session: fc.option(fc.nat(30)),
}).map(({ model, said, before, image, tools, loop, maxTokens, session }) => ({
  body: {
    model, ...(maxTokens !== null && { max_tokens: maxTokens }), ...((tools || loop) && { tools: TOOLS }),
    messages: [
      ...(before === null ? [] : [{ role: 'user', content: `${before} ` }, { role: 'assistant', content: 'done' }]),
      { role: 'user', content: image ? [{ type: 'text', text: `${said} ` }, picture] : `${said} ` }, ...(loop ? LOOP : []),
    ],
  },
  session,
}));

/** A decision without what passes between two requests: milliseconds. */
function lasting({ inputs: { session, ...inputs }, ...decision }: Decision): Fields {
  return { ...decision, inputs: { ...inputs, ...(session && { session: { ...session, idleMs: 0 } }) } };
}

describe.each(['static', 'ml'])('one resolver, strategy %s', (strategy) => {
  const entries: LedgerEntry[] = [];
  const refused: number[] = [];
  let since = '';

  test('`/v1/route` and live traffic decide alike', async () => {
    await gateway.route(liveDocument(strategy));
    since = new Date().toISOString();
    const seen = new Map<string, number>();
    for (const { body: asked, session } of fc.sample(request, { numRuns: REQUESTS, seed: 20_261_127 })) {
      // Each strategy has sessions of its own.
      const body = { ...asked, user: strategy };
      const headers: Record<string, string> = session === null ? {} : { 'x-session-id': `${strategy}-${session}` };
      const dry = await call(gateway.origin, '/v1/route', { key: gateway.key, body, headers });
      const live = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body, headers });
      expect([dry.status, live.text.slice(0, 300)]).toEqual([live.status, expect.any(String)]);
      if (live.status !== 200) {
        refused.push(live.status);
        continue;
      }
      const entry = await gateway.ledger(live.headers.get('x-request-id') ?? '');
      if (entry.decision === null) throw new Error('no decision');
      expect(lasting(entry.decision)).toEqual(lasting(dry.json as unknown as Decision));
      seen.set(entry.decision.reason, (seen.get(entry.decision.reason) ?? 0) + 1);
      entries.push(entry);
    }
    process.stdout.write(`one resolver, ${strategy}: ${REQUESTS} requests, reasons ${JSON.stringify(Object.fromEntries(seen))}, ${refused.length} refused\n`);
    // The rarest of them shows in the full number only.
    for (const reason of ['named', 'alias', 'rule', 'tier', 'agent_floor', 'tool_loop', ...(REQUESTS < 2_000 ? [] : ['session_cache'])]) expect([reason, (seen.get(reason) ?? 0) > 0]).toEqual([reason, true]);
  }, 300_000);

  const period = (): { from: string; to: string } => ({ from: since, to: new Date(Date.now() + 60_000).toISOString() });

  test('replay of the live policy over that ledger reproduces every decision, and costs what was paid', async () => {
    const report = await runReplay(gateway.edition.store, 'default', { draft: routing.parse(liveDocument(strategy)), ...period() });
    const paid = entries.reduce((sum, { costMicros }) => sum + (costMicros ?? 0), 0);
    expect(report).toMatchObject({ requests: entries.length, undecidable: 0, flips: 0, refused: 0, compared: entries.length, costMicros: { live: paid, draft: paid }, complete: true });
  });

  test('a draft\'s cost is what a hand counts, to the micro-dollar', async () => {
    const draft = routing.parse({ ...liveDocument(strategy), auto: { ...tiered(strategy), tiers: { simple: ['mid'], moderate: ['mid'], complex: ['mid'] } } });
    const report = await runReplay(gateway.edition.store, 'default', { draft, ...period() });
    const unit = 1_000_000n;
    const micros = (usd: number): bigint => BigInt(Math.round(usd * 1e6));
    const priced = (model: keyof typeof PRICES, { tokens: { input = 0, cacheRead = 0, output = 0 } }: LedgerEntry): bigint => {
      const price = PRICES[model];
      const total = BigInt(input) * micros(price.input) + BigInt(cacheRead) * micros('cacheRead' in price ? price.cacheRead : price.input) + BigInt(output) * micros(price.output);
      return (2n * total + unit) / (2n * unit);
    };
    let [live, hand] = [0n, 0n];
    for (const entry of entries) {
      live += BigInt(entry.costMicros ?? 0);
      // All that is not asked for by its name goes to the one model of every tier, in sessions too.
      hand += priced(entry.requestedModel === 'fast' && entry.decision?.stage === 'alias' ? 'cheap' : 'mid', entry);
    }
    expect([report.undecidable, report.compared, report.costMicros]).toEqual([0, entries.length, { live: Number(live), draft: Number(hand) }]);
  });
});
