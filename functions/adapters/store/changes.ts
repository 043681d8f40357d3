import type { SecretPath } from '../../contract/admin/secret.ts';
import { difference } from '../../core/audit/diff.ts';
import { GENESIS, sealEvent, type Actor, type AuditEvent, type ChangeTarget } from '../../core/audit/event.ts';
import { redact } from '../../core/audit/redact.ts';
import { fullJitterMs } from '../../core/limits/jitter.ts';
import { classify } from './dynamo-retry.ts';
import { fromItem, partition, toItem } from './entity.ts';
import { forgottenAt, isForgotten } from './retention.ts';
import { StoreError, type Item, type Key, type Op, type Store, type WriteResult } from './port.ts';

/** One change, to be written together with the records it changes. */
export interface ChangeDraft {
  /** `<thing>.<past tense>`, such as `model.created`. */
  readonly action: string;
  readonly target: ChangeTarget;
  /** Views without secrets, whole; null where there was or is nothing. Where both are given only what differs is recorded. */
  readonly before: object | null;
  readonly after: object | null;
  /** Places in the views that hold secrets beside those of the closed list: `secretPaths(schema)`. */
  readonly secrets?: readonly SecretPath[];
}

export interface ChangeContext {
  readonly store: Store;
  readonly tenantId: string;
  readonly actor: Actor;
  readonly requestId: string;
  /** Epoch ms. */
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** A new ULID. */
  readonly newId: () => string;
  /** Waits; a parameter for the tests. */
  readonly pause?: (ms: number) => Promise<void>;
  /** After how many days the store may forget the event; absent = never. Much longer than events wait to be archived. */
  readonly keptDays?: number;
}

export type Committed =
  | { readonly ok: true; readonly event: AuditEvent }
  /** Nothing was written, no event either. `index` is the operation of `ops` whose guards failed, `current` its stored item. */
  | { readonly ok: false; readonly index: number; readonly current: Item | undefined };

/** The head stands in another table than the events: no role may update what lies in the audit table. */
const headKey = (tenantId: string): Key => ({ table: 'tenants', pk: partition('T', tenantId, 'AUDIT'), sk: 'head' });
const eventsOf = (tenantId: string): string => partition('T', tenantId, 'EVENT');
const sortKey = (seq: number): string => String(seq).padStart(12, '0');
const eventKey = (tenantId: string, seq: number): Key => ({ table: 'audit', pk: eventsOf(tenantId), sk: sortKey(seq) });

const DEADLINE_MS = 10_000;
const BACKOFF = { baseMs: 2, capMs: 250 };

/**
 * Writes `ops` and the event that tells of them in one atomic batch: both or neither (at most 98 operations). The event
 * records the views redacted and reduced to what differs. The chain's head is moved by condition; who loses that race,
 * or whom the engine turns away because of it, tries again with full jitter. Throws `StoreError('unavailable')` when
 * that still fails 10 seconds after its first try.
 */
export function commitChange(context: ChangeContext, draft: ChangeDraft, ops: readonly Op[]): Promise<Committed> {
  // Waiting for one's turn in this process is no contention: the queue moves, and nobody is passed by.
  return inTurn(context.store, context.tenantId, () => commit(context, recorded(draft), ops, context.now() + DEADLINE_MS));
}

/** The last change of each tenant that this process is making. */
const turns = new WeakMap<Store, Map<string, Promise<unknown>>>();

/** Changes of one tenant made by one process wait for one another: they would only lose the race for the head to each other. */
async function inTurn<T>(store: Store, tenantId: string, work: () => Promise<T>): Promise<T> {
  const tenants = turns.get(store) ?? new Map<string, Promise<unknown>>();
  turns.set(store, tenants);
  const before = tenants.get(tenantId);
  const mine = (async () => {
    await before?.catch(() => undefined);
    return work();
  })();
  tenants.set(tenantId, mine);
  try {
    return await mine;
  } finally {
    if (tenants.get(tenantId) === mine) tenants.delete(tenantId);
  }
}

type Recorded = Pick<AuditEvent, 'action' | 'target' | 'before' | 'after'>;

function recorded({ action, target, before, after, secrets }: ChangeDraft): Recorded {
  return { action, target, ...difference(redact({ before, after }, secrets)) };
}

async function commit(context: ChangeContext, change: Recorded, ops: readonly Op[], deadlineMs: number): Promise<Committed> {
  const { store, tenantId, now, random } = context;
  const pause = context.pause ?? ((ms: number) => new Promise<void>((resolve) => { setTimeout(resolve, ms); }));
  for (let attempt = 1; ; attempt += 1) {
    const head = await store.get(headKey(tenantId));
    const event = eventAfter(head, context, change);
    const result = await contended(store.write([...ops, ...chainOps(event, head, context.keptDays)]));
    if (result?.ok === true) return { ok: true, event };
    if (result !== undefined && result.index < ops.length) return { ok: false, index: result.index, current: result.current };
    const leftMs = deadlineMs - now();
    if (leftMs <= 0) throw new StoreError('unavailable', 'too many changes at once');
    await pause(Math.min(leftMs, fullJitterMs(random, BACKOFF, attempt - 1)));
  }
}

