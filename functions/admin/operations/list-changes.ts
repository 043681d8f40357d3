import * as z from 'zod/mini';
import { listChanges } from '../../adapters/store/changes.ts';
import { StoreError } from '../../adapters/store/port.ts';
import { auditEvent } from '../../contract/admin/changes.ts';
import { listOf } from '../../contract/admin/shared.ts';
import type { AuditEvent } from '../../core/audit/event.ts';
import { AdminError } from '../errors.ts';
import { operation } from '../operation.ts';
import { instant, wholeNumber } from '../query.ts';

const word = z.optional(z.string().check(z.minLength(1), z.maxLength(128)));
/** What the list and its export filter by. */
export const changeFilters = {
  from: z.optional(instant),
  to: z.optional(instant),
  /** `model.created`, or `model` for all that was done to models. */
  action: word,
  /** User id of who did it. */
  actor: word,
  /** Id of what was changed. */
  target: word,
};
const query = z.strictObject({
  ...changeFilters,
  cursor: z.optional(z.string().check(z.maxLength(1024))),
  limit: z._default(wholeNumber(1, 200), 50),
});

/** Pages of the store read for one answer: a filter that matches little is continued with the cursor. */
const MAX_READS = 10;

export const listChangesOperation = operation({
  summary: 'Audit events, newest first. A page may be short or empty and still have a nextCursor; null = the end.', query, answer: listOf(auditEvent),
}, async ({ caller, ports, query: { cursor: from, limit, ...filters }, nowMs }) => {
  const items: AuditEvent[] = [];
  let cursor = from;
  try {
    for (let reads = 0; reads < MAX_READS; reads += 1) {
      const page = await listChanges(ports.store, caller.tenantId, { limit: limit - items.length, nowMs, ...(cursor !== undefined && { cursor }) });
      items.push(...page.items.filter((event) => passes(event, filters)));
      cursor = page.cursor;
      if (cursor === undefined || items.length === limit || isPast(page.items, filters.from)) break;
    }
  } catch (error) {
    if (error instanceof StoreError && error.kind === 'invalid' && from !== undefined) throw new AdminError('invalid_request', 'This cursor belongs to another list.', { field: 'cursor' });
    throw error;
  }
  return { body: { items, nextCursor: isPast(items, filters.from) ? null : cursor ?? null } };
});

export type ChangeFilters = Omit<z.infer<typeof query>, 'cursor' | 'limit'>;

export function passes(event: AuditEvent, { from, to, action, actor, target }: ChangeFilters): boolean {
  const at = Date.parse(event.at);
  if ((from !== undefined && at < from) || (to !== undefined && at > to)) return false;
  if (action !== undefined && event.action !== action && !event.action.startsWith(`${action}.`)) return false;
  return (actor === undefined || event.actor.userId === actor) && (target === undefined || event.target.id === target);
}

/** Events come newest first: once one is older than the range, all that follow are. */
export function isPast(events: readonly AuditEvent[], from: number | undefined): boolean {
  const last = events.at(-1);
  return from !== undefined && last !== undefined && Date.parse(last.at) < from;
}
