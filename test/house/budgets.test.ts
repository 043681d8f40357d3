import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { root } from './tree.ts';

type Data = Record<string, Record<string, readonly Record<string, number>[]>>;
interface Line { readonly ok: boolean; readonly text: string }
const { budgetLines, decisionLines, median } = (await import(join(root, 'tools/bench/budgets.mjs'))) as {
  budgetLines: (data: Data, startMs: readonly number[]) => Line[];
  decisionLines: (decisions: readonly object[]) => Line[];
  median: (values: readonly number[]) => number;
};
const lineOf = (data: Data, words: string, startMs: readonly number[] = []): Line | undefined => budgetLines(data, startMs).find(({ text }) => text.startsWith(words));

describe('the benchmark\'s verdict', () => {
  test('compares within each round and judges the median of rounds', () => {
    const rounds = (...values: number[]) => values.map((cpuPerReq) => ({ cpuPerReq, errors: 0 }));
    const data: Data = { raw: { c50: rounds(1, 2, 10) }, mine: { c50: rounds(2, 6, 90) } };
    expect(lineOf(data, 'CPU per JSON request')).toEqual({ ok: true, text: 'CPU per JSON request at 50 connections, times raw: 3.00 (at most 3)' });
    data['mine'] = { c50: rounds(3.1, 6.2, 10) };
    expect(lineOf(data, 'CPU per JSON request')?.ok).toBe(false);
  });

  test('subtracts the direct connection from the time to first token', () => {
    const data: Data = { direct: { ttft: [{ ttft50: 5 }] }, mine: { ttft: [{ ttft50: 7.5 }] } };
    expect(lineOf(data, 'added time to first token')).toEqual({ ok: false, text: 'added time to first token p50, ms: 2.50 (at most 2)' });
  });

  test('judges the start by the median, and any failed request or scenario that did not run fails', () => {
    expect(lineOf({}, 'npm start', [900, 950, 1000, 3000, 5000])?.ok).toBe(true);
    expect(lineOf({}, 'npm start', [900, 1001, 1002])?.ok).toBe(false);
    expect(lineOf({ mine: { c1: [{ errors: 0 }], burst: [{ errors: -1 }] } }, 'failed requests')?.ok).toBe(false);
  });

  test('says nothing about what was not measured', () => {
    expect(budgetLines({}, []).map(({ text }) => text)).toEqual(['failed requests: 0 (at most 0)']);
  });

  test('holds the p50 of a decision to one and a half times 1 ms up to 1,000 characters, and 2 ms above, and prints the p99 beside it', () => {
    const taken = (size: number, p50: number) => decisionLines([{ size, script: 'english', p50, p99: 9, undisturbedP99: 0.5 }])[0];
    expect(taken(1_000, 0.99)).toEqual({ ok: true, text: 'routing decision, 100 rules × 10 conditions, 1,000 characters of English, ms: p50 0.99 (at most 1.5 × 1), p99 9.00, undisturbed 0.50 (asked for: below 1)' });
    expect([taken(1_000, 1.51), taken(1_001, 2.99), taken(4_194_304, 3.01)].map((line) => line?.ok)).toEqual([false, true, false]);
  });

  test('takes the mean of the middle two of an even number', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });
});
