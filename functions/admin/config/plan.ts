import { isDeepStrictEqual } from 'node:util';
import type * as z from 'zod/mini';
import { listKeys, putKeyOp, type KeyRecord } from '../../adapters/store/keys.ts';
import { listModels, putModelOp, type ModelRecord } from '../../adapters/store/models.ts';
import type { Op } from '../../adapters/store/port.ts';
import { deletionsSoFar, getRouting, saveRoutingOps, type RoutingVersion } from '../../adapters/store/routing.ts';
import { getTenant, putTenantOps, type TenantRecord } from '../../adapters/store/tenants.ts';
import type { configChange, ConfigPut } from '../../contract/admin/config.ts';
import { routingViews } from '../../core/audit/routing-view.ts';
import { modelProblem } from '../../core/models/check-model.ts';
import { allows } from '../../core/routing/eligibility.ts';
import { validateRouting, type RoutingProblem } from '../../core/routing/policy-compile.ts';
import { registered } from '../../gateway/caches.ts';
import { AdminError } from '../errors.ts';
import { instantOf } from '../keys/records.ts';
import { sameAddress } from '../models/records.ts';
import type { AdminCall } from '../ports.ts';
import { isTimezone } from '../query.ts';
import { settingsOf } from '../settings.ts';
import { keyRecordView, modelRecordView } from '../views.ts';
import { sameRecord } from './same-record.ts';

type Change = z.infer<typeof configChange>;
/** One record that will be another: how it shows, and the writes that make it so. */
interface Step { readonly change: Change; readonly before: object | null; readonly after: object; readonly ops: readonly Op[] }
export interface ConfigPlan { readonly steps: readonly Step[]; readonly warnings: readonly RoutingProblem[] }

const wrong = (field: string, message: string): never => { throw new AdminError('invalid_request', message, { field }); };

/** What the tenant is now, and what is planned so far. */
interface Planning {
  readonly call: AdminCall;
  readonly document: ConfigPut;
  /** RFC 3339. */
  readonly at: string;
  readonly models: Map<string, ModelRecord>;
  readonly routing: RoutingVersion;
  readonly deletions: number;
  readonly steps: Step[];
  readonly warnings: RoutingProblem[];
  /** Refuses the second one of a name. */
  readonly unique: (name: string, pointer: string) => void;
}

/**
 * What a document asks for, as writes: models by id, keys by name, settings, routing whole. Nothing is deleted, nothing
 * written yet, and no variable of this server is read. Throws `invalid_request` with the pointer of the first mistake.
 */
export async function planConfig(call: AdminCall, document: ConfigPut): Promise<ConfigPlan> {
  const { caller: { tenantId }, ports: { store }, nowMs } = call;
  // Before the models: what is deleted after that makes the write fail.
  const deletions = await deletionsSoFar(store, tenantId);
  const [tenant, models, routing, keys] = await Promise.all([getTenant(store, tenantId), listModels(store, tenantId), getRouting(store, tenantId), listKeys(store, tenantId)]);
  const planning: Planning = {
    call, document, at: new Date(nowMs).toISOString(), models: new Map(models.map((record) => [record.id, record])), routing, deletions, steps: [], warnings: [], unique: unrepeated(),
  };
  if (tenant !== undefined) planSettings(planning, tenant);
  for (const [index, model] of document.models.entries()) planModel(planning, model, `/models/${index}`);
  planRouting(planning);
  const live = new Map(keys.filter(({ revokedAt }) => revokedAt === null).map((record) => [record.name, record]));
  for (const [index, key] of document.keys.entries()) planKey(planning, key, live.get(key.name), `/keys/${index}`);
  return planning;
}

function planSettings({ document, steps }: Planning, tenant: TenantRecord): void {
  if (document.tenant === undefined) return;
  if (!isTimezone(document.tenant.timezone)) wrong('/tenant/timezone', 'This is not the name of a time zone.');
  const desired = { ...tenant, ...document.tenant };
  if (sameRecord(tenant, desired)) return;
  steps.push({ change: { type: 'settings', id: tenant.tenantId, action: 'updated' }, before: settingsOf(tenant), after: settingsOf(desired), ops: putTenantOps(desired, tenant.version) });
}

