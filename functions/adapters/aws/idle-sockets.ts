import type { Socket } from 'node:net';

/** The part of an SDK client that leads to its connections. */
export interface SdkClient {
  readonly config: { readonly requestHandler: object };
}

interface Handler { httpHandlerConfigs?: () => { readonly httpAgent?: Partial<Pool>; readonly httpsAgent?: Partial<Pool> } }

interface Pool {
  readonly sockets: Readonly<Record<string, readonly Socket[] | undefined>>;
  readonly freeSockets: Readonly<Record<string, readonly Socket[] | undefined>>;
}

/**
 * Closes every connection of an SDK client. To be called when a frozen process wakes: the other side has closed them
 * meanwhile, and a write sent over one would fail without telling whether it was carried out.
 */
export function dropSockets(client: SdkClient): void {
  const config = (client.config.requestHandler as Handler).httpHandlerConfigs?.();
  for (const agent of [config?.httpAgent, config?.httpsAgent]) {
    // Before the first request these are plain options, not agents.
    for (const pool of [agent?.freeSockets, agent?.sockets]) {
      for (const sockets of Object.values(pool ?? {})) for (const socket of sockets ?? []) socket.destroy();
    }
  }
}
