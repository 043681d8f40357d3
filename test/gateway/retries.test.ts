import { expect, test } from '@jest/globals';
import type { RequestFacts } from '../../functions/core/routing/request-facts.ts';
import { Retries } from '../../functions/gateway/shadow/retries.ts';

const FACTS = { turns: 1, text: 'Name three trees.' } as RequestFacts;
const answer = (requestId: string) => ({ requestId, templateKey: 't', parentKey: 'p', model: 'cheap' });
const MINUTE_MS = 60_000;

test('an answer that is too old to be asked for again is not remembered, nor is the oldest of more than 10,000 sessions', () => {
  let nowMs = 0;
  const retries = new Retries({ now: () => nowMs, elapsed: () => nowMs });
  for (let minute = 0; minute < 60; minute += 1) {
    nowMs = minute * MINUTE_MS;
    for (let n = 0; n < 10; n += 1) retries.answered(`s${minute}-${n}`, FACTS, answer('r'));
  }
  // Those of this minute and of the five before.
  expect(retries.size).toBe(60);
  expect(retries.repeated('s53-0', FACTS)).toBeUndefined();
  expect(retries.repeated('s54-0', FACTS)).toEqual(answer('r'));
  for (let n = 0; n < 10_500; n += 1) retries.answered(`t${n}`, FACTS, answer('r'));
  expect(retries.size).toBe(10_000);
  expect([retries.repeated('t499', FACTS), retries.repeated('t500', FACTS)]).toEqual([undefined, answer('r')]);
});

test('a clock that is set back forgets nothing', () => {
  let nowMs = 60 * MINUTE_MS;
  const retries = new Retries({ now: () => nowMs, elapsed: () => nowMs });
  retries.answered('a', FACTS, answer('r1'));
  nowMs -= 30 * MINUTE_MS;
  retries.answered('b', FACTS, answer('r2'));
  expect(retries.size).toBe(2);
  expect(retries.repeated('b', FACTS)).toEqual(answer('r2'));
});
