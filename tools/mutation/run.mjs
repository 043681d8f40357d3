// `npm run test:mutation`: Stryker changes one thing after the other in the pure folders below and runs the tests of
// these folders against every change. A folder's name as argument limits the run to it, e.g. `-- audit`. `--survivors`
// shows the changes that no test noticed, and where one ran into the time limit. Exits 1 when fewer than `LEAST_PERCENT` of a folder's changes are noticed.
import { rmSync } from 'node:fs';
import { relative } from 'node:path';
import { Stryker } from '@stryker-mutator/core';
import { inRoot } from '../launcher/paths.mjs';
import { FOLDERS, scoreLines, scores } from './score.mjs';

const args = process.argv.slice(2);
const named = FOLDERS.filter((folder) => args.includes(folder));
const folders = named.length > 0 ? named : FOLDERS;
const unknown = args.filter((arg) => arg !== '--survivors' && !FOLDERS.includes(arg));
if (unknown.length > 0) {
  console.error(`There is no folder "${unknown[0]}"; there are ${FOLDERS.join(', ')}.`);
  process.exit(1);
}

process.chdir(inRoot('.'));
const COPIES = '.cache/mutation';
// What a run that was interrupted left behind.
rmSync(COPIES, { recursive: true, force: true });
const begun = performance.now();
const results = await new Stryker({
  mutate: folders.map((folder) => `functions/core/${folder}/*.ts`),
  // The copy in which the tests run needs no more than they load.
  ignorePatterns: ['**', '!package.json', '!jest.config.ts', '!functions/{core,contract}/**', '!test/core/**', '!test/support/**'],
  tempDirName: COPIES,
  plugins: ['@stryker-mutator/jest-runner'],
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--no-warnings'],
  jest: {
    projectType: 'custom',
    configFile: 'jest.config.ts',
    config: {
      testMatch: folders.map((folder) => `<rootDir>/test/core/${folder}/**/*.test.ts`),
      // A process of its own would not see the change.
      testPathIgnorePatterns: ['/keygen\\.test\\.ts$'],
      // It builds the server, which none of these tests starts.
      globalSetup: null,
      setupFiles: ['<rootDir>/test/support/mutation-run.ts'],
    },
    // Jest loads no test file that does not import the changed one.
    enableFindRelatedTests: true,
  },
  coverageAnalysis: 'perTest',
  disableTypeChecks: false,
  concurrency: 2,
  // Endless loops end sooner, by their count; this is for the rest, and generous because a busy machine must not count as noticed.
  timeoutMS: 30_000,
  timeoutFactor: 2,
  reporters: ['progress-append-only', ...(args.includes('--survivors') ? ['clear-text'] : [])],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportScoreTable: false },
  logLevel: 'error',
  allowConsoleColors: false,
  warnings: false,
}).runMutationTest();

if (args.includes('--survivors')) {
  for (const { fileName, location, replacement } of results.filter(({ status }) => status === 'Timeout')) console.log(`[Timeout] ${relative('.', fileName)}:${location.start.line}:${location.start.column + 1}  ${replacement.split('\n')[0]}`);
}
const found = scores(results);
console.log(`\n${scoreLines(found).join('\n')}\n${Math.round((performance.now() - begun) / 1000)} s`);
process.exit(found.every(({ ok }) => ok) ? 0 : 1);
