import { guardsHold } from './guards.ts';
import { StoreError, type Item, type Key, type Op, type WriteResult } from './port.ts';
import { insertItem, parseItem, readText, refuseGrowth, type Statements } from './sqlite-apply.ts';
import { MAX_ITEM_BYTES } from './validate-ops.ts';

type Update = Extract<Op, { update: Key }>;

/** Updates of one item in one transaction from which on it pays to decode the item once and write it once. */
const WORTH_FOLDING = 2;
/** Larger items keep the exact size check of the one-by-one way. */
const FOLD_BELOW_BYTES = MAX_ITEM_BYTES / 2;

interface Fold { readonly key: Key; item: Item | undefined; changed: boolean; bytes: number }

/**
 * Single updates of the same item that share a transaction, carried out on the decoded item and stored together: a busy
 * limiter item is then read and written once a turn of the event loop instead of once a request. The outcome of each is
 * that of carrying them out one after the other. An item that any other operation of the transaction names is left alone.
 */
export class Folds {
  readonly #folds = new Map<string, Fold>();
  readonly #statements: Statements;

  constructor(statements: Statements, batches: readonly (readonly Op[])[]) {
    this.#statements = statements;
    if (batches.length < WORTH_FOLDING) return;
    for (const [id, key] of worthFolding(batches)) {
      const text = readText(statements, key);
      const bytes = text?.length ?? 0;
      if (bytes < FOLD_BELOW_BYTES) this.#folds.set(id, { key, item: text === undefined ? undefined : parseItem(text), changed: false, bytes });
    }
  }

  /** The result of a batch whose item is folded; undefined = carry it out the usual way. Throws `StoreError('invalid')`. */
  run(ops: readonly Op[]): WriteResult | undefined {
    const op = ops.length === 1 ? ops[0] : undefined;
    if (op === undefined || !('update' in op)) return undefined;
    const fold = this.#folds.get(idOf(op.update));
    return fold && applied(op, fold);
  }

  /** Stores what changed. To be called once, before the transaction is committed. */
  store(): void {
    for (const { key, item, changed } of this.#folds.values()) if (changed && item !== undefined) insertItem(this.#statements, key, item);
  }
}

const idOf = ({ table, pk, sk }: Key): string => `${table}\n${pk}\n${sk}`;

/** The items that two or more batches update and nothing else names. Most operations name an item of their own; they must cost little here. */
function worthFolding(batches: readonly (readonly Op[])[]): Map<string, Key> {
  const [once, often] = [new Map<string, Key>(), new Map<string, Key>()];
  for (const ops of batches) {
    const op = ops.length === 1 ? ops[0] : undefined;
    if (op === undefined || !('update' in op)) continue;
    const id = idOf(op.update);
    if (once.has(id)) often.set(id, op.update);
    else once.set(id, op.update);
  }
  if (often.size === 0) return often;
  const partitions = new Set([...often.values()].map(({ pk }) => pk));
  for (const ops of batches) {
    for (const op of ops) {
      if (ops.length === 1 && 'update' in op) continue;
      const key = 'update' in op ? op.update : 'put' in op ? op.put : op.delete;
      if (partitions.has(key.pk)) often.delete(idOf(key));
    }
  }
  return often;
}

function applied({ set = {}, add = {}, remove = [], guards = [] }: Update, fold: Fold): WriteResult {
  const old = fold.item;
  if (!guardsHold(guards, old !== undefined, (attr) => old?.[attr])) return { ok: false, index: 0, current: old && { ...old } };
  const changed: Item = {};
  for (const name in set) if (set[name] !== undefined) changed[name] = set[name];
  for (const name in add) {
    const value = old?.[name];
    if (value !== undefined && typeof value !== 'number') throw new StoreError('invalid', `${name} is not a number`);
    changed[name] = (value ?? 0) + (add[name] ?? 0);
  }
  const bytes = fold.bytes + boundOf(changed);
  if (bytes > MAX_ITEM_BYTES) refuseGrowth(old, changed, remove);
  const item = old ?? {};
  for (const name of remove) delete item[name];
  Object.assign(item, changed);
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
