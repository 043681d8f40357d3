import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { root } from './tree.ts';

const { NODE_FLAGS, MALLOC } = (await import(join(root, 'tools/launcher/node-flags.mjs'))) as { NODE_FLAGS: readonly string[]; MALLOC: Readonly<Record<string, string>> };
const malloc = Object.entries(MALLOC).map(([name, value]) => `${name}=${value}`).join(' ');

test.each([
  ['package.json', `node ${NODE_FLAGS.join(' ')} tools/launch.mjs start`],
  ['tools/deploy/bsgateway.service', `node ${NODE_FLAGS.join(' ')} `],
  ['tools/deploy/Dockerfile', `"node", ${NODE_FLAGS.map((flag) => `"${flag}"`).join(', ')}, `],
])('%s starts Node with the flags and the settings of malloc that the memory budget was measured with', (path, flags) => {
  const text = readFileSync(join(root, path), 'utf8');
  expect(text).toContain(flags);
  expect(text).toContain(malloc);
});
