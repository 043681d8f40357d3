import { getModel, type ModelCredential, type ModelRecord } from '../../adapters/store/models.ts';
import type { RoutingVersion } from '../../adapters/store/routing.ts';
import type { KeyRecord } from '../../adapters/store/keys.ts';
import type { Store } from '../../adapters/store/port.ts';
import { credentialContext } from '../../adapters/vault/context.ts';
import { sealCredential } from '../../adapters/vault/seal.ts';
import type { ModelView } from '../../contract/admin/models.ts';
import type { ProviderKind } from '../../contract/index.ts';
import { credentialTail } from '../../core/models/check-model.ts';
import { factsFor, lookup, priceFor } from '../../core/money/catalogue.ts';
import { AdminError } from '../errors.ts';
import type { AdminPorts } from '../ports.ts';

export function modelViewOf(record: ModelRecord): ModelView {
  const { id, provider, upstreamModel, enabled, createdAt, updatedAt, version } = record;
  const credentials = record.credentials.map(({ name, last4, updatedAt: at }) => ({ name, last4, updatedAt: at }));
  return {
    id, provider, upstreamModel, baseUrl: record.baseUrl ?? null, apiVersion: record.apiVersion ?? null, region: record.region ?? null,
    enabled, maxOutputTokens: record.maxOutputTokens ?? null, price: record.price ?? null, facts: record.facts ?? null,
    credential: credentials[0] ?? null, credentials,
    effective: { priced: priceFor(provider, upstreamModel, record.price) !== null, price: record.price ?? lookup(provider, upstreamModel)?.price ?? null, facts: factsFor(provider, upstreamModel, record.facts) },
    createdAt, updatedAt, version,
  };
}

export async function ownModel(store: Store, tenantId: string, id: string | undefined): Promise<ModelRecord> {
  const record = id === undefined || id === '' ? undefined : await getModel(store, tenantId, id);
  if (record === undefined) throw new AdminError('not_found', 'There is no model with this id.');
  return record;
}

export interface GivenCredentials { readonly apiKey?: string | undefined; readonly credentials?: readonly { readonly name: string; readonly apiKey: string }[] | undefined }

/** The credentials of a request, sealed; undefined when it brings none. Those that take the place of one of the same name keep its id, one version on. */
export async function sealed(ports: AdminPorts, tenantId: string, provider: ProviderKind, given: GivenCredentials, current: readonly ModelCredential[], at: string): Promise<ModelCredential[] | undefined> {
  if (given.apiKey !== undefined && given.credentials !== undefined) throw new AdminError('invalid_request', 'A model has either an apiKey or credentials.', { field: '/credentials' });
  const list = given.apiKey !== undefined ? [{ name: 'default', apiKey: given.apiKey }] : given.credentials;
  if (list === undefined) return undefined;
  return Promise.all(list.map(async ({ name, apiKey }, index) => {
    const field = given.apiKey !== undefined ? '/apiKey' : `/credentials/${index}/apiKey`;
    if (list.findIndex((other) => other.name === name) !== index) throw new AdminError('invalid_request', 'Another credential of this model has the same name.', { field: `/credentials/${index}/name` });
    const tail = credentialTail(provider, apiKey);
    if ('message' in tail) throw new AdminError('invalid_request', tail.message, { field });
    const before = current.find((credential) => credential.name === name);
    const credentialId = before?.credentialId ?? `cred_${Buffer.from(ports.randomBytes(9)).toString('hex')}`;
    return { name, credentialId, version: (before?.version ?? 0) + 1, last4: tail.last4, updatedAt: at, sealed: await sealCredential(ports.sealing, credentialContext(tenantId, credentialId), apiKey) };
  }));
}

type Address = Pick<ModelRecord, 'provider' | 'baseUrl' | 'region'>;

/** A stored credential never follows its model to another host: whoever moves it must give the credential again. */
export const sameAddress = (a: Address, b: Address): boolean => a.provider === b.provider && a.baseUrl === b.baseUrl && a.region === b.region;

/** Everything that names a model, in words for whoever wants to delete it. */
export function usesOf(id: string, { document }: RoutingVersion, keys: readonly KeyRecord[]): string[] {
  const target = `model:${id}`;
  const { aliases, patterns, auto } = document;
  return [
    ...aliases.filter((alias) => alias.target === target).map(({ name }) => `alias ${name}`),
    ...patterns.filter((rule) => rule.target === target || rule.fallbacks.includes(id)).map((rule) => `rule ${rule.id}`),
    ...(['simple', 'moderate', 'complex'] as const).filter((tier) => auto.tiers[tier].includes(id)).map((tier) => `tier ${tier}`),
    ...(auto.judgeModel === id ? ['judge'] : []),
    ...keys.filter((key) => key.revokedAt === null && key.allowedModels?.includes(id) === true).map(({ name }) => `key ${name}`),
  ];
}
