import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, test } from '@jest/globals';
import { canMount } from './small-disk.ts';

/** Programs that some suites need and a developer's machine may lack. */
export type Program = 'java' | 'python3' | 'chromium' | 'agents' | 'mount';

interface Need {
  readonly words: string;
  readonly present: () => boolean;
}

const answers = (command: string, args: readonly string[], accepts: (output: string) => boolean = () => true): boolean => {
  const done = spawnSync(command, args, { encoding: 'utf8', timeout: 20_000 });
  return done.status === 0 && accepts(done.stdout + done.stderr);
};

/** `java -version` writes `version "17.0.9"`; before Java 9 it was `"1.8.0"`, which is too old either way. */
export const isJava17 = (output: string): boolean => Number(/version "(\d+)/.exec(output)?.[1] ?? 0) >= 17;

const CHROMIUM = ['chromium', 'chromium-browser', 'google-chrome'];
const NEEDS: Record<Program, Need> = {
  java: { words: 'Java 17', present: () => answers('java', ['-version'], isJava17) },
  python3: { words: 'Python 3', present: () => answers('python3', ['--version']) },
  // Some 750 MB unpacked: they are installed only where somebody asks for them.
  agents: { words: 'BSG_AGENTS=1', present: () => process.env['BSG_AGENTS'] === '1' },
  mount: { words: 'a user who may mount a file system', present: canMount },
  chromium: {
    words: 'Chromium',
    present: () => existsSync(process.env['CHROME_PATH'] ?? '') || CHROMIUM.some((command) => answers(command, ['--version'])),
  },
};

/** What happens to a suite: it runs, it is reported in one line, or (where everything must run) it fails with that line. */
export type Verdict = 'run' | 'report' | 'fail';
export const verdictOn = (present: boolean, required: boolean): Verdict => (present ? 'run' : required ? 'fail' : 'report');

const found = new Map<Program, boolean>();
const isPresent = (program: Program): boolean => {
  const known = found.get(program) ?? NEEDS[program].present();
  found.set(program, known);
  return known;
};

/**
 * A `describe` for suites that need `program`. Where it is missing the body is not evaluated: the suite becomes one
 * line, `not run: needs Java 17 (name of the suite)`, which is green on a developer's machine and a failure where the
 * environment says `CI_REQUIRE=1`. The closing report of `npm test` prints these lines.
 */
export function needs(program: Program): (name: string, body: () => void) => void {
  const verdict = verdictOn(isPresent(program), process.env['CI_REQUIRE'] === '1');
  return (name, body) => {
    if (verdict === 'run') {
      describe(name, body);
      return;
    }
    const line = `not run: needs ${NEEDS[program].words} (${name})`;
    if (verdict === 'report') test.skip(line, () => {});
    else test(line, () => { throw new Error(`${line}, and CI_REQUIRE=1 asks for every suite`); });
  };
}
