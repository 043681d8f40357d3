/** Forgets the entry that was set first, of a map or set that is kept bounded; nothing where there is none. */
export function dropOldest<K>(entries: { keys(): Iterable<K>; delete(key: K): boolean }): void {
  for (const oldest of entries.keys()) {
    entries.delete(oldest);
    return;
  }
}
