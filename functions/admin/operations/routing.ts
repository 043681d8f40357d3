import * as z from 'zod/mini';
import { listModels } from '../../adapters/store/models.ts';
import { StoreError } from '../../adapters/store/port.ts';
import { EMPTY_ROUTING, getRouting, getRoutingVersion, listRoutingVersions, saveRoutingOps, type Rollout, type RoutingVersion } from '../../adapters/store/routing.ts';
import { routingAnswer, routingCheckAnswer, routingPut, routingRollback, routingVersionAnswer, routingVersionInfo } from '../../contract/admin/routing.ts';
import { listOf } from '../../contract/admin/shared.ts';
import { routing, type RoutingDocument } from '../../contract/index.ts';
import { diffDocuments } from '../../core/routing/diff.ts';
import { validateRouting } from '../../core/routing/policy-compile.ts';
import { registered } from '../../gateway/caches.ts';
import { change } from '../change.ts';
import { AdminError } from '../errors.ts';
import { operation } from '../operation.ts';
import type { AdminCall, AdminPorts } from '../ports.ts';
import { wholeNumber } from '../query.ts';

export const getRoutingOperation = operation({ summary: 'The routing document in force, with what is probably not meant so.', answer: routingAnswer }, async ({ caller, ports }) => {
  const current = await getRouting(ports.store, caller.tenantId);
  const { version, document, rollout } = current;
  return { body: { version, document, rollout: rollout ?? null, warnings: (await judged(ports, caller.tenantId, document)).warnings }, etag: version };
});

export const putRouting = operation({ summary: 'Saves the whole document as the next version. An If-Match that is no longer current answers 412 with both.', body: routingPut, answer: routingAnswer, ifMatch: 'required' }, async (call) => {
  const { caller: { tenantId }, ports, body: { rollout, ...document }, ifMatch } = call;
  const current = await getRouting(ports.store, tenantId);
  if (ifMatch !== undefined && ifMatch !== current.version) throw stale(current, document);
  return save(call, current, document, 'routing.updated', rollout?.percent);
});

export const checkRouting = operation({ summary: 'What saving the document would be refused for, and what is probably not meant so. Nothing is saved.', body: routing, answer: routingCheckAnswer }, async ({ caller, ports, body }) => ({ body: await judged(ports, caller.tenantId, body) }));

const pages = z.strictObject({ cursor: z.optional(z.string().check(z.maxLength(1024))), limit: z._default(wholeNumber(1, 200), 50) });

export const listRoutingVersionsOperation = operation({ summary: 'Who saved which version when, newest first.', query: pages, answer: listOf(routingVersionInfo) }, async ({ caller, ports, query: { cursor, limit } }) => {
  try {
    const page = await listRoutingVersions(ports.store, caller.tenantId, { limit, ...(cursor !== undefined && { cursor }) });
    return { body: { items: page.items.map(({ version, at, author }) => ({ version, at, author })), nextCursor: page.cursor ?? null } };
  } catch (error) {
    if (error instanceof StoreError && error.kind === 'invalid' && cursor !== undefined) throw new AdminError('invalid_request', 'This cursor belongs to another list.', { field: 'cursor' });
    throw error;
  }
});

const against = z.strictObject({ against: z.optional(wholeNumber(1, 999_999_999)) });

export const getRoutingVersionOperation = operation({ summary: 'One version of the document, and what it changed: against the version before it, or `against` another one.', query: against, answer: routingVersionAnswer }, async ({ caller, ports, params, query }) => {
  const { version, at, author, document } = await versionOf(ports, caller.tenantId, Number(/^\d{1,9}$/.exec(params['n'] ?? '')?.[0] ?? 0));
  const other = query.against ?? version - 1;
  const earlier = other === 0 ? EMPTY_ROUTING : (await versionOf(ports, caller.tenantId, other)).document;
  return { body: { version, at, author, document, diff: { against: other, ...diffDocuments(earlier, document) } }, etag: version };
});

export const rollbackRouting = operation({ summary: 'Saves an earlier version\'s document as the next version.', body: routingRollback, answer: routingAnswer, ifMatch: 'optional' }, async (call) => {
  const { caller: { tenantId }, ports, body, ifMatch } = call;
  const [current, wanted] = [await getRouting(ports.store, tenantId), await versionOf(ports, tenantId, body.version)];
  if (ifMatch !== undefined && ifMatch !== current.version) throw stale(current, wanted.document);
  return save(call, current, wanted.document, 'routing.rolled_back');
});

async function versionOf(ports: AdminPorts, tenantId: string, version: number) {
  const found = version > 0 ? await getRoutingVersion(ports.store, tenantId, version) : undefined;
  if (found === undefined) throw new AdminError('not_found', 'There is no such version.');
  return found;
}

/** What the compiler of policies says of a document: the first error, and doubts. The same judgement as the data plane's. */
async function judged(ports: AdminPorts, tenantId: string, document: RoutingDocument) {
  const models = new Map((await listModels(ports.store, tenantId)).map((record) => [record.id, registered(record)]));
  return validateRouting(document, models);
}

async function save(call: AdminCall, current: RoutingVersion, document: RoutingDocument, action: string, percent = 100) {
  const { caller: { tenantId, name }, ports, nowMs } = call;
  const { errors: [error], warnings } = await judged(ports, tenantId, document);
  if (error !== undefined) throw new AdminError('invalid_request', error.message, { field: error.pointer });
  const version = current.version + 1;
  const rollout = rolloutOf(percent, current);
  const ops = saveRoutingOps(tenantId, document, current.version, { at: new Date(nowMs).toISOString(), author: name }, rollout);
  const committed = await change(call, { action, target: { type: 'routing', id: String(version) }, before: { version: current.version }, after: { version, ...(rollout && { rollout }) } }, ops);
  if (!committed.ok) throw stale(await getRouting(ports.store, tenantId), document);
  return { body: { version, document, rollout: rollout ?? null, warnings }, etag: version };
}

/** The others go on with the version that was last in force for all. */
function rolloutOf(percent: number, current: RoutingVersion): Rollout | undefined {
  if (percent === 100) return undefined;
  if (current.version === 0) throw new AdminError('invalid_request', 'There is no earlier version that the other sessions could be served by.', { field: '/rollout/percent' });
  return { percent, before: current.rollout?.before ?? current.version };
}

function stale(current: RoutingVersion, yours: RoutingDocument): AdminError {
  return new AdminError('version_conflict', 'Somebody has changed the routing since you read it.', { field: 'if-match', details: { current: { version: current.version, document: current.document }, yours } });
}
