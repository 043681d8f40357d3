import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LLMock } from '@copilotkit/aimock';

const ROOT = join(import.meta.dirname, '..', '..');

/** The command-line agents and the script in their npm package that starts the native program of this platform. */
const LAUNCHERS = { 'claude-code': '@anthropic-ai/claude-code/cli-wrapper.cjs', 'codex': '@openai/codex/bin/codex.js' } as const;
export type Agent = keyof typeof LAUNCHERS;

/** Downloading some 200 MB may take this long. */
export const INSTALL_TIMEOUT_MS = 300_000;
const RUN_TIMEOUT_MS = 50_000;

/**
 * Installs `agent` in the version that `agents/<agent>/package-lock.json` pins, once per lock, beside the packages of the
 * project: unpacked it is far larger than all of them. Gives the file to start with Node. Throws with npm's own words.
 */
export async function installAgent(agent: Agent): Promise<string> {
  const pinned = join(import.meta.dirname, 'agents', agent);
  const lock = readFileSync(join(pinned, 'package-lock.json'));
  const home = join(ROOT, 'node_modules', '.cache', 'agents', `${agent}-${createHash('sha256').update(lock).digest('hex').slice(0, 16)}`);
  const launcher = join(home, 'node_modules', LAUNCHERS[agent]);
  if (existsSync(launcher)) return launcher;
  // Under another name until it is whole, so that a broken download is never taken for an installation.
  const unfinished = `${home}.${process.pid}`;
  await mkdir(unfinished, { recursive: true });
  await cp(pinned, unfinished, { recursive: true });
  const npm = process.env['npm_execpath'];
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const options = { cwd: unfinished, encoding: 'utf8', timeout: INSTALL_TIMEOUT_MS } as const;
  const done = npm?.endsWith('.js') ? spawnSync(process.execPath, [npm, ...args], options) : spawnSync('npm', args, options);
  if (done.status !== 0) throw new Error(`npm ci of ${agent} failed: ${done.stderr}${done.error?.message ?? ''}`);
  await rm(home, { recursive: true, force: true });
  await rename(unfinished, home);
  return launcher;
}

/** The first block of `language` on docs/clients.md, for this gateway instead of the one that the page speaks of. */
export function documented(language: string, origin: string): string {
  const page = readFileSync(join(ROOT, 'docs', 'clients.md'), 'utf8');
  const block = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'ms').exec(page)?.[1];
  if (block === undefined) throw new Error(`docs/clients.md has no ${language}`);
  return block.replaceAll('http://127.0.0.1:8787', origin);
}

export interface Workplace {
  /** The agent's own home, empty at first. */
  readonly home: string;
  /** Where it works: it holds `note.txt`, whose only word is `secret`. */
  readonly work: string;
  /** Unguessable, so that whoever says it has read the file. */
  readonly secret: string;
  /** What is in `copy.txt`, which only a tool of the agent makes; undefined = it is not there. */
  copied(): Promise<string | undefined>;
  close(): Promise<void>;
}

export async function openWorkplace(): Promise<Workplace> {
  const dir = await mkdtemp(join(tmpdir(), 'bsg-agent-'));
  const [home, work] = [join(dir, 'home'), join(dir, 'work')];
  await mkdir(home);
  await mkdir(work);
  const secret = `note-${randomBytes(6).toString('hex')}`;
  await writeFile(join(work, 'note.txt'), `${secret}\n`);
  return {
    home, work, secret,
    copied: () => readFile(join(work, 'copy.txt'), 'utf8').catch(() => undefined),
    close: () => rm(dir, { recursive: true, force: true }),
  };
}

export interface Ran { readonly code: number | null; readonly stdout: string; readonly stderr: string }

/**
 * Runs an agent to its end, without the caller's own settings. Whatever it calls beyond this machine goes to a proxy that
 * is not there: an agent that needs the internet fails. One that hangs is stopped with its children, and its code is null.
 */
export async function runAgent(launcher: string, args: readonly string[], place: Workplace, env: Readonly<Record<string, string>>): Promise<Ran> {
  const closed = 'http://127.0.0.1:9';
  const proxies = Object.fromEntries(['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].flatMap((name) => [[name, closed], [name.toLowerCase(), closed]]));
  const child = spawn(process.execPath, [launcher, ...args], {
    cwd: place.work,
    detached: true,
    env: { PATH: process.env['PATH'] ?? '', HOME: place.home, LANG: 'C.UTF-8', ...proxies, NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => { stdout += chunk.toString(); });
  child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString(); });
  const timer = setTimeout(() => { if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL'); }, RUN_TIMEOUT_MS);
  const code = await new Promise<number | null>((resolve, reject) => { child.once('close', resolve).once('error', reject); });
  clearTimeout(timer);
  return { code, stdout, stderr };
}

/** A tool call that the mock makes. */
export interface Scripted { readonly name: string; readonly arguments: object }

/** In the words of every dialect. */
const USAGE = { prompt_tokens: 1100, completion_tokens: 60, input_tokens: 1100, output_tokens: 60 };
export const COPIED = 'the copy is made';

/**
 * One turn of three answers: a tool call to read the note, once the note's secret came back a call to copy it, and once
 * that result came back the final words. Whatever else the mock is asked, it answers with an error.
 */
export function scriptTurn(mock: LLMock, secret: string, read: Scripted, copy: Scripted): void {
  const call = ({ name, arguments: input }: Scripted) => ({ toolCalls: [{ name, arguments: JSON.stringify(input) }], usage: USAGE });
  mock.clearFixtures();
  mock.on({ userMessage: 'Copy the note', hasToolResult: false }, call(read));
  mock.on({ toolResultContains: secret }, call(copy));
  mock.on({ toolResultContains: COPIED }, { content: `Copied: ${secret}.`, usage: USAGE });
}

/** What `scriptTurn` makes of a shell. */
export const COPY_COMMAND = `cp note.txt copy.txt && echo ${COPIED}`;
