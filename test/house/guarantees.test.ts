import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { tokens } from './lex.ts';
import { describeTitles, testTitles } from './test-titles.ts';
import { root, sources } from './tree.ts';

interface Guarantee { readonly id: string; readonly holds: string; readonly elsewhere?: string }
interface File { readonly testResults: readonly { readonly fullName: string; readonly status: string }[] }
const { guarantees, guardedBy, guaranteeLines } = (await import(join(root, 'tools/guarantee-lines.mjs'))) as {
  guarantees: () => Guarantee[];
  guardedBy: (fullName: string) => string[];
  guaranteeLines: (list: readonly Guarantee[], files: readonly File[], figures: readonly { id: string; text: string }[], all: boolean) => { lines: string[]; missing: number };
};
const { guaranteeTests } = (await import(join(root, 'tools/run-tests.mjs'))) as { guaranteeTests: (root: string) => string[] };

const BLOCKS = { A: 9, B: 7, C: 10, D: 7, E: 9, F: 5, G: 6, H: 8, I: 4, J: 7 } as const;
const IDS = [...Object.entries(BLOCKS).flatMap(([block, count]) => Array.from({ length: count }, (_, at) => `${block}${block === 'I' ? '-' : ''}${at + 1}`)), 'K'];
/** What may be guarded elsewhere, and nothing else. */
const ELSEWHERE = ['E6', 'K'];

/** Everything wrong with the tests of guarantees in a test tree, against the list. */
function faults(list: readonly Guarantee[], files: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  const known = new Map(list.map(({ id }) => [id, { tested: false, measured: false }]));
  for (const [path, source] of files) {
    const code = tokens(source);
    const tests = testTitles(code);
    const ids = [...tests, ...describeTitles(code)].flatMap(guardedBy);
    if (ids.length > 0 && code.some(({ text }, at) => code[at - 1]?.text === '.' && /^(?:skip|only|todo|failing)$/.test(text))) found.push(`${path}: a test is left out`);
    for (const id of ids) {
      const row = known.get(id);
      if (row === undefined) found.push(`${path}: there is no guarantee ${id}`);
      else row.tested ||= tests.length > 0;
    }
    for (const [at, { kind, text }] of code.entries()) {
      if (kind !== 'word' || text !== 'figure' || code[at + 1]?.text !== '(' || code[at + 2]?.kind !== 'string') continue;
      const id = code[at + 2]?.text ?? '';
      const row = known.get(id);
      if (row === undefined) found.push(`${path}: a figure of ${id}, which is no guarantee`);
      else if (ids.includes(id)) row.measured = true;
      else found.push(`${path}: a figure of ${id}, which it does not test`);
    }
  }
  for (const { id, elsewhere } of list) {
    const { tested, measured } = known.get(id) ?? { tested: false, measured: false };
    if (tested && elsewhere !== undefined) found.push(`${id} has a test and is said to be guarded elsewhere`);
    if (!tested && elsewhere === undefined) found.push(`${id} has no test`);
    if (tested && !measured) found.push(`${id} reports no figure`);
  }
  return found;
}

describe('the list of guarantees', () => {
  test('is A1 to K, each with what must hold; only two are guarded elsewhere', () => {
    const list = guarantees();
    expect(list.map(({ id }) => id)).toEqual(IDS);
    for (const { holds } of list) expect(holds).toMatch(/^[\w].{20,100}$/);
    expect(new Set(list.map(({ holds }) => holds)).size).toBe(IDS.length);
    expect(list.filter(({ elsewhere }) => elsewhere !== undefined).map(({ id }) => id)).toEqual(ELSEWHERE);
  });

  test('has a test and a figure for every one, in a file that npm run test:guarantees runs', () => {
    const run = new Set(guaranteeTests(root).map((file) => file.slice(join(root, '/').length)));
    const files = [...sources('test')].filter(([path]) => run.has(path));
    expect(files.length).toBe(run.size);
    expect(faults(guarantees(), new Map(files))).toEqual([]);
  });
});

