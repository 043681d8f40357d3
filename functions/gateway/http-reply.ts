import type { ServerResponse } from 'node:http';
import type { GatewayResponse } from './ports.ts';

const JSON_HEADERS = { 'content-type': 'application/json' };

/** An error body of the door itself, valid in the OpenAI and the Anthropic dialect alike. */
export function doorError(status: number, type: string, code: string, message: string): GatewayResponse {
  return { status, headers: JSON_HEADERS, body: Buffer.from(JSON.stringify({ type: 'error', error: { type, code, message } })) };
}

const INTERNAL = doorError(500, 'api_error', 'internal_error', 'The gateway failed to handle this request.');

/**
 * Writes one answer to one client. Guarantees: a stream is always either read to its end or given `return()`, exactly
 * one of the two and once; what the client does not read is not pulled; a stream that throws leaves a visibly broken
 * answer (or a 500, if nothing was sent yet), never one that looks complete; no header value can throw.
 */
export class Reply {
  readonly #response: ServerResponse;
  readonly #closing: () => boolean;
  #iterator: AsyncIterator<Uint8Array> | undefined;
  #returned: Promise<unknown> | undefined;
  #left = false;
  #wake: (() => void) | undefined;

  /** `closing` tells whether the connection is to end with this answer. */
  constructor(response: ServerResponse, closing: () => boolean) {
    this.#response = response;
    this.#closing = closing;
  }

  /** Resolves when everything was handed to the socket, or the client left and the stream was closed. */
  async send(answer: GatewayResponse): Promise<void> {
    const { body } = answer;
    if (Symbol.asyncIterator in body) return this.#stream(answer, body[Symbol.asyncIterator]());
    if (this.#left) return;
    this.#head(answer, body.length);
    this.#response.end(body);
  }

  /** The client left: whatever is being waited for ends, and the stream is told. */
  leave(): void {
    this.#left = true;
    if (this.#iterator !== undefined) void this.#giveUp(this.#iterator);
    this.#wake?.();
  }

  async #stream(answer: GatewayResponse, iterator: AsyncIterator<Uint8Array>): Promise<void> {
    const response = this.#response;
    this.#iterator = iterator;
    let ended = false;
    try {
      while (!this.#left) {
        const step = await iterator.next();
        ended = step.done === true;
        if (this.#left) break;
        if (!response.headersSent) this.#head(answer, undefined);
        if (step.done === true) {
          response.end();
          break;
        }
        if (!response.write(step.value) && !response.destroyed) await this.#drained();
      }
    } catch {
      ended = true;
      this.#broken();
    } finally {
      this.#iterator = undefined;
      if (!ended) await this.#giveUp(iterator);
      else if (this.#returned !== undefined) await this.#returned;
    }
  }

  #broken(): void {
    if (this.#left) return;
    const { headersSent, socket } = this.#response;
    if (!headersSent) void this.send(INTERNAL);
    // What was written still goes out; the missing terminating chunk tells the client that more was to come.
    else if (socket === null) this.#response.destroy();
    else socket.destroySoon();
  }

  #giveUp(iterator: AsyncIterator<Uint8Array>): Promise<unknown> {
    this.#returned ??= Promise.resolve(iterator.return?.()).catch(() => undefined);
    return this.#returned;
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#wake = undefined;
        this.#response.off('drain', done);
        resolve();
      };
      this.#wake = done;
      this.#response.on('drain', done);
    });
  }

  /** Status line and headers; a flat list spares node:http a second pass over an object. */
  #head({ status, headers }: GatewayResponse, length: number | undefined): void {
    const list: string[] = [];
    for (const name in headers) {
      const value = headers[name];
      if (value !== undefined && (length === undefined || name !== 'content-length')) list.push(name, value);
    }
    if (length !== undefined && status !== 204 && status !== 304) list.push('content-length', String(length));
    if (this.#closing()) list.push('connection', 'close');
    try {
      this.#response.writeHead(status, list);
    } catch {
      // Nothing was written yet; only a name or value that HTTP cannot carry gets here.
      this.#response.writeHead(status, carriable(list));
    }
  }
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** The same headers with every character outside printable ASCII percent-encoded as UTF-8; impossible names are left out. */
function carriable(list: readonly string[]): string[] {
  const clean: string[] = [];
  for (let at = 0; at + 1 < list.length; at += 2) {
    const name = list[at] ?? '';
    if (TOKEN.test(name)) clean.push(name, String(list[at + 1]).toWellFormed().replace(/[^\x20-\x7e]/gu, encodeURIComponent));
  }
  return clean;
}
