import { describe, expect, test } from '@jest/globals';
import { routing } from '../../../functions/contract/index.ts';
import type { ModelPrice } from '../../../functions/core/money/price.ts';
import { compilePolicy, type CompiledPolicy } from '../../../functions/core/routing/policy-compile.ts';
import { runAgents } from '../../support/agent-traces.ts';
import { full } from '../../support/full.ts';
import { mapOf, model } from './routing-world.ts';

/** USD per 1M tokens: input, output; the cache is read for a tenth and written for a quarter more. */
const price = (input: number, output: number): ModelPrice => ({ version: 't', input: input * 1e6, cacheRead: input * 1e5, cacheWrite5m: input * 1.25e6, cacheWrite1h: input * 2e6, output: output * 1e6 });
const LADDERS = {
  steep: { cheap: price(0.1, 0.4), mid: price(0.8, 4), strong: price(5, 25) },
  usual: { cheap: price(0.25, 2), mid: price(1, 5), strong: price(3, 15) },
  flat: { cheap: price(1, 5), mid: price(2, 10), strong: price(3, 15) },
} as const;

function policyOf(prices: Readonly<Record<string, ModelPrice>>, auto: Record<string, unknown>): CompiledPolicy {
  const facts = { contextWindow: 400_000, tools: true };
  return compilePolicy({
    tenantId: 't', version: 1, timezone: 'UTC', unknownNames: 'reject', paused: false, alwaysStrongest: false,
    models: mapOf(...Object.entries(prices).map(([id, one]) => model(id, { price: one, facts }))),
    document: routing.parse({ auto: { strategy: 'static', tiers: { simple: ['cheap'], moderate: ['mid'], complex: ['strong'] }, ...auto } }),
  });
}
const TASKS = full(1_000, 250);
const SEEDS = Array.from({ length: full(10, 2) }, (_, seed) => seed + 1);

describe.each(Object.entries(LADDERS))('an agent whose models have %s prices', (name, prices) => {
  test('costs no more per finished task than with the strongest model alone, and does without session logic', () => {
    const strongest = policyOf(prices, { tiers: { simple: [], moderate: [], complex: ['strong'] } });
    const routed = policyOf(prices, {});
    const unfloored = policyOf(prices, { agentFloor: null });
    const shares: number[] = [];
    for (const seed of SEEDS) {
      const always = runAgents({ policy: strongest, sessions: true }, TASKS, seed);
      const within = runAgents({ policy: routed, sessions: true }, TASKS, seed);
      const without = runAgents({ policy: unfloored, sessions: false }, TASKS, seed);
      const share = (run: typeof always): number => run.costPerFinished / always.costPerFinished;
      process.stdout.write(`agents, ${name} prices, seed ${seed}: cost per finished task ${share(within).toFixed(2)} × always strongest (${within.switches} switches, ${within.inLoopSwitches} in loops, ${within.finished} of ${always.finished} finished); without session logic ${share(without).toFixed(2)} × (${without.switches} switches, ${without.inLoopSwitches} in loops, ${without.finished} finished)\n`);
      expect(within.inLoopSwitches).toBe(0);
      expect(share(within)).toBeLessThanOrEqual(1.02);
      // Whatever the prices: far fewer tasks are finished.
      expect(without.finished).toBeLessThan(within.finished * 0.85);
      shares.push(share(without));
    }
    // Turn by turn, caches are thrown away and long work is left to a model that cannot do it. With prices that are near to each other that costs more than it saves.
    if (name === 'flat') expect(Math.min(...shares)).toBeGreaterThan(1.02);
  });
});
