import { createHmac } from 'node:crypto';
import { calendarDay } from '../../functions/core/limits/calendar.ts';
import { slotOf } from '../../functions/core/limits/sliding-window.ts';
import { newKey, type NewKey } from '../../functions/core/keys/virtual-key.ts';
import { partition } from '../../functions/adapters/store/entity.ts';
import { getKey } from '../../functions/adapters/store/keys.ts';
import { recordLabel } from '../../functions/adapters/store/evidence.ts';
import { ledgerOp } from '../../functions/adapters/store/ledger.ts';
import { blankOp, limiterKey } from '../../functions/adapters/store/limiter.ts';
import { markRows } from '../../functions/adapters/store/rollup-marks.ts';
import { getModel } from '../../functions/adapters/store/models.ts';
import type { Key, Store } from '../../functions/adapters/store/port.ts';
import { getRouting } from '../../functions/adapters/store/routing.ts';
import type { SealingKeys } from '../../functions/adapters/vault/vault.ts';
import { registered } from '../../functions/gateway/caches.ts';
import { applyConfig } from './apply-config.ts';
import { DEFAULT_TENANT } from './default-tenant.ts';
import { demoLabels } from './demo-evidence.ts';
import { demoTraffic } from './demo-traffic.ts';
import { mulberry32 } from './mulberry32.ts';

export interface DemoSeedOptions {
  readonly store: Store;
  readonly sealing: SealingKeys;
  readonly pepper: Uint8Array;
  /** Of the running simulated provider, and its credential. */
  readonly baseUrl: string;
  readonly upstreamKey: string;
  /** Epoch ms. */
  readonly now: () => number;
}

const ROWS_PER_BATCH = 100;

/** Written last: while it is missing, the traffic may be incomplete. */
const MARKER: Key = { table: 'tenants', pk: partition('T', DEFAULT_TENANT), sk: 'demo' };

/**
 * Registers the simulated models, two keys and, where no routing was ever saved, example rules; and once in the life of
 * a data folder writes an hour of simulated traffic that ends at the first start. Later starts only follow the
 * provider's new port. Returns the key to be printed.
 */
export async function seedDemo(options: DemoSeedOptions): Promise<{ readonly key: string }> {
  const app = demoKey(options.pepper, 'app');
  const agent = demoKey(options.pepper, 'agent');
  const { version } = await getRouting(options.store, DEFAULT_TENANT);
  await applyConfig({
    ...options,
    text: JSON.stringify({ version: 1, models: models(options.baseUrl), ...(version === 0 && { routing: ROUTING }), keys: KEYS }),
    env: { DEMO_UPSTREAM_KEY: options.upstreamKey, DEMO_APP_KEY: app.key, DEMO_AGENT_KEY: agent.key },
    allowHosts: [],
  });
  await seedTraffic(options.store, { app: app.keyId, agent: agent.keyId }, options.now());
  return { key: app.key };
}

/** Bytes that only this data folder's pepper gives, so that a second start prints the same key without storing it. */
export function demoBytes(pepper: Uint8Array, label: string): Buffer {
  return createHmac('sha256', pepper).update(`bsgateway/demo/v1/${label}`).digest();
}

const demoKey = (pepper: Uint8Array, who: string): NewKey => newKey('test', (size) => demoBytes(pepper, `key/${who}/${size}`).subarray(0, size));

const models = (baseUrl: string): object[] => [
  { id: 'demo-cheap', provider: 'openai-compatible', upstreamModel: 'demo-cheap', baseUrl, apiKeyEnv: 'DEMO_UPSTREAM_KEY', price: { input: 0.25, cacheRead: 0.025, output: 2 }, facts: { contextWindow: 128_000, maxOutput: 16_384, tools: true, strictSchema: true } },
  { id: 'demo-strong', provider: 'openai-compatible', upstreamModel: 'demo-strong', baseUrl, apiKeyEnv: 'DEMO_UPSTREAM_KEY', price: { input: 3, cacheRead: 0.3, cacheWrite: 3.75, output: 15 }, facts: { contextWindow: 200_000, maxOutput: 64_000, vision: true, tools: true, strictSchema: true } },
];

