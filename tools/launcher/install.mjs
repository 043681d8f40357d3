import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from './start-error.mjs';

/**
 * Installs the locked dependencies when node_modules does not hold them; otherwise costs one hash of the lockfile.
 * To serve, a fresh clone gets only what runs (`scope` 'run'), which is a fraction of it all; what builds and tests is
 * added when a task first needs it, beside what is there. An installation that somebody made with npm directly is
 * recognised and kept. Throws `StartError` when npm fails.
 * @param {string} root folder of package-lock.json
 * @param {(root: string, how: 'run' | 'all' | 'rest') => number} run installs and returns npm's exit code (a parameter for the tests)
 * @param {'run' | 'all'} scope
 * @returns {'unchanged' | 'recognised' | 'installed'}
 */
export function ensureInstalled(root, run = npm, scope = 'all') {
  const lock = read(join(root, 'package-lock.json'));
  if (lock === undefined) throw new StartError('package-lock.json is missing, so there is nothing to install from; restore it from the repository.');
  const hash = createHash('sha256').update(lock).digest('hex');
  const stamp = join(root, 'node_modules', '.bsgateway-lock');
  // Beside the stamp while only a part is there: bundles are keyed by the stamp, and are the same with either.
  const part = join(root, 'node_modules', '.bsgateway-lock-part');
  const isKnown = read(stamp) === hash;
  const isPart = read(part) === hash;
  if (isKnown && (scope === 'run' || !isPart)) return 'unchanged';
  const recognised = holds(read(join(root, 'node_modules', '.package-lock.json')), lock);
  const how = isKnown && isPart ? 'rest' : scope;
  if (!recognised && run(root, how) !== 0) throw new StartError('npm ci failed (see above), so BSGateway cannot start; check the network or the npm settings and try again.');
  if (!recognised && how === 'run') writeFileSync(part, hash);
  else rmSync(part, { force: true });
  writeFileSync(stamp, hash);
  return recognised ? 'recognised' : 'installed';
}

/** True when npm's own record of what it installed names every package the lockfile requires here, in the same versions. */
export function holds(installedText, lockText) {
  if (installedText === undefined) return false;
  const installed = JSON.parse(installedText).packages;
  const wanted = JSON.parse(lockText).packages;
  const nothingElse = Object.keys(installed).every((path) => wanted[path] !== undefined);
  return nothingElse && Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || entry.link) return true;
    const present = installed[path];
    if (present === undefined) return Boolean(entry.optional || entry.devOptional || entry.peer);
    return present.version === entry.version && present.integrity === entry.integrity;
  });
}

/** `npm ci` puts exactly what is locked into an empty folder; `npm install --no-save` adds the rest to one that is in use. */
const COMMANDS = { run: ['ci', '--omit=dev'], all: ['ci'], rest: ['install', '--no-save', '--prefer-offline'] };

function npm(root, how) {
  if (how !== 'rest') process.stderr.write('Installing dependencies (once) …\n');
  const path = process.env.npm_execpath;
  // A package for tests that wants a newer Node than npm runs on is no concern of whoever starts the server.
  const args = [...COMMANDS[how], '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  // npm's output goes to stderr: stdout belongs to the task (`keygen`, `start --json`).
  const options = { cwd: root, stdio: ['ignore', how === 'rest' ? 'ignore' : 2, 2] };
  const done = path?.endsWith('.js')
    ? spawnSync(process.execPath, [path, ...args], options)
    : spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
  return done.status ?? 1;
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
