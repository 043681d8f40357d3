import type { Actor } from '../core/audit/event.ts';
import type { UpstreamUrlOptions } from '../core/safe-url.ts';
import type { Claim } from '../adapters/store/idempotency.ts';
import type { Store } from '../adapters/store/port.ts';
import type { TenantRecord } from '../adapters/store/tenants.ts';
import type { SealedRecord, SealingKeys } from '../adapters/vault/vault.ts';
import type { AnsweredRequest, GatewayRequest, GatewayResponse } from '../gateway/ports.ts';
import type { Analytics } from './usage/analytics.ts';

export type { GatewayRequest, GatewayResponse };

/** From least to most; each may do what those before it may. */
export const ROLES = ['viewer', 'member', 'admin', 'owner'] as const;
export type Role = (typeof ROLES)[number];

/** Whether `role` includes `needed`. */
export const may = (role: Role, needed: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(needed);

/** Who a bearer token belongs to, as our own records say. */
export interface Identity {
  readonly userId: string;
  readonly name: string;
  readonly via: Actor['via'];
  /** A program with one role in one tenant for good. */
  readonly isMachine?: true;
  /** Digest of a machine's token: what the machine makes is worth nothing once that token is gone. */
  readonly tokenDigest?: string;
  /** Tenants this identity may choose from; empty for somebody who signed in and was not invited yet. */
  readonly memberships: readonly { readonly tenantId: string; readonly role: Role }[];
}

/** A model to be tried: the credential is sealed under its own id and opens only in the data plane. */
export interface ModelTest {
  readonly tenantId: string;
  readonly provider: string;
  readonly upstreamModel: string;
  readonly baseUrl?: string;
  readonly apiVersion?: string;
  readonly region?: string;
  readonly credential: { readonly credentialId: string; readonly sealed: SealedRecord } | null;
}
/** `status` = the provider's, null when none came; `hint` says what to change, null when all is well. */
export interface ModelTestResult { readonly ok: boolean; readonly status: number | null; readonly latencyMs: number; readonly message: string; readonly hint: string | null }

/** The control plane's world. */
export interface AdminPorts {
  readonly store: Store;
  /** What reads much, where another thread does it; absent = this one, over `store`. */
  readonly analytics?: Analytics;
  /** A new ULID. */
  readonly newRequestId: () => string;
  /** Epoch ms. */
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Bytes fit for secrets. */
  readonly randomBytes: (size: number) => Uint8Array;
  /** Whose token this is; undefined for a token that is unknown, expired or revoked. Comparisons are constant time. */
  readonly identify: (bearer: string) => Promise<Identity | undefined>;
  readonly sealing: SealingKeys;
  /** The pepper under which secrets of keys and tokens are stored. */
  readonly pepper: () => Promise<Uint8Array>;
  /** Which upstream addresses may be saved. */
  readonly urlPolicy: UpstreamUrlOptions;
  /** The data plane's closed operation `internal/test-model`: one small request to the provider. */
  readonly testModel: (test: ModelTest) => Promise<ModelTestResult>;
  /** What this process has counted for a tenant, in the Prometheus text format; absent where the host counts. */
  readonly metricsText?: (tenantId: string) => string;
  /** The tenant that came with the deployment: its people also see what was refused to callers that nobody knows. */
  readonly operatorTenantId: string;
  /** Told of every answer; absent where the host keeps the access log. */
  readonly access?: (answer: AnsweredRequest) => void;
  /** Tells the data plane of this process that a tenant's records changed. */
  readonly changed: (tenantId: string) => void;
  /** How long a revoked key may still be accepted somewhere, in seconds: 0 on one machine. */
  readonly revocationSeconds: number;
  /** What a new tenant forgets, in days; absent = nothing. */
  readonly newTenantRetention?: TenantRecord['retentionDays'];
  /** Where the dashboard is served, without a slash at the end: links in invitations begin with it. */
  readonly dashboardUrl: string;
  /** The identity provider's client for programs, where the door before this API takes its tokens alone: tokens of our own would open nothing, and none are made. */
  readonly machineClientId?: string;
}

/** Who asks, and for which tenant. It comes from our own records, never from the request. */
export interface Caller {
  readonly userId: string;
  readonly name: string;
  readonly via: Actor['via'];
  readonly isMachine?: true;
  readonly tokenDigest?: string;
  /** Empty for an operation that any signed-in person may run, when the person belongs to no tenant. */
  readonly tenantId: string;
  readonly role: Role;
  readonly memberships: Identity['memberships'];
}

/** What an operation gets: the caller is known and may run it, path, query and body have been checked. */
export interface AdminCall<Q = unknown, B = unknown> {
  readonly caller: Caller;
  readonly ports: AdminPorts;
  readonly query: Q;
  readonly body: B;
  /** Values of the pattern's `{names}`, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** The version in `If-Match`, undefined when none was sent or `*`. */
  readonly ifMatch: number | undefined;
  readonly requestId: string;
  /** Hold on the idempotency key of this request, where it has one: `change` writes it together with what is changed. */
  readonly claim?: Claim | undefined;
  readonly sourceIp: string | undefined;
  /** Epoch ms of arrival. */
  readonly nowMs: number;
}

/** The answer of an operation that succeeded. `etag` = version of the record in `body`. */
export type Reply =
  | {
    readonly body: object;
    readonly etag?: number;
    readonly headers?: Readonly<Record<string, string>>;
    /** What a repetition under the same idempotency key gets instead of `body`, where `body` shows a secret once. */
    readonly replay?: object;
  }
  | { readonly stream: AsyncIterable<Uint8Array>; readonly contentType: string; readonly filename: string }
  | { readonly text: string; readonly contentType: string };
