import type { Guard, Item, Key, Store } from './port.ts';

/**
 * The partition key of some parts: a fixed prefix, the tenant where there is one, then ids. Joined by `#`, which is
 * escaped inside a part, so that no tenant's key can be read as another's.
 */
export const partition = (...parts: readonly string[]): string => parts.map(escaped).join('#');

const escaped = (part: string): string =>
  (part.includes('#') || part.includes('%') ? part.replaceAll('%', '%25').replaceAll('#', '%23') : part);

/** Records are plain JSON of our own making: they are checked where they enter, and trusted when they come back. */
export const toItem = (record: object): Item => record as Item;
export const fromItem = <T>(item: Item): T => item as unknown as T;

/**
 * An empty item for attributes named after requests. As an ordinary object it would get a hidden class of its own with
 * every new name, which costs more than all that is done with it; without a prototype it is a table from the start.
 */
export const dictionaryItem = (): Item => Object.create(null) as Item;

/** A versioned record as stored now, or the reason why it was not: `current` is what someone else has written. */
export type Saved<T> = { readonly ok: true; readonly record: T } | { readonly ok: false; readonly current: T | undefined };

/** Guards of a record with `version`: absent when nothing is expected, else exactly that version. */
export const versionGuards = (expectedVersion: number | undefined): readonly Guard[] =>
  (expectedVersion === undefined ? [{ absent: true }] : [{ attr: 'version', equals: expectedVersion }]);

/** The version that a save writes: 1 for a new record, else one more than expected. */
export const nextVersion = (expectedVersion: number | undefined): number => (expectedVersion ?? 0) + 1;

/** All rows of a partition or prefix, page by page; for lists that are bounded by the product, such as models. */
export async function readAll(store: Store, query: Omit<Parameters<Store['query']>[0], 'limit' | 'cursor'>): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.query({ ...query, limit: 1000, ...(cursor !== undefined && { cursor }) });
    for (const row of page.rows) items.push(row.item);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return items;
}

/** Puts one record under optimistic locking and says what stands there when it lost. */
export async function saveRecord<T>(store: Store, key: Key, item: Item, expectedVersion: number | undefined, read: (item: Item) => T): Promise<Saved<T>> {
  const result = await store.write([{ put: key, item, guards: versionGuards(expectedVersion) }]);
  if (result.ok) return { ok: true, record: read(item) };
  return { ok: false, current: result.current && read(result.current) };
}
