import { rangeBounds, type RangeSearch } from '../app/range.ts';

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | null | undefined>>;

/** Lists become `a,b`; what is null, undefined or empty is left out. */
export function searchOf(query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    const text = Array.isArray(value) ? value.join(',') : String(value ?? '');
    if (text !== '') search.set(name, text);
  }
  return search.size === 0 ? '' : `?${search.toString()}`;
}

/** What requests and figures are filtered by; lists are any-of. */
export interface Filters {
  readonly model?: readonly string[];
  readonly key?: readonly string[];
  readonly rule?: readonly string[];
  readonly tier?: readonly string[];
  readonly stage?: readonly string[];
  readonly status?: readonly string[];
}

/** What `GET /admin/usage` filters and cuts by. */
export interface UsageAsk extends Filters {
  readonly by?: 'model' | 'key' | 'rule' | 'tier' | 'stage' | 'status' | 'user' | 'tag';
  /** Also the series, cut by one dimension. */
  readonly stack?: 'model' | 'key' | 'rule' | 'tier' | 'stage' | 'status';
  /** Also the totals of the period of equal length before. */
  readonly compare?: boolean;
  readonly bucket?: 'minute' | 'quarter' | 'hour' | 'day';
}

/** A relative range ends at `nowMs`. */
export function usageAddress(range: RangeSearch, { compare, ...ask }: UsageAsk, nowMs: number): string {
  return `/admin/usage${searchOf({ ...rangeBounds(range, nowMs), ...ask, ...(compare === true && { compare: 'previous' }) })}`;
}
