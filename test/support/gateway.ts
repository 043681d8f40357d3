import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeyCreate, ModelConfig, RoutingDocument } from '../../functions/contract/index.ts';
import { routing as routingSchema } from '../../functions/contract/routing.ts';
import type { Clock } from '../../functions/core/clock.ts';
import { hashSecret, newKey } from '../../functions/core/keys/virtual-key.ts';
import { jsonLog } from '../../functions/adapters/observe/log.ts';
import type { Breakers } from '../../functions/adapters/store/breaker.ts';
import { getKey, putKey, type KeyRecord } from '../../functions/adapters/store/keys.ts';
import { getLedgerEntry, queryLedger } from '../../functions/adapters/store/ledger.ts';
import { putModel } from '../../functions/adapters/store/models.ts';
import { getRouting, saveRouting } from '../../functions/adapters/store/routing.ts';
import type { Store } from '../../functions/adapters/store/port.ts';
import { openSqliteStore } from '../../functions/adapters/store/sqlite.ts';
import { putTenant } from '../../functions/adapters/store/tenants.ts';
import { localKeys, readOrCreateMasterKey, type LocalKeys } from '../../functions/adapters/vault/local-key.ts';
import { credentialContext } from '../../functions/adapters/vault/context.ts';
import { sealCredential } from '../../functions/adapters/vault/seal.ts';
import { createHttpDoor } from '../../functions/gateway/http.ts';
import { serve } from '../../functions/gateway/serve.ts';
import { newBootId, openEdition, type Edition } from '../../infra/local/edition.ts';
import type { LedgerEntry } from '../../functions/contract/ledger.ts';

export interface TestGateway {
  readonly edition: Edition;
  /** `http://127.0.0.1:PORT`, without a version segment. */
  readonly origin: string;
  readonly key: string;
  readonly logs: string[];
  /** Of this gateway's data folder, for another process on it. */
  readonly keys: LocalKeys;
  readonly spoolFile: string;
  addModel(model: Partial<ModelConfig> & { id: string; baseUrl: string }, tenantId?: string, credential?: string): Promise<void>;
  addKey(limits?: Partial<KeyCreate>, tenantId?: string): Promise<{ key: string; record: KeyRecord }>;
  route(document: unknown, tenantId?: string): Promise<void>;
  /** The entry of a request, waiting for its settlement. */
  ledger(requestId: string, tenantId?: string): Promise<LedgerEntry>;
  ledgerAll(tenantId?: string): Promise<LedgerEntry[]>;
  close(): Promise<void>;
}

export interface TestGatewayOptions {
  readonly maxBodyBytes?: number;
  readonly clock?: Clock;
  readonly credential?: string;
  readonly dataDir?: string;
  /** For tests in which one model fails again and again on purpose. */
  readonly breakers?: 'always-closed';
  /** Uniform in [0, 1): decides which answers are compared. */
  readonly random?: () => number;
  /** Puts something around the store, such as one that can be made to fail. */
  readonly store?: (inner: Store) => Store;
}

const ALWAYS_CLOSED: Breakers = { open: () => new Set(), begin: () => true, ended: () => {}, settled: async () => {} };

