import type { Label } from '../../core/routing/evidence/label.ts';
import { isParent, MAX_PARENTS, MAX_TEMPLATES, REST } from '../../core/routing/evidence/templates.ts';
import { partition } from './entity.ts';
import type { Key, Store } from './port.ts';

/** One item `T#<tenant>#EVIDENCE-KEYS`/key per template or parent that has evidence, and the counts that bound them. */
const keysOf = (tenantId: string): string => partition('T', tenantId, 'EVIDENCE-KEYS');
const placeOf = (tenantId: string, templateKey: string): Key => ({ table: 'usage', pk: keysOf(tenantId), sk: templateKey });
const countsOf = (tenantId: string): Key => ({ table: 'usage', pk: partition('T', tenantId, 'EVIDENCE-COUNTS'), sk: 'counts' });

/**
 * The key under which evidence of a template is kept: its own where it has a place or there is one left, else its
 * parent's, else the one for all the rest. A place is taken in one atomic write with the count, so that no number of
 * writers exceeds the bound; the daily job gives places back (`freeTemplates`).
 */
export async function templateWithRoom(store: Store, tenantId: string, { templateKey, parentKey }: Pick<Label, 'templateKey' | 'parentKey'>, nowMs: number): Promise<string> {
  for (const key of [templateKey, ...(parentKey === undefined ? [] : [parentKey])]) {
    if (await takePlace(store, tenantId, key, nowMs)) return key;
  }
  return REST;
}

async function takePlace(store: Store, tenantId: string, key: string, nowMs: number): Promise<boolean> {
  if (key === REST || (await store.get(placeOf(tenantId, key))) !== undefined) return true;
  const [count, most] = isParent(key) ? ['parents', MAX_PARENTS] as const : ['templates', MAX_TEMPLATES] as const;
  const result = await store.write([
    { put: placeOf(tenantId, key), item: { at: new Date(nowMs).toISOString() }, guards: [{ absent: true }] },
    { update: countsOf(tenantId), add: { [count]: 1 }, guards: [{ attr: count, atMost: most - 1 }] },
  ]);
  // Somebody else has just taken it for the same template.
  return result.ok || result.index === 0;
}

/** Gives back the places of templates that have no evidence any more. Safe to run several times at once: each place is given back by the one who deletes it. */
export async function freeTemplates(store: Store, tenantId: string, live: ReadonlySet<string>, takenBeforeMs: number): Promise<number> {
  let freed = 0;
  let cursor: string | undefined;
  do {
    const page = await store.query({ table: 'usage', pk: keysOf(tenantId), limit: 1000, ...(cursor !== undefined && { cursor }) });
    for (const { sk, item } of page.rows) {
      // A place just taken may be waiting for its first cell.
      if (live.has(sk) || Date.parse(String(item['at'])) > takenBeforeMs) continue;
      const result = await store.write([
        { delete: placeOf(tenantId, sk), guards: [{ attr: 'at', equals: String(item['at']) }] },
        { update: countsOf(tenantId), add: { [isParent(sk) ? 'parents' : 'templates']: -1 } },
      ]);
      if (result.ok) freed += 1;
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
  return freed;
}
