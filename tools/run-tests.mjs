import { join } from 'node:path';

/**
 * Arguments of Node that run jest over the ESM sources with our closing report. `args` go to jest after our own, so a
 * bare word is a path pattern and a repeated option wins. Two workers: the machines this runs on have few cores, and
 * jest's own choice there is one.
 */
export function jest(root, args) {
  return [
    '--experimental-vm-modules', '--no-warnings', join(root, 'node_modules/jest/bin/jest.js'),
    '--rootDir', root, '--reporters', 'default', '--reporters', join(root, 'tools/jest-closing-lines.mjs'), '--maxWorkers', '2', ...args,
  ];
}
