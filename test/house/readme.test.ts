import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { config } from '../../functions/contract/config.ts';
import { needs } from '../support/optional.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
let dir: string;
let server: ServerProcess;
let readme: string;

beforeAll(async () => {
  readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  // Inside the project, so that the snippets find the packages as a user's own project would.
  await mkdir(join(ROOT, 'node_modules', '.cache'), { recursive: true });
  dir = await mkdtemp(join(ROOT, 'node_modules', '.cache', 'readme-'));
  const data = await mkdtemp(join(tmpdir(), 'bsg-readme-'));
  await mkdir(join(data, 'data'));
  server = await startServer({ dataDir: join(data, 'data'), args: ['--demo'] });
});
afterAll(async () => {
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

const blocks = (language: string): string[] => [...readme.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map((match) => match[1] ?? '');
/** The snippet as it stands, but for the port, which a test must not take from a running gateway. */
const here = (snippet: string): string => snippet.replaceAll('http://127.0.0.1:8787', server.origin);
const env = (): NodeJS.ProcessEnv => ({ PATH: process.env['PATH'], BSG_KEY: server.ready.demoKey });

test('the Node snippets print an answer of the model that was chosen', async () => {
  const [openai, anthropic, ...rest] = blocks('js');
  expect(rest).toEqual([]);
  await writeFile(join(dir, 'openai.mjs'), here(openai ?? ''));
  const first = await run(process.execPath, [join(dir, 'openai.mjs')], { env: env() });
  expect(first.stdout).toMatch(/^demo-cheap .*capital of France/);
  await writeFile(join(dir, 'anthropic.mjs'), here(anthropic ?? ''));
  const second = await run(process.execPath, [join(dir, 'anthropic.mjs')], { env: env() });
  expect(second.stdout).toContain('simulated');
});

test('the curl snippet prints an answer', async () => {
  const snippet = blocks('sh').find((block) => block.startsWith('curl'));
  const { stdout } = await run('sh', ['-c', `${here(snippet ?? '')} -s`.replace(/\n +-s$/, ' -s')], { env: env() });
  expect(JSON.parse(stdout)).toMatchObject({ object: 'chat.completion', model: 'demo-cheap' });
});

test('the config file is accepted as it stands', () => {
  const [document] = blocks('json');
  expect(config.safeParse(JSON.parse(document ?? '')).error).toBeUndefined();
});

needs('python3')('the Python snippet', () => {
  test('compiles, and its request works with the standard library', async () => {
    const [snippet] = blocks('python');
    await writeFile(join(dir, 'snippet.py'), here(snippet ?? ''));
    await run('python3', ['-m', 'py_compile', join(dir, 'snippet.py')], { env: env() });
    const replay = `import json, os, urllib.request
body = {"model": "auto", "messages": [{"role": "user", "content": "What is the capital of France?"}]}
request = urllib.request.Request("${server.ready.baseUrl}/chat/completions", json.dumps(body).encode(), {"content-type": "application/json", "authorization": "Bearer " + os.environ["BSG_KEY"]})
print(json.load(urllib.request.urlopen(request))["model"])`;
    const { stdout } = await run('python3', ['-c', replay], { env: env() });
    expect(stdout.trim()).toBe('demo-cheap');
  });
});