const KEYS = [
  { name: 'Demo application (simulated)', keyEnv: 'DEMO_APP_KEY', rpm: 600, tpm: 1_000_000 },
  { name: 'Demo coding agent (simulated)', keyEnv: 'DEMO_AGENT_KEY', rpm: 600, tpm: 5_000_000 },
];

const ROUTING = {
  aliases: [{ name: 'fast', target: 'model:demo-cheap' }, { name: 'best', target: 'model:demo-strong' }],
  patterns: [
    { id: 'demo-code', name: 'Simulated: code/* goes to the complex tier', priority: 100, glob: 'code/*', target: 'tier:complex', fallbacks: ['demo-cheap'] },
    { id: 'demo-gpt', name: 'Simulated: GPT names are routed automatically', priority: 50, glob: 'gpt-*', target: 'auto' },
    { id: 'demo-claude', name: 'Simulated: Claude names are routed automatically', priority: 40, glob: 'claude-*', target: 'auto' },
  ],
  auto: { tiers: { simple: ['demo-cheap'], moderate: ['demo-cheap'], complex: ['demo-strong'] } },
};

async function seedTraffic(store: Store, keyIds: { readonly app: string; readonly agent: string }, nowMs: number): Promise<void> {
  if ((await store.get(MARKER)) !== undefined) return;
  const [cheap, strong, routing, key] = await Promise.all([
    getModel(store, DEFAULT_TENANT, 'demo-cheap'), getModel(store, DEFAULT_TENANT, 'demo-strong'), getRouting(store, DEFAULT_TENANT), getKey(store, keyIds.app),
  ]);
  const rows = demoTraffic({
    // The first start, also where that one was killed midway: the same rows again, which are then refused as present.
    endMs: key === undefined ? nowMs : Date.parse(key.createdAt),
    keyIds,
    prices: { 'demo-cheap': cheap === undefined ? null : registered(cheap).price, 'demo-strong': strong === undefined ? null : registered(strong).price },
    policyVersion: routing.version,
  });
  for (let at = 0; at < rows.length; at += ROWS_PER_BATCH) {
    await store.write(rows.slice(at, at + ROWS_PER_BATCH).map((entry) => ledgerOp(DEFAULT_TENANT, entry)));
  }
  await markRows(store, DEFAULT_TENANT, rows.map(({ requestId }) => requestId));
  for (const keyId of Object.values(keyIds)) await markUsed(store, keyId, Date.parse(rows.findLast((row) => row.keyId === keyId)?.at ?? ''));
  await store.write([{ put: MARKER, item: { seededAt: new Date(nowMs).toISOString() } }]);
}

/** When a key was last used is read from its limiter, which simulated requests never pass. One that is there already stays. */
async function markUsed(store: Store, keyId: string, atMs: number): Promise<void> {
  if (Number.isNaN(atMs)) return;
  await store.write([blankOp(limiterKey(DEFAULT_TENANT, keyId), { nowMs: atMs, timezone: 'UTC', slot: slotOf(atMs), calendar: calendarDay('UTC', atMs) })]);
}

/** Written first: a label that is recorded twice counts twice, and a demo with some comparisons fewer is one too. */
const JUDGED: Key = { table: 'tenants', pk: partition('T', DEFAULT_TENANT), sk: 'demo-evidence' };

/** Records the simulated comparisons, once in the life of a data folder. */
export async function seedEvidence(store: Store, nowMs: number): Promise<void> {
  if ((await store.get(JUDGED)) !== undefined) return;
  const { ok } = await store.write([{ put: JUDGED, item: { seededAt: new Date(nowMs).toISOString() }, guards: [{ absent: true }] }]);
  if (!ok) return;
  for (const label of demoLabels(nowMs, mulberry32(EVIDENCE_SEED))) await recordLabel(store, DEFAULT_TENANT, label, nowMs);
}
const EVIDENCE_SEED = 20_261_127;
