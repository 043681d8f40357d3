import { GENESIS, sealEvent, type Actor, type AuditEvent, type ChangeTarget } from '../../core/audit/event.ts';
import { fromItem, partition, toItem } from './entity.ts';
import { StoreError, type Item, type Key, type Op, type Store } from './port.ts';

/** One change, to be written together with the records it changes. */
export interface ChangeDraft {
  /** `<thing>.<past tense>`, such as `model.created`. */
  readonly action: string;
  readonly target: ChangeTarget;
  /** Views without secrets; null where there was or is nothing. */
  readonly before: object | null;
  readonly after: object | null;
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
}

export type Committed =
  | { readonly ok: true; readonly event: AuditEvent }
  /** Nothing was written, no event either. `index` is the operation of `ops` whose guards failed, `current` its stored item. */
  | { readonly ok: false; readonly index: number; readonly current: Item | undefined };

/** The head stands in another table than the events: no role may update what lies in the audit table. */
const headKey = (tenantId: string): Key => ({ table: 'tenants', pk: partition('T', tenantId, 'AUDIT'), sk: 'head' });
const eventsOf = (tenantId: string): string => partition('T', tenantId, 'EVENT');
const eventKey = (tenantId: string, seq: number): Key => ({ table: 'audit', pk: eventsOf(tenantId), sk: String(seq).padStart(12, '0') });

const DEADLINE_MS = 10_000;
const MAX_WAIT_MS = 250;

/**
 * Writes `ops` and the event that tells of them in one atomic batch: both or neither (at most 98 operations). The chain's
 * head is moved by condition; who loses that race tries again with full jitter. Throws `StoreError('unavailable')` after
 * 10 seconds of losing.
 */
export function commitChange(context: ChangeContext, draft: ChangeDraft, ops: readonly Op[]): Promise<Committed> {
  return inTurn(context.store, context.tenantId, () => commit(context, draft, ops));
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

async function commit(context: ChangeContext, draft: ChangeDraft, ops: readonly Op[]): Promise<Committed> {
  const { store, tenantId, now, random } = context;
  const pause = context.pause ?? ((ms: number) => new Promise<void>((resolve) => { setTimeout(resolve, ms); }));
  const deadline = now() + DEADLINE_MS;
  let head = await store.get(headKey(tenantId));
  for (let attempt = 0; ; attempt += 1) {
    const event = eventAfter(head, context, draft);
    const result = await store.write([...ops, ...chainOps(event, head)]);
    if (result.ok) return { ok: true, event };
    if (result.index < ops.length) return { ok: false, index: result.index, current: result.current };
    if (now() >= deadline) throw new StoreError('unavailable', 'too many changes at once');
    if (attempt > 0) await pause(random() * Math.min(MAX_WAIT_MS, 2 ** attempt));
    head = await store.get(headKey(tenantId));
  }
}

function eventAfter(head: Item | undefined, { tenantId, actor, requestId, now, newId }: ChangeContext, draft: ChangeDraft): AuditEvent {
  return sealEvent({
    eventId: newId(), tenantId, seq: Number(head?.['seq'] ?? 0) + 1, at: new Date(now()).toISOString(), actor, ...draft, requestId,
    prevHash: String(head?.['hash'] ?? GENESIS),
  });
}

function chainOps(event: AuditEvent, head: Item | undefined): Op[] {
  const moved = head === undefined ? { absent: true as const } : { attr: 'hash', equals: String(head['hash']) };
  return [
    { put: headKey(event.tenantId), item: { seq: event.seq, hash: event.hash }, guards: [moved] },
    { put: eventKey(event.tenantId, event.seq), item: toItem(event), guards: [{ absent: true }] },
  ];
}

/** Events, newest first (`reverse: false`: oldest first). */
export async function listChanges(store: Store, tenantId: string, page: { readonly limit: number; readonly cursor?: string; readonly reverse?: boolean }): Promise<{ items: AuditEvent[]; cursor?: string }> {
  const { rows, cursor } = await store.query({
    table: 'audit', pk: eventsOf(tenantId), reverse: page.reverse ?? true, limit: page.limit, ...(page.cursor !== undefined && { cursor: page.cursor }),
  });
  return { items: rows.map(({ item }) => fromItem<AuditEvent>(item)), ...(cursor !== undefined && { cursor }) };
}

/** Where the chain ends: number of events and hash of the last one; undefined before the first. */
export async function chainHead(store: Store, tenantId: string): Promise<{ readonly seq: number; readonly hash: string } | undefined> {
  const head = await store.get(headKey(tenantId));
  return head && { seq: Number(head['seq']), hash: String(head['hash']) };
}
