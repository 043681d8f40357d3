import type { RoutingDocument } from '../../contract/routing.ts';
import { fromItem, partition, toItem } from './entity.ts';
import type { Guard, Item, Key, Op, Store } from './port.ts';

/** `percent` of the sessions are served by this version, the others by version `before`. */
export interface Rollout { readonly percent: number; readonly before: number }
export interface RoutingVersion { readonly version: number; readonly document: RoutingDocument; readonly rollout?: Rollout }
/** `at` is RFC 3339; `author` names who saved it. */
export interface RoutingMeta { readonly at: string; readonly author: string }
export interface RoutingVersionInfo extends RoutingMeta { readonly version: number }
export type SavedRouting = { readonly ok: true; readonly version: number } | { readonly ok: false; readonly current: RoutingVersion };

/** What the contract's schema makes of `{}`, written out: with the schema a gateway's cold start would load its library. */
export const EMPTY_ROUTING: RoutingDocument = {
  aliases: [],
  patterns: [],
  auto: {
    strategy: 'ml', tiers: { simple: [], moderate: [], complex: [] }, boundaries: null, dial: null, mode: 'balanced', qualityTarget: 0.98,
    agentFloor: 'moderate', judgeModel: null, shadow: { enabled: false, dailyUsd: 0 },
  },
};

/** Zero-padded, so that the order of the text is the order of the numbers. */
const padded = (version: number): string => String(version).padStart(10, '0');
const partitionOf = (tenantId: string): string => partition('T', tenantId, 'ROUTING');
const keyOf = (tenantId: string, sk: string): Key => ({ table: 'rules', pk: partitionOf(tenantId), sk });
const documentKey = (tenantId: string, version: number): Key => keyOf(tenantId, `doc#${padded(version)}`);
function versionOf(item: Item): RoutingVersion {
  const { rollout } = item;
  return { version: Number(item['version']), document: fromItem<RoutingDocument>(item['document'] as Item), ...(rollout !== undefined && { rollout: fromItem<Rollout>(rollout as Item) }) };
}

/**
 * The document in force: the newest, as every save (a rollback too) adds a version. One strongly consistent read.
 * Version 0 and an empty document when none was ever saved.
 */
export async function getRouting(store: Store, tenantId: string): Promise<RoutingVersion> {
  const { rows } = await store.query({ table: 'rules', pk: partitionOf(tenantId), prefix: 'doc#', reverse: true, limit: 1 });
  const newest = rows[0];
  return newest === undefined ? { version: 0, document: structuredClone(EMPTY_ROUTING) } : versionOf(newest.item);
}

/**
 * Saves the whole document as version `expectedVersion` + 1 (0 = none yet), or nothing when another version is in force.
 * The pointer row carries the guard, the document and its line in the list of versions are written with it, atomically.
 */
export async function saveRouting(store: Store, tenantId: string, document: RoutingDocument, expectedVersion: number, meta: RoutingMeta): Promise<SavedRouting> {
  const result = await store.write(saveRoutingOps(tenantId, document, expectedVersion, meta));
  return result.ok ? { ok: true, version: expectedVersion + 1 } : { ok: false, current: await getRouting(store, tenantId) };
}

/**
 * How many models were deleted under the version in force. Read before the models that a document is judged by, and given
 * to `saveRoutingOps`: one that is deleted after that makes the save fail, so no document names a model that is gone.
 */
export async function deletionsSoFar(store: Store, tenantId: string): Promise<number> {
  return Number((await store.get(keyOf(tenantId, 'current')))?.['deletions'] ?? 0);
}

/** Goes into the batch that deletes a model which version `version` does not name; fails when another one is in force. */
export const countDeletionOp = (tenantId: string, version: number): Op => ({ update: keyOf(tenantId, 'current'), add: { deletions: 1 }, guards: versionGuard(version) });

const versionGuard = (version: number): Guard[] => (version === 0 ? [{ attr: 'version', absent: true }] : [{ attr: 'version', equals: version }]);

export interface SaveRouting {
  readonly rollout?: Rollout | undefined;
  /** What `deletionsSoFar` said before the document was judged. Absent where it names no model that the version in force does not. */
  readonly deletions?: number;
}

/** The same as operations, to be written together with others; the guard is the first one's. */
export function saveRoutingOps(tenantId: string, document: RoutingDocument, expectedVersion: number, meta: RoutingMeta, { rollout, deletions }: SaveRouting = {}): Op[] {
  const version = expectedVersion + 1;
  const info: RoutingVersionInfo = { version, at: meta.at, author: meta.author };
  return [
    { put: keyOf(tenantId, 'current'), item: toItem(info), guards: [...versionGuard(expectedVersion), ...(deletions === undefined ? [] : [{ attr: 'deletions', atMost: deletions }])] },
    { put: documentKey(tenantId, version), item: { ...toItem(info), document: toItem(document), ...(rollout && { rollout: toItem(rollout) }) }, guards: [{ absent: true }] },
    { put: keyOf(tenantId, `info#${padded(version)}`), item: toItem(info) },
  ];
}

/** Changes nothing, and fails when another version than this one is in force: for batches that rest on what the routing says. */
export const routingGuardOp = (tenantId: string, version: number): Op =>
  ({ update: keyOf(tenantId, 'current'), set: { checked: 1 }, guards: versionGuard(version) });

/** Who saved which version when, newest first; no documents are read. */
export async function listRoutingVersions(store: Store, tenantId: string, page: { limit: number; cursor?: string }): Promise<{ items: RoutingVersionInfo[]; cursor?: string }> {
  const { rows, cursor } = await store.query({
    table: 'rules', pk: partitionOf(tenantId), prefix: 'info#', reverse: true, limit: page.limit, ...(page.cursor !== undefined && { cursor: page.cursor }),
  });
  return { items: rows.map((row) => fromItem<RoutingVersionInfo>(row.item)), ...(cursor !== undefined && { cursor }) };
}

export async function getRoutingVersion(store: Store, tenantId: string, version: number): Promise<(RoutingVersion & RoutingMeta) | undefined> {
  const item = await store.get(documentKey(tenantId, version));
  return item && { ...versionOf(item), at: String(item['at']), author: String(item['author']) };
}
