import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { paysToMove, type Continuation } from '../../../functions/core/routing/session-choice.ts';
import type { ModelPrice } from '../../../functions/core/money/price.ts';
import { model } from './routing-world.ts';

const MINUTE = 60_000;
/** USD per 1M tokens of input; reading from the cache a tenth, writing it a quarter more, output five times that. */
const price = (usd: number): ModelPrice => ({ version: 't', input: usd * 1e6, cacheRead: usd * 1e5, cacheWrite5m: usd * 1.25e6, cacheWrite1h: usd * 2e6, output: usd * 5e6 });
const priced = (id: string, usd: number) => model(id, { price: price(usd) });
const rest = (change: Partial<Continuation['state']> = {}, more: Partial<Omit<Continuation, 'state'>> = {}): Continuation =>
  ({ state: { model: 'strong', requests: 5, contextTokens: 50_000, at: 0, ...change }, inputTokens: 52_000, outputTokens: 500, isAgent: false, nowMs: MINUTE, ...more });

describe('whether it pays to leave a model at a user turn', () => {
  test('a long context in a warm cache is not given up for a model that is a little cheaper', () => {
    expect(paysToMove(priced('strong', 3), priced('cheap', 2.4), rest())).toBe(false);
  });

  test('for one that is far cheaper it is', () => {
    expect(paysToMove(priced('strong', 15), priced('cheap', 0.1), rest())).toBe(true);
  });

  test('once the cache is cold there is nothing to lose', () => {
    const cold = rest({}, { nowMs: 6 * MINUTE });
    expect(paysToMove(priced('strong', 3), priced('cheap', 2.4), cold)).toBe(true);
  });

  test('the longer a session was, the longer it is expected to go on, and the sooner a move pays', () => {
    const pays = (requests: number): boolean => paysToMove(priced('strong', 3), priced('cheap', 1), rest({ requests }));
    expect([pays(1), pays(40)]).toEqual([false, true]);
  });

  test('an agent moves only where that halves the rest: what it fails at costs all that was spent', () => {
    const [held, wanted] = [priced('strong', 3), priced('cheap', 1)];
    const long = { requests: 40 };
    expect([paysToMove(held, wanted, rest(long)), paysToMove(held, wanted, rest(long, { isAgent: true }))]).toEqual([true, true]);
    expect([paysToMove(held, priced('mid', 1.8), rest(long)), paysToMove(held, priced('mid', 1.8), rest(long, { isAgent: true }))]).toEqual([true, false]);
  });

  test('a model without a price is neither left nor taken', () => {
    expect(paysToMove(model('strong', { price: null }), priced('cheap', 0.1), rest())).toBe(false);
    expect(paysToMove(priced('strong', 15), model('cheap', { price: null }), rest())).toBe(false);
  });

  test('never to a model that is as dear: there is no session in which that saves anything', () => {
    fc.assert(fc.property(fc.double({ min: 0.05, max: 20, noNaN: true }), fc.double({ min: 1, max: 4, noNaN: true }), fc.nat(100), fc.nat(200_000), fc.nat(200_000), fc.nat(10 * MINUTE), (usd, factor, requests, contextTokens, inputTokens, nowMs) => {
      expect(paysToMove(priced('held', usd), priced('wanted', usd * factor), rest({ requests, contextTokens }, { inputTokens, nowMs }))).toBe(false);
    }));
  });
});
