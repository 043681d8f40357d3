import { afterEach, expect, test } from '@jest/globals';
import { openOutbound } from '../../functions/adapters/providers/outbound.ts';
import { listener } from '../support/listener.ts';

const opened: (() => unknown)[] = [];
afterEach(async () => { for (const close of opened.splice(0)) await close(); });

const turns = async (count: number): Promise<void> => { for (let i = 0; i < count; i += 1) await new Promise((resolve) => { setImmediate(resolve); }); };

/** One call to an upstream that is played on the bare socket. */
async function played(head: string) {
  const server = await listener((socket) => socket.once('data', () => socket.write(head)));
  const outbound = openOutbound({ allowHosts: [], allowLoopback: true, via: 'test' });
  opened.push(() => outbound.close(), () => server.close());
  const answer = await outbound.send({ method: 'POST', url: `http://127.0.0.1:${server.port}/v1`, headers: {}, body: Buffer.from('{}'), poolKey: 'k', connectTimeoutMs: 1_000, signal: new AbortController().signal });
  const [socket] = server.sockets;
  if (socket === undefined) throw new Error('no connection');
  return { socket, body: answer.body[Symbol.asyncIterator]() };
}

const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

test('what arrived before a reset is handed out before the error', async () => {
  const { socket, body } = await played(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunk('first')}`);
  expect(Buffer.from((await body.next()).value ?? []).toString()).toBe('first');
  await new Promise<void>((resolve) => { socket.write(chunk('second'), () => resolve()); });
  // Both ends live in this process: after these turns the bytes were read by the other end.
  await turns(50);
  socket.resetAndDestroy();
  await turns(50);
  expect(Buffer.from((await body.next()).value ?? []).toString()).toBe('second');
  await expect(body.next()).rejects.toMatchObject({ kind: 'reset' });
});

test.each([6, 100 * 1024])('an answer that had come whole stays whole when its connection is reset afterwards (%s bytes unread)', async (size) => {
  const { socket, body } = await played(`HTTP/1.1 200 OK\r\ncontent-length: ${5 + size}\r\n\r\nfirst`);
  expect(Buffer.from((await body.next()).value ?? []).toString()).toBe('first');
  await new Promise<void>((resolve) => { socket.write('s'.repeat(size), () => resolve()); });
  await turns(50);
  socket.resetAndDestroy();
  await turns(50);
  let read = 0;
  for (let step = await body.next(); step.done !== true; step = await body.next()) read += step.value.length;
  expect(read).toBe(size);
});
