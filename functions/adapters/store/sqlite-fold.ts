import { dropOldest } from '../../core/drop-oldest.ts';
import { dictionaryItem } from './entity.ts';
import { guardsHold } from './guards.ts';
import { StoreError, type Item, type Key, type Op, type WriteResult } from './port.ts';
import { insertItem, parseItem, readText, refuseGrowth, rowOf, type Statements } from './sqlite-apply.ts';
import { MAX_ITEM_BYTES } from './validate-ops.ts';

type Update = Extract<Op, { update: Key }>;

/** Larger items keep the exact size check of the one-by-one way. */
const FOLD_BELOW_BYTES = MAX_ITEM_BYTES / 2;

interface Fold {
  readonly key: Key;
  item: Item | undefined;
  changed: boolean;
  /** No less than the length of the item's JSON text. */
  bytes: number;
  /** Nothing in the item is shared with whoever wrote or read it, because nothing in it can be changed in place. */
  plain: boolean;
}

/** Decoded items kept from one transaction to the next; a busy gateway has as many as it has busy keys. */
const MAX_KEPT = 8;

/**
 * Decoded items that are as the file has them, so that the next transaction need not read them. Another connection's
 * commit is seen in `data_version`; what this connection does to a kept item otherwise must be told to `forget`.
 */
export class KeptItems {
  readonly #statements: Statements;
  readonly #items = new Map<string, Fold>();
  #version: unknown;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** To be called inside a transaction, which others' commits can no longer reach, before the first `get` of it. */
  refresh(): void {
    if (this.#items.size === 0) return;
    const version = this.#dataVersion();
    if (version !== this.#version) this.#items.clear();
    this.#version = version;
  }

  get(id: string): Fold | undefined {
    return this.#items.get(id);
  }

  /** What a transaction has stored; it counts once that is committed, and `clear` is called where it was not. */
  keep(id: string, fold: Fold): void {
    if (this.#items.size === 0) this.#version = this.#dataVersion();
    this.#items.delete(id);
    if (this.#items.size >= MAX_KEPT) dropOldest(this.#items);
    this.#items.set(id, fold);
  }

  forget(key: Key): void {
    if (this.#items.size > 0) this.#items.delete(idOf(key));
  }

  clear(): void {
    this.#items.clear();
  }

  #dataVersion(): unknown {
    return rowOf(this.#statements.get('version', () => 'PRAGMA data_version'))?.[0];
  }
}

/**
 * Single updates of the same item that share a transaction, carried out on the decoded item and stored together: a busy
 * limiter item is then written once a turn of the event loop instead of once a request, and seldom read. The outcome of each is
 * that of carrying them out one after the other. An item that any other operation of the transaction names is left alone.
 */
export class Folds {
  readonly #folds = new Map<string, Fold>();
  readonly #statements: Statements;
  readonly #kept: KeptItems;

  constructor(statements: Statements, kept: KeptItems, batches: readonly (readonly Op[])[]) {
    this.#statements = statements;
    this.#kept = kept;
    kept.refresh();
    for (const [id, key] of worthFolding(batches, kept)) {
      const fold = kept.get(id) ?? this.#decoded(key);
      if (fold.bytes < FOLD_BELOW_BYTES) this.#folds.set(id, fold);
    }
  }

  /** The result of a batch whose item is folded; undefined = carry it out the usual way. Throws `StoreError('invalid')`. */
  run(ops: readonly Op[]): WriteResult | undefined {
    const op = ops.length === 1 ? ops[0] : undefined;
    if (op === undefined || !('update' in op) || this.#folds.size === 0) return undefined;
    const fold = this.#folds.get(idOf(op.update));
    return fold && applied(op, fold);
  }

  /** Stores what changed. To be called once, before the transaction is committed. */
  store(): void {
    for (const [id, fold] of this.#folds) {
      const { key, item, changed, plain } = fold;
      if (item === undefined) continue;
      if (changed) fold.bytes = insertItem(this.#statements, key, item);
      fold.changed = false;
      if (plain) this.#kept.keep(id, fold);
      else this.#kept.forget(key);
    }
  }

  #decoded(key: Key): Fold {
    const text = readText(this.#statements, key);
    const item = text === undefined ? undefined : Object.assign(dictionaryItem(), parseItem(text));
    return { key, item, changed: false, bytes: text?.length ?? 0, plain: item === undefined || Object.values(item).every((value) => typeof value !== 'object') };
  }
}

const idOf = ({ table, pk, sk }: Key): string => `${table}\n${pk}\n${sk}`;

/** The items that nothing but single updates names, and two or more of them or one of what is decoded already. Most operations name an item of their own; they must cost little here. */
function worthFolding(batches: readonly (readonly Op[])[], kept: KeptItems): Map<string, Key> {
  const [once, worth] = [new Map<string, Key>(), new Map<string, Key>()];
  for (const ops of batches) {
    const op = ops.length === 1 ? ops[0] : undefined;
    if (op === undefined || !('update' in op)) continue;
    const id = idOf(op.update);
    if (once.has(id) || kept.get(id) !== undefined) worth.set(id, op.update);
    else once.set(id, op.update);
  }
  if (worth.size === 0) return worth;
  const partitions = new Set([...worth.values()].map(({ pk }) => pk));
  for (const ops of batches) {
    for (const op of ops) {
      if (ops.length === 1 && 'update' in op) continue;
      const key = 'update' in op ? op.update : 'put' in op ? op.put : op.delete;
      if (partitions.has(key.pk)) worth.delete(idOf(key));
    }
  }
  return worth;
}

function applied({ set = {}, add = {}, remove = [], guards = [] }: Update, fold: Fold): WriteResult {
  const old = fold.item;
  if (!guardsHold(guards, old !== undefined, (attr) => old?.[attr])) return { ok: false, index: 0, current: old && Object.assign(dictionaryItem(), old) };
  const changed = dictionaryItem();
  for (const name in set) if (set[name] !== undefined) changed[name] = set[name];
  for (const name in add) {
    const value = old?.[name];
    if (value !== undefined && typeof value !== 'number') throw new StoreError('invalid', `${name} is not a number`);
    changed[name] = (value ?? 0) + (add[name] ?? 0);
  }
  const bytes = fold.bytes + boundOf(changed);
  if (bytes > MAX_ITEM_BYTES) refuseGrowth(old, changed, remove);
  const item = old ?? dictionaryItem();
  for (const name of remove) delete item[name];
  for (const name in changed) {
    const value = changed[name];
    item[name] = value;
    if (typeof value === 'object') fold.plain = false;
  }
  fold.item = item;
  fold.bytes = bytes;
  fold.changed = true;
  return { ok: true, after: [changed], before: [undefined] };
}

/** Never less than what the attributes add to the stored text, for the plain values that updates carry; walks nothing but them. */
function boundOf(changed: Item): number {
  let bytes = 0;
  for (const name in changed) {
    const value = changed[name];
    bytes += name.length + 4 + (typeof value === 'string' ? value.length * 6 + 2 : typeof value === 'object' ? JSON.stringify(value).length * 6 : 24);
  }
  return bytes;
}
