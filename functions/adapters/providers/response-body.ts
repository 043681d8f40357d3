import type { IncomingMessage } from 'node:http';
import { OutboundError } from './outbound-port.ts';

/** What may wait unread before the upstream is paused; with the kernel's and the parser's share well under 1 MiB. */
const MAX_QUEUED_BYTES = 64 * 1024;
/** How long a dropped answer may still take to end by itself, which saves its connection for the next request. */
const LINGER_MS = 50;

const END: Promise<IteratorReturnResult<undefined>> = Promise.resolve({ done: true, value: undefined });

/**
 * A response's bytes, pulled: whoever does not read pauses the upstream. Pieces that arrived meanwhile come as one.
 * `next` rejects with `OutboundError('reset')` when the connection breaks before the announced end (content-length or
 * terminating chunk), after everything that did arrive was handed out; with `aborted` after `drop`.
 *
 * Hand-written over `data` events because this is the hottest loop of the gateway: no `readable` tick per piece.
 */
export class ResponseBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined, undefined> {
  readonly #message: IncomingMessage;
  readonly #onClosed: () => void;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #flowing = false;
  #paused = false;
  #closed = false;
  #error: OutboundError | undefined;
  #waiting: Promise<IteratorResult<Uint8Array, undefined>> | undefined;
  #resolve: ((result: IteratorResult<Uint8Array, undefined>) => void) | undefined;
  #reject: ((error: OutboundError) => void) | undefined;

  /** `onClosed` is called once: when the body ended, failed or was dropped. */
  constructor(message: IncomingMessage, onClosed: () => void) {
    this.#message = message;
    this.#onClosed = onClosed;
    message.on('end', () => this.#close(undefined));
    message.on('error', () => this.#close(new OutboundError('reset', 'The upstream closed the connection before its answer was complete.', false)));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#resolve !== undefined && this.#waiting !== undefined) return this.#waiting.then(() => this.next(), () => this.next());
    if (this.#queue.length > 0) return Promise.resolve({ done: false, value: this.#take() });
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#closed) return END;
    if (!this.#flowing) this.#flow();
    this.#waiting = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    return this.#waiting;
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.drop();
    return END;
  }

  /** Ends the reading now. The connection survives only if the answer's own end is there or arrives within 50 ms. */
  drop(): void {
    if (this.#closed) return;
    this.#queue = [];
    this.#close(new OutboundError('aborted', 'The call was dropped.', false));
    const message = this.#message;
    if (!message.complete) {
      const timer = setTimeout(() => message.destroy(), LINGER_MS);
      message.once('close', () => clearTimeout(timer));
    }
    message.resume();
  }

  /** The connection broke: what had arrived is still handed out, then the error. An answer that had come whole stays whole. */
  broke(error: OutboundError): void {
    if (!this.#message.complete) this.#close(error);
  }

  /** Ends the reading and the connection at once. */
  destroy(error: OutboundError): void {
    this.#close(error);
    this.#queue = [];
    this.#message.destroy();
  }

  #flow(): void {
    this.#flowing = true;
    this.#message.on('data', (chunk: Uint8Array) => this.#arrived(chunk));
  }

  #arrived(chunk: Uint8Array): void {
    const resolve = this.#resolve;
    if (resolve !== undefined) {
      this.#resolve = undefined;
      resolve({ done: false, value: chunk });
      return;
    }
    if (this.#closed) return;
    this.#queue.push(chunk);
    this.#queuedBytes += chunk.length;
    if (this.#queuedBytes >= MAX_QUEUED_BYTES && !this.#paused) {
      this.#paused = true;
      this.#message.pause();
    }
  }

  #take(): Uint8Array {
    const [first] = this.#queue;
    const chunk = this.#queue.length === 1 && first !== undefined ? first : Buffer.concat(this.#queue, this.#queuedBytes);
    this.#queue = [];
    this.#queuedBytes = 0;
    if (this.#paused) {
      this.#paused = false;
      this.#message.resume();
    }
    return chunk;
  }

  #close(error: OutboundError | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#error = error;
    this.#onClosed();
    const resolve = this.#resolve;
    if (resolve === undefined) return;
    this.#resolve = undefined;
    if (error === undefined) resolve({ done: true, value: undefined });
    else this.#reject?.(error);
  }
}
