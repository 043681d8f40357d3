import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openWorld, type ClientWorld } from './world.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const page = await readFile(join(ROOT, 'docs', 'clients.md'), 'utf8');
let world: ClientWorld;
let dir: string;
beforeAll(async () => {
  world = await openWorld();
  // Inside the project, so that the snippets find the packages as a user's own project would.
  await mkdir(join(ROOT, 'node_modules', '.cache'), { recursive: true });
  dir = await mkdtemp(join(ROOT, 'node_modules', '.cache', 'clients-'));
});
afterAll(async () => {
  await world.close();
  await rm(dir, { recursive: true, force: true });
});

/** The snippets under each heading, and how many answers each prints. */
const SNIPPETS = { 'OpenAI SDK': 2, 'Anthropic SDK': 1, 'Vercel AI SDK': 3, 'LangChain': 2 } as const;
const sections = new Map(page.split(/^## /m).slice(1).map((text) => [text.slice(0, text.indexOf('\n')), text]));

test.each(Object.entries(SNIPPETS))('the snippet of %s prints %i answers', async (heading, answers) => {
  const [, snippet] = /^```js\n(.*?)^```/ms.exec(sections.get(heading) ?? '') ?? [];
  const file = join(dir, `${heading.replaceAll(' ', '-')}.mjs`);
  await writeFile(file, (snippet ?? '').replaceAll('http://127.0.0.1:8787', world.origin));
  const { stdout } = await run(process.execPath, [file], { env: { PATH: process.env['PATH'], BSG_KEY: world.key } });
  expect(stdout).toBe('Hello from the mock.\n'.repeat(answers));
});

test('every snippet of the page is one of these, or the settings that the tests of the agents read', () => {
  expect([...sections.keys()]).toEqual(['OpenAI SDK', 'Anthropic SDK', 'Claude Code', 'Codex', 'Vercel AI SDK', 'LangChain']);
  expect([...page.matchAll(/^```(\w+)/gm)].map(([, language]) => language)).toEqual(['js', 'js', 'sh', 'toml', 'js', 'js']);
});

test('the versions of the page are those that are installed', async () => {
  const rows = [...page.matchAll(/^\| `([^`]+)` \| (\S+) \|$/gm)].map(([, name = '', version = '']) => [name, version]);
  const dependencies = async (folder: string): Promise<Record<string, string>> => {
    const manifest = JSON.parse(await readFile(join(ROOT, folder, 'package.json'), 'utf8')) as { dependencies: Record<string, string>; devDependencies?: Record<string, string> };
    return { ...manifest.dependencies, ...manifest.devDependencies };
  };
  const pinned = { ...(await dependencies('.')), ...(await dependencies('test/clients/agents/claude-code')), ...(await dependencies('test/clients/agents/codex')) };
  expect(rows).toHaveLength(10);
  expect(rows).toEqual(rows.map(([name = '']) => [name, pinned[name]]));
});
