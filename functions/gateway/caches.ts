import type { Clock } from '../core/clock.ts';
import { limitMicros } from '../core/limits/budget.ts';
import { factsFor, priceFor } from '../core/money/catalogue.ts';
import { compilePolicy, underDocument, type CompiledPolicy } from '../core/routing/policy-compile.ts';
import type { RegisteredModel } from '../core/routing/policy.ts';
import { getPlan } from '../adapters/store/evidence-plan.ts';
import { getKey, type KeyRecord } from '../adapters/store/keys.ts';
import { listModels, type ModelRecord } from '../adapters/store/models.ts';
import type { Store } from '../adapters/store/port.ts';
import { getRouting, getRoutingVersion } from '../adapters/store/routing.ts';
import { keptDays } from '../adapters/store/retention.ts';
import { getTenant, tenantsByOrigin, type TenantRecord } from '../adapters/store/tenants.ts';
import { TimedCache } from './timed-cache.ts';

/** Revocation and policy changes hold within 60 s everywhere; where the change is made in this process, at once. */
const FRESH_MS = 30_000;
const STALE_MS = 60_000;
const UNKNOWN_KEY_MS = 5_000;
/** So long what is known goes on serving while the store is away. */
const OUTAGE_MS = 300_000;
const NOBODY: ReadonlySet<string> = new Set();

/** Keys and policies as requests see them: no store read within a cache's lifetime. */
export interface Caches {
  readonly keys: { byId(keyId: string): Promise<KeyRecord | undefined> };
  readonly policies: { of(tenantId: string): Promise<CompiledPolicy> };
  /** The tenants whose keys pages of a web origin may use. */
  readonly origins: { tenantsOf(origin: string): Promise<ReadonlySet<string>> };
  /** To be called after any change of keys, models, routing or settings made in this process. */
  invalidate(): void;
}

export function openCaches(store: Store, clock: Clock): Caches {
  const keys = new TimedCache<KeyRecord | undefined>((keyId) => getKey(store, keyId), {
    clock,
    freshMs: (record) => (record === undefined ? UNKNOWN_KEY_MS : FRESH_MS),
    staleMs: (record) => (record === undefined ? UNKNOWN_KEY_MS : FRESH_MS),
    maxEntries: 10_000,
    serveOnErrorMs: OUTAGE_MS,
  });
  const policies = new TimedCache<CompiledPolicy>((tenantId) => loadPolicy(store, tenantId), { clock, freshMs: FRESH_MS, staleMs: STALE_MS, maxEntries: 1_000, serveOnErrorMs: OUTAGE_MS });
  const origins = new TimedCache((_all) => tenantsByOrigin(store), { clock, freshMs: FRESH_MS, staleMs: STALE_MS, maxEntries: 1, serveOnErrorMs: OUTAGE_MS });
  return {
    keys: { byId: async (keyId) => keys.get(keyId) },
    policies: { of: async (tenantId) => policies.get(tenantId) },
    origins: { tenantsOf: async (origin) => (await origins.get('all')).get(origin) ?? NOBODY },
    invalidate() {
      origins.invalidate();
      keys.invalidate();
      policies.invalidate();
    },
  };
}

/** A tenant's policy as the data plane sees it, read now. */
export async function loadPolicy(store: Store, tenantId: string): Promise<CompiledPolicy> {
  const [tenant, models, routing, evidence] = await Promise.all([getTenant(store, tenantId), listModels(store, tenantId), getRouting(store, tenantId), getPlan(store, tenantId)]);
  const ledgerDays = keptDays(tenant, 'ledger');
  const policy = compilePolicy({
    tenantId,
    version: routing.version,
    timezone: tenant?.timezone ?? 'UTC',
    unknownNames: tenant?.unknownNames ?? 'reject',
    paused: tenant?.paused ?? false,
    alwaysStrongest: tenant?.alwaysStrongest ?? false,
    ...sharedLimits(tenant),
    ...(ledgerDays !== undefined && { ledgerDays }),
    models: new Map(models.map((record) => [record.id, registered(record)])),
    document: routing.document,
    ...(evidence && { evidence }),
  });
  const { rollout } = routing;
  const before = rollout && (await getRoutingVersion(store, tenantId, rollout.before));
  if (rollout === undefined || before === undefined) return policy;
  return { ...policy, rollout: { percent: rollout.percent, before: { ...underDocument(policy, before.document), version: before.version } } };
}

/** What a tenant's keys share. A budget that only warns refuses nobody. */
function sharedLimits(tenant: TenantRecord | undefined): Pick<CompiledPolicy, 'budget' | 'maxParallel'> {
  const [dayMicros, monthMicros] = [limitMicros(tenant?.dailyUsd ?? null), limitMicros(tenant?.monthlyUsd ?? null)];
  const refuses = tenant?.budgetAction !== 'warn' && (dayMicros !== null || monthMicros !== null);
  return { ...(refuses && { budget: { dayMicros, monthMicros } }), ...(typeof tenant?.maxParallel === 'number' && { maxParallel: tenant.maxParallel }) };
}

/** A stored model with the catalogue's facts and price filled in under the operator's own. */
export function registered(record: ModelRecord): RegisteredModel {
  const { id, provider, upstreamModel, baseUrl, apiVersion, region, enabled, maxOutputTokens } = record;
  return {
    id, provider, upstreamModel, enabled,
    ...(baseUrl !== undefined && { baseUrl }),
    ...(apiVersion !== undefined && { apiVersion }),
    ...(region !== undefined && { region }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    price: priceFor(provider, upstreamModel, record.price),
    facts: factsFor(provider, upstreamModel, record.facts),
    credentials: record.credentials.map(({ credentialId, version, name }) => ({ credentialId, version, name })),
  };
}
