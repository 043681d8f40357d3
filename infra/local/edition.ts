import { randomBytes, randomFillSync } from 'node:crypto';
import { monotonicFactory } from 'ulidx';
import type { Clock } from '../../functions/core/clock.ts';
import { openAccounts } from '../../functions/adapters/store/accounts.ts';
import { openBreakers, type Breakers } from '../../functions/adapters/store/breaker.ts';
import { listKeys, type KeyRecord } from '../../functions/adapters/store/keys.ts';
import { parallelAccounts } from '../../functions/adapters/store/parallel-accounts.ts';
import { resilientAccounts } from '../../functions/adapters/store/resilient-accounts.ts';
import { fileSpool, memorySpool } from '../../functions/adapters/store/spool.ts';
import { listModels } from '../../functions/adapters/store/models.ts';
import type { Store } from '../../functions/adapters/store/port.ts';
import { listTenants } from '../../functions/adapters/store/tenants.ts';
import { accessLine, type Log } from '../../functions/adapters/observe/log.ts';
import { openMetrics } from '../../functions/adapters/observe/metrics.ts';
import { openOutbound } from '../../functions/adapters/providers/outbound.ts';
import { openCredentials } from '../../functions/adapters/vault/credentials.ts';
import type { LocalKeys } from '../../functions/adapters/vault/local-key.ts';
import { secretVerifier } from '../../functions/adapters/vault/pepper.ts';
import type { OpeningKeys, SealingKeys } from '../../functions/adapters/vault/vault.ts';
import { openCaches, type Caches } from '../../functions/gateway/caches.ts';
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
    spool: options.spoolFile === undefined ? memorySpool() : fileSpool(options.spoolFile),
  }));
  const outbound = openOutbound({ allowHosts: options.allowHosts, allowLoopback: true, via: options.bootId.slice(0, 12) });
  const credentials = openCredentials({ keys, clock, load: (tenantId, credentialId) => sealedRecord(store, tenantId, credentialId) });
  const newId = monotonicFactory(pooledRandom());
  const ports: Ports = {
    clock,
    newRequestId: () => newId(clock.now()),
    keys: caches.keys,
    verifySecret: secretVerifier(keys),
    policies: caches.policies,
    accounts,
    breakers: options.breakers ?? openBreakers({ store, clock }),
    credentials,
    outbound,
    log,
    metrics,
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
      for (const key of await listKeys(store, tenant.tenantId)) if (concerns(key)) swept += await accounts.sweep(key, { foreignOwners });
    }
    return swept;
  };
  return {
    ports, store, caches, sealing: keys, opening: keys, pepper,
    recoverSpool: () => accounts.recover(),
    sweepOrphans: () => sweep(() => true, true),
    sweepExpired: () => sweep(({ keyId }) => accounts.peek(keyId) !== undefined, false),
    async close() {
      outbound.close();
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
