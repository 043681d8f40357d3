import type { UsageAnswer } from '../../api/types.ts';
import type { Format } from '../../format/use-format.ts';

const LENGTH_MS: Readonly<Record<string, number>> = { minute: 60_000, quarter: 900_000, hour: 3_600_000, day: 86_400_000 };

export interface Points {
  readonly labels: readonly { readonly short: string; readonly full: string }[];
  /** The last bucket is not over yet. */
  readonly isLastOpen: boolean;
  /** What a point covers, for a link to its requests. */
  bounds(point: number): { readonly from: string; readonly to: string };
}

/** The points of a usage answer's series: what they are called and what they cover. */
export function pointsOf({ series, bucket, tz, to }: Pick<UsageAnswer, 'series' | 'bucket' | 'tz' | 'to'>, f: Format, nowMs: number): Points {
  const starts = series.map(({ at }) => Date.parse(at));
  const endOf = (point: number): number => starts[point + 1] ?? (starts[point] ?? 0) + (LENGTH_MS[bucket] ?? 0);
  const spansDays = (starts.at(-1) ?? 0) - (starts[0] ?? 0) > 86_400_000;
  const short = bucket === 'day' || spansDays ? 'day' : 'minute';
  return {
    labels: series.map(({ at }) => ({ short: f.dateTime(at, short, tz), full: f.dateTime(at, bucket === 'day' ? 'day' : 'dayTime', tz) })),
    isLastOpen: starts.length > 0 && Date.parse(to) >= nowMs - (LENGTH_MS[bucket] ?? 0) && endOf(starts.length - 1) > nowMs,
    bounds: (point) => ({ from: new Date(starts[point] ?? 0).toISOString(), to: new Date(Math.min(endOf(point) - 1, nowMs)).toISOString() }),
  };
}
