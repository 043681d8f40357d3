import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Guard, Item, Key, Op, Query, Row, Store } from '../../../functions/adapters/store/port.ts';
import { batches } from './arbitraries.ts';
import { MemoryModel } from './memory-model.ts';

export interface Engine { readonly store: Store; readonly stop: () => Promise<void> }
export interface SuiteOptions {
  readonly open: () => Promise<Engine>;
  /** Runs of the comparison with the model. */
  readonly runs: number;
  readonly concurrency: number;
}

let partitions = 0;
/** A partition of its own for each test: the engines are shared. */
const fresh = (): string => `p${process.pid}-${(partitions += 1)}`;
const big = 'x'.repeat(390 * 1024);

/** What every engine guarantees, whoever implements it. */
export function contractSuite({ open, runs, concurrency }: SuiteOptions): void {
  let engine: Engine;
  let store: Store;
  beforeAll(async () => {
    engine = await open();
    store = engine.store;
  }, 60_000);
  afterAll(async () => {
    await store?.close();
    await engine?.stop();
  }, 60_000);

  const put = async (key: Key, item: Item): Promise<void> => {
    await store.write([{ put: key, item }]);
  };
  const usage = (pk: string, sk = 's'): Key => ({ table: 'usage', pk, sk });

  describe('get and put', () => {
    test('an unknown key gives undefined', async () => {
      expect(await store.get(usage(fresh()))).toBeUndefined();
    });

    test('an item comes back as it was put, without its key and without undefined members', async () => {
      const key = usage(fresh(), 'sk with "quotes" \' and 😀');
      const item = { s: '한국어 "q" \\ \u0000 \u2028', empty: '', zero: 0, minus: -1.5, yes: true, no: false, nothing: null, list: [1, 'two', null, [{}], []], map: { 'any name.$[0]': { deep: [{ x: 1 }] } } };
      await put(key, { ...item, gone: undefined });
      expect(await store.get(key)).toStrictEqual(item);
    });

    test('a put replaces the whole item and returns the new and the old one', async () => {
      const key = usage(fresh());
      expect(await store.write([{ put: key, item: { a: 1, b: 2 } }])).toEqual({ ok: true, after: [{ a: 1, b: 2 }], before: [undefined] });
      expect(await store.write([{ put: key, item: { c: 3 } }])).toEqual({ ok: true, after: [{ c: 3 }], before: [{ a: 1, b: 2 }] });
      expect(await store.get(key)).toEqual({ c: 3 });
    });

    test('a delete returns the old item, also of a key that is not there', async () => {
      const key = usage(fresh());
      await put(key, { a: 1 });
      expect(await store.write([{ delete: key }])).toEqual({ ok: true, after: [undefined], before: [{ a: 1 }] });
      expect(await store.write([{ delete: key }])).toEqual({ ok: true, after: [undefined], before: [undefined] });
      expect(await store.get(key)).toBeUndefined();
    });

    test('tables are apart: one key in two tables names two items', async () => {
      const pk = fresh();
      await put({ table: 'usage', pk, sk: 's' }, { in: 'usage' });
      await put({ table: 'audit', pk, sk: 's' }, { in: 'audit' });
      expect(await store.get({ table: 'usage', pk, sk: 's' })).toEqual({ in: 'usage' });
      expect(await store.get({ table: 'audit', pk, sk: 's' })).toEqual({ in: 'audit' });
    });
  });

  describe('update', () => {
    test('creates a missing item, treating missing numbers as 0', async () => {
      const key = usage(fresh());
      expect(await store.write([{ update: key, set: { a: 'x' }, add: { n: 5 }, remove: ['z'] }])).toEqual({ ok: true, after: [{ a: 'x', n: 5 }], before: [undefined] });
      expect(await store.get(key)).toEqual({ a: 'x', n: 5 });
    });

    test('without any change it still creates the item', async () => {
      const key = usage(fresh());
      expect(await store.write([{ update: key }])).toEqual({ ok: true, after: [{}], before: [undefined] });
      expect(await store.get(key)).toEqual({});
      await store.write([{ update: usage(fresh()) }, { update: key, guards: [{ present: true }] }]);
      expect(await store.get(key)).toEqual({});
    });

    test('sets, adds and removes at once, leaves the rest and returns only what it set or added', async () => {
      const key = usage(fresh());
      await put(key, { keep: { deep: [1] }, a: 'old', n: 10, gone: 'x' });
      const result = await store.write([{ update: key, set: { a: { b: ['new'] }, skip: undefined }, add: { n: -3, m: 2 }, remove: ['gone', 'never'] }]);
      expect(result).toEqual({ ok: true, after: [{ a: { b: ['new'] }, n: 7, m: 2 }], before: [undefined] });
      expect(await store.get(key)).toEqual({ keep: { deep: [1] }, a: { b: ['new'] }, n: 7, m: 2 });
    });

    test('attributes of any kind survive many updates of their neighbours', async () => {
      const key = usage(fresh());
      const lease = { draft: 'ü"\\\u0000', list: [1.5, null, true], empty: {} };
      for (let i = 0; i < 20; i += 1) await store.write([{ update: key, set: { [`r_${i}`]: lease }, add: { open: 1 } }]);
      await store.write([{ update: key, remove: ['r_3', 'r_19'], add: { open: -2 } }]);
      const item = await store.get(key);
      expect(item?.['open']).toBe(18);
      expect(Object.keys(item ?? {})).toHaveLength(19);
      expect(item?.['r_18']).toStrictEqual(lease);
    });

    test.each(['text', true, null, [1]])('adding to %j is invalid and changes nothing', async (value) => {
      const key = usage(fresh());
      await put(key, { n: value });
      await expect(store.write([{ update: key, set: { other: 1 }, add: { n: 1 } }])).rejects.toMatchObject({ name: 'StoreError', kind: 'invalid' });
      expect(await store.get(key)).toEqual({ n: value });
    });
  });

  describe('guards', () => {
    const stored: Item = { n: 5, neg: -5, s: 'text', yes: true, nil: null, list: [1] };
    const cases: [Guard, onStored: boolean, onMissing: boolean][] = [
      [{ absent: true }, false, true],
      [{ present: true }, true, false],
      [{ attr: 'n', absent: true }, false, true],
      [{ attr: 'q', absent: true }, true, true],
      [{ attr: 'nil', absent: true }, false, true],
      [{ attr: 'nil', present: true }, true, false],
      [{ attr: 'q', present: true }, false, false],
      [{ attr: 'n', equals: 5 }, true, false],
      [{ attr: 'n', equals: 5.5 }, false, false],
      [{ attr: 'n', equals: '5' }, false, false],
      [{ attr: 's', equals: 'text' }, true, false],
      [{ attr: 's', equals: '' }, false, false],
      [{ attr: 'yes', equals: true }, true, false],
      [{ attr: 'yes', equals: false }, false, false],
      [{ attr: 'yes', equals: 1 }, false, false],
      [{ attr: 'q', equals: 0 }, false, false],
      [{ attr: 'n', atMost: 5 }, true, true],
      [{ attr: 'n', atMost: 4 }, false, true],
      [{ attr: 'q', atMost: 0 }, true, true],
      [{ attr: 'q', atMost: -1 }, false, false],
      [{ attr: 'neg', atMost: -5 }, true, false],
      [{ attr: 'n', atLeast: 5 }, true, false],
      [{ attr: 'n', atLeast: 6 }, false, false],
      [{ attr: 'q', atLeast: 0 }, true, true],
      [{ attr: 'q', atLeast: 1 }, false, false],
      [{ attr: 's', atMost: 9 }, false, true],
      [{ attr: 's', atLeast: -9 }, false, true],
      [{ attr: 'nil', atMost: 9 }, false, true],
      [{ attr: 'list', atLeast: -9 }, false, true],
    ];

    test('each kind holds and fails as the port says, on a stored and on a missing item, for all operations', async () => {
      for (const [guard, onStored, onMissing] of cases) {
        for (const [exists, expected] of [[true, onStored], [false, onMissing]] as const) {
          for (const kind of ['put', 'update', 'delete'] as const) {
            const key = usage(fresh());
            if (exists) await put(key, stored);
            const result = await store.write([opOf(kind, key, [guard])]);
            expect({ guard, exists, kind, ok: result.ok }).toEqual({ guard, exists, kind, ok: expected });
            if (!result.ok) expect(result).toEqual({ ok: false, index: 0, current: exists ? stored : undefined });
            if (!result.ok) expect(await store.get(key)).toEqual(exists ? stored : undefined);
          }
        }
      }
    }, 120_000);

    test('several guards must all hold', async () => {
      const key = usage(fresh());
      await put(key, stored);
      const both: Guard[] = [{ attr: 'n', atMost: 5 }, { attr: 's', equals: 'text' }, { attr: 'q', absent: true }];
      expect((await store.write([{ update: key, add: { n: 1 }, guards: both }])).ok).toBe(true);
      expect(await store.write([{ update: key, add: { n: 1 }, guards: both }])).toEqual({ ok: false, index: 0, current: { ...stored, n: 6 } });
      expect((await store.get(key))?.['n']).toBe(6);
    });
  });

  describe('batches', () => {
    test('a batch is atomic and returns the items it put', async () => {
      const pk = fresh();
      await put(usage(pk, 'b'), { n: 1, old: true });
      await put(usage(pk, 'c'), { x: 1 });
      const ops: Op[] = [{ put: usage(pk, 'a'), item: { a: 1 } }, { update: usage(pk, 'b'), add: { n: 1 } }, { delete: usage(pk, 'c') }, { update: { table: 'rules', pk, sk: 'd' }, set: { new: [] } }];
      expect(await store.write(ops)).toEqual({ ok: true, after: [{ a: 1 }, undefined, undefined, undefined], before: [undefined, undefined, undefined, undefined] });
      expect(await Promise.all(ops.map((op) => store.get(keyOf(op))))).toEqual([{ a: 1 }, { n: 2, old: true }, undefined, { new: [] }]);
    });

    test('one failing guard undoes the whole batch and names the first operation that failed, with its item', async () => {
      const pk = fresh();
      await put(usage(pk, 'b'), { n: 1 });
      await put(usage(pk, 'c'), { n: 2 });
      const result = await store.write([
        { put: usage(pk, 'a'), item: { a: 1 } },
        { update: usage(pk, 'b'), add: { n: 1 }, guards: [{ attr: 'n', atMost: 1 }] },
        { update: usage(pk, 'c'), add: { n: 1 }, guards: [{ attr: 'n', atMost: 1 }] },
        { delete: usage(pk, 'd'), guards: [{ present: true }] },
      ]);
      expect(result).toEqual({ ok: false, index: 2, current: { n: 2 } });
      expect(await store.get(usage(pk, 'a'))).toBeUndefined();
      expect(await store.get(usage(pk, 'b'))).toEqual({ n: 1 });
    });

    test('100 operations are one batch', async () => {
      const pk = fresh();
      const ops: Op[] = Array.from({ length: 100 }, (_, i) => ({ put: usage(pk, `s${i}`), item: { i } }));
      expect((await store.write(ops)).ok).toBe(true);
      expect((await store.query({ table: 'usage', pk, limit: 1000 })).rows).toHaveLength(100);
    });
  });

  describe('refusals', () => {
    const k = usage('refused');
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
    test.each<[string, unknown]>([
      ['an empty batch', []],
      ['101 operations', Array.from({ length: 101 }, (_, i) => ({ put: usage('refused', `s${i}`), item: {} }))],
      ['one key twice', [{ put: k, item: {} }, { delete: { ...k } }]],
      ['an item over 400 KB', [{ put: k, item: { a: 'x'.repeat(410 * 1024) } }]],
      ['an item over 400 KB in UTF-8', [{ put: k, item: { a: '한'.repeat(140 * 1024) } }]],
      ['an update over 400 KB', [{ update: k, set: { a: 'x'.repeat(410 * 1024) } }]],
      ['a batch over 4 MB', Array.from({ length: 12 }, (_, i) => ({ put: usage('refused', `s${i}`), item: { big } }))],
      ['an unknown table', [{ put: { ...k, table: 'nope' }, item: {} }]],
      ['an empty pk', [{ put: { ...k, pk: '' }, item: {} }]],
      ['an empty sk', [{ delete: { ...k, sk: '' } }]],
      ['a pk over 2,048 bytes', [{ delete: { ...k, pk: 'ü'.repeat(1025) } }]],
      ['an sk over 1,024 bytes', [{ delete: { ...k, sk: 'x'.repeat(1025) } }]],
      ['a path as attribute of an update', [{ update: k, set: { 'a.b': 1 } }]],
      ['a quote in an attribute of an update', [{ update: k, add: { 'a"': 1 } }]],
      ['a bracket in a removed attribute', [{ update: k, remove: ['a[0]'] }]],
      ['an empty attribute name', [{ update: k, set: { '': 1 } }]],
      ['an odd attribute in a guard', [{ update: k, set: { a: 1 }, guards: [{ attr: "x') OR 1=1 --", absent: true }] }]],
      ['an attribute called pk', [{ put: k, item: { pk: 'x' } }]],
      ['a key changed by an update', [{ update: k, set: { sk: 'x' } }]],
      ['one attribute set and added to', [{ update: k, set: { a: 1 }, add: { a: 1 } }]],
      ['one attribute set and removed', [{ update: k, set: { a: 1 }, remove: ['a'] }]],
      ['a removal twice', [{ update: k, remove: ['a', 'a'] }]],
      ['a number that is none', [{ put: k, item: { a: Number.NaN } }]],
      ['an infinite number', [{ update: k, add: { a: Infinity } }]],
      ['an integer that a double cannot hold', [{ put: k, item: { a: { b: [2 ** 60] } } }]],
      ['an index key that is no string', [{ put: k, item: { i1p: 1, i1s: 'x' } }]],
      ['an empty index key', [{ update: k, set: { i2p: 'x', i2s: '' } }]],
      ['an index key as a counter', [{ update: k, add: { i2p: 1 } }]],
      ['40 levels of nesting', [{ put: k, item: { a: nested(40) } }]],
    ])('%s is invalid and writes nothing', async (_what, ops) => {
      await expect(store.write(ops as Op[])).rejects.toMatchObject({ name: 'StoreError', kind: 'invalid' });
      expect((await store.query({ table: 'usage', pk: 'refused', limit: 10 })).rows).toEqual([]);
    });

    test('an item cannot grow over 400 KB by updates, and replacing a large attribute is no growth', async () => {
      const key = usage(fresh());
      await put(key, { big });
      await expect(store.write([{ update: key, set: { more: 'y'.repeat(30 * 1024) } }])).rejects.toMatchObject({ kind: 'invalid' });
      expect((await store.write([{ update: key, set: { big: `${big}z` } }])).ok).toBe(true);
      expect(await store.get(key)).toEqual({ big: `${big}z` });
    });

    test.each<[string, Partial<Query>]>([
      ['limit 0', { limit: 0 }], ['limit 1,001', { limit: 1001 }], ['half a limit', { limit: 1.5 }],
      ['a range and a prefix', { from: 'a', prefix: 'b' }], ['an empty partition', { pk: '' }],
      ['a cursor that is none', { cursor: 'nonsense' }], ['a cursor of another kind', { cursor: Buffer.from('[1,2]').toString('base64url') }],
      ['an index cursor without an index', { cursor: Buffer.from('["a","b","c"]').toString('base64url') }],
    ])('a query with %s is invalid', async (_what, part) => {
      await expect(store.query({ table: 'usage', pk: 'p', limit: 10, ...part })).rejects.toMatchObject({ name: 'StoreError', kind: 'invalid' });
    });
  });

  describe('query', () => {
    const names = ['A', 'a', 'a#1', 'a#2', 'a#2x', 'a%', 'b', 'zz', 'ü', '한', '\uffee', '😀'];
    let pk = '';
    beforeAll(async () => {
      pk = fresh();
      for (const sk of names) await put(usage(pk, sk), { sk_: sk });
      await put(usage(`${pk}x`, 'a'), { other: true });
    });
    const found = async (part: Partial<Query>): Promise<string[]> => (await store.query({ table: 'usage', pk, limit: 1000, ...part })).rows.map((row) => row.sk);

    test('gives one partition in the order of UTF-8 bytes, with keys and items apart', async () => {
      const { rows, cursor } = await store.query({ table: 'usage', pk, limit: 1000 });
      expect(rows).toEqual(names.map((sk): Row => ({ pk, sk, item: { sk_: sk } })));
      expect(cursor).toBeUndefined();
    });

    test('reverse gives the same the other way round', async () => {
      expect(await found({ reverse: true })).toEqual(names.toReversed());
    });

    test.each<[string, Partial<Query>, string[]]>([
      ['both ends are inclusive', { from: 'a', to: 'a#2' }, ['a', 'a#1', 'a#2']],
      ['from alone', { from: 'b' }, ['b', 'zz', 'ü', '한', '\uffee', '😀']],
      ['to alone', { to: 'a#1' }, ['A', 'a', 'a#1']],
      ['crossed ends hold nothing', { from: 'b', to: 'a' }, []],
      ['ends between keys', { from: 'a!', to: 'a$' }, ['a#1', 'a#2', 'a#2x']],
      ['an empty from is no bound', { from: '', to: 'a' }, ['A', 'a']],
      ['an empty to holds nothing', { to: '' }, []],
      ['a prefix', { prefix: 'a#2' }, ['a#2', 'a#2x']],
      ['a prefix is no pattern', { prefix: 'a%' }, ['a%']],
      ['a prefix beyond ASCII', { prefix: '😀' }, ['😀']],
      ['an empty prefix is all', { prefix: '' }, names],
      ['a prefix nobody has', { prefix: 'q' }, []],
    ])('%s', async (_what, part, expected) => {
      expect(await found(part)).toEqual(expected);
      expect(await found({ ...part, reverse: true })).toEqual(expected.toReversed());
    });

    test('pages of every size give each row once and in order, both ways, within a range', async () => {
      for (const reverse of [false, true]) {
        for (const limit of [1, 2, 5, names.length - 2, 1000]) {
          const pages = await allPages(store, { table: 'usage', pk, from: 'a', to: '\uffee', limit, reverse });
          const expected = names.slice(1, -1);
          expect(pages.flat().map((row) => row.sk)).toEqual(reverse ? expected.toReversed() : expected);
          expect(pages.every((page) => page.length <= limit)).toBe(true);
        }
      }
    });

    test('a cursor opens no other partition', async () => {
      const { cursor } = await store.query({ table: 'usage', pk, limit: 1 });
      const { rows } = await store.query({ table: 'usage', pk: `${pk}x`, limit: 10, ...(cursor !== undefined && { cursor }) });
      expect(rows.every((row) => row.pk === `${pk}x`)).toBe(true);
    });

    test('rows of more than 1 MB together come in full', async () => {
      const large = fresh();
      for (let i = 0; i < 4; i += 1) await put(usage(large, `s${i}`), { big, i });
      const { rows } = await store.query({ table: 'usage', pk: large, limit: 4 });
      expect(rows.map((row) => row.item['i'])).toEqual([0, 1, 2, 3]);
    });
  });

  describe('indexes', () => {
    const query = async (part: Partial<Query> & { pk: string }): Promise<readonly Row[]> => (await store.query({ table: 'keys', limit: 100, ...part })).rows;

    test('hold the items that have both attributes, sorted, across partitions', async () => {
      const at = fresh();
      await put({ table: 'keys', pk: `${at}1`, sk: 's' }, { i1p: at, i1s: '2', v: 1 });
      await put({ table: 'keys', pk: `${at}2`, sk: 's' }, { i1p: at, i1s: '1', i2p: at, i2s: 'x', v: 2 });
      await put({ table: 'keys', pk: `${at}3`, sk: 's' }, { i1p: at, v: 3 });
      await put({ table: 'keys', pk: `${at}4`, sk: 's' }, { i2s: 'x', v: 4 });
      expect((await query({ index: 'i1', pk: at })).map((row) => row.item['v'])).toEqual([2, 1]);
      expect(await query({ index: 'i2', pk: at })).toEqual([{ pk: `${at}2`, sk: 's', item: { i1p: at, i1s: '1', i2p: at, i2s: 'x', v: 2 } }]);
      expect(await query({ index: 'i3', pk: at })).toEqual([]);
      expect((await query({ index: 'i1', pk: at, from: '2' })).map((row) => row.item['v'])).toEqual([1]);
      expect((await query({ index: 'i1', pk: at, prefix: '1' })).map((row) => row.item['v'])).toEqual([2]);
    });

    test('follow an item that moves, leaves, comes back and is deleted', async () => {
      const at = fresh();
      const key: Key = { table: 'keys', pk: `${at}k`, sk: 's' };
      const seen = async (index: 'i1' | 'i3', pk: string): Promise<number> => (await query({ index, pk })).length;
      await put(key, { i1p: at, i1s: 'a', i3p: at, i3s: 'a' });
      await store.write([{ update: key, set: { i1p: `${at}b` }, remove: ['i3p'] }]);
      expect([await seen('i1', at), await seen('i1', `${at}b`), await seen('i3', at)]).toEqual([0, 1, 0]);
      await store.write([{ update: key, set: { i3p: at, i3s: 'c' }, remove: ['i1s'] }]);
      expect([await seen('i1', `${at}b`), await seen('i3', at)]).toEqual([0, 1]);
      await put(key, { plain: true });
      expect(await seen('i3', at)).toBe(0);
      await store.write([{ update: key, set: { i3p: at, i3s: 'd' } }]);
      expect(await seen('i3', at)).toBe(1);
      await store.write([{ delete: key }]);
      expect(await seen('i3', at)).toBe(0);
    });

    test('are paged without loss, also through equal sort keys', async () => {
      const at = fresh();
      for (let i = 0; i < 9; i += 1) await put({ table: 'keys', pk: `${at}-${i}`, sk: 's' }, { i2p: at, i2s: String(i % 3), i });
      for (const reverse of [false, true]) {
        const rows = (await allPages(store, { table: 'keys', index: 'i2', pk: at, limit: 2, reverse })).flat();
        const order = rows.map((row) => String(row.item['i2s']));
        expect(rows.map((row) => Number(row.item['i'])).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
        expect(order).toEqual(reverse ? order.toSorted().toReversed() : order.toSorted());
      }
    });
  });

  describe('concurrency', () => {
    test(`${concurrency} guarded increments at once end exactly at the bound`, async () => {
      const key = usage(fresh());
      const limit = Math.floor(concurrency / 2);
      const results = await Promise.all(Array.from({ length: concurrency }, () => store.write([{ update: key, add: { n: 1 }, guards: [{ attr: 'n', atMost: limit - 1 }] }])));
      const won = results.flatMap((result) => (result.ok ? [Number(result.after[0]?.['n'])] : []));
      expect(won.sort((a, b) => a - b)).toEqual(Array.from({ length: limit }, (_, i) => i + 1));
      expect(await store.get(key)).toEqual({ n: limit });
      const losers = results.flatMap((result) => (result.ok ? [] : [result.current]));
      expect(losers).toEqual(Array.from({ length: concurrency - limit }, () => ({ n: limit })));
    }, 60_000);

    test('concurrent batches over the same items move money without making or losing any', async () => {
      const pk = fresh();
      const account = (i: number): Key => usage(pk, `a${i}`);
      for (let i = 0; i < 3; i += 1) await put(account(i), { n: 10 });
      const moves = Array.from({ length: 30 }, (_, i) => store.write([
        { update: account(i % 3), add: { n: -4 }, guards: [{ attr: 'n', atLeast: 4 }] },
        { update: account((i + 1) % 3), add: { n: 4 } },
      ]));
      await Promise.all(moves);
      const { rows } = await store.query({ table: 'usage', pk, limit: 10 });
      const left = rows.map((row) => Number(row.item['n']));
      expect(left.reduce((a, b) => a + b, 0)).toBe(30);
      expect(Math.min(...left)).toBeGreaterThanOrEqual(0);
    }, 60_000);

    test('of concurrent creations of one key exactly one wins, and the others see it', async () => {
      const key = usage(fresh());
      const results = await Promise.all(Array.from({ length: 20 }, (_, i) => store.write([{ put: key, item: { i }, guards: [{ absent: true }] }])));
      expect(results.filter((result) => result.ok)).toHaveLength(1);
      const winner = await store.get(key);
      for (const result of results) if (!result.ok) expect(result.current).toEqual(winner);
    });
  });

  test('any sequence of batches gives what the plain model gives, in results and in stored items', async () => {
    await fc.assert(fc.asyncProperty(fc.array(batches('P'), { minLength: 1, maxLength: 8 }), async (sequence) => {
      const pk = fresh();
      const model = new MemoryModel();
      for (const batch of sequence) {
        const ops = batch.map((op) => ({ ...op, ...('put' in op ? { put: { ...op.put, pk } } : 'update' in op ? { update: { ...op.update, pk } } : { delete: { ...op.delete, pk } }) }) as Op);
        expect(await store.write(ops)).toEqual(model.write(ops));
      }
      for (const table of ['usage', 'models'] as const) {
        const { rows } = await store.query({ table, pk, limit: 10 });
        const expected = ['a', 'b', 'ü'].flatMap((sk) => {
          const item = model.get({ table, pk, sk });
          return item === undefined ? [] : [{ pk, sk, item }];
        });
        expect(rows).toEqual(expected);
      }
    }), { numRuns: runs });
  }, 120_000);
}

const keyOf = (op: Op): Key => ('put' in op ? op.put : 'update' in op ? op.update : op.delete);

function opOf(kind: 'put' | 'update' | 'delete', key: Key, guards: Guard[]): Op {
  if (kind === 'put') return { put: key, item: { fresh: 1 }, guards };
  return kind === 'update' ? { update: key, set: { fresh: 1 }, guards } : { delete: key, guards };
}

async function allPages(store: Store, query: Query): Promise<Row[][]> {
  const pages: Row[][] = [];
  let cursor: string | undefined;
  do {
    const page = await store.query({ ...query, ...(cursor !== undefined && { cursor }) });
    pages.push([...page.rows]);
    cursor = page.cursor;
  } while (cursor !== undefined && pages.length < 100);
  return pages;
}
