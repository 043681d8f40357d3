import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { EMPTY_ROUTING } from '../../functions/adapters/store/routing.ts';
import { routing } from '../../functions/contract/routing.ts';
import { root } from './tree.ts';
import { figure } from '../support/figure.ts';

interface Metafile { readonly outputs: Readonly<Record<string, { readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>> }>> }
interface Build {
  readonly LAMBDAS: Readonly<Record<string, string>>;
  lambdaTarget(name: string): string;
  metafileOf(root: string, name: string): string;
  ensureBuilt(root: string, name: string): Promise<string>;
}
const { LAMBDAS, lambdaTarget, metafileOf, ensureBuilt } = (await import(join(root, 'tools/build.mjs'))) as Build;
const KB = 1_000;

interface Bundle { readonly file: string; readonly text: string; readonly inputs: readonly string[] }
const bundles = new Map<string, Bundle>();
const bundle = (name: string): Bundle => {
  const found = bundles.get(name);
  if (found === undefined) throw new Error(`no bundle ${name}`);
  return found;
};

/** Sources of which at least one byte is in the bundle; esbuild also lists what fell away. */
async function build(name: string): Promise<Bundle> {
  const file = await ensureBuilt(root, lambdaTarget(name));
  const { outputs } = JSON.parse(readFileSync(metafileOf(root, lambdaTarget(name)), 'utf8')) as Metafile;
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs)).filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path);
  return { file, text: readFileSync(file, 'utf8'), inputs };
}

beforeAll(async () => {
  for (const name of Object.keys(LAMBDAS)) bundles.set(name, await build(name));
});

describe('the functions\' bundles', () => {
  test('each is one file that stands alone: every import is one of Node\'s own modules', () => {
    for (const name of Object.keys(LAMBDAS)) {
      const { file, text } = bundle(name);
      expect(readdirSync(dirname(file))).toEqual(['index.mjs']);
      const specifiers = [...text.matchAll(/(?:^|[;}\s])(?:import|export)\b[^'"();]*?from\s*["']([^"']+)["']|(?:^|[^.\w])(?:import|require)\(\s*["']([^"']+)["']\s*\)/g)].map(([, named, called]) => named ?? called ?? '');
      expect(specifiers.filter((specifier) => !specifier.startsWith('node:') && !NODES.has(specifier) && !IN_WORDS.has(specifier))).toEqual([]);
    }
  });

  test('guarantee J5: the gateway\'s is at most 700 KB and holds no code of the OpenAI and Anthropic SDKs', () => {
    const { file, inputs } = bundle('gateway');
    expect(statSync(file).size).toBeLessThanOrEqual(700 * KB);
    expect(inputs.filter((path) => /node_modules\/(?:openai|@anthropic-ai)\//.test(path))).toEqual([]);
    expect(inputs).toContain('functions/adapters/vault/open.ts');
    figure('J5', `${Math.round(statSync(file).size / KB)} KB of at most 700, 0 files of the SDKs (load time: npm run bench:cold)`);
  });

  test('the gateway\'s reads requests without the schema library, whose start would count at every cold start', () => {
    expect(bundle('gateway').inputs.filter((path) => path.includes('node_modules/zod/'))).toEqual([]);
    expect(EMPTY_ROUTING).toEqual(routing.parse({}));
  });

  test('no function carries the parts of the SDK that none uses', () => {
    for (const name of Object.keys(LAMBDAS)) expect(bundle(name).inputs.filter((path) => /event-streams\/(?!index\.js)|node_modules\/(?:mnemonist|obliterator)\//.test(path))).toEqual([]);
  });

  test('guarantee B5: the administration\'s holds neither the opening half of the vault nor a provider', () => {
    const { inputs } = bundle('admin');
    expect(inputs.filter((path) => path === 'functions/adapters/vault/open.ts' || path.startsWith('functions/adapters/providers/') || /node_modules\/(?:openai|@anthropic-ai)\//.test(path))).toEqual([]);
    expect(inputs).toContain('functions/admin/serve-admin.ts');
    figure('B5', `${inputs.length} files in the bundle, none of vault/open or providers`);
  });

  test('no job holds a key of any kind or the way to a provider', () => {
    for (const name of Object.keys(LAMBDAS).filter((name) => LAMBDAS[name]?.startsWith('functions/jobs/'))) {
      expect(bundle(name).inputs.filter((path) => /^functions\/adapters\/(?:vault|providers)\//.test(path) || path.includes('client-kms'))).toEqual([]);
    }
  });

  test('none starts where it is set up wrong: each names the variable it misses', () => {
    const runtime = 'globalThis.awslambda={streamifyResponse:(handler)=>handler,HttpResponseStream:{from:(stream)=>stream}};';
    for (const name of Object.keys(LAMBDAS)) {
      const script = `${runtime}await import(${JSON.stringify(bundle(name).file)})`;
      const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', env: { PATH: process.env['PATH'], AWS_REGION: 'eu-central-1' } });
      expect(status).toBe(1);
      expect(stderr).toMatch(/The environment variable BSG_\w+ is not set/);
    }
  });

  test('are built by one command, and an unchanged source is not built again', () => {
    const before = statSync(bundle('gateway').file).mtimeMs;
    const done = spawnSync(process.execPath, ['tools/build.mjs', 'lambda'], { cwd: root, encoding: 'utf8', env: { PATH: process.env['PATH'] } });
    expect({ status: done.status, stderr: done.stderr }).toEqual({ status: 0, stderr: '' });
    expect(statSync(bundle('gateway').file).mtimeMs).toBe(before);
  });
});

/** Named in the words of errors of the object store's client, which tell what to install for buckets in several regions. */
const IN_WORDS = new Set(['@aws-sdk/signature-v4-crt', '@aws-sdk/signature-v4a']);

/** Node's modules that CommonJS packages name without the prefix. */
const NODES = new Set(['assert', 'buffer', 'child_process', 'crypto', 'dns', 'events', 'fs', 'fs/promises', 'http', 'http2', 'https', 'net', 'os', 'path', 'process', 'stream', 'tls', 'url', 'util', 'zlib', 'vm', 'worker_threads']);
