import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { BUCKETS, bucketOf, cleared, clearedBucket, countingSlot, emptyAtMs, emptySeries, fitsAtMs, SLOT_MS, slotOf, sumAt, type Series } from '../../../functions/core/limits/sliding-window.ts';

/** A series as it stands at `slot` after the given counts per slot. */
function seriesOf(counts: ReadonlyMap<number, number>, slot: number): Series {
  const series = emptySeries();
  for (const [at, count] of counts) {
    if (at > slot || at <= slot - BUCKETS) continue;
    series.buckets[bucketOf(at)] = (series.buckets[bucketOf(at)] ?? 0) + count;
    series.sum += count;
  }
  return series;
}

const history = fc.array(fc.tuple(fc.integer({ min: 88, max: 100 }), fc.integer({ min: 0, max: 9 })), { maxLength: 13 }).map((pairs) => new Map(pairs));

describe('the sliding window', () => {
  test('moved on by any number of slots holds exactly the counts of its newest 13 slots', () => {
    fc.assert(fc.property(history, fc.integer({ min: 0, max: 30 }), (counts, steps) => {
      expect(sumAt(seriesOf(counts, 100), 100, 100 + steps)).toBe(seriesOf(counts, 100 + steps).sum);
    }));
  });

  test('names the first moment at which there is room, and not one slot earlier', () => {
    fc.assert(fc.property(history, fc.integer({ min: 0, max: 40 }), fc.integer({ min: 100, max: 115 }), (counts, room, from) => {
      const series = seriesOf(counts, 100);
      const slot = slotOf(fitsAtMs(series, 100, from, room));
      expect(sumAt(series, 100, slot)).toBeLessThanOrEqual(room);
      if (slot > from) expect(sumAt(series, 100, slot - 1)).toBeGreaterThan(room);
    }));
  });

  test('is empty 13 slots after its last count, and at once without one', () => {
    expect(emptyAtMs(seriesOf(new Map([[95, 2], [97, 1]]), 100), 100)).toBe((97 + BUCKETS) * SLOT_MS);
    expect(emptyAtMs(emptySeries(), 100)).toBe(0);
    expect(fitsAtMs(seriesOf(new Map([[97, 1]]), 100), 100, 100, -1)).toBe((100 + BUCKETS) * SLOT_MS);
  });

  test('that is asked when it is empty says the first slot in which nothing is left, and not one earlier', () => {
    fc.assert(fc.property(history, (counts) => {
      const series = seriesOf(counts, 100);
      const at = slotOf(emptyAtMs(series, 100));
      if (series.sum === 0) return expect(at).toBe(0);
      expect(sumAt(series, 100, at)).toBe(0);
      expect(sumAt(series, 100, at - 1)).toBeGreaterThan(0);
    }));
    // At a slot of today, where looking back further than the window would not end.
    expect(emptyAtMs(emptySeries(), slotOf(Date.UTC(2026, 5, 15)))).toBe(0);
  });

  test('clears the buckets of the slots that leave it, each once and the oldest first, and none when time stands still or goes back', () => {
    fc.assert(fc.property(fc.integer({ min: 100, max: 1_000 }), fc.integer({ min: -40, max: 40 }), (from, steps) => {
      const gone = cleared(from, from + steps);
      expect(gone).toBe(Math.min(BUCKETS, Math.max(0, steps)));
      const left = Array.from({ length: gone }, (_unused, n) => clearedBucket(from, n + 1));
      expect(left).toEqual(Array.from({ length: gone }, (_unused, n) => bucketOf(from - BUCKETS + 1 + n)));
    }));
  });

  test('begins as thirteen counts of nothing, which are not shared', () => {
    expect(emptySeries()).toEqual({ buckets: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], sum: 0 });
    expect(emptySeries().buckets).not.toBe(emptySeries().buckets);
  });

  test.each([
    ['an older stored slot gives way', 90, 100, 100],
    ['the same slot stays', 100, 100, 100],
    ['a newer one of a faster clock wins', 102, 100, 102],
    ['the furthest one that a clock can believe wins', 100 + BUCKETS, 100, 100 + BUCKETS],
    ['one that no clock can believe loses', 100 + BUCKETS + 1, 100, 100],
  ])('%s', (_name, stored, own, counting) => {
    expect(countingSlot(stored, own)).toBe(counting);
  });
});
