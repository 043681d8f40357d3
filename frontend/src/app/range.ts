export const PRESETS = ['1h', '24h', '7d', '30d', '90d', 'month'] as const;
export type Preset = (typeof PRESETS)[number];

/** Relative (`range`) or absolute (`from` and `to`, which win), and the zone in which days are cut and times are shown. */
export interface RangeSearch { readonly range?: Preset | undefined; readonly from?: string | undefined; readonly to?: string | undefined; readonly tz?: 'local' | 'utc' | undefined }

/** What chooses a range takes. */
export interface RangeChoice { readonly value: RangeSearch; readonly onChange: (next: RangeSearch) => void }

export const DEFAULT_RANGE: Preset = '30d';
const HOUR_MS = 3_600_000;
const LENGTH_MS: Readonly<Record<Exclude<Preset, 'month'>, number>> = { '1h': HOUR_MS, '24h': 24 * HOUR_MS, '7d': 168 * HOUR_MS, '30d': 720 * HOUR_MS, '90d': 2_160 * HOUR_MS };

/** Only what belongs to the range, for links to other pages and query keys. */
export const rangeOf = ({ range, from, to, tz }: RangeSearch): RangeSearch => ({ ...(range !== undefined && { range }), ...(from !== undefined && { from }), ...(to !== undefined && { to }), ...(tz !== undefined && { tz }) });

export const isCustom = ({ from, to }: RangeSearch): boolean => from !== undefined && to !== undefined && Date.parse(from) < Date.parse(to);

/** An IANA name. */
export const zoneOf = ({ tz }: RangeSearch): string => (tz === 'utc' ? 'UTC' : new Intl.DateTimeFormat().resolvedOptions().timeZone);

/** What the API is asked for. A reversed absolute range counts as none. */
export function rangeBounds(search: RangeSearch, nowMs: number): { from: string; to: string; tz: string } {
  const tz = zoneOf(search);
  const { from, to } = search;
  if (isCustom(search) && from !== undefined && to !== undefined) return { from: new Date(from).toISOString(), to: new Date(to).toISOString(), tz };
  const preset = search.range ?? DEFAULT_RANGE;
  const start = preset === 'month' ? startOfMonth(nowMs, tz) : nowMs - LENGTH_MS[preset];
  return { from: new Date(start).toISOString(), to: new Date(nowMs).toISOString(), tz };
}

/** Midnight of the first of the month that `nowMs` lies in, in the zone. */
export function startOfMonth(nowMs: number, timeZone: string): number {
  const wallClock = (ms: number): number => {
    const parts = Object.fromEntries(new Intl.DateTimeFormat('en', { timeZone, year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23' }).formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(parts['year'] ?? 0, (parts['month'] ?? 1) - 1, parts['day'], parts['hour'], parts['minute'], parts['second']);
  };
  const now = new Date(wallClock(nowMs));
  const wanted = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1);
  // Twice, because the offset at the first guess may be that of the other side of a change of clocks.
  let guess = wanted - (wallClock(nowMs) - Math.floor(nowMs / 1000) * 1000);
  guess = wanted - (wallClock(guess) - Math.floor(guess / 1000) * 1000);
  return guess;
}
