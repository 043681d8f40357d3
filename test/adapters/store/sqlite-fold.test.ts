import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Guard, Item, Key, Op } from '../../../functions/adapters/store/port.ts';
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
