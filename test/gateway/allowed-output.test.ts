import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PROVIDERS, type ProviderKind } from '../../functions/contract/vocabulary.ts';
import type { ModelFacts } from '../../functions/contract/model.ts';
import type { Dialect, WireFormat } from '../../functions/core/conversation.ts';
import { codecs } from '../../functions/core/dialects/dialect.ts';
import { scanBody } from '../../functions/core/dialects/json-scan.ts';
import { GatewayError } from '../../functions/core/errors.ts';
import { factorOf, priceAt, tierServed } from '../../functions/core/money/tier.ts';
import { costMicros, priceFromUsd } from '../../functions/core/money/cost.ts';
import type { RegisteredModel } from '../../functions/core/routing/policy.ts';
import { factsOf } from '../../functions/core/routing/request-facts.ts';
import { providerOf } from '../../functions/adapters/providers/registry.ts';
import { worstCase } from '../../functions/gateway/admit.ts';
import type { Plan } from '../../functions/gateway/route.ts';
import { upstreamBody } from '../../functions/gateway/upstream-body.ts';

/** A plan of a caller with a budget, as the sentence would have it; only what holding and writing look at. */
function planOf(dialect: Dialect, body: Record<string, unknown>, affordable: number | undefined): Plan {
  const bytes = Buffer.from(JSON.stringify(body));
  const conversation = codecs[dialect].readRequest(body);
  const plan = {
    exchange: { format: dialect, dialect, request: { headers: {} } },
    key: { dailyUsd: 1, monthlyUsd: null, budgetAction: 'block', strict: false },
    policy: {},
    asked: { bytes, scan: scanBody(bytes, { maxDepth: 64, maxKeys: 10_000 }), conversation },
    facts: factsOf(conversation, {}),
    ...(affordable !== undefined && { maxOutputTokens: affordable }),
  };
  return plan as unknown as Plan;
}

const EFFORTS = ['minimal', 'low', 'medium', 'high', 'xhigh'];
const tokens = fc.oneof(fc.integer({ min: 1, max: 2_000 }), fc.integer({ min: 1, max: 200_000 }));
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
const marker = maybe(fc.constantFrom({ type: 'ephemeral' }, { type: 'ephemeral', ttl: '5m' }, { type: 'ephemeral', ttl: '1h' }));

const tier = maybe(fc.constantFrom('auto', 'default', 'priority', 'flex', 'scale'));

const given = (members: Record<string, unknown>): Record<string, unknown> => Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
const text = (words: string, mark: unknown): unknown[] => [given({ type: 'text', text: words, cache_control: mark })];

const requests: Record<Dialect, fc.Arbitrary<Record<string, unknown>>> = {
  'openai-chat': fc.record({ max: maybe(tokens), completion: maybe(tokens), effort: maybe(fc.constantFrom(...EFFORTS)), n: maybe(fc.integer({ min: 1, max: 4 })), mark: marker, tier, stream: fc.boolean() }).map(({ max, completion, effort, n, mark, tier: service, stream }) =>
    given({ model: 'asked', messages: [{ role: 'user', content: text('What is the matter?', mark) }], max_tokens: max, max_completion_tokens: completion, reasoning_effort: effort, n, service_tier: service, stream })),
  'openai-responses': fc.record({ max: maybe(tokens), effort: maybe(fc.constantFrom(...EFFORTS)), tier, stream: fc.boolean() }).map(({ max, effort, tier: service, stream }) =>
    given({ model: 'asked', input: 'What is the matter?', max_output_tokens: max, reasoning: effort && { effort }, service_tier: service, stream })),
  'anthropic-messages': fc.record({
    max: tokens, mark: marker, own: marker, speed: maybe(fc.constantFrom('fast', 'standard', 'warp')), stream: fc.boolean(),
    thinking: maybe(fc.oneof(fc.constant({ type: 'adaptive' }), fc.constant({ type: 'disabled' }), fc.integer({ min: 1_024, max: 40_000 }).map((budget) => ({ type: 'enabled', budget_tokens: budget })))),
  }).map(({ max, mark, own, thinking, speed, stream }) =>
    given({ model: 'asked', max_tokens: max, system: text('You are short.', mark), messages: [{ role: 'user', content: 'What is the matter?' }], thinking, cache_control: own, speed, stream })),
};
const request = fc.oneof(...(Object.keys(requests) as Dialect[]).map((dialect) => requests[dialect].map((body) => ({ dialect, body }))));

