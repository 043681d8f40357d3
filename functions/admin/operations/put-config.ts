import * as z from 'zod/mini';
import { configPut, configPutAnswer } from '../../contract/admin/config.ts';
import { change } from '../change.ts';
import { planConfig, type ConfigPlan } from '../config/plan.ts';
import { AdminError } from '../errors.ts';
import { operation } from '../operation.ts';

/** The store writes this many records at once or none; beside them stand the event and the head of its chain. */
const MAX_WRITES = 98;

export const putConfig = operation({
  summary: 'Makes the tenant say what a config document says, all of it or nothing: models by id with their stored credentials, limits of keys by name, routing whole. Deletes nothing. `dryRun=true` only tells what would change.',
  query: z.strictObject({ dryRun: z._default(z.enum(['true', 'false']), 'false') }), body: configPut, answer: configPutAnswer,
}, async (call) => {
  const { caller: { tenantId }, query, body } = call;
  const plan = await planConfig(call, body);
  const changed = plan.steps.map((step) => step.change);
  const ops = plan.steps.flatMap((step) => step.ops);
  if (ops.length > MAX_WRITES) throw new AdminError('request_too_large', `This document changes ${changed.length} records, more than can be written at once; send it in parts.`);
  const dryRun = query.dryRun === 'true';
  if (!dryRun && changed.length > 0) {
    const committed = await change(call, { action: 'config.imported', target: { type: 'config', id: tenantId }, before: viewOf(plan, 'before'), after: viewOf(plan, 'after') }, ops);
    if (!committed.ok) throw new AdminError('version_conflict', 'Somebody has changed the configuration while this document was being applied; nothing was written. Read it again.');
  }
  return { body: { dryRun, changed, warnings: plan.warnings.map(({ pointer, message }) => ({ pointer, message })) } };
});

/** The changed records under `<type> <id>`: what the audit log compares. */
function viewOf({ steps }: ConfigPlan, side: 'before' | 'after'): object {
  return Object.fromEntries(steps.flatMap((step) => (step[side] === null ? [] : [[`${step.change.type} ${step.change.type === 'routing' ? 'document' : step.change.id}`, step[side]]])));
}
