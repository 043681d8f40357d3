import type { UsageAnswer } from '../../api/types.ts';
import type { Format } from '../../format/use-format.ts';

const LENGTH_MS: Readonly<Record<string, number>> = { minute: 60_000, quarter: 900_000, hour: 3_600_000, day: 86_400_000 };
const DAY_MS = 86_400_000;

type Cut = Pick<UsageAnswer, 'from' | 'to' | 'tz' | 'bucket' | 'series'>;

/** The names of the points of a series: short for the axis, in full for reading. */
export function pointLabels({ from, to, tz, bucket, series }: Cut, f: Format): readonly { readonly short: string; readonly full: string }[] {
  const isShort = Date.parse(to) - Date.parse(from) <= DAY_MS + 3_600_000;
  return series.map(({ at }) => ({ short: f.dateTime(at, bucket === 'day' || !isShort ? 'day' : 'minute', tz), full: f.dateTime(at, bucket === 'day' ? 'day' : 'dayTime', tz) }));
}

/** When the point ends: where the next one begins. */
export const pointEnd = ({ bucket, series }: Cut, point: number): number => Date.parse(series[point + 1]?.at ?? '') || Date.parse(series[point]?.at ?? '') + (LENGTH_MS[bucket] ?? DAY_MS);

/** Whether the last point is not over yet. */
export const isLastOpen = (answer: Cut, nowMs: number): boolean => answer.series.length > 0 && pointEnd(answer, answer.series.length - 1) > nowMs;

/** The range of one point, for the address of another page; it never ends in the future. */
export function pointRange(answer: Cut, point: number): { from: string; to: string } {
  const start = Math.max(Date.parse(answer.series[point]?.at ?? answer.from), Date.parse(answer.from));
  return { from: new Date(start).toISOString(), to: new Date(Math.min(pointEnd(answer, point) - 1, Date.parse(answer.to))).toISOString() };
}
