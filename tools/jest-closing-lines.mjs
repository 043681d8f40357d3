/** How `test/support/optional.ts` titles what it could not run. */
const NOT_RUN = /^not run: needs .+/;

/**
 * Jest reporter whose last stdout line is `N passed, N failed`, preceded by one line per suite that this machine could
 * not run. A test file that fails to load counts as one failure, so that the line never says 0 failed of a broken run.
 */
export default class ClosingLines {
  onRunComplete(_contexts, results) {
    // Jest prints its own summary after every other reporter; only the end of the process comes later.
    process.once('exit', () => process.stdout.write(`${closingLines(results).join('\n')}\n`));
  }
}

/** The lines for jest's aggregated result. */
export function closingLines({ testResults, numPassedTests, numFailedTests, numRuntimeErrorTestSuites }) {
  const notRun = testResults.flatMap((file) => file.testResults)
    .filter((test) => test.status === 'pending' && NOT_RUN.test(test.title)).map((test) => test.title);
  return [...new Set(notRun), `${numPassedTests} passed, ${numFailedTests + numRuntimeErrorTestSuites} failed`];
}
