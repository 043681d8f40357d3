import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createHttpDoor, type HttpDoor, type HttpDoorOptions } from '../../functions/gateway/http.ts';

export interface OpenDoor {
  readonly door: HttpDoor;
  readonly port: number;
}

/** A door on a free port of 127.0.0.1. */
export async function openDoor(handle: HttpDoorOptions['handle'], options: Partial<HttpDoorOptions> = {}): Promise<OpenDoor> {
  const door = createHttpDoor({ maxBodyBytes: 1024 * 1024, ...options, handle });
  await new Promise<void>((resolve) => { door.server.listen(0, '127.0.0.1', resolve); });
  return { door, port: (door.server.address() as AddressInfo).port };
}

export interface Fetched {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** One request, read to its end; rejects when the answer breaks. */
export function get(port: number, path = '/', options: { method?: string; headers?: Record<string, string>; body?: Uint8Array | string; agent?: Agent } = {}): Promise<Fetched> {
  return new Promise((resolve, reject) => {
    const { method = options.body === undefined ? 'GET' : 'POST', headers = {}, body, agent } = options;
    const call = httpRequest({ host: '127.0.0.1', port, path, method, headers, ...(agent && { agent }) }, (response) => {
      const chunks: Uint8Array[] = [];
      response.on('data', (chunk: Uint8Array) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() }));
      response.on('error', reject);
    });
    call.on('error', reject);
    call.end(body);
  });
}

/** A raw connection: what it received so far, and promises for what is awaited. */
export interface Raw {
  readonly socket: Socket;
  text(): string;
  until(test: (text: string) => boolean): Promise<string>;
  closed: Promise<void>;
}

export function raw(port: number): Raw {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  const waiting = new Set<{ test: (text: string) => boolean; resolve: (text: string) => void }>();
  const look = (): void => {
    for (const entry of waiting) if (entry.test(text)) { entry.resolve(text); waiting.delete(entry); }
  };
  socket.on('data', (chunk) => { text += chunk.toString('latin1'); look(); });
  socket.on('error', () => {});
  return {
    socket,
    text: () => text,
    until: (test) => new Promise((resolve) => { waiting.add({ test, resolve }); look(); }),
    closed: new Promise((resolve) => { socket.on('close', () => resolve()); }),
  };
}
