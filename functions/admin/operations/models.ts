import { listKeys } from '../../adapters/store/keys.ts';
import { deleteModelOp, getModel, listModels, putModelOp, type ModelRecord } from '../../adapters/store/models.ts';
import { startModelTest, TESTS_PER_MINUTE } from '../../adapters/store/model-tests.ts';
import { countDeletionOp, getRouting, getRoutingVersion, routingGuardOp, saveRoutingOps } from '../../adapters/store/routing.ts';
import { MODEL_SECRETS, modelCreate, modelPatch, modelTest, modelTestAnswer, modelView } from '../../contract/admin/models.ts';
import { listOf } from '../../contract/admin/shared.ts';
import { documentSha256 } from '../../core/audit/routing-view.ts';
import { modelProblem, type ModelAddress } from '../../core/models/check-model.ts';
import * as z from 'zod/mini';
import { change } from '../change.ts';
import { AdminError } from '../errors.ts';
import { modelViewOf, sameAddress, ownModel, sealed, usesOf } from '../models/records.ts';
import { operation } from '../operation.ts';
import type { AdminCall } from '../ports.ts';
import { modelRecordView } from '../views.ts';

export const listModelsOperation = operation({ summary: 'All models of the tenant, by id.', answer: listOf(modelView) }, async ({ caller, ports }) => ({
  body: { items: (await listModels(ports.store, caller.tenantId)).map(modelViewOf), nextCursor: null },
}));

export const getModelOperation = operation({ summary: 'One model.', answer: modelView }, async ({ caller, ports, params }) => {
  const record = await ownModel(ports.store, caller.tenantId, params['id']);
  return { body: modelViewOf(record), etag: record.version };
});

export const createModel = operation({ summary: 'Registers a model. Its credential is sealed and never shown again.', body: modelCreate, answer: modelView, status: 201 }, async (call) => {
  const { caller: { tenantId }, ports, body: { apiKey, credentials, tier, ...fields }, nowMs } = call;
  requireSound(fields, call);
  const routing = await getRouting(ports.store, tenantId);
  if (routing.document.aliases.some(({ name }) => name === fields.id)) throw new AdminError('conflict', 'An alias has this name.', { field: '/id' });
  const at = new Date(nowMs).toISOString();
  const record: ModelRecord = { ...defined(fields), tenantId, credentials: await sealed(ports, tenantId, fields.provider, { apiKey, credentials }, [], at) ?? [], createdAt: at, updatedAt: at, version: 1 };
  const { auto } = routing.document;
  const document = tier === undefined ? undefined : { ...routing.document, auto: { ...auto, tiers: { ...auto.tiers, [tier]: [...auto.tiers[tier], fields.id] } } };
  const placed = document === undefined ? [routingGuardOp(tenantId, routing.version)] : saveRoutingOps(tenantId, document, routing.version, { at, author: call.caller.name }, { rollout: routing.rollout });
  const after = { ...modelRecordView(record), ...(document && { tier, routing: { version: routing.version + 1, documentSha256: documentSha256(document) } }) };
  const committed = await change(call, { action: 'model.created', target: { type: 'model', id: record.id }, before: null, after, secrets: MODEL_SECRETS }, [putModelOp(record, undefined), ...placed]);
  if (!committed.ok) throw committed.index === 0 ? new AdminError('conflict', 'There is a model with this id already.', { field: '/id' }) : overtaken();
  return { body: modelViewOf(record), etag: 1 };
});

export const updateModel = operation({ summary: 'Changes a model; what is absent stays, null takes away. Without a credential the stored one stays.', body: modelPatch, answer: modelView, ifMatch: 'optional' }, async (call) => {
  const { caller: { tenantId }, ports, body: { apiKey, credentials, ...patch }, params, ifMatch, nowMs } = call;
  const current = await ownModel(ports.store, tenantId, params['id']);
  if (ifMatch !== undefined && ifMatch !== current.version) throw stale(current);
  const merged = { ...current, ...patch };
  const fields = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null && value !== undefined)) as unknown as ModelRecord;
  requireSound(fields, call);
  const at = new Date(nowMs).toISOString();
  const given = await sealed(ports, tenantId, fields.provider, { apiKey, credentials }, current.credentials, at);
  // A stored credential must not reach a host it was not entered for.
  if (!sameAddress(fields, current) && given === undefined && current.credentials.length > 0) throw new AdminError('invalid_request', 'The model moves to another address, so its credential must be entered again.', { field: '/apiKey' });
  const record: ModelRecord = { ...fields, credentials: given ?? current.credentials, updatedAt: at, version: current.version + 1 };
  const committed = await change(call, { action: 'model.updated', target: { type: 'model', id: record.id }, before: modelRecordView(current), after: modelRecordView(record), secrets: MODEL_SECRETS }, [putModelOp(record, current.version)]);
  if (!committed.ok) throw stale(await getModel(ports.store, tenantId, record.id));
  return { body: modelViewOf(record), etag: record.version };
});