const facts = fc.record({ maxOutput: maybe(tokens), reasoning: maybe(fc.boolean()), thinking: maybe(fc.constantFrom('none', 'budget', 'adaptive')), promptCache: maybe(fc.boolean()) }).map((all) => given(all) as ModelFacts);
const price = priceFromUsd({ input: 1, cacheWrite: 1.25, cacheWrite1h: 2, output: 10, tiers: { priority: 2, flex: 0.5, fast: 6 } }, 'override');
const model = fc.record({ provider: fc.constantFrom(...PROVIDERS), facts, maxOutputTokens: maybe(tokens) }).map(({ provider, facts: known, maxOutputTokens }) =>
  ({ id: 'served', provider, upstreamModel: 'anthropic.claude-x', facts: known, price, credentials: [], enabled: true, ...(maxOutputTokens !== undefined && { maxOutputTokens }) }) as unknown as RegisteredModel);

function spokenBy(kind: ProviderKind, dialect: Dialect): WireFormat {
  const { dialects } = providerOf(kind);
  return dialects.find((spoken) => spoken === dialect) ?? dialects[0] ?? 'openai-chat';
}

/** Output tokens that an upstream may bill for this body: what it says, else the model's own maximum, else no end. */
function allowed(body: Record<string, unknown>, maxOutput: number | undefined): number {
  const { max_tokens: max, max_completion_tokens: completion, max_output_tokens: output, inferenceConfig: inference } = body as Record<string, number | undefined> & { inferenceConfig?: { maxTokens?: number } };
  const said = [max, completion, output, inference?.maxTokens].filter((count) => typeof count === 'number');
  return Math.min(said.length === 0 ? Infinity : Math.max(...said), maxOutput ?? Infinity) * Number(body['n'] ?? 1);
}

test('what a written body allows, at its dearest, is never more than what was held for it', () => {
  let written = 0;
  fc.assert(fc.property(request, model, maybe(fc.integer({ min: 256, max: 20_000 })), ({ dialect, body }, registered, affordable) => {
    const plan = planOf(dialect, body, affordable);
    const held = worstCase(plan, registered);
    let sent: Record<string, unknown>;
    try {
      sent = JSON.parse(new TextDecoder().decode(upstreamBody(plan, registered, spokenBy(registered.provider, dialect), providerOf(registered.provider).wire?.(registered)).bytes));
    } catch (error) {
      // What cannot be said to this model is refused and costs nothing.
      if (error instanceof GatewayError) return;
      throw error;
    }
    written += 1;
    const dearest = JSON.stringify(sent).includes('"1h"') ? price.cacheWrite1h : price.cacheWrite5m;
    const tierSaid = tierServed(sent['service_tier'], sent['speed']) ?? 'auto';
    const times = factorOf(price, tierSaid);
    // What is asked for has a price, or could not be held.
    expect([tierSaid, times]).toEqual([tierSaid, expect.any(Number)]);
    const output = Math.min(allowed(sent, registered.facts.maxOutput), Number.MAX_SAFE_INTEGER);
    const worst = costMicros({ input: plan.facts.inputTokens, output }, { ...(priceAt(price, tierSaid).price ?? price), input: dearest * (times ?? 1) });
    expect(worst).toBeLessThanOrEqual(held ?? 0);
  }), { numRuns: 3_000 });
  expect(written).toBeGreaterThan(1_500);
});
