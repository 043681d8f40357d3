import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { isPlan, type EvidencePlan } from '../../core/routing/evidence/plan.ts';
import { nextVersion, partition, saveRecord, type Saved } from './entity.ts';
import type { Item, Key, Store } from './port.ts';

/** One item per tenant; 2,000 templates are some 300 KB of JSON and 60 KB here. */
const keyOf = (tenantId: string): Key => ({ table: 'usage', pk: partition('T', tenantId, 'EVIDENCE-PLAN'), sk: 'plan' });

const read = (item: Item): EvidencePlan => JSON.parse(inflateRawSync(Buffer.from(String(item['plan']), 'base64')).toString('utf8')) as EvidencePlan;

/** The plan in force; undefined before the first, and for one that makes no sense: then the operator's mode decides. */
export async function getPlan(store: Store, tenantId: string): Promise<EvidencePlan | undefined> {
  const item = await store.get(keyOf(tenantId));
  if (item === undefined) return undefined;
  try {
    const plan: unknown = read(item);
    return isPlan(plan) ? plan : undefined;
  } catch {
    return undefined;
  }
}

/** Replaces the plan of `expectedVersion` (undefined = there is none yet); whoever comes second is told what stands there. The stored plan's version is one more. */
export async function putPlan(store: Store, tenantId: string, plan: EvidencePlan, expectedVersion: number | undefined): Promise<Saved<EvidencePlan>> {
  const version = nextVersion(expectedVersion);
  const text = deflateRawSync(JSON.stringify({ ...plan, version })).toString('base64');
  return saveRecord(store, keyOf(tenantId), { version, plan: text }, expectedVersion, read);
}
