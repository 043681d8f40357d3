import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { costMicros } from '../../functions/core/money/cost.ts';
import { call, chat } from '../support/call.ts';
import { figure } from '../support/figure.ts';
import { full } from '../support/full.ts';
import { testGateway } from '../support/gateway.ts';
import { scriptedUpstream } from '../support/scripted-upstream.ts';

const CLASSES = ['input', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'output'] as const;
type Tokens = Partial<Record<(typeof CLASSES)[number], number>>;
type Prices = Record<(typeof CLASSES)[number], number>;

/** Σ tokens × price in 10⁻⁶ micro-USD, rounded half up by its last six decimal digits. */
function oracle(tokens: Tokens, prices: Prices): bigint {
  const digits = String(CLASSES.reduce((sum, name) => sum + BigInt(tokens[name] ?? 0) * BigInt(prices[name]), 0n)).padStart(7, '0');
  return BigInt(digits.slice(0, -6)) + (Number(digits.at(-6)) >= 5 ? 1n : 0n);
}

const record = <T>(value: fc.Arbitrary<T>) => ({ input: value, cacheRead: value, cacheWrite5m: value, cacheWrite1h: value, output: value });
const usages = fc.record(record(fc.oneof(fc.nat(2_000_000), fc.nat(20), fc.nat(10_000_000_000))), { requiredKeys: [] });
const prices = fc.record(record(fc.oneof(fc.nat(100_000_000), fc.constantFrom(0, 1, 499_999, 500_000, 1_000_000), fc.nat(1_000_000_000_000))));

test('guarantee C9: the price of any usage equals exact arithmetic to the micro-USD, and an unknown price is unknown', () => {
  let large = 0;
  fc.assert(fc.property(usages, prices, (usage, price) => {
    const expected = oracle(usage, price);
    // Past 2^53 micro-USD (nine billion dollars) a number cannot hold the answer itself.
    fc.pre(expected <= BigInt(Number.MAX_SAFE_INTEGER));
    if (expected > 4_503_599_627n) large += 1;
    expect(costMicros(usage, { version: 'v', ...price })).toBe(Number(expected));
    expect(costMicros(usage, null)).toBeNull();
  }), { numRuns: full(10_000) });
  expect(large).toBeGreaterThan(0);
  figure('C9', `${full(10_000).toLocaleString('en')} usages x prices equal exact integers (${large.toLocaleString('en')} beyond 2^32 micro-USD)`);
});

test('guarantee C9: an unpriced answer has cost null, in no sum, and raises the metric that an alarm can watch', async () => {
  const upstream = await scriptedUpstream();
  const gateway = await testGateway();
  await gateway.addModel({ id: 'unpriced', baseUrl: upstream.baseUrl });
  await gateway.addModel({ id: 'priced', baseUrl: upstream.baseUrl, price: { input: 1, output: 2 } });
  for (const model of ['unpriced', 'priced', 'unpriced']) {
    const answer = await call(gateway.origin, '/v1/chat/completions', { key: gateway.key, body: chat(model) });
    expect((await gateway.ledger(answer.headers.get('x-request-id') ?? '')).costMicros).toBe(model === 'priced' ? 20 : null);
  }
  const metrics = gateway.edition.ports.metrics?.text('default') ?? '';
  expect(metrics).toMatch(/^bsgateway_unpriced_requests_total\{model="unpriced"\} 2$/m);
  expect(metrics).not.toContain('bsgateway_unpriced_requests_total{model="priced"}');
  await gateway.close();
  await upstream.close();
});
