import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { tokens } from './lex.ts';
import { testTitles } from './test-titles.ts';
import { root, sources } from './tree.ts';

type Form = 'whole' | 'streamed';
interface Case { readonly case: number; readonly title: string; readonly forms: Form[]; readonly choice?: boolean }
interface File { readonly testResults: readonly { readonly fullName: string; readonly status: string }[] }
const { translationCases, coveredBy, translationLines } = (await import(join(root, 'tools/translation-lines.mjs'))) as {
  translationCases: () => Case[];
  coveredBy: (title: string) => { cases: number[]; forms: Form[] } | undefined;
  translationLines: (cases: readonly Case[], files: readonly File[]) => { lines: string[]; passed: number; failed: number };
};

/** What a title claims; `%s` in place of a form is a table over the forms, whose rows the report of a run checks. */
function claimed(title: string): { cases: number[]; forms: Form[] } | undefined {
  return coveredBy(title.replace(/^(translation [D\d, ]+) \(%s\)/, '$1 (whole, streamed)'));
}

/** Everything wrong with the titles of a test tree, against the list. */
function faults(cases: readonly Case[], files: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  const covered = new Map(cases.map((row) => [row.case, new Set<Form>()]));
  for (const [path, source] of files) {
    const list = tokens(source);
    const titles = testTitles(list).filter((title) => /^translation\b/i.test(title));
    if (titles.length > 0 && list.some(({ text }, at) => list[at - 1]?.text === '.' && /^(?:skip|only|todo|failing)$/.test(text))) found.push(`${path}: a test is left out`);
    for (const title of titles) {
      const claims = claimed(title);
      if (claims === undefined) found.push(`${path}: "${title}" names no case and form`);
      for (const id of claims?.cases ?? []) {
        const forms = covered.get(id);
        if (forms === undefined) found.push(`${path}: there is no D${id}`);
        for (const form of claims?.forms ?? []) forms?.add(form);
      }
    }
  }
  for (const row of cases) for (const form of row.forms) if (covered.get(row.case)?.has(form) !== true) found.push(`D${row.case} has no test of its ${form} form`);
  return found;
}

describe('the list of translation cases', () => {
  test('is D1 to D115, each with a title and a form', () => {
    const cases = translationCases();
    expect(cases.map((row) => row.case)).toEqual(Array.from({ length: 115 }, (_, at) => at + 1));
    for (const { title, forms } of cases) {
      expect(title).toMatch(/^[\w$].{10,}/);
      expect([['whole'], ['streamed'], ['whole', 'streamed']]).toContainEqual(forms);
    }
    expect(new Set(cases.map(({ title }) => title)).size).toBe(115);
  });

  test('has a test for every case and form', () => {
    const files = [...sources('test')].filter(([path]) => path.endsWith('.test.ts') && !path.startsWith('test/house/'));
    expect(faults(translationCases(), new Map(files))).toEqual([]);
  });
});

describe('the scan', () => {
  const list: Case[] = [{ case: 1, title: 'a', forms: ['whole', 'streamed'] }, { case: 2, title: 'b', forms: ['whole'] }];
  const scan = (source: string): string[] => faults(list, new Map([['a.test.ts', source]]));
  const SECOND = "test('translation D2 (whole): b', () => {});\n";

  test('finds titles of tests and of tables, and takes nothing else for one', () => {
    expect(scan(`${SECOND}test('translation D1 (whole, streamed): a', () => {});`)).toEqual([]);
    expect(scan(`${SECOND}test.each<[string, () => void]>([['whole', (a) => b(a)]])('translation D1 (%s): a', () => {});`)).toEqual([]);
    expect(scan("describe('x', () => { test('translation D1, D2 (whole, streamed): both', () => {}); });")).toEqual([]);
    for (const none of ["// test('translation D1 (whole, streamed): a')", "const title = 'translation D1 (whole, streamed): a';", "other.test('translation D1 (whole, streamed): a', f);"]) {
      expect(scan(SECOND + none)).toEqual(['D1 has no test of its whole form', 'D1 has no test of its streamed form']);
    }
  });

  test.each([
    ["test('translation D1 (whole): a', f);", ['D1 has no test of its streamed form']],
    ["test.skip('translation D1 (whole, streamed): a', f);", ['a.test.ts: a test is left out', 'D1 has no test of its whole form', 'D1 has no test of its streamed form']],
    ["describe.skip('x', () => { test('translation D1 (whole, streamed): a', f); });", ['a.test.ts: a test is left out']],
    ["test('translation D1: a', f);", ['a.test.ts: "translation D1: a" names no case and form', 'D1 has no test of its whole form', 'D1 has no test of its streamed form']],
    ["test('translation D1 (whole, streamed): a', f); test('translation D3 (whole): c', f);", ['a.test.ts: there is no D3']],
    ["test('translation D11 (whole, streamed): a', f);", ['a.test.ts: there is no D11', 'D1 has no test of its whole form', 'D1 has no test of its streamed form']],
  ])('tells what is wrong with %s', (source, expected) => {
    expect(scan(SECOND + source)).toEqual(expected);
  });
});

describe('the report of a run', () => {
  const list: Case[] = [{ case: 1, title: 'first', forms: ['whole', 'streamed'] }, { case: 2, title: 'second', forms: ['whole'], choice: true }];
  const report = (...tests: [status: string, fullName: string][]) => translationLines(list, [{ testResults: tests.map(([status, fullName]) => ({ status, fullName })) }]);
  const FIRST = ['passed', 'messages translation D1 (whole, streamed): a'] as [string, string];
  const SECOND = ['passed', 'translation D2 (whole): b'] as [string, string];

  test('has one line per case, and says which rows are a choice', () => {
    expect(report(FIRST, SECOND)).toEqual({ lines: ['D1 passed (streamed, whole): first', 'D2 passed as decided (whole): second'], passed: 2, failed: 0 });
  });

  test('a case fails by one failed test among passed ones, by a form that nothing tested, and by tests that did not run', () => {
    expect(report(FIRST, SECOND, ['failed', 'translation D1 (whole): c']).lines[0]).toBe('D1 failed ("translation D1 (whole): c" failed): first');
    expect(report(SECOND, ['passed', 'translation D1 (whole): a']).lines[0]).toBe('D1 failed (no test of the streamed form passed): first');
    expect(report(SECOND, ['pending', 'translation D1 (whole, streamed): a'])).toMatchObject({ passed: 1, failed: 1 });
    expect(report(FIRST)).toEqual({ lines: ['D1 passed (streamed, whole): first', 'D2 failed (no test of the whole form passed): second'], passed: 1, failed: 1 });
  });
});
