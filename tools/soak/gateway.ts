import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startServer, type ServerProcess } from '../../test/support/server-process.ts';
import { adminOf, type Admin } from './admin.ts';
import type { Life } from './records.ts';

/** The gateway as its users run it, process after process on one data folder and one port. */
export interface Gateway {
  readonly port: number;
  readonly admin: Admin;
  readonly adminToken: string;
  readonly dataDir: string;
  readonly lives: readonly Life[];
  /** When a start failed, as one beside a store that is locked may: epoch ms. */
  readonly failedStarts: readonly number[];
  /** Everything that was logged by all its processes. */
  log(): string;
  /** SIGKILL, and a new process as soon as the old one is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** Ends whatever runs, without a word. */
  abandon(): void;
}

const START_TRIES = 10;
const RETRY_MS = 500;

export interface GatewayOptions { readonly dir: string; readonly password: string; readonly nodeFlags: readonly string[] }

export async function startGateway({ dir, password, nodeFlags }: GatewayOptions): Promise<Gateway> {
  const dataDir = join(dir, 'data');
  const lives: Life[] = [];
  const failedStarts: number[] = [];
  const logs: (() => string)[] = [];
  let server: ServerProcess | undefined;
  let port = '0';
  let abandoned = false;
  const start = async (): Promise<ServerProcess> => {
    for (let tries = 1; ; tries += 1) {
      try {
        const started = await startServer({ dataDir, port, args: ['--max-body', '1'], nodeFlags, env: { BSG_ADMIN_PASSWORD: password } });
        if (abandoned) started.child.kill('SIGKILL');
        const life: Life = { from: Date.now(), to: Infinity, how: 'running' };
        lives.push(life);
        logs.push(started.output);
        started.child.once('exit', () => {
          if (life.how === 'running') life.how = 'died';
          life.to = Math.min(life.to, Date.now());
        });
        server = started;
        port = new URL(started.origin).port;
        return started;
      } catch (error) {
        const said = error instanceof Error ? error.message : String(error);
        logs.push(() => said);
        failedStarts.push(Date.now());
        if (tries === START_TRIES || abandoned) throw error;
        await new Promise((resolve) => { setTimeout(resolve, RETRY_MS); });
      }
    }
  };
  const end = async (how: 'kill' | 'stop', signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> => {
    const [life, running] = [lives.at(-1), server];
    if (life === undefined || running === undefined) return null;
    if (running.child.exitCode !== null) return running.child.exitCode;
    const gone = once(running.child, 'exit');
    if (life.how === 'running') Object.assign(life, { how, to: Date.now() });
    running.child.kill(signal);
    await gone;
    return running.child.exitCode;
  };
  const first = await start();
  const adminToken = (await readFile(first.ready.adminTokenFile, 'utf8')).trim();
  return {
    port: Number(port), admin: adminOf(Number(port), adminToken), adminToken, dataDir, lives, failedStarts,
    log: () => logs.map((text) => text()).join('\n'),
    async kill() {
      await end('kill', 'SIGKILL');
      await start();
    },
    stop: () => end('stop', 'SIGTERM'),
    abandon() {
      abandoned = true;
      server?.child.kill('SIGKILL');
    },
  };
}
