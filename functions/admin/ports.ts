import type { Store } from '../adapters/store/port.ts';
import type { GatewayRequest, GatewayResponse } from '../gateway/ports.ts';

export type { GatewayRequest, GatewayResponse };

/** From least to most; each may do what those before it may. */
export const ROLES = ['viewer', 'member', 'admin', 'owner'] as const;
export type Role = (typeof ROLES)[number];

/** The control plane's world. */
export interface AdminPorts {
  readonly store: Store;
  /** A new ULID. */
  readonly newRequestId: () => string;
  /** Epoch ms. */
  readonly now: () => number;
  /** Whether a bearer token is this machine's admin token. Constant time. */
  readonly isAdmin: (presented: string) => boolean;
}

/** Who asks, and for which tenant. It comes from our own records, never from the request. */
export interface Caller {
  readonly userId: string;
  readonly name: string;
  readonly tenantId: string;
  readonly role: Role;
}

/** What an operation gets: the caller is known and may run it, the path has matched. */
export interface AdminCall {
  readonly caller: Caller;
  readonly ports: AdminPorts;
  readonly query: URLSearchParams;
  /** Values of the pattern's `{names}`, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly requestId: string;
  /** Epoch ms of arrival. */
  readonly nowMs: number;
}

/** The JSON body of a 200. Throws `AdminError` for anything else. */
export type Operation = (call: AdminCall) => Promise<object>;
