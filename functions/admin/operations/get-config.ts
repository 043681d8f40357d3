import { listKeys, type KeyRecord } from '../../adapters/store/keys.ts';
import { listModels, type ModelRecord } from '../../adapters/store/models.ts';
import { getRouting } from '../../adapters/store/routing.ts';
import { getTenant } from '../../adapters/store/tenants.ts';
import type { AdminCall } from '../ports.ts';

/**
 * The tenant as a config file. Secrets are not in it, nor the names of environment variables, which are
 * not stored: `apiKeyEnv`, `credentials` and `keyEnv` are absent. Revoked keys are left out.
 */
export async function getConfig({ caller: { tenantId }, ports: { store } }: AdminCall): Promise<object> {
  const [tenant, models, routing, keys] = await Promise.all([getTenant(store, tenantId), listModels(store, tenantId), getRouting(store, tenantId), listKeys(store, tenantId)]);
  return {
    version: 1,
    tenant: { timezone: tenant?.timezone ?? 'UTC', unknownNames: tenant?.unknownNames ?? 'reject' },
    models: models.map(modelConfig),
    routing: routing.document,
    keys: keys.filter(({ revokedAt }) => revokedAt === null).map(keyConfig),
  };
}

/** Field by field: what a later version stores beside these does not get out by itself. */
function modelConfig({ id, provider, upstreamModel, baseUrl, apiVersion, region, enabled, maxOutputTokens, price, facts }: ModelRecord): object {
  return { id, provider, upstreamModel, baseUrl, apiVersion, region, enabled, maxOutputTokens, price, facts };
}

function keyConfig({ name, rpm, tpm, maxParallel, dailyUsd, monthlyUsd, budgetAction, allowedModels, expiresAt, strict, logContent }: KeyRecord): object {
  return { name, rpm, tpm, maxParallel, dailyUsd, monthlyUsd, budgetAction, allowedModels, expiresAt, strict, logContent };
}
