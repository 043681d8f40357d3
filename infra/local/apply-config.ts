import { createHmac, randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Config, RoutingDocument } from '../../functions/contract/index.ts';
import { hashSecret } from '../../functions/core/keys/virtual-key.ts';
import { validateRouting } from '../../functions/core/routing/policy-compile.ts';
import { getKey, listKeys, putKey, type KeyRecord } from '../../functions/adapters/store/keys.ts';
import { listModels, putModel, type ModelCredential, type ModelRecord } from '../../functions/adapters/store/models.ts';
import type { Store } from '../../functions/adapters/store/port.ts';
import { getRouting, saveRouting } from '../../functions/adapters/store/routing.ts';
import { getTenant, putTenant } from '../../functions/adapters/store/tenants.ts';
import { credentialContext } from '../../functions/adapters/vault/context.ts';
import { sealCredential } from '../../functions/adapters/vault/seal.ts';
import type { SealingKeys } from '../../functions/adapters/vault/vault.ts';
import { registered } from '../../functions/gateway/caches.ts';
import { checkConfig, type Declared, type DeclaredCredential, type DeclaredKey, type DeclaredModel, type World } from './check-config.ts';
import { StartError } from './command-line.ts';
import { DEFAULT_TENANT, newTenant } from './default-tenant.ts';
import { readConfig, wrongConfig } from './read-config.ts';

export interface ApplyOptions extends World {
  /** The config file's text. */
  readonly text: string;
  readonly store: Store;
  readonly sealing: SealingKeys;
  readonly pepper: Uint8Array;
  /** Epoch ms. */
  readonly now: () => number;
}

export interface Applied {
  /** Records written; 0 when the store already was as the file says. */
  readonly writes: number;
  /** What the file asks for and does not get, one sentence each. */
  readonly warnings: readonly string[];
}

interface Plan extends ApplyOptions {
  readonly declared: Declared;
  readonly tenantId: string;
  /** RFC 3339 of this start. */
  readonly at: string;
  readonly steps: (() => Promise<{ readonly ok: boolean }>)[];
  readonly warnings: string[];
}

/**
 * Makes the store say what the config file says (DECISIONS §3.26): models by id, keys by name, routing whole, tenant
 * settings; nothing else is touched and nothing is deleted. Everything is checked before anything is written. The same
 * file again writes nothing. Throws `StartError` with the pointer of the first mistake.
 */
export async function applyConfig(options: ApplyOptions): Promise<Applied> {
  const declared = checkConfig(readConfig(options.text), options);
  const plan: Plan = { ...options, declared, tenantId: DEFAULT_TENANT, at: new Date(options.now()).toISOString(), steps: [], warnings: [] };
  await planTenant(plan, declared.config.tenant);
  const models = await planModels(plan);
  await planRouting(plan, models);
  await planKeys(plan, models);
  for (const step of plan.steps) {
    if (!(await step()).ok) throw new StartError('The store was changed by another process while the config file was applied; start again.');
  }
  return { writes: plan.steps.length, warnings: plan.warnings };
}

/** Records as compared: what a write sets by itself is left out. */
function sameRecord<T extends { readonly version: number; readonly createdAt: string; readonly updatedAt?: string }>(a: T, b: T): boolean {
  const { version: _1, createdAt: _2, updatedAt: _3, ...left } = a;
  const { version: _4, createdAt: _5, updatedAt: _6, ...right } = b;
  return isDeepStrictEqual(left, right);
}

async function planTenant({ store, tenantId, at, steps }: Plan, settings: Config['tenant']): Promise<void> {
  const current = await getTenant(store, tenantId);
  const desired = { ...(current ?? newTenant(tenantId, at)), ...settings };
  if (current === undefined || !sameRecord(current, desired)) steps.push(() => putTenant(store, desired, current?.version));
}

/** Returns all models as they will be, those that the file does not name included. */
async function planModels(plan: Plan): Promise<ReadonlyMap<string, ModelRecord>> {
  const { store, tenantId, steps } = plan;
  const models = new Map((await listModels(store, tenantId)).map((record) => [record.id, record]));
  for (const declared of plan.declared.models) {
    const current = models.get(declared.config.id);
    const desired = await modelRecord(plan, declared, current);
    models.set(desired.id, desired);
    if (current === undefined || !sameRecord(current, desired)) steps.push(() => putModel(store, desired, current?.version));
  }
  return models;
}

async function modelRecord(plan: Plan, { config, credentials }: DeclaredModel, current: ModelRecord | undefined): Promise<ModelRecord> {
  const { apiKeyEnv: _env, credentials: _names, ...fields } = config;
  const kept = current !== undefined && sameAddress(config, current) ? current.credentials : [];
  return {
    ...fields,
    tenantId: plan.tenantId,
    credentials: credentials === undefined ? kept : await Promise.all(credentials.map((credential) => sealed(plan, credential, current))),
    createdAt: current?.createdAt ?? plan.at,
    updatedAt: plan.at,
    version: current?.version ?? 0,
  };
}