/** Undefined where the engine refused the batch, certainly unwritten, because others were writing the same items. */
async function contended(write: Promise<WriteResult>): Promise<WriteResult | undefined> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof StoreError && error.kind === 'unavailable' && error.cause instanceof Error && classify(error.cause) === 'untouched') return undefined;
    throw error;
  }
}

function eventAfter(head: Item | undefined, { tenantId, actor, requestId, now, newId }: ChangeContext, change: Recorded): AuditEvent {
  return sealEvent({
    eventId: newId(), tenantId, seq: Number(head?.['seq'] ?? 0) + 1, at: new Date(now()).toISOString(), actor, ...change, requestId,
    prevHash: String(head?.['hash'] ?? GENESIS),
  });
}

function chainOps(event: AuditEvent, head: Item | undefined, keptDays: number | undefined): Op[] {
  const moved = head === undefined ? { absent: true as const } : { attr: 'hash', equals: String(head['hash']) };
  // Outside of the hash: when the store forgets is no part of what happened. The head knows what may be missing one day.
  const expiresAt = forgottenAt(Date.parse(event.at), keptDays);
  const leastDays = Math.min(Number(head?.['leastDays'] ?? Infinity), keptDays ?? Infinity);
  return [
    { put: headKey(event.tenantId), item: { seq: event.seq, hash: event.hash, ...(expiresAt !== undefined && { lastUntil: expiresAt }), ...(leastDays !== Infinity && { leastDays }) }, guards: [moved] },
    { put: eventKey(event.tenantId, event.seq), item: { ...toItem(event), ...(expiresAt !== undefined && { expiresAt }) }, guards: [{ absent: true }] },
  ];
}

function fromStored({ expiresAt: _forgotten, ...event }: Item): AuditEvent {
  return fromItem<AuditEvent>(event);
}

export interface ChangesPage {
  readonly limit: number;
  readonly cursor?: string;
  /** Default true: newest first. */
  readonly reverse?: boolean;
  /** Only events from this position of the chain on. */
  readonly fromSeq?: number;
  /** Epoch ms: leaves out what has expired by then and is not removed yet. */
  readonly nowMs?: number;
}

/** Events, newest first (`reverse: false`: oldest first). */
export async function listChanges(store: Store, tenantId: string, { limit, cursor, reverse = true, fromSeq, nowMs }: ChangesPage): Promise<{ items: AuditEvent[]; cursor?: string }> {
  const page = await store.query({
    table: 'audit', pk: eventsOf(tenantId), reverse, limit, ...(fromSeq !== undefined && { from: sortKey(fromSeq) }), ...(cursor !== undefined && { cursor }),
  });
  return { items: page.rows.flatMap(({ item }) => (isForgotten(item, nowMs) ? [] : [fromStored(item)])), ...(page.cursor !== undefined && { cursor: page.cursor }) };
}

export interface ChainHead {
  /** Number of events, and hash of the last one. */
  readonly seq: number;
  readonly hash: string;
  /** The fewest days that any event was to be kept; absent = all are kept for ever. */
  readonly leastDays?: number;
  /** Epoch seconds until which the last event is kept; absent = for ever. */
  readonly lastUntil?: number;
}

/** Where the chain ends, and what of it may be gone; undefined before the first event. */
export async function chainHead(store: Store, tenantId: string): Promise<ChainHead | undefined> {
  const head = await store.get(headKey(tenantId));
  const { leastDays, lastUntil } = head ?? {};
  return head && { seq: Number(head['seq']), hash: String(head['hash']), ...(typeof leastDays === 'number' && { leastDays }), ...(typeof lastUntil === 'number' && { lastUntil }) };
}

/** The newest archived event. It stands where the jobs may write: the tables of the control plane are closed to them. */
const archivedKey = (tenantId: string): Key => ({ table: 'usage', pk: partition('T', tenantId, 'AUDIT'), sk: 'archived' });

export async function archivedUntil(store: Store, tenantId: string): Promise<{ readonly seq: number; readonly hash: string } | undefined> {
  const item = await store.get(archivedKey(tenantId));
  return item && { seq: Number(item['seq']), hash: String(item['hash']) };
}

/** Notes that everything up to `until` is archived, unless another run has noted something since `expected` was read. */
export async function noteArchived(store: Store, tenantId: string, expected: { readonly seq: number } | undefined, until: { readonly seq: number; readonly hash: string }): Promise<boolean> {
  const guard = expected === undefined ? { absent: true as const } : { attr: 'seq', equals: expected.seq };
  return (await store.write([{ put: archivedKey(tenantId), item: { seq: until.seq, hash: until.hash }, guards: [guard] }])).ok;
}
