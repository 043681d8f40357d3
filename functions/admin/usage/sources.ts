import { floorTo, LEVEL_MS, type Level } from '../../adapters/store/rollups.ts';

export interface Span { readonly fromMs: number; readonly toMs: number }

/** What is known about the roll-ups of a tenant, in epoch ms. */
export interface Coverage {
  /** Before that nothing is stored. */
  readonly sinceMs: number;
  /** Buckets that begin after `sinceMs` and end by then are stored. */
  readonly untilMs: number;
  /** Minutes are stored from then on. */
  readonly minutesFromMs: number;
  /** Marked minutes, ascending: what holds one is not good yet. */
  readonly dirty: readonly number[];
  /** Stored days of the tenant's zone, ascending. */
  readonly days: readonly Span[];
}

/** Disjoint sources of a range: rows of `raw` spans (ascending), and whole buckets by the moment they start at (ascending). */
export interface Sources { readonly raw: Span[]; readonly buckets: Readonly<Record<Level | 'day', number[]>> }

const FINER: Readonly<Record<Level, Level | undefined>> = { hour: 'quarter', quarter: 'minute', minute: undefined };

/** Covers each of the spans (disjoint, ascending, ends exclusive) with the fewest stored buckets that lie within it; rows do the rest. */
export function sourcesOf(spans: readonly Span[], coverage: Coverage): Sources {
  const cover = new Cover(coverage);
  for (const { fromMs, toMs } of spans) {
    const storedFrom = Math.min(toMs, Math.max(fromMs, coverage.sinceMs));
    const storedTo = Math.min(toMs, Math.max(storedFrom, coverage.untilMs));
    cover.raw(fromMs, storedFrom);
    cover.days(storedFrom, storedTo);
    cover.raw(storedTo, toMs);
  }
  return cover.sources;
}

class Cover {
  readonly sources: Sources = { raw: [], buckets: { minute: [], quarter: [], hour: [], day: [] } };
  readonly #coverage: Coverage;
  #day = 0;
  #dirty = 0;

  constructor(coverage: Coverage) {
    this.#coverage = coverage;
  }

  days(fromMs: number, toMs: number): void {
    const { days } = this.#coverage;
    let at = fromMs;
    for (; this.#day < days.length; this.#day += 1) {
      const day = days[this.#day];
      if (day === undefined || day.toMs > toMs) break;
      if (day.fromMs < at || this.#isDirty(day)) continue;
      this.#level(at, day.fromMs, 'hour');
      this.sources.buckets.day.push(day.fromMs);
      at = day.toMs;
    }
    this.#level(at, toMs, 'hour');
  }

  raw(fromMs: number, toMs: number): void {
    if (fromMs >= toMs) return;
    const last = this.sources.raw.at(-1);
    if (last?.toMs === fromMs) this.sources.raw[this.sources.raw.length - 1] = { fromMs: last.fromMs, toMs };
    else this.sources.raw.push({ fromMs, toMs });
  }

  #level(fromMs: number, toMs: number, level: Level | undefined): void {
    if (fromMs >= toMs) return;
    if (level === undefined || (level === 'minute' && toMs <= this.#coverage.minutesFromMs)) {
      this.raw(fromMs, toMs);
      return;
    }
    const size = LEVEL_MS[level];
    const finer = FINER[level];
    const first = Math.min(toMs, floorTo(fromMs + size - 1, level));
    this.#level(fromMs, first, finer);
    let at = first;
    for (; at + size <= toMs; at += size) {
      if ((level !== 'minute' || at >= this.#coverage.minutesFromMs) && !this.#isDirty({ fromMs: at, toMs: at + size })) this.sources.buckets[level].push(at);
      else this.#level(at, at + size, finer);
    }
    this.#level(at, toMs, finer);
  }

  /** Asked in any order, but mostly forwards. */
  #isDirty({ fromMs, toMs }: Span): boolean {
    const { dirty } = this.#coverage;
    while (this.#dirty > 0 && (dirty[this.#dirty - 1] ?? 0) >= fromMs) this.#dirty -= 1;
    while (this.#dirty < dirty.length && (dirty[this.#dirty] ?? 0) < fromMs) this.#dirty += 1;
    return (dirty[this.#dirty] ?? Infinity) < toMs;
  }
}
