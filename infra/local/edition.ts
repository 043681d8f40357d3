import { randomBytes, randomFillSync } from 'node:crypto';
import type { Clock } from '../../functions/core/clock.ts';
import { openAccounts } from '../../functions/adapters/store/accounts.ts';
import { openBreakers, type Breakers } from '../../functions/adapters/store/breaker.ts';
import { keptDays } from '../../functions/adapters/store/retention.ts';
import { listKeys, oneForEachLimiter, type KeyRecord } from '../../functions/adapters/store/keys.ts';
import { parallelAccounts } from '../../functions/adapters/store/parallel-accounts.ts';
import { requestIds } from '../../functions/adapters/store/request-ids.ts';
import { openRefusalCounter } from '../../functions/adapters/store/refusal-counter.ts';
import { resilientAccounts } from '../../functions/adapters/store/resilient-accounts.ts';
import { openSessions } from '../../functions/adapters/store/sessions.ts';
import { fileSpool, layeredSpool, memorySpool } from '../../functions/adapters/store/spool.ts';
import { listModels } from '../../functions/adapters/store/models.ts';
import type { Store } from '../../functions/adapters/store/port.ts';
import { listTenants } from '../../functions/adapters/store/tenants.ts';
import { accessLine, type Log } from '../../functions/adapters/observe/log.ts';
import { openOtlp } from '../../functions/adapters/observe/otlp.ts';
import type { OtlpSettings } from '../../functions/adapters/observe/otlp-settings.ts';
import { openMetrics } from '../../functions/adapters/observe/metrics.ts';
import { GATEWAY_VERSION } from '../../functions/adapters/providers/registry.ts';
import { openOutbound } from '../../functions/adapters/providers/outbound.ts';
import { openCredentials } from '../../functions/adapters/vault/credentials.ts';
import type { LocalKeys } from '../../functions/adapters/vault/local-key.ts';
import { secretVerifier, templateSalts } from '../../functions/adapters/vault/pepper.ts';
import type { OpeningKeys, SealingKeys } from '../../functions/adapters/vault/vault.ts';
import { openQuality } from '../../functions/adapters/store/quality.ts';
import { openCaches, type Caches } from '../../functions/gateway/caches.ts';
import { Judgements } from '../../functions/gateway/judge/judgements.ts';
import { Learning } from '../../functions/gateway/shadow/learning.ts';
import type { AnsweredRequest, Ports } from '../../functions/gateway/ports.ts';

export const systemClock: Clock = { now: () => Date.now(), elapsed: () => performance.now() };

export interface EditionOptions {
  readonly store: Store;
  readonly keys: LocalKeys;
  readonly allowHosts: readonly string[];
  readonly log: Log;
  /** New at every start: leases of any other owner belong to a process that died. */
  readonly bootId: string;
  readonly clock?: Clock;
  /** Takes the lines of the access log; none is kept unless given. */
  readonly accessLog?: (line: string) => void;
  /** Where settlements wait while the store is away; in memory unless given. */
  readonly spoolFile?: string;
  /** Where traces go; nowhere unless given. */
  readonly otlp?: OtlpSettings;
  /** Uniform in [0, 1): which answers are compared, and in which order. The system's unless given. */
  readonly random?: () => number;
  /** 40 hex digits: what a judge's question is marked with. The system's generator unless given. */
  readonly randomHex?: () => string;
  /** Those of the store unless given. */
  readonly breakers?: Breakers;
}

export interface Edition {
  readonly ports: Ports;
  readonly store: Store;
  readonly caches: Caches;
  readonly sealing: SealingKeys;
  /** The data plane's half of the key service. */
  readonly opening: OpeningKeys;
  readonly pepper: Uint8Array;
  /** Writes settlements that an earlier process could not; returns how many. */
  recoverSpool(): Promise<number>;
  /** Settles, as estimated, what a process that died left open. Returns how many. */
  sweepOrphans(): Promise<number>;
  /** Settles, as estimated, leases of this process that are past their deadline: their settlement failed. Returns how many. */
  sweepExpired(): Promise<number>;
  /** Writes refusals that wait to be counted in the store; by itself that happens within a second. */
  flushRefusals(): Promise<void>;
  close(): Promise<void>;
}

