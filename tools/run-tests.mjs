import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/**
 * Arguments of Node that run jest over the ESM sources with our closing report. `args` go to jest after our own, so a
 * bare word is a path pattern and a repeated option wins. Two workers: the machines this runs on have few cores, and
 * jest's own choice there is one. The word `translation` alone runs the tests of the translation cases and reports by case.
 */
export function jest(root, args) {
  const [word, ...rest] = args;
  if (word === 'translation') return [...run(root, 'tools/translation-lines.mjs'), '--testNamePattern', '(?:^| )translation D\\d', ...rest, '--runTestsByPath', ...translationTests(root)];
  return [...run(root, 'tools/jest-closing-lines.mjs'), ...args];
}

function run(root, reporter) {
  return [
    '--experimental-vm-modules', '--no-warnings', join(root, 'node_modules/jest/bin/jest.js'),
    '--rootDir', root, '--reporters', 'default', '--reporters', join(root, reporter), '--maxWorkers', '2',
  ];
}

/** The test files that hold tests of translation cases: the others need not be loaded. The tests of this house only speak of them. */
export function translationTests(root) {
  return readdirSync(join(root, 'test'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts') && basename(entry.parentPath) !== 'house')
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => /['"`]translation D\d/.test(readFileSync(file, 'utf8')))
    .toSorted();
}
