import { expect, test } from '@jest/globals';
import { Judgements, type Judgeable } from '../../functions/gateway/judge/judgements.ts';

function world() {
  let nowMs = 1_000_000;
  const judgements = new Judgements({ clock: { now: () => nowMs, elapsed: () => nowMs }, randomHex: () => '0'.repeat(40) });
  return { judgements, pass: (ms: number) => { nowMs += ms; } };
}
const of = (text: string, more: Partial<Judgeable> = {}): Judgeable => ({ templateKey: 'tk_1', text, judgeModel: 'judge', policyVersion: 1, ...more });

test('a judgement holds for an hour, for this tenant, template, text, judge and policy alone', () => {
  const { judgements, pass } = world();
  judgements.remember('a', of('x'), 42);
  expect(judgements.recall('a', of('x'))).toBe(42);
  for (const other of [of('y'), of('x', { templateKey: 'tk_2' }), of('x', { judgeModel: 'other' }), of('x', { policyVersion: 2 })]) expect(judgements.recall('a', other)).toBeUndefined();
  expect(judgements.recall('b', of('x'))).toBeUndefined();
  pass(3_599_999);
  expect(judgements.recall('a', of('x'))).toBe(42);
  pass(1);
  expect(judgements.recall('a', of('x'))).toBeUndefined();
  judgements.remember('a', of('x'), 0);
  pass(-10_000);
  expect(judgements.recall('a', of('x'))).toBeUndefined();
});

test('a tenant has 2,000 of them, the one used longest ago goes first, and no tenant takes another\'s', () => {
  const { judgements } = world();
  judgements.remember('other', of('theirs'), 1);
  for (let at = 0; at < 2_000; at += 1) judgements.remember('a', of(`text ${at}`), at % 100);
  expect(judgements.recall('a', of('text 0'))).toBe(0);
  judgements.remember('a', of('one more'), 5);
  expect([judgements.recall('a', of('text 0')), judgements.recall('a', of('text 1')), judgements.recall('a', of('one more'))]).toEqual([0, undefined, 5]);
  expect(judgements.recall('other', of('theirs'))).toBe(1);
});

test('five failures in a row let a judge rest for 30 s; an answer in between begins the count anew', () => {
  const { judgements, pass } = world();
  for (const answered of [false, false, false, false, true, false, false, false, false]) judgements.ended('a', 'judge', answered);
  expect(judgements.isResting('a', 'judge')).toBe(false);
  judgements.ended('a', 'judge', false);
  expect([judgements.isResting('a', 'judge'), judgements.isResting('b', 'judge'), judgements.isResting('a', 'other')]).toEqual([true, false, false]);
  pass(29_999);
  expect(judgements.isResting('a', 'judge')).toBe(true);
  pass(1);
  expect(judgements.isResting('a', 'judge')).toBe(false);
});
