import { getKey, limitIdOf, listKeys, putKeyOp, type KeyRecord } from '../../adapters/store/keys.ts';
import { openKeyNames } from '../../adapters/store/key-names.ts';
import { readLastUsed } from '../../adapters/store/last-used.ts';
import type { Op } from '../../adapters/store/port.ts';
import { keyCreate, keyCreated, keyPatch, keyRevoked, keyRotate, keyView } from '../../contract/admin/keys.ts';
import { listOf } from '../../contract/admin/shared.ts';
import { hashSecret, newKey } from '../../core/keys/virtual-key.ts';
import { change } from '../change.ts';
import { AdminError } from '../errors.ts';
import { claimName, instantOf, keyViewOf, nameTaken, ownKey, requireModels } from '../keys/records.ts';
import { operation } from '../operation.ts';
import type { AdminCall, Reply } from '../ports.ts';
import { keyRecordView } from '../views.ts';

const NO_STORE = { 'cache-control': 'no-store' };

export const listKeysOperation = operation({ summary: 'All keys of the tenant in order of creation, revoked ones too.', answer: listOf(keyView) }, async ({ caller, ports }) => {
  const keys = await listKeys(ports.store, caller.tenantId);
  const used = await readLastUsed(ports.store, keys);
  return { body: { items: keys.map((key, at) => ({ ...keyViewOf(key), lastUsedAt: used[at] ?? null })), nextCursor: null } };
});

export const getKeyOperation = operation({ summary: 'One key.', answer: keyView }, async ({ caller, ports, params }) => {
  const record = await ownKey(ports.store, caller.tenantId, params['id']);
  const [lastUsedAt = null] = await readLastUsed(ports.store, [record]);
  return { body: { ...keyViewOf(record), lastUsedAt }, etag: record.version };
});

export const createKey = operation({ summary: 'A new key. It is shown in this answer and never again.', body: keyCreate, answer: keyCreated, status: 201 }, async (call) => {
  const { caller, ports, body, nowMs } = call;
  await requireModels(ports.store, caller.tenantId, body.allowedModels);
  const { env, expiresAt, ...limits } = body;
  const made = newKey(env, ports.randomBytes);
  const record: KeyRecord = {
    ...limits, keyId: made.keyId, tenantId: caller.tenantId, env, hash: hashSecret(await ports.pepper(), made.secret), last4: made.display.slice(-4),
    expiresAt: instantOf(expiresAt), revokedAt: null, createdAt: new Date(nowMs).toISOString(), version: 1,
  };
  await save(call, 'key.created', record, undefined, { names: await claimName(ports.store, openKeyNames(ports.store, caller.tenantId), record) });
  return shown(call, record, made.key);
});

export const updateKey = operation({ summary: 'Changes a key\'s name or limits; what is absent stays.', body: keyPatch, answer: keyView, ifMatch: 'optional' }, async (call) => {
  const { caller, ports, body, params, ifMatch } = call;
  const current = await ownKey(ports.store, caller.tenantId, params['id']);
  if (ifMatch !== undefined && ifMatch !== current.version) throw stale(current);
  if (current.revokedAt !== null) throw new AdminError('conflict', 'A revoked key cannot be changed.');
  await requireModels(ports.store, caller.tenantId, body.allowedModels);
  const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as Partial<KeyRecord>;
  const record: KeyRecord = { ...current, ...given, ...(body.expiresAt !== undefined && { expiresAt: instantOf(body.expiresAt) }), version: current.version + 1 };
  const names = openKeyNames(ports.store, caller.tenantId);
  const renamed = record.name === current.name ? [] : [...await claimName(ports.store, names, record), ...await names.release(current.name, current.keyId)];
  await save(call, 'key.updated', record, current, { names: renamed });
  return { body: keyViewOf(record), etag: record.version };
});

export const revokeKey = operation({ summary: 'Ends a key. Repeating it changes nothing; a revoked key never comes back.', answer: keyRevoked }, async (call) => {
  const { caller, ports, params, nowMs } = call;
  const current = await ownKey(ports.store, caller.tenantId, params['id']);
  const isOver = current.revokedAt !== null && Date.parse(current.revokedAt) <= nowMs;
  const record: KeyRecord = isOver ? current : { ...current, revokedAt: new Date(nowMs).toISOString(), version: current.version + 1 };
  if (!isOver) await save(call, 'key.revoked', record, current, { names: await openKeyNames(ports.store, caller.tenantId).release(current.name, current.keyId) });
  return { body: { ...keyViewOf(record), revocationSeconds: ports.revocationSeconds }, etag: record.version };
});

export const rotateKey = operation({
  summary: 'A new key that goes on with the limits of the old one and with what is used of them; the old one stays valid for the overlap. Shown in this answer and never again.', body: keyRotate, answer: keyCreated, status: 201,
}, async (call) => {
  const { caller, ports, body, params, nowMs } = call;
  const current = await ownKey(ports.store, caller.tenantId, params['id']);
  if (current.revokedAt !== null) throw new AdminError('conflict', 'This key has been revoked or rotated already.');
  const made = newKey(current.env, ports.randomBytes);
  // Both say it, so that either is known to share what it counts in.
  const limitId = limitIdOf(current);
  const record: KeyRecord = {
    ...current, limitId, keyId: made.keyId, hash: hashSecret(await ports.pepper(), made.secret), last4: made.display.slice(-4), createdAt: new Date(nowMs).toISOString(), version: 1,
  };
  const old: KeyRecord = { ...current, limitId, revokedAt: new Date(nowMs + body.overlapSeconds * 1000).toISOString(), version: current.version + 1 };
  // Of two keys of an earlier version with one name, only one can have it for good; the other is rotated without.
  const names = await openKeyNames(ports.store, caller.tenantId).claim(record.name, record.keyId, [current.keyId]) ?? [];
  await save(call, 'key.rotated', record, current, { more: [putKeyOp(old, current.version)], names });
  return shown(call, record, made.key);
});

/** One atomic write of a key, of what goes with it, of whose its name is, and of the event. Whoever was overtaken is told. */
async function save(call: AdminCall, action: string, record: KeyRecord, current: KeyRecord | undefined, { more = [], names }: { readonly more?: readonly Op[]; readonly names: readonly Op[] }): Promise<void> {
  const isNew = current === undefined || current.keyId !== record.keyId;
  const committed = await change(call, {
    action, target: { type: 'key', id: record.keyId, name: record.name }, before: current === undefined ? null : keyRecordView(current), after: keyRecordView(record),
  }, [putKeyOp(record, isNew ? undefined : current.version), ...more, ...names]);
  if (!committed.ok && committed.index > more.length) throw nameTaken();
  if (!committed.ok) throw stale(current === undefined ? undefined : await getKey(call.ports.store, current.keyId));
}

function stale(current: KeyRecord | undefined): AdminError {
  return new AdminError('version_conflict', 'Somebody has changed this key since you read it.', { details: { current: current === undefined ? null : keyViewOf(current) } });
}

function shown({ ports }: AdminCall, record: KeyRecord, key: string): Reply {
  const view = { ...keyViewOf(record), revocationSeconds: ports.revocationSeconds };
  return { body: { ...view, key }, replay: { ...view, secret_shown: false }, etag: record.version, headers: NO_STORE };
}
