import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closingLines } from './jest-closing-lines.mjs';

/** How a test or its `describe` says what it guards: `guarantee C1: what holds`, `guarantees A6 and H8: …`. */
const GUARDS = /(?:^| )guarantees? ((?:[A-J]-?\d+|K)(?:(?:, | and )(?:[A-J]-?\d+|K))*)(?![\w-])/g;

/** The committed list: `{id, holds, elsewhere?}`, in its order. `elsewhere` says what guards it where this run does not. */
export function guarantees() {
  return JSON.parse(readFileSync(new URL('../test/support/guarantees.json', import.meta.url), 'utf8'));
}

/** The ids that a full test name claims, each once. */
export function guardedBy(fullName) {
  return [...new Set([...fullName.matchAll(GUARDS)].flatMap(([, ids]) => ids.split(/, | and /)))];
}

/**
 * One line per guarantee: its id, what holds, `pass`, `FAIL` or `missing`, and what its tests measured (or why it failed). A
 * guarantee passes when a test of it ran and passed and none failed; a test that was skipped is no test. `files` are jest's
 * results per file, `figures` are `{id, text}`. Where only some tests were asked for, `all` is false and ids without one have no line.
 */
export function guaranteeLines(list, files, figures, all) {
  const tests = files.flatMap((file) => file.testResults).map(({ fullName, status }) => ({ fullName, status, ids: guardedBy(fullName) }));
  const verdicts = list.map((row) => verdictOn(row, tests.filter(({ ids }) => ids.includes(row.id)), figures)).filter(({ verdict }) => all || verdict === 'pass' || verdict === 'FAIL');
  return {
    lines: verdicts.map(({ id, holds, verdict, words }) => `guarantee ${id.padEnd(4)}${holds}  ${verdict}${words === '' ? '' : `  ${words}`}`),
    // A failed test is counted as one already; what no test guards is a failure of its own.
    missing: verdicts.filter(({ verdict }) => verdict === 'missing').length,
  };
}

function verdictOn({ id, holds, elsewhere }, tests, figures) {
  const failed = tests.filter(({ status }) => status === 'failed').map(({ fullName }) => `"${fullName}" failed`);
  if (failed.length > 0) return { id, holds, verdict: 'FAIL', words: failed.join('; ') };
  if (tests.some(({ status }) => status === 'passed')) return { id, holds, verdict: 'pass', words: [...new Set(figures.filter((one) => one.id === id).map(({ text }) => text))].join('; ') };
  if (elsewhere !== undefined) return { id, holds, verdict: 'not here', words: elsewhere };
  return { id, holds, verdict: 'missing', words: 'no test of it passed' };
}

/** The figures that tests wrote with `test/support/figure.ts`. */
function figuresIn(file) {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

/**
 * Jest reporter that prints those lines before the closing ones. A guarantee without a passing test fails a run of all of
 * them even though jest saw no failure.
 */
export default class GuaranteeLines {
  #folder = mkdtempSync(join(tmpdir(), 'bsg-figures-'));
  #all;
  #missing = 0;

  constructor({ testNamePattern }) {
    // Workers inherit the environment of this process when they are started, which is later.
    process.env.BSG_FIGURES = join(this.#folder, 'figures.jsonl');
    this.#all = process.env.BSG_GUARANTEES === 'all' && !testNamePattern;
  }

  onRunComplete(_contexts, results) {
    const { lines, missing } = guaranteeLines(guarantees(), results.testResults, figuresIn(process.env.BSG_FIGURES), this.#all);
    this.#missing = missing;
    rmSync(this.#folder, { recursive: true, force: true });
    const last = closingLines({ ...results, numFailedTests: results.numFailedTests + missing });
    // Jest prints its own summary after every other reporter; only the end of the process comes later.
    process.once('exit', () => process.stdout.write(`${[...lines, ...last].join('\n')}\n`));
  }

  getLastError() {
    return this.#missing === 0 ? undefined : new Error(`${this.#missing} guarantees have no passing test`);
  }
}
