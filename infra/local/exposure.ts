import { StartError, type CommandLine } from './command-line.ts';

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);
/** Where the dashboard's development server is; it may sign in only on the developer's own machine. */
const DEVELOPMENT = 'http://localhost:5173';

type Env = Readonly<Record<string, string | undefined>>;

export interface Exposure {
  readonly publicUrl: string | undefined;
  readonly password: string | undefined;
}

const isLoopback = (host: string): boolean => LOOPBACK.has(host);

/**
 * What a server that other machines can reach needs before it starts: a password to sign in with (`BSG_ADMIN_PASSWORD`),
 * and, behind a proxy, the address that people use (`BSG_PUBLIC_URL`). Throws `StartError` in one sentence.
 */
export function exposure({ host }: Pick<CommandLine, 'host'>, env: Env): Exposure {
  const { BSG_PUBLIC_URL: publicUrl, BSG_ADMIN_PASSWORD: password } = env;
  if (publicUrl !== undefined && !/^https?:\/\/[^/?#\s]+$/.test(publicUrl)) throw new StartError(`BSG_PUBLIC_URL is scheme and host, such as https://gateway.example.com, not "${publicUrl}".`);
  if (password === undefined && !(isLoopback(host) && publicUrl === undefined)) {
    throw new StartError('Other machines can reach this address: set BSG_ADMIN_PASSWORD (12 characters or more) for signing in, and put TLS before it (README, "Beyond one machine").');
  }
  return { publicUrl, password };
}

/** Origins that the dashboard may be opened under; the first one is where links lead. */
export function dashboardOrigins({ host }: Pick<CommandLine, 'host'>, port: number, publicUrl: string | undefined): readonly [string, ...string[]] {
  const own = `http://${host.includes(':') ? `[${host}]` : host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`;
  const others = isLoopback(host) ? [`http://127.0.0.1:${port}`, `http://localhost:${port}`, DEVELOPMENT] : [own];
  const [first, ...rest] = new Set([...(publicUrl === undefined ? [] : [publicUrl]), own, ...others]);
  return [first ?? own, ...rest];
}
