/**
 * The one storage vocabulary: get, query, and one atomic batch of puts, updates and deletes with
 * guards from a closed set. `dynamo.ts` and `sqlite.ts` speak it and one contract suite runs against both.
 */

export const TABLES = ['tenants', 'models', 'rules', 'keys', 'audit', 'usage'] as const;
export type Table = (typeof TABLES)[number];

export type Value = string | number | boolean | null | Value[] | { [name: string]: Value | undefined };
/** Top-level attributes. `undefined` members are not stored. Keys (`pk`, `sk`) are not part of an item. */
export type Item = { [name: string]: Value | undefined };

export interface Key { readonly table: Table; readonly pk: string; readonly sk: string }

/**
 * Sparse secondary indexes: an item appears in index `i1`/`i2`/`i3` if it has both `i1p` and `i1s` (strings), and so
 * on. What they mean is a table's own affair; each entity file says so. Expiry: attribute `expiresAt`, epoch SECONDS;
 * expired items may still be returned (DynamoDB's TTL is late), so every reader compares.
 */
export const INDEXES = ['i1', 'i2', 'i3'] as const;
export type Index = (typeof INDEXES)[number];

/** All guards of an operation must hold. A missing attribute counts as 0 in `atMost`/`atLeast`. */
export type Guard =
  | { readonly absent: true }                       // no item under this key
  | { readonly present: true }                      // an item under this key
  | { readonly attr: string; readonly absent: true }
  | { readonly attr: string; readonly present: true }
  | { readonly attr: string; readonly equals: string | number | boolean }
  | { readonly attr: string; readonly atMost: number }
  | { readonly attr: string; readonly atLeast: number };

export type Op =
  | { readonly put: Key; readonly item: Item; readonly guards?: readonly Guard[] }
  /** Creates the item when it is missing (as DynamoDB's UpdateItem does) unless a guard forbids it. `add` treats a missing attribute as 0. */
  | { readonly update: Key; readonly set?: Item; readonly add?: Readonly<Record<string, number>>; readonly remove?: readonly string[]; readonly guards?: readonly Guard[] }
  | { readonly delete: Key; readonly guards?: readonly Guard[] };

export type WriteResult =
  /**
   * `after[i]`: for a put the item, for an update of a one-item batch the updated attributes (`set` and `add`) with
   * their new values, otherwise undefined. `before[i]`: for a put or delete of a one-item batch the old item if any.
   */
  | { readonly ok: true; readonly after: readonly (Item | undefined)[]; readonly before: readonly (Item | undefined)[] }
  /** Nothing was written. `index` is the first operation whose guards failed, `current` its stored item (undefined = none). */
  | { readonly ok: false; readonly index: number; readonly current: Item | undefined };

export interface Query {
  readonly table: Table;
  readonly index?: Index;
  readonly pk: string;
  /** Sort-key range, both ends inclusive; or a prefix. */
  readonly from?: string;
  readonly to?: string;
  readonly prefix?: string;
  readonly reverse?: boolean;
  /** 1–1,000. */
  readonly limit: number;
  readonly cursor?: string;
}
export interface Row { readonly pk: string; readonly sk: string; readonly item: Item }
export interface Page { readonly rows: readonly Row[]; /** Opaque; absent = the end. */ readonly cursor?: string }

export interface Store {
  /** Strongly consistent. */
  get(key: Key): Promise<Item | undefined>;
  /** Sort-key order; over an index eventually consistent on DynamoDB. */
  query(query: Query): Promise<Page>;
  /**
   * One atomic batch. Throws `StoreError` for duplicate keys in a batch, more than 100 items, an item over 400 KB, or an
   * unreachable engine; contention is retried inside (≤ 8 times with jitter) and never surfaces as a guard failure.
   */
  write(ops: readonly Op[]): Promise<WriteResult>;
  close(): Promise<void>;
}

export class StoreError extends Error {
  readonly kind: 'invalid' | 'unavailable';
  constructor(kind: 'invalid' | 'unavailable', message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
    this.kind = kind;
  }
}
