import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { sortRows } from '../../frontend/src/features/analytics/measures.ts';
import { fieldChanges } from '../../frontend/src/features/audit/changes-words.ts';
import { partsOf } from '../../frontend/src/features/audit/latency.tsx';
import { mergeRows } from '../../frontend/src/features/audit/rows.ts';
import { frameOf, placedLabels, widthOf } from '../../frontend/src/ui/chart/geometry.ts';
import { entryAt } from '../admin/support.ts';

test('unknown values come last whichever way a table is sorted', () => {
  const row = (id: string, p50: number | null) => ({ id, name: id, latencyMs: { p50, p95: null } }) as never;
  const ids = (dir: 'asc' | 'desc'): (string | null)[] => sortRows([row('a', 5), row('b', null), row('c', 9)], 'p50', dir).map(({ id }: { id: string | null }) => id);
  expect(ids('asc')).toEqual(['a', 'c', 'b']);
  expect(ids('desc')).toEqual(['c', 'a', 'b']);
});

test('merged rows are there once, newest first', () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 40 })), fc.array(fc.integer({ min: 0, max: 40 })), (left, right) => {
    const entries = Array.from({ length: 41 }, (_, i) => entryAt(1_700_000_000_000 + i * 1000));
    const pick = (places: number[]) => places.flatMap((place) => entries[place] ?? []);
    const ids = mergeRows(pick(left), pick(right)).map(({ requestId }) => requestId);
    expect(ids).toEqual([...new Set(pick([...left, ...right]).map(({ requestId }) => requestId))].toSorted().toReversed());
  }));
});

test('the parts of a response time add up to it, whatever was measured', () => {
  fc.assert(fc.property(fc.nat(90_000), fc.option(fc.nat(90_000), { nil: null }), fc.nat(90_000), (latencyMs, ttftMs, gatewayMs) => {
    const { gateway, first, rest } = partsOf({ latencyMs, ttftMs, gatewayMs });
    expect(gateway + (first ?? 0) + rest).toBe(latencyMs);
    for (const part of [gateway, first ?? 0, rest]) expect(part).toBeGreaterThanOrEqual(0);
  }));
});

test('a change lists what differs, field by field, with what came and what went', () => {
  expect(fieldChanges({ before: { version: 1, price: { input: 4, output: 20 }, tags: ['a'], gone: true }, after: { version: 1, price: { input: 6, output: 20 }, tags: ['a', 'b'], updatedAt: 'x' } })).toEqual([
    { field: 'price.input', from: 4, to: 6 }, { field: 'tags', from: ['a'], to: ['a', 'b'] }, { field: 'gone', from: true, to: undefined },
  ]);
});

test('labels of an axis never touch each other and stay inside, in Latin and Hangul', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 130 }), fc.integer({ min: 200, max: 1400 }), fc.constantFrom('Nov 27', '11월 27일', '12월 31일 23:00'), (points, width, label) => {
    const frame = frameOf(width, 220, ['$0.4']);
    const step = (width - frame.left - frame.right) / points;
    const boxes = placedLabels(Array.from({ length: points }, () => label), (point) => frame.left + (point + 0.5) * step, frame).map(({ x, anchor }) => {
      const all = widthOf(label);
      const start = anchor === 'start' ? x : anchor === 'end' ? x - all : x - all / 2;
      return [start, start + all] as const;
    });
    expect(boxes.length).toBeGreaterThan(0);
    for (const [i, [start, end]] of boxes.entries()) {
      expect(start).toBeGreaterThanOrEqual(i === 0 ? 0 : (boxes[i - 1]?.[1] ?? 0) + 5);
      expect(end).toBeLessThanOrEqual(width);
    }
  }));
});
