import { createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP listener on 127.0.0.1 that counts what it sees; `onSocket` may answer by hand. */
export interface Listener {
  readonly port: number;
  readonly sockets: Socket[];
  connections(): number;
  bytes(): number;
  close(): Promise<void>;
}

export async function listener(onSocket: (socket: Socket, index: number) => void = () => {}, port = 0): Promise<Listener> {
  const sockets: Socket[] = [];
  let bytes = 0;
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk) => { bytes += chunk.length; });
    onSocket(socket, sockets.length - 1);
  });
  await new Promise<void>((resolve) => { server.listen(port, '127.0.0.1', resolve); });
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    connections: () => sockets.length,
    bytes: () => bytes,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => { server.close(() => resolve()); });
    },
  };
}
