import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { KeyCreate, ModelConfig } from '../../functions/contract/index.ts';
import { DEPLOYMENT_VARIABLE, PEPPER_KEY_VARIABLE, tableVariable, VAULT_KEY_VARIABLE } from '../../functions/adapters/aws/environment.ts';
import { openDynamoStore } from '../../functions/adapters/store/dynamo.ts';
import { putKey, type KeyRecord } from '../../functions/adapters/store/keys.ts';
import { putModel } from '../../functions/adapters/store/models.ts';
import { TABLES, type Store } from '../../functions/adapters/store/port.ts';
import { putTenant } from '../../functions/adapters/store/tenants.ts';
import { credentialContext } from '../../functions/adapters/vault/context.ts';
import { kmsPepperKeys, kmsSealingKeys } from '../../functions/adapters/vault/kms.ts';
import { sealCredential } from '../../functions/adapters/vault/seal.ts';
import { hashSecret, newKey } from '../../functions/core/keys/virtual-key.ts';
import { MAC_KEY, VAULT_KEY } from '../adapters/vault/fake-kms.ts';
import { countingProxy, type CountingProxy } from './counting-proxy.ts';
import { startDynamoDbLocal } from './dynamodb-local.ts';
import { kmsServer, type KmsRole, type KmsServer } from './kms-server.ts';
import { startRuntime, type Runtime } from './runtime-api.ts';

const ROOT = join(import.meta.dirname, '..', '..');
export const UPSTREAM_CREDENTIAL = 'sk-upstream-credential-canary';
const CREATED = '2026-01-01T00:00:00.000Z';

export type LambdaModel = Partial<ModelConfig> & { readonly id: string; readonly baseUrl: string };

/** The stack's services on this machine: DynamoDB Local behind a counting relay, the key service, and functions as built. */
export interface LambdaWorld {
  readonly store: Store;
  readonly kms: KmsServer;
  /** What the functions asked of DynamoDB; the test's own store does not pass here. */
  readonly dynamo: CountingProxy;
  /** Where the product's bundle of a function lies, built if a source is newer. */
  bundle(name: string): Promise<string>;
  env(role: KmsRole, extra?: Record<string, string>): Record<string, string>;
  start(name: string, role: KmsRole, extra?: Record<string, string>): Promise<Runtime>;
  addModel(model: LambdaModel): Promise<void>;
  addKey(limits?: Partial<KeyCreate>): Promise<{ key: string; record: KeyRecord }>;
  close(): Promise<void>;
}

export async function lambdaWorld(): Promise<LambdaWorld> {
  const [local, kms] = await Promise.all([startDynamoDbLocal(), kmsServer()]);
  const dynamo = await countingProxy(local.endpoint);
  const store = openDynamoStore({ client: local.newClient(), tableNames: local.tableNames });
  await putTenant(store, {
    tenantId: 'default', name: 'default', timezone: 'UTC', unknownNames: 'reject', paused: false, alwaysStrongest: false, corsOrigins: [], createdAt: CREATED, version: 1,
  }, undefined);
  const running: Runtime[] = [];
  const world: LambdaWorld = {
    store, kms, dynamo, bundle,
    env: (role, extra = {}) => ({
      AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint, AWS_ENDPOINT_URL_KMS: kms.endpoint(role), AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local',
      ...Object.fromEntries(TABLES.map((table) => [tableVariable(table), local.tableNames[table]])),
      [VAULT_KEY_VARIABLE]: VAULT_KEY, [PEPPER_KEY_VARIABLE]: MAC_KEY, [DEPLOYMENT_VARIABLE]: 'deployment-under-test', ...extra,
    }),
    async start(name, role, extra) {
      const runtime = await startRuntime({ folder: await bundle(name), env: world.env(role, extra) });
      running.push(runtime);
      return runtime;
    },
    addModel: (model) => addModel(store, kms, model),
    addKey: (limits = {}) => addKey(store, kms, limits),
    async close() {
      await Promise.all(running.map((runtime) => runtime.kill()));
      await Promise.all([dynamo.close(), kms.close(), store.close()]);
      await local.stop();
    },
  };
  return world;
}

export async function bundle(name: string): Promise<string> {
  const { ensureBuilt, lambdaTarget } = (await import(join(ROOT, 'tools', 'build.mjs'))) as { ensureBuilt(root: string, name: string): Promise<string>; lambdaTarget(name: string): string };
  return dirname(await ensureBuilt(ROOT, lambdaTarget(name)));
}

/** Registers a model whose credential is sealed by the control plane's role. */
export async function addModel(store: Store, kms: KmsServer, { apiKeyEnv: _env, credentials: _credentials, ...model }: LambdaModel): Promise<void> {
  const credentialId = `cred_${randomBytes(6).toString('hex')}`;
  const keys = kmsSealingKeys({ client: kms.client('admin'), keyId: VAULT_KEY });
  const sealed = await sealCredential(keys, credentialContext('default', credentialId), UPSTREAM_CREDENTIAL);
  await putModel(store, {
    provider: 'openai-compatible', upstreamModel: 'up-model', enabled: true, price: { input: 1, cacheRead: 0.1, cacheWrite: 1.25, output: 4 }, ...model, tenantId: 'default',
    credentials: [{ name: 'default', credentialId, version: 1, last4: UPSTREAM_CREDENTIAL.slice(-4), updatedAt: CREATED, sealed }], createdAt: CREATED, updatedAt: CREATED, version: 1,
  }, undefined);
}

/** Creates a virtual key; the record is stored, the key itself only returned. */
export async function addKey(store: Store, kms: KmsServer, limits: Partial<KeyCreate>): Promise<{ key: string; record: KeyRecord }> {
  const parsed = newKey('test', randomBytes);
  const pepper = await kmsPepperKeys({ client: kms.client('admin'), keyId: MAC_KEY }).pepper();
  const record: KeyRecord = {
    keyId: parsed.keyId, tenantId: 'default', name: `key-${parsed.keyId}`, env: 'test', hash: hashSecret(pepper, parsed.secret), last4: parsed.key.slice(-4),
    rpm: 600, tpm: 1_000_000, maxParallel: null, dailyUsd: null, monthlyUsd: null, budgetAction: 'block', allowedModels: null, expiresAt: null,
    revokedAt: null, strict: false, logContent: false, createdAt: CREATED, version: 1, ...limits,
  };
  await putKey(store, record, undefined);
  return { key: parsed.key, record };
}
