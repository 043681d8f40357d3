import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { root } from './tree.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ci-run-'));
  cpSync(join(root, '.ci'), join(folder, '.ci'), { recursive: true });
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ scripts: { 'test': '', 'test:guarantees': '' } }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the script with a stand-in for npm whose commands do as given; the programs that suites need are all there. */
function run(commands: { ci?: string; types?: string; lint?: string; test?: string; guarantees?: string }) {
  const good = { ci: 'true', types: 'true', lint: 'true', test: 'echo "10 passed, 0 failed"', guarantees: 'echo "5 passed, 0 failed"', ...commands };
  const stub = (name: string, script: string): void => {
    writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, 'bin', name), 0o755);
  };
  stub('npm', `case "$*" in ci*) ${good.ci};; *types*) ${good.types};; *lint*) ${good.lint};; *guarantees*) ${good.guarantees};; test*) ${good.test};; esac`);
  for (const program of ['java', 'python3', 'chromium']) stub(program, 'true');
  const done = spawnSync(join(folder, '.ci/run'), { encoding: 'utf8', env: { ...process.env, PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}` } });
  return { code: done.status, last: done.stdout.trimEnd().split('\n').at(-1) };
}

describe('.ci/run', () => {
  test('is green with the sum of all suites in its last line', () => {
    expect(run({})).toEqual({ code: 0, last: '17 passed, 0 failed' });
  });

  test.each<[string, Parameters<typeof run>[0], string]>([
    ['a failing test', { test: 'echo "9 passed, 1 failed"; exit 1' }, '16 passed, 1 failed'],
    ['a failure that the suite\'s exit code hides', { test: 'echo "9 passed, 1 failed"' }, '16 passed, 1 failed'],
    ['an exit code without a failed test', { guarantees: 'echo "5 passed, 0 failed"; exit 1' }, '17 passed, 1 failed'],
    ['a suite that says nothing', { guarantees: 'true' }, '12 passed, 1 failed'],
    ['types and lint', { types: 'exit 2', lint: 'exit 1' }, '15 passed, 2 failed'],
    ['dependencies that do not install', { ci: 'exit 1' }, '0 passed, 1 failed'],
  ])('is red for %s', (_what, commands, last) => {
    expect(run(commands)).toEqual({ code: 1, last });
  });
});
