import { readFileSync } from 'node:fs';

/** How a test says which cases it covers, and in which forms: `translation D3, D12 (whole, streamed): what holds`. */
const COVERS = /(?:^| )translation ((?:D\d+, )*D\d+) \(((?:whole|streamed)(?:, (?:whole|streamed))*)\): /;

/** The cases of the committed list: `{case, title, forms, choice?}`, in their order. */
export function translationCases() {
  return JSON.parse(readFileSync(new URL('../test/support/translation-cases.json', import.meta.url), 'utf8'));
}

/** The case numbers and forms that a test's title names; undefined when it names none. */
export function coveredBy(title) {
  const found = COVERS.exec(title);
  return found === null ? undefined : { cases: found[1].split(', ').map((id) => Number(id.slice(1))), forms: found[2].split(', ') };
}

/**
 * One line per case, and whether all passed. A case passed when each of its forms has a test that ran and passed, and none of
 * its tests failed; a test that was skipped is no test. `files` are jest's results per file.
 */
export function translationLines(cases, files) {
  const tests = files.flatMap((file) => file.testResults).flatMap((test) => {
    const covered = coveredBy(test.fullName);
    return covered === undefined ? [] : [{ ...covered, name: test.fullName, status: test.status }];
  });
  const verdicts = cases.map((row) => ({ row, faults: faultsOf(row, tests.filter((test) => test.cases.includes(row.case))) }));
  return {
    lines: verdicts.map(({ row, faults }) => lineOf(row, faults)),
    passed: verdicts.filter(({ faults }) => faults.length === 0).length,
    failed: verdicts.filter(({ faults }) => faults.length > 0).length,
  };
}

function faultsOf({ forms }, tests) {
  const failed = tests.filter(({ status }) => status === 'failed').map(({ name }) => `"${name}" failed`);
  const untested = forms.filter((form) => !tests.some((test) => test.status === 'passed' && test.forms.includes(form)));
  return [...failed, ...untested.map((form) => `no test of the ${form} form passed`)];
}

function lineOf({ case: number, title, forms, choice }, faults) {
  if (faults.length > 0) return `D${number} failed (${faults.join('; ')}): ${title}`;
  return `D${number} passed ${choice === true ? 'as decided ' : ''}(${forms.toReversed().join(', ')}): ${title}`;
}

/**
 * Jest reporter that prints those lines and, last, `N passed, N failed` of cases. A file that did not load is a failure of
 * its own; a case without a passing test fails the run even though jest saw no failure.
 */
export default class TranslationLines {
  #failed = 0;

  onRunComplete(_contexts, { testResults, numRuntimeErrorTestSuites }) {
    const { lines, passed, failed } = translationLines(translationCases(), testResults);
    this.#failed = failed + numRuntimeErrorTestSuites;
    const last = `${passed} passed, ${this.#failed} failed`;
    // Jest prints its own summary after every other reporter; only the end of the process comes later.
    process.once('exit', () => process.stdout.write(`${[...lines, last].join('\n')}\n`));
  }

  getLastError() {
    return this.#failed === 0 ? undefined : new Error(`${this.#failed} translation cases failed`);
  }
}
