import { isDeepStrictEqual } from 'node:util';
import { monotonicFactory } from 'ulidx';
import type { Config, RoutingDocument } from '../../functions/contract/index.ts';
import { validateRouting } from '../../functions/core/routing/policy-compile.ts';
import { routingViews } from '../../functions/core/audit/routing-view.ts';
import type { Actor } from '../../functions/core/audit/event.ts';
import { settingsOf } from '../../functions/admin/settings.ts';
import { commitChange } from '../../functions/adapters/store/changes.ts';
import type { ModelRecord } from '../../functions/adapters/store/models.ts';
import { getRouting, saveRoutingOps } from '../../functions/adapters/store/routing.ts';
import { keptDays } from '../../functions/adapters/store/retention.ts';
import { getTenant, putTenantOps } from '../../functions/adapters/store/tenants.ts';
import { registered } from '../../functions/gateway/caches.ts';
import { checkConfig } from './check-config.ts';
import { StartError } from './command-line.ts';
import { planKeys } from './config-keys.ts';
import { planModels } from './config-models.ts';
import { sameRecord } from '../../functions/admin/config/same-record.ts';
import type { ApplyOptions, Plan } from './config-plan.ts';
import { newTenant } from '../../functions/admin/people/new-tenant.ts';
import { DEFAULT_TENANT } from './default-tenant.ts';
import { readConfig, wrongConfig } from './read-config.ts';

export type { ApplyOptions };

/** Who makes these changes, as the audit log names it. */
const CONFIG_FILE: Actor = { userId: 'config', name: 'config file', via: 'config' };

export interface Applied {
  /** Records written; 0 when the store already was as the file says. */
  readonly writes: number;
  /** What is probably not meant so, and what the file asks for and does not get: pointer and sentence. */
  readonly warnings: readonly string[];
}

/**
 * Makes the store say what the config file says: models by id, keys by name, routing whole, tenant
 * settings; nothing else is touched and nothing is deleted. Everything is checked before anything is written. The same
 * file again writes nothing, no audit event either. Throws `StartError` with the pointer of the first mistake.
 */
export async function applyConfig(options: ApplyOptions): Promise<Applied> {
  const declared = checkConfig(readConfig(options.text), options);
  const plan: Plan = { ...options, declared, tenantId: DEFAULT_TENANT, at: new Date(options.now()).toISOString(), steps: [], warnings: [] };
  await planTenant(plan, declared.config.tenant);
  const models = await planModels(plan);
  await planRouting(plan, models);
  await planKeys(plan, models);
  const newId = monotonicFactory();
  const days = keptDays(await getTenant(options.store, DEFAULT_TENANT), 'audit');
  const context = { store: options.store, tenantId: DEFAULT_TENANT, actor: CONFIG_FILE, requestId: newId(options.now()), now: options.now, random: Math.random, newId: () => newId(options.now()), ...(days !== undefined && { keptDays: days }) };
  for (const { draft, ops } of plan.steps) {
    if (!(await commitChange(context, draft, ops)).ok) throw new StartError('The store was changed by another process while the config file was applied; start again.');
  }
  return { writes: plan.steps.length, warnings: plan.warnings };
}

async function planTenant({ store, tenantId, at, steps }: Plan, settings: Config['tenant']): Promise<void> {
  const current = await getTenant(store, tenantId);
  const desired = { ...(current ?? newTenant(tenantId, at)), ...settings };
  if (current === undefined || !sameRecord(current, desired)) steps.push({
    draft: { action: current === undefined ? 'tenant.created' : 'settings.updated', target: { type: 'settings', id: tenantId, name: desired.name }, before: current === undefined ? null : settingsOf(current), after: settingsOf(desired) },
    ops: putTenantOps(desired, current?.version),
  });
}

/** The routing in force must fit the models in force, whichever of the two the file changes. */
async function planRouting({ store, tenantId, at, steps, warnings, declared }: Plan, models: ReadonlyMap<string, ModelRecord>): Promise<void> {
  const current = await getRouting(store, tenantId);
  const declaredRouting = declared.config.routing;
  const document: RoutingDocument = declaredRouting ?? current.document;
  const { errors, warnings: doubts } = validateRouting(document, new Map([...models].map(([id, record]) => [id, registered(record)])));
  const [error] = errors;
  if (declaredRouting === undefined) {
    // A model takes its name from an alias that is stored already.
    for (const { kind, message } of doubts) if (kind === 'alias_equals_model' && declared.models.length > 0) warnings.push(`/models: ${message}`);
    if (error !== undefined && declared.models.length > 0) wrongConfig(['models'], `The stored routing does not fit these models (${error.pointer}): ${error.message}`);
    return;
  }
  if (error !== undefined) wrongConfig(['routing', ...stepsOf(error.pointer)], error.message);
  for (const { pointer, message } of doubts) warnings.push(`/routing${pointer}: ${message}`);
  if (!isDeepStrictEqual(document, current.document)) steps.push({
    draft: { action: 'routing.updated', target: { type: 'routing', id: String(current.version + 1) }, ...routingViews(current, { version: current.version + 1, document }) },
    ops: saveRoutingOps(tenantId, document, current.version, { at, author: CONFIG_FILE.name }),
  });
}

const stepsOf = (pointer: string): string[] => pointer.split('/').slice(1).map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
