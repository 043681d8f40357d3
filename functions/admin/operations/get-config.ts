import { listKeys, type KeyRecord } from '../../adapters/store/keys.ts';
import { listModels, type ModelRecord } from '../../adapters/store/models.ts';
import { getRouting } from '../../adapters/store/routing.ts';
import { getTenant } from '../../adapters/store/tenants.ts';
import * as z from 'zod/mini';
import { operation } from '../operation.ts';

/** Environment variables are not stored: `apiKeyEnv`, `credentials` and `keyEnv` are absent. */
export const getConfig = operation({
  summary: 'The tenant as a config file, without secrets and without revoked keys.', answer: z.looseObject({ version: z.literal(1) }),
}, async ({ caller: { tenantId }, ports: { store } }) => {
  const [tenant, models, routing, keys] = await Promise.all([getTenant(store, tenantId), listModels(store, tenantId), getRouting(store, tenantId), listKeys(store, tenantId)]);
  return { body: {
    version: 1,
    tenant: { timezone: tenant?.timezone ?? 'UTC', unknownNames: tenant?.unknownNames ?? 'reject' },
    models: models.map(modelConfig),
    routing: routing.document,
    keys: keys.filter(({ revokedAt }) => revokedAt === null).map(keyConfig),
  } };
});

/** Field by field: what a later version stores beside these does not get out by itself. */
function modelConfig({ id, provider, upstreamModel, baseUrl, apiVersion, region, enabled, maxOutputTokens, price, facts }: ModelRecord): object {
  return { id, provider, upstreamModel, baseUrl, apiVersion, region, enabled, maxOutputTokens, price, facts };
}

function keyConfig({ name, rpm, tpm, maxParallel, dailyUsd, monthlyUsd, budgetAction, allowedModels, expiresAt, strict, logContent, shadow = true }: KeyRecord): object {
  return { name, rpm, tpm, maxParallel, dailyUsd, monthlyUsd, budgetAction, allowedModels, expiresAt, strict, logContent, shadow };
}