function planModel({ call, at, models, steps, warnings, unique }: Planning, model: ConfigPut['models'][number], pointer: string): void {
  unique(`model ${model.id}`, `${pointer}/id`);
  const variable = model.apiKeyEnv !== undefined ? 'apiKeyEnv' : model.credentials !== undefined ? 'credentials' : undefined;
  if (variable !== undefined) wrong(`${pointer}/${variable}`, 'Environment variables of the server are not read here; leave this out, and give the model its credential with PATCH /admin/models/{id}.');
  const problem = modelProblem(model, call.ports.urlPolicy);
  if (problem !== undefined) wrong(`${pointer}/${problem.field}`, problem.message);
  const current = models.get(model.id);
  const desired = modelOf(model, current, call.caller.tenantId, at);
  if (current !== undefined && current.credentials.length > desired.credentials.length) warnings.push({ pointer, message: 'The model moves to another address, so its credential must be entered again.' });
  models.set(model.id, desired);
  if (current !== undefined && sameRecord(current, desired)) return;
  const action = current === undefined ? 'created' : 'updated';
  steps.push({ change: { type: 'model', id: model.id, action }, before: current === undefined ? null : modelRecordView(current), after: modelRecordView(desired), ops: [putModelOp(desired, current?.version)] });
}

/** The routing in force must fit the models in force, whichever of the two is changed. */
function planRouting({ call: { caller }, at, document, models, routing, deletions, steps, warnings }: Planning): void {
  const desired = document.routing ?? routing.document;
  const { errors: [error], warnings: doubts } = validateRouting(desired, new Map([...models].map(([id, record]) => [id, registered(record)])));
  if (document.routing === undefined) {
    // A model takes its name from an alias that is stored already.
    warnings.push(...doubts.filter(({ kind }) => kind === 'alias_equals_model' && document.models.length > 0).map(({ message }) => ({ pointer: '/models', message })));
    if (error !== undefined && document.models.length > 0) wrong('/models', `The stored routing does not fit these models (${error.pointer}): ${error.message}`);
    return;
  }
  if (error !== undefined) wrong(`/routing${error.pointer}`, error.message);
  warnings.push(...doubts.map(({ pointer, message }) => ({ message, pointer: `/routing${pointer}` })));
  if (isDeepStrictEqual(desired, routing.document)) return;
  const version = routing.version + 1;
  steps.push({
    change: { type: 'routing', id: String(version), action: 'updated' }, ...routingViews(routing, { version, document: desired }),
    ops: saveRoutingOps(caller.tenantId, desired, routing.version, { at, author: caller.name }, { deletions }),
  });
}

function planKey({ models, steps, unique }: Planning, { keyEnv, ...limits }: ConfigPut['keys'][number], stored: KeyRecord | undefined, pointer: string): void {
  unique(`key ${limits.name}`, `${pointer}/name`);
  if (keyEnv !== undefined) wrong(`${pointer}/keyEnv`, 'Environment variables of the server are not read here; leave this out.');
  const current = stored ?? wrong(`${pointer}/name`, 'There is no live key of this name, and a document without secrets cannot make one; use POST /admin/keys.');
  for (const [place, entry] of (limits.allowedModels ?? []).entries()) if (!isServed(entry, models)) wrong(`${pointer}/allowedModels/${place}`, 'There is no model with this id.');
  const desired: KeyRecord = { ...current, ...limits, expiresAt: instantOf(limits.expiresAt) };
  if (sameRecord(current, desired)) return;
  steps.push({ change: { type: 'key', id: current.keyId, action: 'updated' }, before: keyRecordView(current), after: keyRecordView(desired), ops: [putKeyOp(desired, current.version)] });
}

function modelOf(model: ConfigPut['models'][number], current: ModelRecord | undefined, tenantId: string, at: string): ModelRecord {
  const { apiKeyEnv: _env, credentials: _names, ...fields } = model;
  const kept = current !== undefined && sameAddress(model, current) ? current.credentials : [];
  return { ...fields, tenantId, credentials: kept, createdAt: current?.createdAt ?? at, updatedAt: at, version: current?.version ?? 0 };
}

function isServed(entry: string, models: ReadonlyMap<string, ModelRecord>): boolean {
  return [...models.keys()].some((id) => id === entry || allows([entry], id) || (id.endsWith('*') && entry.startsWith(id.slice(0, -1))));
}

function unrepeated(): (name: string, pointer: string) => void {
  const seen = new Set<string>();
  return (name, pointer) => {
    if (seen.has(name)) wrong(pointer, 'Another entry of this document has the same name.');
    seen.add(name);
  };
}
