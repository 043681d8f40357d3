import { createHmac, randomBytes } from 'node:crypto';
import { sameRecord } from '../../functions/admin/config/same-record.ts';
import { sameAddress } from '../../functions/admin/models/records.ts';
import { modelRecordView } from '../../functions/admin/views.ts';
import { listModels, putModelOp, type ModelCredential, type ModelRecord } from '../../functions/adapters/store/models.ts';
import { credentialContext } from '../../functions/adapters/vault/context.ts';
import { sealCredential } from '../../functions/adapters/vault/seal.ts';
import type { DeclaredCredential, DeclaredModel } from './check-config.ts';
import type { Plan } from './config-plan.ts';

/** Plans the models of the file, by id. Returns all models as they will be, those that the file does not name included. */
export async function planModels(plan: Plan): Promise<ReadonlyMap<string, ModelRecord>> {
  const { store, tenantId, steps } = plan;
  const models = new Map((await listModels(store, tenantId)).map((record) => [record.id, record]));
  for (const declared of plan.declared.models) {
    const current = models.get(declared.config.id);
    const desired = await modelRecord(plan, declared, current);
    models.set(desired.id, desired);
    if (current === undefined || !sameRecord(current, desired)) steps.push({
      draft: { action: current === undefined ? 'model.created' : 'model.updated', target: { type: 'model', id: desired.id }, before: current === undefined ? null : modelRecordView(current), after: modelRecordView(desired) },
      ops: [putModelOp(desired, current?.version)],
    });
  }
  return models;
}

async function modelRecord(plan: Plan, { config, credentials }: DeclaredModel, current: ModelRecord | undefined): Promise<ModelRecord> {
  const { apiKeyEnv: _env, credentials: _names, ...fields } = config;
  const kept = current !== undefined && sameAddress(config, current) ? current.credentials : [];
  return {
    ...fields,
    tenantId: plan.tenantId,
    credentials: credentials === undefined ? kept : await Promise.all(credentials.map((credential) => sealed(plan, credential, current))),
    createdAt: current?.createdAt ?? plan.at,
    updatedAt: plan.at,
    version: current?.version ?? 0,
  };
}

async function sealed(plan: Plan, { name, secret, last4 }: DeclaredCredential, model: ModelRecord | undefined): Promise<ModelCredential> {
  const current = model?.credentials.find((credential) => credential.name === name);
  const credentialId = current?.credentialId ?? `cred_${randomBytes(9).toString('hex')}`;
  const text = secret.reveal();
  const fingerprint = fingerprintOf(plan.pepper, plan.tenantId, credentialId, text);
  if (current?.fingerprint === fingerprint) return current;
  return {
    name,
    credentialId,
    version: (current?.version ?? 0) + 1,
    last4,
    updatedAt: plan.at,
    sealed: await sealCredential(plan.sealing, credentialContext(plan.tenantId, credentialId), text),
    fingerprint,
  };
}

/** Tells whether a secret changed, and nothing else: useless without the pepper, and different for every credential. */
function fingerprintOf(pepper: Uint8Array, tenantId: string, credentialId: string, text: string): string {
  return createHmac('sha256', pepper).update(JSON.stringify(['bsgateway/credential-fingerprint/v1', tenantId, credentialId, text])).digest('base64');
}
