import type { IncomingMessage } from 'node:http';
import { failure, GatewayError } from '../core/errors.ts';

/** A body that makes less progress than this between two looks is a client that holds a socket on purpose. */
const LOOK_EVERY_MS = 5_000;
const MIN_BYTES_PER_LOOK = 5 * 1024;

/**
 * Reads a whole request body of at most `maxBytes`. Rejects with `GatewayError`: `request_too_large` (at once when the
 * announced length says so), or `invalid_request` when the client stops midway (400) or sends less than 1 KiB/s (408).
 * What is left of a refused body flows away unread; how long that may take is the door's affair.
 */
export function readBody(message: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  if (Number(message.headers['content-length'] ?? 0) > maxBytes) return Promise.reject(tooLarge(maxBytes));
  if (message.complete) {
    // All of it came with the headers: one read, no listeners.
    const all: unknown = message.read();
    const bytes = all instanceof Uint8Array ? all : Buffer.alloc(0);
    return bytes.length > maxBytes ? Promise.reject(tooLarge(maxBytes)) : Promise.resolve(bytes);
  }
  return new Promise((resolve, reject) => gather(message, maxBytes, resolve, reject));
}

function gather(message: IncomingMessage, maxBytes: number, resolve: (bytes: Uint8Array) => void, reject: (error: GatewayError) => void): void {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let sizeAtLastLook = 0;
  const stop = (): void => {
    clearInterval(watch);
    message.off('data', onData).off('end', onEnd).off('close', onGone);
  };
  const refuse = (error: GatewayError): void => {
    stop();
    chunks.length = 0;
    message.resume();
    reject(error);
  };
  const onData = (chunk: Uint8Array): void => {
    size += chunk.length;
    if (size > maxBytes) refuse(tooLarge(maxBytes));
    else chunks.push(chunk);
  };
  const onEnd = (): void => {
    stop();
    resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size));
  };
  const onGone = (): void => refuse(new GatewayError(failure('invalid_request', 'The request body ended early.')));
  const watch = setInterval(() => {
    if (size - sizeAtLastLook < MIN_BYTES_PER_LOOK) refuse(new GatewayError(failure('invalid_request', 'The request body arrived too slowly.', { status: 408 })));
    sizeAtLastLook = size;
  }, LOOK_EVERY_MS);
  message.on('data', onData).on('end', onEnd).on('close', onGone);
}

function tooLarge(maxBytes: number): GatewayError {
  const mib = Math.round((maxBytes / 1_048_576) * 100) / 100;
  return new GatewayError(failure('request_too_large', `The request body is larger than this gateway accepts (${mib >= 0.01 ? `${mib} MiB` : `${maxBytes} bytes`}).`));
}
