import type { Guard, Item, Key, Op, WriteResult } from '../../../functions/adapters/store/port.ts';

const idOf = ({ table, pk, sk }: Key): string => JSON.stringify([table, pk, sk]);
const keyOf = (op: Op): Key => ('put' in op ? op.put : 'update' in op ? op.update : op.delete);
const copy = (item: Item): Item => JSON.parse(JSON.stringify(item)) as Item;

/** What the port's words mean, as plainly as they can be written: the oracle of both engines. */
export class MemoryModel {
  readonly items = new Map<string, Item>();

  get(key: Key): Item | undefined {
    return this.items.get(idOf(key));
  }

  write(ops: readonly Op[]): WriteResult {
    for (const [index, op] of ops.entries()) {
      const current = this.get(keyOf(op));
      if (!(op.guards ?? []).every((guard) => holds(guard, current))) return { ok: false, index, current };
    }
    const results = ops.map((op) => this.#apply(op));
    const isSingle = ops.length === 1;
    return {
      ok: true,
      after: results.map(({ after }, i) => ('update' in (ops[i] as Op) && !isSingle ? undefined : after)),
      before: results.map(({ before }) => (isSingle ? before : undefined)),
    };
  }

  #apply(op: Op): { after: Item | undefined; before: Item | undefined } {
    const id = idOf(keyOf(op));
    const old = this.items.get(id);
    if ('delete' in op) {
      this.items.delete(id);
      return { after: undefined, before: old };
    }
    if ('put' in op) {
      this.items.set(id, copy(op.item));
      return { after: op.item, before: old };
    }
    const changed: Item = copy(op.set ?? {});
    for (const [name, by] of Object.entries(op.add ?? {})) changed[name] = Number(old?.[name] ?? 0) + by;
    const item: Item = { ...old, ...changed };
    for (const name of op.remove ?? []) delete item[name];
    this.items.set(id, item);
    return { after: changed, before: undefined };
  }
}

function holds(guard: Guard, item: Item | undefined): boolean {
  if (!('attr' in guard)) return 'absent' in guard ? item === undefined : item !== undefined;
  const value = item?.[guard.attr];
  if ('absent' in guard) return value === undefined;
  if ('present' in guard) return value !== undefined;
  if ('equals' in guard) return value === guard.equals;
  const number = value === undefined ? 0 : value;
  if (typeof number !== 'number') return false;
  return 'atMost' in guard ? number <= guard.atMost : number >= guard.atLeast;
}
