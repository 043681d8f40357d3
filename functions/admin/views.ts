import type { KeyRecord } from '../adapters/store/keys.ts';
import type { ModelRecord } from '../adapters/store/models.ts';

/*
 * Records as people and the audit log may see them: field by field, so that what a later version stores beside
 * these does not get out by itself.
 */

/** A model without its sealed credentials: of each its name, its last four characters and its date. */
export function modelRecordView(record: ModelRecord): object {
  const { id, provider, upstreamModel, baseUrl, apiVersion, region, enabled, maxOutputTokens, price, facts, credentials } = record;
  return { id, provider, upstreamModel, baseUrl, apiVersion, region, enabled, maxOutputTokens, price, facts, credentials: credentials.map(({ name, last4, updatedAt }) => ({ name, last4, updatedAt })) };
}

/** A key without its hash. */
export function keyRecordView(record: KeyRecord): object {
  const { keyId, name, env, last4, rpm, tpm, maxParallel, dailyUsd, monthlyUsd, budgetAction, allowedModels, expiresAt, revokedAt, strict, logContent, shadow = true } = record;
  return { keyId, name, env, last4, rpm, tpm, maxParallel, dailyUsd, monthlyUsd, budgetAction, allowedModels, expiresAt, revokedAt, strict, logContent, shadow };
}
