import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { parseKey } from '../../../functions/core/keys/virtual-key.ts';

const TOOL = fileURLToPath(new URL('../../../tools/keygen.ts', import.meta.url));
const keygen = (...args: string[]) => spawnSync(process.execPath, ['--no-warnings', TOOL, ...args], { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } });

test.each([[[], 'live'], [['live'], 'live'], [['test'], 'test']] as const)('keygen %j prints one valid %s key and nothing else', (args, env) => {
  const { stdout, stderr, status } = keygen(...args);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  expect(parseKey(stdout.slice(0, -1))?.env).toBe(env);
  expect(stdout.endsWith('\n')).toBe(true);
});

test('keygen with anything else prints no key, one sentence and exit code 1', () => {
  const { stdout, stderr, status } = keygen('prod');
  expect({ stdout, status }).toEqual({ stdout: '', status: 1 });
  expect(stderr).toMatch(/^Usage: .*\.\n$/);
});
