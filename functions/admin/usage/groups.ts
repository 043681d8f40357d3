import type { LedgerEntry } from '../../contract/ledger.ts';

export const GROUPS = ['model', 'key', 'rule', 'tier', 'stage', 'status'] as const;
export type Group = (typeof GROUPS)[number];

/** What stands for "has none": no model served it, no rule matched, no tier was given. */
export const NONE = 'none';

/** The group an entry belongs to: an id, a closed word, a status class such as `4xx`, or `none`. */
export function groupOf(entry: LedgerEntry, by: Group): string {
  switch (by) {
    case 'model': return entry.servedModel ?? NONE;
    case 'key': return entry.keyId;
    case 'rule': return entry.decision?.ruleId ?? NONE;
    case 'tier': return entry.decision?.tier ?? NONE;
    case 'stage': return entry.decision?.stage ?? NONE;
    default: return `${Math.floor(entry.status / 100)}xx`;
  }
}

export type Filters = Readonly<Partial<Record<Group, string>>>;

/** Whether an entry passes every filter; `status` may also be one exact status. */
export function passes(entry: LedgerEntry, filters: Filters): boolean {
  for (const group of GROUPS) {
    const wanted = filters[group];
    if (wanted === undefined || groupOf(entry, group) === wanted) continue;
    if (group !== 'status' || String(entry.status) !== wanted) return false;
  }
  return true;
}
