import type { LedgerEntry } from '../../contract/ledger.ts';
import { Tally, type StoredTally } from './tally.ts';

export const DIMENSIONS = ['model', 'key', 'rule', 'tier', 'stage', 'status'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** What the caller says of a request: too many values to be rolled up, so that only rows know them. */
export const LABELS = ['user', 'tag'] as const;
export type Label = (typeof LABELS)[number];

export const labelOf = (entry: LedgerEntry, label: Label): string => entry[label] ?? NONE;

/** What stands for "has none": no model served it, no rule matched, no tier was given. */
export const NONE = 'none';

/** One value for each of `DIMENSIONS`, in that order; the status is exact (`429`), from which its class follows. */
export type Dims = readonly string[];

export const dimsOf = ({ servedModel, keyId, decision, status }: LedgerEntry): Dims =>
  [servedModel ?? NONE, keyId, decision?.ruleId ?? NONE, decision?.tier ?? NONE, decision?.stage ?? NONE, String(status)];

/** Entries added up by all of their dimensions: the content of one roll-up bucket. */
export class Groups {
  readonly #groups = new Map<string, { readonly dims: Dims; readonly tally: Tally }>();

  get size(): number {
    return this.#groups.size;
  }

  add(entry: LedgerEntry): void {
    this.#of(dimsOf(entry)).add(entry);
  }

  /** Money spent beside requests with these dimensions, in micro-USD. */
  addOverhead(dims: Dims, micros: number): void {
    this.#of(dims).addOverhead(micros);
  }

  addStored(dims: Dims, stored: StoredTally): void {
    this.#of(dims).addStored(stored);
  }

  /** In the order of their dimensions, whatever the order in which they were added. */
  sorted(): { readonly dims: Dims; readonly stored: StoredTally }[] {
    return [...this.#groups].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, { dims, tally }]) => ({ dims, stored: tally.toStored() }));
  }

  /** The same entries added up by one dimension alone; the others are empty. */
  along(dimension: Dimension): Groups {
    const place = DIMENSIONS.indexOf(dimension);
    const along = new Groups();
    for (const { dims, tally } of this.#groups.values()) along.#of(DIMENSIONS.map((_, i) => (i === place ? dims[i] ?? '' : ''))).merge(tally);
    return along;
  }

  #of(dims: Dims): Tally {
    const id = dims.join('\n');
    let group = this.#groups.get(id);
    if (group === undefined) {
      group = { dims, tally: new Tally() };
      this.#groups.set(id, group);
    }
    return group.tally;
  }
}
