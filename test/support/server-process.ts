import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
/** What `npm start` gives its Node. */
const { NODE_FLAGS, MALLOC } = (await import(join(ROOT, 'tools', 'launcher', 'node-flags.mjs'))) as { NODE_FLAGS: readonly string[]; MALLOC: Readonly<Record<string, string>> };

export interface Ready { readonly baseUrl: string; readonly adminUrl: string; readonly dashboardUrl: string; readonly adminTokenFile: string; readonly demoKey?: string }

export interface ServerProcess {
  readonly origin: string;
  readonly ready: Ready;
  readonly child: ChildProcess;
  /** Everything printed so far, both streams. */
  output(): string;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

/** The built one-machine edition as a process of its own, on a free port. Throws with its output when it does not start. */
export async function startServer(options: { dataDir: string; config?: object; args?: readonly string[]; port?: string; env?: Record<string, string>; configFile?: string; nodeFlags?: readonly string[] }): Promise<ServerProcess> {
  const configFile = options.configFile ?? join(options.dataDir, '..', 'config.json');
  if (options.config !== undefined) await writeFile(configFile, JSON.stringify(options.config));
  const child = spawn(process.execPath, [
    ...NODE_FLAGS, ...(options.nodeFlags ?? []), join(ROOT, 'dist', 'server.mjs'), '--json', '--port', options.port ?? '0', '--data', options.dataDir, ...(options.config === undefined ? [] : ['--config', configFile]), ...(options.args ?? []),
  ], { env: { PATH: process.env['PATH'] ?? '', ...MALLOC, ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => { output += chunk.toString(); });
  const ready = await new Promise<Ready>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const line = output.split('\n').find((candidate) => candidate.startsWith('{"ready":true'));
      if (line !== undefined) resolve(JSON.parse(line));
    });
    child.once('exit', (code) => reject(new Error(`the server exited with ${code}: ${output}`)));
  });
  const exited = once(child, 'exit');
  return {
    origin: new URL(ready.baseUrl).origin, ready, child,
    output: () => output,
    async stop() {
      child.kill('SIGTERM');
      await exited;
      return child.exitCode;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