describe('the scan', () => {
  const list: Guarantee[] = [{ id: 'A1', holds: 'a' }, { id: 'I-2', holds: 'b' }, { id: 'K', holds: 'c', elsewhere: 'there' }];
  const scan = (source: string): string[] => faults(list, new Map([['a.test.ts', source]]));
  const REST = "test('guarantee I-2: b', () => { figure('I-2', 'x'); });\n";

  test('finds titles of tests, tables and groups, several ids in one, and takes nothing else for one', () => {
    expect(scan(`${REST}test('guarantee A1: a', () => { figure('A1', 'x'); });`)).toEqual([]);
    expect(scan(`${REST}test.each([[1]])('guarantee A1: a', () => { figure('A1', \`\${n}\`); });`)).toEqual([]);
    expect(scan(`${REST}describe('guarantee A1: a', () => { test('x', () => { figure('A1', 'x'); }); });`)).toEqual([]);
    expect(scan("test('guarantees A1 and I-2: both', () => { figure('A1', 'x'); figure('I-2', 'x'); });")).toEqual([]);
    for (const none of ["// test('guarantee A1: a')", "const title = 'guarantee A1: a';", "other.test('guarantee A1: a', f);", "test('no guarantee of A1', f);"]) expect(scan(REST + none)).toEqual(['A1 has no test']);
  });

  test.each([
    ["test('guarantee A1: a', f);", ['A1 reports no figure']],
    ["test('guarantee A1: a', () => { figure('A1', 'x'); }); test('guarantee A9: a', f);", ['a.test.ts: there is no guarantee A9']],
    ["test('guarantee A1: a', () => { figure('A1', 'x'); }); figure('K', 'x');", ['a.test.ts: a figure of K, which it does not test']],
    ["test('guarantees A1 and K: a', () => { figure('A1', 'x'); figure('K', 'x'); });", ['K has a test and is said to be guarded elsewhere']],
    ["test.skip('guarantee A1: a', () => { figure('A1', 'x'); });", ['a.test.ts: a test is left out', 'a.test.ts: a figure of A1, which it does not test', 'A1 has no test']],
  ])('%s', (source, expected) => {
    expect(scan(REST + source)).toEqual(expected);
  });
});

describe('the report of a run', () => {
  const list: Guarantee[] = [{ id: 'A1', holds: 'first holds' }, { id: 'I-2', holds: 'second holds' }, { id: 'K', holds: 'third holds', elsewhere: 'the soak test' }];
  const report = (tests: [status: string, fullName: string][], figures: { id: string; text: string }[] = [], all = true) =>
    guaranteeLines(list, [{ testResults: tests.map(([status, fullName]) => ({ status, fullName })) }], figures, all);
  const FIRST: [string, string] = ['passed', 'group guarantee A1: a'];
  const SECOND: [string, string] = ['passed', 'guarantee I-2: b'];

  test('has one line per guarantee with what was measured', () => {
    expect(report([FIRST, SECOND], [{ id: 'A1', text: 'N = 5' }, { id: 'A1', text: 'sqlite' }, { id: 'A1', text: 'sqlite' }])).toEqual({
      lines: ['guarantee A1  first holds  pass  N = 5; sqlite', 'guarantee I-2 second holds  pass', 'guarantee K   third holds  not here  the soak test'], missing: 0,
    });
  });

  test('fails by one failed test among passed ones, and misses what was not tested or skipped', () => {
    expect(report([FIRST, SECOND, ['failed', 'guarantees A1 and B2: c']]).lines[0]).toBe('guarantee A1  first holds  FAIL  "guarantees A1 and B2: c" failed');
    for (const tests of [[SECOND], [SECOND, ['pending', 'guarantee A1: a'] as [string, string]]]) {
      expect(report(tests)).toMatchObject({ missing: 1, lines: ['guarantee A1  first holds  missing  no test of it passed', expect.anything(), expect.anything()] });
    }
  });

  test('says nothing of what a narrowed run left out', () => {
    expect(report([SECOND], [], false)).toEqual({ lines: ['guarantee I-2 second holds  pass'], missing: 0 });
  });
});
