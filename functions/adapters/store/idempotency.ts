import { hash } from 'node:crypto';
import { partition } from './entity.ts';
import type { Guard, Item, Key, Store } from './port.ts';

/** What the first execution answered. */
export interface StoredAnswer { readonly status: number; readonly body: string; readonly etag: number | null }

export type Begun =
  | { readonly kind: 'new' }
  | { readonly kind: 'answered'; readonly answer: StoredAnswer }
  /** The same key was used for another request. */
  | { readonly kind: 'mismatch' }
  /** The first execution has not ended yet. */
  | { readonly kind: 'running' };

const KEPT_MS = 24 * 3_600_000;
/** An execution that has not ended by then died: longer than the admin function may run, which a test compares. */
export const RUNNING_MS = 6 * 60_000;

export interface Scope { readonly tenantId: string; readonly userId: string; readonly key: string }

const keyOf = ({ tenantId, userId, key }: Scope): Key => ({ table: 'tenants', pk: partition('T', tenantId, 'IDEM'), sk: hash('sha256', `${userId}\n${key}`) });

/** Claims an idempotency key for a request, told by the hash of its method, path and body. Of several at once exactly one gets `new`. */
export async function beginOnce(store: Store, scope: Scope, requestHash: string, nowMs: number): Promise<Begun> {
  const item: Item = { requestHash, startedAt: nowMs, expiresAt: Math.ceil((nowMs + KEPT_MS) / 1000) };
  const claim = (guard: Guard) => store.write([{ put: keyOf(scope), item, guards: [guard] }]);
  const first = await claim({ absent: true });
  if (first.ok) return { kind: 'new' };
  const stored = first.current;
  const startedAt = Number(stored?.['startedAt'] ?? 0);
  const isOver = Number(stored?.['expiresAt'] ?? 0) * 1000 <= nowMs || (stored?.['body'] === undefined && nowMs - startedAt > RUNNING_MS);
  if (isOver) return (await claim({ attr: 'startedAt', equals: startedAt })).ok ? { kind: 'new' } : { kind: 'running' };
  if (stored?.['requestHash'] !== requestHash) return { kind: 'mismatch' };
  const body = stored['body'];
  if (typeof body !== 'string') return { kind: 'running' };
  return { kind: 'answered', answer: { status: Number(stored['status']), body, etag: typeof stored['etag'] === 'number' ? stored['etag'] : null } };
}

/** Keeps the answer for a day. */
export async function endOnce(store: Store, scope: Scope, answer: StoredAnswer): Promise<void> {
  await store.write([{ update: keyOf(scope), set: { ...answer }, guards: [{ present: true }] }]);
}

/** Gives the key free: nothing was done, so the same request may be sent again. */
export async function forgetOnce(store: Store, scope: Scope): Promise<void> {
  await store.write([{ delete: keyOf(scope) }]);
}
