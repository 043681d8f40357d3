import { hash } from 'node:crypto';
import { fromItem, partition } from './entity.ts';
import type { Guard, Item, Key, Op, Store } from './port.ts';

/** What the first execution answered. */
export interface StoredAnswer { readonly status: number; readonly body: string; readonly etag: number | null }

export type Begun =
  | { readonly kind: 'new'; readonly claim: Claim }
  | { readonly kind: 'answered'; readonly answer: StoredAnswer }
  /** The same key was used for another request. */
  | { readonly kind: 'mismatch' }
  /** The first execution wrote what it was to write, and its answer was never kept. */
  | { readonly kind: 'done'; readonly what: Done }
  /** The first execution has not ended yet. */
  | { readonly kind: 'running' };

/** What an execution changed: kind and id. */
export interface Done { readonly type: string; readonly id: string }
/** One execution's hold on an idempotency key. */
export interface Claim { readonly scope: Scope; readonly claimId: string }

const KEPT_MS = 24 * 3_600_000;
/** An execution that has not ended by then died: longer than the admin function may run, which a test compares. */
export const RUNNING_MS = 6 * 60_000;

export interface Scope { readonly tenantId: string; readonly userId: string; readonly key: string }

const keyOf = ({ tenantId, userId, key }: Scope): Key => ({ table: 'tenants', pk: partition('T', tenantId, 'IDEM'), sk: hash('sha256', `${userId}\n${key}`) });

/**
 * Claims an idempotency key for a request, told by the hash of its method, path and body, under a new `claimId`. Of
 * several at once exactly one gets `new`. A claim whose execution died is taken over, unless that had written.
 */
export async function beginOnce(store: Store, scope: Scope, requestHash: string, nowMs: number, claimId: string): Promise<Begun> {
  const item: Item = { requestHash, claimId, startedAt: nowMs, expiresAt: Math.ceil((nowMs + KEPT_MS) / 1000) };
  const claim = (...guards: Guard[]) => store.write([{ put: keyOf(scope), item, guards }]);
  const first = await claim({ absent: true });
  const taken: Begun = { kind: 'new', claim: { scope, claimId } };
  if (first.ok) return taken;
  const stored = first.current;
  const startedAt = Number(stored?.['startedAt'] ?? 0);
  const isExpired = Number(stored?.['expiresAt'] ?? 0) * 1000 <= nowMs;
  const isDead = stored?.['body'] === undefined && stored?.['done'] === undefined && nowMs - startedAt > RUNNING_MS;
  // Under the claim that was seen, and only if it has not written meanwhile.
  const seen: Guard = typeof stored?.['claimId'] === 'string' ? { attr: 'claimId', equals: stored['claimId'] } : { attr: 'startedAt', equals: startedAt };
  if (isExpired || isDead) return (await claim(seen, ...(isExpired ? [] : [{ attr: 'done', absent: true } as const]))).ok ? taken : { kind: 'running' };
  if (stored?.['requestHash'] !== requestHash) return { kind: 'mismatch' };
  const body = stored['body'];
  if (typeof body !== 'string') return stored['done'] === undefined ? { kind: 'running' } : { kind: 'done', what: fromItem<Done>(stored['done'] as Item) };
  return { kind: 'answered', answer: { status: Number(stored['status']), body, etag: typeof stored['etag'] === 'number' ? stored['etag'] : null } };
}

/**
 * Notes that the execution has written, in the very batch that it writes: what landed is known to have landed, and a
 * batch of an execution whose claim was given free or taken over meanwhile never lands.
 */
export const doneOp = ({ scope, claimId }: Claim, { type, id }: Done): Op => ({ update: keyOf(scope), set: { done: { type, id } }, guards: [{ attr: 'claimId', equals: claimId }] });

/** Keeps the answer for a day. */
export async function endOnce(store: Store, { scope, claimId }: Claim, answer: StoredAnswer): Promise<void> {
  await store.write([{ update: keyOf(scope), set: { ...answer }, guards: [{ attr: 'claimId', equals: claimId }] }]);
}

/** Gives the key free, so that the same request may be sent again: not where the execution has written, whatever it answered. */
export async function forgetOnce(store: Store, { scope, claimId }: Claim): Promise<void> {
  await store.write([{ delete: keyOf(scope), guards: [{ attr: 'claimId', equals: claimId }, { attr: 'done', absent: true }] }]);
}
