import { failure, type Failure } from '../core/errors.ts';
import type { GatewayRequest } from './ports.ts';

export type LeashReason = 'client' | 'deadline';

/**
 * What ends a request from outside: the client leaves, or the total deadline passes. One per request; every upstream
 * call and the relay hang on its signal. `dispose` stops the clock and must always be called.
 */
export class Leash {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #release: () => void;
  reason: LeashReason | undefined;

  constructor(request: GatewayRequest, totalMs: number) {
    this.#timer = setTimeout(() => this.#pull('deadline'), totalMs);
    const left = (): void => this.#pull('client');
    const { signal } = request;
    if (signal.aborted) left();
    else signal.addEventListener('abort', left, { once: true });
    this.#release = () => signal.removeEventListener('abort', left);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  #pull(reason: LeashReason): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.#controller.abort();
  }

  /** The failure that a pull means for the caller and the ledger. */
  failure(): Failure {
    return this.reason === 'client'
      ? failure('upstream_error', 'The client closed the connection.', { status: 499, internal: 'client left' })
      : failure('upstream_timeout', 'The request took longer than the gateway allows.');
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#release();
  }
}
