import { randomBytes } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { readAwsEnvironment, roleCredentials, type AwsEnvironment } from '../adapters/aws/environment.ts';
import { dropSockets } from '../adapters/aws/idle-sockets.ts';
import { jsonLog } from '../adapters/observe/log.ts';
import { openOutbound } from '../adapters/providers/outbound.ts';
import { openAccounts } from '../adapters/store/accounts.ts';
import { openBreakers } from '../adapters/store/breaker.ts';
import { dynamoClient, openDynamoStore } from '../adapters/store/dynamo.ts';
import { listModels } from '../adapters/store/models.ts';
import type { Store } from '../adapters/store/port.ts';
import { openQuality } from '../adapters/store/quality.ts';
import { parallelAccounts } from '../adapters/store/parallel-accounts.ts';
import { requestIds } from '../adapters/store/request-ids.ts';
import { openRefusalCounter, type RefusalCounter } from '../adapters/store/refusal-counter.ts';
import { resilientAccounts } from '../adapters/store/resilient-accounts.ts';
import { openSessions } from '../adapters/store/sessions.ts';
import { memorySpool } from '../adapters/store/spool.ts';
import { openCredentials } from '../adapters/vault/credentials.ts';
import { kmsClient, kmsOpeningKeys, kmsPepperKeys } from '../adapters/vault/kms.ts';
import { pepperOnce, secretVerifier, templateSalts } from '../adapters/vault/pepper.ts';
import type { SealedRecord } from '../adapters/vault/vault.ts';
import { openCaches } from './caches.ts';
import { Judgements } from './judge/judgements.ts';
import type { Ports } from './ports.ts';
import { Learning } from './shadow/learning.ts';
import type { TestDeps } from './test-model.ts';

/** A readiness answer is good for this long: load balancers ask often, and each asking costs a read and a call to KMS. */
const READINESS_MS = 10_000;

export interface AwsEdition {
  readonly ports: Ports;
  readonly store: Store;
  /** What testing a model takes. */
  readonly testing: TestDeps;
  /** After a freeze: closes every connection kept from before. */
  dropConnections(): void;
  /** To be awaited before an invocation ends: what waits to be written, if it is due. Never rejects. */
  beforeFreeze(): Promise<void>;
}

const clock: Clock = { now: () => Date.now(), elapsed: () => performance.now() };

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The data plane's world in AWS, from the function's environment variables: DynamoDB tables, KMS keys, public HTTPS
 * upstreams (and the hosts of `ALLOW_UPSTREAMS`, comma-separated `HOST[:PORT]`). Opens nothing yet; asks for the
 * pepper at once, so that it is there when the first request is. Throws when a variable is missing.
 */
export function awsEdition(env: Env): AwsEdition {
  const settings = readAwsEnvironment(env);
  const credentials = roleCredentials(env);
  const dynamo = dynamoClient({ ...(credentials && { credentials }) });
  const kms = kmsClient({ ...(credentials && { credentials }) });
  const store = openDynamoStore({ client: dynamo, tableNames: settings.tableNames });
  const pepperKeys = pepperOnce(kmsPepperKeys({ client: kms, keyId: settings.pepperKeyId }));
  pepperKeys.pepper().catch(() => { /* asked for again by the first request, which then fails as it should */ });
  const refusals = openRefusalCounter({ store, clock: { now: clock.now, elapsed: clock.now }, random: Math.random, timer: false });
  const ports = portsOf({ settings, store, kms, pepperKeys, refusals });
  return {
    ports,
    store,
    beforeFreeze: () => refusals.flushIfDue(),
    testing: { keys: kmsOpeningKeys({ client: kms, keyId: settings.vaultKeyId }), outbound: ports.outbound, clock },
    dropConnections() {
      // The outbound door looks at the wall clock itself, before each use of a connection.
      dropSockets(dynamo);
      dropSockets(kms);
    },
  };
}

interface World {
  readonly settings: AwsEnvironment;
  readonly store: Store;
  readonly kms: ReturnType<typeof kmsClient>;
  readonly pepperKeys: ReturnType<typeof pepperOnce>;
  readonly refusals: RefusalCounter;
}

function portsOf({ settings, store, kms, pepperKeys, refusals }: World): Ports {
  const caches = openCaches(store, clock);
  const newId = requestIds();
  const verify = secretVerifier(pepperKeys);
  const log = jsonLog((line) => process.stdout.write(line), () => Date.now());
  const owner = randomBytes(12).toString('hex');
  return {
    clock,
    random: Math.random,
    newRequestId: () => newId(clock.now()),
    keys: caches.keys,
    templateSalt: templateSalts(pepperKeys),
    verifySecret: verify,
    policies: caches.policies,
    origins: caches.origins,
    breakers: openBreakers({ store, clock }),
    sessions: openSessions(store),
    accounts: parallelAccounts(resilientAccounts({ accounts: openAccounts({ store, clock, owner, random: Math.random }), store, clock, owner, log, spool: memorySpool() })),
    credentials: openCredentials({
      keys: kmsOpeningKeys({ client: kms, keyId: settings.vaultKeyId }), clock,
      load: (tenantId, credentialId) => sealedRecord(store, tenantId, credentialId),
    }),
    outbound: openOutbound({ allowHosts: settings.allowUpstreams, allowLoopback: false, via: settings.deploymentId, elapsed: () => Date.now() }),
    judgements: new Judgements({ clock, randomHex: () => randomBytes(20).toString('hex') }),
    learning: new Learning({ quality: openQuality({ store, clock }), clock, log, random: Math.random, newId: () => newId(clock.now()) }),
    log,
    refusals,
    readiness: remembered(async () => {
      await Promise.all([
        store.get({ table: 'tenants', pk: 'ready', sk: 'ready' }),
        kmsPepperKeys({ client: kms, keyId: settings.pepperKeyId }).pepper(),
      ]);
      return true;
    }),
    deploymentId: settings.deploymentId,
  };
}

/** The last answer while it is younger than 10 s, failures included; concurrent askers share one. */
function remembered(ask: () => Promise<boolean>): () => Promise<boolean> {
  let last: { readonly at: number; readonly answer: Promise<boolean> } | undefined;
  return () => {
    const now = clock.now();
    if (last === undefined || now - last.at >= READINESS_MS || now < last.at) last = { at: now, answer: ask() };
    return last.answer;
  };
}

/** A tenant's sealed credential by id; read only when its opened form is not cached. */
async function sealedRecord(store: Store, tenantId: string, credentialId: string): Promise<SealedRecord | undefined> {
  for (const model of await listModels(store, tenantId)) {
    const found = model.credentials.find((credential) => credential.credentialId === credentialId);
    if (found !== undefined) return found.sealed;
  }
  return undefined;
}
