import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import * as z from 'zod/mini';
import { rangeSearch } from '../../frontend/src/app/range-search.ts';
import { isCustom, PRESETS, rangeBounds, startOfMonth } from '../../frontend/src/app/range.ts';
import { flag, list, oneOf, parseSearch, searchOf, stringifySearch, text, whole } from '../../frontend/src/app/search.ts';

const schema = z.object({ ...rangeSearch, q: text(), model: list(), live: flag(), tab: oneOf(['requests', 'changes']), min: whole() });
const read = (query: string) => searchOf(schema)(parseSearch(query));

describe('an address', () => {
  test('survives being written and read again', () => {
    const known = fc.record({
      range: fc.constantFrom(...PRESETS), tz: fc.constantFrom('local' as const, 'utc' as const), q: fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }), tab: fc.constantFrom('requests' as const, 'changes' as const),
      model: fc.array(fc.stringMatching(/^[A-Za-z0-9._:/@-]{1,20}$/), { minLength: 1, maxLength: 5 }), live: fc.constant(true as const), min: fc.nat(999_999),
    }, { requiredKeys: [] });
    fc.assert(fc.property(known, (search) => {
      expect(read(stringifySearch(search))).toEqual(search);
    }));
  });

  test('with anything in it never breaks a page: what is not valid is as if it were not there', () => {
    fc.assert(fc.property(fc.webQueryParameters(), fc.array(fc.tuple(fc.constantFrom('range', 'from', 'to', 'tz', 'q', 'model', 'live', 'tab', 'min'), fc.string())), (rest, pairs) => {
      expect(() => read(`?${rest}&${new URLSearchParams(pairs).toString()}`)).not.toThrow();
    }));
    expect(read('?range=year&tab=x&min=-1&live=yes&from=yesterday&model=,&tz=Mars')).toEqual({});
    expect(read('?range=7d&tab=x')).toEqual({ range: '7d' });
  });

  test('stays readable', () => {
    expect(stringifySearch({ model: ['openrouter/a', 'b:c'], live: true, q: undefined, status: [] })).toBe('?model=openrouter/a,b:c&live=1');
  });
});

describe('a time range', () => {
  const NOW = Date.UTC(2026, 10, 22, 14, 2, 11);
  test.each([['1h', 1], ['24h', 24], ['7d', 168], ['30d', 720], ['90d', 2_160], [undefined, 720]] as const)('%s ends now and is %d hours long', (range, hours) => {
    expect(rangeBounds({ range, tz: 'utc' }, NOW)).toEqual({ from: new Date(NOW - hours * 3_600_000).toISOString(), to: new Date(NOW).toISOString(), tz: 'UTC' });
  });

  test('from and to win over a relative range; reversed they count as none', () => {
    const custom = { from: '2026-11-01T00:00:00Z', to: '2026-11-02T00:00:00Z', range: '7d', tz: 'utc' } as const;
    expect(rangeBounds(custom, NOW)).toEqual({ from: '2026-11-01T00:00:00.000Z', to: '2026-11-02T00:00:00.000Z', tz: 'UTC' });
    expect(isCustom({ from: custom.to, to: custom.from })).toBe(false);
    expect(rangeBounds({ ...custom, from: custom.to, to: custom.from }, NOW).from).toBe(new Date(NOW - 168 * 3_600_000).toISOString());
  });

  test.each([
    ['UTC', NOW, '2026-11-01T00:00:00.000Z'], ['Asia/Seoul', NOW, '2026-10-31T15:00:00.000Z'], ['America/Los_Angeles', NOW, '2026-11-01T07:00:00.000Z'], ['Europe/Berlin', Date.UTC(2026, 2, 30), '2026-02-28T23:00:00.000Z'],
    ['America/Los_Angeles', Date.UTC(2026, 10, 1, 3), '2026-10-01T07:00:00.000Z'], ['Asia/Kathmandu', NOW, '2026-10-31T18:15:00.000Z'],
  ])('this month in %s began at local midnight, also across a change of clocks', (zone, now, start) => {
    expect(new Date(startOfMonth(now, zone)).toISOString()).toBe(start);
  });
});
