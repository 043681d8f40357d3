import * as z from 'zod/mini';
import { listChanges } from '../../adapters/store/changes.ts';
import type { Store } from '../../adapters/store/port.ts';
import { getTenant } from '../../adapters/store/tenants.ts';
import { operation, type Operation } from '../operation.ts';
import type { Reply } from '../ports.ts';
import { analyticsOf } from '../usage/analytics.ts';
import { BYTE_ORDER_MARK, csvLine } from '../usage/csv.ts';
import { exportRequests, exportUsage, type ExportFormat } from '../usage/export-rows.ts';
import { changeFilters, isPast, passes, type ChangeFilters } from './list-changes.ts';
import { requestFilters, requestsQuery, usageParameters, usageRequest } from '../usage/parameters.ts';

const TYPES: Readonly<Record<ExportFormat, string>> = { csv: 'text/csv; charset=utf-8; header=present', ndjson: 'application/x-ndjson' };
const CHANGES_PER_PAGE = 200;
const encoder = new TextEncoder();

/** The ledger as a file: the filters of the list, no page. */
export const exportRequestsAs = (format: ExportFormat): Operation => operation({
  summary: `Ledger entries as ${format.toUpperCase()}, newest first, streamed.`, query: z.strictObject(requestFilters), answer: { file: [TYPES[format]] },
}, async ({ ports, caller, query, nowMs }) =>
  file('requests', format, nowMs, exportRequests(ports.analytics ?? analyticsOf(ports.store), caller.tenantId, requestsQuery(query, nowMs), format)));

/** Usage as a file: the breakdown, or with `part=series` the points in time. */
export const exportUsageAs = (format: ExportFormat): Operation => operation({
  summary: `Usage as ${format.toUpperCase()}.`, query: z.strictObject({ ...usageParameters, part: z._default(z.enum(['breakdown', 'series']), 'breakdown') }), answer: { file: [TYPES[format]] },
}, async ({ ports, caller, query: { part, ...parameters }, nowMs }) => {
  const tenantZone = (await getTenant(ports.store, caller.tenantId))?.timezone ?? 'UTC';
  return file('usage', format, nowMs, exportUsage(ports.analytics ?? analyticsOf(ports.store), caller.tenantId, usageRequest(parameters, { nowMs, tenantZone, withUnknown: false }), { format, part }));
});

/** Audit events as a file, newest first, hashes included: without filters the chain can be verified from it. */
export const exportChangesAs = (format: ExportFormat): Operation => operation({
  summary: `Audit events as ${format.toUpperCase()}, newest first, streamed; with the filters of the list.`, query: z.strictObject(changeFilters), answer: { file: [TYPES[format]] },
}, async ({ ports, caller, query, nowMs }) => file('changes', format, nowMs, changes(ports.store, caller.tenantId, { format, nowMs }, query)));

async function* changes(store: Store, tenantId: string, { format, nowMs }: { readonly format: ExportFormat; readonly nowMs: number }, filters: ChangeFilters): AsyncGenerator<string, undefined, undefined> {
  if (format === 'csv') yield BYTE_ORDER_MARK + csvLine(['seq', 'at', 'actorId', 'actorName', 'via', 'action', 'targetType', 'targetId', 'targetName', 'before', 'after', 'requestId', 'sourceIp', 'hash']);
  let cursor: string | undefined;
  do {
    const page = await listChanges(store, tenantId, { limit: CHANGES_PER_PAGE, nowMs, ...(cursor !== undefined && { cursor }) });
    let text = '';
    for (const event of page.items.filter((one) => passes(one, filters))) {
      const { actor, target } = event;
      text += format === 'ndjson' ? `${JSON.stringify(event)}\n` : csvLine([
        event.seq, event.at, actor.userId, actor.name, actor.via, event.action, target.type, target.id, target.name,
        jsonOf(event.before), jsonOf(event.after), event.requestId, actor.sourceIp, event.hash,
      ]);
    }
    if (text !== '') yield text;
    cursor = isPast(page.items, filters.from) ? undefined : page.cursor;
  } while (cursor !== undefined);
  return undefined;
}

const jsonOf = (value: object | null): string | null => (value === null ? null : JSON.stringify(value));

/** A store that is away must still be a status, so the first rows are read before the answer begins. */
async function file(name: string, format: ExportFormat, nowMs: number, rows: AsyncGenerator<string, undefined, undefined>): Promise<Reply> {
  const first = [await rows.next(), await rows.next()];
  return { stream: bytesOf(first, rows), contentType: TYPES[format], filename: `${name}-${new Date(nowMs).toISOString().slice(0, 10)}.${format}` };
}

async function* bytesOf(first: readonly IteratorResult<string, undefined>[], rows: AsyncGenerator<string, undefined, undefined>): AsyncGenerator<Uint8Array, undefined, undefined> {
  try {
    for (const step of first) if (step.done !== true) yield encoder.encode(step.value);
    for await (const text of rows) yield encoder.encode(text);
  } finally {
    await rows.return(undefined);
  }
  return undefined;
}
