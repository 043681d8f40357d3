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

/** The same for the guarantees, reported by guarantee. Words before the first option narrow the run to files whose paths hold one. */
export function guaranteesRun(root, args) {
  const options = args.findIndex((arg) => arg.startsWith('-'));
  const words = options < 0 ? args : args.slice(0, options);
  const files = guaranteeTests(root).filter((file) => words.length === 0 || words.some((word) => file.includes(word)));
  process.env.BSG_GUARANTEES = words.length === 0 ? 'all' : 'some';
  return [...run(root, 'tools/guarantee-lines.mjs'), ...args.slice(words.length), '--runTestsByPath', ...files];
}

function run(root, reporter) {
  // DynamoDB Local lives for seconds in most suites: a compiler that pays off after minutes and collecting on many threads cost it half as much CPU again.
  process.env.JDK_JAVA_OPTIONS ??= '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC';
  return [
    '--experimental-vm-modules', '--no-warnings', join(root, 'node_modules/jest/bin/jest.js'),
    '--rootDir', root, '--reporters', 'default', '--reporters', join(root, reporter), '--maxWorkers', '2',
  ];
}

/** The test files that hold tests of translation cases: the others need not be loaded. */
export const translationTests = (root) => testsThatSay(root, /['"`]translation D\d/);

/** The test files of guarantees: all of their own folder, and those elsewhere that hold some. */
export function guaranteeTests(root) {
  const own = join(root, 'test', 'guarantees');
  return [...new Set([...testsThatSay(root, /['"`]guarantees? [A-K]/), ...testsThatSay(root, /(?:)/).filter((file) => file.startsWith(own))])].toSorted();
}

/** Test files with such text. Those of the house only speak of it, but for the one that guards something itself. */
function testsThatSay(root, text) {
  return readdirSync(join(root, 'test'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts') && (basename(entry.parentPath) !== 'house' || entry.name === 'bundles.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => text.test(readFileSync(file, 'utf8')))
    .toSorted();
}