/** A stored credential never follows its model to another host: whoever moves it must name the credential again. */
const sameAddress = (a: Pick<ModelRecord, 'provider' | 'baseUrl' | 'region'>, b: Pick<ModelRecord, 'provider' | 'baseUrl' | 'region'>): boolean =>
  a.provider === b.provider && a.baseUrl === b.baseUrl && a.region === b.region;

async function sealed(plan: Plan, { name, secret, last4 }: DeclaredCredential, model: ModelRecord | undefined): Promise<ModelCredential> {
  const current = model?.credentials.find((credential) => credential.name === name);
  const credentialId = current?.credentialId ?? `cred_${randomBytes(9).toString('hex')}`;
  const text = secret.reveal();
  const fingerprint = fingerprintOf(plan.pepper, plan.tenantId, credentialId, text);
  if (current?.fingerprint === fingerprint) return current;
  return {
    name,
    credentialId,
    version: (current?.version ?? 0) + 1,
    last4,
    updatedAt: plan.at,
    sealed: await sealCredential(plan.sealing, credentialContext(plan.tenantId, credentialId), text),
    fingerprint,
  };
}

/** Tells whether a secret changed, and nothing else: useless without the pepper, and different for every credential. */
function fingerprintOf(pepper: Uint8Array, tenantId: string, credentialId: string, text: string): string {
  return createHmac('sha256', pepper).update(JSON.stringify(['bsgateway/credential-fingerprint/v1', tenantId, credentialId, text])).digest('base64');
}

/** The routing in force must fit the models in force, whichever of the two the file changes. */
async function planRouting({ store, tenantId, at, steps, declared }: Plan, models: ReadonlyMap<string, ModelRecord>): Promise<void> {
  const current = await getRouting(store, tenantId);
  const document: RoutingDocument = declared.config.routing ?? current.document;
  const { errors } = validateRouting(document, new Map([...models].map(([id, record]) => [id, registered(record)])));
  const [error] = errors;
  if (error !== undefined) wrongConfig([declared.config.routing === undefined ? 'models' : 'routing', ...stepsOf(error.pointer)], error.message);
  if (!isDeepStrictEqual(document, current.document)) steps.push(() => saveRouting(store, tenantId, document, current.version, { at, author: 'config file' }));
}

const stepsOf = (pointer: string): string[] => pointer.split('/').slice(1).map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));

async function planKeys(plan: Plan, models: ReadonlyMap<string, ModelRecord>): Promise<void> {
  const declaredIds = new Set(plan.declared.keys.map(({ parsed }) => parsed.keyId));
  const replaceable = (await listKeys(plan.store, plan.tenantId)).filter(({ keyId, revokedAt }) => revokedAt === null && !declaredIds.has(keyId));
  for (const [index, key] of plan.declared.keys.entries()) {
    for (const [at, id] of (key.config.allowedModels ?? []).entries()) {
      if (!isServed(id, models)) wrongConfig(['keys', index, 'allowedModels', at], 'There is no model with this id.');
    }
    await planKey(plan, index, key, replaceable.filter((record) => record.name === key.config.name));
  }
}

/** A wildcard model serves every id that begins like its own. */
function isServed(id: string, models: ReadonlyMap<string, ModelRecord>): boolean {
  if (models.has(id)) return true;
  for (const known of models.keys()) if (known.endsWith('*') && id.startsWith(known.slice(0, -1))) return true;
  return false;
}

async function planKey({ store, tenantId, at, steps, warnings, pepper }: Plan, index: number, key: DeclaredKey, replaced: readonly KeyRecord[]): Promise<void> {
  const current = await getKey(store, key.parsed.keyId);
  if (current !== undefined && current.tenantId !== tenantId) wrongConfig(['keys', index, 'keyEnv'], 'The variable holds a key that cannot be used here.');
  if (current !== undefined && current.revokedAt !== null) {
    const sentence = `The key was revoked on ${current.revokedAt.slice(0, 10)}, and a revoked key stays revoked; put a new one into the variable.`;
    if (replaced.length > 0) wrongConfig(['keys', index, 'keyEnv'], sentence);
    warnings.push(`/keys/${index}/keyEnv: ${sentence}`);
    return;
  }
  const desired = keyRecord(key, tenantId, hashSecret(pepper, key.parsed.secret), current?.createdAt ?? at);
  if (current === undefined || !sameRecord(current, desired)) steps.push(() => putKey(store, desired, current?.version));
  for (const other of replaced) steps.push(() => putKey(store, { ...other, revokedAt: at }, other.version));
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