/** The real gateway in this process: SQLite in a fresh folder, the real vault, the real http door on a free port. */
export async function testGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const dir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'bsg-')));
  const keys = localKeys(readOrCreateMasterKey(join(dir, 'master.key')).key);
  const spoolFile = join(dir, 'spool.jsonl');
  const logs: string[] = [];
  const edition = await openEdition({
    store: (options.store ?? ((inner: Store) => inner))(openSqliteStore(join(dir, 'test.sqlite'))), keys, spoolFile, allowHosts: [], bootId: newBootId(),
    log: jsonLog((line) => logs.push(line), () => Date.now()), accessLog: (line) => logs.push(line), ...(options.clock && { clock: options.clock }), ...(options.random && { random: options.random }), ...(options.breakers === 'always-closed' && { breakers: ALWAYS_CLOSED }),
  });
  const door = createHttpDoor({ handle: (request) => serve(request, edition.ports), maxBodyBytes: options.maxBodyBytes ?? 4 * 1024 * 1024 });
  await new Promise<void>((resolve) => { door.server.listen(0, '127.0.0.1', resolve); });
  const { port } = door.server.address() as AddressInfo;
  const context = { edition, credential: options.credential ?? 'sk-upstream-credential-canary' };
  await addTenant(edition, 'default');
  const first = await addKey(edition, { rpm: null, tpm: null }, 'default');
  return {
    edition, logs, keys, spoolFile, origin: `http://127.0.0.1:${port}`, key: first.key,
    addModel: (model, tenantId = 'default', credential = context.credential) => addModel({ edition, credential }, model, tenantId),
    addKey: (limits = {}, tenantId = 'default') => addKey(edition, limits, tenantId),
    route: (document, tenantId = 'default') => saveDocument(edition, routingSchema.parse(document), tenantId),
    ledger: (requestId, tenantId = 'default') => settledEntry(edition, tenantId, requestId),
    async ledgerAll(tenantId = 'default') {
      const page = await queryLedger(edition.store, tenantId, { from: new Date(Date.now() - 86_400_000).toISOString(), to: new Date(Date.now() + 86_400_000).toISOString(), limit: 1000 });
      return page.items;
    },
    async close() {
      await door.drain(2_000);
      await edition.close();
      if (options.dataDir === undefined) await rm(dir, { recursive: true, force: true });
    },
  };
}

export async function addTenant(edition: Edition, tenantId: string): Promise<void> {
  await putTenant(edition.store, {
    tenantId, name: tenantId, timezone: 'UTC', unknownNames: 'reject', paused: false, alwaysStrongest: false, corsOrigins: [], createdAt: new Date().toISOString(), version: 1,
  }, undefined);
}

async function addModel({ edition, credential }: { edition: Edition; credential: string }, model: Partial<ModelConfig> & { id: string; baseUrl: string }, tenantId: string): Promise<void> {
  const credentialId = `cred_${randomBytes(6).toString('hex')}`;
  const sealed = await sealCredential(edition.sealing, credentialContext(tenantId, credentialId), credential);
  const at = new Date().toISOString();
  const { apiKeyEnv: _env, credentials: _credentials, ...rest } = model;
  await putModel(edition.store, {
    provider: 'openai-compatible', upstreamModel: 'up-model', enabled: true, ...rest, tenantId,
    credentials: [{ name: 'default', credentialId, version: 1, last4: credential.slice(-4), updatedAt: at, sealed }], createdAt: at, updatedAt: at, version: 1,
  }, undefined);
  edition.caches.invalidate();
}

async function addKey(edition: Edition, limits: Partial<KeyCreate>, tenantId: string): Promise<{ key: string; record: KeyRecord }> {
  const parsed = newKey('test', randomBytes);
  const { key } = parsed;
  const record: KeyRecord = {
    keyId: parsed.keyId, tenantId, name: `key-${parsed.keyId}`, env: 'test', hash: hashSecret(edition.pepper, parsed.secret), last4: key.slice(-4),
    rpm: 60, tpm: 100_000, maxParallel: null, dailyUsd: null, monthlyUsd: null, budgetAction: 'block', allowedModels: null, expiresAt: null,
    revokedAt: null, strict: false, logContent: false, createdAt: new Date().toISOString(), version: 1, ...limits,
  };
  await putKey(edition.store, record, undefined);
  edition.caches.invalidate();
  return { key, record: (await getKey(edition.store, parsed.keyId)) ?? record };
}

async function saveDocument(edition: Edition, document: RoutingDocument, tenantId: string): Promise<void> {
  const { version } = await getRouting(edition.store, tenantId);
  await saveRouting(edition.store, tenantId, document, version, { at: new Date().toISOString(), author: 'test' });
  edition.caches.invalidate();
}

async function settledEntry(edition: Edition, tenantId: string, requestId: string): Promise<LedgerEntry> {
  for (let tries = 0; tries < 500; tries += 1) {
    const entry = await getLedgerEntry(edition.store, tenantId, requestId);
    if (entry !== undefined) return entry;
    await new Promise((resolve) => { setTimeout(resolve, 10); });
  }
  throw new Error(`no ledger entry for ${requestId} within 5 s`);
}
