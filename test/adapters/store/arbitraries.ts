import * as fc from 'fast-check';
import type { Guard, Item, Key, Op, Value } from '../../../functions/adapters/store/port.ts';

/** Few keys, so that operations meet; `partition` keeps runs apart in a shared store. */
export const keys = (partition: string): fc.Arbitrary<Key> =>
  fc.record({ table: fc.constantFrom('usage', 'models'), pk: fc.constant(partition), sk: fc.constantFrom('a', 'b', 'ü') });

const number = fc.oneof(fc.integer(), fc.double({ min: -1e12, max: 1e12, noNaN: true }).filter((n) => n === 0 || Math.abs(n) > 1e-100).map((n) => n + 0 || 0));
const scalar = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 12 }), fc.constantFrom('\u0000', '"\\\'', '\u2028 $.a', '😀'), number, fc.boolean(), fc.constant(null));
const memberName = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }).filter((name) => name !== '__proto__');
export const values: fc.Arbitrary<Value> = fc.oneof(
  { weight: 4, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.dictionary(memberName, fc.oneof(scalar, fc.array(scalar, { maxLength: 2 })), { maxKeys: 3, noNullPrototype: true }) },
);

/** Counters hold only numbers, because adding to anything else is refused. */
const counterNames = ['n1', 'n2', '0', 'sum'];
const otherNames = ['a', 'b_c', 'R_01', 'flag'];
const counters = fc.dictionary(fc.constantFrom(...counterNames), fc.integer({ min: -50, max: 50 }), { noNullPrototype: true });
const others = fc.dictionary(fc.constantFrom(...otherNames), values, { noNullPrototype: true });
const items: fc.Arbitrary<Item> = fc.tuple(counters, others).map(([left, right]) => ({ ...left, ...right }));

const anyName = fc.constantFrom(...counterNames, ...otherNames);
const bound = fc.integer({ min: -60, max: 60 });
export const guards: fc.Arbitrary<Guard> = fc.oneof(
  fc.constant<Guard>({ absent: true }),
  fc.constant<Guard>({ present: true }),
  anyName.map((attr): Guard => ({ attr, absent: true })),
  anyName.map((attr): Guard => ({ attr, present: true })),
  fc.tuple(anyName, fc.oneof(bound, fc.boolean(), fc.string({ maxLength: 2 }))).map(([attr, equals]): Guard => ({ attr, equals })),
  fc.tuple(anyName, bound).map(([attr, atMost]): Guard => ({ attr, atMost })),
  fc.tuple(anyName, bound).map(([attr, atLeast]): Guard => ({ attr, atLeast })),
);

const guardLists: fc.Arbitrary<Guard[]> = fc.oneof({ weight: 2, arbitrary: fc.constant<Guard[]>([]) }, { weight: 3, arbitrary: fc.array(guards, { minLength: 1, maxLength: 2 }) });

function update(key: Key, [set, add, removed, guardList]: [Item, Record<string, number>, string[], Guard[]]): Op {
  const remove = [...new Set(removed)].filter((name) => set[name] === undefined && add[name] === undefined);
  const added = Object.fromEntries(Object.entries(add).filter(([name]) => set[name] === undefined));
  return { update: key, set, add: added, remove, guards: guardList };
}

const op = (key: Key): fc.Arbitrary<Op> => fc.oneof(
  fc.tuple(items, guardLists).map(([item, list]): Op => ({ put: key, item, guards: list })),
  { weight: 2, arbitrary: fc.tuple(items, counters, fc.array(anyName, { maxLength: 3 }), guardLists).map((parts) => update(key, parts)) },
  guardLists.map((list): Op => ({ delete: key, guards: list })),
);

/** A batch of operations on different keys; half of them are of one operation. */
export const batches = (partition: string): fc.Arbitrary<Op[]> =>
  fc.oneof(
    keys(partition).map((key) => [key]),
    fc.uniqueArray(keys(partition), { minLength: 2, maxLength: 4, selector: (key) => `${key.table}/${key.sk}` }),
  ).chain((chosen) => fc.tuple(...chosen.map(op)));
