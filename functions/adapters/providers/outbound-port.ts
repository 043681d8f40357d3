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

export interface Outbound {
  /** Resolves when response headers arrived. 3xx → `OutboundError('redirect')`, never followed. */
  send(request: OutboundRequest): Promise<OutboundResponse>;
  close(): void;
}
