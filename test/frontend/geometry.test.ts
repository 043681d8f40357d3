import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { colorsOf } from '../../frontend/src/ui/chart/colors.ts';
import { csvOf, frameOf, labelled, stacked } from '../../frontend/src/ui/chart/geometry.ts';

test('stacks stand on each other without gaps, and the last one ends at the sum', () => {
  fc.assert(fc.property(fc.array(fc.array(fc.nat(1_000), { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 6 }), (values) => {
    const stacks = stacked(values.map((one) => ({ values: one })), 4);
    for (let point = 0; point < 4; point += 1) {
      for (const [index, stack] of stacks.entries()) expect(stack[point]?.[0]).toBe(index === 0 ? 0 : stacks[index - 1]?.[point]?.[1]);
      expect(stacks.at(-1)?.[point]?.[1]).toBe(values.reduce((sum, one) => sum + (one[point] ?? 0), 0));
    }
  }));
});

test('labels of points never stand closer than their width', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 100, max: 1_400 }), (points, width) => {
    const shown = labelled(points, width);
    expect(shown[0]).toBe(0);
    expect(shown.every((point) => point < points)).toBe(true);
    for (const [index, point] of shown.entries()) if (index > 0) expect(((point - (shown[index - 1] ?? 0)) * width) / points).toBeGreaterThanOrEqual(Math.min(64, width));
  }));
  expect(labelled(0, 500)).toEqual([]);
});

test('a table that is copied has nothing in it that a spreadsheet takes for a formula, and numbers stay numbers', () => {
  expect(csvOf([['time', '=1+1', '+x', '-x', '@x', '\tx'], ['a,b', -4.5, 'say "hi"', 0, 'x\ny', '=A1,2']])).toBe(`time,'=1+1,'+x,'-x,'@x,'\tx\n"a,b",-4.5,"say ""hi""",0,"x\ny","'=A1,2"`);
});

test('the value axis is as wide as its longest label, Hangul included', () => {
  expect(frameOf(500, 200, ['0', '1,000']).left).toBeLessThan(frameOf(500, 200, ['0', '1,000,000']).left);
  expect(frameOf(500, 200, ['2.9만']).left).toBeGreaterThan(frameOf(500, 200, ['2.9K']).left);
});

test('up to eight things of a chart have eight colours, whatever their names and their order; the rest is grey', () => {
  fc.assert(fc.property(fc.uniqueArray(fc.stringMatching(/^[a-z0-9-]{1,12}$/), { minLength: 1, maxLength: 8 }), (ids) => {
    const named = ids.filter((id) => id !== 'none' && id !== 'other');
    const colorOf = colorsOf(ids);
    expect(new Set(named.map(colorOf)).size).toBe(named.length);
    expect(named.map(colorsOf(ids.toReversed()))).toEqual(named.map(colorOf));
  }));
  expect(colorsOf(['a', 'other'])('other')).toBe('var(--tier-none)');
});
