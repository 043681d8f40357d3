import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { isJava17, verdictOn } from '../support/optional.ts';
import { root } from './tree.ts';

interface Results {
  readonly testResults: readonly { readonly testResults: readonly { readonly status: string; readonly title: string }[] }[];
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
}
const { closingLines } = (await import(join(root, 'tools/jest-closing-lines.mjs'))) as { closingLines: (results: Results) => string[] };
const file = (...tests: [status: string, title: string][]) => ({ testResults: tests.map(([status, title]) => ({ status, title })) });

describe('the closing lines of npm test', () => {
  test('count tests, and a file that did not load as one failure', () => {
    expect(closingLines({ testResults: [], numPassedTests: 7, numFailedTests: 2, numRuntimeErrorTestSuites: 1 })).toEqual(['7 passed, 3 failed']);
  });

  test('name each suite that could not run here once, before the count', () => {
    const testResults = [
      file(['passed', 'a'], ['pending', 'not run: needs Java 17 (store)']),
      file(['pending', 'not run: needs Java 17 (store)'], ['pending', 'something else'], ['failed', 'not run: needs Python 3 (snippets)']),
    ];
    expect(closingLines({ testResults, numPassedTests: 1, numFailedTests: 1, numRuntimeErrorTestSuites: 0 }))
      .toEqual(['not run: needs Java 17 (store)', '1 passed, 1 failed']);
  });
});

describe('a suite that needs a program', () => {
  test('runs where the program is, is reported where it is not, and fails where everything must run', () => {
    expect([verdictOn(true, false), verdictOn(true, true), verdictOn(false, false), verdictOn(false, true)]).toEqual(['run', 'run', 'report', 'fail']);
  });

  test.each([['openjdk version "17.0.9" 2023-10-17', true], ['java version "21" 2023-09-19', true], ['openjdk version "11.0.2"', false], ['java version "1.8.0_392"', false], ['command not found', false]])(
    'reads %s', (output, enough) => {
      expect(isJava17(output)).toBe(enough);
    });
});
