import { endOfWindowMs } from '../../core/limits/calendar.ts';

const MINUTE_MS = 60_000;
/** Lengths in ms; a day is as long as the time zone makes it. */
export const BUCKET_MS = { minute: MINUTE_MS, quarter: 15 * MINUTE_MS, hour: 60 * MINUTE_MS, day: 1_440 * MINUTE_MS } as const;
export type Bucket = keyof typeof BUCKET_MS;

/** No day is longer, daylight saving included. */
const LONGEST_DAY_MS = 26 * BUCKET_MS.hour;

/** The finest bucket with which a range of this length has at most about 120 points. */
export function bucketFor(spanMs: number): Bucket {
  if (spanMs <= 120 * BUCKET_MS.minute) return 'minute';
  if (spanMs <= 120 * BUCKET_MS.quarter) return 'quarter';
  return spanMs <= 120 * BUCKET_MS.hour ? 'hour' : 'day';
}

/**
 * The starts (epoch ms, ascending) of all buckets that touch `fromMs`…`toMs`, both inclusive. Days begin at local
 * midnight; shorter buckets are counted from it, so that they fit zones with odd offsets and days of 23 or 25 hours.
 */
export function bucketStarts(fromMs: number, toMs: number, bucket: Bucket, timezone: string): number[] {
  const starts: number[] = [];
  let dayStart = startOfDay(fromMs, timezone);
  while (dayStart <= toMs) {
    const dayEnd = endOfWindowMs(timezone, dayStart, 'day');
    if (bucket === 'day') starts.push(dayStart);
    else {
      const size = BUCKET_MS[bucket];
      const skipped = Math.max(0, Math.floor((fromMs - dayStart) / size));
      for (let at = dayStart + skipped * size; at < dayEnd && at <= toMs; at += size) starts.push(at);
    }
    dayStart = dayEnd;
  }
  return starts;
}

function startOfDay(ms: number, timezone: string): number {
  let start = endOfWindowMs(timezone, ms - LONGEST_DAY_MS, 'day');
  for (let next = start; next <= ms; next = endOfWindowMs(timezone, next, 'day')) start = next;
  return start;
}

/** Index of the last start at or before `ms`; −1 when all are later. */
export function bucketAt(starts: readonly number[], ms: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] ?? Infinity) <= ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
