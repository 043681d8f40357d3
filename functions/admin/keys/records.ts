import { getKey, listKeys, type KeyRecord } from '../../adapters/store/keys.ts';
import { listModels } from '../../adapters/store/models.ts';
import type { KeyNames } from '../../adapters/store/key-names.ts';
import type { Op, Store } from '../../adapters/store/port.ts';
import type { KeyView } from '../../contract/admin/keys.ts';
import { allows } from '../../core/routing/eligibility.ts';
import { AdminError } from '../errors.ts';

/** A key as it is shown: its id and last four characters tell it apart, its hash stays here. */
export function keyViewOf(record: KeyRecord): KeyView {
  const { keyId, name, env, last4, createdAt, version } = record;
  const { rpm, tpm, maxParallel, dailyUsd, monthlyUsd, budgetAction, allowedModels, expiresAt, revokedAt, strict, logContent, shadow = true } = record;
  return {
    id: keyId, name, env, display: `bsg_${env}_${keyId}…${last4}`, rpm, tpm, maxParallel, dailyUsd, monthlyUsd, budgetAction,
    allowedModels: allowedModels === null ? null : [...allowedModels], expiresAt, revokedAt, strict, logContent, shadow, createdAt, version,
  };
}

/** A tenant's key. Unknown ids and those of other tenants' keys answer alike. */
export async function ownKey(store: Store, tenantId: string, id: string | undefined): Promise<KeyRecord> {
  const record = id === undefined || !/^[0-9A-Za-z]{12}$/.test(id) ? undefined : await getKey(store, id);
  if (record === undefined || record.tenantId !== tenantId) throw new AdminError('not_found', 'There is no key with this id.');
  return record;
}

/** Throws for an allow-list that names what does not exist: such a key could call nothing, and nobody would know why. */
export async function requireModels(store: Store, tenantId: string, allowed: readonly string[] | null | undefined): Promise<void> {
  if (allowed === null || allowed === undefined || allowed.length === 0) return;
  const models = await listModels(store, tenantId);
  for (const [at, entry] of allowed.entries()) {
    const exists = models.some(({ id }) => id === entry || allows([entry], id) || (id.endsWith('*') && entry.startsWith(id.slice(0, -1))));
    if (!exists) throw new AdminError('invalid_request', 'There is no model with this id.', { field: `/allowedModels/${at}` });
  }
}

/** Names are for people, so two live keys may not share one: what gives a free name to a key. Throws where it is taken. */
export async function claimName(store: Store, names: KeyNames, { tenantId, name, keyId }: KeyRecord): Promise<Op[]> {
  const isListed = (await listKeys(store, tenantId)).some((key) => key.name === name && key.keyId !== keyId && key.revokedAt === null);
  const claim = isListed ? undefined : await names.claim(name, keyId);
  if (claim === undefined) throw nameTaken();
  return claim;
}

export const nameTaken = (): AdminError => new AdminError('conflict', 'Another key has this name.', { field: '/name' });

export const instantOf = (text: string | null | undefined): string | null => (text === null || text === undefined ? null : new Date(text).toISOString());
