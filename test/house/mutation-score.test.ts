import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { root } from './tree.ts';

interface Row { readonly name: string; readonly noticed: number; readonly counted: number; readonly others: number; readonly ok: boolean }
const { scores, scoreLines, FOLDERS, LEAST_PERCENT } = (await import(join(root, 'tools/mutation/score.mjs'))) as {
  scores: (results: readonly { readonly fileName: string; readonly status: string }[]) => readonly Row[];
  scoreLines: (rows: readonly Row[]) => readonly string[];
  FOLDERS: readonly string[];
  LEAST_PERCENT: number;
};

const mutants = (folder: string, counts: Readonly<Record<string, number>>) =>
  Object.entries(counts).flatMap(([status, count]) => Array.from({ length: count }, () => ({ fileName: `/copy/functions/core/${folder}/a.ts`, status })));

describe('the mutation score', () => {
  test('counts a mutant that failed a test or ran endlessly as killed, one that no test reaches as alive, and leaves out what could not run', () => {
    const rows = scores(mutants('money', { Killed: 6, Timeout: 2, Survived: 1, NoCoverage: 1, RuntimeError: 5, Ignored: 3 }));
    expect(rows).toEqual([{ name: 'money', noticed: 8, counted: 10, others: 8, ok: false }, { name: 'all', noticed: 8, counted: 10, others: 8, ok: false }]);
  });

  test('holds every folder to the bound, however well the others do', () => {
    const rows = scores([...mutants('limits', { Killed: 1_000 }), ...mutants('audit', { Killed: 84, Survived: 16 }), ...mutants('keys', { Killed: LEAST_PERCENT, Survived: 100 - LEAST_PERCENT })]);
    expect(rows.map(({ name, ok }) => [name, ok])).toEqual([['limits', true], ['keys', true], ['audit', false], ['all', true]]);
  });

  test('of a run without mutants is no success', () => {
    expect(scores([])).toEqual([{ name: 'all', noticed: 0, counted: 0, others: 0, ok: false }]);
    expect(scoreLines(scores([]))).toEqual(['FAIL  all        none of mutants killed (0 of 0)']);
  });

  test('is never rounded up to the bound', () => {
    expect(scoreLines(scores(mutants('keys', { Killed: 8_499, Survived: 1_501, RuntimeError: 2 })))[0]).toBe('FAIL  keys     84.9 % of mutants killed (8499 of 10000, 2 not counted)');
    expect(FOLDERS).toEqual(['limits', 'money', 'keys', 'audit']);
  });
});