export const deleteModel = operation({ summary: 'Deletes a model and its credentials. One that something names is not deleted: 409 in_use with the list.', answer: z.object({ id: z.string(), deleted: z.literal(true) }), ifMatch: 'optional' }, async (call) => {
  const { caller: { tenantId }, ports, params, ifMatch } = call;
  const current = await ownModel(ports.store, tenantId, params['id']);
  if (ifMatch !== undefined && ifMatch !== current.version) throw stale(current);
  const [routing, keys] = [await getRouting(ports.store, tenantId), await listKeys(ports.store, tenantId)];
  // While a version is tried on a part of the traffic, the one before it still serves the rest.
  const before = routing.rollout && (await getRoutingVersion(ports.store, tenantId, routing.rollout.before));
  const usedBy = [...new Set([...usesOf(current.id, routing, keys), ...(before === undefined ? [] : usesOf(current.id, before, []))])];
  if (usedBy.length > 0) throw new AdminError('in_use', 'Something still uses this model.', { details: { usedBy } });
  // Under the routing that was looked at: a rule that begins to name the model meanwhile wins, and one that is
  // being saved is judged again.
  const committed = await change(call, { action: 'model.deleted', target: { type: 'model', id: current.id }, before: modelRecordView(current), after: null, secrets: MODEL_SECRETS }, [deleteModelOp(current), countDeletionOp(tenantId, routing.version)]);
  if (!committed.ok) throw committed.index === 0 ? stale(await getModel(ports.store, tenantId, current.id)) : overtaken();
  return { body: { id: current.id, deleted: true } };
});

export const testModelOperation = operation({ summary: 'One small request to the provider: of a registered model, or of a draft before it is saved. 30 a minute.', body: modelTest, answer: modelTestAnswer }, async (call) => {
  const { caller: { tenantId }, ports, body, nowMs } = call;
  if (!('provider' in body)) {
    const { provider, upstreamModel, baseUrl, apiVersion, region, credentials: [first] } = await ownModel(ports.store, tenantId, body.id);
    await requireTurn(call);
    return { body: await ports.testModel({ tenantId, ...defined({ provider, upstreamModel, baseUrl, apiVersion, region }), credential: first === undefined ? null : { credentialId: first.credentialId, sealed: first.sealed } }) };
  }
  requireSound(body, call);
  await requireTurn(call);
  const [first] = await sealed(ports, tenantId, body.provider, body, [], new Date(nowMs).toISOString()) ?? [];
  const { provider, upstreamModel, baseUrl, apiVersion, region } = body;
  return { body: await ports.testModel({ tenantId, ...defined({ provider, upstreamModel, baseUrl, apiVersion, region }), credential: first === undefined ? null : { credentialId: first.credentialId, sealed: first.sealed } }) };
});

/** Whoever may test models makes this server call addresses of their choice: not faster than anybody needs. */
async function requireTurn({ caller: { tenantId }, ports, nowMs }: AdminCall<never, never> | AdminCall): Promise<void> {
  const turn = await startModelTest(ports.store, tenantId, nowMs);
  if (!turn.ok) throw new AdminError('rate_limit_exceeded', `Models are tested at most ${TESTS_PER_MINUTE} times a minute.`, { headers: { 'retry-after': String(Math.max(1, Math.ceil(turn.retryMs / 1000))) } });
}

function requireSound(model: ModelAddress, { ports }: AdminCall<never, never> | AdminCall): void {
  const problem = modelProblem(model, ports.urlPolicy);
  if (problem !== undefined) throw new AdminError('invalid_request', problem.message, { field: `/${problem.field}` });
}

/** The same without members that are undefined, which a record does not have. */
function defined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}

function stale(current: ModelRecord | undefined): AdminError {
  return new AdminError('version_conflict', 'Somebody has changed this model since you read it.', { details: { current: current === undefined ? null : modelViewOf(current) } });
}

const overtaken = (): AdminError => new AdminError('conflict', 'The routing was changed at the same moment; try again.');

