/** The only door to the network, as its users see it. `outbound.ts` implements it on node:http(s). */
export interface OutboundRequest {
  readonly method: 'POST' | 'GET';
  /** Parsed and checked again here on every call: https, or hosts that the operator allowed by name. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Pools are keyed by it, so that no connection is shared between credentials. */
  readonly poolKey: string;
  readonly connectTimeoutMs: number;
  /** Until the response's headers; undefined = only `signal` ends the wait. */
  readonly headersTimeoutMs?: number;
  readonly signal: AbortSignal;
  /** Called when the connection stands and the request goes out. */
  readonly onSent?: () => void;
  /** What becomes of a request whose kept connection proves dead: sent once more (the default), or a `DeadConnectionError` for who counts calls. */
  readonly onDead?: 'repeat' | 'throw';
}

export interface OutboundResponse {
  readonly status: number;
  /** Lower-case names; repeated ones joined with ', '. */
  readonly headers: Readonly<Record<string, string>>;
  /** Pull-based: not reading pauses the upstream. Throws `OutboundError` when the connection breaks midway. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Drops the connection; safe to call at any time, more than once. */
  abort(): void;
}

export type OutboundErrorKind =
  | 'blocked_address' | 'invalid_url' | 'refused' | 'dns' | 'connect_timeout' | 'headers_timeout' | 'reset' | 'redirect' | 'aborted' | 'protocol';

export class OutboundError extends Error {
  readonly kind: OutboundErrorKind;
  /** True when no byte of the request can have reached a server that acted on it. */
  readonly unsent: boolean;
  constructor(kind: OutboundErrorKind, message: string, unsent: boolean, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OutboundError';
    this.kind = kind;
    this.unsent = unsent;
  }
}

/**
 * A dead connection shows itself one round trip after the first byte, which is below 300 ms around the world; the rest is for a
 * busy process. Later than that the upstream may have worked, and what it worked on must not be sent twice in silence.
 */
export const DEAD_WITHIN_MS = 500;

/**
 * A kept connection broke at once and before one byte of an answer: the server had most likely closed it while it lay idle, so
 * the request may be sent again on a new one.
 */
export class DeadConnectionError extends OutboundError {
  constructor() {
    super('reset', 'The upstream closed the connection.', false);
  }
}

export interface Outbound {
  /** Resolves when response headers arrived. 3xx → `OutboundError('redirect')`, never followed. */
  send(request: OutboundRequest): Promise<OutboundResponse>;
  close(): void;
}
