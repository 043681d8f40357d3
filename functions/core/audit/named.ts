/** What tells an entry of a list from the others: its `id`, else its `name`; undefined when it has neither. */
export function identityOf(entry: unknown): string | undefined {
  if (!isRecord(entry)) return undefined;
  const identity = entry['id'] ?? entry['name'];
  return typeof identity === 'string' ? identity : undefined;
}

/** The entries of a list by what tells them apart; undefined unless every entry has a name of its own. */
export function byIdentity(list: readonly unknown[]): ReadonlyMap<string, unknown> | undefined {
  const entries = new Map<string, unknown>();
  for (const entry of list) {
    const identity = identityOf(entry);
    if (identity === undefined || entries.has(identity)) return undefined;
    entries.set(identity, entry);
  }
  return entries;
}

export const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
