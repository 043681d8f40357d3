import type { TenantBudget } from '../limits/allowance.ts';
import type { ModelFacts, ProviderKind, RoutingDocument } from '../../contract/index.ts';
import type { ModelPrice } from '../money/price.ts';
import type { EvidencePlan } from './evidence/plan.ts';

/** A registered model as routing and attempts see it: catalogue and overrides merged, no secret inside. */
export interface RegisteredModel {
  readonly id: string;
  readonly provider: ProviderKind;
  readonly upstreamModel: string;
  readonly baseUrl?: string;
  readonly apiVersion?: string;
  readonly region?: string;
  readonly enabled: boolean;
  /** The operator's cap on output tokens; the catalogue's own maximum is `facts.maxOutput`. */
  readonly maxOutputTokens?: number;
  /** null = unpriced. */
  readonly price: ModelPrice | null;
  readonly facts: ModelFacts;
  /** Ids of the sealed credentials, in round-robin order; empty = `no_credential` unless the provider needs none. */
  readonly credentials: readonly CredentialRef[];
}

export interface CredentialRef { readonly credentialId: string; readonly version: number; readonly name: string }

export type UnknownNames = 'reject' | 'auto';

/** Everything a decision needs besides the request: one immutable snapshot per tenant, replaced whole. */
export interface Policy {
  readonly tenantId: string;
  readonly version: number;
  readonly timezone: string;
  readonly unknownNames: UnknownNames;
  readonly paused: boolean;
  readonly alwaysStrongest: boolean;
  /** What all keys together may spend, where that refuses; absent = no such budget. */
  readonly budget?: TenantBudget;
  /** Requests of all keys at once, counted per process; absent = no such limit. */
  readonly maxParallel?: number;
  /** After how many days a request may be forgotten; absent = never. */
  readonly ledgerDays?: number;
  readonly models: ReadonlyMap<string, RegisteredModel>;
  readonly document: RoutingDocument;
  /** What judged pairs have shown, where there are enough of them. */
  readonly evidence?: EvidencePlan;
}
