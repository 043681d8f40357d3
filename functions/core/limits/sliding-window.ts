/** The window is 13 slots of 5 s: any 60 s touch at most 13 slots, so what the slots admit, every 60 s admit. */
export const SLOT_MS = 5_000;
export const BUCKETS = 13;
/** A stored slot further ahead than this cannot come from clocks that merely disagree: this clock was set back. */
const BELIEVABLE_LEAD = BUCKETS;

/** Counts per slot: the count of slot `s` is in `buckets[s % 13]`, `sum` is their total. Counts are whole and never negative. */
export interface Series {
  readonly buckets: number[];
  sum: number;
}

export const emptySeries = (): Series => ({ buckets: Array.from({ length: BUCKETS }, () => 0), sum: 0 });
export const slotOf = (nowMs: number): number => Math.floor(nowMs / SLOT_MS);
export const bucketOf = (slot: number): number => slot % BUCKETS;

/**
 * The slot in which to count now. The newest slot anyone has stored wins over an own clock that is behind, so that a
 * count never lands in a slot that leaves the window early; unless the stored one is so far ahead that it is wrong.
 */
export function countingSlot(storedSlot: number, ownSlot: number): number {
  return storedSlot > ownSlot && storedSlot - ownSlot <= BELIEVABLE_LEAD ? storedSlot : ownSlot;
}

/** Buckets that slide out when the newest slot moves from `from` to `to`: 0 to 13. */
export const cleared = (from: number, to: number): number => (to <= from ? 0 : Math.min(to - from, BUCKETS));

/** The index of the n-th bucket (1, 2, …) that slides out after `slot`, oldest first. */
export const clearedBucket = (slot: number, n: number): number => (slot + n) % BUCKETS;

/** What is still in the window when slot `at` is the newest, given a series stored at `slot`. */
export function sumAt(series: Series, slot: number, at: number): number {
  const gone = cleared(slot, at);
  if (gone === 0) return series.sum;
  if (gone === BUCKETS) return 0;
  let left = series.sum;
  for (let n = 1; n <= gone; n += 1) left -= series.buckets[clearedBucket(slot, n)] ?? 0;
  return left;
}

/** Epoch ms of the first slot, `from` or later, whose window holds at most `room`. Room below 0 is never there: the empty window's time. */
export function fitsAtMs(series: Series, slot: number, from: number, room: number): number {
  let at = from;
  while (at < slot + BUCKETS && sumAt(series, slot, at) > room) at += 1;
  return at * SLOT_MS;
}

/** Epoch ms at which the window is empty when nothing more comes; 0 for a window that is empty already. */
export function emptyAtMs(series: Series, slot: number): number {
  for (let s = slot; s > slot - BUCKETS; s -= 1) if ((series.buckets[bucketOf(s)] ?? 0) > 0) return (s + BUCKETS) * SLOT_MS;
  return 0;
}