/** The data plane of one machine: the same ports as in AWS, over the embedded store and key service. */
export async function openEdition(options: EditionOptions): Promise<Edition> {
  const { store, keys, log } = options;
  const clock = options.clock ?? systemClock;
  const pepper = await keys.pepper();
  const caches = openCaches(store, clock);
  const metrics = openMetrics();
  const accounts = parallelAccounts(resilientAccounts({
    accounts: openAccounts({ store, clock, owner: options.bootId, random: Math.random }), store, clock, owner: options.bootId, log, away: metrics.storeAway,
    spool: options.spoolFile === undefined ? memorySpool() : layeredSpool(fileSpool(options.spoolFile), memorySpool()),
  }));
  const refusals = openRefusalCounter({ store, clock, random: Math.random, timer: true, lost: metrics.refusalsLost });
  const traces = options.otlp && openOtlp({ settings: options.otlp, version: GATEWAY_VERSION, instanceId: options.bootId, log, count: metrics.traced });
  const outbound = openOutbound({ allowHosts: options.allowHosts, allowLoopback: true, via: options.bootId.slice(0, 12) });
  const credentials = openCredentials({ keys, clock, load: (tenantId, credentialId) => sealedRecord(store, tenantId, credentialId) });
  const newId = requestIds(pooledRandom());
  const learning = new Learning({ quality: openQuality({ store, clock }), clock, log, random: options.random ?? Math.random, newId: () => newId(clock.now()) });
  const ports: Ports = {
    clock,
    random: Math.random,
    newRequestId: () => newId(clock.now()),
    keys: caches.keys,
    templateSalt: templateSalts(keys),
    verifySecret: secretVerifier(keys),
    policies: caches.policies,
    origins: caches.origins,
    accounts,
    breakers: options.breakers ?? openBreakers({ store, clock }),
    sessions: openSessions(store),
    credentials,
    outbound,
    judgements: new Judgements({ clock, randomHex: options.randomHex ?? (() => randomBytes(20).toString('hex')) }),
    learning,
    log,
    metrics,
    refusals,
    ...(traces && { traces }),
    ...(options.accessLog !== undefined && { access: accessTo(options.accessLog, clock) }),
    readiness: async () => {
      await Promise.all([store.get({ table: 'tenants', pk: 'ready', sk: 'ready' }), keys.pepper()]);
      return true;
    },
    deploymentId: options.bootId.slice(0, 12),
  };
  const sweep = async (concerns: (key: KeyRecord) => boolean, foreignOwners: boolean): Promise<number> => {
    let swept = 0;
    for (const tenant of await listTenants(store)) {
      for (const key of oneForEachLimiter(await listKeys(store, tenant.tenantId))) if (concerns(key)) swept += await accounts.sweep(key, { foreignOwners, ledgerDays: keptDays(tenant, 'ledger') });
    }
    return swept;
  };
  return {
    ports, store, caches, sealing: keys, opening: keys, pepper,
    recoverSpool: () => accounts.recover(),
    sweepOrphans: () => sweep(() => true, true),
    sweepExpired: () => sweep((key) => accounts.peek(key) !== undefined, false),
    flushRefusals: () => refusals.flush(),
    async close() {
      await learning.stop();
      outbound.close();
      await Promise.all([refusals.flush(), traces?.close(), accounts.close()]);
      await store.close();
    },
  };
}

/** Numbers in [0, 1) from the system's generator, drawn 4 KiB at a time: one call a number costs more than a whole ULID should. */
function pooledRandom(): () => number {
  const pool = new Uint8Array(4096);
  let next = pool.length;
  return () => {
    if (next === pool.length) {
      randomFillSync(pool);
      next = 0;
    }
    const byte = pool[next] ?? 0;
    next += 1;
    return byte / 256;
  };
}

const accessTo = (sink: (line: string) => void, clock: Clock) => (answer: AnsweredRequest): void => sink(accessLine(answer, clock.now()));

export function newBootId(): string {
  return randomBytes(12).toString('hex');
}

/** A tenant's sealed credential by id; read only when its opened form is not cached. */
async function sealedRecord(store: Store, tenantId: string, credentialId: string) {
  for (const model of await listModels(store, tenantId)) {
    const found = model.credentials.find((credential) => credential.credentialId === credentialId);
    if (found !== undefined) return found.sealed;
  }
  return undefined;
}
