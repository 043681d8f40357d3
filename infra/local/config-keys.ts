import { hashSecret } from '../../functions/core/keys/virtual-key.ts';
import { keyRecordView } from '../../functions/admin/views.ts';
import { getKey, limitIdOf, listKeys, putKeyOp, type KeyRecord } from '../../functions/adapters/store/keys.ts';
import { openKeyNames, type KeyNames } from '../../functions/adapters/store/key-names.ts';
import type { Op } from '../../functions/adapters/store/port.ts';
import type { ModelRecord } from '../../functions/adapters/store/models.ts';
import type { DeclaredKey } from './check-config.ts';
import { sameRecord } from '../../functions/admin/config/same-record.ts';
import type { Plan, Step } from './config-plan.ts';
import { wrongConfig } from './read-config.ts';

/** Plans the keys of the file, by name: a new key under a known name revokes the old one, which never comes back, and goes on with its limits and what is used of them. */
export async function planKeys(plan: Plan, models: ReadonlyMap<string, ModelRecord>): Promise<void> {
  const declaredIds = new Set(plan.declared.keys.map(({ parsed }) => parsed.keyId));
  const names = openKeyNames(plan.store, plan.tenantId);
  const replaceable = (await listKeys(plan.store, plan.tenantId)).filter(({ keyId, revokedAt }) => revokedAt === null && !declaredIds.has(keyId));
  for (const [index, key] of plan.declared.keys.entries()) {
    for (const [at, id] of (key.config.allowedModels ?? []).entries()) {
      if (!isServed(id, models)) wrongConfig(['keys', index, 'allowedModels', at], 'There is no model with this id.');
    }
    await planKey({ ...plan, names, declaredIds: [...declaredIds] }, index, key, replaceable.filter((record) => record.name === key.config.name));
  }
}

/** A wildcard model serves every id that begins like its own. */
function isServed(id: string, models: ReadonlyMap<string, ModelRecord>): boolean {
  if (models.has(id)) return true;
  for (const known of models.keys()) if (known.endsWith('*') && id.startsWith(known.slice(0, -1))) return true;
  return false;
}

interface KeyPlan extends Plan {
  readonly names: KeyNames;
  /** Keys that the file names, each by a name of its own: what they are called in the store gives way. */
  readonly declaredIds: readonly string[];
}

async function planKey({ store, tenantId, at, steps, warnings, pepper, names, declaredIds }: KeyPlan, index: number, key: DeclaredKey, replaced: readonly KeyRecord[]): Promise<void> {
  const current = await getKey(store, key.parsed.keyId);
  if (current !== undefined && current.tenantId !== tenantId) wrongConfig(['keys', index, 'keyEnv'], 'The variable holds a key that cannot be used here.');
  if (current !== undefined && current.revokedAt !== null) {
    const sentence = `The key was revoked on ${current.revokedAt.slice(0, 10)}, and a revoked key stays revoked; put a new one into the variable.`;
    if (replaced.length > 0) wrongConfig(['keys', index, 'keyEnv'], sentence);
    warnings.push(`/keys/${index}/keyEnv: ${sentence}`);
    return;
  }
  const [old] = replaced;
  const limitId = current === undefined ? old && limitIdOf(old) : current.limitId;
  const desired: KeyRecord = { ...keyRecord(key, tenantId, hashSecret(pepper, key.parsed.secret), current?.createdAt ?? at), ...(limitId !== undefined && { limitId }) };
  if (current === undefined || !sameRecord(current, desired)) {
    const claimed = current?.name === desired.name ? [] : await names.claim(desired.name, desired.keyId, [...declaredIds, ...replaced.map(({ keyId }) => keyId)]);
    if (claimed === undefined) return wrongConfig(['keys', index, 'name'], 'Another key has this name.');
    const released = current === undefined || current.name === desired.name ? [] : await names.release(current.name, current.keyId);
    steps.push(stepOf(current === undefined ? 'key.created' : 'key.updated', desired, current, [...claimed, ...released]));
  }
  for (const other of replaced) steps.push(stepOf('key.revoked', { ...other, revokedAt: at, ...(current === undefined && { limitId: limitIdOf(other) }) }, other, await names.release(other.name, other.keyId)));
}

function stepOf(action: string, desired: KeyRecord, current: KeyRecord | undefined, names: readonly Op[]): Step {
  return {
    draft: { action, target: { type: 'key', id: desired.keyId, name: desired.name }, before: current === undefined ? null : keyRecordView(current), after: keyRecordView(desired) },
    ops: [putKeyOp(desired, current?.version), ...names],
  };
}

function keyRecord({ config, parsed }: DeclaredKey, tenantId: string, hash: string, createdAt: string): KeyRecord {
  const { keyEnv: _env, expiresAt, ...limits } = config;
  return {
    ...limits,
    keyId: parsed.keyId,
    tenantId,
    env: parsed.env,
    hash,
    last4: parsed.display.slice(-4),
    expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
    revokedAt: null,
    createdAt,
    version: 0,
  };
}
