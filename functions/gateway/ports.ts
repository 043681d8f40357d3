import type { Dialect } from '../core/conversation.ts';
import type { Clock } from '../core/clock.ts';
import type { CompiledPolicy } from '../core/routing/policy-compile.ts';
import type { Secret } from '../core/secret.ts';
import type { Judgements } from './judge/judgements.ts';
import type { Learning } from './shadow/learning.ts';
import type { Outbound } from '../adapters/providers/outbound-port.ts';
import type { KeyRecord } from '../adapters/store/keys.ts';
import type { Breakers } from '../adapters/store/breaker.ts';
import type { Sessions } from '../adapters/store/sessions.ts';
import type { RefusalCounter } from '../adapters/store/refusal-counter.ts';
import type { Accounts } from '../adapters/store/accounts.ts';
import type { Log } from '../adapters/observe/log.ts';
import type { Metrics } from '../adapters/observe/metrics.ts';
import type { Traces } from '../adapters/observe/traces.ts';

/** A request as both doors hand it over. Header names are lower-case; the body is complete and bounded by the door. */
export interface GatewayRequest {
  readonly method: string;
  /** Path without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Reads the whole body; throws `request_too_large` past the door's bound. */
  readonly body: () => Promise<Uint8Array>;
  /** Aborts when the client left, where that can be seen. */
  readonly signal: AbortSignal;
  /** The client's address as the door sees it; for the audit record only. */
  readonly sourceIp?: string | undefined;
  /** Milliseconds until the host ends this invocation; Infinity on a server. */
  readonly remainingMs: () => number;
  /** Has something done once the answer has ended, while the host keeps the process alive for it. Absent on a host that lives anyway. */
  readonly afterwards?: (task: () => Promise<void>) => void;
}

export interface GatewayResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  /** Bytes, or a stream of them. A stream settles the account in its `finally`: the door must always finish or `return()` it. */
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
}

/** The world as `serve` sees it. */
export interface Ports {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** A new ULID. */
  readonly newRequestId: () => string;
  readonly keys: { byId(keyId: string): Promise<KeyRecord | undefined> };
  /** What a tenant's template keys are salted with. */
  readonly templateSalt: (tenantId: string) => Promise<string>;
  readonly verifySecret: (record: KeyRecord | undefined, secret: string) => Promise<boolean>;
  readonly policies: { of(tenantId: string): Promise<CompiledPolicy> };
  /** The tenants whose keys pages of a web origin may use; empty = none. */
  readonly origins: { tenantsOf(origin: string): Promise<ReadonlySet<string>> };
  readonly accounts: Accounts;
  readonly breakers: Breakers;
  readonly sessions: Sessions;
  readonly credentials: { open(tenantId: string, credentialId: string, version: number): Promise<Secret> };
  readonly outbound: Outbound;
  /** What judges of strategy `llm` have said. */
  readonly judgements: Judgements;
  /** What is learned from answers, after they have ended. */
  readonly learning: Learning;
  readonly log: Log;
  /** Absent where the host counts. */
  readonly metrics?: Metrics;
  /** Counts requests that are turned away before they are admitted; absent where nobody counts. */
  readonly refusals?: Pick<RefusalCounter, 'note'>;
  /** Told of every admitted request once it has ended; absent where nobody asked for traces. */
  readonly traces?: Pick<Traces, 'ended'>;
  /** Told of every answer once it has ended; absent where the host keeps the access log. */
  readonly access?: (answer: AnsweredRequest) => void;
  readonly readiness: () => Promise<boolean>;
  readonly deploymentId: string;
}

/** One line of the access log: nothing of a request but what was matched and how it ended. */
export interface AnsweredRequest {
  readonly method: string;
  /** The path's pattern in the list of endpoints; `none` where nothing matched. */
  readonly route: string;
  readonly status: number;
  /** From arrival to the last byte. */
  readonly ms: number;
  readonly requestId: string;
}

export type { Dialect };
