import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { StartError, type CommandLine } from './command-line.ts';

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);
/** Where the dashboard's development server is. Other projects' servers use that port too, so it signs in only when asked for. */
const DEVELOPMENT = 'http://localhost:5173';

/** A connection from this machine, in either notation. */
const NEAR = /^(?:127\.|::1$|::ffff:127\.)/;

type Env = Readonly<Record<string, string | undefined>>;

export interface Exposure {
  readonly publicUrl: string | undefined;
  readonly password: string | undefined;
  /** Somebody works on the dashboard itself (`BSG_DASHBOARD_DEV=1`). */
  readonly isDevelopment: boolean;
}

const isLoopback = (host: string): boolean => LOOPBACK.has(host);

/**
 * What a server that other machines can reach needs before it starts: a password to sign in with (`BSG_ADMIN_PASSWORD`),
 * and, behind a proxy, the address that people use (`BSG_PUBLIC_URL`). Throws `StartError` in one sentence.
 */
export function exposure({ host }: Pick<CommandLine, 'host'>, env: Env): Exposure {
  const { BSG_PUBLIC_URL: publicUrl, BSG_ADMIN_PASSWORD: password, BSG_DASHBOARD_DEV: development } = env;
  if (publicUrl !== undefined && !/^https?:\/\/[^/?#\s]+$/.test(publicUrl)) throw new StartError(`BSG_PUBLIC_URL is scheme and host, such as https://gateway.example.com, not "${publicUrl}".`);
  if (password === undefined && !(isLoopback(host) && publicUrl === undefined)) {
    throw new StartError('Other machines can reach this address: set BSG_ADMIN_PASSWORD (12 characters or more) for signing in, and put TLS before it (README, "Beyond one machine").');
  }
  return { publicUrl, password, isDevelopment: development === '1' };
}

/**
 * Origins that the dashboard may be opened under; the first one is where links lead. Behind a public address it is that one
 * alone: `localhost` there is whatever runs on the visitor's own computer, and whoever is signed in is asked nothing.
 */
export function dashboardOrigins({ host }: Pick<CommandLine, 'host'>, port: number, { publicUrl, isDevelopment }: Pick<Exposure, 'publicUrl' | 'isDevelopment'>): readonly [string, ...string[]] {
  if (publicUrl !== undefined) return [publicUrl];
  const own = `http://${host.includes(':') ? `[${host}]` : host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`;
  if (!isLoopback(host)) return [own];
  return [own, ...new Set([`http://127.0.0.1:${port}`, `http://localhost:${port}`, ...(isDevelopment ? [DEVELOPMENT] : [])].filter((origin) => origin !== own))];
}

/**
 * Who a client is, for the audit record. Behind a public address the proxy on this machine connects for everybody, and the
 * last of `x-forwarded-for` is what it saw itself; what stands before that anybody may have written.
 */
export function clientAddress({ socket, headers }: IncomingMessage, { publicUrl }: Pick<Exposure, 'publicUrl'>): string | undefined {
  const forwarded = publicUrl !== undefined && NEAR.test(socket.remoteAddress ?? '') ? String(headers['x-forwarded-for'] ?? '').split(',').at(-1)?.trim() : '';
  return forwarded !== undefined && isIP(forwarded) > 0 ? forwarded : socket.remoteAddress;
}
