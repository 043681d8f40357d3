import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Guard, Item, Key, Op } from '../../../functions/adapters/store/port.ts';
import { openSqliteStore } from '../../../functions/adapters/store/sqlite.ts';
import { full } from '../../support/full.ts';
import { tempStore } from '../../support/store.ts';

const attr = fc.constantFrom('a', 'b', 'c', 'r_1', 'i1p', 'i1s');
const small = fc.integer({ min: -3, max: 3 });
const guard: fc.Arbitrary<Guard> = fc.oneof(
  fc.constant<Guard>({ present: true }), fc.constant<Guard>({ absent: true }),
  attr.map((name): Guard => ({ attr: name, present: true })), attr.map((name): Guard => ({ attr: name, absent: true })),
  fc.tuple(attr, small).map(([name, atMost]): Guard => ({ attr: name, atMost })), fc.tuple(attr, small).map(([name, equals]): Guard => ({ attr: name, equals })),
);
const key = fc.constantFrom('x', 'y').map((sk): Key => ({ table: 'usage', pk: 'p', sk }));
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ update: key, set: fc.dictionary(fc.constantFrom('a', 'i1p', 'i1s'), fc.constantFrom('v', 'w')), add: fc.dictionary(fc.constantFrom('b', 'c'), small), remove: fc.subarray(['r_1', 'd']), guards: fc.array(guard, { maxLength: 2 }) }) as fc.Arbitrary<Op> },
  { weight: 1, arbitrary: fc.record({ put: key, item: fc.constant<Item>({ b: 1, r_1: 'lease' }), guards: fc.array(guard, { maxLength: 1 }) }) as fc.Arbitrary<Op> },
  { weight: 1, arbitrary: fc.record({ delete: key }) as fc.Arbitrary<Op> },
);

test('operations that share a turn of the event loop end as if carried out one after the other', async () => {
  await fc.assert(fc.asyncProperty(fc.array(op, { minLength: 1, maxLength: 25 }), async (ops) => {
    const [together, apart] = [await tempStore(), await tempStore()];
    try {
      const settled = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: Error) => error.message);
      const folded = await Promise.all(ops.map((one) => settled(together.store.write([one]))));
      const single: unknown[] = [];
      for (const one of ops) single.push(await settled(apart.store.write([one])));
      expect(folded).toEqual(single);
      for (const sk of ['x', 'y']) expect(await together.store.get({ table: 'usage', pk: 'p', sk })).toEqual(await apart.store.get({ table: 'usage', pk: 'p', sk }));
      for (const pk of ['v', 'w']) {
        const query = { table: 'usage', index: 'i1', pk, limit: 10 } as const;
        // Rows with one sort key come in the order of their creation, which nothing depends on.
        const [one, other] = [await together.store.query(query), await apart.store.query(query)].map(({ rows }) => rows.toSorted((a, b) => a.sk.localeCompare(b.sk)));
        expect(one).toEqual(other);
      }
    } finally {
      await together.cleanup();
      await apart.cleanup();
    }
  }), { numRuns: full(600, 80) });
});

const twice = (sk: string): [Op, Op] => [
  { update: { table: 'usage', pk: 'p', sk }, add: { b: 1 }, set: { a: 'v' } },
  { update: { table: 'usage', pk: 'p', sk }, add: { b: 1 } },
];

test('what is kept decoded from one turn to the next follows other connections, other operations and the sweep', async () => {
  const round = fc.record({ by: fc.constantFrom('here', 'there', 'sweep'), ops: fc.array(op, { minLength: 1, maxLength: 6 }), twice: fc.boolean() });
  await fc.assert(fc.asyncProperty(fc.array(round, { minLength: 2, maxLength: 6 }), async (rounds) => {
    const [together, apart] = [await tempStore(), await tempStore()];
    const other = openSqliteStore(together.file);
    try {
      const settled = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: Error) => error.message);
      for (const { by, ops, twice: isTwice } of rounds) {
        if (by === 'sweep') {
          for (const store of [together.store, apart.store]) {
            await settled(store.write([{ update: { table: 'usage', pk: 'p', sk: 'x' }, set: { expiresAt: 1 }, guards: [{ present: true }] }]));
            await store.sweepExpired(2);
          }
        }
        const all = isTwice ? [...twice('x'), ...ops] : ops;
        const store = by === 'there' ? other : together.store;
        const folded = await Promise.all(all.map((one) => settled(store.write([one]))));
        const single: unknown[] = [];
        for (const one of all) single.push(await settled(apart.store.write([one])));
        expect(folded).toEqual(single);
        for (const sk of ['x', 'y']) expect(await together.store.get({ table: 'usage', pk: 'p', sk })).toEqual(await apart.store.get({ table: 'usage', pk: 'p', sk }));
      }
    } finally {
      await other.close();
      await together.cleanup();
      await apart.cleanup();
    }
  }), { numRuns: full(400, 60) });
});

test('a kept item shares nothing with whoever wrote or read it', async () => {
  const { store, cleanup } = await tempStore();
  try {
    const at: Key = { table: 'usage', pk: 'p', sk: 'x' };
    const nested = { n: 1 };
    await Promise.all([store.write([{ update: at, set: { nested } }]), store.write([{ update: at, add: { b: 1 } }])]);
    nested.n = 2;
    await Promise.all(twice('x').map((one) => store.write([one])));
    expect(await store.get(at)).toEqual({ a: 'v', b: 3, nested: { n: 1 } });
    const [refused] = await Promise.all([store.write([{ update: at, guards: [{ attr: 'b', equals: 9 }] }]), store.write([{ update: at, add: { b: 1 } }])]);
    if (refused.ok || refused.current === undefined) throw new Error('it was written');
    refused.current['b'] = 100;
    (refused.current['nested'] as { n: number }).n = 3;
    await Promise.all(twice('x').map((one) => store.write([one])));
    expect(await store.get(at)).toMatchObject({ b: 6, nested: { n: 1 } });
  } finally {
    await cleanup();
  }
});

test('what a transaction could not store is forgotten with it', async () => {
  const { store, cleanup } = await tempStore({ maxBytes: 400 * 1024 });
  try {
    const at: Key = { table: 'usage', pk: 'p', sk: 'x' };
    await Promise.all(twice('x').map((one) => store.write([one])));
    const filling = (sk: string): Op => ({ put: { table: 'usage', pk: 'q', sk }, item: { text: 'x'.repeat(40_000) } });
    for (let n = 0; ; n += 1) if (!(await store.write([filling(`f${n}`)]).then(() => true, () => false))) break;
    const before = await store.get(at);
    // One transaction on a full disk: nothing of it is stored, and what follows must not build on it.
    const long: Op = { update: at, add: { b: 10 }, set: { long: 'y'.repeat(60_000) } };
    const outcomes = await Promise.allSettled([store.write([long]), store.write([long])]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await store.get(at)).toEqual(before);
    await store.write([{ delete: { table: 'usage', pk: 'q', sk: 'f0' } }]);
    await Promise.all(twice('x').map((one) => store.write([one])));
    expect(await store.get(at)).toEqual({ a: 'v', b: Number(before?.['b']) + 2 });
  } finally {
    await cleanup();
  }
});
